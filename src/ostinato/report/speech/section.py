"""Runs of speech recognition: their predictions, and what the page shows of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ostinato.metrics.classification import Calibration, calibration
from ostinato.metrics.paired import Tally
from ostinato.metrics.transcription import alignments, confusions, errors_of
from ostinato.report import formatting, plots
from ostinato.report.section import Balance, Curve, Headline, Task, balance_rows, loss_curve, note
from ostinato.report.speech.errors import (
    Confusion,
    Group,
    KindRow,
    breakdown,
    by_length,
    by_speaker,
    commonest,
)
from ostinato.report.speech.keyword_tables import KeywordTables, keyword_tables
from ostinato.report.speech.tally import of_transcripts
from ostinato.report.speech.utterances import (
    RightAnswer,
    Utterance,
    are_characters,
    right_answers,
    worst,
)
from ostinato.runs.run import Labels, SplitFacts
from ostinato.runs.speech import (
    FRAMES_PER_SECOND,
    TranscriptPredictions,
)

NUM_WORDS = 50
"""Words of which the page tells how often they stand in each split."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """What the predictions of one split say.

    Args:
        breakdown: Errors of each kind.
        confused_words: The commonest confusions of words; none where words are not parted by spaces.
        num_confused_words: How many there are.
        confused_characters: The commonest confusions of characters.
        num_confused_characters: How many there are.
        keywords: What keywords are taken for, if the recogniser tells keywords.
        by_length: Figures of short to long recordings.
        by_speaker: Figures of each speaker, worst first; none if there are not several.
        calibration: Confidence of whole transcripts against how often they are right.
        utterances: The worst recordings, worst first.
        right: Recordings without a mistake, each transcript once.
        are_characters: Whether texts are compared by characters, as words are not parted in them.
        n: Number of recordings.
        num_wrong: Number of those with a mistake.
        plots: Drawings by name, SVG.
    """

    breakdown: tuple[KindRow, ...]
    confused_words: tuple[Confusion, ...]
    num_confused_words: int
    confused_characters: tuple[Confusion, ...]
    num_confused_characters: int
    keywords: KeywordTables | None
    by_length: tuple[Group, ...]
    by_speaker: tuple[Group, ...]
    calibration: Calibration
    utterances: tuple[Utterance, ...]
    right: tuple[RightAnswer, ...]
    are_characters: bool
    n: int
    num_wrong: int
    plots: Mapping[str, str]


class Transcription(Task[TranscriptPredictions]):
    """Recordings of speech, and what is said in them."""

    template = "speech/section.html"
    sections = (
        ("errors", "Errors"),
        ("utterances", "Worst recordings"),
        ("right", "Right answers"),
        ("trust", "Trust"),
    )
    example = "recording"
    unit = "frame"
    unknown = "symbols that are not in the alphabet"
    units_per_second = FRAMES_PER_SECOND
    has_images = True
    curves = (
        loss_curve(
            "Negative log-likelihood of the transcripts in nats per symbol; lower is better."
        ),
        Curve(
            key="cer",
            name="CER",
            hint="Wrong characters for each character said; lower is better.",
            lower_is_better=True,
        ),
        Curve(
            key="wer",
            name="WER",
            hint="Wrong words for each word said; lower is better.",
            lower_is_better=True,
        ),
    )

    def title(self, labels: Labels) -> str:
        """Return what the model does, in a few words."""
        words = ", whole words" if labels.unit == "word" else ""
        return "Speech recognition" + (", keywords" if labels.keywords else words)

    def results(self, predictions: TranscriptPredictions, labels: Labels) -> Results:
        """Return what predictions say about the model, with the drawings of the template."""
        references, written = predictions.labels, predictions.predictions
        word_edits = alignments(references, written)
        character_edits = alignments(references, written, unit="character")
        words, characters = errors_of(word_edits), errors_of(character_edits)
        by_character = are_characters(references, labels)
        is_right = words.total == 0
        bins = calibration(predictions.confidence, is_right)
        keywords = keyword_tables(references, written, labels.keywords)
        return Results(
            breakdown=breakdown(words, characters),
            confused_words=() if by_character else commonest(word_edits),
            num_confused_words=len(confusions(word_edits)),
            confused_characters=commonest(character_edits),
            num_confused_characters=len(confusions(character_edits)),
            keywords=keywords,
            by_length=by_length(predictions.seconds, words, characters),
            by_speaker=by_speaker(predictions.speakers, words, characters),
            calibration=bins,
            utterances=worst(
                predictions, labels, character_edits if by_character else word_edits, characters
            ),
            right=right_answers(predictions, is_right),
            are_characters=by_character,
            n=len(references),
            num_wrong=int((~is_right).sum()),
            plots={
                "calibration": plots.reliability(bins),
                **(keywords.plots if keywords else {}),
            },
        )

    def tally(
        self, predictions: TranscriptPredictions, labels: Labels, names: Sequence[str]
    ) -> Tally:
        """Return what each example adds to the figures by which runs are compared."""
        return of_transcripts(predictions, labels, names)

    def headlines(
        self, labels: Labels, split: str, figures: Mapping[str, float]
    ) -> Iterator[Headline]:
        """Yield error rates, the share of recordings without a mistake, and the speed."""
        if labels.keywords:
            yield from _of_keywords(split, figures)
            return
        yield Headline(
            name=f"{split.capitalize()} WER",
            value=formatting.percent(figures.get("wer"), 2),
            note=_interval_note(figures),
        )
        yield Headline(
            name="CER",
            value=formatting.percent(figures.get("cer"), 2),
            note=note("loss {} nats per symbol", formatting.number(figures.get("loss"), 4)),
        )
        yield Headline(
            name="Without a mistake",
            value=formatting.percent(figures.get("accuracy"), 2),
            note=note("of {} recordings", formatting.number(figures.get("n"))),
        )
        yield _speed(figures)

    def balance(self, splits: Sequence[SplitFacts], labels: Labels) -> Balance:
        """Return how often the commonest words stand in each split."""
        counts = sum((Counter(split.labels) for split in splits), Counter[str]())
        names = sorted(counts, key=lambda name: (-counts[name], name))
        which = f"The {NUM_WORDS} commonest of {len(names):,} words: how often each"
        which = which if len(names) > NUM_WORDS else "How often each word"
        totals = [sum(split.labels.values()) for split in splits]
        return Balance(
            title="Words",
            hint=f"{which} is said, and its share of all in the split.",
            head="Word",
            rows=balance_rows(splits, names, totals)[:NUM_WORDS],
        )


def _of_keywords(split: str, figures: Mapping[str, float]) -> Iterator[Headline]:
    """Yield the share of keywords that are right, the loss, and the speed."""
    total, accuracy = figures.get("n", math.nan), figures.get("accuracy", math.nan)
    right = note("{} of ", formatting.number(accuracy * total))
    unseen = note("; WER {} on the ", formatting.percent(figures.get("wer_unseen"), 2))
    count = formatting.number(figures.get("n_unseen"))
    more = note(f"{unseen}{{}} not also in train", count) if unseen else ""
    yield Headline(
        name=f"{split.capitalize()} accuracy",
        value=formatting.percent(accuracy, 2),
        note=note(f"{right}{{}} recordings", formatting.number(total)) + more,
    )
    yield Headline(
        name="Loss", value=formatting.number(figures.get("loss"), 4), note="nats per symbol"
    )
    yield _speed(figures)


def _speed(figures: Mapping[str, float]) -> Headline:
    return Headline(
        name="Real-time factor",
        value=formatting.significant(figures.get("real_time_factor")),
        note="seconds of work for each second of sound",
    )


def _interval_note(figures: Mapping[str, float]) -> str:
    """Return the interval of the word error rate, and its value on recordings not also in train."""
    low, high = (formatting.percent(figures.get(key)) for key in ("wer_low", "wer_high"))
    start = note("95% interval {} to ", low)
    interval = note(f"{start}{{}}", high) if start else ""
    unseen = note("{} on the ", formatting.percent(figures.get("wer_unseen"), 2))
    count = formatting.number(figures.get("n_unseen"))
    more = note(f"{unseen}{{}} recordings not also in train", count) if unseen else ""
    return "; ".join(part for part in (interval, more) if part)
