"""A ridge on random convolutions and summaries of sequences: a baseline, and a part beside the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from torch import Tensor
from torch.nn import functional as F

from ostinato.data.ragged import Ragged
from ostinato.tasks.joining import joint_weights
from ostinato.tasks.series_features import Convolutions, summaries
from ostinato.training import load_tensors, save_tensors

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARE = 0.5  # weight of all summaries beside that of all convolutions
MOST_ROWS = 2500  # sequences that it is fitted on
PENALTIES = np.logspace(-2, 5, 15)
SHARPEST = 50.0  # most that its answers are multiplied by to be logits
EXPECTED = 0.5  # weight of each of the two parts that are joined, if validation says nothing
PULL = 0.3  # nats that a weight e times as large or small costs
ROWS_OF_PULL = 5  # sequences whose values say as much of a weight as what is expected
FILE = "ridge.safetensors"


@dataclass(frozen=True)
class ConvolutionRidge:
    """A linear model of fixed features of sequences, its penalty by leave-one-out.

    Args:
        convolutions: The convolutions.
        sharpness: What makes its answers logits; 1 for values.
        means: Mean of each feature in train.
        scales: What it is multiplied by after that.
        weights: ``(features, outputs)``.
        intercept: ``(outputs,)``.
    """

    convolutions: Convolutions
    sharpness: float
    means: Floats
    scales: Floats
    weights: Floats
    intercept: Floats

    @staticmethod
    def classes(column: Ragged, targets: Ints, count: int) -> ConvolutionRidge:
        """Fit one that tells classes apart, each from the rest.

        Args:
            column: Sequences.
            targets: Class of each.
            count: How many classes there are.
        """
        rows = _some(len(column))
        wanted = 2.0 * np.eye(count)[targets[rows]] - 1
        return ConvolutionRidge._fit(column.take(rows), wanted, targets[rows])

    @staticmethod
    def values(column: Ragged, targets: Doubles) -> ConvolutionRidge:
        """Fit one that says values.

        Args:
            column: Sequences.
            targets: Value of each.
        """
        rows = _some(len(column))
        return ConvolutionRidge._fit(column.take(rows), targets[rows, None], None)

    @staticmethod
    def _fit(column: Ragged, wanted: Doubles, classes: Ints | None) -> ConvolutionRidge:
        convolutions = Convolutions.fit(column, np.random.default_rng(0))
        few, many = summaries(column), convolutions(column)
        features = np.hstack([few, many])
        means, deviations = features.mean(axis=0), features.std(axis=0)
        scales = np.divide(1, deviations, out=np.zeros_like(deviations), where=deviations > 1e-6)
        scales[: few.shape[1]] *= SHARE * np.sqrt(many.shape[1] / few.shape[1])
        rows = ((features - means) * scales).astype(np.float64)
        intercept = wanted.mean(axis=0)
        weights, left_out = _ridge(rows, wanted - intercept)
        sharpness = 1.0 if classes is None else _sharpness(left_out + intercept, classes)
        arrays = (np.asarray(one, np.float32) for one in (means, scales, weights, intercept))
        return ConvolutionRidge(convolutions, sharpness, *arrays)

    def scores(self, column: Ragged) -> Floats:
        """Return the logit of each class, or the value, ``(sequences, outputs)``."""
        features = np.hstack([summaries(column), self.convolutions(column)])
        found = ((features - self.means) * self.scales) @ self.weights + self.intercept
        return np.asarray(self.sharpness * found, np.float32)


@dataclass(frozen=True)
class JoinedRidge:
    """A ridge beside a network: what both say, each by a weight that validation has found.

    Args:
        ridge: The linear model.
        network_weight: What the network's logits, or values, are multiplied by.
        ridge_weight: What the linear model's are.
    """

    ridge: ConvolutionRidge
    network_weight: float
    ridge_weight: float

    @staticmethod
    def of_classes(
        ridge: ConvolutionRidge, network: Floats, column: Ragged, targets: Ints
    ) -> JoinedRidge:
        """Find the weights that make the classes of validation likeliest; few of them say little.

        Args:
            ridge: The linear model.
            network: The network's logits of the validation sequences.
            column: These sequences.
            targets: Class of each.
        """
        both = torch.from_numpy(np.stack([network, ridge.scores(column)])).double()
        rights = torch.from_numpy(targets)

        def loss(weights: Tensor) -> Tensor:
            scores = (weights[:, None, None] * both).sum(dim=0)
            return F.cross_entropy(scores, rights, reduction="sum")

        return JoinedRidge(ridge, *joint_weights(loss, (EXPECTED, EXPECTED), pull=PULL))

    @staticmethod
    def of_values(
        ridge: ConvolutionRidge, network: Floats, column: Ragged, targets: Doubles
    ) -> JoinedRidge:
        """Find the weights, 1 together, that bring values nearest to those of validation.

        Args:
            ridge: The linear model.
            network: What the network says of the validation sequences, ``(sequences, 1)``.
            column: These sequences.
            targets: Value of each.
        """
        other = ridge.scores(column)[:, 0].astype(np.float64)
        apart = network[:, 0] - other
        pull = ROWS_OF_PULL * float(np.square(apart).mean())
        above = float((targets - other) @ apart) + EXPECTED * pull
        below = float(apart @ apart) + pull
        weight = float(np.clip(above / below, 0, 1)) if below > 0 else EXPECTED
        return JoinedRidge(ridge, weight, 1 - weight)

    @property
    def told(self) -> str:
        """What both parts weigh, in words."""
        weights = f"weight {self.ridge_weight:.2f}, of the network {self.network_weight:.2f}"
        return f"random convolutions joined: {weights}"

    def join(self, network: Floats, column: Ragged) -> Floats:
        """Return the joint logits or values of some sequences, from the network's."""
        return self.network_weight * network + self.ridge_weight * self.ridge.scores(column)

    def save(self, run: Path) -> None:
        """Write ``ridge.safetensors``."""
        ridge, kernels = self.ridge, self.ridge.convolutions.kernels
        inputs = [inputs for _, _, inputs in kernels]
        arrays = {
            "dilations": np.array([dilation for dilation, _, _ in kernels]),
            "triples": np.array([triple for _, triple, _ in kernels]),
            "inputs": np.concatenate(inputs),
            "sizes": np.array([len(some) for some in inputs]),
            "thresholds": np.stack(list(ridge.convolutions.thresholds)),
            "means": ridge.means,
            "scales": ridge.scales,
            "weights": ridge.weights,
            "intercept": ridge.intercept,
        }
        header = {
            "sharpness": ridge.sharpness,
            "network_weight": self.network_weight,
            "ridge_weight": self.ridge_weight,
        }
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        save_tensors(run / FILE, tensors, header)

    @staticmethod
    def load(run: Path) -> JoinedRidge:
        """Read what :meth:`save` wrote.

        Raises:
            CheckpointError: The file is missing or broken.
            KeyError: Something is missing in it.
        """
        tensors, header = load_tensors(run / FILE)
        found = {name: tensor.numpy() for name, tensor in tensors.items()}
        inputs = np.split(found["inputs"], np.cumsum(found["sizes"])[:-1])
        triples = zip(found["dilations"].tolist(), found["triples"].tolist(), inputs, strict=True)
        convolutions = Convolutions(list(triples), list(found["thresholds"]))
        arrays = (found[name] for name in ("means", "scales", "weights", "intercept"))
        ridge = ConvolutionRidge(convolutions, header["sharpness"], *arrays)
        return JoinedRidge(ridge, header["network_weight"], header["ridge_weight"])


