"""One forecast as a drawing: what came before, what was forecast, how surely, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato.metrics.quantiles import ends_of, place_of
from ostinato.report import plots

WIDTH_INCHES, HEIGHT_INCHES = 9.0, 4.0
BAND = 0.16  # opacity of an interval; inside it lie the narrower ones
FORMATS = {  # of numbers only, as names of months would follow the locale
    "formats": ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S.%f"],
    "zero_formats": ["", "%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M"],
    "offset_formats": ["", "", "%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d %H:%M"],
}


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
    def median(self) -> Float64s | None:
        """The quantile in the middle, if it is there."""
        place = place_of(0.5, self.probabilities)
        return None if place is None else self.quantiles[:, place]


@dataclass(frozen=True, kw_only=True)
class Colours:
    """What is drawn in which colour."""

    ink: str
    accent: str
    other: str
    muted: str
    line: str


PAGE = Colours(
    ink=plots.INK,
    accent=plots.ACCENT,
    other=plots.SERIES["test"],
    muted=plots.MUTED,
    line=plots.LINE,
)
PAPER = Colours(ink="#1b1d20", accent="#2a5fc9", other="#b9501a", muted="#5f646c", line="#e3e3df")


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
        ['80% interval', 'actual', 'mean', 'median']
    """
    figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _draw(axes, forecast, PAPER)
    if title:
        axes.set_title(title, loc="left", color=PAPER.ink, parse_math=False)
    if label:
        axes.set_ylabel(label, color=PAPER.muted, parse_math=False)
    _legend(figure, forecast)
    return figure


def forecast_drawing(forecast: Forecast, name: str) -> str:
    """Draw a forecast for a page; returns SVG.

    Args:
        forecast: What to draw.
        name: What ids in the drawing begin with; see `plots.page_svg`.
    """
    with plots.page_style():
        canvas, (axes,) = plots.page_axes(height=3.2)
        _draw(axes, forecast, PAGE)
        return plots.page_svg(canvas, name)


def _draw(axes: Axes, forecast: Forecast, colours: Colours) -> None:
    times, marker = forecast.times, "o" if len(forecast.times) == 1 else None
    _intervals(axes, forecast, colours)
    if len(forecast.history_times):
        axes.axvline(
            forecast.history_times[-1], color=colours.ink, linewidth=1, linestyle=(0, (1, 2))
        )
    if forecast.baseline is not None:
        axes.plot(
            times, forecast.baseline, color=colours.other, marker=marker, label="seasonal naive",
            linewidth=1.5, linestyle=plots.DASHES["test"],
        )  # fmt: skip
    _known(axes, forecast, colours)
    axes.plot(times, forecast.mean, color=colours.accent, marker=marker, label="mean", linewidth=2)
    if forecast.median is not None:
        axes.plot(
            times, forecast.median, color=colours.accent, label="median", linewidth=1.2,
            linestyle=(0, (4, 2)),
        )  # fmt: skip
    time_axis(axes, forecast.times)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.tick_params(labelcolor=colours.muted, color=colours.line)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="y", color=colours.line, linewidth=0.8)
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(colours.line)
    axes.xaxis.get_offset_text().set_color(colours.muted)


def _intervals(axes: Axes, forecast: Forecast, colours: Colours) -> None:
    """Draw the intervals, the widest first."""
    for level in sorted(forecast.levels, reverse=True):
        ends = ends_of(level, forecast.probabilities)
        if ends is None:
            continue
        low, high = (forecast.quantiles[:, place] for place in ends)
        look: dict[str, Any] = {"color": colours.accent, "alpha": BAND, "label": _called(level)}
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
        Patch(color=PAPER.accent, alpha=shades[label], linewidth=0) if label in shades else handle
        for handle, label in zip(handles, labels, strict=True)
    ]
    figure.legend(
        shown, labels, loc="outside lower left", ncols=4, frameon=False, labelcolor=PAPER.muted
    )


def _called(level: float) -> str:
    return f"{level:g}% interval"


def _known(axes: Axes, forecast: Forecast, colours: Colours) -> None:
    """Draw history and what came as one line, and points that have no neighbours as points."""
    actual = np.full(len(forecast.times), np.nan) if forecast.actual is None else forecast.actual
    times = np.concatenate([forecast.history_times, forecast.times])
    values = np.concatenate([forecast.history, actual])
    axes.plot(times, values, color=colours.ink, linewidth=1.4, label="actual")
    is_known = np.pad(~np.isnan(values), 1)
    alone = is_known[1:-1] & ~is_known[:-2] & ~is_known[2:]
    axes.plot(times[alone], values[alone], color=colours.ink, linestyle="none", marker=".")


def time_axis(axes: Axes, times: NDArray[Any]) -> None:
    """Label the steps of an axis, whether they are times or counted."""
    if np.asarray(times).dtype.kind == "M":
        locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        formatter = ConciseDateFormatter(locator, **FORMATS)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(formatter)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        axes.xaxis.set_major_formatter(plots.COUNT)


def _number(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"
