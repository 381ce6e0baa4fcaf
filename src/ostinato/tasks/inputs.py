"""Texts and labels as Python users hand them over."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError
from ostinato.datasets import Examples


def examples_of(X: Sequence[str], y: Sequence[Any], part: str) -> Examples:
    """Return texts and labels as a part of a data set; the labels keep their type."""
    check_list(X, part)
    labels = [_as_list(row) for row in y]
    if isinstance(y, np.ndarray) and y.ndim > 1:
        raise DatasetError(
            f"{part}: labels must be a list of labels a text; got an array of shape {y.shape}. "
            "From an indicator matrix: MultiLabelBinarizer.inverse_transform(y)."
        )
    examples = Examples.make(list(X), named(labels), part)
    return dataclasses.replace(examples, labels=labels)  # of the user's own type


def _as_list(label: Any) -> Any:
    """Return several labels of a text as a list, and a single one as it is, without numpy."""
    if isinstance(label, tuple | set | frozenset):
        return sorted(label) if isinstance(label, set | frozenset) else list(label)
    return label.tolist() if isinstance(label, np.ndarray | np.generic) else label


def named(labels: Sequence[Any]) -> Any:
    """Return labels as strings, or lists of strings."""
    return [list(map(str, row)) if isinstance(row, list) else str(row) for row in labels]


def flat(labels: Sequence[Any]) -> list[str]:
    """Return all the labels of texts, one or several each, as strings."""
    return [str(label) for row in labels for label in (row if isinstance(row, list) else (row,))]


def check_list(texts: Sequence[Any], where: str) -> None:
    """Raise DatasetError if ``texts`` is one string instead of a list."""
    if isinstance(texts, str):
        raise DatasetError(f"{where}: texts must be a list; got one string. Write [text].")


def take(examples: Examples, rows: npt.NDArray[np.int64]) -> Examples:
    """Return some rows of a part."""
    labels = [(examples.labels or ())[row] for row in rows]
    part = examples_of([examples.texts[row] for row in rows], labels, examples.source)
    weights = examples.weights
    return part if weights is None else part.weighted([weights[row] for row in rows])


def as_sentences(X: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return sentences as lists, checked to be lists of strings."""
    sentences = as_texts(X)
    for number, sentence in enumerate(sentences, start=1):
        if isinstance(sentence, str):
            raise DatasetError(
                f"predict: sentence {number} must be a list of tokens; got the string "
                f"{sentence[:20]!r}. Split it, or call predict_spans or explain for raw text."
            )
    return [list(sentence) for sentence in sentences]


def as_texts(X: Sequence[str] | Sequence[Sequence[str]]) -> list[str | list[str]]:
    """Return raw texts as they are, and sentences as lists, checked to be lists of strings."""
    check_list(X, "predict")
    return [
        text if isinstance(text, str) else _tokens(text, number)
        for number, text in enumerate(X, start=1)
    ]


def _tokens(sentence: Any, number: int) -> list[str]:
    tokens = list(sentence) if isinstance(sentence, Iterable) else [sentence]
    for token in tokens:
        if not isinstance(token, str):
            raise DatasetError(
                f"predict: sentence {number} must be of strings; got {type(token).__name__}. "
                "Leave it out, or turn it into a string."
            )
    return tokens
