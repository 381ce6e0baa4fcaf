"""How well sentences are tagged: accuracy of tokens; precision, recall and F1 of spans.

Labels and predictions are lists of tags, one list a sentence and one tag a token. Spans are read
from tags of any scheme, illegal ones too, as conlleval reads them; a predicted span is right only
if its first token, its last token and its type are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ostinato._arrays import Float64s, Int64s
from ostinato._errors import DatasetError, ShapeError, did_you_mean, shown
from ostinato.datasets.records.schemes import spans_of
from ostinato.datasets.records.tag_forms import read

Bools: TypeAlias = NDArray[np.bool_]
Sentences: TypeAlias = Sequence[Sequence[str]]
Place: TypeAlias = tuple[int, int, int]
"""Sentence, first token, and one past the last token of a span."""


@dataclass(frozen=True, kw_only=True)
class SpanRates:
    """Figures of groups of spans, each ``(groups,)``.

    Args:
        precision: Share of the predicted spans that are right; 0 where there are none.
        recall: Share of the labelled spans that are predicted; 0 where there are none.
        f1: Harmonic mean of precision and recall.
        support: Number of labelled spans.
        predicted: Number of predicted spans.
        correct: Number of predicted spans that are right.
    """

    precision: Float64s
    recall: Float64s
    f1: Float64s
    support: Int64s
    predicted: Int64s
    correct: Int64s


@dataclass(frozen=True, kw_only=True)
class SpanScores(SpanRates):
    """Figures of each type of span; see `span_scores`.

    Args:
        types: The types that occur in labels or predictions, sorted.
    """

    types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SpanLengths(SpanRates):
    """Figures of spans of each length; see `span_f1_by_length`.

    Args:
        num_tokens: Length of the spans; in the last bin the shortest of them.
    """

    num_tokens: Int64s


def tagging_metrics(
    labels: Sentences,
    predictions: Sentences,
    *,
    are_spans: bool,
    known: Sequence[ArrayLike] | None = None,
) -> dict[str, Any]:
    """Return the figures by which a tagger is judged.

    Args:
        labels: Right tags, a list for each sentence, in a form of `ostinato.datasets.records.tag_forms`.
        predictions: Predicted tags in the same form.
        are_spans: Whether the tags stand for spans, as ``B-PER`` does and ``NOUN`` does not.
        known: Whether each word occurred in train, a boolean array for each sentence.

    Returns:
        Shares in [0, 1], higher is better, and counts. ``n``: sentences. ``n_tokens``.
        ``accuracy``: share of tokens with the right tag. With spans also ``n_spans``: labelled
        ones; ``f1``, ``precision`` and ``recall`` of all spans together; ``f1_macro``: mean F1 of
        the types that occur in labels or predictions; ``per_type``: ``f1``, ``precision``,
        ``recall`` and ``n`` of each. With ``known`` also ``n_unknown``: unknown tokens;
        ``accuracy_known`` and ``accuracy_unknown``; with spans ``recall_known`` (of spans of known
        words alone) and ``recall_unknown`` (of the others). A share of nothing is left out.

    Raises:
        ShapeError: Labels, predictions and known do not fit each other.
        DatasetError: There are no tokens, or a tag stands for no span among others that do.

    Example:
        >>> figures = tagging_metrics([["B-PER", "O"]], [["B-PER", "B-LOC"]], are_spans=True)
        >>> figures["accuracy"], figures["precision"], figures["recall"], figures["f1_macro"]
        (0.5, 0.5, 1.0, 0.5)
    """
    _check_tags("tagging_metrics", labels, predictions)
    flags = None if known is None else _check_known("tagging_metrics", labels, known)
    is_right = np.array(
        [
            a == b
            for right, answer in zip(labels, predictions, strict=True)
            for a, b in zip(right, answer, strict=True)
        ],
        dtype=bool,
    )
    figures: dict[str, Any] = {"n": len(labels), "n_tokens": len(is_right)}
    if are_spans:
        gold, found = located_spans("tagging_metrics", labels, predictions)
        scores = _score_types(gold, found)
        figures |= _span_figures(scores)
    figures["accuracy"] = float(is_right.mean())
    if flags is not None:
        if are_spans:
            is_found = [found.get(place) == kind for place, kind in gold.items()]
            all_known = [all(flags[row][start:end]) for row, start, end in gold]
            figures |= _by_known("recall", np.array(is_found, bool), np.array(all_known, bool))
        is_known = np.array([flag for row in flags for flag in row], dtype=bool)
        figures |= _by_known("accuracy", is_right, is_known)
        figures["n_unknown"] = int((~is_known).sum())
    if are_spans:
        figures["per_type"] = _type_figures(scores)
    return figures


def span_scores(labels: Sentences, predictions: Sentences) -> SpanScores:
    """Return precision, recall, F1 (in [0, 1], higher is better) and counts of each span type.

    Args:
        labels: Right tags, a list for each sentence.
        predictions: Predicted tags in the same form.

    Raises:
        ShapeError: Labels and predictions do not fit each other.
        DatasetError: There are no tokens.

    Example:
        >>> scores = span_scores([["B-PER", "I-PER", "B-LOC"]], [["B-PER", "O", "B-LOC"]])
        >>> scores.types, scores.f1.tolist()
        (('LOC', 'PER'), [1.0, 0.0])

    Source: conlleval, CoNLL-2000 shared task.
    """
    _check_tags("span_scores", labels, predictions)
    return _score_types(*located_spans("span_scores", labels, predictions))


def span_f1_by_length(
    labels: Sentences, predictions: Sentences, *, num_bins: int = 5
) -> SpanLengths:
    """Return precision, recall and F1 of spans of one token, of two, and so on.

    Args:
        labels: Right tags, a list for each sentence.
        predictions: Predicted tags in the same form.
        num_bins: Number of bins; the last one is of spans of ``num_bins`` tokens and more.

    Raises:
        ShapeError: Labels and predictions do not fit each other.
        DatasetError: There are no tokens.

    Example:
        >>> bins = span_f1_by_length([["B-PER", "I-PER", "B-LOC"]], [["B-PER", "O", "B-LOC"]])
        >>> bins.support.tolist(), bins.precision.tolist()
        ([1, 1, 0, 0, 0], [0.5, 0.0, 0.0, 0.0, 0.0])
    """
    where = "span_f1_by_length"
    _check_tags(where, labels, predictions)
    if num_bins < 1:
        raise ShapeError(f"{where}: num_bins must be at least 1; got {num_bins}. Give 5, say.")
    gold, found = located_spans(where, labels, predictions)
    sizes = range(1, num_bins + 1)

    def size_of(place: Place, kind: str) -> int:
        return min(place[2] - place[1], num_bins)

    scores = _scored(gold, found, sizes, size_of)
    return SpanLengths(num_tokens=np.array(sizes, dtype=np.int64), **scores)


def span_confusion(labels: Sentences, predictions: Sentences, types: Sequence[str]) -> Int64s:
    """Count each pair of labelled and predicted type of the same tokens.

    Args:
        labels: Right tags, a list for each sentence.
        predictions: Predicted tags in the same form.
        types: Types in the order of rows and columns; all that occur.

    Returns:
        ``(types + 1, types + 1)``: row = labelled type, column = predicted type, cell = number of
        spans. The last column is of labelled spans of whose exact tokens no span was predicted
        (missed, or with other bounds); the last row of predicted spans without a labelled one.

    Raises:
        ShapeError: Labels and predictions do not fit each other.
        DatasetError: There are no tokens, or a type is not among ``types``.

    Example:
        >>> span_confusion([["B-PER", "B-LOC"]], [["B-LOC", "O"]], ["LOC", "PER"]).tolist()
        [[0, 0, 1], [1, 0, 0], [0, 0, 0]]
    """
    where = "span_confusion"
    _check_tags(where, labels, predictions)
    gold, found = located_spans(where, labels, predictions)
    index: dict[str | None, int] = {kind: number for number, kind in enumerate(types)}
    for kind in sorted({*gold.values(), *found.values()}):
        if kind not in index:
            raise DatasetError(
                f"{where}: types must hold every type that occurs; got no {shown(kind)}"
                f"{did_you_mean(kind, types) or '.'}"
            )
    index[None] = len(types)
    pairs = Counter((gold.get(place), found.get(place)) for place in gold.keys() | found.keys())
    cells = np.zeros((len(types) + 1, len(types) + 1), dtype=np.int64)
    for (right, answer), count in pairs.items():
        cells[index[right], index[answer]] = count
    return cells


def located_spans(
    where: str, labels: Sentences, predictions: Sentences
) -> tuple[dict[Place, str], dict[Place, str]]:
    """Return the type of each span by its place: of labels, and of predictions.

    A place is the sentence, and the first token and the one after the last.

    Raises:
        DatasetError: A tag stands for no span among others that do.
    """
    found = read([*labels, *predictions])
    if found.strangers and found.form:
        raise DatasetError(
            f"{where}: tag {shown(found.strangers[0], 40)} must be O, or a letter and a type as in "
            f"`{found.spans}`, since other tags are of spans. Correct it."
        )
    gold, predicted = (
        {
            (row, start, end): kind
            for row, tags in enumerate(rows)
            for start, end, kind in spans_of(tags)
        }
        for rows in (found.rows[: len(labels)], found.rows[len(labels) :])
    )
    return gold, predicted


def _score_types(gold: dict[Place, str], found: dict[Place, str]) -> SpanScores:
    types = tuple(sorted({*gold.values(), *found.values()}))
    return SpanScores(types=types, **_scored(gold, found, types, lambda _, kind: kind))


def _scored(
    gold: dict[Place, str],
    found: dict[Place, str],
    order: Sequence[Hashable],
    group_of: Callable[[Place, str], Hashable],
) -> dict[str, Any]:
    """Return the `SpanRates` of groups of spans, in that order."""
    support, predicted, correct = (
        _count((group_of(place, kind) for place, kind in spans), order)
        for spans in (gold.items(), found.items(), gold.items() & found.items())
    )
    precision, recall, f1 = _rates(support, predicted, correct)
    rates = {"precision": precision, "recall": recall, "f1": f1}
    return {**rates, "support": support, "predicted": predicted, "correct": correct}


def _count(groups: Iterable[Hashable], order: Iterable[Hashable]) -> Int64s:
    counts = Counter(groups)
    return np.array([counts[group] for group in order], dtype=np.int64)


def _rates(
    support: Int64s, predicted: Int64s, correct: Int64s
) -> tuple[Float64s, Float64s, Float64s]:
    """Return precision, recall and F1; 0 where there is nothing to divide by."""
    precision = correct / np.maximum(predicted, 1)
    recall = correct / np.maximum(support, 1)
    f1 = 2 * correct / np.maximum(predicted + support, 1)
    return precision, recall, f1


def _span_figures(scores: SpanScores) -> dict[str, float]:
    """Return the figures of all types together."""
    support, predicted, correct = (
        counts.sum() for counts in (scores.support, scores.predicted, scores.correct)
    )
    precision, recall, f1 = _rates(support, predicted, correct)
    return {
        "n_spans": int(support),
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
        "f1_macro": float(scores.f1.mean()) if scores.types else 0.0,
    }


def _type_figures(scores: SpanScores) -> dict[str, dict[str, float]]:
    columns = (scores.f1, scores.precision, scores.recall, scores.support)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    names = ("f1", "precision", "recall", "n")
    return {
        kind: dict(zip(names, row, strict=True))
        for kind, row in zip(scores.types, rows, strict=True)
    }


def _by_known(name: str, is_right: Bools, is_known: Bools) -> dict[str, float]:
    """Return the share of right ones among the known and among the others, where there are any."""
    groups = {f"{name}_known": is_right[is_known], f"{name}_unknown": is_right[~is_known]}
    return {key: float(group.mean()) for key, group in groups.items() if group.size}


def _check_tags(where: str, labels: Sentences, predictions: Sentences) -> None:
    """Raise unless labels and predictions are as many lists of as many tags."""
    if len(labels) != len(predictions):
        raise ShapeError(
            f"{where}: labels and predictions must have as many sentences; got {len(labels)} and "
            f"{len(predictions)}. Give both of the same sentences in the same order."
        )
    for number, pair in enumerate(zip(labels, predictions, strict=True), start=1):
        if any(isinstance(row, str) for row in pair):
            raise ShapeError(
                f"{where}: a sentence must be a list of tags; got a string as sentence {number}. "
                "Put the tags of a single sentence into a list of one list."
            )
        if len(pair[0]) != len(pair[1]):
            raise ShapeError(
                f"{where}: sentence {number} must have a prediction for each label; got "
                f"{len(pair[0])} labels and {len(pair[1])} predictions. Check how it was tokenised."
            )
    if not any(len(row) for row in labels):
        raise DatasetError(f"{where}: labels must have at least one tag; got none. Check the data.")


def _check_known(where: str, labels: Sentences, known: Sequence[ArrayLike]) -> list[list[bool]]:
    """Return for each sentence whether its words are known, or raise if that does not fit."""
    if len(labels) != len(known):
        raise ShapeError(
            f"{where}: labels and known must have as many sentences; got {len(labels)} and "
            f"{len(known)}. Give both of the same sentences in the same order."
        )
    flags = [np.asarray(row, dtype=bool) for row in known]
    for number, (tags, row) in enumerate(zip(labels, flags, strict=True), start=1):
        if row.shape != (len(tags),):
            raise ShapeError(
                f"{where}: known must be ({len(tags)},) in sentence {number}, one value a label; "
                f"got shape {row.shape}. Give whether each of its words occurred in train."
            )
    return [row.tolist() for row in flags]
