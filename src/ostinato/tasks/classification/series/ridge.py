"""Ridge on random convolutions and summary features: a baseline, also combined with a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax

from ostinato._arrays import Float32s, Float64s, Int64s
from ostinato.data.ragged import Ragged
from ostinato.ops.product import matrix_product
from ostinato.tasks import saved
from ostinato.tasks.classification.series.features import Convolutions, summaries
from ostinato.training import load_tensors, save_tensors

SHARE = 0.5  # weight of all summaries relative to all convolutions
MOST_ROWS = 2000  # sequences that it is fitted on
PENALTIES = np.logspace(-2, 5, 15)
SHARPEST = 50.0  # largest factor from ridge outputs to logits
AHEAD = 2.0  # nats by which the network must be better, as validation chose its epoch
LEAST = 0.15  # prior weight of the logits of the worse of ridge and network
PULL = 0.3  # penalty in nats of a weight off by a factor e
SHARE_OF_VALUES = 0.5  # prior weight of the network, for values
ROWS_OF_PULL = 5  # sequences that weigh as much as that prior
FILE = "ridge.safetensors"


class RidgeData(NamedTuple):
    """Sequences with their targets.

    Args:
        column: The sequences.
        targets: Class or value of each, ``(sequences,)`` or ``(sequences, 1)``.
        weights: Weight of each; None if all are equal.
    """

    column: Ragged
    targets: npt.NDArray[Any]
    weights: npt.ArrayLike | None = None

    @property
    def counts(self) -> Float64s:
        """Weight of each, ``(sequences,)``."""
        same = np.ones(len(self.column))
        return same if self.weights is None else np.asarray(self.weights, np.float64)

    def some(self, most: int) -> RidgeData:
        """Return all, or a random sample of ``most``."""
        rows = np.sort(np.random.default_rng(0).permutation(len(self.column))[:most])
        return RidgeData(self.column.take(rows), self.targets[rows], self.counts[rows])


@dataclass(frozen=True)
class ConvolutionRidge:
    """Ridge regression on fixed features, its penalty chosen by leave-one-out.

    Args:
        convolutions: The convolutions.
        sharpness: Factor from outputs to logits; 1 for values.
        surprise: Leave-one-out cross-entropy on train, in nats a sequence; 0 for values.
        means: Mean of each feature in train, ``(features,)``.
        scales: Factor of each centred feature, ``(features,)``.
        weights: ``(features, outputs)``.
        intercept: ``(outputs,)``.
    """

    convolutions: Convolutions
    sharpness: float
    surprise: float
    means: Float32s
    scales: Float32s
    weights: Float32s
    intercept: Float32s

    @staticmethod
    def fit(train: RidgeData, classes: int | None) -> ConvolutionRidge:
        """Fit a one-versus-rest classifier, or a regression.

        Args:
            train: Sequences and targets.
            classes: Number of classes; None for values.
        """
        train = train.some(MOST_ROWS)
        convolutions = Convolutions.fit(train.column, np.random.default_rng(0))
        few, many = summaries(train.column), convolutions(train.column)  # (rows, features) each
        features = np.hstack([few, many])
        means, deviations = features.mean(axis=0), features.std(axis=0)
        scales = np.divide(1, deviations, out=np.zeros_like(deviations), where=deviations > 1e-6)
        scales[: few.shape[1]] *= SHARE * np.sqrt(many.shape[1] / few.shape[1])
        rows = ((features - means) * scales).astype(np.float64)  # (rows, features)
        targets = train.targets.reshape(-1)
        wanted = targets[:, None] if classes is None else 2.0 * np.eye(classes)[targets] - 1
        weights, intercept, left_out = _ridge(rows, wanted, train.counts)
        sharpness, surprise = 1.0, 0.0
        if classes is not None:
            sharpness = _sharpness(left_out, targets, train.counts)
            surprise = _surprise(sharpness * left_out, targets, train.counts) / train.counts.sum()
        arrays = (np.asarray(one, np.float32) for one in (means, scales, weights, intercept))
        return ConvolutionRidge(convolutions, sharpness, float(surprise), *arrays)

    def scores(self, column: Ragged) -> Float32s:
        """Return the logit of each class, or the value, ``(sequences, outputs)``."""
        features = np.hstack([summaries(column), self.convolutions(column)])
        rows = np.asarray((features - self.means) * self.scales, np.float32)
        description = matrix_product(torch.from_numpy(rows), torch.from_numpy(self.weights.T))
        found = (
            rows @ self.weights if description is None else description.numpy()
        ) + self.intercept
        return np.asarray(self.sharpness * found, np.float32)


@dataclass(frozen=True)
class JoinedRidge:
    """A ridge and a network: the weighted sum of their outputs.

    Args:
        ridge: The linear model.
        network_weight: Weight of the network's logits or values.
        ridge_weight: Weight of the ridge's.
    """

    ridge: ConvolutionRidge
    network_weight: float
    ridge_weight: float

    @staticmethod
    def fit(
        train: RidgeData, validation: RidgeData, network: Float32s, classes: int | None
    ) -> JoinedRidge:
        """Fit the ridge on train, and find the weights of both on validation.

        Args:
            train: Sequences and targets.
            validation: The same.
            network: Logits ``(sequences, classes)`` or values ``(sequences, 1)`` of the network on them.
            classes: Number of classes; None for values.
        """
        ridge = ConvolutionRidge.fit(train, classes)
        # of shape (2, rows, outputs)
        both = np.stack([network, ridge.scores(validation.column)]).astype(np.float64)
        targets = validation.targets.reshape(-1)
        if classes is None:
            return JoinedRidge(ridge, *_weights_of_values(both[..., 0], targets, validation.counts))
        expected = _expected(ridge.surprise, both[0], targets, validation.counts)
        return JoinedRidge(ridge, *_weights_of_classes(both, targets, validation.counts, expected))

    @property
    def description(self) -> str:
        """The weights of both parts, for the log."""
        weights = f"weight {self.ridge_weight:.2f}, of the network {self.network_weight:.2f}"
        return f"random convolutions joined: {weights}"

    def join(self, network: Float32s, column: Ragged) -> Float32s:
        """Return the joint logits or values of some sequences, from the network's."""
        if not len(column):
            return network
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
            "surprise": ridge.surprise,
            "network_weight": self.network_weight,
            "ridge_weight": self.ridge_weight,
        }
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        save_tensors(run / FILE, tensors, header)

    @staticmethod
    def load(run: Path, features: int) -> JoinedRidge:
        """Read what :meth:`save` wrote, of a model of inputs with so many features.

        Raises:
            CheckpointError: The file is missing or broken.
            KeyError: Something is missing in it.
        """
        tensors, header = load_tensors(run / FILE)
        rules = {
            **dict.fromkeys(("dilations", "triples", "sizes"), "int kernels"),
            "inputs": "int all",
            "thresholds": "float kernels thresholds",
            **dict.fromkeys(("means", "scales"), "float features"),
            "weights": "float features outputs",
            "intercept": "float outputs",
        }
        saved.check_tensors(tensors, rules, run / FILE)
        names = ("sharpness", "surprise", "network_weight", "ridge_weight")
        sharpness, surprise, *description = saved.weights(header, run / FILE, *names)
        found = {name: tensor.numpy() for name, tensor in tensors.items()}
        if min(found[name].min(initial=0) for name in ("dilations", "triples", "inputs")) < 0:
            raise saved.misfit(
                run / FILE, "dilations", "of 0 and more, as triples and inputs", None
            )
        if found["inputs"].max(initial=0) >= features:
            raise saved.misfit(run / FILE, "inputs", f"below {features}, the features", None)
        inputs = np.split(found["inputs"], np.cumsum(found["sizes"])[:-1])
        triples = zip(found["dilations"].tolist(), found["triples"].tolist(), inputs, strict=True)
        convolutions = Convolutions(list(triples), list(found["thresholds"]))
        arrays = (found[name] for name in ("means", "scales", "weights", "intercept"))
        ridge = ConvolutionRidge(convolutions, sharpness, surprise, *arrays)
        return JoinedRidge(ridge, *description)


