"""Sentences as running text in which right and predicted tags are marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from ostinato.datasets.records.schemes import Span, spans_of
from ostinato.report.windows import Window, windows_around
from ostinato.runs.tagging import Sentence

Kind = Literal["right", "missed", "wrong", "mistaken"]

MARGIN = 30
"""Tokens that are shown before and after a fault."""

MAX_FAULTS = 5
"""Faults of one sentence around which it is shown."""

MAX_LETTERS = 80
"""Letters of one token that are shown."""

CJK = re.compile(
    "[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Tokens to be marked.

    Args:
        start: First token.
        end: One past the last token.
        kind: A span or tag that is right; a right span that was missed; a predicted one that is
            wrong; or a token whose tag was mistaken.
        name: Type of the span, or right tag of the token.
        taken_for: Predicted tag of a token that was mistaken.
        confidence: Probability of what was predicted, for wrong spans and mistaken tags.
    """

    start: int
    end: int
    kind: Kind
    name: str
    taken_for: str = ""
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of running text.

    Args:
        text: The text.
        mark: How it is marked, if it is.
        is_last: Whether it is the last piece of its mark that is shown.
        num_left_out: Tokens that are left out here, instead of a text.
    """

    text: str = ""
    mark: Mark | None = None
    is_last: bool = False
    num_left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Example:
    """One sentence with its right and its predicted tags.

    Args:
        right: The right spans; or the only line, in which each token has its tag.
        predicted: The predicted spans; nothing if tags stand for none, or if all are right.
        num_spans: Right spans, or tokens.
        num_wrong: Predicted spans that are wrong, or mistaken tags.
        num_missed: Right spans that were not predicted.
        confidence: Highest probability that the model gave to one of its faults; of a sentence
            without one, the lowest of what it predicted.
        num_tokens: Length of the sentence.
        times: How often the same sentence got the same tags.
    """

    right: tuple[Piece, ...]
    predicted: tuple[Piece, ...]
    num_spans: int
    num_wrong: int
    num_missed: int
    confidence: float
    num_tokens: int
    times: int = 1

    @property
    def text(self) -> str:
        """The text that is shown."""
        return "".join(piece.text for piece in self.right)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Tokens that the model got wrong, and how sure of it it was."""

    start: int
    end: int
    confidence: float


def faults(sentence: Sentence, *, are_spans: bool) -> list[Fault]:
    """Return what is wrong in a sentence, most confident first.

    The confidence of a predicted span that is wrong is its own. That of a span of whose tokens none
    is in such a one is that of the least certain tag in its place.

    Args:
        sentence: The sentence.
        are_spans: Whether its tags stand for spans.
    """
    found = list(_wrong_spans(sentence) if are_spans else _wrong_tags(sentence))
    return sorted(found, key=lambda fault: -fault.confidence)


def show(sentence: Sentence, found: Sequence[Fault], *, are_spans: bool, times: int = 1) -> Example:
    """Return a sentence as text around its faults, the most confident ones if there are many.

    A sentence without any is shown around its first spans, or from its beginning.

    Args:
        sentence: The sentence.
        found: Its faults; see `faults`.
        are_spans: Whether its tags stand for spans.
        times: How often it got the same tags.
    """
    lines = _span_marks(sentence) if are_spans else (_tag_marks(sentence), [])
    around = [(fault.start, fault.end) for fault in found] or [
        (mark.start, mark.end) for mark in lines[0]
    ]
    edges = (place for start, end in around[:MAX_FAULTS] for place in (start, end - 1))
    windows = windows_around(edges, len(sentence.tokens), MARGIN)
    right, predicted = (_line(sentence.tokens, windows, marks) for marks in lines)
    kinds = [mark.kind for marks in lines for mark in marks]
    return Example(
        right=right,
        predicted=predicted if are_spans and found else (),
        num_spans=len(lines[0]),
        num_wrong=kinds.count("wrong") + kinds.count("mistaken"),
        num_missed=kinds.count("missed"),
        confidence=found[0].confidence
        if found
        else least_confidence(sentence, are_spans=are_spans),
        num_tokens=len(sentence.tokens),
        times=times,
    )


def least_confidence(sentence: Sentence, *, are_spans: bool) -> float:
    """Return the lowest probability of a predicted span, or tag; 1 of none.

    Args:
        sentence: The sentence.
        are_spans: Whether its tags stand for spans.
    """
    shares = sentence.span_confidence if are_spans else sentence.confidence
    return float(shares.min(initial=1.0))


