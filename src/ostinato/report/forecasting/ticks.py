"""Where an axis is marked, and what stands there: numbers with the same digits, times as people write them."""

from __future__ import annotations

import itertools
import math
from datetime import datetime
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato.report.formatting import MONTHS

NUM_TIMES, NUM_VALUES = 7, 5
FEW_TIMES = 4  # of which each is marked
NEAR_ZERO = (
    0.35  # share of the largest value, below which an axis of values that are never negative has 0
)
MARGIN = 0.04  # of the span, above and below

Ticks = tuple[tuple[float, str], ...]


def time_ticks(times: NDArray[Any]) -> tuple[tuple[Any, str], ...]:
    """Return times to mark between the first and the last of some, with their labels.

    A year stands at the first mark and where it changes; hours are marked by the day at midnight.

    Args:
        times: Rising, ``datetime64``, or ``int64`` where steps are counted.

    Example:
        >>> days = np.arange("2024-12-01", "2025-01-15", dtype="datetime64[D]")
        >>> [label for _, label in time_ticks(days)]
        ['1 Dec 2024', '15 Dec', '1 Jan 2025']
        >>> time_ticks(np.arange(3))
        ((0, '0'), (1, '1'), (2, '2'))
    """
    first, last = times[0], times[-1]
    if times.dtype.kind != "M":
        found = MaxNLocator(NUM_TIMES, integer=True).tick_values(float(first), float(last))
        inside = times if len(times) <= FEW_TIMES else found
        return tuple((int(at), f"{at:,.0f}") for at in inside if first <= at <= last)
    begin, end = (time.astype("datetime64[us]").item() for time in (first, last))
    marks = times.astype("datetime64[us]").tolist()
    if len(times) > FEW_TIMES:
        locator = AutoDateLocator(minticks=3, maxticks=NUM_TIMES)  # type: ignore[no-untyped-call]
        found = num2date(locator.tick_values(begin, end))  # type: ignore[no-untyped-call]
        marks = [mark.replace(tzinfo=None) for mark in found]
    marks = [mark for mark in marks if begin <= mark <= end]
    return tuple(
        (np.datetime64(mark, "us"), label)
        for mark, label in zip(marks, _labels(marks), strict=True)
    )


def value_range(values: Float64s) -> tuple[float, float]:
    """Return the ends of an axis; it begins at 0 if no value is negative and some are near.

    Args:
        values: NaN where unknown; some are known.

    Example:
        >>> value_range(np.array([2.0, 50.0]))
        (0.0, 51.92)
    """
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    margin = MARGIN * (high - low)
    top = high + margin
    if known.min() >= 0:
        return (0.0 if low <= NEAR_ZERO * high else max(low - margin, 0.0)), top
    return low - margin, top


def value_ticks(low: float, high: float) -> Ticks:
    """Return values to mark between two, with labels of the same digits.

    Example:
        >>> value_ticks(0.0, 52_000.0)[1], [label for _, label in value_ticks(0.0, 1.1)]
        ((15000.0, '15,000'), ['0.00', '0.25', '0.50', '0.75', '1.00'])
    """
    found = [
        float(at) for at in MaxNLocator(NUM_VALUES).tick_values(low, high) if low <= at <= high
    ]
    largest = max(map(abs, found), default=0.0)
    if not 1e-4 <= largest < 1e9:
        return tuple((at, f"{at:.4g}") for at in found)
    step = min((b - a for a, b in itertools.pairwise(found)), default=largest)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    digits += round(step * 10**digits, 6) % 1 > 0  # steps of 2.5
    return tuple((at, f"{at + 0.0:,.{digits}f}") for at in found)


def _labels(marks: list[datetime]) -> list[str]:
    """Return marks as short as tells them apart: years, months, days, or times of day."""
    are_days = all(mark.time() == datetime.min.time() for mark in marks)
    are_months = are_days and all(mark.day == 1 for mark in marks)
    are_years = are_months and all(mark.month == 1 for mark in marks)
    if are_years and len(marks) > 1:
        return [f"{mark.year}" for mark in marks]
    clock = "%H:%M:%S" if any(mark.second for mark in marks) else "%H:%M"
    labels, year, day = [], None, None
    for mark in marks:
        month = MONTHS[mark.month - 1][:3]
        text = month if are_months and len(marks) > 1 else f"{mark.day} {month}"
        if not are_days and mark.date() == day:
            text = mark.strftime(clock)
        elif not are_days and mark.time() != datetime.min.time():
            text = f"{text} {mark.strftime(clock)}"
        labels.append(text if mark.year == year else f"{text} {mark.year}")
        year, day = mark.year, mark.date()
    return labels
