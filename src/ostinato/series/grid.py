"""From rows of a table to regular grids: clocks, checks, and rows put at their places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Float64s, Int64s
from ostinato._errors import DatasetError, brief
from ostinato.data.ragged import Ragged
from ostinato.datasets.records.series import SeriesTable, format_time
from ostinato.series.calendar import local_times
from ostinato.series.frequency import Frequency
from ostinato.series.inference import infer_frequency

Array = npt.NDArray[Any]

_REGULAR = 5  # steps that tell a coarser series from one with gaps
_MOST_STEPS, _MOST_STEPS_A_ROW = 1_000_000, 100


def on_clock(table: SeriesTable, alias: str | None) -> tuple[Frequency, Array]:
    """Return the step and the times, series by series: dates on the wall, or else in UTC.

    Days of a place that moves its clocks are not all as long; its dates are a day apart.

    Args:
        table: The table.
        alias: Alias of the step; None to find it out.

    Raises:
        DatasetError: Times are counted and the frequency is of dates, or the other way round.

    Example:
        >>> on_clock(SeriesTable.make([5, 3, 1], {"y": [1.0, 2.0, 3.0]}), None)
        (Frequency(alias='2'), array([1, 3, 5]))
    """
    codes = table.codes[table.order]
    times = table.times[table.order]

    def found() -> Frequency:
        each = np.split(times, np.flatnonzero(np.diff(codes)) + 1)
        return infer_frequency(each, table.names, table.source)

    step = found() if alias is None else Frequency.parse(alias)
    if step.is_counted == (times.dtype.kind == "M"):
        raise DatasetError(
            f"{table.source}: a frequency of dates must be an alias such as D or MS, of counted times a "
            f"number; got `{step.alias}` and times as {format_time(times[0])}."
        )
    if table.zone is not None and step.is_of_days:
        times = local_times(times, table.zone)
        step = found() if alias is None else step
    return step, times


def frequency_of(table: SeriesTable) -> Frequency | None:
    """Return the step that is seen most often, None where no series has two times.

    Args:
        table: The table.

    Example:
        >>> frequency_of(SeriesTable.make([5, 3, 1], {"y": [1.0, 2.0, 3.0]}))
        Frequency(alias='2')
    """
    try:
        return on_clock(table, None)[0]
    except DatasetError:
        return None


def check_steps(table: SeriesTable, step: Frequency) -> None:
    """Refuse a series that steps regularly, but by more than a step that others had.

    Args:
        table: The table.
        step: That step.

    Raises:
        DatasetError: There is such a series.

    Example:
        >>> check_steps(SeriesTable.make([1, 2], {"y": [1.0, 2.0]}), Frequency("1"))
    """
    codes, (_, times) = table.codes[table.order], on_clock(table, step.alias)
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    check_coarser(table, step, times, step.steps(times[first][codes], times)[0])


def check_coarser(table: SeriesTable, step: Frequency, times: Array, positions: Int64s) -> None:
    """Refuse a series that steps regularly, but by more than the others do.

    Args:
        table: The table.
        step: The step that is seen most often.
        times: Times, series by series.
        positions: Steps of each after the first of its series.

    Raises:
        DatasetError: There is such a series.

    Example:
        >>> table = SeriesTable.make([1, 2], {"y": [1.0, 2.0]})
        >>> check_coarser(table, Frequency("1"), table.times, np.array([0, 1]))
    """
    codes = table.codes[table.order]
    inside = np.diff(codes) == 0
    apart, owners = np.diff(positions)[inside], codes[1:][inside]
    least, most = np.full(len(table.names), np.iinfo(np.int64).max), np.zeros(len(table.names))
    np.minimum.at(least, owners, apart)
    np.maximum.at(most, owners, apart)
    count = np.bincount(owners, minlength=len(table.names))
    is_coarser = (count >= _REGULAR) & (least > 1) & (most <= 2 * least)
    if is_coarser.any():
        row = int(np.flatnonzero(is_coarser)[0])
        first = int(np.flatnonzero(codes == row)[0])
        raise DatasetError(
            f"{table.source}: all series must have one frequency, which is `{step.alias}` in most of "
            f"them; got series {brief(table.names[row])}, which steps from {format_time(times[first])} to "
            f"{format_time(times[first + 1])} and on so. Train on them apart, or sum up the finer ones; "
            "or, if these are gaps, give the frequency (--frequency)."
        )


def check_grid(
    table: SeriesTable,
    step: Frequency,
    times: Array,
    positions: Int64s,
    fits: npt.NDArray[np.bool_],
) -> None:
    """Refuse a time that does not lie whole steps after the first of its series, and alone.

    Args:
        table: The table.
        step: The step.
        times: Times, series by series.
        positions: Steps of each after the first of its series.
        fits: Whether they are whole.

    Raises:
        DatasetError: There is such a time.

    Example:
        >>> table = SeriesTable.make([1, 2], {"y": [1.0, 2.0]})
        >>> check_grid(table, Frequency("1"), table.times, np.array([0, 1]), np.array([True, True]))
    """
    codes = table.codes[table.order]
    is_again = np.zeros(len(codes), bool)
    is_again[1:] = (np.diff(positions) == 0) & (np.diff(codes) == 0)
    if fits.all() and not is_again.any():
        return
    row = int(np.flatnonzero(~fits | is_again)[0])
    name = table.names[codes[row]]
    series = f"series {brief(name)}" if name else "the series"
    begin = int(np.flatnonzero(codes == codes[row])[0])
    raise DatasetError(
        f"{table.source}: {series}, time {format_time(times[row])}: every time must lie whole steps of "
        f"`{step.alias}` after the first of its series, {format_time(times[begin])}, and alone; this one "
        "does not. Correct it; if the series have several frequencies, train on them apart; or give "
        "the frequency (--frequency)."
    )


def check_size(steps: int, rows: int, source: str) -> None:
    """Refuse a grid of far more steps than there are rows: one of the times is wrong.

    Args:
        steps: Steps of all series.
        rows: Rows there are.
        source: Path or name for the message.

    Raises:
        DatasetError: It is so.

    Example:
        >>> check_size(100, 98, "a.csv")
    """
    if steps > _MOST_STEPS_A_ROW * rows + _MOST_STEPS:
        raise DatasetError(
            f"{source}: from the first to the last times there must not be far more steps than rows; got "
            f"{steps:,} for {rows:,}. Look for a wrong time, or give the frequency (--frequency)."
        )


def first_told(
    step: Frequency, times: Array, codes: Int64s, positions: Int64s, is_told: npt.NDArray[np.bool_]
) -> tuple[Array, Int64s]:
    """Return when each series has its first value, and how many steps have passed until then.

    A series without one begins with its first row, as does one whose later times cannot be counted
    from its first value: from 29 February not the last days of months.

    Args:
        step: The step.
        times: Times, series by series.
        codes: Series of each.
        positions: Steps of each after the first of its series.
        is_told: Whether each has a value.

    Example:
        >>> times, codes = np.array([1, 2, 3]), np.array([0, 0, 0])
        >>> first_told(Frequency("1"), times, codes, times - 1, np.array([False, True, True]))
        (array([2]), array([1]))
    """
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    rows = np.where(is_told, np.arange(len(codes)), len(codes))
    starts = np.minimum.reduceat(rows, first)
    starts = np.where(starts < len(codes), starts, first)
    if (starts > first).any():
        fits = step.steps(times[starts][codes], times)[1] | (np.arange(len(codes)) < starts[codes])
        starts = np.where(np.logical_and.reduceat(fits, first), starts, first)
    return times[starts], positions[starts]


def stacked(columns: Mapping[str, Float64s], rows: Int64s) -> Float64s:
    """Return some rows of some columns as one array.

    Args:
        columns: The columns, ``(n,)`` each.
        rows: Which rows, in which order.

    Shape:
        output: ``(rows, columns)``.

    Example:
        >>> stacked({"a": np.array([1.0, 2.0])}, np.array([1, 0])).tolist()
        [[2.0], [1.0]]
    """
    if not columns:
        return np.empty((len(rows), 0))
    return np.stack([column[rows] for column in columns.values()], axis=1)


def gridded(rows: Float64s, codes: Int64s, positions: Int64s, lengths: Int64s) -> Ragged:
    """Return rows at their places, NaN where there is none; those outside are left out.

    Args:
        rows: The rows, ``(n, columns)``.
        codes: Series of each.
        positions: Step of each; below 0 it is before the first.
        lengths: Steps of each series.

    Example:
        >>> gridded(np.array([[1.0], [2.0]]), np.array([0, 0]), np.array([0, 2]), np.array([3]))[0].T
        array([[ 1., nan,  2.]])
    """
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int64)
    values = np.full((int(offsets[-1]), rows.shape[1]), np.nan)
    inside = (positions >= 0) & (positions < lengths[codes])
    values[offsets[codes[inside]] + positions[inside]] = rows[inside]
    return Ragged(values, offsets)


def heads(column: Ragged, lengths: Int64s) -> Ragged:
    """Return the first values of each row.

    Args:
        column: The rows.
        lengths: How many of each, at most as many as it has.

    Example:
        >>> list(heads(Ragged.from_rows([[1, 2], [3]]), np.array([1, 1])))
        [array([1], dtype=int32), array([3], dtype=int32)]
    """
    step = np.arange(len(column.values)) - np.repeat(column.offsets[:-1], column.lengths)
    is_kept = step < np.repeat(lengths, column.lengths)
    return Ragged(column.values[is_kept], np.append(0, np.cumsum(lengths)).astype(np.int64))
