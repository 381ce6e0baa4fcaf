"""Schemes that write spans of tokens as one tag a token, and which tags may follow which.

========  =======================  ==========================================
scheme    a span of three, of one  what begins a span
========  =======================  ==========================================
IOB1      I I I, I                 I; B only directly after a span of its type
IOB2      B I I, B                 B
BIOES     B I E, S                 B, or S alone
BMES      B M E, S                 B, or S alone
BMEWO     B M E, W                 B, or W alone
BILOU     B I L, U                 B, or U alone
========  =======================  ==========================================

A tag is a letter, then ``-`` and the type (``B-PER``); a letter alone has the empty type. ``O`` is
outside of every span.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Scheme = Literal["IOB1", "IOB2", "BIOES", "BMES", "BMEWO", "BILOU"]
OUTSIDE = "O"


class Span(NamedTuple):
    """Tokens ``start`` to ``end - 1`` of a sentence, and their type."""

    start: int
    end: int
    type: str


class Allowed(NamedTuple):
    """Which tags a scheme allows: first, one after another, and last.

    Shape:
        start, end: ``(tags,)``, bool.
        transition: ``(tags, tags)``, bool; from the row's tag to the column's.
    """

    start: npt.NDArray[np.bool_]
    transition: npt.NDArray[np.bool_]
    end: npt.NDArray[np.bool_]


class Fault(NamedTuple):
    """A tag that its scheme does not allow there; ``tag`` is none at the end of a sentence."""

    position: int
    previous: str | None
    tag: str | None


class _Letters(NamedTuple):
    begin: str
    inside: str
    end: str
    single: str


SCHEMES: dict[Scheme, _Letters] = {
    "IOB1": _Letters("I", "I", "I", "I"),
    "IOB2": _Letters("B", "I", "I", "B"),
    "BIOES": _Letters("B", "I", "E", "S"),
    "BMES": _Letters("B", "M", "E", "S"),
    "BMEWO": _Letters("B", "M", "E", "W"),
    "BILOU": _Letters("B", "I", "L", "U"),
}
"""The letters of each scheme; IOB1 has a B besides, where a span follows one of its type."""

LETTERS = "BIESMWLU"
"""The letters of all schemes, without the O of what is outside of spans."""

_COMMON = {"M": "I", "W": "S", "L": "E", "U": "S"}  # to the letters of BIOES


def split_tag(tag: str) -> tuple[str, str]:
    """Return letter and type of a tag.

    Example:
        >>> split_tag("B-PER"), split_tag("S"), split_tag("O")
        (('B', 'PER'), ('S', ''), ('O', ''))
    """
    letter, _, kind = tag.partition("-")
    return letter, kind


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Return the spans that tags of any scheme stand for.

    A span begins at a B, S, U or W, after an O, an E, an L, an S, a U or a W, and where the type
    changes; that is how conlleval reads illegal sequences too.

    Example:
        >>> spans_of(["I-PER", "I-PER", "B-PER", "O", "S-LOC"])
        [Span(start=0, end=2, type='PER'), Span(start=2, end=3, type='PER'), Span(start=4, end=5, type='LOC')]

    Source: the functions ``startOfChunk`` and ``endOfChunk`` of conlleval, CoNLL-2000 shared task.
    """
    spans: list[Span] = []
    before, kind_before = OUTSIDE, ""
    for place, tag in enumerate(tags):
        letter, kind = split_tag(tag)
        letter = _COMMON.get(letter, letter)
        if letter != OUTSIDE:
            if letter in ("B", "S") or before in ("O", "E", "S") or kind != kind_before:
                spans.append(Span(place, place + 1, kind))
            else:
                spans[-1] = spans[-1]._replace(end=place + 1)
        before, kind_before = letter, kind
    return spans


def tags_of(spans: Iterable[Span], length: int, scheme: Scheme) -> list[str]:
    """Write spans that do not overlap as the tags of a sentence of ``length`` tokens.

    Example:
        >>> tags_of([Span(0, 2, "PER"), Span(2, 3, "PER")], 4, "IOB1")
        ['I-PER', 'I-PER', 'B-PER', 'O']
    """
    letters = SCHEMES[scheme]
    tags = [OUTSIDE] * length
    last = Span(-1, -1, "")
    for span in sorted(spans):
        kind = f"-{span.type}" if span.type else ""
        for place in range(span.start, span.end):
            tags[place] = letters.inside + kind
        if span.end - span.start == 1:
            tags[span.start] = letters.single + kind
        else:
            tags[span.start] = letters.begin + kind
            tags[span.end - 1] = letters.end + kind
        if scheme == "IOB1" and last.end == span.start and last.type == span.type:
            tags[span.start] = "B" + kind
        last = span
    return tags


