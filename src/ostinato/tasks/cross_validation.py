"""What the models of several folds tell together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

PART = "test"  # the part that each fold's model was measured on


def summarised(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return mean and standard deviation over the folds of each figure, and every fold's own.

    The figures are those of the test part; those of each baseline stand under its name.

    Args:
        folds: The metrics of each fold's model.

    Example:
        >>> told = summarised([{"test": {"accuracy": 0.8}}, {"test": {"accuracy": 0.9}}])
        >>> {name: round(figures["accuracy"], 3) for name, figures in told.items() if name != "folds"}
        {'mean': 0.85, 'deviation': 0.071}
    """
    measured = [
        {
            **_numbers(fold[PART]),
            **{name: _numbers(one[PART]) for name, one in fold.get("baselines", {}).items()},
        }
        for fold in folds
    ]
    return {
        "mean": _over(measured, lambda values: float(np.mean(values))),
        "deviation": _over(measured, lambda values: float(np.std(values, ddof=1))),
        "folds": measured,
    }


def _numbers(figures: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in figures.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _over(folds: Sequence[Mapping[str, Any]], function: Any) -> dict[str, Any]:
    """Apply a function to the values over the folds of each figure that every fold has."""
    return {
        name: _over([fold[name] for fold in folds], function)
        if isinstance(first, Mapping)
        else function([fold[name] for fold in folds])
        for name, first in folds[0].items()
        if all(name in fold for fold in folds)
    }
