"""Times that stand in several columns: a date and a time of day, or year, month, day and hour."""

from __future__ import annotations

import logging
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from ostinato.datasets.readers.tables.typed_columns import words

logger = logging.getLogger("ostinato")

NAME = "ds"
_WHOLE = (NAME, "timestamp", "datetime", "date_time")
_CLOCK = (
    r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)?$"
    r"|^\d{1,2} ?[AaPp]\.?[Mm]\.?$|^(上午|下午|凌晨|早上|中午|晚上)? ?\d{1,2} ?[点时:].{0,8}$"
)
_ENGLISH = {"日期": "date", "时间": "time", "年": "year", "月": "month", "日": "day", "时": "hour"}
_ENGLISH |= {"年份": "year", "月份": "month", "小时": "hour"}


def with_one_time(data: pa.Table, taken: Collection[str], where: str) -> pa.Table:
    """Return a table whose time stands in one column, ``ds``; it is logged where it did not.

    Args:
        data: The table.
        taken: Columns that are something else.
        where: File or object for the message.

    Example:
        >>> data = pa.table({"Date": ["31/12/2023"], "Time": ["17:24:00"], "y": [1]})
        >>> with_one_time(data, (), "a.csv").to_pylist()
        [{'ds': '31/12/2023 17:24:00', 'y': 1}]
        >>> data = pa.table({"year": [2024], "month": [3], "y": [1]})
        >>> with_one_time(data, (), "a.csv").to_pylist()
        [{'ds': '2024-03-01', 'y': 1}]
    """
    called = {n: n.strip().lower() for n in data.column_names if n not in taken}
    by = {_ENGLISH.get(word, word): name for name, word in called.items()}
    if any(name in by for name in _WHOLE):
        return data
    if "date" in by and "time" in by and _is_clock(data[by["time"]]):
        parts: tuple[str, ...] = ("date", "time")
        joined = _joined([words(data[by[part]]) for part in parts], " ")
    elif {"year", "month"} <= {*by} and not {"date", "time"} & {*by}:
        parts = tuple(part for part in ("year", "month", "day", "hour") if part in by)
        padded = [pc.utf8_lpad(words(data[by[part]]), 2, "0") for part in parts]
        first, whole = (pa.array([text] * len(data), pa.large_string()) for text in ("01", "00"))
        joined = _joined([*padded[:2], padded[2] if "day" in by else first], "-")
        if "hour" in by and "day" in by:
            joined = _joined([joined, _joined([padded[3], whole], ":")], " ")
    else:
        return data
    names = [by[part] for part in parts]
    logger.info("%s: times are read from columns %s.", where, ", ".join(f"`{n}`" for n in names))
    rest = data.drop_columns(names)
    return rest.add_column(0, NAME, joined)


def _is_clock(column: pa.ChunkedArray) -> bool:
    try:
        return bool(pc.all(pc.match_substring_regex(words(column), _CLOCK)).as_py())
    except pa.ArrowException:
        return False


def _joined(parts: list[pa.Array], separator: str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, pa.scalar(separator, pa.large_string()))
