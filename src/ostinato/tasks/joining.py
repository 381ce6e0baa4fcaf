"""Stacking: the weights of a network and a linear model, fitted on validation data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from torch import Tensor

PULL = 4.0  # nats of a weight off by a factor e, for linear models as overconfident as a network
SURPRISE = 4.0  # nats that weights far from the prior must gain
FREE = 0.05  # penalty in nats of a weight off by a factor e, where they gain that
MOST_STEPS = 50  # of the search


def joint_weights(
    loss: Callable[[Tensor], Tensor], expected: tuple[float, float]
) -> tuple[float, float]:
    """Return the weights of a network's and a linear model's scores with the least loss.

    With few examples the weights stay near the prior, unless others gain more than chance explains.

    Args:
        loss: From the two weights, ``(2,)`` float64, to the summed loss of all examples, in nats.
        expected: The prior weights, above 0.

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

    near, far = search(PULL), search(FREE)
    network, linear = np.exp(near[1] if near[0] <= far[0] + SURPRISE else far[1]).tolist()
    return network, linear
