"""Series on their regular grids of time, as everything above reads them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Float64s, Int64s
from ostinato._errors import DatasetError, brief, did_you_mean, named
from ostinato.data.ragged import Ragged
from ostinato.datasets.records.series import SeriesTable, format_time
from ostinato.series.calendar import local_times
from ostinato.series.frequency import Frequency
from ostinato.series.grid import (
    check_coarser,
    check_grid,
    check_size,
    first_told,
    gridded,
    heads,
    on_clock,
    stacked,
)

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Panel:
    """Series with a value, or a gap, at every step of their frequency.

    Of a frequency of days or longer, times are dates where the series come from; of a shorter one they
    are in UTC where a zone is known.

    Args:
        ids: Name of each series; ``""`` where there is but one.
        targets: Names of the columns to forecast.
        frequency: The step.
        starts: Time of the first step of each series.
        values: Steps of each series, NaN where a value is missing.
        known: Columns known before their time: as many rows as steps, and those of the future.
        past: Columns known once their time has come.
        known_names: Names of the known columns.
        past_names: Names of the past columns.
        static: Attributes, a value each series.
        source: Path or name they come from.
        fingerprint: SHA-256 (hex) of the content.
        season: Steps of a season.
        zone: Time zone they come from.
        borders: Times at which validation and test begin, where the data set says so.
        standardised: Whether its benchmark measures on the scale of train's mean and deviation.
        whole_ids: Whether the names were whole numbers, as which they are answered.

    Shape:
        starts, static: ``(series,)``.
        values: rows of ``(steps, targets)``, float64.
        known: rows of ``(steps and future, known)``, float64.
        past: rows of ``(steps, past)``, float64.

    Example:
        >>> panel = panel_of(SeriesTable.make([7, 5, 4], {"y": [1.0, 2.0, 3.0]}))
        >>> panel.values[0].ravel().tolist(), panel.times(0).tolist()
        ([3.0, 2.0, nan, 1.0], [4, 5, 6, 7])
    """

    ids: tuple[str, ...]
    targets: tuple[str, ...]
    frequency: Frequency
    starts: Array
    values: Ragged
    known: Ragged
    past: Ragged
    known_names: tuple[str, ...]
    past_names: tuple[str, ...]
    static: Mapping[str, Array]
    source: str
    fingerprint: str
    season: int
    zone: str | None = None
    borders: tuple[Any, Any] | None = None
    standardised: bool = False
    whole_ids: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> Int64s:
        """Steps of each series, without those of the future."""
        return self.values.lengths

    def times(self, row: int, begin: int = 0, end: int | None = None) -> Array:
        """Return the times of a series from one step to before another, by default all.

        Args:
            row: Which series.
            begin: First step, counted from 0.
            end: Step before which to end; it may lie beyond the last one.
        """
        last = int(self.lengths[row]) if end is None else end
        return self.frequency.at(self.starts[row], np.arange(begin, last))

    def called(self, row: int) -> str:
        """Return how messages call a series."""
        return f"series `{brief(self.ids[row])}`" if self.ids[row] else "the series"

    def place(self, row: int, step: int) -> str:
        """Return how messages call a step of a series."""
        series = f"series {brief(self.ids[row])}, " if self.ids[row] else ""
        return f"{series}time {format_time(self.times(row, step, step + 1)[0])}"

    def find(self, name: str | int) -> int:
        """Return which series has an id.

        Raises:
            DatasetError: None has; the nearest id is offered.
        """
        name = str(name)
        if name not in self.ids:
            hint = did_you_mean(name, self.ids) or f". It has {named(self.ids)}."
            raise DatasetError(f"{self.source}: there is no series `{name}`{hint}")
        return self.ids.index(name)

    def take(self, rows: Sequence[int] | Int64s) -> Panel:
        """Return some of the series, in that order."""
        index = np.asarray(rows, np.int64)
        return dataclasses.replace(
            self,
            ids=tuple(self.ids[row] for row in index),
            starts=self.starts[index],
            values=self.values.take(index),
            known=self.known.take(index),
            past=self.past.take(index),
            static={name: column[index] for name, column in self.static.items()},
            fingerprint=self._derived("take", index),
        )

    def until(self, ends: int | Sequence[int] | Int64s, future: int = 0) -> Panel:
        """Return the series as they were before some step of each.

        Args:
            ends: Steps that each series keeps, or one number for all; a shorter one is kept whole.
            future: Rows that the known columns keep beyond them.

        Shape:
            ends: ``(series,)``, or a number.
        """
        steps = np.clip(np.broadcast_to(np.asarray(ends, np.int64), len(self)), 0, self.lengths)
        rows = np.minimum(steps + future, self.known.lengths)
        return dataclasses.replace(
            self,
            values=heads(self.values, steps),
            known=heads(self.known, rows),
            past=heads(self.past, steps),
            fingerprint=self._derived("until", steps, rows),
        )

    def with_future(self, future: SeriesTable | Panel) -> Panel:
        """Return the series with rows of the known columns after their last step.

        Rows of steps that the series have, and of series that are not here, are left aside. Rows without
        ids are those of every series.

        Args:
            future: Where the known columns stand.

        Raises:
            DatasetError: There is no known column, one is not there, or a time does not lie on the grid of its series.
        """
        owners, times, columns = _future_rows(self, future)
        positions, fits = self.frequency.steps(self.starts[owners], times)
        if not fits.all():
            row = int(np.flatnonzero(~fits)[0])
            raise DatasetError(
                f"{future.source}: series {self.ids[owners[row]]}, time {format_time(times[row])}: a time of "
                f"the future must lie whole steps of `{self.frequency.alias}` after the series."
            )
        is_ahead = positions >= self.lengths[owners]
        owners, positions, columns = owners[is_ahead], positions[is_ahead], columns[is_ahead]
        lengths = self.known.lengths
        np.maximum.at(lengths, owners, positions + 1)
        check_size(int(lengths.sum()), len(self.values.values) + len(owners), future.source)
        known = gridded(columns, owners, positions, lengths)
        rows = np.repeat(known.offsets[:-1] - self.known.offsets[:-1], self.known.lengths)
        place = np.arange(len(rows)) + rows
        is_free = np.isnan(known.values[place])
        known.values[place] = np.where(is_free, self.known.values, known.values[place])
        return dataclasses.replace(
            self, known=known, fingerprint=self._derived("with_future", known.values)
        )

    def check_future(self, horizon: int) -> None:
        """Raise DatasetError unless the known columns go on for ``horizon`` steps, without a gap.

        Args:
            horizon: Steps that are to be forecast.

        Raises:
            DatasetError: A row is missing; the message names its series, time and column.
        """
        for problem in self.lacking(horizon).values():
            raise DatasetError(problem)

    def lacking(self, horizon: int) -> dict[int, str]:
        """Return of which series some known column is not told for ``horizon`` steps, and where.

        Args:
            horizon: Steps that are to be forecast.
        """
        if not self.known_names:
            return {}
        ahead = self.lengths[:, None] + np.arange(horizon)
        is_there = ahead < self.known.lengths[:, None]
        place = self.known.offsets[:-1, None] + np.where(is_there, ahead, 0)
        is_missing = np.isnan(self.known.values[place]) | ~is_there[..., None]
        found: dict[int, str] = {}
        for row, step, column in np.argwhere(is_missing):
            if int(row) not in found:
                found[int(row)] = (
                    f"{self.source}: {self.place(row, int(ahead[row, step]))}: the known column "
                    f"`{self.known_names[column]}` must be told for the {horizon} steps after the last "
                    "value of the series; it is missing here. Add the row to the table, or give it as the "
                    "future."
                )
        return found

    def _derived(self, what: str, *arrays: Array) -> str:
        digest = hashlib.sha256(f"{self.fingerprint} {what}".encode())
        for array in arrays:
            digest.update(array.tobytes())
        return digest.hexdigest()


def panel_of(table: SeriesTable, frequency: str | None = None, *, whole: bool = False) -> Panel:
    """Put the series of a table on regular grids; what is missing stays so, as NaN.

    A series begins with its first value of a target or past column, and ends with its last, whether or
    not there are rows before and after. Rows of known columns after its end are its future. One without
    any value keeps its steps.

    Args:
        table: The table, its rows in any order.
        frequency: Alias of the step; None to find it out.
        whole: Whether to keep the steps before the first value and, without known columns, those
            after the last.

    Raises:
        DatasetError: There is no target column, or a time lies between the steps.
        ConfigError: There is no such frequency.

    Example:
        >>> table = SeriesTable.make([1, 2, 1], {"y": [1.0, 2.0, 3.0]}, ids=["a", "a", "b"])
        >>> panel_of(table).lengths.tolist()
        [2, 1]
    """
    if not table.values:
        raise DatasetError(f"{table.source}: there must be a target column; got none. Name one.")
    codes = table.codes[table.order]
    alias = frequency or table.frequency
    step, times = on_clock(table, alias)
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    positions, fits = step.steps(times[first][codes], times)
    check_grid(table, step, times, positions, fits)
    if alias is None:
        check_coarser(table, step, times, positions)
    groups = (table.values, table.known, table.past)
    values, known, past = (stacked(columns, table.order) for columns in groups)
    rows = positions[np.append(first[1:], len(codes)) - 1] + 1
    check_size(int(rows.sum()), len(table), table.source)
    is_told = ~np.isnan(np.concatenate([values, past], axis=1)).all(axis=1)
    starts, lengths = times[first], np.maximum.reduceat(np.where(is_told, positions + 1, 0), first)
    lengths = np.where((lengths > 0) & (not whole or bool(table.known)), lengths, rows)
    if not whole:
        starts, skipped = first_told(step, times, codes, positions, is_told)
        positions, lengths, rows = positions - skipped[codes], lengths - skipped, rows - skipped
    rows = rows if table.known else lengths
    return Panel(
        ids=table.names,
        targets=tuple(table.values),
        frequency=step,
        starts=starts,
        values=gridded(values, codes, positions, lengths),
        known=gridded(known, codes, positions, rows),
        past=gridded(past, codes, positions, lengths),
        known_names=tuple(table.known),
        past_names=tuple(table.past),
        static={name: column[table.order][first] for name, column in table.static.items()},
        source=table.source,
        fingerprint=hashlib.sha256(f"{table.fingerprint} {step.alias}".encode()).hexdigest(),
        season=table.season or step.season,
        **{name: getattr(table, name) for name in ("zone", "borders", "standardised", "whole_ids")},
    )


def _future_rows(panel: Panel, future: SeriesTable | Panel) -> tuple[Int64s, Array, Float64s]:
    """Return, of rows whose series is in the panel, which it is, their times and known columns."""
    if not panel.known_names:
        raise DatasetError(
            f"{future.source}: a future tells the known columns, and the series have none. Leave it out, "
            "or train with --known-column."
        )
    given = future.known if isinstance(future, SeriesTable) else future.known_names
    for name in panel.known_names:
        if name not in given:
            hint = did_you_mean(name, given) or "."
            raise DatasetError(f"{future.source}: there is no known column `{name}`{hint}")
    place = {name: row for row, name in enumerate(panel.ids)}
    if isinstance(future, Panel):
        rows = future.known.lengths
        codes = np.repeat(np.arange(len(future)), rows)
        times = np.concatenate([future.times(row, 0, int(rows[row])) for row in range(len(future))])
        order = [future.known_names.index(name) for name in panel.known_names]
        names, columns = future.ids, future.known.values[:, order]
    else:
        codes, times, names = future.codes, future.times, future.names
        columns = stacked({n: future.known[n] for n in panel.known_names}, np.arange(len(codes)))
        if future.zone is not None and panel.frequency.is_of_days:
            times = local_times(times, panel.zone or future.zone)
        elif (panel.zone is None) != (future.zone is None) and not panel.frequency.is_of_days:
            raise DatasetError(
                f"{future.source}: times of the future must have a time zone if the series have one; "
                f"got {future.zone} and {panel.zone}. Write them alike."
            )
    if times.dtype.kind != panel.starts.dtype.kind:
        raise DatasetError(
            f"{future.source}: times of the future must be of the kind of the series; got "
            f"{format_time(times[0])}, and {format_time(panel.starts[0])} there."
        )
    if tuple(names) == ("",) and "" not in place:  # what is known of all series
        count, codes = len(codes), np.repeat(np.arange(len(panel)), len(codes))
        names, times = panel.ids, np.tile(times, len(panel))
        columns = np.tile(columns, (len(panel), 1)).reshape(len(panel) * count, -1)
    owners = np.array([place.get(name, -1) for name in names], np.int64)[codes]
    is_here = owners >= 0
    return owners[is_here], times[is_here], columns[is_here]
