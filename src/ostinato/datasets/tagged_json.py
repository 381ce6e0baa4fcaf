"""Tagged sentences as JSON Lines: tokens and their tags, or texts and spans of their characters."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from ostinato._errors import DatasetError
from ostinato.datasets.columns import check_column
from ostinato.datasets.dataset import Cut
from ostinato.datasets.json_files import json_object, json_text
from ostinato.datasets.schemes import Span, tags_of
from ostinato.datasets.streams import open_binary, read_lines
from ostinato.datasets.tagged import Tagged

TOKENS, TEXT = "tokens", "text"
TAG_NAMES = ("tags", "ner_tags", "labels", "label", "pos_tags", "upos")
SPAN_NAMES = ("spans", "entities", "label", "labels")


class _Chars(NamedTuple):
    """A span of characters as the file gives it."""

    start: int
    end: int
    type: str


def read_rows(
    path: Path, column: str | None = None, *, cut: Cut | None = None, labelled: bool = True
) -> Tagged:
    r"""Read a JSON Lines file, one sentence a row.

    A row is ``{"tokens": […], "tags": […]}``, or a text and spans of its characters as spaCy, doccano
    and others write them: ``{"text": "…", "spans": [{"start": 0, "end": 6, "type": "PER"}]}`` or
    ``{"text": "…", "label": [[0, 6, "PER"]]}``. Tags of spans are written in IOB2. A token through
    which the edge of a span goes is cut there; white space at the edge of a span is no part of it.

    Args:
        path: The file, plain or compressed.
        column: Name of the tags or spans; None for the one with a usual name.
        cut: Tokeniser of texts with spans.
        labelled: Whether there must be tags. If not, they are read only if ``column`` is given.

    Raises:
        DatasetError: A row is malformed, or a span has no token, lies outside of the text or
            overlaps another; the message names the line.

    Example:
        >>> path = getfixture("tmp_path") / "a.jsonl"
        >>> _ = path.write_text('{"text": "Hi Al!", "spans": [{"start": 3, "end": 5, "type": "PER"}]}')
        >>> part = read_rows(path, cut=lambda text: [("Hi", 0, 2), ("Al!", 3, 6)])
        >>> part.sentences, part.tags
        ([['Hi', 'Al', '!']], [['O', 'B-PER', 'O']])
    """
    sentences: list[list[str]] = []
    tags: list[list[str]] = []
    name = None
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        row = json_object(line, where)
        if not sentences:
            name = _name(row, column, where, labelled=labelled)
        if name is not None and name not in row:
            check_column("tag", name, list(row), where)
        if isinstance(row.get(TOKENS), list):
            tokens, labels = _tokens(row, name, where)
        else:
            tokens, labels = _cut_row(row, name, cut, where)
        sentences.append(tokens)
        tags.append(labels)
    return Tagged.make(sentences, None if name is None else tags, str(path))


def has_tokens(path: Path) -> bool:
    r"""Tell whether the first row of a JSON Lines file has a list of tokens instead of a text.

    Args:
        path: The file, plain or compressed.

    Raises:
        DatasetError: The file cannot be read.

    Example:
        >>> path = getfixture("tmp_path") / "a.jsonl"
        >>> _ = path.write_text('{"tokens": ["Hi", "Al"]}\n')
        >>> has_tokens(path)
        True
    """
    with open_binary(path) as stream:
        first = next((line for line in stream if line.strip()), b"")
    try:
        row = json.loads(first)
    except ValueError:
        return False  # its reader will say what is wrong
    return isinstance(row, dict) and isinstance(row.get(TOKENS), list)


def _name(row: dict[str, Any], column: str | None, where: str, *, labelled: bool) -> str | None:
    if column is not None or not labelled:
        return column
    usual = TAG_NAMES if TOKENS in row else SPAN_NAMES
    name = next((name for name in usual if name in row), None)
    if name is None:
        raise DatasetError(
            f"{where} must have tags or spans with a usual name ({', '.join(usual)}); got "
            f"{', '.join(f'`{key}`' for key in row) or 'nothing'}. Give column (--column)."
        )
    return name


def _tokens(row: dict[str, Any], name: str | None, where: str) -> tuple[list[str], list[str]]:
    tokens = _strings(row[TOKENS], TOKENS, where)
    tags = [] if name is None else _strings(row[name], name, where)
    if name is not None and len(tags) != len(tokens):
        raise DatasetError(
            f"{where} must have as many tags as tokens; got {len(tags)} tags and {len(tokens)} "
            "tokens. Give each token one tag."
        )
    return tokens, tags


def _strings(values: Any, name: str, where: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        wrong = values
        if isinstance(values, list):
            wrong = next(value for value in values if not isinstance(value, str))
        raise DatasetError(
            f"{where}: `{name}` must be a list of strings; got {str(wrong)[:40]!r} "
            f"({type(wrong).__name__}). Write names of tags, not their numbers."
        )
    return [json_text(value, where) for value in values]


def _cut_row(
    row: dict[str, Any], name: str | None, cut: Cut | None, where: str
) -> tuple[list[str], list[str]]:
    text = row.get(TEXT)
    if not isinstance(text, str):
        raise DatasetError(
            f"{where} must have `{TOKENS}`, a list of strings, or `{TEXT}`, a string; got "
            f"{', '.join(f'`{key}`' for key in row) or 'nothing'}. Rename the fields."
        )
    if cut is None:
        raise DatasetError(
            f"{where}: a text must be split into tokens, and there is no tokeniser for it. "
            "Give cut, or write the tokens and their tags."
        )
    text = json_text(text, where)
    chars = [] if name is None else _read_spans(row[name], text, where)
    return tag_text(text, chars, cut, where)


def _read_spans(values: Any, text: str, where: str) -> list[_Chars]:
    """Return the spans of a row in order, without white space at their edges."""
    if not isinstance(values, list):
        raise DatasetError(
            f"{where}: the spans must be a list; got {type(values).__name__}. Write [] for none."
        )
    spans = sorted(_read_span(value, text, where) for value in values)
    for a, b in pairwise(spans):
        if b.start < a.end:
            raise DatasetError(
                f"{where}: spans must not overlap; got {tuple(a)} and {tuple(b)}. Leave one out."
            )
    return spans


def _read_span(value: Any, text: str, where: str) -> _Chars:
    if isinstance(value, dict):
        start = value.get("start", value.get("start_offset"))
        end = value.get("end", value.get("end_offset"))
        fields = (start, end, value.get("type", value.get("label")))
    else:
        fields = tuple(value) if isinstance(value, list) and len(value) == 3 else (None,) * 3
    start, end, kind = fields
    if type(start) is not int or type(end) is not int or not isinstance(kind, str) or not kind:
        raise DatasetError(
            f'{where}: a span must be {{"start": 0, "end": 6, "type": "PER"}} or [0, 6, "PER"]; '
            f"got {str(value)[:80]}. Correct it."
        )
    if not 0 <= start < end <= len(text):
        raise DatasetError(
            f"{where}: a span must lie in its text of {len(text)} characters and have one at least; "
            f"got {start} to {end}. Count characters, not bytes, from 0."
        )
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return _Chars(start, end, json_text(kind, where))


def tag_text(
    text: str, spans: Sequence[tuple[int, int, str]], cut: Cut, where: str
) -> tuple[list[str], list[str]]:
    """Split a text into tokens, also at the edges of spans, and tag them in IOB2.

    Args:
        text: The text.
        spans: Start, end and type of each span of characters, in order, without overlap.
        cut: The tokeniser.
        where: File and line for the message.

    Raises:
        DatasetError: A span has no token.

    Example:
        >>> tag_text("in Seoul", [(3, 8, "LOC")], lambda text: [("in", 0, 2), ("Seoul", 3, 8)], "")
        (['in', 'Seoul'], ['O', 'B-LOC'])
    """
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    tokens: list[str] = []
    starts: list[int] = []
    for token, start, end in cut(text):
        inner = edges[bisect_left(edges, start + 1) : bisect_left(edges, end)]
        bounds = [start, *inner, end]
        for a, b in pairwise(bounds):
            piece = text[a:b] if inner else token
            if not piece.isspace():
                tokens.append(piece)
                starts.append(a)
    found = [
        Span(bisect_left(starts, start), bisect_left(starts, end), kind)
        for start, end, kind in spans
    ]
    for span, (start, end, _) in zip(found, spans, strict=True):
        if span.start == span.end:
            raise DatasetError(
                f"{where}: a span must have a token; characters {start} to {end}, "
                f"{text[start:end]!r}, have none. Leave the span out."
            )
    return tokens, tags_of(found, len(tokens), "IOB2")
