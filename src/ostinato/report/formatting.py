"""Numbers, times and sizes as a reader wants them; a dash for what is not known."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ostinato import _figures

NOT_KNOWN = "–"
MOST_APART = 4  # powers of ten between numbers that still share decimals
SMALLEST, LARGEST = 1e-4, 1e9  # of a column that is written without powers of ten
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip  # strftime's follow the locale
SCRIPTS = (("ja", "\u3040-\u30ff"), ("ko", "\uac00-\ud7af"), ("zh", "\u3400-\u4dbf\u4e00-\u9fff"))


def percent(share: float | None, decimals: int = 1) -> str:
    """Write a share in [0, 1] as a percentage.

    Example:
        >>> percent(0.9043), percent(float("nan"))
        ('90.4%', '–')
    """
    return NOT_KNOWN if _is_unknown(share) else f"{share:.{decimals}%}"


def number(value: float | None, decimals: int = 0) -> str:
    """Write a number with thousands separators and so many decimals.

    Example:
        >>> number(25000), number(0.24712, 3)
        ('25,000', '0.247')
    """
    return NOT_KNOWN if _is_unknown(value) else f"{value:,.{decimals}f}"


def significant(value: float | None) -> str:
    """Write a number with three significant digits, whatever its size.

    Example:
        >>> significant(0.004), significant(1234.5), significant(3.2e-9)
        ('0.004', '1,230', '3.2e-09')
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN if _is_unknown(value) else str(value)
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if 1000 <= abs(rounded) < 1e9 else f"{rounded:g}"


def aligned(values: Iterable[float | None], digits: int = 3) -> list[str]:
    """Write the numbers of a column with the same decimals, to be compared at sight.

    The largest gets ``digits`` significant digits, more decimals if a small one would read as 0;
    numbers too far apart for that are all written as powers of ten.

    Example:
        >>> aligned([0.174, 6.47, None, 12.0]), aligned([0.002, 0.0013]), aligned([2e-3, 2.26e-8])
        (['0.2', '6.5', '–', '12.0'], ['0.0020', '0.0013'], ['2.00e-03', '2.26e-08'])
    """
    column = list(values)
    sizes = [abs(v) for v in column if v is not None and math.isfinite(v) and v]
    low, high = min(sizes, default=1.0), max(sizes, default=1.0)
    if high / low > 10**MOST_APART or not SMALLEST <= high < LARGEST:
        written = [f"{0.0 if v is None else v:.{digits - 1}e}" for v in column]
    else:
        decimals = max(digits - 1 - math.floor(math.log10(high)), -math.floor(math.log10(low)), 0)
        while decimals and all(
            round(size, decimals - 1) == round(size, decimals) for size in sizes
        ):
            decimals -= 1
        written = [f"{0.0 if v is None else v:,.{decimals}f}" for v in column]
    return [
        NOT_KNOWN if _is_unknown(value) else text
        for value, text in zip(column, written, strict=True)
    ]


def duration(seconds: float | None) -> str:
    """Write a time span in its two largest units.

    Example:
        >>> duration(252), duration(None)
        ('4 min 12 s', '–')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOT_KNOWN
    return _figures.duration(seconds)


def size(value: float | None) -> str:
    """Write a number of bytes in binary units.

    Example:
        >>> size(1288490188)
        '1.2 GiB'
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def moment(text: str) -> str:
    """Write an ISO 8601 date and time for people; any other text as it is.

    Example:
        >>> moment("2026-03-01T12:00:00+00:00"), moment("yesterday")
        ('1 March 2026, 12:00 UTC', 'yesterday')
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{when.day} {MONTHS[when.month - 1]} {when:%Y, %H:%M %Z}".strip()


def plain(value: Any) -> str:
    """Write a setting's value: JSON, but text without quotes.

    Example:
        >>> plain("lstm"), plain(None), plain(0.5), plain([1, 2])
        ('lstm', 'none', '0.5', '[1, 2]')
    """
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def flatten(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """List nested settings as dotted names with their values written out.

    Example:
        >>> flatten({"cell": "gru", "dropout": {"locked": 0.5}})
        [('cell', 'gru'), ('dropout.locked', '0.5')]
    """
    if not isinstance(value, dict):
        return [(prefix, plain(value))]
    return [
        pair
        for key, inner in value.items()
        for pair in flatten(inner, f"{prefix}.{key}" if prefix else str(key))
    ]


def language(text: object) -> str:
    """Return the language that a text's script points to, to choose a font; else "".

    Example:
        >>> language("很好看"), language("good")
        ('zh', '')
    """
    for code, letters in SCRIPTS:
        if re.search(f"[{letters}]", str(text)):
            return code
    return ""


def checksum(*values: Any) -> str:
    """Return a checksum of lists of plain values, which two runs share that tell the same.

    Example:
        >>> checksum(["a", "b"]) == checksum(["ab"])
        False
    """
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def _is_unknown(value: float | None) -> bool:
    return value is None or math.isnan(value)
