"""Training objective of regression on whole sequences: targets, loss, figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from ostinato._errors import DatasetError
from ostinato._files import read_json, write_json
from ostinato.metrics import correlation_z, regression_metrics
from ostinato.metrics.rounding import is_constant
from ostinato.tasks import saved
from ostinato.tasks.columns import Weighted, parted
from ostinato.tasks.targets import numbers_of
from ostinato.tasks.unseen import unseen_figures
from ostinato.training import Figures

SMALLEST_SPREAD = 1e-12
"""Least sum of squares of targets, the divisor of R2."""


@dataclass(frozen=True)
class Values:
    """Standardisation of the target values, by mean and deviation of the training values.

    Args:
        mean: Mean of the training values.
        deviation: Their standard deviation.

    Example:
        >>> values = Values.fit([2.0, 4.0])
        >>> values.encode([2, "4"]).tolist(), values.decode(np.array([0.0])).tolist()
        ([-1.0, 1.0], [3.0])
    """

    mean: float
    deviation: float

    @classmethod
    def fit(cls, labels: Sequence[Any], names: Sequence[str] | None = None) -> Values:
        """Learn the scale of the training values.

        Raises:
            DatasetError: One is missing or no number, or all are equal.
        """
        advice = "Correct it, or leave the sequence out; classes are learnt without --regression."
        values = numbers_of(labels, "train", names, advice=advice)
        mean, deviation = float(values.mean()), float(values.std())
        if not deviation > 0 or is_constant(values):
            raise DatasetError(
                f"train: values must differ; got {mean:g} for all {len(values)} sequences. "
                "Name another label column."
            )
        return cls(mean, deviation)

    def encode(
        self, labels: Sequence[Any], split: str = "data", names: Sequence[str] | None = None
    ) -> Tensor:
        """Return standardised values, ``(n,)`` float32."""
        scaled = (numbers_of(labels, split, names) - self.mean) / self.deviation
        return torch.from_numpy(scaled.astype(np.float32))

    def decode(self, scaled: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return predictions in the unit of the values."""
        return scaled.astype(np.float64) * self.deviation + self.mean

    def save(self, run: Path) -> None:
        """Write ``labels.json``, which has no classes."""
        content = {"classes": [], "multi_label": False, "values": asdict(self)}
        write_json(run / "labels.json", content)

    @classmethod
    def load(cls, run: Path) -> Values:
        """Read ``labels.json``.

        Raises:
            CheckpointError: It is missing, broken or of another kind.
        """
        path = run / "labels.json"
        found = cls(**read_json(path)["values"])
        if not saved.is_number(found.mean) or not saved.is_number(found.deviation, positive=True):
            raise saved.misfit(path, "values", "a mean and a positive deviation", found)
        return found


@dataclass(frozen=True)
class RegressionObjective:
    """Mean squared error of standardised values; the best epoch has the highest R2.

    Args:
        deviation: Standard deviation of the training values, for errors in their unit.
    """

    deviation: float
    monitor: Literal["r2"] = "r2"

    def sums(self, output: Tensor, targets: Tensor | Weighted) -> Tensor:
        """Return sums of errors, targets and their squares, and counts: ``(6,)``.

        The second sum is the number of sequences, the last one that of their weights.
        """
        predicted = output.float().squeeze(1)  # (batch,)
        targets, weights = parted(targets)
        count = predicted.new_tensor(len(targets))
        squared = F.mse_loss(predicted, targets, reduction="none")  # (batch,)
        if weights is None:
            weights = torch.ones_like(targets)
        return torch.stack(
            [
                (weights * squared).sum(),
                count,
                (weights * (predicted.detach() - targets).abs()).sum(),
                (weights * targets).sum(),
                (weights * targets.square()).sum(),
                weights.sum(),
            ]
        )

    def figures(self, sums: Tensor) -> Figures:
        """Return the mean loss, RMSE and MAE in the unit of the values, and R2."""
        squared, count, absolute, total, squares, weight = sums.tolist()
        weight = weight or 1.0
        spread = max(squares - total**2 / weight, SMALLEST_SPREAD)
        return {
            "loss": squared / count,
            "rmse": math.sqrt(squared / weight) * self.deviation,
            "mae": absolute / weight * self.deviation,
            "r2": 1 - squared / spread,
        }


def regression_figures(
    values: Values,
    y_true: npt.NDArray[np.float64],
    predicted: npt.NDArray[np.float64],
    keys: Sequence[str],
    seen: Sequence[str],
) -> Figures:
    """Return the figures on sequences; also without those ``seen`` in training, if any."""
    figures = regression_metrics(y_true, predicted, scale=values.deviation)
    figures["chance_z"] = correlation_z(y_true, predicted)
    return figures | unseen_figures(
        "rmse", keys, seen, lambda rows: regression_metrics(y_true[rows], predicted[rows])["rmse"]
    )


def are_values(labels: Sequence[Any]) -> bool:
    """Tell whether labels are numbers of which some are not whole: values, not classes.

    Example:
        >>> are_values(["0.5", "1.25"]), are_values([1.0, 2.0]), are_values(["up", "0.5"])
        (True, False, False)
    """
    try:
        values = np.array([float(label) for label in labels])
    except (TypeError, ValueError):
        return False
    return bool(np.any(values % 1 != 0) and np.isfinite(values).all())
