"""Parts of sound files, from one second to another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError, shown

_SAME = 0.5  # seconds by which a duration may differ from stop - start, as they are rounded


@dataclass(frozen=True)
class Segment:
    """A part of a sound file.

    Args:
        path: The file.
        start: Where it begins, in seconds.
        stop: Where it ends, in seconds; none for the end of the file.

    Raises:
        DatasetError: It does not begin in the file, or ends before it begins.

    Example:
        >>> str(Segment(Path("long.wav"), 2.0, 3.5))
        'long.wav, 2 to 3.5 s'
    """

    path: Path
    start: float
    stop: float | None = None

    def __post_init__(self) -> None:
        ends = (self.start, math.inf if self.stop is None else self.stop)
        if not 0 <= ends[0] < ends[1] or ends[0] == math.inf:
            raise DatasetError(
                f"{self.path}: a segment must begin at 0 s or later and end after that; got "
                f"{self.start:.10g} to {ends[1]:.10g} s. Correct it."
            )

    def __str__(self) -> str:
        until = "to the end" if self.stop is None else f"to {self.stop:.10g} s"
        return f"{self.path}, {self.start:.10g} {until}"


def segmented(
    files: Sequence[Path],
    starts: Sequence[Any] | None,
    stops: Sequence[Any] | None,
    durations: Sequence[Any] | None,
    where: str,
) -> list[Path | Segment]:
    """Return the file, or the part of it, that each row tells.

    Args:
        files: The file of each row.
        starts: Where each begins, in seconds; nothing, or an empty value, for its beginning.
        stops: Where each ends, in seconds.
        durations: How long each is, in seconds.
        where: File for messages.

    Raises:
        DatasetError: A value is no number of seconds, or they contradict each other.

    Example:
        >>> segmented([Path("a.wav"), Path("a.wav")], [0, 2.0], None, ["", "1.5"], "a list")[1].stop
        3.5
    """

    def seconds(values: Sequence[Any] | None, row: int, what: str) -> float | None:
        value = None if values is None else values[row]
        if value is None or (isinstance(value, str) and not value.strip()) or value != value:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if isinstance(value, bool) or not 0 <= number < math.inf:
            raise DatasetError(
                f"{where}: row {row + 1}: the {what} of a segment must be a number of seconds from 0; "
                f"got {shown(value)}. Correct it, or rename the column if it is something else."
            )
        return number

    found: list[Path | Segment] = []
    for row, file in enumerate(files):
        start, stop = seconds(starts, row, "start"), seconds(stops, row, "stop")
        duration = seconds(durations, row, "duration")
        if stop is None and duration is not None:
            stop = (start or 0.0) + duration
        elif stop is not None and duration is not None:
            _check_same(stop - (start or 0.0), duration, f"{where}: row {row + 1}")
        if stop is not None and stop <= (start or 0.0):
            raise DatasetError(
                f"{where}: row {row + 1}: a segment must end after it begins; got {start or 0:.10g} to "
                f"{stop:.10g} s. Correct it, or leave the row out."
            )
        is_whole = stop is None and not start
        found.append(file if is_whole else Segment(file, start or 0.0, stop))
    return found


def _check_same(length: float, duration: float, place: str) -> None:
    if abs(length - duration) > _SAME:
        raise DatasetError(
            f"{place}: a duration must be what lies between start and stop, {length:.10g} s; got "
            f"{duration:.10g}. Rename the column that is something else."
        )