def _ridge(
    rows: Float64s, wanted: Float64s, counts: Float64s
) -> tuple[Float64s, Float64s, Float64s]:
    """Return weights, intercept and the leave-one-out predictions, ``(rows, outputs)``.

    Args:
        rows: Features of each row, ``(rows, features)``.
        wanted: Targets, ``(rows, outputs)``.
        counts: Weight of each row, ``(rows,)``.

    Source: leave-one-out of ridge regression: Golub, Heath and Wahba 1979,
    https://doi.org/10.1080/00401706.1979.10489751, equation 1.4.
    """
    root = np.sqrt(counts)[:, None]
    middle, mean = (np.average(one, axis=0, weights=counts) for one in (rows, wanted))
    centred = (rows - middle) * root  # (rows, features)
    values, vectors = np.linalg.eigh(centred @ centred.T)  # (rows,), (rows, rows)
    values = np.maximum(values, 0)
    turned, squares = vectors.T @ ((wanted - mean) * root), vectors**2
    best: tuple[float, Float64s, Float64s] | None = None
    for penalty in PENALTIES:
        inverse = 1 / (values + penalty)
        duals = vectors @ (inverse[:, None] * turned)  # (rows, outputs)
        free = counts / counts.sum() / penalty  # the intercept is not penalised
        share = (squares @ inverse - free)[:, None]  # 0 for the only row with weight
        residuals = np.divide(duals, share, out=np.zeros_like(duals), where=share * penalty > 1e-12)
        error = float((residuals**2).mean())
        if best is None or error < best[0]:
            best = error, duals, residuals
    assert best is not None
    weights = centred.T @ best[1]  # (features, outputs)
    wrong = np.divide(best[2], root, out=np.zeros_like(best[2]), where=root > 0)
    return weights, mean - middle @ weights, wanted - wrong


