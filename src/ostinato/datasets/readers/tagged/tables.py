"""Tagged sentences in csv, tsv and Parquet: a token a row, or a sentence a row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from ostinato._errors import DatasetError, named
from ostinato._kinds import FOUND_OUT, Written
from ostinato.datasets.readers.tables.columns import named_column
from ostinato.datasets.readers.tables.frames import read_columns
from ostinato.datasets.readers.tables.written_lists import list_in
from ostinato.datasets.readers.tagged.column_lines import SENTENCE_NAMES, TAG_COLUMNS, TOKEN_NAMES
from ostinato.datasets.records.tagged import Tagged

logger = logging.getLogger("ostinato")

_TEXT_NAMES = (*TOKEN_NAMES, "sentence", "text", "sentences")
_TAG_NAMES = (*TAG_COLUMNS, "word_labels", "word_tags")


def read_table(
    path: Path,
    column: str | None = None,
    *,
    labelled: bool = True,
    token_column: str | None = None,
    written: Written = FOUND_OUT,
) -> Tagged:
    r"""Read a table: a token a row beside the number of its sentence, or a sentence a row.

    The number may stand in the first row of a sentence alone. Of a sentence a row, tokens and tags are
    parted by spaces, or lists of JSON or Python.

    Args:
        path: A csv or tsv file, plain or compressed.
        column: Column of the tags; None for one with a usual name.
        labelled: Whether there must be tags. If not, they are read only if ``column`` is given.
        token_column: Column of the tokens; None for one with a usual name.
        written: How it is written, as far as that is not to be found out.

    Raises:
        DatasetError: A column is missing, or a row is malformed; the message names it.

    Example:
        >>> path = getfixture("tmp_path") / "ner.csv"
        >>> _ = path.write_text("Sentence #,Word,Tag\nSentence: 1,Hi,O\n,Al,B-per\nSentence: 2,Ho,O\n")
        >>> read_table(path).sentences
        [['Hi', 'Al'], ['Ho']]
    """
    table, where = read_columns(path, written), str(path)
    names = table.column_names
    tag = None
    if labelled or column is not None:
        tag = named_column("tag", column, names, _TAG_NAMES, where, needed=False)
        if tag is None:
            raise DatasetError(
                f"{where}: the first line must name a column of tags (tag, ner, labels, …); it has "
                f"{named(names)}. Give column (--column), or name the columns."
            )
    others = [name for name in names if name != tag and name.strip().lower() in _TAG_NAMES]
    if tag is not None and column is None and others:
        logger.info("%s: tags are read from `%s`; not read: %s.", where, tag, named(others, 4))
    tags = _strings(table, tag)
    token = named_column("token", token_column, names, _TEXT_NAMES, where, needed=True)
    tokens = _strings(table, token) or []
    places = [name for name in names if name.strip().lower() in SENTENCE_NAMES and name != token]
    cells = [*(tags or ()), *(() if tags and places else tokens)]
    if any(_is_list(cell) for cell in cells):
        return _of_sentences(tokens, tags, where)
    if not places:
        raise DatasetError(
            f"{where}: with a token a row there must be a column that tells sentences apart "
            f"({', '.join(SENTENCE_NAMES[:4])}, …). The columns are "
            f"{named(names)}. Add one, or write a sentence a row."
        )
    return _of_tokens(tokens, tags, _strings(table, places[0]) or [], where)


def is_table_of_tokens(fields: Sequence[str], *, labelled: bool = True) -> bool:
    """Tell whether a first line names a column of sentences, and one of tokens or tags.

    Args:
        fields: Fields of the first line of a file.
        labelled: Whether tags will do in place of tokens.

    Example:
        >>> is_table_of_tokens(["Sentence #", "Word", "Tag"]), is_table_of_tokens(["EU", "B-ORG"])
        (True, False)
    """
    names = {field.strip().lower() for field in fields}
    others = {*TOKEN_NAMES, *(_TAG_NAMES if labelled else ())}
    return not names.isdisjoint(SENTENCE_NAMES) and not names.isdisjoint(others)


def _strings(table: pa.Table, name: str | None) -> list[str] | None:
    if name is None:
        return None
    return ["" if value is None else str(value) for value in table[name].to_pylist()]


def _is_list(cell: str) -> bool:
    cell = cell.strip()
    return (cell.startswith("[") and cell.endswith("]")) or " " in cell


def _of_sentences(tokens: Sequence[str], tags: Sequence[str] | None, where: str) -> Tagged:
    sentences = [_cells(cell, f"{where}: row {row}") for row, cell in enumerate(tokens, 1)]
    if tags is None:
        return Tagged.make(sentences, None, where)
    labels = [_cells(cell, f"{where}: row {row}") for row, cell in enumerate(tags, 1)]
    for row, (a, b) in enumerate(zip(sentences, labels, strict=True), 1):
        if len(a) != len(b):
            raise DatasetError(
                f"{where}: row {row} must have as many tags as tokens; got {len(b)} tags and {len(a)} "
                "tokens. Part both by single spaces, or write both as lists."
            )
    return Tagged.make(sentences, labels, where)


def _cells(cell: str, where: str) -> list[str]:
    """Return the strings of a cell: a list of JSON or Python, or parted by white space."""
    text = cell.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return text.split()
    values = list_in(text)
    if values is None or not all(isinstance(value, str) for value in values):
        raise DatasetError(
            f'{where} must be a list of strings such as ["Anna", "sings"]; got {text[:60]}. Write it '
            "as JSON."
        )
    return values


def _of_tokens(
    tokens: Sequence[str], tags: Sequence[str] | None, places: Sequence[str], where: str
) -> Tagged:
    sentences: list[list[str]] = []
    labels: list[list[str]] = []
    seen: set[str] = set()
    last, again = None, None
    for row, token in enumerate(tokens):
        place = places[row].strip()
        if not sentences or (place and place != last):
            if place in seen and again is None:
                again = row + 1
            seen.add(place)
            sentences.append([])
            labels.append([])
            last = place
        if tags is not None:
            if not tags[row].strip():
                raise DatasetError(
                    f"{where}: row {row + 1} must have a tag; it is empty. Write O for a token "
                    "without one."
                )
            labels[-1].append(tags[row].strip())
        sentences[-1].append(token)
    if again is not None:
        logger.warning(
            "%s: row %d has a sentence that stood further up, too; they are read as two.",
            where,
            again,
        )
    return Tagged.make(sentences, None if tags is None else labels, where)
