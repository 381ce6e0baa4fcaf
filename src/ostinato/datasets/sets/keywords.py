"""Bundled keywords: six words of a made-up voice, and clips of noise in which nothing is said.

A word is a few sounds, one gliding into the next: voiced ones are harmonics of a pitch under three
formants, the others are noise around a frequency. Pitch, vocal tract, tempo, loudness and noise
are drawn anew for each clip, so that no two voices are equal. They are written as one would record them:
a folder for each word, and one whose name begins with an underscore for clips without any.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Float64s
from ostinato._kinds import RECORDINGS
from ostinato.datasets.dataset import GENERATED, Dataset
from ostinato.datasets.readers.recordings.word_folders import read_words
from ostinato.datasets.records.recordings import Recordings
from ostinato.datasets.sets.morse import write_wav

#: Raised with every change of what is generated.
VERSION = 1
EACH = {"train": 24, "test": 12}
"""Clips of each word, and of noise, in a split."""
SAMPLE_RATE_HZ = 8000
NOISE = "_noise"

_SEEDS = {"train": 1, "test": 2}
_STEP = 0.001  # seconds; formants, pitch and loudness change so often
_EDGE = 0.15  # seconds of noise before and after a word, at most


class Sound(NamedTuple):
    """One sound of a word.

    Args:
        seconds: How long it lasts, at a usual tempo.
        formants: Frequencies of the formants in Hz; of a sound without voice, of its noise.
        voice: Loudness of the voice.
        breath: Loudness of the noise.
    """

    seconds: float
    formants: tuple[float, float, float]
    voice: float = 1.0
    breath: float = 0.0


_I = Sound(0.10, (300, 2250, 3000))
_E = Sound(0.15, (530, 1840, 2480))
_A = Sound(0.17, (730, 1090, 2440))
_O = Sound(0.14, (500, 850, 2400))
_U = Sound(0.12, (320, 870, 2240))
_N = Sound(0.09, (250, 1400, 2500), voice=0.4)
_L = Sound(0.09, (360, 1200, 2700), voice=0.6)
_R = Sound(0.10, (320, 1060, 1450), voice=0.6)
_S = Sound(0.14, (3300, 3600, 3800), voice=0.0, breath=0.5)
_F = Sound(0.10, (1500, 2500, 3500), voice=0.0, breath=0.12)
_PAUSE = Sound(0.06, (500, 1500, 2500), voice=0.0)
_T = Sound(0.03, (2600, 3000, 3400), voice=0.0, breath=0.6)
_P = Sound(0.03, (500, 800, 1200), voice=0.0, breath=0.4)
_G = Sound(0.03, (1300, 1800, 2200), voice=0.3, breath=0.4)

WORDS: dict[str, tuple[Sound, ...]] = {
    "go": (_PAUSE, _G, _O, _U),
    "left": (_L, _E, _F, _PAUSE, _T),
    "no": (_N, _O, _U),
    "right": (_R, _A, _I, _PAUSE, _T),
    "stop": (_S, _PAUSE, _T, _A, _PAUSE, _P),
    "yes": (_I, _E, _S),
}


def signal(word: str | None, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return a clip of a word, or of noise alone, at 8 kHz.

    Args:
        word: One of ``WORDS``; none for noise.
        rng: Where the voice and the noise come from.

    Shape:
        output: ``(samples,)``, in [-1, 1].

    Example:
        >>> sound = signal("yes", np.random.default_rng(0))
        >>> 0.2 < len(sound) / SAMPLE_RATE_HZ < 1.0
        True
    """
    before, after = (np.zeros(_count(rng.uniform(0.03, _EDGE))) for _ in range(2))
    spoken = np.zeros(_count(rng.uniform(0.3, 0.6))) if word is None else _spoken(word, rng)
    clip = np.concatenate([before, spoken, after])
    power = 1.0 if word is None else float(np.mean(spoken**2))
    noise = rng.standard_normal(len(clip)) * np.sqrt(power / 10 ** (rng.uniform(15, 35) / 10))
    both = clip + noise
    loudness = rng.uniform(0.1, 0.9) * (0.1 if word is None else 1.0)
    scaled: npt.NDArray[np.float32] = (loudness * both / np.abs(both).max()).astype(np.float32)
    return scaled


