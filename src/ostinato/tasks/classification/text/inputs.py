"""Texts as Python users hand them over."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import rows_of, tell_order
from ostinato._errors import shown
from ostinato.datasets import Examples, Texts
from ostinato.tasks.classification.label_inputs import labels_of
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.inputs import string_of
from ostinato.tasks.targets import label_names, one_column

logger = logging.getLogger("ostinato")


def examples_of(X: Any, y: Any, split: str, *, multi_label: bool = False) -> Examples:
    """Return texts and labels as a split of a data set; the labels keep their type.

    Args:
        X: Texts, in whatever holds a column.
        y: Their labels, as of :func:`ostinato.tasks.classification.label_inputs.labels_of`.
        split: Name for messages.
        multi_label: Whether a text has any number of labels.

    Raises:
        DatasetError: They are no texts or no labels, or do not fit one another.

    Example:
        >>> examples_of(("good", "bad"), np.array([1, 0]), "train").labels
        [1, 0]
    """
    tell_order(X, y, split)
    texts = texts_of(X, split)
    given = labels_of(y, split, multi_label=multi_label)
    return _examples(texts, given.rows, given.classes, split)


def _examples(
    texts: Sequence[str], labels: list[Any], classes: tuple[Any, ...] | None, split: str
) -> Examples:
    examples = Examples.make(texts, label_names(labels), split)
    return dataclasses.replace(examples, labels=labels, classes=classes)  # of the user's own type


def take(examples: Examples, rows: npt.NDArray[np.int64]) -> Examples:
    """Return some rows of a split."""
    labels = [(examples.labels or ())[row] for row in rows]
    texts = [examples.texts[row] for row in rows]
    split = Examples.rows_of(texts, label_names(labels), examples.source)
    split = dataclasses.replace(split, labels=labels, classes=examples.classes)
    weights = examples.weights
    return split if weights is None else split.weighted([weights[row] for row in rows])


def texts_of(X: Any, where: str) -> Sequence[str]:
    """Return raw texts as plain strings, in a list, or as a reader has them.

    Args:
        X: Texts, in whatever holds a column.
        where: Who asks, for messages.

    Raises:
        DatasetError: It is no column, or one of its values is no string.

    Example:
        >>> texts_of(np.array([["good"], ["bad"]]), "predict")
        ['good', 'bad']
    """
    if isinstance(X, Texts):
        return X
    rows = enumerate(rows_of(one_column(X), where, "text"), 1)
    texts = [string_of(text, f"{where}: a text", number) for number, text in rows]
    _tell_nan(texts, where)
    return texts


def _tell_nan(texts: Sequence[str], where: str) -> None:
    """Warn of texts that are the name of a missing value, as ``astype(str)`` makes them."""
    found = [row for row, text in enumerate(texts, 1) if text in _NAMES_OF_MISSING]
    if found:
        logger.warning(
            "%s: %d of %d texts are %s, the first in row %d, as astype(str) makes of missing ones. Drop "
            "these rows if they had no text.",
            *(where, len(found), len(texts), shown(texts[found[0] - 1]), found[0]),
        )


_NAMES_OF_MISSING = frozenset({"nan", "NaN", "NaT", "<NA>", "None"})


def labelled_texts(X: Any, y: Any, where: str, known: Labels) -> Examples:
    """Return texts and their labels as a split, for classes that are known.

    Args:
        X: Texts, in whatever holds a column.
        y: Their labels, as of :func:`ostinato.tasks.classification.label_inputs.labels_of`.
        where: Who asks, for messages.
        known: The classes.

    Raises:
        DatasetError: They are no texts or no labels, or not as many.
    """
    tell_order(X, y, where)
    texts = texts_of(X, where)
    labels = labels_of(y, where, multi_label=known.multi_label, known=known).rows
    return _examples(texts, labels, None, where)
