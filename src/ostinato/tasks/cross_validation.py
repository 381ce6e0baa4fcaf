"""What the models of several folds tell together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.metrics import CHANCE_Z
from ostinato.tasks.verdict import FEW, Compared

SPLIT = "test"  # the split that each fold's model was measured on


def summarize(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return mean and standard deviation over the folds of each figure, and every fold's own.

    The figures are those of the test split; those of each baseline stand under its name.

    Args:
        folds: The metrics of each fold's model.

    Example:
        >>> summary_text = summarize([{"test": {"accuracy": 0.8}}, {"test": {"accuracy": 0.9}}])
        >>> {name: round(figures["accuracy"], 3) for name, figures in summary_text.items() if name != "folds"}
        {'mean': 0.85, 'deviation': 0.071}
    """
    measured = [
        {
            **_numbers(fold[SPLIT]),
            **{name: _numbers(one[SPLIT]) for name, one in fold.get("baselines", {}).items()},
        }
        for fold in folds
    ]
    return {
        "mean": _over(measured, lambda values: float(np.mean(values))),
        "deviation": _over(measured, lambda values: float(np.std(values, ddof=1))),
        "folds": measured,
    }


def summary_text(
    folds: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], compared: Compared
) -> str:
    """Return in a sentence how the models of the folds do, beside the best simple model.

    Args:
        folds: The metrics of each fold's model.
        summary: What `summarize` makes of them.
        compared: The figure by which a model is compared with the simple ones.

    Example:
        >>> bag = {"bag": {"title": "a bag of words", "test": {"accuracy": 0.7}}}
        >>> folds = [{"test": {"accuracy": value}, "baselines": bag} for value in (0.8, 0.6)]
        >>> summary_text(folds, summarize(folds), Compared("accuracy", "accuracy"))
        'Over 2 folds: accuracy 0.7000 on average, standard deviation 0.1414; a bag of words ...'
    """
    mean, name = summary["mean"], compared.figure
    text = (
        f"Over {len(folds)} folds: {compared.title} {mean[name]:.4f} on average, standard deviation "
        f"{summary['deviation'][name]:.4f}"
    )
    beside = [key for key, value in mean.items() if isinstance(value, Mapping) and name in value]
    chance = _chance(folds, mean)
    if not beside:
        return f"{text}.{chance}"
    best = min(beside, key=lambda key: compared.gain(mean, mean[key]))
    beaten = sum(compared.gain(fold[SPLIT], fold["baselines"][best][SPLIT]) > 0 for fold in folds)
    return (
        f"{text}; {folds[0]['baselines'][best]['title']} has {mean[best][name]:.4f}, and is beaten in "
        f"{beaten} fold{'s' if beaten != 1 else ''}.{chance}"
    )


def _chance(folds: Sequence[Mapping[str, Any]], mean: Mapping[str, Any]) -> str:
    """Return a sentence if the answers of all folds together are no better than by chance.

    Source: the sum of independent deviations over the root of their number: Stouffer et al. 1949.
    """
    if mean.get("chance_z", math.inf) * math.sqrt(len(folds)) >= CHANCE_Z:
        return ""
    n = sum(int(fold[SPLIT]["n"]) for fold in folds)
    if n < FEW:
        return f" Cannot be told from chance: {n} examples in all are too few to tell."
    return " No better than chance: over all folds, shuffled answers would do as well."


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