def write(folder: Path) -> None:
    """Write ``train`` and ``test``, in each a folder of wav files for each word.

    Args:
        folder: An existing folder.
    """
    for split, count in EACH.items():
        rng = np.random.default_rng(_SEEDS[split])
        for word in (*WORDS, None):
            place = folder / split / (word or NOISE)
            place.mkdir(parents=True)
            for number in range(count):
                write_wav(place / f"{number:02}.wav", signal(word, rng), SAMPLE_RATE_HZ)


def read(folder: Path) -> dict[str, Recordings]:
    """Read the generated splits.

    Args:
        folder: Folder written by `write`.
    """
    return {split: read_words(folder / split) for split in EACH}


def _spoken(word: str, rng: np.random.Generator) -> Float64s:
    """Return a word in a voice of its own: harmonics under formants, and noise under them."""
    sounds = WORDS[word]
    tempo, tract = rng.uniform(0.8, 1.25), rng.uniform(0.87, 1.18)
    ends = np.cumsum([sound.seconds * rng.uniform(0.85, 1.15) / tempo for sound in sounds])
    middles = (np.concatenate([[0.0], ends[:-1]]) + ends) / 2
    times = np.arange(0, ends[-1], _STEP)
    formants = [
        np.interp(times, middles, [sound.formants[n] * tract for sound in sounds]) for n in range(3)
    ]
    place = np.minimum(np.searchsorted(ends, times), len(sounds) - 1)
    voice, breath = (
        _smooth(np.array([getattr(sound, name) for sound in sounds])[place])
        for name in ("voice", "breath")
    )
    pitch = rng.uniform(90, 230) * (1 + 0.1 * np.linspace(1, -1, len(times)))
    samples = np.arange(_count(ends[-1])) / SAMPLE_RATE_HZ
    phase = 2 * np.pi * np.cumsum(np.interp(samples, times, pitch)) / SAMPLE_RATE_HZ
    sound = np.zeros(len(samples))
    for harmonic in range(1, int(SAMPLE_RATE_HZ / 2 / pitch.max())):
        height = voice * _resonance(harmonic * pitch, formants) / harmonic
        sound += np.interp(samples, times, height) * np.sin(harmonic * phase)
    return sound + _hiss(formants, breath, times, samples, rng)


def _hiss(
    formants: list[Float64s],
    breath: Float64s,
    times: Float64s,
    samples: Float64s,
    rng: np.random.Generator,
) -> Float64s:
    """Return noise as many tones of random phase, as loud as the formants let them be."""
    hiss = np.zeros(len(samples))
    if not breath.any():
        return hiss
    wobble = np.cumsum(rng.standard_normal(len(samples))) * 0.15  # broadens the tones
    for frequency in rng.uniform(200, 3900, 40):
        height = breath * _resonance(np.full(len(times), frequency), formants)
        hiss += np.interp(samples, times, height) * np.sin(
            2 * np.pi * frequency * samples + wobble + rng.uniform(0, 2 * np.pi)
        )
    return 0.5 * hiss


def _resonance(frequency: Float64s, formants: list[Float64s]) -> Float64s:
    """Return how loud a frequency is under the formants."""
    heights = [
        1 / (1 + ((frequency - middle) / width) ** 2)
        for middle, width in zip(formants, (80, 110, 160), strict=True)
    ]
    together: Float64s = np.sum(heights, axis=0) + 0.01
    return together


def _smooth(levels: Float64s) -> Float64s:
    """Return levels that rise and fall within some hundredths of a second."""
    return np.convolve(np.pad(levels, 8, mode="edge"), np.ones(17) / 17, "valid")


def _count(length: float) -> int:
    return max(1, round(length * SAMPLE_RATE_HZ))


DATASET = Dataset(
    name="keywords",
    description="Generated keywords: six words and noise, each clip another voice; 168 + 84",
    languages=("zxx",),
    kind=RECORDINGS,
    read=read,
    generate=write,
    version=VERSION,
    **GENERATED,
)
