"""Times as people write them, rewritten so that they are read as any other: weeks, quarters, clocks."""

from __future__ import annotations

import datetime
import logging
import re
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError, brief
from ostinato.datasets.readers.tables.plain_characters import with_plain_characters

logger = logging.getLogger("ostinato")

_DAY_NAME = r"(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_CN_DATE = r"(\d{4}) ?年 ?(\d\d?) ?月 ?(\d\d?) ?[日号]"
_CN_QUARTERS = (("[1一]", 1), ("[2二]", 2), ("[3三]", 3), ("[4四]", 4))
_REWRITTEN = (
    (rf"(?i)^{_DAY_NAME}\.?,? +(\d|[a-z]{{3}})", r"\1"),  # the day of the week
    (r" ?(星期|周)[一二三四五六日天]", ""),
    (r"(?i)(\d)(st|nd|rd|th)\b", r"\1"),
    (r"(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)t?\.", r"\1"),
    (r"(?i)\bsept\b", "Sep"),
    (r"(?i)^([a-z]{3,9} \d\d?) (\d{4})", r"\1, \2"),
    (r"^(\d{4})\.(\d\d?)\.(\d\d?)( |$)", r"\1-\2-\3\4"),
    # clocks: 3时05分10秒, 下午3:05, 3PM
    (r"(\d) ?[点时] ?半$", r"\1:30"),
    (r"(\d) ?[点时] ?整?$", r"\1:00"),
    (r"(\d) ?[点时] ?(\d\d?) ?分? ?整?$", r"\1:\2"),
    (r"(\d) ?[点时] ?(\d\d?) ?分 ?(\d\d?) ?秒$", r"\1:\2:\3"),
    (r"([日号\d]) *(上午|凌晨|早上) *(\d[\d:]*)$", r"\1 \3 AM"),
    (r"([日号\d]) *(下午|中午) *(\d[\d:]*)$", r"\1 \3 PM"),
    (r"([日号\d]) *晚上 *([6-9]|1[01])(:[\d:]*)$", r"\1 \2\3 PM"),
    (r"(?i)(\d) ?([ap])\.?m\.?$", r"\1 \2M"),
    (r"(?i)([ ,T]\d\d?) ([ap]M)$", r"\1:00 \2"),
    (r"(?i) 0?0(:\d\d(?::\d\d)?) (AM)$", r" 12\1 \2"),
    # dates
    (rf"^{_CN_DATE}$", r"\1-\2-\3"),
    (rf"^{_CN_DATE} *(\d)", r"\1-\2-\3 \4"),
    (r"^(\d{4}) ?年 ?(\d\d?) ?月(份)?$", r"\1-\2"),
    (r"^(\d{4}) ?年(度)?$", r"\1-01-01"),
    *((rf"^(\d{{4}})[-/ ]?Q{q}$", rf"\1-{3 * q - 2:02}-01") for _, q in _CN_QUARTERS),
    *((rf"^Q{q}[-/ ]?(\d{{4}})$", rf"\1-{3 * q - 2:02}-01") for _, q in _CN_QUARTERS),
    *((rf"^(\d{{4}}) ?年 ?第?{n} ?季度?$", rf"\1-{3 * q - 2:02}-01") for n, q in _CN_QUARTERS),
    (r"^(\d{4})([-/]|[- ]?M)(0?[1-9]|1[0-2])$", r"\1-\3-01"),
    (r"^(0?[1-9]|1[0-2])[-/.](\d{4})$", r"\2-\1-01"),
    # what stands behind: fractions, offsets
    (r"(\d{4}), (\d)", r"\1 \2"),
    (r"(:\d\d),(\d{1,9})( ?[+-]\d\d:?\d\d|Z)?$", r"\1.\2\3"),
    (r"(:\d\d(?:\.\d+)?) ([+-]\d\d:?\d\d)$", r"\1\2"),
    (r"(\d) ?(UTC|GMT)$", r"\1Z"),
)
_MIDNIGHT = r"^(.*\d)([ T])24:00(:00(?:\.0+)?)?(Z|[+-]\d\d:?\d\d)?$"
_WEEK = (
    re.compile(r"(?P<year>\d{4})[- ]?W(?P<week>\d\d?)(-?(?P<day>[1-7]))?", re.IGNORECASE),
    re.compile(r"W(?P<week>\d\d?)[- /](?P<year>\d{4})(?P<day>)", re.IGNORECASE),
    re.compile(r"(?P<year>\d{4}) ?年 ?第? ?(?P<week>\d\d?) ?周(?P<day>)"),
)
_SHORT_YEAR = re.compile(r"(?P<month>[A-Za-z]{3,9})[-/ ]'?(?P<year>\d\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_DAY = 31
CENTURY = (69, 29)
"""Two digits from the first on are a year before 2000, to the second after; between, conventions differ."""


def rewritten(
    strings: pa.Array, name: str, where: str
) -> tuple[pa.Array, npt.NDArray[np.timedelta64]]:
    """Return times in other words, and what to add to each: a day where 24:00 is midnight.

    Args:
        strings: Different times, in the order in which they come up first.
        name: Name of their column, for messages.
        where: File or object for messages.

    Raises:
        DatasetError: There is no such week, or months and years of two digits may be days.

    Example:
        >>> rewritten(pa.array(["2020-W01", "2020-W02"]), "ds", "a.csv")[0].to_pylist()
        ['2019-12-30', '2020-01-06']
        >>> rewritten(pa.array(["2020年1月1日 下午3点"]), "ds", "a.csv")[0].to_pylist()
        ['2020-1-1 3:00 PM']
    """
    strings = with_plain_characters(strings)
    first = strings[0].as_py() if len(strings) else ""
    if any(form.fullmatch(first) for form in _WEEK):
        strings = _with_weeks(strings, name, where)
    elif _SHORT_YEAR.fullmatch(first):
        strings = _with_months(strings, name, where)
    for pattern, replacement in _REWRITTEN:
        strings = pc.replace_substring_regex(strings, pattern, replacement)
    is_midnight = np.asarray(pc.match_substring_regex(strings, _MIDNIGHT), bool)
    if is_midnight.any():
        logger.info("%s: 24:00 in column `%s` is midnight of the next day.", where, name)
        strings = pc.replace_substring_regex(strings, _MIDNIGHT, r"\1\200:00\3\4")  # \2, 00:00
    return strings, is_midnight.astype("timedelta64[D]").astype("timedelta64[us]")


def _with_weeks(strings: pa.Array, name: str, where: str) -> pa.Array:
    """Return the days on which weeks of ISO 8601 begin, or the days of them that are written."""
    days = []
    for text in strings.to_pylist():
        found = next((match for form in _WEEK if (match := form.fullmatch(text))), None)
        if found is None:
            return strings
        year, week, day = (int(found[part] or 1) for part in ("year", "week", "day"))
        try:
            days.append(datetime.date.fromisocalendar(year, week, day).isoformat())
        except ValueError:
            raise DatasetError(
                f"{where}: weeks in column `{name}` are read as those of ISO 8601, and there is no "
                f"`{brief(text)}`. Correct it, or write the days on which weeks begin, as 2020-01-06."
            ) from None
    logger.info(
        "%s: weeks in column `%s` are those of ISO 8601: `%s` is read as %s, a Monday unless a day is told.",
        *(where, name, brief(strings[0]), days[0]),
    )
    return pa.array(days, strings.type)


def _with_months(strings: pa.Array, name: str, where: str) -> pa.Array:
    """Return ``Jan-20`` as a month of 2020 where it cannot be a day of January.

    From one to the next, days of a month change the number, and months do not.
    """
    found = [_SHORT_YEAR.fullmatch(text) for text in strings.to_pylist()]
    parts = [(match["month"][:3].lower(), int(match["year"])) for match in found if match]
    if len(parts) < len(found) or not all(month in _MONTHS for month, _ in parts):
        return strings
    is_proven = any(not 1 <= number <= _LAST_DAY for _, number in parts)
    pairs = list(pairwise(parts))
    is_same_month = any(one[0] == other[0] for one, other in pairs)
    is_same_year = any(one[1] == other[1] for one, other in pairs)
    between = [number for _, number in parts if CENTURY[1] < number < CENTURY[0]]
    text = strings[0].as_py()
    is_months = is_proven or (is_same_year and not is_same_month)
    if between or not is_months:
        years = f"of 20{between[0]} or 19{between[0]}" if is_months else "a month or a day of it"
        raise DatasetError(
            f"{where}: times in column `{name}` must tell the month and the year; got `{brief(text)}` and on "
            f"so, which may be {years}. Write them as 2020-01."
        )
    months = [f"{_year(number)}-{_MONTHS.index(month) + 1:02}-01" for month, number in parts]
    logger.info(
        "%s: times in column `%s` are months: `%s` is read as %s.",
        *(where, name, brief(text), months[0][:7]),
    )
    return pa.array(months, strings.type)


def _year(number: int) -> int:
    return number + (1900 if number >= CENTURY[0] else 2000)
