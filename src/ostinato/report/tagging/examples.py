"""Which sentences a page shows: the most confident mistakes, and right answers of many types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ostinato.datasets.records.schemes import spans_of
from ostinato.report.tagging.sentences import Example, Fault, faults, least_confidence, show
from ostinato.runs.tagging import Sentence

NUM_MISTAKES = 30
NUM_RIGHT = 12

Found = tuple[Sentence, Sequence[Fault]]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Sentences, each different one once.

    Args:
        shown: The first of them.
        num: How many there are.
        num_different: How many different ones.
    """

    shown: tuple[Example, ...]
    num: int
    num_different: int


def examples(sentences: Iterable[Sentence], *, are_spans: bool) -> tuple[Examples, Examples]:
    """Return the sentences with mistakes, and those without.

    The mistakes of which the model was surest come first; of the right answers those with the most
    different types or tags, then the surest. A right sentence without a span is counted only.

    Args:
        sentences: The sentences.
        are_spans: Whether their tags stand for spans.
    """
    found = [(sentence, faults(sentence, are_spans=are_spans)) for sentence in sentences]
    wrong = [pair for pair in found if pair[1]]
    right = [pair for pair in found if not pair[1] and pair[0].tokens]
    kinds = [
        len({span.type for span in spans_of(sentence.labels)} if are_spans else {*sentence.labels})
        for sentence, _ in right
    ]
    telling = [(pair, count) for pair, count in zip(right, kinds, strict=True) if count]
    telling.sort(key=lambda one: (-one[1], -least_confidence(one[0][0], are_spans=are_spans)))
    wrong.sort(key=lambda pair: -pair[1][0].confidence)
    return (
        _examples(wrong, len(wrong), NUM_MISTAKES, are_spans=are_spans),
        _examples([pair for pair, _ in telling], len(right), NUM_RIGHT, are_spans=are_spans),
    )


def _examples(found: Sequence[Found], num: int, most: int, *, are_spans: bool) -> Examples:
    """Return the first of each group of like sentences, with the size of the group."""
    times = Counter(_key(sentence) for sentence, _ in found)
    first: dict[tuple[tuple[str, ...], ...], Found] = {}
    for pair in found:
        first.setdefault(_key(pair[0]), pair)
    return Examples(
        shown=tuple(
            show(*pair, are_spans=are_spans, times=times[key])
            for key, pair in list(first.items())[:most]
        ),
        num=num,
        num_different=len(first),
    )


def _key(sentence: Sentence) -> tuple[tuple[str, ...], ...]:
    return tuple(sentence.tokens), tuple(sentence.labels), tuple(sentence.predictions)
