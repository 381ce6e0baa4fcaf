"""Readers of csv, tsv, JSON Lines and Parquet files."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ostinato._errors import DatasetError, did_you_mean
from ostinato.datasets.columns import check_column, find_columns, label_strings
from ostinato.datasets.examples import Examples, Texts
from ostinato.datasets.streams import check_file, decode, format_of, read_bytes

_BOM = b"\xef\xbb\xbf"
_LARGEST_BLOCK_BYTES = 1 << 30  # Arrow's block size is an int32; a row must fit into one block


def read(
    path: str | Path,
    text_column: str | None = None,
    label_column: str | None = None,
    *,
    labelled: bool = True,
) -> Examples:
    r"""Read one file of texts.

    csv, tsv, jsonl (ndjson) and parquet files have named columns; a txt file has one text a line and
    no labels. Each may be compressed as .gz, .bz2, .xz or .zst. Text is UTF-8.

    Args:
        path: The file.
        text_column: Column of the texts; None for the one with a usual name (text, review, …).
        label_column: Column of the labels; None for the one with a usual name (label, sentiment, …).
        labelled: Whether there must be labels. If not, they are read only if ``label_column`` is given.

    Raises:
        DatasetError: The file or a column is missing, or something in the file is wrong.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> _ = (folder / "a.csv").write_text("review,stars\ngood,1.0\nbad,0.0\n")
        >>> read(folder / "a.csv").labels
        ['1', '0']
    """
    path = Path(path)
    check_file(path)
    suffix = format_of(path)[0]
    if suffix not in FORMATS:
        raise DatasetError(
            f"{path}: the format must be one of {', '.join(FORMATS)}, plain or compressed as .gz, .bz2, "
            f".xz or .zst; got `{suffix}`{did_you_mean(suffix, FORMATS) or '.'} "
            "The file's name tells its format."
        )
    return FORMATS[suffix](path, text_column, label_column, labelled)


def read_columns(path: str | Path) -> pa.Table:
    r"""Read every column of a csv, tsv, jsonl or parquet file, plain or compressed.

    Those of csv and tsv are strings; those of jsonl have the type of their values, and are strings
    where these have several.

    Args:
        path: The file.

    Raises:
        DatasetError: The file is missing, of another format, or something in it is wrong.

    Example:
        >>> path = getfixture("tmp_path") / "a.csv"
        >>> _ = path.write_text("ds,y\n2016-07-01,1.5\n")
        >>> read_columns(path).to_pylist()
        [{'ds': '2016-07-01', 'y': '1.5'}]
    """
    path = Path(path)
    check_file(path)
    suffix = format_of(path)[0]
    if suffix in (".csv", ".tsv"):
        delimiter = "," if suffix == ".csv" else "\t"
        data, names = _separated_data(path, delimiter)
        for name in names:
            check_column("csv", name, names, str(path))
        return _parse_separated(path, data, delimiter, names, names)
    if suffix in (".jsonl", ".ndjson"):
        rows = _json_rows(path)
        columns = dict.fromkeys(name for row in rows for name in row)
        return pa.table({name: _json_column([row.get(name) for row in rows]) for name in columns})
    if suffix == ".parquet":
        with _parquet(path) as file:
            return file.read()
    formats = [known for known in FORMATS if known != ".txt"]
    raise DatasetError(
        f"{path}: the format must be one of {', '.join(formats)}, plain or compressed; got "
        f"`{suffix}`{did_you_mean(suffix, formats) or '.'} The file's name tells its format."
    )


def _read_separated(delimiter: str) -> Callable[[Path, str | None, str | None, bool], Examples]:
    def read_file(path: Path, text: str | None, label: str | None, labelled: bool) -> Examples:  # noqa: FBT001
        data, names = _separated_data(path, delimiter)
        text, label = find_columns(
            names, text_column=text, label_column=label, labelled=labelled, where=str(path)
        )
        table = _parse_separated(path, data, delimiter, names, [text, *filter(None, [label])])
        labels = None
        if label is not None:
            labels = label_strings(table[label].to_pylist(), str(path), untyped=True)
        return _examples(path, table[text], labels)

    return read_file


def _separated_data(path: Path, delimiter: str) -> tuple[bytes, list[str]]:
    """Return the bytes of a file, checked to be UTF-8, and the names of its columns."""
    data = read_bytes(path)
    decode(data, str(path))
    data = data.removeprefix(_BOM)
    if not data.endswith(b"\n"):  # Arrow takes a lone line of column names for an empty file
        data += b"\n"
    return data, _header(data, delimiter)


def _header(data: bytes, delimiter: str) -> list[str]:
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    return next(row for row in csv.reader(lines, delimiter=delimiter) if row)


def _parse_separated(
    path: Path, data: bytes, delimiter: str, names: list[str], wanted: list[str]
) -> pa.Table:
    block = min(max(len(data) + 1, 1 << 20), _LARGEST_BLOCK_BYTES)
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(block_size=block),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.large_string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise _field_error(path, data, delimiter, len(names), error) from None
    return table


def _field_error(
    path: Path, data: bytes, delimiter: str, expected: int, error: Exception
) -> DatasetError:
    """Find the line of the row with the wrong number of fields, which Arrow does not tell."""
    limit = csv.field_size_limit(len(data) + 1)
    try:
        rows = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter)
        end = 0
        for row in rows:
            start, end = end + 1, rows.line_num
            if row and len(row) != expected:
                return DatasetError(
                    f"{path}: a row must have {expected} fields, as the line of column names has; "
                    f"got {len(row)} in line {start}. Put a text with delimiters or line breaks in "
                    'double quotes, and double each quote (") in it.'
                )
    finally:
        csv.field_size_limit(limit)
    return DatasetError(f"{path}: the rows must be well-formed; got: {error}. Correct the file.")


def _read_json_lines(path: Path, text: str | None, label: str | None, labelled: bool) -> Examples:  # noqa: FBT001
    rows = _json_rows(path)
    names = list(dict.fromkeys(name for row in rows for name in row))
    text, label = find_columns(
        names, text_column=text, label_column=label, labelled=labelled, where=str(path)
    )
    labels = None
    if label is not None:
        labels = label_strings([row.get(label) for row in rows], str(path))
    texts = [_json_text(row.get(text), i, path) for i, row in enumerate(rows, 1)]
    return Examples.make(texts, labels, str(path))


def _json_rows(path: Path) -> list[dict[str, Any]]:
    return [
        json_object(line, f"{path}: line {number}")
        for number, line in enumerate(decode(read_bytes(path), str(path)).split("\n"), 1)
        if line.strip()
    ]


def _json_column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, UnicodeEncodeError):
        strings = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
        return pa.array(strings, pa.large_string())


def json_object(line: str, where: str) -> dict[str, Any]:
    """Return the object that a line of JSON Lines holds.

    Args:
        line: The line.
        where: File and line for the message.

    Raises:
        DatasetError: The line is not JSON, or no object.

    Example:
        >>> json_object('{"text": "good"}', "a.jsonl: line 1")
        {'text': 'good'}
    """
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{where} must be one JSON object; got {error.msg} at character {error.pos + 1}. "
            "Correct the line."
        ) from None
    if not isinstance(row, dict):
        raise DatasetError(
            f'{where} must be one JSON object such as {{"text": "…", "label": "…"}}; '
            f"got {type(row).__name__}. Write one object a line."
        )
    return row


def _json_text(value: Any, row: int, path: Path) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value.isascii() else json_text(value, f"{path}: row {row}")
    if isinstance(value, (int, float)):
        return json.dumps(value)
    raise DatasetError(
        f"{path}: a text must be a string; got {type(value).__name__} in row {row}. "
        "Name another text column."
    )


def json_text(value: str, where: str) -> str:
    """Return a string of a JSON file, which must be valid Unicode.

    Args:
        value: The string.
        where: File and row for the message.

    Raises:
        DatasetError: It has half a surrogate pair.

    Example:
        >>> json_text("好", "a.jsonl: row 1")
        '好'
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DatasetError(
            f"{where}: a text must be valid Unicode; got half a surrogate pair. "
            "Write the character itself or both halves."
        ) from None
    return value


