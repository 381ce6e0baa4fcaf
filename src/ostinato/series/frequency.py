"""The step from one time of a series to the next: told, found out, and counted in.

Steps of a fixed length (weeks, days, hours, …), months and counted times are arithmetic; business days
and other calendars are those of pandas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Int64s
from ostinato._errors import ConfigError, DatasetError, brief, package_of_extra
from ostinato.datasets.records.series import format_time

Times = npt.NDArray[Any]

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
_FIXED = {
    "W": 7 * DAY,
    "D": DAY,
    "h": HOUR,
    "min": 60 * SECOND,
    "s": SECOND,
    "ms": 1000,
    "us": 1,
}
_MONTHS = {"MS": 1, "ME": 1, "QS": 3, "QE": 3, "YS": 12, "YE": 12}
_OLD = {
    **{"M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "AS": "YS", "H": "h", "T": "min", "S": "s"},
    **{"L": "ms", "U": "us", "d": "D", "w": "W"},
}
_SEASONS = {"B": 5, "BMS": 12, "BME": 12, "SMS": 24, "SME": 24, "BQS": 4, "BQE": 4}
_LONGEST_SEASON = 288
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ALIAS = re.compile(r"(\d{0,15})([A-Za-z]*)(-[A-Z]{3})?")


@dataclass(frozen=True)
class Frequency:
    """A step of time, by its alias in pandas, such as ``D``, ``15min``, ``MS`` or ``W-SUN``.

    A number alone is a step of counted times. The first time of a series is where its steps are
    counted from: monthly times keep its day of the month, hourly ones its minute.

    Args:
        alias: The alias, as `parse` gives it.

    Example:
        >>> monthly = Frequency.parse("MS")
        >>> monthly.range(np.datetime64("2024-01-01"), 3).astype("datetime64[D]").astype(str).tolist()
        ['2024-01-01', '2024-02-01', '2024-03-01']
        >>> monthly.season
        12
    """

    alias: str

    @classmethod
    def parse(cls, alias: str) -> Frequency:
        """Return the frequency of an alias; older spellings (``H``, ``M``) are understood.

        Raises:
            ConfigError: There is no such frequency.

        Example:
            >>> Frequency.parse("M").alias, Frequency.parse("W").alias, Frequency.parse("1D").alias
            ('ME', 'W-SUN', 'D')
        """
        found = _ALIAS.fullmatch(str(alias).strip())
        count, unit, anchor = found.groups() if found is not None else ("", "", None)
        if found is None or count == "0" or not (count or unit):
            raise _unknown(alias)
        unit, size = _OLD.get(unit, unit), int(count or 1)
        if not unit:
            return cls(str(size))
        anchor = _anchor(unit, (anchor or "").removeprefix("-"), alias)
        frequency = cls(f"{size if size > 1 else ''}{unit}{anchor}")
        if unit not in _FIXED and unit not in _MONTHS:
            frequency._offset  # noqa: B018 to be refused here
        return frequency

    @property
    def is_counted(self) -> bool:
        """Whether times are whole numbers."""
        return self.alias.isdigit()

    @property
    def is_of_days(self) -> bool:
        """Whether a step is a day or longer, so that times are dates of a calendar on the wall."""
        return not self.is_counted and (self.step_us is None or self.step_us >= DAY)

    @property
    def step_us(self) -> int | None:
        """Microseconds of a step, where all steps have the same."""
        return self._size * _FIXED[self._unit] if self._unit in _FIXED else None

    @property
    def months(self) -> int | None:
        """Months of a step, where it is of months."""
        return self._size * _MONTHS[self._unit] if self._unit in _MONTHS else None

    @property
    def season(self) -> int:
        """Steps of the season that is likeliest for this frequency; 1 if none is.

        A day where it has up to 288 steps, else an hour; of days a week, of business days five, of
        weeks, months and quarters a year.
        """
        if self.months is not None:
            return 12 // self.months if 12 % self.months == 0 else 1
        step = self.step_us
        if step is None:
            return _SEASONS.get(self._unit, 1) if self._size == 1 and not self.is_counted else 1
        if step % (7 * DAY) == 0:
            return max(52 // (step // (7 * DAY)), 1)
        if step >= DAY:
            return 7 if step == DAY else 1
        period = DAY if DAY // step <= _LONGEST_SEASON else HOUR
        return period // step if period % step == 0 else 1

    def at(self, start: Any, positions: npt.ArrayLike) -> Times:
        """Return the times that lie some steps after a start, or, below 0, before it.

        Args:
            start: A time, or one for each position.
            positions: Steps from the start.

        Example:
            >>> Frequency.parse("ME").at(np.datetime64("2024-01-31"), 1).astype("datetime64[D]").item()
            datetime.date(2024, 2, 29)
        """
        steps = np.asarray(positions, np.int64)
        if self.is_counted:
            return cast("Times", np.asarray(start, np.int64) + steps * int(self.alias))
        first = np.asarray(start, "datetime64[us]")
        if self.step_us is not None:
            return cast("Times", first + (steps * self.step_us).astype("timedelta64[us]"))
        if self.months is not None:
            return self._months_later(first, steps * self.months)
        return self._dates_later(first, steps * self._size)

    def range(self, start: Any, count: int) -> Times:
        """Return ``count`` times from a start on."""
        return self.at(start, np.arange(count))

    def shift(self, time: Any, steps: int) -> Any:
        """Return the time that lies some steps later."""
        return self.at(time, steps)[()]

    def positions(self, start: Any, times: npt.ArrayLike, where: str = "Frequency") -> Int64s:
        """Return how many steps after a start times lie.

        Args:
            start: A time, or one for each of the times.
            times: The times.
            where: What messages begin with.

        Raises:
            DatasetError: A time does not lie whole steps from its start.

        Example:
            >>> Frequency.parse("h").positions(np.datetime64("2024-01-01"), ["2024-01-02T01:00"])
            array([25])
        """
        steps, fits = self.steps(start, times)
        if not fits.all():
            wrong = np.atleast_1d(np.asarray(times, None if self.is_counted else "datetime64[us]"))
            raise DatasetError(
                f"{where}: every time must lie whole steps of `{self.alias}` after the first; got "
                f"{format_time(wrong[np.flatnonzero(~np.atleast_1d(fits))[0]])}."
            )
        return steps

    def steps(self, start: Any, times: npt.ArrayLike) -> tuple[Int64s, npt.NDArray[np.bool_]]:
        """Return how many steps after a start times lie, and whether these are whole steps."""
        if self.is_counted:
            numbers = np.asarray(times, np.int64)
            steps = (numbers - np.asarray(start, np.int64)) // int(self.alias)
            return steps, self.at(start, steps) == numbers
        moments, first = np.asarray(times, "datetime64[us]"), np.asarray(start, "datetime64[us]")
        if self.step_us is not None:
            steps = (moments - first).astype(np.int64) // self.step_us
        elif self.months is not None:
            apart = moments.astype("datetime64[M]") - first.astype("datetime64[M]")
            steps = apart.astype(np.int64) // self.months
        else:
            grid = self._grid(np.append(moments.ravel(), first.ravel()))
            place, begin = (np.searchsorted(grid, _days(array)) for array in (moments, first))
            steps = (place - begin) // self._size
        return steps, self.at(first, steps) == moments

    def _months_later(self, first: Times, months: Int64s) -> Times:
        day = first.astype("datetime64[D]")
        month = first.astype("datetime64[M]")
        later = month + months
        last = (later + 1).astype("datetime64[D]") - 1
        is_end = self._unit.endswith("E") & (day == (month + 1).astype("datetime64[D]") - 1)
        same = later.astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
        date = np.where(is_end, last, np.minimum(same, last))
        return cast("Times", date.astype("datetime64[us]") + (first - day))

    def _dates_later(self, first: Times, count: Int64s) -> Times:
        """Return dates of the calendar, found on a grid that is long enough for all of them."""
        day = first.astype("datetime64[D]")
        furthest = int(np.abs(count).max(initial=0)) + 1
        days = 2 * furthest * self.longest_step + 31
        grid = self._grid(np.append(day.ravel() - days, day.ravel() + days))
        place = np.searchsorted(grid, day) + count
        return cast("Times", grid[place].astype("datetime64[us]") + (first - day))

    def _grid(self, times: Times) -> Times:
        """Return all dates of the calendar between the first and the last of some times."""
        import pandas as pd

        first, last = _days(times).min(), _days(times).max()
        return np.asarray(pd.date_range(first, last, freq=self._offset)).astype("datetime64[D]")

    @cached_property
    def _offset(self) -> Any:
        pandas = package_of_extra("pandas", "series")
        try:
            return pandas.tseries.frequencies.to_offset(self.alias.lstrip("0123456789"))
        except ValueError:
            raise _unknown(self.alias) from None

    @cached_property
    def longest_step(self) -> int:
        """Days of the longest step of a calendar of days, near enough."""
        year = self._grid(np.array(["2020-01-01", "2029-12-31"], "datetime64[D]"))
        return int(np.diff(year).astype(np.int64).max(initial=1)) if len(year) > 1 else 3653

    @property
    def _size(self) -> int:
        digits = re.match(r"\d*", self.alias)
        return int(digits[0] or 1) if digits is not None else 1

    @property
    def _unit(self) -> str:
        return self.alias.lstrip("0123456789").partition("-")[0]


def _anchor(unit: str, given: str, alias: str) -> str:
    """Return what follows a unit: the weekday on which weeks end, the month of quarters and years."""
    if unit == "W":
        if given and given not in WEEKDAYS:
            raise _unknown(alias)
        return f"-{given or 'SUN'}"
    if unit in _FIXED or unit in _MONTHS:
        if given and (given not in MONTHS or _MONTHS.get(unit, 1) == 1):
            raise _unknown(alias)
        return "" if given in ("", "JAN" if unit.endswith("S") else "DEC") else f"-{given}"
    return f"-{given}" if given else ""


def _days(times: Times) -> Times:
    return times.astype("datetime64[D]")


def _unknown(alias: str) -> ConfigError:
    return ConfigError(
        "frequency: must be an alias of pandas such as D, h, 15min, W-SUN, MS, QS, YS, ME or B, or a "
        f"number for counted times; got `{brief(alias)}`."
    )
