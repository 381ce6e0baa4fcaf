"""Sound files and arrays as blocks of mono samples, with errors that say what is wrong with a file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError, package_of_extra
from ostinato.audio.lengths import UnreadableError, mended
from ostinato.audio.wholeness import flaw_of
from ostinato.datasets import Audio, Recordings, Segment
from ostinato.datasets.records.waves import check_loudness, check_rate

logger = logging.getLogger("ostinato")

Samples = npt.NDArray[np.float32]

BLOCK = 1 << 18  # samples read at a time, so that hours fit into memory
_OVERSHOOT = 0.5  # seconds by which a segment may end after its file, and no more than half of it
_FORMATS = ("AIFF", "AU", "CAF", "FLAC", "MP3", "NIST", "OGG", "RF64", "W64", "WAV", "WAVEX")
"""What is sound for sure, and tells where it ends; libsndfile also takes what is none."""


def blocks(recordings: Recordings, row: int) -> tuple[int, Iterator[Samples]]:
    """Return the rate of a recording and its samples in blocks, channels mixed to one.

    Args:
        recordings: The recordings.
        row: Which of them.

    Raises:
        DatasetError: The file is missing, empty, truncated or no sound; also while it is read.
    """
    sound, where = recordings.audio[row], _place(recordings, row)
    if isinstance(sound, Segment):
        return _file_blocks(sound.path, where, sound)
    if isinstance(sound, Path):
        return _file_blocks(sound, where)
    if not len(sound):
        raise DatasetError(f"{where}: a recording must have samples; got none. Leave it out.")
    assert recordings.sample_rate_hz is not None  # Recordings.make has seen to it
    check_rate(recordings.sample_rate_hz, where)
    return recordings.sample_rate_hz, iter([_mono(sound)])


def waveform(sound: Audio, sample_rate_hz: int | None = None) -> tuple[int, Samples]:
    """Return the rate of a file or an array and all its samples, channels mixed to one.

    Args:
        sound: The file, or the samples.
        sample_rate_hz: Samples a second of an array.

    Raises:
        DatasetError: It cannot be read.

    Example:
        >>> waveform(np.zeros((80, 2), np.float32), 8000)[1].shape
        (80,)
    """
    split = Recordings.make([sound], None, str(sound)[:80], sample_rate_hz=sample_rate_hz)
    rate, samples = blocks(split, 0)
    return rate, np.concatenate(list(samples))


def rate_of(recordings: Recordings, row: int) -> int:
    """Return the samples a second of a recording.

    Args:
        recordings: The recordings.
        row: Which of them.

    Raises:
        DatasetError: The file cannot be opened.

    Example:
        >>> rate_of(Recordings.make([np.zeros(4000)], None, "a list", sample_rate_hz=8000), 0)
        8000
    """
    sound = recordings.audio[row]
    sound = sound.path if isinstance(sound, Segment) else sound
    if not isinstance(sound, Path):
        return recordings.sample_rate_hz or 0
    with _opened(sound, _place(recordings, row)) as file:
        return int(file.samplerate)


def readable(recordings: Recordings) -> tuple[npt.NDArray[np.int64], dict[int, str]]:
    """Decode every recording once, and tell which of them can be read.

    Args:
        recordings: The recordings.

    Returns:
        The rows that can be read, and what is wrong with each of the others; each is also logged.

    Example:
        >>> recordings = Recordings.make([np.zeros(80), np.zeros(0)], None, "a list", sample_rate_hz=8000)
        >>> readable(recordings)
        (array([0]), {1: 'recording 2: a recording must have samples; got none. Leave it out.'})
    """
    problems: dict[int, str] = {}
    for row in range(len(recordings)):
        try:
            for _ in blocks(recordings, row)[1]:
                pass
        except DatasetError as error:
            problems[row] = str(error)
            logger.warning("skipped: %s", error)
    return np.array([row for row in range(len(recordings)) if row not in problems], int), problems


def _place(recordings: Recordings, row: int) -> str:
    name = recordings.names[row]
    sound = recordings.audio[row]
    is_plain = name in (str(sound), recordings.source) or not isinstance(sound, (Path, Segment))
    return name if is_plain else f"{recordings.source}: {name}"


def _mono(samples: Samples) -> Samples:
    mixed: Samples = samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)
    return mixed


def _file_blocks(
    path: Path, where: str, segment: Segment | None = None
) -> tuple[int, Iterator[Samples]]:
    file = _opened(path, where)
    if segment is not None:
        return int(file.samplerate), _segment_blocks(file, where, segment)

    def read() -> Iterator[Samples]:
        soundfile, count = package_of_extra("soundfile", "audio"), 0
        with file:
            while True:
                try:
                    block = file.read(BLOCK, dtype="float32")
                except soundfile.LibsndfileError as error:
                    raise _damaged(where, str(error)) from error
                if not len(block):
                    break
                _check_samples(block, where)
                count += len(block)
                yield _mono(block)
        if not count:
            raise DatasetError(f"{where}: a recording must have samples; got none. Leave it out.")
        if count < file.frames < 1 << 62:
            raise _damaged(where, f"{count} of {file.frames} samples")

    return int(file.samplerate), read()


def _segment_blocks(file: Any, where: str, segment: Segment) -> Iterator[Samples]:
    """Yield the samples of a segment, which may end a little after its file, as lengths are rounded."""
    rate, soundfile = int(file.samplerate), package_of_extra("soundfile", "audio")
    first = round(segment.start * rate)
    wanted = None if segment.stop is None else max(1, round(segment.stop * rate) - first)
    with file:
        try:
            count = file.seek(first) - first
            while wanted is None or count < wanted:
                most = BLOCK if wanted is None else min(BLOCK, wanted - count)
                block = file.read(most, dtype="float32")
                if not len(block):
                    break
                _check_samples(block, where)
                count += len(block)
                yield _mono(block)
        except soundfile.LibsndfileError as error:
            if first < file.frames:
                raise _damaged(where, str(error)) from error
            count = 0
        least = 1 if wanted is None else max(wanted / 2, wanted - _OVERSHOOT * rate)
        if count < least:
            until = "its end" if segment.stop is None else f"{segment.stop:.10g} s"
            raise DatasetError(
                f"{where}: a segment must lie within its file of {file.frames / rate:.10g} s; got "
                f"{segment.start:.10g} s to {until}. Offset, duration, start and stop are in seconds: "
                "correct them, or rename a column that is something else."
            )


def _opened(path: Path, where: str) -> Any:
    soundfile = package_of_extra("soundfile", "audio")
    try:
        if not path.stat().st_size:
            raise DatasetError(f"{where}: the file must hold sound; it is empty. Leave it out.")
        flaw = flaw_of(path)
        if flaw is not None:
            raise _damaged(where, flaw)
        file = soundfile.SoundFile(mended(path) or str(path))
    except UnreadableError as error:
        raise _damaged(where, str(error)) from None
    except FileNotFoundError:
        raise DatasetError(
            f"{where}: the file must exist; there is none. Check the path."
        ) from None
    except OSError as error:
        raise DatasetError(
            f"{where}: the file must be readable; got {error.strerror}. Name another."
        ) from error
    except (soundfile.LibsndfileError, TypeError) as error:  # the latter of what has no header
        raise DatasetError(
            f"{where}: must be a sound file (wav, flac, ogg, mp3, …); got: "
            f"{getattr(error, 'error_string', error)} Convert it, or leave it out."
        ) from error
    try:
        _check_format(file.format, where)
        check_rate(int(file.samplerate), where)
    except DatasetError:
        file.close()
        raise
    return file


def _check_format(kind: str, where: str) -> None:
    if kind not in _FORMATS:
        raise DatasetError(
            f"{where}: must be a sound file (wav, flac, ogg, mp3, …); got one of the kind {kind}. "
            "Convert it, or leave it out."
        )


def _check_samples(block: Samples, where: str) -> None:
    if not np.isfinite(block).all():
        raise _damaged(where, "samples that are not finite")
    check_loudness(block, where)


def _damaged(where: str, got: str) -> DatasetError:
    return DatasetError(
        f"{where}: the file must be whole; got {got}. "
        "It may be truncated or damaged: fetch or make it anew, or leave it out."
    )
