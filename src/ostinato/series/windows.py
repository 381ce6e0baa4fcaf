"""Windows over a panel: model inputs of the context before a cutoff and of the horizon after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Float32s, Int64s
from ostinato.data.batches import packed_places
from ostinato.data.ragged import Ragged
from ostinato.series.calendar import calendar_features
from ostinato.series.holidays import holiday_features
from ostinato.series.panel import Panel
from ostinato.series.scaling import SeriesScaling

WindowScaling = Literal["last", "standard", "mean", "none"]

SMALLEST_MEAN = 1e-6  # least mean absolute value to divide by; less is rounding error
FURTHEST = 1e6  # inputs are clipped to this many deviations
SMALLEST = 1e-3  # least scale of a window, in deviations of its series


@dataclass(frozen=True, eq=False)
class WindowIndex:
    """Positions of windows in a panel, each field ``(windows,)``.

    Args:
        series: Row of the panel.
        target: Column of its values.
        origin: Position of the first step of the horizon.
    """

    series: Int64s
    target: Int64s
    origin: Int64s

    def __len__(self) -> int:
        return len(self.origin)

    def take(self, rows: Int64s | slice) -> WindowIndex:
        """Return some of them, in that order."""
        return WindowIndex(self.series[rows], self.target[rows], self.origin[rows])


@dataclass(frozen=True, eq=False)
class WindowArrays:
    """Arrays of windows for a network, sorted by decreasing context length.

    Args:
        order: Index of each row among the windows asked for.
        context: Packed network steps, each of ``segment`` time steps: value, whether it was observed, the
            values a season before, calendar and past columns.
        batch_sizes: Windows that still run at each step, as in a ``PackedSequence``.
        future: Known inputs of the horizon: seasonal naive forecasts, calendar, known columns.
        shift: Subtracted from the values of each window.
        scale: What they were divided by then.

    Shape:
        context: ``(packed steps, segment * context_size)``.
        future: ``(windows, horizon, future_size)``.
        order, shift, scale: ``(windows,)``.
    """

    order: Int64s
    context: Float32s
    batch_sizes: Int64s
    future: Float32s
    shift: Float32s
    scale: Float32s


class WindowReader:
    """Cut windows out of a panel.

    Args:
        panel: The series.
        scaling: Scaling of each series.
        context: Most time steps before the cutoff.
        horizon: Time steps after it.
        segment: Time steps in a step of the network.
        seasons: Steps of each season, the shortest first.
        window_scaling: ``last`` subtracts the last observed value; ``standard`` standardises by the
            context; ``mean`` divides by the mean absolute value; ``none`` leaves values alone.
        cycles: Cycles of the calendar among the inputs.
        holidays: Country whose holidays are among the inputs, if any.
    """

    def __init__(
        self,
        panel: Panel,
        scaling: SeriesScaling,
        *,
        context: int,
        horizon: int,
        segment: int,
        seasons: Sequence[int],
        window_scaling: WindowScaling,
        cycles: Sequence[str],
        holidays: str | None = None,
    ) -> None:
        self.panel, self.context, self.horizon = panel, context, horizon
        self.segment, self.seasons, self.window_scaling = segment, tuple(seasons), window_scaling
        self.levels, self.values = scaling.of(panel), scaling.forward(panel)
        self.begin = panel.values.offsets[:-1]
        self.observed = np.isfinite(self.values)
        self.last = _last_observed(self.values, panel.values)
        self.known = _known_inputs(panel, scaling, horizon, cycles, holidays)
        self.past = scaling.past(panel)
        filled = np.where(self.observed, self.values, 0).astype(np.float64)
        # of shape (total, targets)
        columns = (filled, filled**2, np.abs(filled), self.observed.astype(np.float64))
        *self._sums, self._counts = (_running(Ragged(c, panel.values.offsets)) for c in columns)

    def lengths(self, places: WindowIndex) -> Int64s:
        """Return the network steps of each context, ``(windows,)``."""
        steps = np.minimum(places.origin, self.context)
        lengths: Int64s = np.maximum(-(-steps // self.segment), 1)
        return lengths

    def take(self, places: WindowIndex) -> WindowArrays:
        """Return the arrays of these windows."""
        lengths = self.lengths(places)
        order = np.argsort(-lengths, kind="stable")
        places, lengths = places.take(order), lengths[order]
        shift, scale = self._window_scale(places)
        rows, steps, batch_sizes = packed_places(lengths)  # (places,), (places,), (steps,)
        first = places.origin - lengths * self.segment
        # of shape (places, segment)
        position = (first[rows] + steps * self.segment)[:, None] + np.arange(self.segment)
        series, target = places.series[rows, None], places.target[rows, None]  # (places, 1)
        before = np.maximum(places.origin - self.context, 0)[rows, None]
        outside = position < before  # (places, segment)
        place = self.begin[series] + np.maximum(position, 0)
        # of shape (places, segment)
        value = (self.values[place, target] - shift[rows, None]) / scale[rows, None]
        observed = self.observed[place, target] & ~outside
        seasonal = [
            (self._at(series, target, position - season) - shift[rows, None]) / scale[rows, None]
            for season in self.seasons
        ]
        inputs = [
            np.where(observed, _bounded(value), 0)[..., None],
            observed[..., None],
            *(np.where(np.isfinite(found), _bounded(found), 0)[..., None] for found in seasonal),
            self.known.values[self.known.offsets[series] + np.maximum(position, 0)],
            self.past[place],
        ]
        # of shape (places, segment, context_size)
        context = np.concatenate([part.astype(np.float32) for part in inputs], axis=-1)
        context[outside] = 0
        ahead = places.origin[:, None] + np.arange(self.horizon)  # (windows, horizon)
        # of shape (windows, horizon, inputs)
        known = self.known.values[self.known.offsets[places.series][:, None] + ahead]
        naive = (self.seasons_before(places) - shift[:, None, None]) / scale[:, None, None]
        naive = _bounded(naive)  # (windows, horizon, seasons)
        return WindowArrays(
            order=order,
            context=context.reshape(len(rows), -1),
            batch_sizes=batch_sizes,
            future=np.concatenate([naive, known], axis=-1, dtype=np.float32),
            shift=shift,
            scale=scale,
        )

    def has_past(self, places: WindowIndex) -> npt.NDArray[np.bool_]:
        """Return whether each context has an observed value, ``(windows,)``."""
        start = np.maximum(places.origin - self.context, 0)
        found: npt.NDArray[np.bool_] = _between(self._counts, places, start, places.origin) > 0
        return found

    def lowest(self, places: WindowIndex) -> npt.NDArray[np.float64]:
        """Return the lowest value before each cutoff, ``(windows,)``, in its units; inf if none."""
        known = np.where(self.observed, self.panel.values.values, np.inf)  # (total, targets)
        for start, end in zip(self.begin, self.panel.values.offsets[1:], strict=True):
            np.minimum.accumulate(known[start:end], axis=0, out=known[start:end])
        place = self.begin[places.series] + np.maximum(places.origin - 1, 0)
        return np.where(places.origin > 0, known[place, places.target], np.inf)

    def usable(self, places: WindowIndex) -> WindowIndex:
        """Return the windows with an observed value before the cutoff and after it."""
        end = np.minimum(places.origin + self.horizon, self.panel.lengths[places.series])
        has_future = _between(self._counts, places, places.origin, end) > 0
        return places.take(np.flatnonzero(has_future & self.has_past(places)))

    def targets(self, places: WindowIndex) -> Float32s:
        """Return the values of the horizon on the scale of the series, NaN where missing."""
        ahead = places.origin[:, None] + np.arange(self.horizon)  # (windows, horizon)
        inside = ahead < self.panel.lengths[places.series][:, None]
        place = self.begin[places.series][:, None] + np.where(inside, ahead, 0)
        return np.where(inside, self.values[place, places.target[:, None]], np.nan)

    def seasons_before(self, places: WindowIndex) -> Float32s:
        """Return the seasonal naive forecast of each season, ``(windows, horizon, seasons)``.

        Where that value was not observed it is the one of the next shorter season, or else the last
        observed value.
        """
        ahead, known = np.arange(self.horizon), []
        # of shape (windows, horizon)
        found = np.broadcast_to(self._last(places)[:, None], (len(places), self.horizon))
        for season in self.seasons:
            back = ahead % season - season  # into the last season before the cutoff
            position = places.origin[:, None] + back  # (windows, horizon)
            value = self._at(places.series[:, None], places.target[:, None], position)
            found = np.where(np.isfinite(value), value, found)
            known.append(found)
        return np.stack(known, axis=-1)  # (windows, horizon, seasons)

    def _at(self, series: Int64s, target: Int64s, position: Int64s) -> Float32s:
        """Return the values at some positions of series, NaN before the first."""
        value = self.values[self.begin[series] + np.maximum(position, 0), target]
        return np.where(position >= 0, value, np.float32(np.nan))

    def _last(self, places: WindowIndex) -> Float32s:
        """Return the last observed value before each cutoff, ``(windows,)``; 0 where there is none."""
        place = self.begin[places.series] + np.maximum(places.origin - 1, 0)
        value = self.last[place, places.target]
        return np.where(np.isfinite(value) & (places.origin > 0), value, 0).astype(np.float32)

    def _window_scale(self, places: WindowIndex) -> tuple[Float32s, Float32s]:
        ones = np.ones(len(places), np.float32)
        if self.window_scaling == "none":
            return 0 * ones, ones
        if self.window_scaling == "last":
            return self._last(places), ones
        start, end = np.maximum(places.origin - self.context, 0), places.origin
        count = np.maximum(_between(self._counts, places, start, end), 1)
        total, squares, absolute = (
            _between(sums, places, start, end) / count for sums in self._sums
        )
        if self.window_scaling == "mean":
            return 0 * ones, np.where(absolute > SMALLEST_MEAN, absolute, 1).astype(np.float32)
        deviation = np.sqrt(np.maximum(squares - total**2, 0))
        return total.astype(np.float32), np.maximum(deviation, SMALLEST).astype(np.float32)


def _bounded(values: Float32s) -> Float32s:
    return np.clip(values, -FURTHEST, FURTHEST)


def _running(column: Ragged) -> Ragged:
    """Return cumulative sums within each row, starting with 0: one step more than the row has.

    One sum over all rows would carry rounding errors from one series into the next.
    """
    offsets = column.offsets + np.arange(len(column) + 1)
    sums = np.zeros((int(offsets[-1]), column.values.shape[1]))
    for row, begin in enumerate(offsets[:-1].tolist()):
        steps = column[row]
        np.cumsum(steps, axis=0, out=sums[begin + 1 : begin + 1 + len(steps)])
    return Ragged(sums, offsets)


def _between(
    running: Ragged, places: WindowIndex, start: Int64s, end: Int64s
) -> npt.NDArray[np.float64]:
    """Return the sum of each window over the steps ``start`` to ``end`` (exclusive), ``(windows,)``."""
    begin = running.offsets[places.series]
    found: npt.NDArray[np.float64] = (
        running.values[begin + end, places.target] - running.values[begin + start, places.target]
    )
    return found


def _last_observed(values: Float32s, column: Ragged) -> Float32s:
    """Return the last observed value at each step (forward fill); NaN before a series' first."""
    places = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), places, -1), axis=0)
    begin = np.repeat(column.offsets[:-1], column.lengths)[:, None]
    found = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= begin, found, np.float32(np.nan))


def _known_inputs(
    panel: Panel,
    scaling: SeriesScaling,
    horizon: int,
    cycles: Sequence[str],
    holidays: str | None,
) -> Ragged:
    """Return calendar, holidays and known columns of every step and of ``horizon`` more, ``(total, inputs)``."""
    columns, rows = scaling.known(panel), []
    for row, length in enumerate(panel.lengths.tolist()):
        times = panel.times(row, 0, length + horizon)
        # of shape (steps + horizon, columns)
        known = np.zeros((len(times), columns.values.shape[1]), np.float32)
        given = columns[row][: len(times)]
        known[: len(given)] = np.nan_to_num(given)
        # of shape (steps + horizon, features)
        calendar = calendar_features(times, panel.frequency, cycles, panel.zone)
        free = holiday_features(times, panel.frequency, holidays, panel.zone)
        rows.append(np.concatenate([calendar, free, known], axis=1))
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return Ragged(np.concatenate(rows), offsets)
