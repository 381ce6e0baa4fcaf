"""Columns of a table of series, of whatever type, as numbers and words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError

MISSING = (
    *("", "nan", "na", "n/a", "#n/a", "null", "none", "<na>", "nat"),
    *("?", "-", "--", "."),
)
"""What stands in a file for a value that is missing, in small letters."""

MOST_SHOWN = 60
"""Characters of a value that a message shows."""

_NUMBER = r"(?i)^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|[+-]?inf(inity)?)$"
_COMMA = r"^([+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?|nan)$"  # 1.234,5
_NO_THOUSANDS = r"^[+-]?(0,\d+|\d{4,},\d+|[\d.]+,(\d{1,2}|\d{4,})|[\d.]+\.\d+,\d+)$"

logger = logging.getLogger("ostinato")

Place = Callable[[int], str]
"""How messages call a row."""


def numbers(column: pa.ChunkedArray, name: str, where: str, place: Place) -> npt.NDArray[Any]:
    """Return a column as float64, NaN where a value is missing: null, NaN, or in `MISSING`.

    Decimals may be parted off by commas, as in ``1.234,5``, where these cannot be thousands.

    Args:
        column: The column, of numbers, booleans, or strings that hold such.
        name: Its name, and what it is for, for the message.
        where: File or object for the message.
        place: How messages call a row.

    Raises:
        DatasetError: A value is no number; the message names the first.

    Example:
        >>> column = pa.chunked_array([["1.5", "", "nan", "true"]])
        >>> numbers(column, "target column `y`", "a.csv", str).tolist()
        [1.5, nan, nan, 1.0]
        >>> numbers(pa.chunked_array([["1,5", "?"]]), "target column `y`", "a.csv", str).tolist()
        [1.5, nan]
    """
    kind = column.type
    if is_text(kind):
        return _parsed(words(column), name, where, place)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (is_number or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
        raise DatasetError(
            f"{where}: the {name} must hold numbers; got {kind}. Name another column, or convert it."
        )
    floats = column.cast(pa.float64(), safe=False).fill_null(np.nan)
    return np.asarray(floats.to_numpy(), np.float64)


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is of strings, plain, viewed or in a dictionary.

    Args:
        kind: An Arrow type.

    Example:
        >>> is_text(pa.string()), is_text(pa.dictionary(pa.int8(), pa.string())), is_text(pa.int8())
        (True, True, False)
    """
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def words(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as strings without surrounding blanks; a missing one is ``""``.

    Args:
        column: The column, of any type that can be written as a string.

    Raises:
        pyarrow.ArrowException: It cannot.

    Example:
        >>> words(pa.chunked_array([[3, None]])).to_pylist()
        ['3', '']
    """
    chunks = []
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type):
            distinct = chunk.dictionary.cast(pa.large_string())
            chunks.append(distinct.take(chunk.indices.cast(pa.int64())))
        else:
            chunks.append(chunk.cast(pa.large_string()))
    strings = pa.chunked_array(chunks, pa.large_string()).combine_chunks()
    if isinstance(strings, pa.ChunkedArray):  # before pyarrow 18, for no rows or many bytes
        strings = pa.concat_arrays(strings.chunks)
    return pc.utf8_trim_whitespace(strings.fill_null(""))


def _parsed(strings: pa.Array, name: str, where: str, place: Place) -> npt.NDArray[Any]:
    is_missing = pc.is_in(pc.utf8_lower(strings), pa.array(MISSING, pa.large_string()))
    given = pc.if_else(is_missing, pa.scalar("nan", pa.large_string()), strings)
    try:
        floats = given.cast(pa.float64())
    except pa.ArrowException:
        given = pc.replace_substring_regex(given, r"(?i)^true$", "1")
        given = pc.replace_substring_regex(given, r"(?i)^false$", "0")
        if _has_decimal_commas(given):
            logger.info("%s: the %s has decimal commas.", where, name)
            given = pc.replace_substring(pc.replace_substring(given, ".", ""), ",", ".")
        row = pc.index(pc.match_substring_regex(given, _NUMBER), False).as_py()
        if row >= 0:
            raise DatasetError(
                f"{where}: {place(row)}: the {name} must hold numbers; got `{given[row].as_py()[:MOST_SHOWN]}`. Correct it, "
                "leave it empty where it is missing, or name another column."
            ) from None
        floats = pc.replace_substring_regex(given, r"^\+", "").cast(pa.float64())
    return np.asarray(floats.to_numpy(zero_copy_only=False), np.float64)


def _has_decimal_commas(strings: pa.Array) -> bool:
    """Tell whether commas part off decimals in all numbers, and cannot part off thousands in all."""
    fits = pc.all(pc.match_substring_regex(strings, _COMMA)).as_py()
    return bool(fits and pc.any(pc.match_substring_regex(strings, _NO_THOUSANDS)).as_py())
