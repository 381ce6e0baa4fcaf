"""Readers of files of texts: csv, tsv, JSON, Parquet, lines, and the lines of fastText."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ostinato._errors import DatasetError, did_you_mean, named
from ostinato._kinds import Written
from ostinato.datasets.files import check_file, decode, format_of, open_binary, read_bytes
from ostinato.datasets.json_files import json_text
from ostinato.datasets.readers.tables.annotations import (
    ANSWER,
    DATA,
    accepted,
    are_tasks,
    task_texts,
)
from ostinato.datasets.readers.tables.columns import (
    LABEL_NAMES,
    TEXT_NAMES,
    check_column,
    find_columns,
    label_strings,
)
from ostinato.datasets.readers.tables.frames import FORMATS as TABLES
from ostinato.datasets.readers.tables.frames import Frame, read_frame
from ostinato.datasets.readers.texts.fasttext import PREFIX, read_fasttext
from ostinato.datasets.readers.texts.multi_labels import (
    columns_in,
    indicated_labels,
    lists_in,
    separated_labels,
    tell_joined,
)
from ostinato.datasets.records.texts import Examples, Labels, Texts

logger = logging.getLogger("ostinato")

FORMATS = (*TABLES, ".txt")


def read_texts(
    path: str | Path,
    text_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
    *,
    labelled: bool = True,
    label_separator: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Examples:
    r"""Read one file of texts.

    csv, tsv, jsonl (ndjson), json and parquet files have named columns; a txt file has one text a line
    and no labels, unless its lines are those of fastText. Each may be compressed as .gz, .bz2, .xz or
    .zst. Text is UTF-8. What is found out, and is not what the file's name says, is logged.

    Args:
        path: The file.
        text_column: Column of the texts; None for the one with a usual name (text, review, …). In csv
            and tsv also its number, from 1; if all columns are given so, the first line is a row
            unless a usual name stands in it.
        label_column: Column of the labels; None for the one with a usual name (label, sentiment, …).
            Several are labels themselves, 1 (true) where a text has them and 0 where not.
        labelled: Whether there must be labels. If not, they are read only if ``label_column`` is given.
        label_separator: What separates the labels of a text in one column, which may then have several or
            none.
        delimiter: What separates the fields of csv and tsv; None for a comma and a tab, or for whichever of
            these, a semicolon and a bar separates the first lines into equally many.
        encoding: Encoding of text, such as ``gb18030``; None for UTF-8, or what a byte order mark tells.

    Raises:
        DatasetError: The file or a column is missing, or something in the file is wrong.
        ConfigError: There is no such encoding, or the delimiter is none.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> _ = (folder / "a.csv").write_text("review,stars\ngood,1.0\nbad,0.0\n")
        >>> read_texts(folder / "a.csv").labels
        ['1', '0']
    """
    path = Path(path)
    check_file(path)
    suffix = format_of(path)[0]
    given = [label_column] if isinstance(label_column, str) else list(label_column or ())
    if suffix == ".txt" or (suffix not in FORMATS and _is_fasttext(path)):
        asked = {"text_column": text_column, "label_column": ", ".join(given)}
        column = next((f"{kind} `{name}`" for kind, name in asked.items() if name), None)
        return _read_lines(path, column, labelled=labelled, encoding=encoding)
    if suffix not in FORMATS:
        raise DatasetError(
            f"{path}: the format must be one of {', '.join(FORMATS)}, plain or compressed as .gz, .bz2, "
            f".xz or .zst; got `{suffix}`{did_you_mean(suffix, FORMATS) or '.'} "
            "The file's name tells its format."
        )
    frame = read_frame(path, Written(delimiter=delimiter, encoding=encoding))
    return _examples(frame, text_column, given, labelled=labelled, separator=label_separator)


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
    texts = _texts(table[text], text, str(path))
    labels = None if label is None else label_strings(table[label].to_pylist(), str(path))
    return Examples.make(texts, labels, str(path))


def _examples(
    frame: Frame, text: str | None, labels: Sequence[str], *, labelled: bool, separator: str | None
) -> Examples:
    if text is None and not (labels or labelled) and are_tasks(frame.names):
        data = _values(frame.load([DATA])[DATA])
        return Examples.make(task_texts(data, frame.where), None, frame.where)
    frame, text, labels = _columns(frame, text, labels, labelled=labelled)
    is_answered = ANSWER in frame.names and ANSWER not in (text, *labels)
    columns = frame.load(list(dict.fromkeys([text, *labels, *([ANSWER] * is_answered)])))
    if is_answered and (rows := accepted(_values(columns[ANSWER]), frame.where)) is not None:
        columns = {name: _taken(column, rows) for name, column in columns.items()}
    texts = _texts(columns[text], text, frame.where)
    if not len(texts):
        raise DatasetError(
            f"{frame.where}: the file must have rows; it has only column names. Name a file with data."
        )
    values = {name: _values(columns[name]) for name in labels}
    return Examples.make(texts, _labels(values, separator, frame), frame.where)


def _columns(
    frame: Frame, text: str | None, labels: Sequence[str], *, labelled: bool
) -> tuple[Frame, str, list[str]]:
    """Return the frame with its columns' names or numbers, and which are those of texts and labels."""
    given = [*([] if text is None else [text]), *labels]
    frame, given = frame.numbered(given, {*TEXT_NAMES, *LABEL_NAMES})
    text, labels = (None, given) if text is None else (given[0], given[1:])
    if len(labels) < 2:
        text, label = find_columns(
            frame.names,
            text_column=text,
            label_column=labels[0] if labels else None,
            labelled=labelled,
            where=frame.where,
        )
        return frame, text, [] if label is None else [label]
    for name in labels:
        check_column("label", name, frame.names, frame.where)
    text, _ = find_columns(
        [name for name in frame.names if name not in set(labels)],
        text_column=text,
        label_column=None,
        labelled=False,
        where=frame.where,
    )
    logger.info("%s: each of the columns %s is a label.", frame.where, named(labels))
    return frame, text, list(labels)


