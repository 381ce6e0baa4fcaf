"""Sets of recordings for the benchmark of many sets: digits of one speaker, commands, few digits.

Each function returns the parts that an estimator is fitted on. ``CASES`` names them, with the sizes at
which they are asked for, what an estimator is set to, and the figure that is compared.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

import ostinato
from ostinato.audio import waveform
from ostinato.datasets import Recordings

Parts = dict[str, Recordings]

COMMANDS = ("yes", "no", "stop", "go", "left", "right")
VOICES = (
    *("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029"),
    *("en-us+f2", "en-gb+f4", "en-gb-scotland+m3", "en-gb-x-rp+f3", "en-us+m7"),
)
OTHER_VOICES = ("en-gb-x-gbclan", "en-us+f5", "en-gb+m5", "en-gb-x-gbcwmd", "en-029+f1")
SPEAKER = "jackson"
DIGITS = 8  # in a joined recording
PAUSE = 0.15  # longest pause around a digit in seconds


def joined_digits(size: int, seed: int, *, speaker: str = SPEAKER) -> Parts:
    """Return recordings of eight digits of one speaker, one after another, and twenty for test.

    No digit of FSDD is in two parts, and what is said is drawn at random.

    Args:
        size: Recordings to train on, at most 40.
        seed: Seed of what is joined.
        speaker: Whose digits they are.
    """
    both = ostinato.datasets.load_speech("fsdd")
    sounds, words = [], []
    for part in both.values():
        for row, name in enumerate(part.speakers or ()):
            if name == speaker:
                sounds.append(waveform(part.audio[row], part.sample_rate_hz)[1])
                words.append((part.transcripts or [])[row])
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(sounds))
    parts = {}
    for name, count, start in (("test", 20, 0), ("train", size, 20 * DIGITS)):
        joined, said = [], []
        for number in range(count):
            rows = order[start + number * DIGITS :][:DIGITS]
            pieces = [_pause(rng)]
            for row in rows:
                pieces += [sounds[row], _pause(rng)]
            joined.append(np.concatenate(pieces))
            said.append(" ".join(words[row] for row in rows))
        parts[name] = Recordings.make(
            joined, said, f"joined digits of {speaker} {name}", sample_rate_hz=8000
        )
    return parts


def few_digits(size: int, seed: int) -> Parts:
    """Return some recordings of FSDD's official train part, and all of its test part.

    Args:
        size: Recordings to train on.
        seed: Seed of the draw.
    """
    parts = ostinato.datasets.load_speech("fsdd")
    rows = np.random.default_rng(seed).permutation(len(parts["train"]))[:size]
    return {"train": parts["train"].take(np.sort(rows)), "test": parts["test"]}


def commands(size: int, seed: int) -> Parts:
    """Return clips of six commands as espeak-ng says them, and thirty of other voices for test.

    Args:
        size: Clips to train on.
        seed: Seed of speeds and pitches.

    Raises:
        FileNotFoundError: espeak-ng is not installed.
    """
    rng = np.random.default_rng(seed)
    return {
        "train": _spoken(VOICES, size, rng, "commands train"),
        "test": _spoken(OTHER_VOICES, 30, rng, "commands test"),
    }


def _spoken(voices: Sequence[str], size: int, rng: np.random.Generator, source: str) -> Recordings:
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("espeak-ng: must be installed to speak the commands.")
    sounds, said, speakers = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            word = COMMANDS[number % len(COMMANDS)]
            voice = voices[number // len(COMMANDS) % len(voices)]
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


@dataclass(frozen=True)
class Case:
    """A set of recordings at some sizes.

    Args:
        name: Its name in the table.
        make: Takes size and seed, returns the parts.
        sizes: Recordings to train on.
        figure: Name of the figure of the test part that is compared.
    """

    name: str
    make: Callable[[int, int], Parts]
    sizes: tuple[int, ...]
    figure: str


CASES = (
    Case("joined digits of one speaker", joined_digits, (40,), "wer"),
    Case("spoken commands", commands, (60,), "accuracy"),
    Case("digits of six speakers", few_digits, (60, 200, 600), "wer"),
)
