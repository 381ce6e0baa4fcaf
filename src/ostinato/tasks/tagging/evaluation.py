"""What is measured of tagged sentences: how well, how far from chance, and on what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato.datasets.records import schemes
from ostinato.metrics import agreement_z, tagging_metrics
from ostinato.tasks.unseen import unseen_figures
from ostinato.training import Figures

Rows = Sequence[Sequence[str]]


def spans_in(sentences: Rows, tags: Rows) -> list[str]:
    """Return the distinct texts of the spans, lower-cased, sorted.

    Example:
        >>> spans_in([["Anna", "Lee", "sings"]], [["B-PER", "I-PER", "O"]])
        ['anna lee']
    """
    return sorted(
        {
            _text(tokens[span.start : span.end])
            for tokens, row in zip(sentences, tags, strict=True)
            for span in schemes.spans_of(row)
        }
    )


def tagging_figures(
    sentences: Rows,
    labels: Rows,
    predictions: Rows,
    *,
    are_spans: bool,
    known: Sequence[Any] | None = None,
    spans: Sequence[str] | None = None,
    seen: Sequence[str] = (),
) -> Figures:
    """Return the figures of `tagging_metrics`, and those of what is new and of chance.

    Args:
        sentences: The tokens of each sentence.
        labels: Right tags, a list for each sentence.
        predictions: Predicted tags in the same form.
        are_spans: Whether the tags stand for spans.
        known: Whether each word occurred in train, for each sentence.
        spans: The spans of train, as `spans_in` gives them; with them ``recall_old_spans``,
            ``recall_new_spans`` and ``n_new_spans`` are of spans that train has, or never has.
        seen: Sentences the model was trained on, tokens joined by spaces; if some of ``sentences`` are
            among them, the figures include those ``_unseen``, without those.

    Returns:
        Also ``chance_z``: standard deviations by which the tokens' right tags are above those of
        shuffled ones.
    """
    figures = tagging_metrics(labels, predictions, are_spans=are_spans, known=known)
    figures["chance_z"] = _chance_z(labels, predictions)
    if are_spans:
        figures["n_found"] = sum(len(schemes.spans_of(row)) for row in predictions)
        if spans is not None:
            figures |= _recall_by_novelty(sentences, labels, predictions, frozenset(spans))
    texts = [" ".join(tokens) for tokens in sentences]
    name = "f1" if are_spans else "accuracy"

    def without(rows: npt.NDArray[np.int64]) -> float:
        right, predicted = ([tags[row] for row in rows] for tags in (labels, predictions))
        return float(tagging_metrics(right, predicted, are_spans=are_spans).get(name, 0.0))

    return figures | unseen_figures(name, texts, seen, without)


def failure(figures: Figures) -> str | None:
    """Return how a tagger plainly fails, in a sentence; None if it does not.

    Example:
        >>> failure({"f1": 0.0, "n_found": 0, "n_spans": 3})
        'No span is ever found: each word is tagged as outside, although there are 3 spans.'
    """
    if figures.get("n_found", 1) or not figures["n_spans"]:
        return None
    return (
        "No span is ever found: each word is tagged as outside, although there are "
        f"{figures['n_spans']:,} spans."
    )


def _text(tokens: Sequence[str]) -> str:
    return " ".join(tokens).lower()


def _chance_z(labels: Rows, predictions: Rows) -> float:
    numbers: dict[str, int] = {}
    right, answers = (
        [numbers.setdefault(tag, len(numbers)) for row in rows for tag in row]
        for rows in (labels, predictions)
    )
    return agreement_z(right, answers)


def _recall_by_novelty(
    sentences: Rows, labels: Rows, predictions: Rows, known: frozenset[str]
) -> dict[str, float]:
    found: dict[bool, list[bool]] = {False: [], True: []}
    for tokens, right, predicted in zip(sentences, labels, predictions, strict=True):
        answers = set(schemes.spans_of(predicted))
        for span in schemes.spans_of(right):
            is_new = _text(tokens[span.start : span.end]) not in known
            found[is_new].append(span in answers)
    names = {False: "recall_old_spans", True: "recall_new_spans"}
    shares = {names[is_new]: float(np.mean(hits)) for is_new, hits in found.items() if hits}
    return {**shares, "n_new_spans": len(found[True])}
