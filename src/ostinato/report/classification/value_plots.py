"""Drawings of predicted values beside the right ones, in the style of the page."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ostinato.report.formatting import aligned
from ostinato.report.hover import add_bands
from ostinato.report.plots import (
    ACCENT,
    COUNT,
    INK,
    MUTED,
    WIDTH_INCHES,
    most_bars,
    name_y,
    page_axes,
    page_style,
    page_svg,
)

MAX_POINTS = 2000


def predicted_and_right(labels: NDArray[Any], predictions: NDArray[Any]) -> str:
    """Draw predicted against right values, with the line on which they are equal; returns SVG."""
    with page_style():
        canvas, (axes,) = page_axes(height=WIDTH_INCHES * 0.94)
        rows = np.linspace(0, len(labels) - 1, min(len(labels), MAX_POINTS)).astype(int)
        ends = [min(labels.min(), predictions.min()), max(labels.max(), predictions.max())]
        axes.plot(ends, ends, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(
            labels[rows], predictions[rows], "o", color=ACCENT, alpha=0.6, markersize=5, mew=0
        )
        axes.set(xlabel="right", ylabel="predicted", aspect="equal")
        return page_svg(canvas, "values")


def error_histogram(errors: NDArray[Any]) -> str:
    """Draw how many examples have each error; returns SVG."""
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        bars = most_bars(len(errors))
        counts, edges, _ = axes.hist(errors, bins=bars, color=ACCENT, rwidth=0.9, linewidth=0)
        axes.axvline(0, color=INK, linewidth=1, linestyle=(0, (1, 2)))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(COUNT)
        axes.set(xlabel="predicted minus right")
        name_y(axes, "sequences")
        places = aligned(edges)
        add_bands(
            axes,
            (
                (edges[bar], edges[bar + 1], f"{places[bar]} to {places[bar + 1]}: {count:,.0f}")
                for bar, count in enumerate(counts)
            ),
        )
        return page_svg(canvas, "errors")