def convert(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """Write the spans of tags of any scheme in another one.

    Example:
        >>> convert(["B-PER", "I-PER", "O"], "BIOES")
        ['B-PER', 'E-PER', 'O']
    """
    return tags_of(spans_of(tags), len(tags), scheme)


def detect(rows: Iterable[Sequence[str]]) -> Scheme | None:
    """Return the scheme of all the tags of a data set; none if they are not of spans.

    It is the one whose letters most tokens have, unless another has far fewer faults; of IOB1 and
    IOB2, which have the same letters, the one with fewer. A tag is letter, hyphen and type.

    Example:
        >>> detect([["I-PER", "O"]]), detect([["B-PER", "L-PER"]]), detect([["NOUN", "VERB"]])
        ('IOB1', 'BILOU', None)
    """
    rows = [list(row) for row in rows]
    counts = Counter(split_tag(tag) for row in rows for tag in row)
    if not counts or any(not _is_of_spans(letter, kind) for letter, kind in counts):
        return None

    def strangers(scheme: Scheme) -> int:
        own = {*SCHEMES[scheme], "B", OUTSIDE}
        return sum(count for (letter, _), count in counts.items() if letter not in own)

    def wrong(scheme: Scheme) -> int:
        return sum(len(faults(row, scheme)) for row in rows)

    least = min(map(strangers, _ORDER))
    best = next(scheme for scheme in _ORDER if strangers(scheme) == least)
    if best in _BY_LETTERS_ALONE:
        return min(_BY_LETTERS_ALONE, key=wrong)
    if (found := wrong(best)) > _FEW:  # a single letter must not make thousands of tags wrong
        other = min(_ORDER, key=wrong)
        return other if _FEW * wrong(other) < found else best
    return best


def _is_of_spans(letter: str, kind: str) -> bool:
    return (letter == OUTSIDE and not kind) or (len(letter) == 1 and letter in LETTERS)


def faults(tags: Sequence[str], scheme: Scheme) -> list[Fault]:
    """Return the places where tags break the rules of their scheme.

    Example:
        >>> faults(["O", "I-PER"], "IOB2")
        [Fault(position=1, previous='O', tag='I-PER')]
    """
    found = []
    row: list[str | None] = [None, *tags, None]
    for place, (before, tag) in enumerate(pairwise(row)):
        if not _may_follow(before, tag, scheme):
            found.append(Fault(place, before, tag))
    return found


def allowed(tags: Sequence[str], scheme: Scheme) -> Allowed:
    """Return which of ``tags`` may come first, after each other, and last.

    Example:
        >>> allowed(["B-X", "E-X", "O"], "BIOES").transition.tolist()
        [[False, True, False], [True, False, True], [True, False, True]]
    """
    return Allowed(
        np.array([_may_follow(None, tag, scheme) for tag in tags], bool),
        np.array([[_may_follow(a, b, scheme) for b in tags] for a in tags], bool),
        np.array([_may_follow(tag, None, scheme) for tag in tags], bool),
    )


_FEW = 10  # faults, and times as many
_BY_LETTERS_ALONE: tuple[Scheme, ...] = ("IOB2", "IOB1")
_ORDER: tuple[Scheme, ...] = (*_BY_LETTERS_ALONE, "BIOES", "BMES", "BMEWO", "BILOU")


@lru_cache(maxsize=1 << 14)
def _may_follow(before: str | None, tag: str | None, scheme: Scheme) -> bool:
    """Tell whether ``tag`` may come after ``before``; none is the edge of the sentence."""
    letter_before, kind_before = split_tag(before or OUTSIDE)
    letter, kind = split_tag(tag or OUTSIDE)
    if letter not in (*SCHEMES[scheme], "B", OUTSIDE):
        return False
    same = kind == kind_before
    if scheme == "IOB1":
        return letter != "B" or (letter_before in "BI" and same)
    if scheme == "IOB2":
        return letter != "I" or (letter_before in "BI" and same)
    letters = SCHEMES[scheme]
    goes_on = letter in (letters.inside, letters.end)
    is_open = letter_before in (letters.begin, letters.inside)
    return goes_on == is_open and (same or not goes_on)