def separators(tokens: Sequence[str]) -> list[str]:
    """Return what stands before each token: nothing in Chinese and Japanese, else a space.

    Where each token is a character, as in Chinese data, digits and letters stand together too.

    Example:
        >>> separators(["in", "Seoul"]), separators(["北京", "大学"]), separators(list("1月"))
        (['', ' '], ['', ''], ['', ''])
    """
    are_characters = all(len(token) == 1 for token in tokens)
    if are_characters and any(CJK.match(token) for token in tokens):
        return [""] * len(tokens)
    ends = [
        (CJK.match(token[:1]) is not None, CJK.match(token[-1:]) is not None) for token in tokens
    ]
    inside = [before and after for (_, before), (after, _) in pairwise(ends)]
    return ["", *("" if closed else " " for closed in inside)][: len(tokens)]


def _wrong_spans(sentence: Sentence) -> Iterator[Fault]:
    right, found = spans_of(sentence.labels), spans_of(sentence.predictions)
    gold, predicted = set(right), set(found)
    is_taken = np.zeros(len(sentence.tokens), dtype=np.bool_)
    for span, confidence in zip(found, sentence.span_confidence.tolist(), strict=True):
        if span not in gold:
            is_taken[span.start : span.end] = True
            yield Fault(start=span.start, end=span.end, confidence=confidence)
    for span in right:
        if span not in predicted and not is_taken[span.start : span.end].any():
            least = float(sentence.confidence[span.start : span.end].min())
            yield Fault(start=span.start, end=span.end, confidence=least)


def _wrong_tags(sentence: Sentence) -> Iterator[Fault]:
    pairs = zip(sentence.labels, sentence.predictions, strict=True)
    for place, (label, prediction) in enumerate(pairs):
        if label != prediction:
            confidence = float(sentence.confidence[place])
            yield Fault(start=place, end=place + 1, confidence=confidence)


def _span_marks(sentence: Sentence) -> tuple[list[Mark], list[Mark]]:
    right, found = spans_of(sentence.labels), spans_of(sentence.predictions)
    gold, predicted = set(right), set(found)
    confidence = sentence.span_confidence.tolist()
    return (
        [_mark(span, "right" if span in predicted else "missed") for span in right],
        [
            _mark(span, "right") if span in gold else _mark(span, "wrong", sure)
            for span, sure in zip(found, confidence, strict=True)
        ],
    )


def _mark(span: Span, kind: Kind, confidence: float | None = None) -> Mark:
    return Mark(start=span.start, end=span.end, kind=kind, name=span.type, confidence=confidence)


def _tag_marks(sentence: Sentence) -> list[Mark]:
    return [
        Mark(start=place, end=place + 1, kind="right", name=label)
        if label == prediction
        else Mark(
            start=place,
            end=place + 1,
            kind="mistaken",
            name=label,
            taken_for=prediction,
            confidence=confidence,
        )
        for place, (label, prediction, confidence) in enumerate(
            zip(sentence.labels, sentence.predictions, sentence.confidence.tolist(), strict=True)
        )
    ]


def _line(
    tokens: Sequence[str], windows: Sequence[Window], marks: Sequence[Mark]
) -> tuple[Piece, ...]:
    """Return the text inside the windows, cut where marks begin and end."""
    before = separators(tokens)

    def text(start: int, end: int) -> str:
        return "".join(before[place] + _shortened(tokens[place]) for place in range(start, end))

    pieces: list[Piece] = []
    shown = 0
    following = [*(start for start, _ in windows[1:]), len(tokens)]
    for (start, end), next_start in zip(windows, following, strict=True):
        pieces.append(Piece(num_left_out=start - shown))
        shown = start
        for mark in marks:
            first, last = max(mark.start, start), min(mark.end, end)
            if first < last:
                pieces.append(Piece(text=text(shown, first) + before[first]))
                inside = text(first, last).removeprefix(before[first])
                pieces.append(Piece(text=inside, mark=mark, is_last=mark.end <= next_start))
                shown = last
        pieces.append(Piece(text=text(shown, end)))
        shown = end
    pieces.append(Piece(num_left_out=len(tokens) - shown))
    return tuple(piece for piece in pieces if piece != Piece())


def _shortened(token: str) -> str:
    return token if len(token) <= MAX_LETTERS else f"{token[:MAX_LETTERS]}…"
