"""The log-mel frames of a split's recordings, made once and mapped into memory."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._config import AudioFeatures
from ostinato._doing import doing
from ostinato.audio.files import blocks, rate_of
from ostinato.audio.frontend import Frontend
from ostinato.data.ragged import Ragged
from ostinato.datasets import Recordings, cached

logger = logging.getLogger("ostinato")

HIGHEST_RATE_HZ = 16000  # where speech ends; no more is used unless it is asked for
_VERSION = 3  # of the files in the cache
_AT_ONCE = 1 << 16  # frames


@dataclass(frozen=True, eq=False)
class Sounds:
    """The frames of some recordings.

    Args:
        frames: Log energy of each band in each frame, before any normalisation.
        seconds: Length of each recording.

    Shape:
        frames: Rows of ``(frames, bands)``, float32; at least one frame each.
        seconds: ``(recordings,)``.
    """

    frames: Ragged
    seconds: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.seconds)


def rates_of(recordings: Recordings) -> tuple[int, int | None]:
    """Return the rate of most recordings, at most 16,000 Hz, and the one that all have.

    Args:
        recordings: The recordings.

    Returns:
        The rate to bring them to, and theirs: None where there are several.

    Raises:
        DatasetError: One of them cannot be opened.

    Example:
        >>> rates_of(Recordings.make([np.zeros(80)], None, "a list", sample_rate_hz=44100))
        (16000, 44100)
    """
    rates = Counter(rate_of(recordings, row) for row in range(len(recordings)))
    rate = max(rates, key=lambda rate: (rates[rate], rate))
    if len(rates) > 1:
        logger.info(
            "%s: the recordings have %d rates; all are brought to %d Hz.",
            *(recordings.source, len(rates), min(rate, HIGHEST_RATE_HZ)),
        )
    return min(rate, HIGHEST_RATE_HZ), rate if len(rates) == 1 else None


def features_of(
    recordings: Recordings, settings: AudioFeatures, sample_rate_hz: int, *, speed: float = 1.0
) -> Sounds:
    """Compute the frames of recordings, in memory.

    Args:
        recordings: The recordings.
        settings: What the frames are.
        sample_rate_hz: Rate to which they are brought.
        speed: Play them this many times faster.

    Raises:
        DatasetError: A recording cannot be read.

    Example:
        >>> recordings = Recordings.make([np.zeros(800)], None, "a list", sample_rate_hz=8000)
        >>> features_of(recordings, AudioFeatures(), 8000).frames[0].shape
        (10, 40)
    """
    rows, seconds = [], []
    for row in range(len(recordings)):
        chunks, length = [], 0.0
        for chunk, part in _chunks(recordings, row, settings, sample_rate_hz, speed):
            chunks.append(chunk)
            length += part
        rows.append(np.concatenate(chunks))
        seconds.append(length)
    lengths = np.array([len(row) for row in rows], np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Sounds(Ragged(np.concatenate(rows), offsets), np.array(seconds))


def features_cached(
    recordings: Recordings, settings: AudioFeatures, sample_rate_hz: int, *, speed: float = 1.0
) -> Sounds:
    """Do what :func:`features_of` does, on disk, or map what was computed before into memory.

    Neither sounds nor frames need fit into memory.

    Args:
        recordings: As of :func:`features_of`, like the rest.
        settings: What the frames are.
        sample_rate_hz: Rate to which the recordings are brought.
        speed: Play them this many times faster.

    Raises:
        DatasetError: A recording cannot be read.
    """
    shown = {name: getattr(settings, name) for name in ("bands", "window", "hop")}
    sounds = [recordings.sample_rate_hz, recordings.keys]  # whatever is said in them
    parts = [_VERSION, sounds, shown, sample_rate_hz, speed]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def make(folder: Path) -> None:
        doing(f"computing the frames of {len(recordings):,} recordings")
        lengths, seconds = [], []
        with (folder / "frames.f32").open("wb") as stream:
            for row in range(len(recordings)):
                count, length = 0, 0.0
                for chunk, part in _chunks(recordings, row, settings, sample_rate_hz, speed):
                    stream.write(chunk.tobytes())
                    count += len(chunk)
                    length += part
                lengths.append(count)
                seconds.append(length)
        np.save(folder / "offsets.npy", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
        np.save(folder / "seconds.npy", np.array(seconds))

    folder = cached("frames", key, make)
    offsets = np.load(folder / "offsets.npy")
    frames = np.memmap(folder / "frames.f32", np.float32, "r", shape=(offsets[-1], settings.bands))
    return Sounds(Ragged(frames.view(np.ndarray), offsets), np.load(folder / "seconds.npy"))


def _chunks(
    recordings: Recordings, row: int, settings: AudioFeatures, sample_rate_hz: int, speed: float
) -> Iterator[tuple[npt.NDArray[np.float32], float]]:
    """Yield the frames of a recording as it is read, and the seconds they took of it."""
    rate, samples = blocks(recordings, row)
    frontend = Frontend(settings, sample_rate_hz=sample_rate_hz, input_rate_hz=rate, speed=speed)
    for block in samples:
        yield frontend.push(block), len(block) / rate
    yield frontend.finish(), 0.0


def levels(frames: Ragged) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and standard deviation of each band over all frames, a part at a time.

    Args:
        frames: Rows of ``(frames, bands)``; may be memory-mapped.

    Shape:
        output: ``(bands,)`` each.

    Example:
        >>> levels(Ragged(np.array([[1.0], [3.0]], np.float32), np.array([0, 2])))
        (array([2.]), array([1.]))
    """
    values = frames.values
    total, squares = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE].astype(np.float64)
        total += some.sum(axis=0)
        squares += (some**2).sum(axis=0)
    mean = total / len(values)
    return mean, np.sqrt(np.maximum(squares / len(values) - mean**2, 0))
