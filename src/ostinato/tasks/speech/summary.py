"""What recordings and transcripts are like, told before training starts."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from ostinato._errors import DatasetError
from ostinato.data.splits import joined_groups
from ostinato.datasets import Recordings
from ostinato.tasks import summary as data_summary
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.keywords import why_none
from ostinato.tasks.speech.objective import SpeechSplit, too_long

logger = logging.getLogger("ostinato")

LONG_SECONDS = 60.0  # a training recording from here on is remarked upon
SHOWN = 60  # symbols that are listed
ALIKE = 1e-3  # nats between the loudest and the softest band of a recording without any sound


def describe(
    splits: Mapping[str, Recordings], loop_splits: Mapping[str, SpeechSplit], alphabet: Alphabet
) -> data_summary.DataSummary:
    """Count words, lengths in frames, seconds, and recordings that stand twice in each split.

    Raises:
        DatasetError: Every training transcript is longer than its recording allows, or every training
            recording is silent.
    """
    transcripts = {name: split.transcripts or [] for name, split in splits.items()}
    facts = data_summary.describe(
        splits,
        labels={
            name: [word for text in transcripts[name] for word in text.split()] for name in splits
        },
        lengths={name: split.lengths for name, split in loop_splits.items()},
        unknown_rate={name: alphabet.unknown_rate(transcripts[name]) for name in splits},
    )
    for name, split in loop_splits.items():
        facts[name]["seconds"] = float(split.sounds[0].seconds.sum())
        facts[name]["too_long"] = len(too_long(split))
        facts[name]["silent"] = len(silent(splits[name], split))
    train = facts["train"]
    if train["too_long"] == train["n"]:
        raise DatasetError(
            f"{train['source']}: some transcript must have at most as many symbols as its recording "
            f"has steps; all {train['n']} are longer. Check that recordings and transcripts belong "
            "together, or subsample less."
        )
    if train["silent"] == train["n"]:
        raise DatasetError(
            f"{train['source']}: some recording must have sound; the samples of each of {train['n']} are "
            "all alike. Check how they were recorded or converted."
        )
    return facts


def check_transcripts(splits: Mapping[str, Recordings]) -> None:
    """Raise DatasetError unless every split tells what is said in its recordings."""
    for name, split in splits.items():
        if split.transcripts is None:
            raise DatasetError(
                f"{split.source}: {name} must have transcripts; got none. Give them, or name their column."
            )


def tell_why_no_keywords(transcripts: Sequence[str]) -> None:
    """Log it if transcripts come again, but too few times to be taken for keywords."""
    reason = why_none(transcripts)
    if reason:
        logger.info("train: %s; add recordings, or set --keywords to take them as such", reason)


def groups_of(split: Recordings, folds: int) -> Sequence[Hashable]:
    """Return groups that may not be parted: recordings of a speaker, copies of a recording.

    Where these are fewer than the folds, copies alone; that is logged.

    Args:
        split: The recordings.
        folds: How many parts they are dealt into.
    """
    if split.speakers is None:
        return split.keys
    groups = joined_groups(split.speakers, split.keys)
    if len(set(groups)) >= folds:
        return groups
    speakers, count = len(set(split.speakers)), len(set(groups))
    if speakers > 1:
        which = f"{speakers} speakers" + (
            ", some with copies of the same," if count < speakers else ""
        )
        logger.info(
            "%s are fewer than %d folds, so a fold is tested on voices of train; with at most %d folds, "
            "each speaker is in one",
            *(which, folds, count),
        )
    return split.keys


def silent(recordings: Recordings, split: SpeechSplit) -> list[int]:
    """Return the rows whose samples are all alike although something is said to be in them."""
    transcripts = recordings.transcripts or []
    rows = zip(transcripts, split.sounds[0].frames, strict=True)
    return [
        row for row, (text, frames) in enumerate(rows) if text.strip() and np.ptp(frames) < ALIKE
    ]


def lines(
    splits: Mapping[str, Recordings],
    loop_splits: Mapping[str, SpeechSplit],
    facts: data_summary.DataSummary,
    alphabet: Alphabet,
) -> list[str]:
    """Say the facts in a few lines, the worrying ones in words."""
    symbols = ("" if alphabet.unit == "character" else " ").join(alphabet.symbols)
    shown = symbols if len(symbols) <= SHOWN else symbols[:SHOWN] + "…"
    messages = [f"alphabet: {len(alphabet.symbols)} {alphabet.unit}s: {shown}"]
    if alphabet.keywords:
        messages.append(
            f"keywords: each recording says one of {len(alphabet.keywords)}, so the likeliest is written; "
            "if others will say more, set --no-keywords"
        )
    lengths, speakers = loop_splits["train"].sounds[0].seconds, splits["train"].speakers
    messages.append(
        f"recordings: {data_summary.counted(facts)}; of train {facts['train']['seconds'] / 60:.1f} minutes"
        f"{'' if speakers is None else f' of {len(set(speakers))} speakers'}, "
        f"{np.median(lengths):.2f} s at the median, at most {lengths.max():.2f} s"
    )
    for name, split in loop_splits.items():
        own, recordings = facts[name], splits[name]
        seconds = split.sounds[0].seconds
        rows = too_long(split)
        if len(rows):
            messages.append(
                f"{name}: {len(rows):,} transcripts are longer than their recordings allow and count "
                f"nothing in the loss; the first is that of {recordings.names[rows[0]]}: "
                f"{len(split.targets[rows[0]])} symbols in {split.lengths[rows[0]]} frames"
            )
        quiet = silent(recordings, split) if own["silent"] else []
        if quiet:
            messages.append(
                f"{name}: {len(quiet):,} recordings are silent although their transcripts are not empty; "
                f"the first is {recordings.names[quiet[0]]}: `{(recordings.transcripts or [])[quiet[0]]}`"
            )
        if own["unknown_rate"]:
            messages.append(
                f"{name}: {own['unknown_rate']:.2%} of the symbols are not in the alphabet, so they "
                "cannot be written"
            )
        if own["repeated"]:
            messages.append(
                f"{name}: {own['repeated']:,} recordings repeat an earlier one of this split"
            )
        if own["duplicates_of_train"]:
            messages.append(
                f"{name}: {own['duplicates_of_train']:,} recordings also stand in train"
            )
        if name == "train" and seconds.max() > LONG_SECONDS:
            messages.append(
                f"train: {int((seconds > LONG_SECONDS).sum()):,} recordings are longer than a minute; "
                "shorter ones train faster and in less memory"
            )
    return messages
