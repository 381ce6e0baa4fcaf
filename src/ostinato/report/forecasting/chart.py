"""One forecast as a drawing of a page that fits any width: shapes in an SVG that is stretched, text beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato.datasets.records.series import format_time
from ostinato.metrics.quantiles import ends_of
from ostinato.report.forecasting.forecast_plot import BAND, Forecast
from ostinato.report.forecasting.ticks import Ticks, time_ticks, value_range, value_ticks

SIZE = 2000  # units of a drawing, across and up: whole ones are fine enough, and short
FEW_STEPS = 60  # ahead, of which what came is marked by dots


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A line or an area.

    Args:
        name: What it is, a class of the page's style.
        path: Its outline, in SVG.
        share: How dark an area is.
    """

    name: str
    path: str
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step to point at.

    Args:
        left: Where its stripe begins, of `SIZE`.
        width: How wide it is.
        text: What it holds, in words.
    """

    left: int
    width: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing; marks stand in percent of its width from the left, of its height from below.

    Args:
        shapes: What is drawn, the lowest first.
        times: Marks of the time.
        values: Marks of the values.
        steps: Each step with its values.
    """

    shapes: tuple[Shape, ...]
    times: Ticks
    values: Ticks
    steps: tuple[Step, ...]


def chart_of(forecast: Forecast, digits: int) -> Chart:
    """Return a forecast as a drawing.

    Args:
        forecast: The forecast.
        digits: Decimals of the values to point at.

    Example:
        >>> chart = chart_of(
        ...     Forecast(
        ...         times=np.arange(2, 4),
        ...         mean=np.array([2.0, 3.0]),
        ...         quantiles=np.array([[1.0, 2.0, 4.0], [2.0, 3.0, 5.0]]),
        ...         probabilities=(0.1, 0.5, 0.9),
        ...         levels=(80,),
        ...         history=np.array([1.0, 2.0]),
        ...         history_times=np.arange(2),
        ...     ),
        ...     digits=1,
        ... )
        >>> [shape.name for shape in chart.shapes]
        ['grid', 'band', 'cutoff', 'known', 'halo', 'forecast']
        >>> chart.steps[-1].text
        '3: forecast 3.0, 80% from 2.0 to 5.0'
    """
    times = np.concatenate([forecast.history_times, forecast.times])
    low, high = value_range(np.concatenate(forecast.drawn()))
    across = _Axis(*(float(end) for end in _numbers(times)[[0, -1]]))
    up = _Axis(low, high)
    marks = value_ticks(low, high)
    return Chart(
        shapes=tuple(_shapes(forecast, across, up, [at for at, _ in marks])),
        times=tuple(
            (across.share(_numbers(np.array([at]))[0]), label) for at, label in time_ticks(times)
        ),
        values=tuple((up.share(at), label) for at, label in marks),
        steps=tuple(_steps(forecast, across, digits)),
    )


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    def places(self, values: Float64s) -> Float64s:
        """Return where values lie, of `SIZE`."""
        return SIZE * (values - self.low) / ((self.high - self.low) or 1)

    def share(self, value: float) -> float:
        """Return where a value lies, in percent."""
        return 100 * (value - self.low) / ((self.high - self.low) or 1)


