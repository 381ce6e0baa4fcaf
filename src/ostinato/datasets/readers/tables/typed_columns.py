"""Columns of a table of series, of whatever type, as numbers and words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError
from ostinato.datasets.readers.tables.columns import nothing_in
from ostinato.datasets.readers.tables.written_numbers import read_numbers

MISSING = (
    *("", "nan", "na", "n/a", "#n/a", "null", "none", "<na>", "nat"),
    *("?", "-", "--", "."),
)
"""What stands in a file for a value that is missing, in small letters."""

Place = Callable[[int], str]
"""How messages call a row."""


def numbers(column: pa.ChunkedArray, name: str, where: str, place: Place) -> npt.NDArray[Any]:
    """Return a column as float64, NaN where a value is missing: null, NaN, or in `MISSING`.

    Strings are read as :func:`ostinato.datasets.readers.tables.written_numbers.read_numbers` does.

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
    return read_numbers(given, name, where, place)


def ids_of(column: pa.ChunkedArray, name: str, where: str) -> npt.NDArray[Any]:
    """Return a column of ids as words.

    Args:
        column: The column.
        name: Its name, for messages.
        where: File or object for messages.

    Raises:
        DatasetError: An id is missing, or is no string and no number.

    Example:
        >>> ids_of(pa.chunked_array([["b", "a"]]), "id", "a.csv").tolist()
        ['b', 'a']
    """
    names = texts_of(column, f"id column `{name}`", where)
    is_missing = names == ""
    if is_missing.any():
        raise nothing_in(name, int(is_missing.argmax()), "an id", where)
    return names


def whole_ids(column: pa.ChunkedArray) -> npt.NDArray[np.int64] | None:
    """Return ids that are whole numbers as such, None if they are words, or are too large.

    Those of floats, as pandas makes them of a column that once had a gap, are whole if each is.

    Args:
        column: The column.

    Example:
        >>> whole_ids(pa.chunked_array([[3, 4]])).tolist(), whole_ids(pa.chunked_array([["3"]]))
        ([3, 4], None)
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    try:  # which refuses what would be cut
        return np.asarray(column.cast(kind).cast(pa.int64()).to_numpy())
    except pa.ArrowException:
        return None


def texts_of(column: pa.ChunkedArray, name: str, where: str) -> npt.NDArray[Any]:
    """Return a column as words, each distinct one an object once.

    Args:
        column: The column.
        name: What it is, for the message.
        where: File or object for the message.

    Raises:
        DatasetError: It holds neither strings nor numbers.

    Example:
        >>> texts_of(pa.chunked_array([[1, None]]), "column `a`", "a.csv").tolist()
        ['1', '']
    """
    try:
        encoded = words(column).dictionary_encode()
    except pa.ArrowException:
        raise DatasetError(
            f"{where}: the {name} must hold strings or numbers; got {column.type}. Name another one."
        ) from None
    distinct = np.array(encoded.dictionary.to_pylist(), object)
    found: npt.NDArray[Any] = distinct[np.asarray(encoded.indices.to_numpy())]
    return found


def attribute_of(column: pa.ChunkedArray, name: str, where: str) -> npt.NDArray[Any]:
    """Return a static column as numbers where all are, else as words.

    Args are those of `ids_of`.

    Raises:
        DatasetError: It holds neither strings nor numbers.

    Example:
        >>> attribute_of(pa.chunked_array([["1", "x"]]), "kind", "a.csv").tolist()
        ['1', 'x']
    """
    try:
        return numbers(column, name, where, str)
    except DatasetError:
        return texts_of(column, f"static column `{name}`", where)


def is_kept(y: npt.NDArray[np.float64], series: int) -> npt.NDArray[np.bool_]:
    """Leave out what is missing, from series that have something: a gap is one, row or not.

    Args:
        y: Values, series by series.
        series: How many there are, all of one length.

    Example:
        >>> is_kept(np.array([1.0, np.nan, np.nan, np.nan]), 2).tolist()
        [True, False, True, True]
    """
    is_there = ~np.isnan(y).reshape(series, -1)
    kept: npt.NDArray[np.bool_] = (is_there | ~is_there.any(1, keepdims=True)).reshape(-1)
    return kept
