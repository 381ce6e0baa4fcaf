"""Answers written to a file: csv, JSON Lines or Parquet, whole or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ostinato._errors import ConfigError, shown
from ostinato._files import check_out, json_of, replacing

if TYPE_CHECKING:  # which take a moment
    import pyarrow as pa

SUFFIXES = (".csv", ".jsonl", ".parquet")
SPAN_COLUMNS = ("row", "sentence", "text", "start", "end", "type", "confidence")
AT_ONCE = 4096  # answers that are rows of Python before they are columns


def check_free(out: Path, *, overwrite: bool) -> None:
    """Raise ConfigError unless answers can be written to a file, before anything is computed.

    Args:
        out: The file; its suffix says how.
        overwrite: Replace one that is there.
    """
    check_out(out, SUFFIXES)
    if out.exists() and not overwrite:
        raise ConfigError(
            f"--out: {shown(str(out))} is there already. Choose another file, or give --overwrite."
        )


def write_answers(
    out: Path, answers: Iterable[Mapping[str, Any]], several: Sequence[str] = ()
) -> tuple[int, int]:
    """Write answers; return how many there are, and how many have a note.

    Args:
        out: The file.
        answers: What `predict_details` says.
        several: See `ostinato.tasks.answers.table_rows`.
    """
    count = noted = 0

    def counted() -> Iterable[Mapping[str, Any]]:
        nonlocal count, noted
        for answer in answers:
            count += 1
            noted += "note" in answer
            yield answer

    with replacing(out) as temporary:
        if out.suffix.lower() == ".jsonl":
            with temporary.open("w", encoding="utf-8", errors="replace") as file:
                file.writelines(json_of(answer) + "\n" for answer in counted())
        else:
            _write_table(_table(counted(), several), temporary, out.suffix.lower())
    return count, noted


def _write_table(table: pa.Table, path: Path, suffix: str) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    if suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pyarrow.parquet.write_table(table, path)


def _column(values: list[Any]) -> pa.Array:
    """Return a column; half a surrogate pair, as of arguments that are not UTF-8, is a question mark."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except UnicodeEncodeError:
        return pa.array(
            [
                one.encode("utf-8", "replace").decode() if isinstance(one, str) else one
                for one in values
            ]
        )


def _table(answers: Iterable[Mapping[str, Any]], several: Sequence[str]) -> pa.Table:
    """Return the rows of answers as a table; columns that some rows lack are empty there."""
    import pyarrow as pa

    from ostinato.tasks.answers import table_rows

    rows = itertools.chain.from_iterable(
        table_rows(answer, number, several) for number, answer in enumerate(answers, 1)
    )
    tables = []
    while chunk := list(itertools.islice(rows, AT_ONCE)):
        names = dict.fromkeys(name for row in chunk for name in row)
        tables.append(pa.table({name: _column([row.get(name) for row in chunk]) for name in names}))
    if not tables:  # as of sentences without a span
        return pa.table({name: pa.array([], pa.string()) for name in SPAN_COLUMNS if several})
    return pa.concat_tables(tables, promote_options="permissive")
