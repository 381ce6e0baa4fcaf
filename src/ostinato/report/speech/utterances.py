"""Recordings for reading and looking at: those that a recogniser got most wrong, and right ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ostinato.metrics.transcription import Edit, Errors, worst_first
from ostinato.report.formatting import language
from ostinato.report.speech.errors import rate
from ostinato.report.speech.utterance_plot import draw
from ostinato.report.windows import windows_around
from ostinato.runs.run import Labels
from ostinato.runs.speech import TranscriptPredictions

NUM_UTTERANCES = 12
"""Recordings that are shown."""

NUM_RIGHT = 12
"""Right ones that are shown beside them."""

MAX_EDITS = 250
"""Words, or characters, of one recording that are shown."""

WHOLE = 60
"""Words, or characters, up to which all of them are."""

MARGIN = 12
"""Those that are shown before and after an error in a longer recording."""

MAX_LETTERS = 80
"""Letters of one word that are shown."""

MAX_TEXT = 600
"""Letters of a right transcript that are shown."""

WITHOUT_SPACES = ("zh", "ja")
"""Languages that do not separate words by spaces."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Words or characters that are shown, and how many are left out before them, all right."""

    num_before: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One recording, what was said in it and what was written.

    Args:
        number: Its place on the page, from 1.
        audio: What it is called.
        speaker: Who speaks, if known.
        stretches: What was said beside what was written, word by word, or character by character;
            of a long recording around its errors.
        num_more: Words or characters that are left out after these.
        num_wrong_more: Wrong ones among them.
        num_wrong: Wrong words or characters.
        num_reference: Words or characters that were said.
        cer: Character errors for each character said; None if none was said.
        confidence: Probability of what was written.
        seconds: Length of the recording.
        seconds_shown: How much of it is drawn.
        plot: Waveform, spectrogram and probabilities as SVG; empty if they were not kept.
    """

    number: int
    audio: str
    speaker: str | None
    stretches: tuple[Stretch, ...]
    num_more: int
    num_wrong_more: int
    num_wrong: int
    num_reference: int
    cer: float | None
    confidence: float
    seconds: float
    seconds_shown: float
    plot: str

    @property
    def text(self) -> str:
        """What was said and written, as far as it is shown."""
        return "".join(
            (edit.reference or "") + (edit.prediction or "")
            for stretch in self.stretches
            for edit in stretch.edits
        )


def are_characters(transcripts: Sequence[str], labels: Labels) -> bool:
    """Return whether texts are to be compared by characters, as words are not parted in them.

    Args:
        transcripts: What was said.
        labels: Symbols of the model.

    Example:
        >>> are_characters(["今天 天气 好"], Labels(unit="word")), are_characters(["今天天气好"], Labels())
        (False, True)
    """
    return labels.unit != "word" and language("".join(transcripts)) in WITHOUT_SPACES


def worst(
    predictions: TranscriptPredictions,
    labels: Labels,
    edits: Sequence[Sequence[Edit]],
    characters: Errors,
) -> tuple[Utterance, ...]:
    """Return the recordings with most errors for what is said, then the least sure ones.

    Args:
        predictions: Recordings of a split.
        labels: Symbols of the model.
        edits: What was said beside what was written in each, in the unit to be shown.
        characters: Character errors of each.
    """
    order = worst_first(characters, predictions.confidence)[:NUM_UTTERANCES]
    return tuple(
        _utterance(number, row, predictions, labels, edits[row], characters)
        for number, row in enumerate(order.tolist(), start=1)
    )


@dataclass(frozen=True, kw_only=True)
class RightAnswer:
    """A recording without a mistake.

    Args:
        audio: What it is called.
        speaker: Who speaks, if known.
        text: What was said, and written.
        confidence: Probability of what was written.
        seconds: Length of the recording.
        times: How many recordings without a mistake say the same.
    """

    audio: str
    speaker: str | None
    text: str
    confidence: float
    seconds: float
    times: int


def right_answers(
    predictions: TranscriptPredictions, is_right: NDArray[np.bool_]
) -> tuple[RightAnswer, ...]:
    """Return the surest right recording of each transcript, long transcripts first.

    Args:
        predictions: Recordings of a split.
        is_right: Which are without a mistake.

    Shape:
        is_right: ``(n,)``.
    """
    rows = [row for row in np.flatnonzero(is_right).tolist() if predictions.labels[row]]
    times = Counter(predictions.labels[row] for row in rows)
    surest: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: -predictions.confidence[row]):
        surest.setdefault(predictions.labels[row], row)
    order = sorted(surest.values(), key=lambda row: -len(predictions.labels[row].split()))
    return tuple(
        RightAnswer(
            audio=predictions.audio[row],
            speaker=predictions.speakers[row],
            text=_shortened(predictions.predictions[row], MAX_TEXT),
            confidence=float(predictions.confidence[row]),
            seconds=float(predictions.seconds[row]),
            times=times[predictions.labels[row]],
        )
        for row in order[:NUM_RIGHT]
    )


def stretches(edits: Sequence[Edit]) -> tuple[Stretch, ...]:
    """Return what is shown of an alignment: all of a short one, else what is near errors.

    Args:
        edits: What was said beside what was written.
    """
    wrong = [place for place, edit in enumerate(edits) if edit.kind != "equal"]
    windows = [(0, len(edits))]
    if len(edits) > WHOLE and wrong:
        windows = windows_around(wrong, len(edits), MARGIN)
    shown, left, found = 0, MAX_EDITS, []
    for start, whole_end in windows:
        end = min(whole_end, start + left)
        if end > start:
            kept = (
                Edit(edit.kind, _shortened(edit.reference), _shortened(edit.prediction))
                for edit in edits[start:end]
            )
            found.append(Stretch(num_before=start - shown, edits=tuple(kept)))
            shown, left = end, left - (end - start)
    return tuple(found)


def _utterance(
    number: int,
    row: int,
    predictions: TranscriptPredictions,
    labels: Labels,
    edits: Sequence[Edit],
    characters: Errors,
) -> Utterance:
    picture = predictions.pictures.get(row)
    name = f"utterance-{number}"
    seconds = float(predictions.seconds[row])
    parts = stretches(edits)
    num_seen = sum(part.num_before + len(part.edits) for part in parts)
    return Utterance(
        number=number,
        audio=predictions.audio[row],
        speaker=predictions.speakers[row],
        stretches=parts,
        num_more=len(edits) - num_seen,
        num_wrong_more=sum(edit.kind != "equal" for edit in edits[num_seen:]),
        num_wrong=sum(edit.kind != "equal" for edit in edits),
        num_reference=sum(edit.reference is not None for edit in edits),
        cer=rate(characters.take(np.array([row]))),
        confidence=float(predictions.confidence[row]),
        seconds=seconds,
        seconds_shown=min(picture.seconds, seconds) if picture else 0.0,
        plot=draw(picture, labels.classes, name, f"{name}-title drawings-hint") if picture else "",
    )


@overload
def _shortened(text: str, most: int = MAX_LETTERS) -> str: ...
@overload
def _shortened(text: str | None, most: int = MAX_LETTERS) -> str | None: ...
def _shortened(text: str | None, most: int = MAX_LETTERS) -> str | None:
    return text if text is None or len(text) <= most else f"{text[:most]}…"