def _taken(column: Any, rows: Sequence[int]) -> Any:
    return [column[row] for row in rows] if isinstance(column, list) else column.take(list(rows))


def _values(column: Any) -> list[Any]:
    return column if isinstance(column, list) else list(column.to_pylist())


def _labels(values: dict[str, list[Any]], separator: str | None, frame: Frame) -> Labels:
    if not values:
        return None
    if len(values) > 1:
        return indicated_labels(values, frame.where)
    (column,) = values.values()
    if separator is not None:
        return separated_labels(column, separator, frame.where)
    column = lists_in(column, frame.where) or column
    if column and all(isinstance(row, list) for row in column):
        column = columns_in(column, frame.where) or column
    labels = label_strings(column, frame.where, untyped=not frame.is_typed)
    if labels and isinstance(labels[0], str):
        tell_joined(labels, frame.where)
    return labels


def _texts(column: Any, name: str, where: str) -> Sequence[str]:
    if isinstance(column, list):
        return [_json_text(value, row, where) for row, value in enumerate(column, 1)]
    try:
        texts = column.cast(pa.large_string()).fill_null("")
        texts.validate(full=True)
    except pa.ArrowException:
        raise DatasetError(
            f"{where}: the text column `{name}` must hold strings; got {str(column.type)[:80]}. "
            "Name another text column."
        ) from None
    return Texts(texts.chunk(0) if texts.num_chunks == 1 else texts.combine_chunks())


def _json_text(value: Any, row: int, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value.isascii() else json_text(value, f"{where}: row {row}")
    if isinstance(value, (int, float)):
        return json.dumps(value)
    raise DatasetError(
        f"{where}: a text must be a string; got {type(value).__name__} in row {row}. "
        "Name another text column."
    )


def _is_fasttext(path: Path) -> bool:
    with open_binary(path) as stream:
        return stream.read(len(PREFIX)) == PREFIX.encode()


def _read_lines(
    path: Path, column: str | None, *, labelled: bool, encoding: str | None
) -> Examples:
    where, text = str(path), decode(read_bytes(path), str(path), encoding)
    is_fasttext = text.startswith(PREFIX)
    if column and (is_fasttext or not labelled):
        raise DatasetError(
            f"{where}: a {path.suffix} file has no columns; got {column}. Leave it out."
        )
    if labelled and not is_fasttext:
        raise DatasetError(
            f"{where}: labelled texts must come as csv, tsv, jsonl or parquet; a .txt file holds one "
            "text a line and no labels, unless each line has one such as __label__good. Convert it, "
            "for example to text<TAB>label with a first line of column names, named .tsv."
        )
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if not lines[-1]:
        lines.pop()
    if is_fasttext:
        return Examples.make(*read_fasttext(lines, where, labelled=labelled), where)
    return Examples.make(lines, None, where)
