"""Runs of classification and regression: their predictions.parquet, written and read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ostinato.runs.columns import (
    counts,
    encode,
    finite,
    floats,
    misfit,
    read_columns,
    right_types,
    unit_interval,
    write_table,
)
from ostinato.runs.excerpt import excerpt
from ostinato.runs.run import Labels

COLUMNS = ("label", "prediction", "confidence", "probabilities", "num_tokens", "text")
VALUE_COLUMNS = ("sequence", "label", "prediction", "num_tokens")
KEPT_OF_ANSWER = 3  # right answers of each kind whose texts are kept, the surest
MOST_KEPT = 300  # of them


@dataclass(frozen=True, kw_only=True)
class TextPredictions:
    """What the model said about each text of one split.

    Args:
        split: ``"test"`` or ``"validation"``.
        labels: Right answers, ``(n,)`` class indices; multi-label: ``(n, classes)`` booleans.
        predictions: Predicted answers in the same form.
        confidence: Probability of the predicted answer, ``(n,)``.
        probabilities: ``(n, classes)``.
        num_tokens: Length of each text in tokens, ``(n,)``.
        texts: Excerpts of the texts that were predicted wrong, and of the surest right ones of each
            answer; null for others.
    """

    split: str
    labels: NDArray[Any]
    predictions: NDArray[Any]
    confidence: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    num_tokens: NDArray[np.int64]
    texts: Any

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """Whether each text's answer is right (multi-label: every label), ``(n,)``."""
        same = np.equal(self.labels, self.predictions).reshape(len(self.labels), -1)
        return np.asarray(same.all(axis=1))


@dataclass(frozen=True, kw_only=True)
class ValuePredictions:
    """What the model said about each sequence of one split.

    Args:
        split: ``"test"`` or ``"validation"``.
        labels: Right values, ``(n,)``.
        predictions: Predicted values, ``(n,)``.
        num_tokens: Length of each sequence in steps, ``(n,)``.
        names: How each sequence is called.
    """

    split: str
    labels: NDArray[np.float64]
    predictions: NDArray[np.float64]
    num_tokens: NDArray[np.int64]
    names: Any


def write_predictions(
    run: Path,
    *,
    split: str,
    texts: Sequence[str],
    labels: Sequence[Any],
    predictions: Sequence[Any],
    confidence: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    num_tokens: NDArray[np.int64],
) -> None:
    """Write one row a text: gold, predicted, probabilities, length, excerpts."""
    gold, predicted = _strings(labels), _strings(predictions)
    kept = _rows_kept(gold, predicted, confidence)
    table = pa.table(
        {
            "label": gold,
            "prediction": predicted,
            "confidence": confidence,
            "probabilities": pa.FixedSizeListArray.from_arrays(
                probabilities.ravel(), probabilities.shape[1]
            ).cast(pa.list_(pa.float32())),
            "num_tokens": num_tokens.astype(np.int32),
            "text": [excerpt(text) if row in kept else None for row, text in enumerate(texts)],
        }
    )
    write_table(run, split, table)


def _rows_kept(gold: list[Any], predicted: list[Any], confidence: NDArray[np.float32]) -> set[int]:
    """Return the rows whose texts are kept: wrong answers, and of right ones the surest of each kind."""
    answers = [tuple(sorted(one)) if isinstance(one, list) else one for one in predicted]
    rights = [tuple(sorted(one)) if isinstance(one, list) else one for one in gold]
    wrong = {row for row, (a, b) in enumerate(zip(answers, rights, strict=True)) if a != b}
    found: Counter[Any] = Counter()
    right: set[int] = set()
    for row in np.argsort(-confidence, kind="stable").tolist():
        if len(right) < MOST_KEPT and row not in wrong and found[answers[row]] < KEPT_OF_ANSWER:
            found[answers[row]] += 1
            right.add(row)
    return wrong | right


def write_values(
    run: Path,
    *,
    split: str,
    names: Sequence[str],
    labels: NDArray[np.float64],
    predictions: NDArray[np.float64],
    lengths: NDArray[np.int64],
) -> None:
    """Write one row a sequence: its name, its value, what was said, and its length."""
    table = pa.table(
        {
            "sequence": pa.array(names, pa.string()),
            "label": labels,
            "prediction": predictions,
            "num_tokens": lengths.astype(np.int32),
        }
    )
    write_table(run, split, table)


def read_predictions(path: Path, labels: Labels) -> TextPredictions | None:
    """Read and check predictions.parquet.

    Raises:
        CheckpointError: The file is broken or does not fit the labels.
    """
    split, columns = read_columns(path, COLUMNS)
    if not len(columns["label"]):
        return None
    with right_types(path):
        answers = _encode_lists if labels.multi_label else encode
        probabilities = _matrix(columns["probabilities"], len(labels.classes), path)
        return TextPredictions(
            split=split,
            labels=answers(columns["label"], labels.classes, path),
            predictions=answers(columns["prediction"], labels.classes, path),
            confidence=unit_interval(floats(columns["confidence"]), "confidence", path),
            probabilities=unit_interval(probabilities, "probabilities", path),
            num_tokens=counts(columns["num_tokens"], "num_tokens", path),
            texts=columns["text"].cast(pa.string()),
        )


def read_values(path: Path, labels: Labels) -> ValuePredictions | None:
    """Read and check predictions.parquet.

    Raises:
        CheckpointError: The file is broken.
    """
    split, columns = read_columns(path, VALUE_COLUMNS)
    if not len(columns["label"]):
        return None
    with right_types(path):
        return ValuePredictions(
            split=split,
            labels=finite(floats(columns["label"]), "label", path),
            predictions=finite(floats(columns["prediction"]), "prediction", path),
            num_tokens=counts(columns["num_tokens"], "num_tokens", path),
            names=columns["sequence"].cast(pa.string()),
        )


def _strings(labels: Sequence[Any]) -> list[Any]:
    return [
        [str(label) for label in row] if isinstance(row, list | tuple | set) else str(row)
        for row in labels
    ]


def _encode_lists(column: Any, classes: Sequence[str], path: Path) -> NDArray[Any]:
    matrix = np.zeros((len(column), len(classes)), dtype=np.bool_)
    rows = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    matrix[rows, encode(column.flatten(), classes, path)] = True
    return matrix


def _matrix(column: Any, width: int, path: Path) -> NDArray[np.float64]:
    widths = pc.unique(pc.fill_null(pc.list_value_length(column), 0)).to_pylist()
    if widths not in ([], [width]):
        raise misfit(path, f"must have {width} probabilities in each row", f"{widths} in a row")
    return floats(column.flatten()).reshape(-1, width)
