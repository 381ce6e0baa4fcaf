"""Spans of the characters of a text, however a file gives them, and the tags that they make of tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ostinato._errors import DatasetError, shown
from ostinato.datasets.dataset import Cut
from ostinato.datasets.json_files import json_text
from ostinato.datasets.records.schemes import Span, tags_of

START_NAMES = ("start", "start_offset", "start_idx", "begin", "startOffset")
END_NAMES = ("end", "end_offset", "end_idx", "endOffset")
TYPE_NAMES = ("type", "label", "labels", "entity_group", "entity_type", "category", "tag", "class")
MENTION_NAMES = ("text", "mention", "entity")


class Chars(NamedTuple):
    """Characters ``start`` to ``end - 1`` of a text, and the type of their span."""

    start: int
    end: int
    type: str


def read_spans(values: Any, text: str, where: str) -> list[Chars]:
    """Return the spans of a row in order, without white space at their edges.

    Args:
        values: A list of ``{"start": 0, "end": 6, "type": "PER"}`` or ``[0, 6, "PER"]``; or, as CLUENER
            has them, the places of each mention of each type, ends included.
        text: The text.
        where: File and line for messages.

    Raises:
        DatasetError: A span is malformed, lies outside of the text, is not the mention that stands
            beside it, or overlaps another.

    Example:
        >>> read_spans([[0, 4, "PER"]], "Anna sings", "")
        [Chars(start=0, end=4, type='PER')]
        >>> read_spans({"PER": {"Anna": [[0, 3]]}}, "Anna sings", "")
        [Chars(start=0, end=4, type='PER')]
    """
    if isinstance(values, dict):
        values = _of_types(values, where)
    if not isinstance(values, list):
        raise DatasetError(
            f"{where}: the spans must be a list; got {type(values).__name__}. Write [] for none."
        )
    spans = sorted(_read_span(value, text, where) for value in values)
    for a, b in pairwise(spans):
        if b.start < a.end:
            raise DatasetError(
                f"{where}: spans must not overlap; got {_shown(a)} and {_shown(b)}. Leave one out."
            )
    return spans


def _shown(span: Chars) -> str:
    return f"({span.start}, {span.end}, {span.type[:40]!r})"


def _of_types(types: dict[str, Any], where: str) -> list[dict[str, Any]]:
    spans = []
    for kind, mentions in types.items():
        for mention, places in mentions.items() if isinstance(mentions, dict) else [("", None)]:
            for place in places if isinstance(places, list) else [None]:
                if not isinstance(place, list) or len(place) != 2:
                    raise DatasetError(
                        f'{where}: spans by type must be {{"PER": {{"Anna": [[0, 3]]}}}}; got '
                        f"{str(mentions)[:80]}. Correct it, or write a list of spans."
                    )
                spans.append({"start": place[0], "end": place[1], "type": kind, "text": mention})
    return spans


def _read_span(value: Any, text: str, where: str) -> Chars:
    start, end, kind, mention = _fields(value)
    if type(start) is not int or type(end) is not int or not isinstance(kind, str) or not kind:
        raise DatasetError(
            f'{where}: a span must be {{"start": 0, "end": 6, "type": "PER"}} or [0, 6, "PER"]; '
            f"got {str(value)[:80]}. Correct it."
        )
    if isinstance(mention, str) and mention:
        start, end = _placed(start, end, mention, text, where)
    if not 0 <= start < end <= len(text):
        raise DatasetError(
            f"{where}: a span must lie in its text of {len(text)} characters and have one at least; "
            f"got {start} to {end}. Count characters, not bytes, from 0."
        )
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return Chars(start, end, json_text(kind, where))


def _fields(value: Any) -> tuple[Any, Any, Any, Any]:
    """Return start, end, type and mention of a span; none for what it has not."""
    if not isinstance(value, dict):
        a, b, c = value if isinstance(value, list) and len(value) == 3 else (None,) * 3
        return (b, c, a, None) if isinstance(a, str) else (a, b, c, None)
    kind, mention = _first(value, TYPE_NAMES), _first(value, MENTION_NAMES)
    if "entity" in value and kind in (None, value["entity"]):  # the type, not the mention
        kind, mention = value["entity"], _first(value, MENTION_NAMES[:2])
    if isinstance(kind, list) and len(kind) == 1:
        kind = kind[0]
    return _first(value, START_NAMES), _first(value, END_NAMES), kind, mention


def _first(value: dict[str, Any], names: Sequence[str]) -> Any:
    return next((value[name] for name in names if value.get(name) is not None), None)


def _placed(start: int, end: int, mention: str, text: str, where: str) -> tuple[int, int]:
    """Return where a mention stands: at its characters, ends included or not, or in units of UTF-16."""
    for stop in (end, end + 1):
        if 0 <= start < stop and text[start:stop].strip() == mention.strip() != "":
            return start, stop
    units = text.encode("utf-16-le")
    first = len(units[: 2 * max(start, 0)].decode("utf-16-le", "replace"))
    if text[first : first + len(mention)] == mention:
        return first, first + len(mention)
    raise DatasetError(
        f"{where}: a span must be the text that stands beside it, {shown(mention, 40)}; characters {start} "
        f"to {end} are {shown(text[max(start, 0) : max(end, 0)], 40)}. Count characters, not bytes, from 0."
    )


def within_words(text: str, spans: Sequence[Chars]) -> list[str]:
    """Return the text of the spans that begin or end between two letters of an alphabet.

    Args:
        text: The text.
        spans: Its spans.

    Example:
        >>> within_words("Anna sings", [Chars(0, 3, "PER"), Chars(5, 10, "VERB")])
        ['Ann']
        >>> within_words("我在北京", [Chars(2, 4, "LOC")])
        []
    """

    def is_within(place: int) -> bool:
        near = text[place - 1 : place + 1] if place else ""
        return len(near) == 2 and near.isalpha() and max(near) < _IDEOGRAPHS

    return [
        text[one.start : one.end] for one in spans if is_within(one.start) or is_within(one.end)
    ]


_IDEOGRAPHS = "\u2e80"  # from here on scripts are written without blanks


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
                f"{shown(text[start:end])}, have none. Leave the span out."
            )
    return tokens, tags_of(found, len(tokens), "IOB2")
