"""Word and character error rates of transcripts, what was mistaken for what, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError, ShapeError, package_of_extra

BOOTSTRAPS = 1000
INTERVAL = 0.95


class Edit(NamedTuple):
    """One place of an alignment.

    Args:
        kind: What happened there.
        reference: The word that was said; none if one was inserted.
        prediction: The word that was written; none if one was deleted.
    """

    kind: Literal["equal", "substitute", "insert", "delete"]
    reference: str | None
    prediction: str | None


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of each recording, and units (words or characters) said in it.

    Shape:
        substitutions, insertions, deletions, units: ``(n,)``, int64.
    """

    substitutions: npt.NDArray[np.int64]
    insertions: npt.NDArray[np.int64]
    deletions: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]

    @property
    def total(self) -> npt.NDArray[np.int64]:
        """Errors of all three kinds, ``(n,)``."""
        return self.substitutions + self.insertions + self.deletions

    @property
    def rate(self) -> float:
        """Errors for each unit said: at least 0, may be above 1, lower is better."""
        return _rate(self.total.sum(), self.units.sum())

    def take(self, rows: npt.NDArray[Any]) -> Errors:
        """Return those of some recordings."""
        return Errors(
            self.substitutions[rows], self.insertions[rows], self.deletions[rows], self.units[rows]
        )

    def interval(self, *, seed: int = 0) -> tuple[float, float]:
        """Return the 95 percent interval of the rate, by drawing recordings anew 1,000 times.

        Source: Bisani and Ney 2004, https://doi.org/10.1109/ICASSP.2004.1326009.
        """
        rng = np.random.default_rng(seed)
        total, count = self.total, len(self.units)
        rates = []
        for _ in range(BOOTSTRAPS):  # one after another: together they would not fit into memory
            drawn = rng.integers(0, count, count)
            rates.append(_rate(total[drawn].sum(), self.units[drawn].sum()))
        edges = np.quantile(rates, [0.5 - INTERVAL / 2, 0.5 + INTERVAL / 2])
        return float(edges[0]), float(edges[1])


def word_errors(references: Sequence[str], predictions: Sequence[str]) -> Errors:
    """Count the word errors of each recording; words are parted by spaces.

    Args:
        references: What was said.
        predictions: What was written.

    Raises:
        ShapeError: There are not as many of both.
        ConfigError: jiwer is not installed.

    Example:
        >>> errors = word_errors(["one two three", "four"], ["one too three", "four"])
        >>> errors.substitutions.tolist(), errors.rate
        ([1, 0], 0.25)
    """
    return errors_of(alignments(references, predictions))


def character_errors(references: Sequence[str], predictions: Sequence[str]) -> Errors:
    """Count the character errors of each recording; a space is a character.

    Args and errors are those of `word_errors`.

    Example:
        >>> character_errors(["three"], ["tree"]).rate
        0.2
    """
    return errors_of(alignments(references, predictions, unit="character"))


def alignments(
    references: Sequence[str],
    predictions: Sequence[str],
    *,
    unit: Literal["word", "character"] = "word",
) -> list[list[Edit]]:
    """Return for each recording the least edits from what was said to what was written.

    Args:
        references: What was said.
        predictions: What was written.
        unit: What is compared.

    Raises:
        ShapeError: There are not as many of both.
        ConfigError: jiwer is not installed.

    Example:
        >>> alignments(["one two"], ["two"])
        [[Edit(kind='delete', reference='one', prediction=None), Edit(kind='equal', reference='two', prediction='two')]]
    """
    if len(references) != len(predictions):
        raise ShapeError(
            f"alignments: references and predictions must be as many; got {len(references)} and "
            f"{len(predictions)}. Give both of the same recordings in the same order."
        )
    if not len(references):
        return []
    jiwer = package_of_extra("jiwer", "audio")
    process = jiwer.process_words if unit == "word" else jiwer.process_characters
    texts = [[" ".join(text.split()) for text in column] for column in (references, predictions)]
    found = process(*texts)
    rows = zip(found.alignments, found.references, found.hypotheses, strict=True)
    return [list(_edits(*row)) for row in rows]


