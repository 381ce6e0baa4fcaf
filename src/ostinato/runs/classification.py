"""``predictions.parquet``: what a model said of the part it was measured on, for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ostinato._files import replacing
from ostinato.datasets import Recordings

EXCERPT = 600  # characters of a text that are kept, of wrong answers only


def write_predictions(
    run: Path,
    *,
    part: str,
    texts: Sequence[str],
    labels: Sequence[Any],
    predictions: Sequence[Any],
    confidence: npt.NDArray[np.float32],
    probabilities: npt.NDArray[np.float32],
    num_tokens: npt.NDArray[np.int64],
) -> None:
    """Write one row a text: gold, predicted, probabilities, length, and an excerpt if wrong."""
    gold, said = _strings(labels), _strings(predictions)
    wrong = [
        (sorted(a) != sorted(b)) if isinstance(a, list) else a != b
        for a, b in zip(gold, said, strict=True)
    ]
    table = pa.table(
        {
            "label": gold,
            "prediction": said,
            "confidence": confidence,
            "probabilities": pa.FixedSizeListArray.from_arrays(
                probabilities.ravel(), probabilities.shape[1]
            ).cast(pa.list_(pa.float32())),
            "num_tokens": num_tokens.astype(np.int32),
            "text": [
                text[:EXCERPT] if is_wrong else None
                for text, is_wrong in zip(texts, wrong, strict=True)
            ],
        }
    )
    write_table(run, part, table)


def write_values(
    run: Path,
    *,
    part: str,
    names: Sequence[str],
    labels: npt.NDArray[np.float64],
    predictions: npt.NDArray[np.float64],
    lengths: npt.NDArray[np.int64],
) -> None:
    """Write one row a sequence: its name, its value, what was said, and its length."""
    table = pa.table(
        {
            "sequence": pa.array(names, pa.string()),
            "label": labels,
            "prediction": predictions,
            "num_tokens": lengths.astype(np.int32),
        }
    )
    write_table(run, part, table)


def write_tagged_predictions(
    run: Path,
    *,
    part: str,
    sentences: Sequence[Sequence[str]],
    labels: Sequence[Sequence[str]],
    predictions: Sequence[Sequence[str]],
    confidence: Sequence[npt.NDArray[np.float32]],
    known: Sequence[npt.NDArray[np.bool_]],
    span_confidence: Sequence[Sequence[float]],
) -> None:
    """Write one row a sentence: tokens, gold and predicted tags, and how sure they are."""
    table = pa.table(
        {
            "tokens": pa.array(sentences, pa.list_(pa.string())),
            "label": pa.array(labels, pa.list_(pa.string())),
            "prediction": pa.array(predictions, pa.list_(pa.string())),
            "confidence": pa.array(confidence, pa.list_(pa.float32())),
            "known": pa.array(known, pa.list_(pa.bool_())),
            "span_confidence": pa.array(span_confidence, pa.list_(pa.float32())),
        }
    )
    write_table(run, part, table)


def write_transcripts(
    run: Path,
    *,
    part: str,
    part_of: Recordings,
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

    speakers: Sequence[str | None] = part_of.speakers or [None] * len(answers)
    table = pa.table(
        {
            "audio": pa.array(part_of.names, pa.string()),
            "speaker": pa.array(speakers, pa.string()),
            "label": pa.array(part_of.transcripts, pa.string()),
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
    write_table(run, part, table)


def write_table(
    run: Path, part: str, table: pa.Table, told: Mapping[str, str] | None = None
) -> None:
    """Write a table as ``predictions.parquet``, with the name of its part and more."""
    table = table.replace_schema_metadata({"split": part, **(told or {})})
    with replacing(run / "predictions.parquet") as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _strings(labels: Sequence[Any]) -> list[Any]:
    return [
        [str(label) for label in row] if isinstance(row, list | tuple | set) else str(row)
        for row in labels
    ]
