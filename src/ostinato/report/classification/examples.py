"""Texts that a classifier was shown, with its answers: the most confident mistakes, the surest right ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.runs.classification import TextPredictions
from ostinato.runs.excerpt import mended

NUM_MISTAKES = 100
NUM_RIGHT = 24


@dataclass(frozen=True, kw_only=True)
class Example:
    """A text and what the model says of it.

    Args:
        text: The text, or its head and tail; None if it was not kept.
        labels: The right classes, one unless there may be many.
        predictions: The predicted ones.
        confidence: Probability of what was predicted.
        num_tokens: Length of the text.
    """

    text: str | None
    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    confidence: float
    num_tokens: int


def confident_mistakes(
    predictions: TextPredictions, classes: tuple[str, ...]
) -> tuple[Example, ...]:
    """Return the wrong answers of which the model was surest, at most `NUM_MISTAKES`."""
    wrong = np.flatnonzero(~predictions.is_right)
    order = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")]
    return _examples(order[:NUM_MISTAKES], predictions, classes)


def sure_answers(predictions: TextPredictions, classes: tuple[str, ...]) -> tuple[Example, ...]:
    """Return the surest right answers of each kind in turn, at most `NUM_RIGHT`.

    None of a run of an earlier version, which kept no texts of right answers.
    """
    kept = np.array(predictions.texts.is_valid()) & predictions.is_right
    right = np.flatnonzero(kept)
    order = right[np.argsort(-predictions.confidence[right], kind="stable")]
    found: Counter[bytes] = Counter()
    turns = []
    for row in order:
        answer = predictions.predictions[row].tobytes()
        turns.append(found[answer])
        found[answer] += 1
    chosen = order[np.argsort(turns, kind="stable")] if turns else order
    return _examples(chosen[:NUM_RIGHT], predictions, classes)


def _examples(
    rows: NDArray[Any], predictions: TextPredictions, classes: tuple[str, ...]
) -> tuple[Example, ...]:
    return tuple(
        Example(
            text=None if (kept := predictions.texts[int(row)].as_py()) is None else mended(kept),
            labels=_names(predictions.labels[row], classes),
            predictions=_names(predictions.predictions[row], classes),
            confidence=float(predictions.confidence[row]),
            num_tokens=int(predictions.num_tokens[row]),
        )
        for row in rows
    )


def _names(value: Any, classes: tuple[str, ...]) -> tuple[str, ...]:
    chosen = np.flatnonzero(value) if np.ndim(value) else [int(value)]
    return tuple(classes[index] for index in chosen)
