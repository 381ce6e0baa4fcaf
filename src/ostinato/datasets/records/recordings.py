"""Recordings and what is said in them, as the readers hand them on; nothing is decoded here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ostinato._arrays import array_of, rows_of, tell_order
from ostinato._errors import DatasetError, named
from ostinato._sums import digest_of
from ostinato.datasets.files import check_file
from ostinato.datasets.json_files import json_text
from ostinato.datasets.records.segments import Segment
from ostinato.datasets.records.sounds import recordings_in, sound_of
from ostinato.datasets.records.waves import rate_of_samples, samples_of

logger = logging.getLogger("ostinato")

Samples: TypeAlias = npt.NDArray[np.float32]
Audio: TypeAlias = "Path | Segment | Samples"
"""A file, a part of one, or samples in [-1, 1], ``(samples,)`` or ``(samples, channels)``."""


@dataclass(frozen=True, eq=False)
class Recordings:
    """Recordings and their transcripts, one split (train, validation or test) of a data set.

    Args:
        audio: A file or the samples of each recording.
        transcripts: What is said in each, or none at all.
        source: Path or name they come from, for messages and records.
        speakers: Who speaks in each, or none where that is not known.
        sample_rate_hz: Samples a second of those given as arrays; files tell it themselves.
        names: How messages call each recording.

    Example:
        >>> recordings = Recordings.make([np.zeros(8000)], ["hush"], "a list", sample_rate_hz=8000)
        >>> recordings.names, recordings.transcripts
        (['recording 1'], ['hush'])
    """

    audio: list[Audio]
    transcripts: list[str] | None
    source: str
    speakers: list[str] | None = None
    sample_rate_hz: int | None = None
    names: list[str] = field(default_factory=list)

    @staticmethod
    def make(
        audio: Any,
        transcripts: Any,
        source: str,
        *,
        speakers: Sequence[str] | None = None,
        sample_rate_hz: int | None = None,
        names: Sequence[str] | None = None,
    ) -> Recordings:
        """Check what recordings are called and said to be; files are not opened yet.

        Args:
            audio: Paths of files or segments of them, bytes of files, or arrays of samples: floats in
                [-1, 1], or 16-bit integers; or dictionaries of these as Hugging Face has them; in
                whatever holds rows.
            transcripts: What is said in each recording, or None.
            source: Path or name for messages.
            speakers: Who speaks in each, or None.
            sample_rate_hz: Samples a second of the arrays.
            names: How messages call each recording, if not by its path.

        Raises:
            DatasetError: There is no recording, an array is no sound or has no rate, a transcript is
                no string, or the counts differ.

        Example:
            >>> Recordings.make(["a.wav"], ["one", "two"], "a list")
            Traceback (most recent call last):
            ...
            ostinato._errors.DatasetError: a list: there must be as many transcripts as recordings; got ...
        """
        if isinstance(audio, (str, Path)):
            raise DatasetError(f"{source}: recordings must be a list; got one path. Write [path].")
        tell_order(audio, transcripts, source)
        sounds: list[Audio] = []
        called, rates = list(names or ()), set[int | None]()
        for number, given in enumerate(recordings_in(audio, source), 1):
            name = called[number - 1] if number <= len(called) else f"recording {number}"
            sound, rate, file = sound_of(given, f"{source}: {name}")
            if names is None:
                called.append(file or name)
            if isinstance(sound, Path | Segment):
                sounds.append(sound)
            else:
                rate = sample_rate_hz if rate is None else rate
                sounds.append(_samples(sound, f"{source}: {called[number - 1]}", rate))
                rates.add(rate)
        if not sounds:
            raise DatasetError(f"{source}: there must be a recording; got none. Add one.")
        columns = {"transcripts": transcripts, "speakers": speakers, "names": names}
        info = {what: _column(given, source, what) for what, given in columns.items()}
        _check_counts(info, len(sounds), source)
        return Recordings(
            sounds,
            None if info["transcripts"] is None else _strings(info["transcripts"], called, source),
            source,
            None if info["speakers"] is None else [str(speaker) for speaker in info["speakers"]],
            _one_rate(rates, source, sample_rate_hz),
            called,
        )

    def __len__(self) -> int:
        return len(self.audio)

    @cached_property
    def keys(self) -> list[str]:
        """SHA-256 (hex) of each recording's bytes, to tell those that stand twice.

        Raises:
            DatasetError: A file is missing.
        """
        of_files: dict[Path, str] = {}  # many segments may be of one file
        return [
            self._digest(sound, name, of_files)
            for sound, name in zip(self.audio, self.names, strict=True)
        ]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of recordings, transcripts and rate."""
        digest = hashlib.sha256(str(self.sample_rate_hz).encode())
        for row, key in enumerate(self.keys):
            text = "" if self.transcripts is None else self.transcripts[row]
            digest.update(f"{key}{len(text.encode())}:{text}".encode())
        return digest.hexdigest()

    def take(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> Recordings:
        """Return some of the recordings as a split of their own."""

        def some(values: list[Any] | None) -> Any:
            return None if values is None else [values[row] for row in rows]

        taken = Recordings(
            some(self.audio),
            some(self.transcripts),
            self.source,
            some(self.speakers),
            self.sample_rate_hz,
            some(self.names),
        )
        if "keys" in self.__dict__:  # they have been computed: not again
            taken.__dict__["keys"] = some(self.keys)
        return taken

    def _digest(self, sound: Audio, name: str, of_files: dict[Path, str]) -> str:
        if isinstance(sound, Segment):
            whole = self._digest(sound.path, name, of_files)
            part = f"{whole} {sound.start!r} {sound.stop!r}"
            return hashlib.sha256(part.encode()).hexdigest()
        if isinstance(sound, Path):
            if sound not in of_files:
                of_files[sound] = self._file_digest(sound, name)
            return of_files[sound]
        shape = str(np.shape(sound)).encode()
        return hashlib.sha256(shape + np.ascontiguousarray(sound).tobytes()).hexdigest()

    def _file_digest(self, path: Path, name: str) -> str:
        try:
            check_file(path)
            return digest_of(path)
        except OSError as error:
            raise DatasetError(
                f"{self.source}: {name} must be readable; got {error.strerror}."
            ) from error
        except DatasetError as error:
            raise DatasetError(f"{self._place(name)}{error}") from None

    def _place(self, name: str) -> str:
        return "" if name in ("", self.source) else f"{self.source}: {name}: "


def merged(splits: Sequence[Recordings], source: str) -> Recordings:
    """Return the recordings of several splits as one.

    Args:
        splits: The splits, of files.
        source: Path or name for messages.

    Example:
        >>> recordings = Recordings.make(["a.wav"], ["one"], "a list")
        >>> len(merged([recordings, recordings], "two lists"))
        2
    """

    def all_of(name: str) -> Any:
        columns = [getattr(split, name) for split in splits]
        return None if None in columns else [value for column in columns for value in column]

    rates = {split.sample_rate_hz for split in splits} - {None}
    return Recordings(
        all_of("audio"),
        all_of("transcripts"),
        source,
        all_of("speakers"),
        _one_rate(set(rates), source, None),
        all_of("names"),
    )


def _column(values: Any, source: str, what: str) -> list[Any] | None:
    return None if values is None else rows_of(values, source, what.removesuffix("s"))


def _one_rate(rates: set[int | None], source: str, given: int | None) -> int | None:
    """Return the rate that arrays have; they must have one. Where there is none, the one given."""
    if len(rates) > 1:
        raise DatasetError(
            f"{source}: arrays of samples must have one rate; got {named(sorted(map(str, rates)))}. Bring them to "
            "one, or give paths or the bytes of files, which may have any."
        )
    return rate_of_samples(next(iter(rates)), source) if rates else given


def _samples(sound: Any, where: str, sample_rate_hz: int | None) -> Samples:
    array = array_of(sound)
    if array is None:
        array = _listed(sound, where)
    is_sound = array.dtype.kind == "f" or array.dtype in (np.int16, np.int32)
    if array.ndim not in (1, 2) or not is_sound or 0 in array.shape[1:]:
        raise DatasetError(
            f"{where} must be a path or an array of samples, (samples,) or (samples, channels), floats "
            f"or integers of 16 or 32 bits; got {type(sound).__name__} of {array.dtype} with shape "
            f"{array.shape}."
        )
    if sample_rate_hz is None:
        raise DatasetError(
            f"{where}: an array of samples needs its rate; got none. Give sample_rate_hz."
        )
    rate_of_samples(sample_rate_hz, where)
    return samples_of(array, where)


def _listed(sound: Any, where: str) -> npt.NDArray[Any]:
    """Return lists or a column of numbers as an array; of what is none, an array of no numbers."""
    try:
        return np.asarray(rows_of(sound, where, "sample"))
    except ValueError:  # no list, or lists of several lengths
        return np.empty((), object)


def _check_counts(columns: Mapping[str, Sequence[str] | None], count: int, source: str) -> None:
    for what, given in columns.items():
        if isinstance(given, str):
            raise DatasetError(f"{source}: {what} must be a list; got one string.")
        if given is not None and len(given) != count:
            raise DatasetError(
                f"{source}: there must be as many {what} as recordings; got {len(given)} and "
                f"{count}. Give each recording one."
            )


def _strings(transcripts: Sequence[str], names: list[str], source: str) -> list[str]:
    for name, transcript in zip(names, transcripts, strict=True):
        if not isinstance(transcript, str):
            raise DatasetError(
                f"{source}: {name}: a transcript must be a string; "
                f"got {type(transcript).__name__}. Turn it into a string."
            )
    for name, transcript in zip(names, transcripts, strict=True):
        if not transcript.isascii():
            json_text(transcript, f"{source}: {name}")
    empty = [name for name, text in zip(names, transcripts, strict=True) if not str(text).strip()]
    if empty:
        logger.warning(
            "%s: %d of %d transcripts are empty, the first is that of %s; they are taken for silence.",
            *(source, len(empty), len(names), empty[0]),
        )
    return [str(transcript) for transcript in transcripts]
