"""What a recogniser of keywords takes each of them for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from ostinato.metrics.classification import PerClass, confusion, per_class
from ostinato.report.class_tables import (
    ClassRow,
    ConfusedPair,
    ConfusionRow,
    Name,
    class_rows,
    confusion_plot,
    confusion_rows,
    most_confused,
    num_confused,
)


@dataclass(frozen=True, kw_only=True)
class KeywordTables:
    """Keywords as classes; None is whatever is none of them, or nothing.

    Args:
        class_rows: Precision, recall, F1 and support of each keyword.
        confusion: The confusion matrix, unless it is drawn.
        confused: The most frequent confusions, most frequent first.
        num_confused: How many there are.
        has_others: Whether anything else was said or written.
        plots: Drawings by name, SVG.
    """

    class_rows: tuple[ClassRow, ...]
    confusion: tuple[ConfusionRow, ...]
    confused: tuple[ConfusedPair, ...]
    num_confused: int
    has_others: bool
    plots: Mapping[str, str]


def keyword_tables(
    references: Sequence[str], written: Sequence[str], keywords: Sequence[str]
) -> KeywordTables | None:
    """Return how often each keyword was taken for each; None if there are no keywords.

    Args:
        references: What was said in each recording.
        written: What was written.
        keywords: The keywords.
    """
    known = {text: place for place, text in enumerate(text for text in keywords if text)}
    if not known:
        return None
    y_true, y_pred = (
        [known.get(" ".join(text.split()), len(known)) for text in texts]
        for texts in (references, written)
    )
    has_others = len(known) in {*y_true, *y_pred}
    names: list[Name] = [*known, *([None] if has_others else [])]
    matrix = confusion(y_true, y_pred, num_classes=len(names))
    scores = per_class(y_true, y_pred, num_classes=len(names))
    columns = {one.name: getattr(scores, one.name)[: len(known)] for one in fields(scores)}
    return KeywordTables(
        class_rows=class_rows(PerClass(**columns), list(known)),
        confusion=confusion_rows(matrix, names),
        confused=most_confused(matrix, names),
        num_confused=num_confused(matrix),
        has_others=has_others,
        plots=confusion_plot(matrix, names),
    )
