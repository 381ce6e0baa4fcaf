"""Which errors a recogniser makes, how often, and in which recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.metrics.transcription import Edit, Errors, confusions

NUM_CONFUSIONS = 10
NUM_LENGTHS = 6
FEW = 5
"""A group by length has at least as many recordings, if there are that many."""

KINDS = ("substitutions", "insertions", "deletions")


@dataclass(frozen=True, kw_only=True)
class Count:
    """Errors of one kind.

    Args:
        count: How many.
        share: Their share of all errors; None if there are none.
        rate: Errors for each unit said; None if nothing was said.
    """

    count: int
    share: float | None
    rate: float | None


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """Errors of one kind, in words and in characters."""

    name: str
    words: Count
    characters: Count


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """What was mistaken for what.

    Args:
        edit: What was said and what was written instead.
        count: How often.
        share: Of the times it was said; None if it was not, but written.
    """

    edit: Edit
    count: int
    share: float | None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Figures of some recordings.

    Args:
        name: What they have in common; None if that is not known.
        n: How many there are.
        num_words: Words said in them.
        wer: Word errors for each word said; None if none was said.
        interval: Its 95 % interval.
        cer: Character errors for each character said; None if none was said.
        accuracy: Share of the recordings without a mistake.
    """

    name: str | None
    n: int
    num_words: int
    wer: float | None
    interval: tuple[float, float] | None
    cer: float | None
    accuracy: float


def breakdown(words: Errors, characters: Errors) -> tuple[KindRow, ...]:
    """Return the errors of each kind, and of all three together.

    Args:
        words: Word errors of each recording.
        characters: Character errors of each recording.
    """
    return tuple(
        KindRow(name=kind, words=_count(words, kind), characters=_count(characters, kind))
        for kind in (*KINDS, "total")
    )


def commonest(edits: Sequence[Sequence[Edit]]) -> tuple[Confusion, ...]:
    """Return the commonest confusions, the commonest first.

    Args:
        edits: As of `ostinato.metrics.alignments`.

    Example:
        >>> from ostinato.metrics import alignments
        >>> [(row.edit.prediction, row.share) for row in commonest(alignments(["a b b"], ["a c b"]))]
        [('c', 0.5)]
    """
    reference_counts = Counter(
        edit.reference for row in edits for edit in row if edit.reference is not None
    )
    return tuple(
        Confusion(
            edit=edit,
            count=count,
            share=None if edit.reference is None else count / reference_counts[edit.reference],
        )
        for edit, count in confusions(edits)[:NUM_CONFUSIONS]
    )


def by_length(seconds: NDArray[np.float64], words: Errors, characters: Errors) -> tuple[Group, ...]:
    """Return the figures of short to long recordings, in groups of about as many each.

    Args:
        seconds: Length of each recording.
        words: Word errors of each.
        characters: Character errors of each.

    Shape:
        seconds: ``(n,)``.
    """
    num_groups = max(min(NUM_LENGTHS, len(seconds) // FEW), 1)
    steps = np.arange(1, num_groups) / num_groups
    edges = np.unique(np.quantile(seconds, steps, method="inverted_cdf"))
    which = np.searchsorted(edges, seconds, side="left")
    decimals = 1 if seconds.max() >= 10 else 2
    groups = []
    for number in np.unique(which):
        rows = np.flatnonzero(which == number)
        low, high = (f"{edge:.{decimals}f}" for edge in (seconds[rows].min(), seconds[rows].max()))
        name = low if low == high else f"{low}–{high}"
        groups.append(_group(name, words.take(rows), characters.take(rows)))
    return tuple(groups)


def by_speaker(
    speakers: Sequence[str | None], words: Errors, characters: Errors
) -> tuple[Group, ...]:
    """Return the figures of each speaker, the worst first; none if there are not several.

    Args:
        speakers: Who speaks in each recording; None where that is not known.
        words: Word errors of each.
        characters: Character errors of each.
    """
    rows_of: dict[str | None, list[int]] = {}
    for row, speaker in enumerate(speakers):
        rows_of.setdefault(speaker, []).append(row)
    if len(rows_of) < 2:
        return ()
    groups = [
        _group(speaker, words.take(np.array(rows)), characters.take(np.array(rows)))
        for speaker, rows in rows_of.items()
    ]
    return tuple(sorted(groups, key=lambda group: (-(group.wer or 0), group.name or "")))


def rate(errors: Errors) -> float | None:
    """Return errors for each unit said; None if nothing was said."""
    return errors.rate if errors.units.sum() else None


def _count(errors: Errors, kind: str) -> Count:
    counts: NDArray[Any] = getattr(errors, kind)
    count, total, units = (int(column.sum()) for column in (counts, errors.total, errors.units))
    return Count(
        count=count,
        share=count / total if total else None,
        rate=count / units if units else None,
    )


def _group(name: str | None, words: Errors, characters: Errors) -> Group:
    wer = rate(words)
    return Group(
        name=name,
        n=len(words.units),
        num_words=int(words.units.sum()),
        wer=wer,
        interval=None if wer is None else words.interval(),
        cer=rate(characters),
        accuracy=float((words.total == 0).mean()),
    )
