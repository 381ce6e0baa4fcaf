"""One forecast as a drawing: what came before, what was forecast, how surely, and what came."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato._files import replacing
from ostinato.metrics.quantiles import ends_of, place_of
from ostinato.report import plots
from ostinato.report.forecasting.ticks import time_ticks, value_range, value_ticks

logger = logging.getLogger("ostinato")

WIDTH_INCHES, HEIGHT_INCHES = 9.0, 4.0
RESOLUTION = 150  # points an inch, of png
CJK_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB"),
    *("Microsoft YaHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Noto Sans CJK JP"),
)
BAND = 0.16  # opacity of an interval; inside it lie the narrower ones


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast:
    """One forecast, and what is known around it.

    Args:
        times: Those of the steps ahead: datetime64, or int64 where steps are counted.
        mean: What is forecast.
        quantiles: Of each step.
        probabilities: Of the quantiles.
        levels: Percent of the intervals to draw; their ends are among the quantiles.
        history: What was known, NaN where missing.
        history_times: Its times.
        actual: What came, NaN where that is not known; None if nothing is.
        baseline: What the seasonal naive forecast says, to be drawn beside it.

    Shape:
        times, mean, actual, baseline: ``(horizon,)``.
        quantiles: ``(horizon, quantiles)``.
        history, history_times: ``(past,)``.
    """

    times: NDArray[Any]
    mean: Float64s
    quantiles: Float64s
    probabilities: Sequence[float]
    levels: Sequence[float]
    history: Float64s
    history_times: NDArray[Any]
    actual: Float64s | None = None
    baseline: Float64s | None = None

    @property
    def middle(self) -> Float64s:
        """The line that is drawn: the median, by which absolute errors are told; else the mean."""
        place = place_of(0.5, self.probabilities)
        return self.mean if place is None else self.quantiles[:, place]

    @property
    def middle_name(self) -> str:
        """Which of the two it is."""
        return "mean" if place_of(0.5, self.probabilities) is None else "median"

    def drawn(self) -> list[Float64s]:
        """Return all lines and ends of intervals that are drawn."""
        ends = [ends_of(level, self.probabilities) for level in self.levels]
        found = [self.quantiles[:, list(both)].ravel() for both in ends if both is not None]
        lines = (self.middle, self.history, self.actual, self.baseline)
        return found + [line for line in lines if line is not None]


INK, ACCENT, OTHER, MUTED, LINE = "#1b1d20", "#2a5fc9", "#b9501a", "#5f646c", "#e3e3df"  # on paper


def forecast_figure(forecast: Forecast, *, title: str = "", label: str = "") -> Figure:
    """Draw a forecast with its history, its intervals, and what came if that is known.

    Args:
        forecast: What to draw.
        title: What to write above it.
        label: What the values are, along the axis.

    Returns:
        The figure, which pyplot does not know of: it is freed like any object.

    Example:
        >>> steps = np.arange(12)
        >>> figure = forecast_figure(
        ...     Forecast(
        ...         times=steps[8:],
        ...         mean=np.full(4, 2.0),
        ...         quantiles=np.tile([1.0, 2.0, 3.0], (4, 1)),
        ...         probabilities=(0.1, 0.5, 0.9),
        ...         levels=(80,),
        ...         history=np.array([1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0]),
        ...         history_times=steps[:8],
        ...     ),
        ...     title="store-7",
        ... )
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['80% interval', 'actual', 'median']
    """
    figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _draw(axes, forecast)
    if title:
        axes.set_title(title, loc="left", color=INK, parse_math=False, fontfamily=_families())
    if label:
        axes.set_ylabel(label, color=MUTED, parse_math=False, fontfamily=_families())
    _legend(figure, forecast)
    return figure


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure as svg, png or pdf, by the ending; texts of svg stay texts.

    Where no font has a character of a name, the log says so; a reader of svg finds one of its own.

    Args:
        figure: The figure.
        path: The file; its folder is there.
    """
    kind = path.suffix[1:].lower()
    with (
        replacing(path) as temporary,
        mpl.rc_context({"svg.fonttype": "none"}),
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")
        figure.savefig(temporary, format=kind, dpi=RESOLUTION)
    if kind != "svg" and any("missing from" in str(one.message) for one in told):
        logger.warning("%s: no font here has all characters of the names; write svg.", path)


@cache
def _families() -> list[str]:
    """Return the usual fonts, then those for Chinese and its neighbours that are there."""
    there = set(get_font_names())
    return [*mpl.rcParams["font.family"], *(name for name in CJK_FONTS if name in there)]


def _draw(axes: Axes, forecast: Forecast) -> None:
    times, marker = forecast.times, "o" if len(forecast.times) == 1 else None
    _intervals(axes, forecast)
    if len(forecast.history_times):
        axes.axvline(forecast.history_times[-1], color=INK, linewidth=1, linestyle=(0, (1, 2)))
    if forecast.baseline is not None:
        axes.plot(
            times, forecast.baseline, color=OTHER, marker=marker, label="seasonal naive",
            linewidth=1.5, linestyle=plots.DASHES["test"],
        )  # fmt: skip
    _known(axes, forecast)
    axes.plot(
        times, forecast.middle, color=ACCENT, marker=marker, label=forecast.middle_name,
        linewidth=2, path_effects=[withStroke(linewidth=4, foreground="white")],
    )  # fmt: skip
    _scale(axes, forecast)
    axes.tick_params(labelcolor=MUTED, color=LINE)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="y", color=LINE, linewidth=0.8)
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(LINE)


