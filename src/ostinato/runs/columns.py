"""A run's predictions.parquet: columns written, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ostinato._errors import CheckpointError
from ostinato._files import replacing
from ostinato.datasets.readers.tables.frames import read_run_table

MOST_TOKENS = 2**40  # tokens of an example


def write_table(
    run: Path, split: str, table: pa.Table, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a table as ``predictions.parquet``, with the name of its split and more."""
    table = table.replace_schema_metadata({"split": split, **(metadata or {})})
    with replacing(run / "predictions.parquet") as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_columns(path: Path, names: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Read some columns of a file, and which split they are of.

    Args:
        path: The file.
        names: The columns that it must have.

    Returns:
        The split, and an Arrow array for each name.

    Raises:
        CheckpointError: The file is broken or lacks a column.
    """
    try:
        table = read_run_table(path)
    except (pa.ArrowException, OSError) as error:
        raise CheckpointError(
            f"report: {path} must be a Parquet file; it is broken or cut short ({str(error)[:200]}). "
            "Train again, or delete the file for a page without predictions."
        ) from error
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise misfit(path, f"must have the columns {', '.join(names)}", f"no {missing[0]}")
    split = (table.schema.metadata or {}).get(b"split", b"test").decode("utf-8", "replace")
    return split, {name: table[name].combine_chunks() for name in names}


@contextmanager
def right_types(path: Path) -> Iterator[None]:
    """Turn the errors of casting columns into one that names the file."""
    try:
        yield
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise misfit(path, "must have columns of the right types", str(error)) from error


def encode(column: Any, classes: Sequence[str], path: Path) -> NDArray[np.int64]:
    """Return a column of names as indices of the classes, ``(n,)``."""
    names = pa.array(classes, pa.string())
    indices = pc.index_in(column.cast(pa.string()), value_set=names)
    if indices.null_count:
        stranger = column.filter(pc.is_null(indices))[0].as_py()
        raise misfit(path, "must have labels of labels.json only", repr(stranger))
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def floats(column: Any) -> NDArray[np.float64]:
    """Return a column of numbers, ``(n,)``; null becomes NaN."""
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def counts(column: Any, name: str, path: Path) -> NDArray[np.int64]:
    """Return a column of counts, ``(n,)``; a null or what is no count is an error."""
    if column.null_count:
        raise misfit(path, f"must have {name} in every row", "null")
    found = np.asarray(column.cast(pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)
    outside = (found < 0) | (found > MOST_TOKENS)
    if outside.any():
        raise misfit(path, f"must have {name} from 0 to {MOST_TOKENS:,}", f"{found[outside][0]}")
    return found


def texts(column: Any, name: str, path: Path) -> tuple[str, ...]:
    """Return a column of texts; a null is an error."""
    if column.null_count:
        raise misfit(path, f"must have a text in each place of {name}", "null")
    return tuple(column.cast(pa.string()).to_pylist())


def finite(array: NDArray[np.float64], name: str, path: Path) -> NDArray[np.float64]:
    """Return an array of finite numbers, or raise."""
    strange = array[~np.isfinite(array)]
    if strange.size:
        raise misfit(path, f"must have finite numbers in {name}", f"{strange.flat[0]:.4g}")
    return array


def unit_interval(array: NDArray[np.float64], name: str, path: Path) -> NDArray[np.float64]:
    """Return an array whose values are all from 0 to 1, or raise."""
    outside = ~((array >= 0) & (array <= 1))  # so that NaN is outside too
    if outside.any():
        raise misfit(path, f"must have {name} from 0 to 1", f"{array[outside].flat[0]:.4g}")
    return array


def misfit(path: Path, rule: str, got: str) -> CheckpointError:
    """Return the error about a file that breaks a rule."""
    return CheckpointError(
        f"report: {path} {rule}; got {got}. "
        "Train again, or delete the file for a page without predictions."
    )
