"""Bundled recordings: generated Morse code, whose speed, pitch, loudness and noise vary.

A message is one to three groups of letters, drawn at random, so that those of test are not
in train and only the sound tells them; most of those of train are one or two letters, from which the
sounds are easier to learn. The timing is that of ITU-R M.1677-1: a dash lasts three dots,
the gap within a character one, between characters three, between groups seven; each is drawn out or
cut short a little, as by a hand.
"""

from __future__ import annotations

import csv
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._kinds import RECORDINGS
from ostinato.datasets.dataset import GENERATED, Dataset
from ostinato.datasets.readers.recordings.manifests import read_manifest
from ostinato.datasets.records.recordings import Recordings

#: Raised with every change of what is generated.
VERSION = 6
SIZES = {"train": 2400, "validation": 50, "test": 100}
SAMPLE_RATE_HZ = 8000
TEST_SNR_DB = 10.0
"""Signal to noise of every test message; the others have any from 5 to 30."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        (
            *(".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-"),
            *(".-..", "--", "-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-"),
            *(".--", "-..-", "-.--", "--.."),
            *("-----", ".----", "..---", "...--", "....-", ".....", "-....", "--..."),
            *("---..", "----."),
        ),
        strict=True,
    )
)

_SEEDS = {"train": 1, "validation": 2, "test": 3}
_RAMP = 0.004  # rise and fall of a tone
_SILENCE = 0.15  # at most, before and after
_HAND = 0.08  # standard deviation of an element's length, as a share of it


def signal(
    text: str,
    rng: np.random.Generator,
    *,
    words_per_minute: float = 25.0,
    pitch_hz: float = 600.0,
    snr_db: float = 20.0,
) -> npt.NDArray[np.float32]:
    """Return the sound of a message in Morse code, at 8 kHz.

    Args:
        text: Letters, digits and single spaces.
        rng: Where noise and the unsteadiness of the hand come from.
        words_per_minute: Speed, by the word PARIS: a dot lasts 1.2 / words_per_minute seconds.
        pitch_hz: Frequency of the tone.
        snr_db: Power of the tone over that of the noise, all frequencies taken together.

    Shape:
        output: ``(samples,)``, in [-1, 1].

    Example:
        >>> sound = signal("SOS", np.random.default_rng(0))
        >>> 0.9 < len(sound) / SAMPLE_RATE_HZ < 2.0
        True

    Source: ITU-R M.1677-1, https://www.itu.int/rec/R-REC-M.1677-1-200910-I/.
    """
    dot = 1.2 / words_per_minute
    pieces = [np.zeros(_count(rng.uniform(0.02, _SILENCE)))]
    for word in text.split(" "):
        for character in word:
            for mark in CODES[character]:
                length = dot * (1 if mark == "." else 3) * (1 + _HAND * rng.standard_normal())
                pieces += [_tone(length), np.zeros(_count(dot * (1 + _HAND * rng.normal())))]
            pieces.append(np.zeros(_count(2 * dot * (1 + _HAND * rng.normal()))))
        pieces.append(np.zeros(_count(4 * dot)))
    pieces[-1] = np.zeros(_count(rng.uniform(0.02, _SILENCE)))
    envelope = np.concatenate(pieces)
    phase = 2 * np.pi * pitch_hz * np.arange(len(envelope)) / SAMPLE_RATE_HZ
    tone = envelope * np.sin(phase + rng.uniform(0, 2 * np.pi))
    noise = rng.standard_normal(len(tone)) * np.sqrt(0.5 / 10 ** (snr_db / 10))
    sound = tone + noise
    loudness = rng.uniform(0.1, 0.9)
    scaled: npt.NDArray[np.float32] = (loudness * sound / np.abs(sound).max()).astype(np.float32)
    return scaled


def write(folder: Path) -> None:
    """Write ``train.csv``, ``validation.csv`` and ``test.csv`` and the wav files they name.

    Args:
        folder: An existing folder.
    """
    taken: set[str] = set()
    for split, size in SIZES.items():
        rng = np.random.default_rng(_SEEDS[split])
        (folder / split).mkdir()
        with (folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(["path", "text"])
            for number in range(size):
                is_short = split == "train" and number % 4 > 0
                text = _group(rng, 2) if is_short else _message(rng)
                while split != "train" and text in taken:  # those of train may stand there twice
                    text = _message(rng)
                taken.add(text)
                sound = signal(
                    text,
                    rng,
                    words_per_minute=rng.uniform(20, 30),
                    pitch_hz=rng.uniform(500, 900),
                    snr_db=TEST_SNR_DB if split == "test" else rng.uniform(5, 30),
                )
                path = f"{split}/{number:04}.wav"
                write_wav(folder / path, sound, SAMPLE_RATE_HZ)
                table.writerow([path, text])


def write_wav(path: Path, sound: npt.NDArray[np.float32], sample_rate_hz: int) -> None:
    """Write a sound as a 16-bit wav file, mono.

    Args:
        path: The file.
        sound: Samples in [-1, 1], ``(samples,)``.
        sample_rate_hz: Samples a second.

    Example:
        >>> path = getfixture("tmp_path") / "hush.wav"
        >>> write_wav(path, np.zeros(80, np.float32), 8000)
        >>> path.stat().st_size
        204
    """
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def read(folder: Path) -> dict[str, Recordings]:
    """Read the generated splits.

    Args:
        folder: Folder written by `write`.
    """
    return {split: read_manifest(folder / f"{split}.csv") for split in SIZES}


def _message(rng: np.random.Generator) -> str:
    return " ".join(_group(rng, 4) for _ in range(rng.integers(1, 4)))


def _group(rng: np.random.Generator, longest: int) -> str:
    return "".join(rng.choice(list(LETTERS), rng.integers(1, longest + 1)))


def _tone(length: float) -> npt.NDArray[np.float64]:
    """Return the envelope of a tone, which rises and falls without a click."""
    count = _count(length)
    ramp = min(_count(_RAMP), count // 2)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(ramp) + 0.5) / max(ramp, 1))
    return np.concatenate([rise, np.ones(count - 2 * ramp), rise[::-1]])


def _count(length: float) -> int:
    return max(1, round(length * SAMPLE_RATE_HZ))


DATASET = Dataset(
    name="morse",
    description="Generated Morse code of random groups; speed, pitch and noise vary; 2,400 + 50 + 100",
    languages=("zxx",),
    kind=RECORDINGS,
    read=read,
    generate=write,
    version=VERSION,
    **GENERATED,
)
