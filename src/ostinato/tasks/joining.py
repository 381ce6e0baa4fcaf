"""How much a network and a linear model beside it are worth: two weights that validation finds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from torch import Tensor

PULL = 4.0  # nats, for linear models that are as sure of train as a network is
SURPRISE = 4.0  # nats that answers must gain by weights far from what is expected
FREE = 0.05  # nats that a weight e times as large or small costs, where answers have gained these
MOST_STEPS = 50  # of the search


def joint_weights(
    loss: Callable[[Tensor], Tensor], expected: tuple[float, float], *, pull: float = PULL
) -> tuple[float, float]:
    """Return the weights of a network's and a linear model's scores that fit answers best.

    The fewer the answers, the nearer the weights stay to what is expected, unless the answers gain so
    much by others that luck does not explain it.

    Args:
        loss: From the two weights, ``(2,)`` float64, to the loss of all answers, in nats, summed.
        expected: The weights before an answer has been seen, above 0.
        pull: Nats that a weight e times as large or small as expected costs.

    Example:
        >>> joint_weights(lambda weights: 0 * weights.sum(), (0.5, 1.0))
        (0.5, 1.0)

    Source: stacking: Wolpert 1992, https://doi.org/10.1016/S0893-6080(05)80023-1.
    """
    start = np.log(expected)

    def search(pull: float) -> tuple[float, npt.NDArray[np.float64]]:
        def cost(logarithms: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
            at = torch.tensor(logarithms, requires_grad=True)
            total = loss(at.exp()) + pull * (at - torch.from_numpy(start)).square().sum()
            total.backward()
            assert at.grad is not None
            return total.item(), at.grad.numpy()

        options = {"maxiter": MOST_STEPS}
        found = minimize(cost, start, jac=True, method="L-BFGS-B", options=options)
        return float(found.fun), found.x

    near, far = search(pull), search(min(pull, FREE))
    network, linear = np.exp(near[1] if near[0] <= far[0] + SURPRISE else far[1]).tolist()
    return network, linear
