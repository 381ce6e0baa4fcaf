"""Drawings of how a run learnt: its figures and its gradients over the epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from ostinato.report.formatting import percent, significant
from ostinato.report.hover import add_bands, around
from ostinato.report.plots import (
    ACCENT,
    DASHES,
    INK,
    MAX_MARKERS,
    PERCENT,
    SERIES,
    page_axes,
    page_style,
    page_svg,
)
from ostinato.report.section import Curve
from ostinato.runs.run import Epoch

ROOM = 1.08  # above the highest bar
LOG_ROOM = 1.25  # above the highest and below the lowest norm
STYLES = tuple(
    (colour, dash)
    for dash in ("solid", (0, (4, 2)), (0, (1, 1.5)))
    for colour in (ACCENT, SERIES["test"], INK, SERIES["train"])
)
"""Colour and dash of each run, those of ``.run-1`` and so on in the style of the page."""


def learning_curve(history: Sequence[Epoch], curve: Curve) -> str:
    """Draw a figure of each split over the epochs; returns SVG, nothing if no value is finite.

    Args:
        history: Epochs, at least one.
        curve: The figure; one of which lower is better is drawn from 0, or from lower if it goes there.
    """
    values = {
        split: _finite([epoch.scores.get(split, {}).get(curve.key, np.nan) for epoch in history])
        for split in SERIES
    }
    drawn = {split: line for split, line in values.items() if not np.isnan(line).all()}
    if not drawn:
        return ""
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        epochs = [epoch.number for epoch in history]
        for split, line in drawn.items():
            _line(axes, epochs, line, color=SERIES[split], linestyle=DASHES[split])
        _mark_best(axes, history)
        if curve.is_share:
            axes.yaxis.set_major_formatter(PERCENT)
        lowest = min(float(np.nanmin(line)) for line in drawn.values())
        highest = max(float(np.nanmax(line)) for line in drawn.values())
        if curve.lower_is_better and lowest >= 0 < highest:
            axes.set_ylim(0, highest * ROOM)
        _epoch_axis(axes, epochs, {name: (line, curve.written) for name, line in drawn.items()})
        return page_svg(canvas, curve.key)


def curves_of_runs(histories: Mapping[str, Sequence[Epoch]], curve: Curve, split: str) -> str:
    """Draw a figure of several runs over their epochs; returns SVG, or nothing.

    Args:
        histories: Epochs of each run, by its name, in the order of `STYLES`.
        curve: The figure.
        split: The split that it is of.
    """
    epochs = sorted({epoch.number for history in histories.values() for epoch in history})
    lines: dict[str, Any] = {}
    for name, history in histories.items():
        values = {epoch.number: epoch.scores.get(split, {}).get(curve.key) for epoch in history}
        lines[name] = _finite(
            [np.nan if (value := values.get(n)) is None else value for n in epochs]
        )
    known = [line for line in lines.values() if not np.isnan(line).all()]
    if not known:
        return ""
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        for number, line in enumerate(lines.values()):
            colour, dash = STYLES[number % len(STYLES)]
            _line(axes, epochs, line, color=colour, linestyle=dash)
        if curve.is_share:
            axes.yaxis.set_major_formatter(PERCENT)
        if curve.lower_is_better and min(float(np.nanmin(line)) for line in known) >= 0:
            axes.set_ylim(bottom=0)
        _epoch_axis(axes, epochs, {name: (line, curve.written) for name, line in lines.items()})
        return page_svg(canvas, curve.key)


def gradient_norms(history: Sequence[Epoch], limit: float | None) -> str:
    """Draw the mean and the largest gradient norm of each epoch; returns SVG.

    Nothing if no norm is a finite number above 0.

    Args:
        history: Epochs, at least one.
        limit: Norm to which gradients were clipped, drawn as a line; none if they were not.
    """
    norms = {
        "mean": _finite([epoch.norm_mean for epoch in history]),
        "largest": _finite([epoch.norm_max for epoch in history]),
    }
    if not any((values > 0).any() for values in norms.values()):
        return ""
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        epochs = [epoch.number for epoch in history]
        _line(axes, epochs, norms["largest"], color=SERIES["train"], linestyle=DASHES["train"])
        _line(axes, epochs, norms["mean"], color=ACCENT)
        if limit is not None:
            axes.axhline(limit, color=SERIES["test"], linewidth=1.2, linestyle=(0, (4, 3)))
        shown = [
            value for values in (*norms.values(), [limit or 0.0]) for value in values if value > 0
        ]
        low, high = min(shown) / LOG_ROOM, max(shown) * LOG_ROOM
        axes.set_ylim(low, high)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        _epoch_axis(axes, epochs, {name: (line, significant) for name, line in norms.items()})
        return page_svg(canvas, "gradients")


def clipped_share(history: Sequence[Epoch]) -> str:
    """Draw the share of steps whose gradient was clipped in each epoch; returns SVG.

    Nothing if no step was clipped.
    """
    clipped = np.nan_to_num([epoch.clipped for epoch in history])
    if not clipped.any():
        return ""
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        epochs = [epoch.number for epoch in history]
        axes.bar(epochs, clipped, color=ACCENT, width=0.45)
        axes.set_ylim(0, clipped.max() * ROOM)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(PERCENT)
        _epoch_axis(axes, epochs, {"clipped": (clipped, percent)})
        return page_svg(canvas, "clipped")


def _finite(values: Sequence[float]) -> Any:
    return np.where(np.isfinite(values), values, np.nan)


def _line(axes: Axes, epochs: Sequence[int], values: Any, **look: Any) -> None:
    axes.plot(epochs, values, marker="o" if len(epochs) <= MAX_MARKERS else None, **look)


def _mark_best(axes: Axes, history: Sequence[Epoch]) -> None:
    best = [epoch.number for epoch in history if epoch.best]
    if best:
        axes.axvline(best[-1], color=INK, linewidth=1, linestyle=(0, (1, 2)), zorder=0.5)


def _epoch_axis(
    axes: Axes,
    epochs: Sequence[int],
    lines: Mapping[str, tuple[Any, Callable[[float], str]]],
) -> None:
    """Set the axis of epochs, with the values of each under the pointer."""
    ends = (min(epochs) - 0.4, max(epochs) + 0.4)
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.grid(visible=False, axis="x")
    axes.set_xlabel("epoch")
    texts = [
        f"Epoch {epoch}: "
        + ", ".join(f"{name} {written(values[row])}" for name, (values, written) in lines.items())
        for row, epoch in enumerate(epochs)
    ]
    add_bands(axes, around(epochs, texts, ends))
