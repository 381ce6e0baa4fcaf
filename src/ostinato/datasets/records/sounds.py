"""Recordings as libraries hold them: paths, bytes of a file, samples with their rate."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from ostinato._arrays import array_of, rows_of
from ostinato._errors import DatasetError, named
from ostinato.datasets.cache import cached
from ostinato.datasets.records.segments import Segment
from ostinato.datasets.records.waves import MOST_CHANNELS, rate_of_samples

_BATCH = 64  # recordings of a column that are in memory at a time
_MAGIC = {b"RIFF": ".wav", b"fLaC": ".flac", b"OggS": ".ogg", b"ID3": ".mp3", b"FORM": ".aiff"}


def recordings_in(values: Any, where: str) -> Iterable[Any]:
    """Return the recordings that something holds, one at a time where they may be large.

    Args:
        values: What a user gave: whatever holds rows, or a column of Hugging Face.
        where: Who asks, for messages.

    Raises:
        DatasetError: It has no rows.
    """
    source: Any = getattr(values, "source", None)
    if hasattr(source, "with_format") and hasattr(values, "column_name"):
        column = source.select_columns([values.column_name]).with_format("arrow")
        batches = (batch.column(0).to_pylist() for batch in column.iter(batch_size=_BATCH))
        return (row for batch in batches for row in batch)
    array = array_of(values)
    if array is not None and array.size and _is_one_recording(array):
        raise DatasetError(
            f"{where}: recordings must be a list; got one array of shape {array.shape}, which is a single "
            "recording. Write [array]."
        )
    return rows_of(values, where, "recording")


def _is_one_recording(array: npt.NDArray[Any]) -> bool:
    """Return whether an array is the samples of one recording, and no row a recording."""
    if array.dtype.kind not in "biuf":
        return False
    return array.ndim == 1 or (array.ndim == 2 and array.shape[1] <= MOST_CHANNELS < len(array))


def sound_of(value: Any, where: str) -> tuple[Any, int | None, str | None]:
    """Return a file or samples, their rate and the name of their file, where these are told.

    Bytes of a sound file are written to a file of the cache, once.

    Args:
        value: A path; bytes of a file; a dictionary of Hugging Face with ``bytes``, ``path``, or ``array``
            and ``sampling_rate``; a decoder of torchcodec; or an array of samples.
        where: How messages call it.

    Raises:
        DatasetError: A dictionary holds none of these.

    Example:
        >>> sound_of({"array": [0.0, 0.1], "sampling_rate": 8000, "path": None}, "recording 1")
        ([0.0, 0.1], 8000, None)
        >>> sound_of({"bytes": None, "path": "a.wav"}, "recording 1")
        (PosixPath('a.wav'), None, 'a.wav')
    """
    if isinstance(value, str | Path):
        return Path(value), None, str(value)
    if isinstance(value, Segment):
        return value, None, str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return stored(bytes(value)), None, None
    if hasattr(value, "get_all_samples"):  # torchcodec
        samples = value.get_all_samples()
        return samples.data.T, int(samples.sample_rate), None  # (channels, samples)
    if not isinstance(value, Mapping):
        return value, None, None
    name = value.get("path")
    if value.get("array") is not None and value.get("sampling_rate"):
        return value["array"], rate_of_samples(value["sampling_rate"], where), name
    if value.get("bytes") is not None:
        return stored(value["bytes"], name), None, name
    if name:
        return Path(name), None, name
    raise DatasetError(
        f"{where} must have bytes, a path, or an array and its sampling_rate; got {named(value)}. "
        "Fill it in, or leave the recording out."
    )


def stored(data: bytes, name: str | None = None) -> Path:
    """Return a file of the cache with the bytes of a sound file.

    Args:
        data: The bytes.
        name: Name of the file that they come from, whose ending tells the format.

    Example:
        >>> stored(b"RIFF....WAVE").read_bytes()
        b'RIFF....WAVE'
    """
    endings = (ending for magic, ending in _MAGIC.items() if data.startswith(magic))
    suffix = Path(name or "").suffix.lower() or next(endings, "")
    file = f"sound{suffix[:8]}"

    def write(folder: Path) -> None:
        (folder / file).write_bytes(data)

    key = hashlib.sha256(data + suffix.encode()).hexdigest()
    return cached("sounds", key, write) / file