@contextlib.contextmanager
def _parquet(path: Path) -> Iterator[pyarrow.parquet.ParquetFile]:
    """Open a Parquet file; one that cannot be read raises DatasetError."""
    if not path.stat().st_size:
        raise DatasetError(f"{path}: the file must have rows; it is empty. Name a file with data.")
    try:
        compressed = bool(format_of(path)[1])
        source = pa.BufferReader(read_bytes(path)) if compressed else pa.memory_map(str(path))
        yield pyarrow.parquet.ParquetFile(source)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(
            f"{path}: it must be a whole Parquet file; got {str(error).splitlines()[0]} "
            "It may be truncated or damaged: fetch or make it anew."
        ) from error


def _read_parquet(path: Path, text: str | None, label: str | None, labelled: bool) -> Examples:  # noqa: FBT001
    with _parquet(path) as file:
        text, label = find_columns(
            file.schema_arrow.names,
            text_column=text,
            label_column=label,
            labelled=labelled,
            where=str(path),
        )
        table = file.read(columns=[text, *filter(None, [label])])
    return table_examples(path, table, text, label)


def table_examples(path: str | Path, table: pa.Table, text: str, label: str | None) -> Examples:
    """Turn an Arrow table with typed columns into examples.

    Args:
        path: Where it comes from, for messages.
        table: The table.
        text: Name of the text column.
        label: Name of the label column, or None.

    Raises:
        DatasetError: The text column cannot be text, or a label is missing.

    Example:
        >>> table = pa.table({"text": ["good"], "label": [True]})
        >>> table_examples("a table", table, "text", "label").labels
        ['true']
    """
    try:
        texts = table[text].cast(pa.large_string()).fill_null("")
        texts.validate(full=True)
    except pa.ArrowException:
        raise DatasetError(
            f"{path}: the text column `{text}` must hold strings; got {table[text].type}. "
            "Name another text column."
        ) from None
    labels = None if label is None else label_strings(table[label].to_pylist(), str(path))
    return _examples(path, texts, labels)


def _examples(path: str | Path, texts: pa.ChunkedArray, labels: Any) -> Examples:
    if not len(texts):
        raise DatasetError(
            f"{path}: the file must have rows; it has only column names. Name a file with data."
        )
    array = texts.chunk(0) if texts.num_chunks == 1 else texts.combine_chunks()
    return Examples.make(Texts(array), labels, str(path))


def _read_lines(path: Path, text: str | None, label: str | None, labelled: bool) -> Examples:  # noqa: FBT001
    if labelled or label is not None:
        raise DatasetError(
            f"{path}: labelled texts must come as csv, tsv, jsonl or parquet; a .txt file holds one "
            "text a line and no labels. Convert it, for example to text<TAB>label with a first line "
            "of column names, named .tsv."
        )
    if text is not None:
        raise DatasetError(
            f"{path}: a .txt file has no columns; got text_column `{text}`. Leave it out."
        )
    lines = decode(read_bytes(path), str(path)).split("\n")
    if not lines[-1]:
        lines.pop()
    return Examples.make([line.removesuffix("\r") for line in lines], None, str(path))


FORMATS: dict[str, Callable[[Path, str | None, str | None, bool], Examples]] = {
    ".csv": _read_separated(","),
    ".tsv": _read_separated("\t"),
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
    ".txt": _read_lines,
}
