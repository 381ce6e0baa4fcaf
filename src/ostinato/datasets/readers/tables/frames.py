"""Files with named columns (csv, tsv, JSON, Parquet), whose columns are read when they are asked for."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from ostinato._errors import CheckpointError, DatasetError, did_you_mean
from ostinato._files import opened
from ostinato._kinds import FOUND_OUT, Written
from ostinato.datasets.files import check_file, format_of, logger, read_bytes, too_large
from ostinato.datasets.json_files import json_rows
from ostinato.datasets.limits import limit
from ostinato.datasets.readers.tables.separated import Separated, check_count, read_separated

SEPARATED = (".csv", ".tsv")
JSON = (".jsonl", ".ndjson", ".json")
FORMATS = (*SEPARATED, *JSON, ".parquet")
_BATCH_ROWS = 1 << 14
Column = Any
"""A list, or a chunked array of Arrow."""


@dataclass(frozen=True)
class Frame:
    """A file with named columns.

    Args:
        where: File for messages.
        names: Names of the columns.
        is_typed: Whether values have types; in csv and tsv all are strings.
        load: Reads columns of names that are there once.
        separated: Where the names come from, if that is the first line of a text.

    Example:
        >>> path = getfixture("tmp_path") / "a.jsonl"
        >>> _ = path.write_text('{"text": "good", "n": 1}')
        >>> frame = read_frame(path)
        >>> frame.names, frame.load(["n"])
        (['text', 'n'], {'n': [1]})
    """

    where: str
    names: list[str]
    is_typed: bool
    load: Callable[[Sequence[str]], Mapping[str, Column]]
    separated: Separated | None = None

    def numbered(self, given: Sequence[str], usual: Collection[str]) -> tuple[Frame, list[str]]:
        """Return the frame and the names of columns some of which may be given by number, from 1.

        If all are, and none of the first line's fields is a usual name, that line is a row. Where all
        names are numbers, as pandas writes them, these are meant.

        Args:
            given: Names or numbers of columns.
            usual: Names that columns usually have, in lower case.
        """
        if self.separated is None or not any(map(self._is_number, given)):
            return self, list(given)
        has_names = not all(map(self._is_number, given)) or any(
            name.strip().lower() in usual for name in self.names
        )
        if has_names:
            return self, [
                self.names[int(one) - 1] if self._is_number(one) else one for one in given
            ]
        logger.info(
            "%s: the columns are given by number, and the first line is taken for a row.",
            self.where,
        )
        return _of_separated(self.separated.numbered(has_names=False)), list(given)

    def _is_number(self, given: str) -> bool:
        is_one = given.isascii() and given.isdecimal() and 0 < int(given[:9]) <= len(self.names)
        return is_one and not all(name.isdecimal() for name in self.names)

    def check_names(self) -> None:
        """Raise DatasetError if two columns have one name."""
        name, count = next(iter(Counter(self.names).most_common(1)), ("", 0))
        if count > 1:
            raise DatasetError(
                f"{self.where}: the column `{name[:80]}` must be there once; got it {count} times. "
                "Rename one of them."
            )


def read_frame(path: Path, written: Written = FOUND_OUT) -> Frame:
    r"""Read a csv, tsv, JSON or Parquet file as far as the names of its columns.

    Args:
        path: The file.
        written: How it is written, as far as that is not to be found out.

    Raises:
        DatasetError: The file is missing, of another format, or something in it is wrong.
        ConfigError: There is no such encoding, or the delimiter is none.
    """
    check_file(path)
    suffix = format_of(path)[0]
    if suffix in SEPARATED:
        return _of_separated(read_separated(path, written))
    for name, value in vars(written).items():
        if value is not None and (name == "delimiter" or suffix == ".parquet"):
            logger.info("%s: a %s file has no %s; `%s` is not used.", path, suffix, name, value)
    if suffix in JSON:
        return _of_rows(json_rows(path, written.encoding), str(path))
    if suffix == ".parquet":
        with _parquet(path) as file:
            names = list(file.schema_arrow.names)
            _check_rows(file.metadata.num_rows, path)
        check_count(names, str(path))
        return Frame(str(path), names, is_typed=True, load=lambda wanted: _of_parquet(path, wanted))
    raise DatasetError(
        f"{path}: the format must be one of {', '.join(FORMATS)}, plain or compressed; got "
        f"`{suffix}`{did_you_mean(suffix, FORMATS) or '.'} The file's name tells its format."
    )


def read_run_table(path: Path) -> pa.Table:
    """Read a Parquet file of a run folder, whole.

    Raises:
        CheckpointError: It is no regular file, not as it was written, or has more rows than are read.
        ArrowException: It is no whole Parquet file.
        OSError: It cannot be read.
    """
    with opened(path), pyarrow.parquet.ParquetFile(path) as file:
        try:
            _check_rows(file.metadata.num_rows, path)
        except DatasetError as error:
            raise CheckpointError(str(error)) from None
        return file.read()


def _of_separated(table: Separated) -> Frame:
    return Frame(table.where, table.names, is_typed=False, load=table.take, separated=table)


def _of_rows(rows: Sequence[Mapping[str, Any]], where: str) -> Frame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_count(names, where)

    def load(wanted: Sequence[str]) -> dict[str, list[Any]]:
        return {name: [row.get(name) for row in rows] for name in wanted}

    return Frame(where, names, is_typed=True, load=load)


def read_columns(path: str | Path, written: Written = FOUND_OUT) -> pa.Table:
    r"""Read every column of a csv, tsv, jsonl, json or parquet file, plain or compressed.

    Those of csv and tsv are strings; those of jsonl have the type of their values, and are strings
    where these have several.

    Args:
        path: The file.
        written: As of :func:`read_frame`.

    Raises:
        DatasetError: The file is missing, of another format, or something in it is wrong.

    Example:
        >>> path = getfixture("tmp_path") / "a.csv"
        >>> _ = path.write_text("ds,y\n2016-07-01,1.5\n")
        >>> read_columns(path).to_pylist()
        [{'ds': '2016-07-01', 'y': '1.5'}]
    """
    frame = read_frame(Path(path), written)
    frame.check_names()
    columns = frame.load(frame.names)
    arrays = [_json_column(one) if isinstance(one, list) else one for one in columns.values()]
    return pa.Table.from_arrays(arrays, names=frame.names)


def _json_column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, UnicodeEncodeError):
        strings = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
        return pa.array(strings, pa.large_string())


def _check_rows(count: int, path: Path) -> None:
    """Refuse rows that are many and cost nothing: a value that stands a billion times is one in the file."""
    most = max(limit("OSTINATO_MAX_ROWS"), path.stat().st_size)
    if count > most:
        raise DatasetError(
            f"{path}: a Parquet file of its size must have at most {most} rows; got {count}. "
            "Raise the environment variable OSTINATO_MAX_ROWS if that is right."
        )


@contextlib.contextmanager
def _parquet(path: Path, packed: Sequence[str] = ()) -> Iterator[pyarrow.parquet.ParquetFile]:
    """Open a Parquet file, some columns of text as dictionaries; what cannot be read is refused."""
    if not path.stat().st_size:
        raise DatasetError(f"{path}: the file must have rows; it is empty. Name a file with data.")
    try:
        if format_of(path)[1]:
            source = pa.BufferReader(read_bytes(path))
            yield pyarrow.parquet.ParquetFile(source, read_dictionary=list(packed))
        else:
            with path.open("rb") as stream:
                yield pyarrow.parquet.ParquetFile(stream, read_dictionary=list(packed))
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise DatasetError(
            f"{path}: it must be a whole Parquet file; got "
            f"{(str(error) or type(error).__name__).splitlines()[0][:100]} "
            "It may be truncated or damaged: fetch or make it anew."
        ) from error


def _of_parquet(path: Path, wanted: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    """Read columns, a few rows at a time; a text that stands many times is not unpacked unmeasured."""
    most, held = limit("OSTINATO_MAX_UNPACKED_MB") << 20, 0
    chunks: dict[str, list[pa.Array]] = {name: [] for name in wanted}
    with _parquet(path) as file:
        schema = file.schema_arrow
    most = max(most, 4 * path.stat().st_size)
    words = [name for name in wanted if pa.types.is_string(schema.field(name).type)]
    with _parquet(path, words) as file:
        rows = 0
        for batch in file.iter_batches(_BATCH_ROWS, columns=list(wanted)):
            rows += batch.num_rows
            _check_rows(rows, path)
            for name in wanted:
                column = batch[name]
                held += _unpacked_bytes(column)
                if held > most:
                    raise too_large(str(path), most)
                is_packed = pa.types.is_dictionary(column.type)
                chunks[name].append(column.dictionary_decode() if is_packed else column)
    types = {name: schema.field(name).type for name in wanted}
    plain = {
        name: one.value_type if pa.types.is_dictionary(one) else one for name, one in types.items()
    }
    return {name: pa.chunked_array(chunks[name], plain[name]) for name in wanted}


def _unpacked_bytes(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    values = column.dictionary
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return int(column.nbytes)
    lengths = pyarrow.compute.binary_length(values).cast(pa.int64()).take(column.indices)
    return pyarrow.compute.sum(lengths).as_py() or 0
