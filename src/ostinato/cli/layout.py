"""Figures as tables of at most 80 columns: the main figure first, the model above the simple ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from ostinato._figures import TITLES, figure
from ostinato.cli.tables import aligned

ROOM = 34  # cells of the name of a row
MOST_FIGURES, MOST_GROUPS = 4, 12  # columns and rows
GROUPS = {
    "per_type": ("class", ("f1", "precision", "recall", "n")),
    "speakers": ("speaker", ("wer", "cer", "n")),
}
"""Groups of the examples that have figures of their own, by their name in metrics.json."""
NAMES = {
    **{name: TITLES[name] for name in ("f1", "precision", "recall", "wer", "cer", "accuracy")},
    **{"f1_macro": "macro F1", "f1_micro": "micro F1"},
    **{name: TITLES[name] for name in ("mase", "mae", "rmse", "r2")},
    **{"crps": "CRPS", "smape": "sMAPE", "loss": TITLES["loss"]},
}
"""What figures that people are shown are called; the others are in metrics.json and after ``--json``."""

Figures = Mapping[str, Any]


def table(head: str, names: Sequence[str], rows: Iterable[tuple[str, Figures]]) -> list[str]:
    r"""Return the lines of a table of figures.

    Args:
        head: What stands above the names of the rows.
        names: Figures, by their names in metrics.json, a column each.
        rows: Name and figures of each row.

    Example:
        >>> rows = {"the model": {"f1": 0.91, "n": 12000}, "很长的标签": {"f1": 0.5, "n": 3}}
        >>> print("\n".join(table("test", ["f1", "n"], rows.items())))
        test            F1       n
        the model   0.9100  12,000
        很长的标签  0.5000       3
    """
    rows = list(rows)
    columns = [_column([figures.get(name) for _, figures in rows]) for name in names]
    heads = [head, *(NAMES.get(name, name) for name in names)]
    titles = [_cut(title) for title, _ in rows]
    return list(aligned([heads, *zip(titles, *columns, strict=True)], right=True))


def shown(figures: Figures, main: str = "") -> list[str]:
    """Return the names of the figures that people are shown, the main one first.

    Args:
        figures: Figures by name.
        main: Name of the main one, if it is known.

    Example:
        >>> shown({"n": 9, "loss": 0.3, "accuracy": 0.9, "f1_macro": 0.8, "chance_z": 7.0}, "f1_macro")
        ['f1_macro', 'accuracy', 'loss']
    """
    names = [name for name in dict.fromkeys([main, *NAMES]) if figures.get(name) is not None]
    return names[:MOST_FIGURES]


def measured(title: str, figures: Figures, main: str = "") -> list[str]:
    """Return the lines that tell how a model does on some data.

    Args:
        title: What it was measured on.
        figures: Its figures, those of each class, of naive forecasts or of each cutoff within.
        main: Name of the figure that it is judged by, if it is known.
    """
    others = [
        (name.replace("_", " "), one)
        for name, one in {**figures, **figures.get("cutoffs", {})}.items()
        if isinstance(one, Mapping) and isinstance(one.get("mae"), float)
    ]
    return _lines(title, figures, others, main)


def of_run(split: str, metrics: Mapping[str, Any]) -> list[str]:
    """Return the lines that tell how the model of a run does, beside the simple models.

    Args:
        split: Where it was measured.
        metrics: What its metrics.json holds.
    """
    figures = metrics[split]
    others = [
        (one["title"], {**_mapping(figures.get(name)), **one[split]})
        for name, one in metrics.get("baselines", {}).items()
    ]
    return _lines(split, figures, others, metrics.get("verdict", {}).get("figure", ""))


def of_folds(
    folds: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], main: str
) -> list[str]:
    """Return the lines that tell how the models of several folds do.

    Args:
        folds: What the metrics.json of each holds.
        summary: Mean and standard deviation of the figures.
        main: Name of the figure that a model is judged by.
    """
    mean, deviation = summary["mean"], summary["deviation"]
    others = [
        (one["title"], mean[name])
        for name, one in folds[0].get("baselines", {}).items()
        if name in mean
    ]
    rows = [("the model", mean), ("  standard deviation", deviation), *others]
    return table(f"mean of {len(folds)} folds", shown(mean, main), rows)


def _lines(
    title: str, figures: Figures, others: Sequence[tuple[str, Figures]], main: str
) -> list[str]:
    """Return the lines of a table of a model and of others beside it, and of one of its classes."""
    rows = [("the model", figures), *others]
    unseen = {
        name.removesuffix("_unseen"): value
        for name, value in figures.items()
        if name.endswith("_unseen")
    }
    if unseen:
        rows.insert(1, (f"on the {unseen['n']:,} not in train", unseen))
    return [
        *table(f"{title} (n {figures['n']:,})", shown(figures, main), rows),
        *_intervals(figures),
        *(
            line
            for name, group in GROUPS.items()
            for line in _groups(*group, _mapping(figures.get(name)))
        ),
    ]


def _mapping(value: Any) -> Figures:
    return value if isinstance(value, Mapping) else {}


def _intervals(figures: Figures) -> list[str]:
    """Return how often the intervals of forecasts hold what came."""
    held = [
        f"of {name.removeprefix('coverage_')}%: {value:.1%}"
        for name, value in figures.items()
        if name.startswith("coverage_") and value is not None
    ]
    return [f"values within the interval {', '.join(held)}"] if held else []


def _groups(head: str, names: Sequence[str], figures: Mapping[str, Figures]) -> list[str]:
    """Return a table of classes or speakers, the most frequent first."""
    if not figures:
        return []
    rows = sorted(figures.items(), key=lambda one: -one[1]["n"])
    left = len(rows) - MOST_GROUPS
    more = [f"and {left} rarer ones"] if left > 0 else []
    return ["", *table(head, names, rows[:MOST_GROUPS]), *more]


def _column(values: Sequence[Any]) -> list[str]:
    """Write the numbers of a column, figures with the decimals of the largest."""
    known = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value)]
    largest = max(known, default=0.0)
    return [_written(value, largest) for value in values]


def _written(value: Any, largest: float) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else figure(value, largest)


def _cut(title: str) -> str:
    """Return a name without its end, if it is wider than a table has room for."""
    return title if cell_len(title) <= ROOM else f"{set_cell_size(title, ROOM - 1).rstrip()}…"