def transcription_metrics(
    references: Sequence[str], predictions: Sequence[str], *, speakers: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return the figures of a set of transcripts.

    Args:
        references: What was said in each recording.
        predictions: What was written.
        speakers: Who spoke, if known.

    Returns:
        ``wer`` and ``cer`` (errors for each word or character said, lower is better), the ``wer_low``
        and ``wer_high`` of its 95 percent interval, ``accuracy`` (share of recordings without a
        mistake, higher is better), ``substitutions``, ``insertions``, ``deletions`` and ``words``
        (counts), ``n`` (recordings), and with several speakers ``speakers``: those of each.

    Raises:
        DatasetError: There is no recording.
        ShapeError: There are not as many of both.
        ConfigError: jiwer is not installed.

    Example:
        >>> figures = transcription_metrics(["one two", "three"], ["one", "three"])
        >>> round(figures["wer"], 3), figures["deletions"], figures["accuracy"]
        (0.333, 1, 0.5)
    """
    if not len(references):
        raise DatasetError("transcription_metrics: there must be a recording; got none.")
    if speakers is not None and len(speakers) != len(references):
        raise ShapeError(
            f"transcription_metrics: speakers must be as many as recordings; got {len(speakers)} and "
            f"{len(references)}."
        )
    words = word_errors(references, predictions)
    characters = character_errors(references, predictions)
    figures = _figures(words, characters)
    figures["wer_low"], figures["wer_high"] = words.interval()
    if speakers is not None and len(set(speakers)) > 1:
        who = np.array(speakers)
        figures["speakers"] = {
            name: _figures(words.take(who == name), characters.take(who == name))
            for name in sorted(set(speakers))
        }
    return figures


def confusions(edits: Sequence[Sequence[Edit]]) -> list[tuple[Edit, int]]:
    """Return every kind of error with how often it happened, the commonest first.

    Args:
        edits: As of :func:`alignments`.

    Example:
        >>> confusions(alignments(["a b", "a"], ["a c", "a"]))
        [(Edit(kind='substitute', reference='b', prediction='c'), 1)]
    """
    counts = Counter(edit for row in edits for edit in row if edit.kind != "equal")
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))


def errors_of(edits: Sequence[Sequence[Edit]]) -> Errors:
    """Count the errors of each recording.

    Args:
        edits: As of :func:`alignments`.

    Example:
        >>> errors_of(alignments(["one two"], ["two"])).deletions
        array([1])
    """
    counts = [Counter[str](edit.kind for edit in row) for row in edits]

    def column(*kinds: str) -> npt.NDArray[np.int64]:
        return np.array([sum(count[kind] for kind in kinds) for count in counts], np.int64)

    return Errors(
        column("substitute"),
        column("insert"),
        column("delete"),
        column("equal", "substitute", "delete"),
    )


def worst_first(
    characters: Errors, confidence: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.int64]:
    """Return recordings by most errors for what is said, then by least confidence.

    Args:
        characters: Character errors of each recording.
        confidence: How sure the model was of each.

    Shape:
        confidence: ``(n,)``.
        output: ``(n,)``, int64.

    Example:
        >>> worst_first(character_errors(["ab", "a", "b"], ["ab", "b", "b"]), np.array([0.9, 1, 0.5]))
        array([1, 2, 0])
    """
    rates = characters.total / np.maximum(characters.units, 1)
    order: npt.NDArray[np.int64] = np.lexsort((confidence, -rates))
    return order


def _figures(words: Errors, characters: Errors) -> dict[str, Any]:
    return {
        "wer": words.rate,
        "cer": characters.rate,
        "accuracy": float((words.total == 0).mean()),
        "substitutions": int(words.substitutions.sum()),
        "insertions": int(words.insertions.sum()),
        "deletions": int(words.deletions.sum()),
        "words": int(words.units.sum()),
        "n": len(words.units),
    }


def _edits(chunks: Any, reference: list[str], prediction: list[str]) -> Iterator[Edit]:
    for chunk in chunks:
        expected = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        written = prediction[chunk.hyp_start_idx : chunk.hyp_end_idx]
        for place in range(max(len(expected), len(written))):
            yield Edit(
                chunk.type,
                expected[place] if place < len(expected) else None,
                written[place] if place < len(written) else None,
            )


def _rate(errors: np.int64, units: np.int64) -> float:
    return int(errors) / max(int(units), 1)
