"""What the page shows of runs that predict a value for each sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ostinato.metrics.paired import Tally
from ostinato.report import formatting
from ostinato.report.classification.tally import of_values
from ostinato.report.classification.value_plots import (
    MAX_POINTS,
    error_histogram,
    predicted_and_right,
)
from ostinato.report.section import Curve, Headline, Task, loss_curve, note
from ostinato.runs.classification import ValuePredictions
from ostinato.runs.run import Labels

NUM_WORST = 20
NUM_BEST = 5
R2 = Curve(
    key="r2",
    name="R²",
    hint="Share of the variance that is explained; 1 at best, 0 for always saying the mean.",
    is_share=False,
)


@dataclass(frozen=True, kw_only=True)
class ValueRow:
    """A sequence, its value and the predicted one."""

    name: str
    label: float
    prediction: float
    error: float
    num_tokens: int


@dataclass(frozen=True, kw_only=True)
class Results:
    """What the predictions of one split say.

    Args:
        worst: The largest errors, largest first.
        best: The smallest, smallest first, of those that are not among the worst.
        num_drawn: How many points are drawn.
        n: How many sequences there are.
        bias: Mean of predicted minus right values.
        plots: Drawings by name, SVG.
    """

    worst: tuple[ValueRow, ...]
    best: tuple[ValueRow, ...]
    num_drawn: int
    n: int
    bias: float
    plots: Mapping[str, str]


class Regression(Task[ValuePredictions]):
    """Sequences of numbers, each with a value.

    Args:
        name: What the model does, in a few words.
        loss: What its loss is.
    """

    template = "classification/regression.html"
    sections = (("values", "Values"), ("worst", "Largest errors"))
    example = "sequence"
    unit = "step"
    unknown = "values that are missing"

    def __init__(
        self,
        name: str = "Series regression",
        loss: str = "Mean squared error, in squares of the deviation in train; lower is better.",
    ) -> None:
        self._name = name
        self.curves = (loss_curve(loss), R2)

    def title(self, labels: Labels) -> str:
        """Return what the model does, in a few words."""
        return self._name

    def results(self, predictions: ValuePredictions, labels: Labels) -> Results:
        """Return what predictions say about the model, with the drawings of the template."""
        errors = predictions.predictions - predictions.labels
        order = np.argsort(-np.abs(errors), kind="stable")
        best = order[NUM_WORST:][::-1][:NUM_BEST]
        return Results(
            worst=_rows(predictions, errors, order[:NUM_WORST]),
            best=_rows(predictions, errors, best),
            num_drawn=min(len(errors), MAX_POINTS),
            n=len(errors),
            bias=float(errors.mean()),
            plots={
                "values": predicted_and_right(predictions.labels, predictions.predictions),
                "errors": error_histogram(errors),
            },
        )

    def tally(self, predictions: ValuePredictions, labels: Labels, names: Sequence[str]) -> Tally:
        """Return what each example adds to the figures by which runs are compared."""
        return of_values(predictions, labels, names)

    def headlines(
        self, labels: Labels, split: str, figures: Mapping[str, float]
    ) -> Iterator[Headline]:
        """Yield R2 and the errors."""
        yield Headline(
            name=f"{split.capitalize()} R²",
            value=formatting.number(figures.get("r2"), 4),
            note=note("of {} sequences", formatting.number(figures.get("n"))),
        )
        yield Headline(
            name="Root mean squared error",
            value=formatting.significant(figures.get("rmse")),
            note=note("{} of those not also in train", formatting.significant(unseen))
            if (unseen := figures.get("rmse_unseen")) is not None
            else "",
        )
        yield Headline(name="Mean absolute error", value=formatting.significant(figures.get("mae")))


def _rows(
    predictions: ValuePredictions, errors: NDArray[np.float64], rows: NDArray[np.intp]
) -> tuple[ValueRow, ...]:
    return tuple(
        ValueRow(
            name=predictions.names[int(row)].as_py() or "",
            label=float(predictions.labels[row]),
            prediction=float(predictions.predictions[row]),
            error=float(errors[row]),
            num_tokens=int(predictions.num_tokens[row]),
        )
        for row in rows
    )