def _some(count: int) -> Ints:
    """Return which of so many sequences the ridge is fitted on."""
    chosen = np.random.default_rng(0).permutation(count)[:MOST_ROWS]
    return np.sort(chosen).astype(np.int64)


def _ridge(rows: Doubles, wanted: Doubles) -> tuple[Doubles, Doubles]:
    """Return weights, and what each row is told by weights that were fitted without it.

    Args:
        rows: Features of each row, ``(rows, features)``, their means taken off.
        wanted: What each row is to be told, ``(rows, outputs)``, its mean taken off.

    Source: leave-one-out of ridge regression: Golub, Heath and Wahba 1979,
    https://doi.org/10.1080/00401706.1979.10489751, equation 1.4.
    """
    rows = rows - rows.mean(axis=0)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    values = np.maximum(values, 0)
    turned, squares = vectors.T @ wanted, vectors**2
    best: tuple[float, Doubles, Doubles] | None = None
    for penalty in PENALTIES:
        inverse = 1 / (values + penalty)
        duals = vectors @ (inverse[:, None] * turned)
        intercept = 1 / (len(rows) * penalty)  # its direction is not penalised
        residuals = duals / (squares @ inverse - intercept)[:, None]
        error = float((residuals**2).mean())
        if best is None or error < best[0]:
            best = error, duals, residuals
    assert best is not None
    return rows.T @ best[1], wanted - best[2]


def _sharpness(scores: Doubles, classes: Ints) -> float:
    """Return what scores are multiplied by to make the right classes likeliest."""

    def cost(logarithm: float) -> float:
        chances = log_softmax(np.exp(logarithm) * scores, axis=1)
        return -float(chances[np.arange(len(classes)), classes].mean())

    return float(np.exp(minimize_scalar(cost, bounds=(-3, np.log(SHARPEST)), method="bounded").x))
