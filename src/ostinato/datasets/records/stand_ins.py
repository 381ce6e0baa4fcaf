"""Numbers that stand for a missing value, such as -9999 of a sensor that was silent."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

logger = logging.getLogger("ostinato")

_LEAST_TIMES = 3
_OTHERS = (-32768.0, 32767.0, -1e20, 1e20, -1e30, 1e30, 9.969209968386869e36)
"""The ends of 16 bits, and what archives of weather and seas fill gaps with."""


def tell_stand_ins(columns: Mapping[str, Floats], where: str) -> None:
    """Warn of a number that looks like a gap: of nines alone, often, far from all others.

    Args:
        columns: Numbers by the name of their column, ``(rows,)`` each; they stay as they are.
        where: File or object for the message.
    """
    for name, column in columns.items():
        found = stand_in(column)
        if found is not None:
            logger.warning(
                "%s: `%s` is %.12g in %d rows, far from all other values; it is read as a number. If it "
                "stands for a missing value, leave these empty.",
                *(where, name[:40], found, int((column == found).sum())),
            )


def stand_in(column: Floats) -> float | None:
    """Return the number that seems to stand for a missing value, None if none does.

    Args:
        column: Numbers, NaN where one is missing, ``(rows,)``.

    Example:
        >>> stand_in(np.array([20.1, -9999, 20.3, -9999, 20.2, -9999])), stand_in(np.array([1.0, 999]))
        (-9999.0, None)
    """
    held = column[~np.isnan(column)]
    for end in (held.min(initial=np.inf), held.max(initial=-np.inf)):
        others = held[held != end]
        is_usual = end in _OTHERS or _is_of_nines(float(end))
        if not (is_usual and len(others) and len(held) - len(others) >= _LEAST_TIMES):
            continue
        low, high = float(others.min()), float(others.max())
        if max(low - end, end - high) > high - low:
            return float(end)
    return None


def _is_of_nines(value: float) -> bool:
    """Tell whether a number is written with three nines or more, as -999 or -9999.9, and nothing else."""
    digits = f"{abs(value):.12g}".replace(".", "")
    return len(digits) >= 3 and set(digits) == {"9"} and abs(value) >= 99