def _sharpness(scores: Float64s, classes: Int64s, counts: Float64s) -> float:
    """Return the factor of scores that maximises the likelihood of the classes."""

    def cost(logarithm: float) -> float:
        return _surprise(np.exp(logarithm) * scores, classes, counts)

    return float(np.exp(minimize_scalar(cost, bounds=(-3, np.log(SHARPEST)), method="bounded").x))


def _expected(surprise: float, network: Float64s, classes: Int64s, counts: Float64s) -> Float64s:
    """Return the logarithms of the prior weights of network and ridge.

    One is near 1 and the other near `LEAST`: the better has the larger, by the network's likelihood on
    validation and the ridge's leave-one-out likelihood on train.
    """
    evidence = float(counts.sum()) * surprise - _surprise(network, classes, counts)
    share = float(expit(evidence - AHEAD))
    found: Float64s = np.log(LEAST) * np.array([1 - share, share])
    return found


def _weights_of_classes(
    both: Float64s, classes: Int64s, counts: Float64s, expected: Float64s
) -> tuple[float, float]:
    """Return the weights of two sets of logits with the highest posterior, given the prior."""

    def cost(weights: Float64s) -> float:
        pull = PULL * float(np.square(weights - expected).sum())
        return _surprise(np.tensordot(np.exp(weights), both, 1), classes, counts) + pull

    first, second = np.exp(minimize(cost, expected).x).tolist()
    return first, second


def _weights_of_values(both: Float64s, values: Float64s, counts: Float64s) -> tuple[float, float]:
    """Return the weights, with sum 1, of two sets of values with the least squared error."""
    apart = both[0] - both[1]
    pull = ROWS_OF_PULL * float(np.square(apart).mean())
    above = float((counts * (values - both[1])) @ apart) + SHARE_OF_VALUES * pull
    below = float((counts * apart) @ apart) + pull
    weight = float(np.clip(above / below, 0, 1)) if below > 0 else SHARE_OF_VALUES
    return weight, 1 - weight


def _surprise(scores: Float64s, classes: Int64s, counts: Float64s) -> float:
    """Return the summed cross-entropy of logits, in nats."""
    chances = log_softmax(scores, axis=1)[np.arange(len(classes)), classes]
    return -float(counts @ chances)
