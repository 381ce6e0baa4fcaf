"""The door for what comes in from Python: whatever library holds rows, they leave here as a list.

Nothing is imported to look at a value: libraries are known by the methods that their objects have.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError, named, shown

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


class HasColumns(Protocol):
    """A table of pandas or polars."""

    @property
    def columns(self) -> Any:
        """Its columns, or their names."""


class HasColumnNames(Protocol):
    """A table of pyarrow or Hugging Face."""

    @property
    def column_names(self) -> Any:
        """Names of its columns."""


Table: TypeAlias = Mapping[Any, Any] | HasColumns | HasColumnNames
"""Columns by name."""

logger = logging.getLogger("ostinato")

_NO_VALUE = ("NAType", "NaTType")  # pandas has marks of its own for a missing value


def rows_of(values: Any, where: str, what: str) -> list[Any]:
    """Return the rows that something holds, in order, as a list.

    Lists, tuples, iterators and any other sequence; arrays of numpy and torch; the columns of pandas,
    polars, pyarrow and Hugging Face, and their tables where these have one column.

    Args:
        values: What a user gave.
        where: Who asks, for messages.
        what: What a row is, such as "text", for messages.

    Returns:
        Plain values of Python where a row is one; missing ones are None. Rows that are arrays or lists
        themselves stay so.

    Raises:
        DatasetError: It has no rows: a single string, number or dictionary; or a table of several columns; or
            its rows have no order, as those of a set.

    Example:
        >>> rows_of((n for n in "ab"), "fit", "text"), rows_of(np.array([1, 0]), "fit", "label")
        (['a', 'b'], [1, 0])
    """
    columns = columns_of(values, where)
    if columns is not None:
        if len(columns) != 1:
            raise DatasetError(
                f"{where}: {what}s must be one column; got a {type(values).__name__} of "
                f"{len(columns)} ({named(columns)}). Give one of them: table[{shown(next(iter(columns), 'name'))}]."
            )
        return rows_of(next(iter(columns.values())), where, what)
    _check_has_rows(values, where, what)
    if type(values) is list:
        return values
    array = array_of(values)
    if array is not None:
        return _rows_of_array(array, where, what)
    for method in ("to_pylist", "to_list", "tolist"):  # pyarrow; polars; pandas
        if hasattr(values, method):
            return [None if is_missing(row) else row for row in getattr(values, method)()]
    if _is_column_of_hugging_face(values):
        return _rows_of_hugging_face(values)
    return list(values)


def columns_of(values: Any, where: str) -> dict[Any, Any] | None:
    """Return the columns of a table by name; None if it is no table.

    Args:
        values: What a user gave.
        where: Who asks, for messages.

    Raises:
        DatasetError: It is a table whose rows are not here yet, or that has a name twice.

    Example:
        >>> columns_of([1, 2], "fit") is None
        True
    """
    if hasattr(values, "iloc") and hasattr(values, "columns"):  # pandas
        names: list[Any] = list(values.columns)
        columns = [values.iloc[:, place] for place in range(len(names))]
    elif hasattr(values, "get_columns"):  # polars
        names, columns = list(values.columns), values.get_columns()
    elif hasattr(values, "collect_schema") or type(values).__name__.startswith("IterableDataset"):
        raise DatasetError(
            f"{where}: a table must be here with all its rows; got a {type(values).__name__}. "
            "Collect it, or load it whole (streaming=False)."
        )
    elif hasattr(values, "schema") and hasattr(values, "num_columns"):  # pyarrow
        names = list(values.schema.names)
        columns = [values.column(place) for place in range(len(names))]
    elif hasattr(values, "with_format") and hasattr(values, "num_rows"):  # Hugging Face
        names, columns = list(values.column_names), [values[name] for name in values.column_names]
    else:
        return None
    if len(set(names)) < len(names):
        raise DatasetError(
            f"{where}: each column must have a name of its own; got {named(names)}. Rename one."
        )
    return dict(zip(names, columns, strict=True))


def array_of(values: Any) -> npt.NDArray[Any] | None:
    """Return an array of whatever library as one of numpy; None if it is no array.

    Args:
        values: An array of numpy, a tensor of torch, a sparse matrix of scipy, or anything else that
            numpy knows how to read, but no column of a table.

    Example:
        >>> array_of([1, 2]) is None, array_of(np.eye(1)).tolist()
        (True, [[1.0]])
    """
    if isinstance(values, np.ndarray):
        return _unmasked(values) if isinstance(values, np.ma.MaskedArray) else values
    if hasattr(values, "detach") and hasattr(values, "cpu"):  # torch
        return _of_tensor(values)
    if hasattr(values, "toarray"):  # scipy
        return np.asarray(values.toarray())
    is_column = hasattr(values, "to_numpy") or hasattr(values, "to_pylist")
    if is_column or not (hasattr(values, "__array__") or hasattr(values, "__array_interface__")):
        return None
    return np.asarray(values) if np.ndim(values) else None


def numbers_in(values: Any, where: str) -> npt.NDArray[np.float64]:
    """Return an array, a column, a table or lists of numbers as float64; NaN for missing.

    None is missing in a column of pandas, polars or pyarrow; in a list it is no number.

    Args:
        values: What a user gave.
        where: What it is called, for messages.

    Raises:
        ValueError: A value is no number, or rows have different lengths.
        DatasetError: It is a table that is not here.

    Example:
        >>> numbers_in([1, np.nan, np.float32(2)], "a list").tolist()
        [1.0, nan, 2.0]
    """
    columns = columns_of(values, where)
    if columns is not None:
        return np.stack([numbers_in(column, where) for column in columns.values()], axis=1)
    array = array_of(values)
    if array is None:
        rows = rows_of(values, where, "step") if hasattr(values, "__iter__") else values
        is_column = rows is not values  # of a library, where None is how a missing value comes out
        array = np.asarray([np.nan if row is None else row for row in rows] if is_column else rows)
    if array.dtype == object:
        array = np.array([_number(value) for value in array.flat]).reshape(array.shape)
    if array.dtype.kind not in "biuf" and array.size:
        raise ValueError(f"values of {array.dtype}")
    return array.astype(np.float64)


def tell_order(X: Any, y: Any, where: str) -> None:
    """Warn where columns of pandas have one index in two orders; rows pair as they stand.

    Args:
        X: What a user gave for rows.
        y: What stands beside them.
        where: Who asks, for messages.

    Example:
        >>> tell_order(["a", "b"], [1, 0], "fit")
    """
    ours: Any = getattr(X, "index", None)
    theirs: Any = getattr(y, "index", None)
    if not (hasattr(ours, "equals") and hasattr(theirs, "equals")) or ours.equals(theirs):
        return
    if len(ours) == len(theirs) and ours.sort_values().equals(theirs.sort_values()):
        logger.warning(
            "%s: X and y have the same index in another order; rows are paired as they stand. If they "
            "belong together by index, give y.loc[X.index].",
            where,
        )


def plain(value: Any) -> Any:
    """Return a scalar of numpy, torch or pyarrow as one of Python; None if it is missing.

    Strings and whole numbers of classes of their own, such as those of an enumeration, become plain ones.

    Args:
        value: A single value.

    Example:
        >>> plain(np.int64(3)), plain(np.float64("nan")), plain(np.str_("a"))
        (3, None, 'a')
    """
    if type(value) in (str, int, bool):
        return value
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()  # of nanoseconds, item makes a number
    elif isinstance(value, np.longdouble):
        value = float(value)
    elif hasattr(value, "as_py"):
        value = value.as_py()
    elif hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if is_missing(value):
        return None
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value


def is_missing(value: Any) -> bool:
    """Return whether a value stands for none: None, NaN, or a mark of pandas.

    Args:
        value: A single value.

    Example:
        >>> is_missing(None), is_missing(float("nan")), is_missing(0), is_missing("")
        (True, True, False, False)
    """
    if isinstance(value, float | np.floating):
        return bool(value != value)  # NaN is the one number that differs from itself
    return value is None or type(value).__name__ in _NO_VALUE


def _number(value: Any) -> Any:
    number = plain(value)
    if value is None or not isinstance(number, int | float | None):
        raise ValueError(f"a value of {type(value).__name__}: {shown(value)}")
    return np.nan if number is None else number


def _check_has_rows(values: Any, where: str, what: str) -> None:
    if isinstance(values, str | bytes | bytearray | PathLike):
        kind = "string" if isinstance(values, str) else type(values).__name__
        raise DatasetError(f"{where}: {what}s must be a list; got one {kind}. Write [{what}].")
    if isinstance(values, Mapping):
        raise DatasetError(
            f"{where}: {what}s must be a list; got a {type(values).__name__} with the keys "
            f"{named(values)}. Give the one that holds them."
        )
    if isinstance(values, set | frozenset):
        raise DatasetError(f"{where}: {what}s must have an order; got a set. Give a list.")
    is_scalar = getattr(values, "ndim", None) == 0
    if is_scalar or not (isinstance(values, Iterable) or hasattr(values, "__array__")):
        raise DatasetError(
            f"{where}: {what}s must be a list; got {type(values).__name__} {shown(values)}. "
            "Give a list, an array or a column."
        )


def _rows_of_array(array: npt.NDArray[Any], where: str, what: str) -> list[Any]:
    if array.ndim == 0 or array.dtype.names:
        raise DatasetError(
            f"{where}: {what}s must be a list; got an array of {shown(str(array.dtype))} with shape "
            f"{array.shape}. Give one of its fields: array[{shown((*(array.dtype.names or ()), 'name')[0])}]."
        )
    if array.ndim > 1:
        return list(array)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[us]")  # of nanoseconds, tolist makes numbers
    return [None if is_missing(row) else row for row in array.tolist()]


def _unmasked(array: Any) -> npt.NDArray[Any]:
    """Return a masked array as one whose masked values are missing."""
    if not np.ma.is_masked(array):
        return np.asarray(array.data)
    filled: npt.NDArray[Any] = np.array(array.data, object)
    filled[np.ma.getmaskarray(array)] = None  # `filled` would write a question mark
    return filled.astype(np.float64) if array.dtype.kind in "fiu" and array.ndim > 1 else filled


def _of_tensor(tensor: Any) -> npt.NDArray[Any]:
    tensor = tensor.detach().cpu()
    if getattr(tensor, "is_sparse", False):
        tensor = tensor.to_dense()
    if str(tensor.dtype) == "torch.bfloat16":  # numpy has no such numbers
        tensor = tensor.float()
    return np.asarray(tensor.resolve_conj().resolve_neg().numpy())


def _is_column_of_hugging_face(values: Any) -> bool:
    return hasattr(values, "column_name") and hasattr(values, "source")


def _rows_of_hugging_face(column: Any) -> list[Any]:
    """Return the rows of a column: sound as it is stored, tags by name, -1 of a class as missing."""
    rows: list[Any]
    if hasattr(column.source, "with_format"):
        rows = column.source.with_format("arrow")[:][column.column_name].to_pylist()
    else:  # a column within a column
        rows = list(column)
    names = getattr(getattr(column.features, "feature", None), "names", None)  # of lists of classes
    if names is not None:
        return [None if row is None else [_class_name(tag, names) for tag in row] for row in rows]
    if hasattr(column.features, "names"):
        return [None if label is None or label < 0 else label for label in rows]
    return rows


def _class_name(number: int | None, names: list[str]) -> str | None:
    return None if number is None or number < 0 else names[number]
