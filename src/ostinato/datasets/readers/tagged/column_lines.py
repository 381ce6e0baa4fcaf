"""The lines of a file of columns: which are tokens, which comments, which name the columns."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

from ostinato._errors import DatasetError
from ostinato.datasets.files import read_lines
from ostinato.datasets.records.tag_forms import read

logger = logging.getLogger("ostinato")

TOKEN_NAMES = (
    *("token", "tokens", "word", "words", "form", "char", "chars", "character", "字", "词"),
)
SENTENCE_NAMES = (
    *("sentence #", "sentence", "sentence_id", "sentence_idx", "sentence_number", "sent_id"),
    *("sent", "sentence id", "sentid", "sentenceid"),
)
TAG_COLUMNS = (
    *("tag", "tags", "ner", "ner_tag", "ner_tags", "label", "labels", "entity", "iob", "bio"),
    *("pos", "pos_tag", "pos_tags", "upos", "xpos", "chunk"),
)
_OTHERS = ("id", "idx", "index", "#", "lemma", "feats", "doc", "document")
_HEADERS = frozenset((*TOKEN_NAMES, *SENTENCE_NAMES, *TAG_COLUMNS, *_OTHERS))
_DOCUMENT = "-DOCSTART-"
_BLANK = " \t"  # and no other white space: that may be a token
_LONG = 2000
"""Tokens of a sentence without an empty line after it that are told."""


class Line(NamedTuple):
    """A line that holds a token."""

    number: int
    fields: list[str]


@dataclass(frozen=True)
class Columns:
    """The lines of a file of columns.

    Args:
        names: Names of the columns; none if the file does not tell.
        sentences: The lines of each sentence, all with as many fields.
        width: How many.
    """

    names: tuple[str, ...]
    sentences: list[list[Line]]
    width: int


def read_column_lines(
    path: Path, names: Sequence[str] = (), encoding: str | None = None
) -> Columns:
    r"""Read the lines of a file of columns, sentence by sentence.

    A line that begins with ``#`` and has another number of fields is a comment, and a first line of
    usual names of columns names them. Both are told.

    Args:
        path: The file, plain or compressed.
        names: Names of the columns, if they are known.
        encoding: Encoding of the text, if it is not UTF-8.

    Raises:
        DatasetError: A line has more or fewer columns than the first.

    Example:
        >>> path = getfixture("tmp_path") / "a.tsv"
        >>> _ = path.write_text("word\tner\n# a b c\nAnna\tB-PER\n")
        >>> found = read_column_lines(path)
        >>> found.names, found.sentences
        (('word', 'ner'), [[Line(number=3, fields=['Anna', 'B-PER'])]])
    """
    sentences = _sentences(path, encoding)
    lines = [line for sentence in sentences for line in sentence]
    first = next((line for line in lines if not line.fields[0].startswith("#")), None)
    first = first or (lines[0] if lines else Line(0, []))
    width = len(names) or len(first.fields)
    comments = {
        line.number
        for line in lines
        if line.fields[0].startswith("#") and len(line.fields) != width
    }
    _tell_comments([line for line in lines if line.number in comments], width, path)
    lines = [line for line in lines if line.number not in comments]
    for line in lines:
        if len(line.fields) != width:
            raise DatasetError(
                f"{path}: line {line.number} must have {width} columns, as "
                f"{'the data set' if names else f'line {first.number}'} has; "
                f"got {len(line.fields)}. Part the columns by tabs if a token has spaces in it."
            )
    left_out = comments
    if not names and _is_header(lines):
        names = lines[0].fields
        left_out = comments | {lines[0].number}
        logger.info("%s: the columns are %s.", path, ", ".join(names))
    kept = [[line for line in rows if line.number not in left_out] for rows in sentences]
    kept = [rows for rows in kept if rows]
    _tell_length(kept, path)
    return Columns(tuple(names), kept, width)


def _tell_comments(comments: Sequence[Line], width: int, path: Path) -> None:
    if any(line.fields[:2] == ["#begin", "document"] for line in comments):
        raise DatasetError(
            f"{path}: a file of columns must have a token and its tag a line; got one of CoNLL-2012, whose "
            "tokens stand in column 4 and whose names are in brackets. Convert it."
        )
    if comments:
        logger.warning(
            "%s: lines that begin with # and have not %d columns are left out as comments: %d, the "
            "first is line %d.",
            *(path, width, len(comments), comments[0].number),
        )


def without_comments(found: Columns, source: str, tag: int) -> Columns:
    """Leave out comments that have as many columns as the other lines, and tell them.

    They open a sentence with ``#``, and their last column is no tag of a span while the others are.

    Args:
        found: The lines.
        source: File for messages.
        tag: Place of the column of tags.

    Example:
        >>> lines = [[Line(1, ["#", "id"]), Line(2, ["Al", "B-PER"]), Line(3, ["x", "O"])]]
        >>> [len(rows) for rows in without_comments(Columns((), lines, 2), "a.conll", 1).sentences]
        [2]
    """
    heads = [
        list(takewhile(lambda line: line.fields[0].startswith("#"), rows))
        for rows in found.sentences
    ]
    if not any(heads):
        return found
    others = [
        line.fields[tag]
        for rows, head in zip(found.sentences, heads, strict=True)
        for line in rows[len(head) :]
    ]
    doubtful = sorted({line.fields[tag] for head in heads for line in head} - {*others})
    if not doubtful or not (alone := read([others])).spans or alone.strangers:
        return found
    strangers = {*read([others, doubtful]).strangers}
    comments = {line.number for head in heads for line in head if line.fields[tag] in strangers}
    if not comments:
        return found
    logger.warning(
        "%s: lines that begin with # and have no tag of a span are left out as comments: %d, the "
        "first is line %d.",
        *(source, len(comments), min(comments)),
    )
    kept = [[line for line in rows if line.number not in comments] for rows in found.sentences]
    return replace(found, sentences=[rows for rows in kept if rows])


def _tell_length(kept: Sequence[Sequence[Line]], path: Path) -> None:
    if len(kept) == 1 and len(kept[0]) > _LONG:
        logger.warning(
            "%s: there is no empty line, so that its %d tokens are one sentence. Put an empty line "
            "after each sentence.",
            *(path, len(kept[0])),
        )


def _sentences(path: Path, encoding: str | None) -> list[list[Line]]:
    sentences: list[list[Line]] = []
    within = False
    for number, line in enumerate(read_lines(path, encoding), 1):
        fields = _fields(line)
        if not fields or fields[0] == _DOCUMENT:
            within = False
            continue
        if not within:
            sentences.append([])
        within = True
        sentences[-1].append(Line(number, fields))
    return sentences


def _fields(line: str) -> list[str]:
    """Split a line into columns; none if it is blank."""
    fields = line.rstrip(_BLANK)
    if fields and "\t" in line:
        return fields.split("\t")
    return [field for field in fields.split(" ") if field]


def _is_header(lines: Sequence[Line]) -> bool:
    """Tell whether the first line has usual names of columns, one of tokens, and no tag of others."""
    if len(lines) < 2:
        return False
    names = [field.strip().lower() for field in lines[0].fields]
    return (
        _HEADERS.issuperset(names)
        and not {*TOKEN_NAMES}.isdisjoint(names)
        and all(line.fields[-1] != lines[0].fields[-1] for line in lines[1:])
    )


def counts(sentences: Sequence[Sequence[Line]]) -> bool:
    """Tell whether the first column counts the tokens of sentences, or of the file.

    Example:
        >>> counts([[Line(1, ["1", "a"]), Line(2, ["2", "b"])]])
        True
    """
    steps = [(a.fields[0], b.fields[0]) for sentence in sentences for a, b in pairwise(sentence)]
    hits = sum(a.isdecimal() and b.isdecimal() and int(b) == int(a) + 1 for a, b in steps)
    return bool(hits) and hits >= _MOST * len(steps)


_MOST = 0.9
"""Share of the lines whose number must be one more than that of the line before."""
