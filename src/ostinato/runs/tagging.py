"""The predictions.parquet of a run of sequence labelling, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ostinato.datasets.records.schemes import spans_of, split_tag
from ostinato.runs.columns import (
    floats,
    misfit,
    read_columns,
    right_types,
    unit_interval,
    write_table,
)
from ostinato.runs.run import Labels

COLUMNS = {
    "tokens": pa.string(),
    "label": pa.string(),
    "prediction": pa.string(),
    "confidence": pa.float64(),
    "known": pa.bool_(),
    "span_confidence": pa.float64(),
}


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence and what the model said about it.

    Args:
        tokens: Its tokens.
        labels: Right tags, one a token.
        predictions: Predicted tags, one a token.
        confidence: Probability of each predicted tag, ``(tokens,)``.
        span_confidence: Probability of each predicted span, in order; none if tags stand for none.
    """

    tokens: Sequence[str]
    labels: Sequence[str]
    predictions: Sequence[str]
    confidence: NDArray[np.float64]
    span_confidence: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TagPredictions:
    """What the model said about each sentence of one split, ``n`` sentences and ``m`` tokens.

    Args:
        split: ``"test"`` or ``"validation"``.
        sentences: The sentences with their tags.
        known: Whether each word occurred in train, ``(m,)``.
        num_tokens: Length of each sentence, ``(n,)``.
    """

    split: str
    sentences: tuple[Sentence, ...]
    known: NDArray[np.bool_]
    num_tokens: NDArray[np.int64]


def write_tagged_predictions(
    run: Path,
    *,
    split: str,
    sentences: Sequence[Sequence[str]],
    labels: Sequence[Sequence[str]],
    predictions: Sequence[Sequence[str]],
    confidence: Sequence[NDArray[np.float32]],
    known: Sequence[NDArray[np.bool_]],
    span_confidence: Sequence[Sequence[float]],
) -> None:
    """Write one row a sentence: tokens, gold and predicted tags, and how sure they are."""
    table = pa.table(
        {
            "tokens": pa.array(sentences, pa.list_(pa.string())),
            "label": pa.array(labels, pa.list_(pa.string())),
            "prediction": pa.array(predictions, pa.list_(pa.string())),
            "confidence": pa.array(confidence, pa.list_(pa.float32())),
            "known": pa.array(known, pa.list_(pa.bool_())),
            "span_confidence": pa.array(span_confidence, pa.list_(pa.float32())),
        }
    )
    write_table(run, split, table)


def read_tag_predictions(path: Path, labels: Labels) -> TagPredictions | None:
    """Read and check predictions.parquet.

    Args:
        path: The file.
        labels: Tags of the model, and their scheme.

    Returns:
        Its sentences; None if there is no token in them.

    Raises:
        CheckpointError: The file is broken or does not fit the labels.
    """
    split, columns = read_columns(path, tuple(COLUMNS))
    with right_types(path):
        columns = {name: columns[name].cast(pa.list_(inner)) for name, inner in COLUMNS.items()}
        _check_lengths(columns, path)
        if not len(columns["tokens"].flatten()):
            return None
        sentences = tuple(
            Sentence(
                tokens=tokens,
                labels=gold,
                predictions=answers,
                confidence=confidence,
                span_confidence=span_confidence,
            )
            for tokens, gold, answers, confidence, span_confidence in zip(
                *(columns[name].to_pylist() for name in ("tokens", "label", "prediction")),
                *(_shares(columns[name], name, path) for name in ("confidence", "span_confidence")),
                strict=True,
            )
        )
        known = columns["known"].flatten().to_numpy(zero_copy_only=False)
    _check_tags(sentences, labels, path)
    lengths = np.array([len(sentence.tokens) for sentence in sentences], dtype=np.int64)
    return TagPredictions(split=split, sentences=sentences, known=known, num_tokens=lengths)


def _check_lengths(columns: Mapping[str, Any], path: Path) -> None:
    """Raise unless every row has all its lists, and a value of each for each token."""
    for name, column in columns.items():
        if column.null_count or column.flatten().null_count:
            raise misfit(path, f"must have a value in each place of {name}", "null")
    sizes = {
        name: pc.list_value_length(column).to_numpy(zero_copy_only=False)
        for name, column in columns.items()
    }
    for name in ("label", "prediction", "confidence", "known"):
        differing = np.flatnonzero(sizes[name] != sizes["tokens"])
        if len(differing):
            row = int(differing[0])
            raise misfit(
                path,
                f"must have as many values of {name} as tokens in each row",
                f"{sizes[name][row]} for {sizes['tokens'][row]} tokens in row {row + 1}",
            )


def _check_tags(sentences: Sequence[Sentence], labels: Labels, path: Path) -> None:
    """Raise unless the model could have said these tags, and each span has a confidence."""
    are_spans = labels.scheme is not None
    kinds = {split_tag(tag)[1] if are_spans else tag for tag in labels.classes}
    for row, sentence in enumerate(sentences, start=1):
        spans = spans_of(sentence.predictions) if are_spans else []
        predicted = {span.type for span in spans} if are_spans else set(sentence.predictions)
        if predicted - kinds:
            stranger = repr(min(predicted - kinds))
            raise misfit(path, "must have predictions of labels.json only", stranger)
        if len(spans) != len(sentence.span_confidence):
            raise misfit(
                path,
                "must have a span_confidence for each predicted span in each row",
                f"{len(sentence.span_confidence)} for {len(spans)} spans in row {row}",
            )


def _shares(column: Any, name: str, path: Path) -> list[NDArray[np.float64]]:
    """Return a column of lists of shares in [0, 1] as an array for each row."""
    values = unit_interval(floats(column.flatten()), name, path)
    sizes = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    return np.split(values, np.cumsum(sizes)[:-1])
