"""Sets of recordings for the benchmark of many sets: digits of one speaker, commands, few digits.

Each function returns the splits that an estimator is fitted on. Without ``MANY_TEST=1`` what is measured
is none of a test split: other digits of the official train split, another speaker, other voices.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

import ostinato
from benchmarks.cases.many import IS_FINAL, Case
from ostinato.audio import waveform
from ostinato.datasets import Recordings

Splits = dict[str, Recordings]

COMMANDS = ("yes", "no", "stop", "go", "left", "right")
VOICES = (
    *("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029"),
    *("en-us+f2", "en-gb+f4", "en-gb-scotland+m3", "en-gb-x-rp+f3", "en-us+m7"),
)
OTHER_VOICES = ("en-gb-x-gbclan", "en-us+f5", "en-gb+m5", "en-gb-x-gbcwmd", "en-029+f1")
SPEAKERS = {False: "george", True: "jackson"}  # of joined digits, by whether it is the test
TESTED = 300  # digits that are measured of six speakers
TEST_VOICES = ("en-us+m4", "en-gb+f1", "en-gb-scotland+f2", "en-gb-x-rp+m1", "en-gb-x-gbclan+f3")
SHORTEST, LONGEST = 5, 10  # words of a sentence
DIGITS = 8  # in a joined recording
PAUSE = 0.15  # longest pause around a digit in seconds


def joined_digits(size: int, seed: int, *, speaker: str | None = None) -> Splits:
    """Return recordings of eight digits of one speaker, one after another, and twenty for test.

    No digit of FSDD is in two splits, and what is said is drawn at random.

    Args:
        size: Recordings to train on, at most 40.
        seed: Seed of what is joined.
        speaker: Whose digits they are; none for one that is kept for the test, or not.
    """
    speaker = speaker or SPEAKERS[IS_FINAL]
    both = ostinato.datasets.load_recordings("fsdd")
    sounds, words = [], []
    for split in both.values():
        for row, name in enumerate(split.speakers or ()):
            if name == speaker:
                sounds.append(waveform(split.audio[row], split.sample_rate_hz)[1])
                words.append((split.transcripts or [])[row])
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(sounds))
    splits = {}
    for name, count, start in (("test", 20, 0), ("train", size, 20 * DIGITS)):
        joined, said = [], []
        for number in range(count):
            rows = order[start + number * DIGITS :][:DIGITS]
            pieces = [_pause(rng)]
            for row in rows:
                pieces += [sounds[row], _pause(rng)]
            joined.append(np.concatenate(pieces))
            said.append(" ".join(words[row] for row in rows))
        splits[name] = Recordings.make(
            joined, said, f"joined digits of {speaker} {name}", sample_rate_hz=8000
        )
    return splits


def few_digits(size: int, seed: int) -> Splits:
    """Return some recordings of FSDD's official train split, and others of it or its test split.

    Args:
        size: Recordings to train on.
        seed: Seed of the draw.
    """
    splits = ostinato.datasets.load_recordings("fsdd")
    rows = np.random.default_rng(seed).permutation(len(splits["train"]))
    test = splits["test"] if IS_FINAL else splits["train"].take(np.sort(rows[-TESTED:]))
    return {"train": splits["train"].take(np.sort(rows[:size])), "test": test}


def commands(size: int, seed: int) -> Splits:
    """Return clips of six commands as espeak-ng says them, and those of other voices.

    Args:
        size: Clips to train on.
        seed: Seed of speeds and pitches.

    Raises:
        FileNotFoundError: espeak-ng is not installed.
    """
    rng = np.random.default_rng(seed)
    return {
        "train": _spoken(*_commands(VOICES, size), rng, "commands train"),
        "test": _spoken(*_commands(TEST_VOICES if IS_FINAL else OTHER_VOICES, 30), rng, "commands"),
    }


def sentences(size: int, seed: int) -> Splits:
    """Return short sentences of English-EWT as one voice of espeak-ng reads them, and thirty more.

    Args:
        size: Sentences to train on.
        seed: Seed of the draw.
    """
    splits = ostinato.datasets.load_tagged("ud-english-ewt")
    split = splits["test" if IS_FINAL else "train"]
    texts = [
        " ".join(word.lower() for word in words if re.fullmatch("[A-Za-z']+", word))
        for words in split.sentences
    ]
    usable = [text for text in texts if SHORTEST <= len(text.split()) <= LONGEST]
    rng = np.random.default_rng(seed)
    chosen = [usable[row] for row in rng.permutation(len(usable))[: size + 30]]
    whole = _spoken(chosen, [VOICES[1]] * len(chosen), rng, "sentences")
    return {"train": whole.take(range(size)), "test": whole.take(range(size, len(chosen)))}


def _commands(voices: Sequence[str], size: int) -> tuple[list[str], list[str]]:
    """Return words and voices, each word by every voice in turn."""
    words = [COMMANDS[number % len(COMMANDS)] for number in range(size)]
    return words, [voices[number // len(COMMANDS) % len(voices)] for number in range(size)]


def _spoken(
    texts: Sequence[str], voices: Sequence[str], rng: np.random.Generator, source: str
) -> Recordings:
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("espeak-ng: must be installed to speak.")
    sounds, said, speakers = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for word, voice in zip(texts, voices, strict=True):
            speed, pitch = rng.integers(120, 200), rng.integers(30, 70)
            path = Path(folder) / "clip.wav"
            options = ["-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(path), word]
            subprocess.run([program, *options], check=True)
            sound, rate = soundfile.read(path, dtype="float32")
            noise = 10 ** rng.uniform(-4, -2.5) * rng.standard_normal(len(sound))
            sounds.append((sound + noise).astype(np.float32))
            said.append(word)
            speakers.append(voice)
    return Recordings.make(sounds, said, source, speakers=speakers, sample_rate_hz=rate)


def _pause(rng: np.random.Generator) -> np.ndarray:
    return np.zeros(int(rng.uniform(0, PAUSE) * 8000), np.float32)


ALONE = (
    Case("joined digits of one speaker", joined_digits, (40,), "wer"),
    Case("digits of six speakers", few_digits, (60, 200, 600), "accuracy"),
)
SYNTHETIC = (
    Case("spoken commands", commands, (60,), "accuracy"),
    Case("sentences of one voice", sentences, (95,), "cer"),
)
CASES = (*ALONE, *(SYNTHETIC if shutil.which("espeak-ng") else ()))
"""Without espeak-ng what it says is left out."""