def _intervals(axes: Axes, forecast: Forecast) -> None:
    """Draw the intervals, the widest first."""
    for level in sorted(forecast.levels, reverse=True):
        ends = ends_of(level, forecast.probabilities)
        if ends is None:
            continue
        low, high = (forecast.quantiles[:, place] for place in ends)
        look: dict[str, Any] = {"color": ACCENT, "alpha": BAND, "label": _called(level)}
        if len(forecast.times) > 1:
            axes.fill_between(forecast.times, low, high, linewidth=0, **look)
        else:  # a band of one step has no width
            axes.vlines(forecast.times, low, high, linewidth=12, **look)


def _legend(figure: Figure, forecast: Forecast) -> None:
    """Write what is what below the axes, each interval as dark as it looks over the wider ones."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    wide_first = [_called(level) for level in sorted(forecast.levels, reverse=True)]
    shades = {name: 1 - (1 - BAND) ** (place + 1) for place, name in enumerate(wide_first)}
    shown = [
        Patch(color=ACCENT, alpha=shades[label], linewidth=0) if label in shades else handle
        for handle, label in zip(handles, labels, strict=True)
    ]
    figure.legend(shown, labels, loc="outside lower left", ncols=4, frameon=False, labelcolor=MUTED)


def _called(level: float) -> str:
    return f"{level:g}% interval"


def _known(axes: Axes, forecast: Forecast) -> None:
    """Draw history and what came as one line, and points that have no neighbours as points."""
    actual = np.full(len(forecast.times), np.nan) if forecast.actual is None else forecast.actual
    times = np.concatenate([forecast.history_times, forecast.times])
    values = np.concatenate([forecast.history, actual])
    axes.plot(times, values, color=INK, linewidth=1.4, label="actual")
    is_known = np.pad(~np.isnan(values), 1)
    alone = is_known[1:-1] & ~is_known[:-2] & ~is_known[2:]
    axes.plot(times[alone], values[alone], color=INK, linestyle="none", marker=".")


def _scale(axes: Axes, forecast: Forecast) -> None:
    """Fit the axes to all that is drawn, and mark them as the page does."""
    times = np.concatenate([forecast.history_times, forecast.times])
    low, high = value_range(np.concatenate(forecast.drawn()))
    axes.set_ylim(low, high)
    values, marks = value_ticks(low, high), time_ticks(times)
    axes.set_yticks([at for at, _ in values], [label for _, label in values])
    axes.set_xticks([at for at, _ in marks], [label for _, label in marks])
