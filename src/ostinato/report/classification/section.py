"""What the page shows of runs of classification."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from ostinato.metrics.classification import (
    Calibration,
    accuracy_by_length,
    calibration,
    confusion,
    confusion_per_label,
    per_class,
)
from ostinato.metrics.paired import Tally
from ostinato.report import formatting, plots
from ostinato.report.class_tables import (
    ClassRow,
    ConfusedPair,
    ConfusionRow,
    Outcomes,
    class_rows,
    confusion_plot,
    confusion_rows,
    most_confused,
    num_confused,
)
from ostinato.report.classification.examples import Example, confident_mistakes, sure_answers
from ostinato.report.classification.tally import of_classes
from ostinato.report.section import Balance, Curve, Headline, Task, balance_rows, loss_curve, note
from ostinato.runs.classification import TextPredictions
from ostinato.runs.run import Labels, SplitFacts


@dataclass(frozen=True, kw_only=True)
class Results:
    """What the predictions of one split say.

    Args:
        class_rows: Precision, recall, F1 and support.
        confusion: The confusion matrix; none for multi-label, or if it is drawn.
        confused: The most frequent confusions, most frequent first.
        calibration: Confidence against accuracy; multi-label: that of every label's yes or no.
        num_confused: How many pairs of classes are confused at all.
        mistakes: Wrong answers, most confident first.
        num_wrong: How many answers are wrong.
        right: Right answers, the surest of each kind first.
        n: How many answers there are.
        plots: Drawings by name, SVG.
    """

    class_rows: tuple[ClassRow, ...]
    confusion: tuple[ConfusionRow, ...]
    confused: tuple[ConfusedPair, ...]
    calibration: Calibration
    num_confused: int
    mistakes: tuple[Example, ...]
    num_wrong: int
    right: tuple[Example, ...]
    n: int
    plots: Mapping[str, str]


class Classification(Task[TextPredictions]):
    """Texts, or sequences, of which each has one class, or any number of labels."""

    subject: ClassVar[str] = "Text"

    template = "classification/section.html"
    sections = (
        ("classes", "Classes"),
        ("mistakes", "Mistakes"),
        ("right", "Right answers"),
        ("trust", "Trust"),
    )
    example = "text"
    curves = (
        loss_curve("Mean cross-entropy in nats; lower is better."),
        Curve(
            key="accuracy",
            name="accuracy",
            hint="Share of the answers that are right; higher is better.",
        ),
    )

    def title(self, labels: Labels) -> str:
        """Return what the model does, in a few words."""
        return f"{self.subject} classification" + (
            ", several labels to a text" * labels.multi_label
        )

    def results(self, predictions: TextPredictions, labels: Labels) -> Results:
        """Return what predictions say about the model, with the drawings of the template."""
        classes = labels.classes
        y_true, y_pred, is_right = (
            predictions.labels,
            predictions.predictions,
            predictions.is_right,
        )
        if labels.multi_label:
            matrix, outcomes = None, _outcomes(y_true, y_pred)
            bins = calibration(predictions.probabilities.ravel(), y_true.ravel())
        else:
            matrix, outcomes = confusion(y_true, y_pred, num_classes=len(classes)), None
            bins = calibration(predictions.confidence, is_right)
        scores = per_class(y_true, y_pred, num_classes=len(classes))
        lengths = accuracy_by_length(predictions.num_tokens, is_right)
        return Results(
            class_rows=class_rows(scores, classes, outcomes),
            confusion=confusion_rows(matrix, classes),
            confused=most_confused(matrix, classes),
            calibration=bins,
            num_confused=num_confused(matrix),
            mistakes=confident_mistakes(predictions, classes),
            num_wrong=int((~is_right).sum()),
            right=sure_answers(predictions, classes),
            n=len(is_right),
            plots={
                "calibration": plots.reliability(bins),
                "by_length": plots.accuracy_by_length(lengths, self.unit, self.example),
                **confusion_plot(matrix, classes),
            },
        )

    def tally(self, predictions: TextPredictions, labels: Labels, names: Sequence[str]) -> Tally:
        """Return what each example adds to the figures by which runs are compared."""
        return of_classes(predictions, labels, names)

    def headlines(
        self, labels: Labels, split: str, figures: Mapping[str, float]
    ) -> Iterator[Headline]:
        """Yield accuracy, F1 and loss."""
        yield Headline(
            name=f"{split.capitalize()} accuracy",
            value=formatting.percent(figures.get("accuracy"), 2),
            note=_accuracy_note(figures, self.example),
        )
        yield Headline(
            name="F1, mean of classes",
            value=formatting.number(figures.get("f1_macro"), 4),
            note=note("{} over all labels", formatting.number(figures.get("f1_micro"), 4)),
        )
        yield Headline(
            name="Loss",
            value=formatting.number(figures.get("loss"), 4),
            note=f"nats per {'label' if labels.multi_label else self.example}",
        )

    def balance(self, splits: Sequence[SplitFacts], labels: Labels) -> Balance:
        """Return how many examples of each split have each class."""
        several = f"; a {self.example} may have several labels" * labels.multi_label
        return Balance(
            title="Class balance",
            hint=f"{self.example.capitalize()}s of each class, and their share of the split{several}.",
            head="Class",
            rows=balance_rows(splits, labels.classes, [split.n for split in splits]),
        )


def _outcomes(labels: NDArray[Any], y_pred: NDArray[Any]) -> Outcomes:
    counts = confusion_per_label(labels, y_pred)
    return Outcomes(found=counts[:, 1, 1], missed=counts[:, 1, 0], false_alarms=counts[:, 0, 1])


class SeriesClassification(Classification):
    """Sequences of numbers, each of one class."""

    subject = "Series"
    example = "sequence"
    unit = "step"
    unknown = "values that are missing"


def _accuracy_note(figures: Mapping[str, float], example: str) -> str:
    if "accuracy_unseen" in figures:
        unseen = formatting.percent(figures["accuracy_unseen"], 2)
        return f"{unseen} of the {formatting.number(figures.get('n_unseen'))} not also in train"
    total = figures.get("n", math.nan)
    right = note("{} of ", formatting.number(figures.get("accuracy", math.nan) * total))
    return note(f"{right}{{}} {example}s", formatting.number(total))
