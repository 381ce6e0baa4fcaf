"""Tagged sentences in columns: one token a line, a blank line after each sentence.

Column files are those of the CoNLL shared tasks, and of Chinese characters with BMES tags; CoNLL-U is
the format of Universal Dependencies.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from ostinato._errors import DatasetError
from ostinato.datasets.files import open_binary, read_lines
from ostinato.datasets.readers.tables.columns import check_column
from ostinato.datasets.readers.tagged.column_lines import (
    TOKEN_NAMES,
    Columns,
    counts,
    read_column_lines,
    without_comments,
)
from ostinato.datasets.records.tag_forms import read
from ostinato.datasets.records.tagged import Tagged

logger = logging.getLogger("ostinato")

Column = str | int
"""A column by its name, or by its number, counted from 1."""

CONLLU_COLUMNS = (
    *("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"),
)
_BLANK = " \t"
_ID = re.compile(r"[0-9]+([-.][0-9]+)?")


def read_columns(
    path: Path,
    column: Column | None = None,
    *,
    names: Sequence[str] = (),
    labelled: bool = True,
    token_column: Column | None = None,
    encoding: str | None = None,
) -> Tagged:
    r"""Read a file of columns.

    Columns are parted by tabs or, in a line without one, by spaces; no other white space separates them.
    A line ``-DOCSTART-`` is left out and ends a sentence, as a blank one does. A line that begins with
    ``#`` is a comment if it has another number of fields, or opens a sentence and has no tag of a span
    while the others do; else ``#`` is a token.

    Args:
        path: The file, plain or compressed.
        column: Column of the tags; None for the last one.
        names: Names of the columns, if they have any that the file does not tell.
        labelled: Whether there must be tags. If not, they are read only if ``column`` is given.
        token_column: Column of the tokens; None for the first one, or for the second where the first
            counts 1, 2, 3, which is told.
        encoding: Encoding of the text, if it is not UTF-8.

    Raises:
        DatasetError: There is no such column, a line has more or fewer columns than the first, or
            numbers are all there is for tokens.

    Example:
        >>> path = getfixture("tmp_path") / "eng.train"
        >>> _ = path.write_text("-DOCSTART- O\n\nAngela B-PER\nsings O\n\nSeoul B-LOC\n")
        >>> read_columns(path).tags
        [['B-PER', 'O'], ['B-LOC']]
    """
    found = read_column_lines(path, names, encoding)
    named = found.names or [str(number + 1) for number in range(found.width)]
    place = None
    if found.sentences:
        place = _tag_place(path, column, named, labelled=labelled)
        found = without_comments(found, str(path), -1 if place is None else place)
    token = _token_place(path, token_column, found, place)
    if column is None and token_column is None and place is not None:
        _check_order(path, found, token, place)
    empty = [line.number for rows in found.sentences for line in rows if not line.fields[token]]
    if empty:
        logger.warning(
            "%s: %d tokens are empty, the first in line %d; they are kept.",
            *(path, len(empty), empty[0]),
        )
    return Tagged.make(
        [[line.fields[token] for line in rows] for rows in found.sentences],
        None
        if place is None
        else [[_tag(path, *line, place) for line in rows] for rows in found.sentences],
        str(path),
        lines=[[line.number for line in rows] for rows in found.sentences],
    )


def _tag(path: Path, number: int, fields: Sequence[str], place: int) -> str:
    tag = fields[place].strip(" ")
    if not tag:
        raise DatasetError(
            f"{path}: line {number} must have a tag; it is empty. Write O for a token without one."
        )
    return tag


def _check_order(path: Path, found: Columns, token: int, tag: int) -> None:
    """Raise DatasetError if tags stand where tokens usually do, and tokens where tags do."""
    firsts, lasts = (
        [[line.fields[place] for line in rows] for rows in found.sentences]
        for place in (token, tag)
    )
    first, last = read(firsts), read(lasts)
    if first.form is not None and first.spans and not first.strangers and last.form is None:
        raise DatasetError(
            f"{path}: column {token + 1} must have the tokens; it has tags such as `{first.spans}`. Name the "
            f"columns: column (--column {token + 1}) for tags, token_column (--token-column {tag + 1}) for "
            "tokens."
        )


def _tag_place(
    path: Path, column: Column | None, names: Sequence[str], *, labelled: bool
) -> int | None:
    if column is not None:
        return _place(path, "tag", column, names)
    if not labelled:
        return None
    if len(names) < 2:
        raise DatasetError(
            f"{path}: the lines must have a token and a tag, parted by a tab or spaces; got one "
            "column. Add the tags."
        )
    return len(names) - 1


def _token_place(path: Path, column: Column | None, found: Columns, tag: int | None) -> int:
    if column is not None:
        names = found.names or [str(number + 1) for number in range(found.width)]
        return _place(path, "token", column, names)
    names = [name.strip().lower() for name in found.names]
    usual = next((n for n, name in enumerate(names) if name in TOKEN_NAMES and n != tag), None)
    if usual is not None:
        return usual
    if found.width < 2 or not counts(found.sentences):
        return 0
    if tag == 1:
        raise DatasetError(
            f"{path}: column 1 counts {', '.join(line.fields[0] for line in found.sentences[0][:3])} "
            "and column 2 has the tags, so that no column is left for the tokens. Add them, or give "
            "token_column (--token-column 1) if the numbers are the tokens."
        )
    logger.warning(
        "%s: column 1 counts the tokens, so that they are read from column 2; --token-column names "
        "another one.",
        path,
    )
    return 1


def _place(path: Path, kind: str, column: Column, names: Sequence[str]) -> int:
    numbers = [str(number + 1) for number in range(len(names))]
    if str(column) in numbers:
        return numbers.index(str(column))
    check_column(kind, str(column), names, str(path))
    return names.index(str(column))


def read_conllu(
    path: Path,
    column: Column | None = None,
    *,
    labelled: bool = True,
    token_column: Column | None = None,
    encoding: str | None = None,
) -> Tagged:
    r"""Read the words of a CoNLL-U file, not the ranges of contractions nor empty nodes.

    Args:
        path: The file, plain or compressed.
        column: Column of the tags, by its name in CoNLL-U; None for upos.
        labelled: Whether there must be tags. If not, they are read only if ``column`` is given.
        token_column: Column of the tokens; None for form.
        encoding: Encoding of the text, if it is not UTF-8.

    Raises:
        DatasetError: There is no such column, or a line is malformed; the message names it.

    Example:
        >>> path = getfixture("tmp_path") / "en-ud-train.conllu"
        >>> _ = path.write_text("# text = Go!\n1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n")
        >>> read_conllu(path).tags, read_conllu(path, "xpos").tags
        ([['VERB']], [['VB']])

    Source: https://universaldependencies.org/format.html
    """
    place = None
    if labelled or column is not None:
        place = _place(path, "tag", "upos" if column is None else column, CONLLU_COLUMNS)
    form = "form" if token_column is None else token_column
    token = _place(path, "token", form, CONLLU_COLUMNS)
    sentences: list[list[str]] = []
    tags: list[list[str]] = []
    lines: list[list[int]] = []
    within = False
    for number, line in enumerate(read_lines(path, encoding), 1):
        if not line.strip(_BLANK):
            within = False
            continue
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        _check_word(path, number, fields, len(sentences[-1]) + 1 if within else 1)
        if not fields[0].isdecimal():
            continue
        if not within:
            sentences.append([])
            tags.append([])
            lines.append([])
        within = True
        lines[-1].append(number)
        sentences[-1].append(fields[token])
        if place is not None:
            tags[-1].append(fields[place])
    return Tagged.make(sentences, None if place is None else tags, str(path), lines=lines)


def _check_word(path: Path, number: int, fields: list[str], expected: int) -> None:
    """Raise DatasetError unless a line is well-formed and a word has the expected id."""
    if len(fields) != len(CONLLU_COLUMNS):
        raise DatasetError(
            f"{path}: line {number} must have {len(CONLLU_COLUMNS)} fields parted by tabs; "
            f"got {len(fields)}. Correct the line, or begin it with # if it is a comment."
        )
    if not _ID.fullmatch(fields[0]):
        raise DatasetError(
            f"{path}: line {number} must begin with a number, or two as in 3-4 and 3.1; "
            f"got `{fields[0]}`. Correct the line."
        )
    if fields[0].isdecimal() and int(fields[0]) != expected:
        raise DatasetError(
            f"{path}: line {number} must be word {expected} of its sentence; got number {fields[0]}. "
            "Number the words from 1, and put a blank line after each sentence."
        )


def is_conllu(path: Path) -> bool:
    r"""Tell whether the first token of a file stands in a line as CoNLL-U has them.

    Args:
        path: The file, plain or compressed.

    Raises:
        DatasetError: The file cannot be read.

    Example:
        >>> path = getfixture("tmp_path") / "eng.train"
        >>> _ = path.write_text("Angela B-PER\n")
        >>> is_conllu(path)
        False
    """
    with open_binary(path) as stream:
        for line in stream:
            fields = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n").split(b"\t")
            if any(fields) and not fields[0].startswith(b"#"):
                first = fields[0].decode("ascii", "replace")
                return len(fields) == len(CONLLU_COLUMNS) and bool(_ID.fullmatch(first))
    return False
