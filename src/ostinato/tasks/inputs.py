"""Texts and labels as Python users hand them over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError
from ostinato.datasets import Examples


def examples_of(X: Sequence[str], y: Sequence[Any], part: str) -> Examples:
    """Return texts and labels as a part of a data set; the labels keep their type."""
    check_list(X, part)
    labels = y.tolist() if isinstance(y, np.ndarray) else list(y)
    examples = Examples.make(list(X), named(labels), part)
    return dataclasses.replace(examples, labels=labels)  # of the user's own type


def named(labels: Sequence[Any]) -> Any:
    """Return labels as strings, or lists of strings."""
    return [list(map(str, row)) if isinstance(row, list) else str(row) for row in labels]


def check_list(texts: Sequence[str], where: str) -> None:
    """Raise DatasetError if ``texts`` is one string instead of a list of them."""
    if isinstance(texts, str):
        raise DatasetError(f"{where}: texts must be a list; got one string. Write [text].")


def take(examples: Examples, rows: npt.NDArray[np.int64]) -> Examples:
    """Return some rows of a part."""
    labels = [(examples.labels or ())[row] for row in rows]
    return examples_of([examples.texts[row] for row in rows], labels, examples.source)
