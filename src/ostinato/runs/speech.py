"""The predictions.parquet of a run of speech recognition, recording by recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ostinato.datasets import Recordings
from ostinato.runs.columns import (
    finite,
    floats,
    misfit,
    read_columns,
    right_types,
    texts,
    unit_interval,
    write_table,
)
from ostinato.runs.run import Labels

FRAMES_PER_SECOND = 100
"""What the length of a recording is counted in."""

TEXTS = ("audio", "label", "prediction")
PICTURED = ("waveform", "frames", "bands", "probabilities", "classes", "seconds_shown")
COLUMNS = (*TEXTS, "speaker", "confidence", "seconds", *PICTURED)


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """What there is to see of the beginning of a recording.

    Args:
        seconds: How much of it.
        waveform: Lowest and highest sample of each stretch, ``(stretches, 2)``.
        frames: Log-mel energies, ``(frames, bands)``, in nats.
        probabilities: Those of the classes at each step, ``(steps, classes)``; the first is the blank.
    """

    seconds: float
    waveform: NDArray[np.float64]
    frames: NDArray[np.float64]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class TranscriptPredictions:
    """What was said in each recording of a split, and what the model wrote; ``n`` recordings.

    Args:
        split: ``"test"`` or ``"validation"``.
        audio: What the recordings are called.
        speakers: Who speaks in each; None where that is not known.
        labels: What was said.
        predictions: What was written.
        confidence: Probability of what was written, ``(n,)``.
        seconds: Length of each recording, ``(n,)``.
        pictures: By number, what there is to see of some recordings.
    """

    split: str
    audio: tuple[str, ...]
    speakers: tuple[str | None, ...]
    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    confidence: NDArray[np.float64]
    seconds: NDArray[np.float64]
    pictures: Mapping[int, Picture]

    @property
    def num_tokens(self) -> NDArray[np.int64]:
        """Length of each recording in frames of 10 ms, ``(n,)``."""
        return np.round(self.seconds * FRAMES_PER_SECOND).astype(np.int64)


def write_transcripts(
    run: Path,
    *,
    split: str,
    recordings: Recordings,
    answers: Sequence[Mapping[str, Any]],
    pictures: Mapping[int, Mapping[str, Any]],
) -> None:
    """Write one row a recording: what was said and written; of some, what there is to see.

    ``waveform`` holds lowest and highest samples in turn, ``frames`` log-mel frames and
    ``probabilities`` those of the classes, each flat, with its number of columns in ``bands`` and
    ``classes``.
    """

    def column(name: str) -> pa.Array:
        rows = [pictures.get(row, {}).get(name) for row in range(len(answers))]
        flat = [None if row is None else np.asarray(row, np.float32).ravel() for row in rows]
        return pa.array(flat, pa.list_(pa.float32()))

    def width(name: str) -> list[int | None]:
        return [
            np.shape(pictures[row][name])[1] if row in pictures else None
            for row in range(len(answers))
        ]

    speakers: Sequence[str | None] = recordings.speakers or [None] * len(answers)
    table = pa.table(
        {
            "audio": pa.array(recordings.names, pa.string()),
            "speaker": pa.array(speakers, pa.string()),
            "label": pa.array(recordings.transcripts, pa.string()),
            "prediction": [answer["text"] for answer in answers],
            "confidence": pa.array([answer["confidence"] for answer in answers], pa.float64()),
            "seconds": pa.array([answer["seconds"] for answer in answers], pa.float64()),
            "waveform": column("waveform"),
            "frames": column("frames"),
            "bands": pa.array(width("frames"), pa.int32()),
            "probabilities": column("probabilities"),
            "classes": pa.array(width("probabilities"), pa.int32()),
            "seconds_shown": pa.array(
                [pictures.get(row, {}).get("seconds_shown") for row in range(len(answers))],
                pa.float64(),
            ),
        }
    )
    write_table(run, split, table)


def read_transcripts(path: Path, labels: Labels) -> TranscriptPredictions | None:
    """Read and check predictions.parquet.

    Args:
        path: The file.
        labels: Symbols of the model.

    Returns:
        Its recordings; None if there is none.

    Raises:
        CheckpointError: The file is broken or does not fit the labels.
    """
    split, columns = read_columns(path, COLUMNS)
    if not len(columns["label"]):
        return None
    with right_types(path):
        strings = {name: texts(columns[name], name, path) for name in TEXTS}
        seconds = finite(floats(columns["seconds"]), "seconds", path)
        predictions = TranscriptPredictions(
            split=split,
            audio=strings["audio"],
            speakers=tuple(columns["speaker"].cast(pa.string()).to_pylist()),
            labels=strings["label"],
            predictions=strings["prediction"],
            confidence=unit_interval(floats(columns["confidence"]), "confidence", path),
            seconds=seconds,
            pictures=_pictures(columns, labels, path),
        )
    if (seconds < 0).any():
        raise misfit(path, "must have seconds of at least 0", f"{seconds.min():.4g}")
    _check_symbols(predictions.predictions, labels, path)
    return predictions


def _check_symbols(predictions: Sequence[str], labels: Labels, path: Path) -> None:
    """Raise unless the model could have written these texts."""
    are_words = labels.unit == "word"
    written = {symbol for text in predictions for symbol in (text.split() if are_words else text)}
    strangers = written - set(labels.classes)
    if strangers:
        raise misfit(path, "must have predictions of labels.json only", repr(min(strangers)))


def _pictures(columns: Mapping[str, Any], labels: Labels, path: Path) -> dict[int, Picture]:
    """Return by number what there is to see of a recording, of those that have it."""
    is_there = np.array(
        [columns[name].is_valid().to_numpy(zero_copy_only=False) for name in PICTURED]
    )
    cut = np.flatnonzero(is_there.any(axis=0) & ~is_there.all(axis=0))
    if len(cut):
        missing = PICTURED[int(np.argmin(is_there[:, cut[0]]))]
        raise misfit(
            path,
            f"must have all of {', '.join(PICTURED)} in a row, or none of them",
            f"no {missing} in row {cut[0] + 1}",
        )
    pictures = {}
    for row in np.flatnonzero(is_there.all(axis=0)).tolist():
        values = {name: columns[name][row] for name in PICTURED}
        num_classes = values["classes"].as_py()
        if num_classes != len(labels.classes) + 1:
            raise misfit(
                path,
                f"must have probabilities of {len(labels.classes) + 1} classes, the blank and those "
                "of labels.json",
                f"{num_classes} in row {row + 1}",
            )
        shown = np.array([values["seconds_shown"].as_py()], dtype=np.float64)
        probabilities = _matrix(values["probabilities"], num_classes, "probabilities", path)
        pictures[row] = Picture(
            seconds=float(finite(shown, "seconds_shown", path)[0]),
            waveform=_matrix(values["waveform"], 2, "waveform", path),
            frames=_matrix(values["frames"], values["bands"].as_py(), "frames", path),
            probabilities=unit_interval(probabilities, "probabilities", path),
        )
    return pictures


def _matrix(value: Any, width: int, name: str, path: Path) -> NDArray[np.float64]:
    """Return a flat list as rows of a width, or raise."""
    flat = finite(floats(value.values), name, path)
    if width < 1 or len(flat) % width:
        raise misfit(path, f"must have {name} in rows of {width}", f"{len(flat)} numbers")
    return flat.reshape(-1, width)
