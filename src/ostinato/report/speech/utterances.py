"""The recordings that a recogniser got most wrong, for reading and looking at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ostinato.metrics.transcription import Edit, Errors, worst_first
from ostinato.report.formatting import language
from ostinato.report.speech.errors import rate
from ostinato.report.speech.utterance_plot import draw
from ostinato.runs.run import Labels
from ostinato.runs.speech import TranscriptPredictions

NUM_UTTERANCES = 12
"""Recordings that are shown."""

MAX_EDITS = 250
"""Words, or characters, of one recording that are shown."""

MAX_LETTERS = 80
"""Letters of one word that are shown."""

WITHOUT_SPACES = ("zh", "ja")
"""Languages that do not separate words by spaces."""


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One recording, what was said in it and what was written.

    Args:
        number: Its place on the page, from 1.
        audio: What it is called.
        speaker: Who speaks, if known.
        edits: What was said beside what was written, word by word, or character by character.
        num_more: Words or characters that are left out after these.
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
    edits: tuple[Edit, ...]
    num_more: int
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
        return "".join((edit.reference or "") + (edit.prediction or "") for edit in self.edits)


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
    return Utterance(
        number=number,
        audio=predictions.audio[row],
        speaker=predictions.speakers[row],
        edits=tuple(
            Edit(edit.kind, _shortened(edit.reference), _shortened(edit.prediction))
            for edit in edits[:MAX_EDITS]
        ),
        num_more=max(len(edits) - MAX_EDITS, 0),
        num_wrong=sum(edit.kind != "equal" for edit in edits),
        num_reference=sum(edit.reference is not None for edit in edits),
        cer=rate(characters.take(np.array([row]))),
        confidence=float(predictions.confidence[row]),
        seconds=seconds,
        seconds_shown=min(picture.seconds, seconds) if picture else 0.0,
        plot=draw(picture, labels.classes, name, f"{name}-title drawings-hint") if picture else "",
    )


def _shortened(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}…"