def _shapes(
    forecast: Forecast, across: _Axis, up: _Axis, marks: Sequence[float]
) -> Iterator[Shape]:
    """Yield what is drawn: grid, intervals, naive forecast, what was known and came, the forecast."""
    ahead = across.places(_numbers(forecast.times))
    before = across.places(_numbers(forecast.history_times))
    heights = SIZE - up.places(np.array(marks))
    yield Shape(name="grid", path="".join(f"M0 {_at(height)}H{SIZE}" for height in heights))
    for level in sorted(forecast.levels, reverse=True):
        ends = ends_of(level, forecast.probabilities)
        if ends is not None:
            low, high = (SIZE - up.places(forecast.quantiles[:, place]) for place in ends)
            yield Shape(name="band", path=_area(ahead, low, high), share=BAND)
    single = " single" if len(ahead) == 1 else ""  # a point, no line
    if len(before):
        yield Shape(name="cutoff", path=f"M{_at(before[-1])} 0V{SIZE}")
    if forecast.baseline is not None:
        yield Shape(name=f"naive{single}", path=_line(ahead, SIZE - up.places(forecast.baseline)))
    actual = np.full(len(ahead), np.nan) if forecast.actual is None else forecast.actual
    places = np.concatenate([before, ahead])
    heights = SIZE - up.places(np.concatenate([forecast.history, actual]))
    yield Shape(name="known", path=_line(places, heights))
    found = _line(ahead, SIZE - up.places(forecast.middle))
    yield Shape(name=f"halo{single}", path=found)
    yield Shape(name=f"forecast{single}", path=found)
    came = np.arange(len(places)) >= len(before)
    dotted = _alone(heights) | (came & np.isfinite(heights) & (len(ahead) <= FEW_STEPS))
    if dotted.any():
        path = "".join(
            f"M{_at(x)} {_at(y)}h0" for x, y in zip(places[dotted], heights[dotted], strict=True)
        )
        yield Shape(name="dots", path=path)


def _steps(forecast: Forecast, across: _Axis, digits: int) -> Iterator[Step]:
    times = np.concatenate([forecast.history_times, forecast.times])
    places = across.places(_numbers(times))
    edges = [0, *((places[1:] + places[:-1]) / 2).round().astype(int).tolist(), SIZE]
    past = len(forecast.history)
    for step, time in enumerate(times):
        ahead = step - past
        words = (
            _lines(forecast, ahead, digits)
            if ahead >= 0
            else [_written(forecast.history[step], digits)]
        )
        yield Step(
            left=edges[step],
            width=edges[step + 1] - edges[step],
            text=f"{format_time(time)}: {', '.join(words)}",
        )


def _lines(forecast: Forecast, ahead: int, digits: int) -> list[str]:
    """Return what is known of a step ahead, in words."""
    words = [f"forecast {_written(forecast.middle[ahead], digits)}"]
    if forecast.actual is not None and np.isfinite(forecast.actual[ahead]):
        words.insert(0, f"actual {_written(forecast.actual[ahead], digits)}")
    for level in forecast.levels:
        ends = ends_of(level, forecast.probabilities)
        if ends is not None:
            low, high = (_written(forecast.quantiles[ahead, place], digits) for place in ends)
            words.append(f"{level:g}% from {low} to {high}")
    if forecast.baseline is not None:
        words.append(f"seasonal naive {_written(forecast.baseline[ahead], digits)}")
    return words


def _written(value: float, digits: int) -> str:
    return "missing" if not np.isfinite(value) else f"{value:,.{digits}f}"


def _numbers(times: NDArray[Any]) -> Float64s:
    counted = times.astype("datetime64[us]").astype(np.int64) if times.dtype.kind == "M" else times
    return counted.astype(np.float64)


def _line(places: Float64s, heights: Float64s) -> str:
    """Return a line, parted where a value is missing."""
    known = np.isfinite(heights)
    joined = known & np.concatenate([[False], known[:-1]])
    return "".join(
        f"{'L' if join else 'M'}{_at(x)} {_at(y)}{'h0' if is_alone else ''}"
        for x, y, join, is_alone, is_known in zip(
            places, heights, joined, _alone(heights), known, strict=True
        )
        if is_known
    )


def _area(places: Float64s, low: Float64s, high: Float64s) -> str:
    """Return the outline of an area; that of a single step has some width."""
    if len(places) == 1:
        places, low, high = (
            np.array([places[0] - 12, places[0] + 12]),
            np.repeat(low, 2),
            np.repeat(high, 2),
        )
    return f"{_line(places, high)}{_line(places[::-1], low[::-1]).replace('M', 'L', 1)}Z"


def _alone(heights: Float64s) -> NDArray[np.bool_]:
    """Return which values have no neighbours."""
    known = np.pad(np.isfinite(heights), 1)
    alone: NDArray[np.bool_] = known[1:-1] & ~known[:-2] & ~known[2:]
    return alone


def _at(value: float) -> str:
    return f"{value:.0f}"
