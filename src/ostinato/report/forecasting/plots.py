"""What is drawn of many forecasts: errors by step, coverage, and what residuals are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato.report import plots

SPLITS = tuple(plots.SERIES)
LOOKS = ("validation", "train", "test")
"""How lines that are compared look, the first as the model: names of classes of a legend too."""

CLIPPED = 4.0  # standard deviations; what lies further out is in the last bars
CONFIDENCE = 1.96  # standard errors, 95 percent of white noise


def error_by_step(errors: Mapping[str, Float64s]) -> str:
    """Draw the mean absolute error of each step ahead; returns SVG.

    Args:
        errors: Those of the model and of at most two others, each ``(horizon,)``.
    """
    with plots.page_style():
        canvas, (axes,) = plots.page_axes(height=2.9)
        for look, values in zip(LOOKS, errors.values(), strict=False):
            _steps(axes, values, look)
        axes.set_ylim(bottom=0)
        return plots.page_svg(canvas, "step-error")


def coverage(levels: Sequence[float], shares: Sequence[float]) -> str:
    """Draw the share of values inside each interval over the share that it is to hold; as SVG.

    Args:
        levels: Percent that each interval is to hold.
        shares: Share that it held.
    """
    with plots.page_style():
        canvas, (axes,) = plots.page_axes(height=2.9)
        nominal = np.array(levels) / 100
        axes.plot([0, 1], [0, 1], color=plots.MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.vlines(nominal, nominal, shares, color=plots.ACCENT, linewidth=2)
        axes.plot(nominal, shares, color=plots.ACCENT, linestyle="none", marker="o", markersize=7)
        low = max(min(*nominal, *shares) - 0.15, 0)
        axes.set(xlim=(low, 1.02), ylim=(low, 1.02))
        axes.set(xlabel="share that an interval is to hold", ylabel="share that it held")
        axes.xaxis.set_major_formatter(plots.PERCENT)
        axes.yaxis.set_major_formatter(plots.PERCENT)
        return plots.page_svg(canvas, "coverage")


def coverage_by_step(shares: Mapping[float, Float64s]) -> str:
    """Draw the share of values inside the intervals at each step ahead; returns SVG.

    Args:
        shares: Those of at most three levels in percent, each ``(horizon,)``.
    """
    with plots.page_style():
        canvas, (axes,) = plots.page_axes(height=2.9)
        for look, (level, values) in zip(LOOKS, shares.items(), strict=False):
            axes.axhline(level / 100, color=plots.MUTED, linewidth=1, linestyle=(0, (4, 3)))
            _steps(axes, values, look)
        known = np.concatenate(list(shares.values()))
        lowest = min(min(shares) / 100, *known[np.isfinite(known)])
        axes.set_ylim(max(lowest - 0.1, -0.02), 1.02)
        axes.yaxis.set_major_formatter(plots.PERCENT)
        return plots.page_svg(canvas, "step-coverage")


def residual_histogram(residuals: Float64s) -> str:
    """Draw how often residuals have each size, beside the normal curve; returns SVG.

    Args:
        residuals: In units of their standard deviation, ``(n,)``, their mean not taken away.
    """
    with plots.page_style():
        canvas, (axes,) = plots.page_axes(height=2.9)
        num_bins = int(np.clip(2 * np.sqrt(len(residuals)), 8, 40))
        edges = np.linspace(-CLIPPED, CLIPPED, num_bins + 1)
        counts, _ = np.histogram(np.clip(residuals, -CLIPPED, CLIPPED), edges)
        width = edges[1] - edges[0]
        axes.bar(edges[:-1], counts / len(residuals), width * 0.9, align="edge", color=plots.ACCENT)
        grid = np.linspace(-CLIPPED, CLIPPED, 161)
        normal = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi) * width
        axes.plot(grid, normal, color=plots.SERIES["test"], linewidth=1.5, linestyle=(0, (1, 1.5)))
        axes.axvline(residuals.mean(), color=plots.INK, linewidth=1, linestyle=(0, (1, 2)))
        axes.set(xlabel="residual in standard deviations", ylabel="share of all")
        axes.yaxis.set_major_formatter(plots.PERCENT)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        return plots.page_svg(canvas, "residuals")


def residuals_by_step(residuals: Float64s) -> str:
    """Draw mean and spread of the residuals at each step ahead; returns SVG.

    Args:
        residuals: In units of their standard deviation, ``(windows, horizon)``, NaN where unknown.
    """
    with plots.page_style():
        canvas, (axes,) = plots.page_axes(height=2.9)
        known = ~np.isnan(residuals).all(axis=0)
        steps = np.arange(1, residuals.shape[1] + 1)[known]
        low, high = np.nanquantile(residuals[:, known], (0.1, 0.9), axis=0)
        mean = np.nanmean(residuals[:, known], axis=0)
        axes.vlines(steps, low, high, color=plots.ACCENT, alpha=0.25, linewidth=_width(len(steps)))
        axes.axhline(0, color=plots.MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(steps, mean, color=plots.ACCENT, marker=_marker(steps))
        _step_axis(axes, residuals.shape[1])
        axes.set_ylabel("standard deviations")
        return plots.page_svg(canvas, "step-residuals")


def autocorrelation(lags: NDArray[np.int64], values: Float64s, counts: NDArray[np.int64]) -> str:
    """Draw how alike residuals are that lie so many steps apart; returns SVG.

    Args:
        lags: Steps between the two.
        values: Their correlation.
        counts: Pairs that each is of.
    """
    with plots.page_style():
        canvas, (axes,) = plots.page_axes(height=2.9)
        limit = CONFIDENCE / np.sqrt(counts)
        axes.vlines(lags, 0, values, color=plots.ACCENT, linewidth=min(_width(lags.max()), 4))
        for side in (-limit, limit):
            axes.plot(lags, side, color=plots.SERIES["test"], linewidth=1.2, linestyle=(0, (4, 3)))
        axes.axhline(0, color=plots.MUTED, linewidth=1)
        axes.set_ylim(min(-0.3, *(values - 0.1), *-limit), min(max(0.5, *(values + 0.1)), 1.05))
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.grid(visible=False, axis="x")
        axes.set(xlabel="steps apart", ylabel="correlation")
        return plots.page_svg(canvas, "autocorrelation")


def _steps(axes: Axes, values: Float64s, look: str) -> None:
    """Draw a figure of each step as a line."""
    steps = np.arange(1, len(values) + 1)
    axes.plot(
        steps, values, color=plots.SERIES[look], linestyle=plots.DASHES[look], marker=_marker(steps)
    )
    _step_axis(axes, len(values))


def _step_axis(axes: Axes, horizon: int) -> None:
    axes.set_xlim(0.4, horizon + 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.grid(visible=False, axis="x")
    axes.set_xlabel("step ahead")


def _marker(steps: NDArray[Any]) -> str | None:
    return "o" if len(steps) <= plots.MAX_MARKERS else None


def _width(num_steps: int) -> float:
    """Return the width in points of each of so many bars."""
    return float(np.clip(220 / num_steps, 0.5, 12))
