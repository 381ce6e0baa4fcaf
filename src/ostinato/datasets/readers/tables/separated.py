"""Tables of delimited text: which delimiter, whether fields are quoted, and their columns.

In csv a field may be quoted, as RFC 4180 has it. In tsv it may too, as Python, pandas and R write it, or a
quotation mark may be a character like another, as in Common Voice: where every line has as many fields
as the first, lines are rows and nothing is quoted, unless all fields look as a writer that quotes leaves them.
"""

from __future__ import annotations

import csv
import io
import logging
import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv

from ostinato._errors import ConfigError, DatasetError, shown
from ostinato._kinds import FOUND_OUT, Written
from ostinato.datasets.files import as_utf_8, format_of, read_bytes
from ostinato.datasets.limits import limit

logger = logging.getLogger("ostinato")

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_QUOTELESS = "\t|"  # what is written without quoting as often as with it
_LARGEST_BLOCK_BYTES = 1 << 30  # Arrow's block size is an int32; a row must fit into one block
_SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True)
class Separated:
    r"""A table of delimited text, not parsed yet.

    Args:
        where: File for messages.
        data: The lines, as UTF-8.
        delimiter: What separates fields.
        is_quoted: Whether a field that begins with a quotation mark ends with the next single one.
        names: Names of the columns, those of the first line; or their numbers, from 1.
        has_names: Whether the first line is one of names.

    Example:
        >>> path = getfixture("tmp_path") / "a.csv"
        >>> _ = path.write_text("text;label\nfine;1\n")
        >>> table = read_separated(path)
        >>> table.delimiter, table.names, table.take(["label"])["label"].to_pylist()
        (';', ['text', 'label'], ['1'])
    """

    where: str
    data: bytes
    delimiter: str
    is_quoted: bool
    names: list[str]
    has_names: bool = True

    def numbered(self, *, has_names: bool) -> Separated:
        """Return the same table, its columns called by their numbers, from 1."""
        names = [str(number) for number in range(1, len(self.names) + 1)]
        return replace(self, names=names, has_names=has_names)

    def take(self, wanted: Sequence[str]) -> dict[str, pa.ChunkedArray]:
        """Return columns, as strings.

        Args:
            wanted: Names of columns, each of which is there once.

        Raises:
            DatasetError: A row has another number of fields than the first.
        """
        place = {name: number for number, name in enumerate(self.names)}
        columns = [str(place[name]) for name in wanted]
        block = min(max(len(self.data) + 1, 1 << 20), _LARGEST_BLOCK_BYTES)
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(self.data),
                read_options=pyarrow.csv.ReadOptions(
                    block_size=block,
                    column_names=[str(n) for n in range(len(self.names))],
                    use_threads=False,  # it is one block; Arrow's threads may outlive the interpreter
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self.delimiter,
                    quote_char='"' if self.is_quoted else False,
                    newlines_in_values=self.is_quoted,
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=columns,
                    column_types=dict.fromkeys(columns, pa.large_string()),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._fault(error) from None
        rows = table.slice(1) if self.has_names else table
        return dict(zip(wanted, rows.columns, strict=True))

    def _fault(self, error: Exception) -> DatasetError:
        """Find the line of the row with the wrong number of fields, which Arrow does not tell."""
        scan = _scan(self.data, self.delimiter, is_quoted=self.is_quoted)
        if not scan.fault:
            got = str(error).splitlines()[0][:100]
            return DatasetError(
                f"{self.where}: the rows must be well-formed; got: {got}. Correct the file."
            )
        return DatasetError(f"{self.where}: {scan.fault} {_advice(self.delimiter)}")


def read_separated(path: Path, written: Written = FOUND_OUT) -> Separated:
    """Read a csv or tsv file as far as its first line; tell what is not as it is called.

    Args:
        path: The file, plain or compressed.
        written: How it is written. The delimiter is else that of the ending, or another one by which the
            first lines have the same number of fields, the encoding what
            `ostinato.datasets.files.decode` finds.

    Raises:
        DatasetError: The file cannot be read, is empty, or its quotation marks do not fit.
        ConfigError: The delimiter is none.
    """
    where, usual = str(path), "\t" if format_of(path)[0] == ".tsv" else ","
    data, delimiter = as_utf_8(read_bytes(path), where, written.encoding), written.delimiter
    if delimiter is None:
        data, delimiter = _without_hint(data)
    if delimiter is None:
        delimiter = _found(data, usual)
        if delimiter != usual:
            logger.info("%s: fields are parted by %s.", where, DELIMITERS[delimiter])
    else:
        delimiter = checked_delimiter(delimiter)
    is_quoted = b'"' in data and _is_quoted(data, delimiter, where)
    names = _first(data, delimiter, is_quoted=is_quoted)
    check_count(names, where)
    return Separated(where, data, delimiter, is_quoted, names)


def check_count(names: Sequence[str], where: str) -> None:
    """Raise DatasetError if a table has more columns than the limit.

    Args:
        names: The columns.
        where: File for the message.
    """
    most = limit("OSTINATO_MAX_COLUMNS")
    if len(names) > most:
        raise DatasetError(
            f"{where}: a table must have at most {most} columns; got {len(names)}. "
            "Raise the environment variable OSTINATO_MAX_COLUMNS if that is right."
        )


def checked_delimiter(delimiter: str) -> str:
    r"""Return a delimiter as one character.

    Args:
        delimiter: What is given: one, or the name of a tab.

    Raises:
        ConfigError: It cannot be one.

    Example:
        >>> checked_delimiter(";"), checked_delimiter("tab")
        (';', '\t')
    """
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(delimiter) == 1 and delimiter.isascii() and delimiter not in '"\r\n\0':
        return delimiter
    raise ConfigError(
        f"delimiter: must be one character, such as ; or |, or tab; got {shown(delimiter)}."
    )


def _without_hint(data: bytes) -> tuple[bytes, str | None]:
    """Return the lines and the delimiter of Excel's first line ``sep=;``, if there is one."""
    line, _, rest = data.partition(b"\n")
    hint = line.strip().strip(b'"')
    if len(hint) == 5 and hint[:4].lower() == b"sep=" and rest.strip():
        return rest, chr(hint[4])
    return data, None


def _found(data: bytes, usual: str) -> str:
    """Return the delimiter by which the first lines have the same number of fields, above one."""
    sample = data[:_SAMPLE_BYTES]
    if len(data) > _SAMPLE_BYTES:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    first = next((line for line in _lines(sample) if line.strip()), "")
    for delimiter in (usual, *(one for one in DELIMITERS if one != usual)):
        if delimiter not in first:
            continue
        for is_quoted in (False, True):
            scan = _scan(sample, delimiter, is_quoted=is_quoted, is_partial=len(sample) < len(data))
            if not scan.fault and scan.width > 1:
                return delimiter
    return usual


class _Scan(NamedTuple):
    """What reading all rows tells: their number and width, and what is wrong with the first bad one."""

    rows: int
    width: int
    broken: int = 0
    """Rows with line breaks in them."""
    first_broken: int = 0
    fault: str = ""


def _scan(data: bytes, delimiter: str, *, is_quoted: bool, is_partial: bool = False) -> _Scan:
    """Read every row; strictly, so that nothing but a delimiter may follow a closing quote.

    With ``is_partial``, the data are the beginning of a file, and may end within quotes.
    """
    rows = _quoted_rows(data, delimiter) if is_quoted else _plain_rows(data, delimiter)
    count = width = broken = first_broken = end = 0
    try:
        for start, end, fields in rows:
            if not count:
                width = len(fields)
            elif len(fields) != width:
                return _Scan(count, width, fault=_width_fault(width, len(fields), start))
            if end > start:
                broken += 1
                first_broken = first_broken or start
            count += 1
    except csv.Error as error:
        is_open = "end of data" in str(error)
        if not (is_partial and is_open):
            got = "one that never ends" if is_open else "other characters after the closing one"
            return _Scan(count, width, fault=_quote_fault(got, end + 1))
    return _Scan(count, width, broken, first_broken)


def _width_fault(width: int, got: int, line: int) -> str:
    return f"a row must have {width} fields, as the line of column names has; got {got} in line {line}."


def _quote_fault(got: str, line: int) -> str:
    return (
        f'a field that begins with a double quote (") must end with one; got {got} in the row of line '
        f"{line}."
    )


def _lines(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")


def _plain_rows(data: bytes, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield first and last line of each row that is a line, and its fields; blank lines are none."""
    for number, line in enumerate(_lines(data), 1):
        if text := line.rstrip("\r\n"):
            yield number, number, text.split(delimiter)


def _quoted_rows(data: bytes, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the same of rows whose fields may be quoted."""
    limit_before = csv.field_size_limit(len(data) + 1)
    try:
        reader, end = csv.reader(_lines(data), delimiter=delimiter, strict=True), 0
        for row in reader:
            start, end = end + 1, reader.line_num
            if row:
                yield start, end, row
    finally:
        csv.field_size_limit(limit_before)


def _first(data: bytes, delimiter: str, *, is_quoted: bool) -> list[str]:
    rows = _quoted_rows(data, delimiter) if is_quoted else _plain_rows(data, delimiter)
    return next(fields for _, _, fields in rows)


def _is_quoted(data: bytes, delimiter: str, where: str) -> bool:
    """Decide whether fields are quoted, and tell what that means for them.

    Raises:
        DatasetError: Neither way has every row as many fields as the first.
    """
    if not re.search(rb"(?:^|[\r\n]|" + re.escape(delimiter.encode()) + rb')"', data):
        return False  # no field begins with one
    quoted = _scan(data, delimiter, is_quoted=True)
    plain = _scan(data, delimiter, is_quoted=False)
    if delimiter in _QUOTELESS and not plain.fault:
        same = (quoted.rows, quoted.width, quoted.fault) == (plain.rows, plain.width, "")
        if not (same and _as_written(data, delimiter, plain.width)):
            logger.info(
                "%s: every line has %d fields, so nothing is quoted; quotation marks are read as they "
                "stand.",
                *(where, plain.width),
            )
            return False
    if quoted.fault:
        fault = plain.fault if delimiter in _QUOTELESS else quoted.fault
        raise DatasetError(f"{where}: {fault} {_advice(delimiter)}")
    if quoted.broken:
        logger.log(
            logging.INFO if plain.fault else logging.WARNING,
            "%s: %d rows have line breaks in a quoted field, the first begins in line %d%s.",
            *(where, quoted.broken, quoted.first_broken),
            "" if plain.fault else "; each of their lines could as well be a row of its own",
        )
    return True


def _as_written(data: bytes, delimiter: str, width: int) -> bool:
    """Return whether quotation marks stand only where a writer that quotes would put them.

    It quotes a field that has one in it, and doubles it, or all fields of a column.
    """
    is_needless, is_bare = [False] * width, [False] * width
    rows = zip(_plain_rows(data, delimiter), _quoted_rows(data, delimiter), strict=True)
    for (_, _, plain), (_, _, quoted) in rows:
        for column, (written, value) in enumerate(zip(plain, quoted, strict=True)):
            if '"' not in written:
                is_bare[column] |= bool(written)
            elif written[0] == '"':
                is_needless[column] |= '"' not in value
            else:
                return False
    return not any(map(operator.and_, is_needless, is_bare))


def _advice(delimiter: str) -> str:
    if delimiter in _QUOTELESS:
        return "A text must have no delimiter and no line break in it, or be quoted as in csv."
    return 'Put a text with delimiters or line breaks in double quotes, and double each quote (") in it.'
