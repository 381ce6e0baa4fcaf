"""Recordings of Hugging Face's ``datasets``, without importing that library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato._arrays import rows_of
from ostinato.datasets.readers.recordings.segment_columns import (
    row_segments,
    segment_columns,
    tell_whole,
)
from ostinato.datasets.readers.tables.columns import named_column
from ostinato.datasets.readers.tables.hugging_face import is_labelled, splits_of
from ostinato.datasets.records.recordings import Recordings


def _sounds(rows: Any, audio: str, others: Sequence[str | None], where: str) -> Any:
    """Return a column of recordings, or the segments of files that other columns name."""
    names = [name for name in rows.features if name not in (audio, *others)]
    times = segment_columns(names, where)
    if not times:
        return rows[audio]
    if getattr(rows.features[audio], "dtype", None) != "string":
        tell_whole(times, where)
        return rows[audio]
    values = {kind: rows_of(rows[one.name], where, kind) for kind, one in times.items()}
    return row_segments([Path(file) for file in rows[audio]], times, values, where)


def speech_from_hugging_face(
    dataset: Any, wanted: Mapping[str, str | None], usual: Mapping[str, Sequence[str]]
) -> dict[str, Recordings]:
    """Turn a data set of recordings and transcripts into splits; sound stays as it is stored.

    Args:
        dataset: A ``datasets.Dataset``, which is train, or a ``datasets.DatasetDict``.
        wanted: Columns of ``audio``, ``text`` and ``speaker``, as far as they are named.
        usual: Names that each of these usually has.

    Raises:
        DatasetError: It is another kind of object, or a column is missing or wrong.
    """
    splits, found = {}, dict(wanted)
    for split, (where, rows) in splits_of(dataset).items():
        if split == "train":
            names = list(rows.features)
            found = {
                kind: named_column(
                    kind, wanted.get(kind), names, usual[kind], where, needed=kind != "speaker"
                )
                for kind in usual
            }
        audio, text, speaker = (found[kind] for kind in ("audio", "text", "speaker"))
        assert audio is not None
        assert text is not None  # they were needed
        if split == "train" or is_labelled(rows, text, where):
            splits[split] = Recordings.make(
                _sounds(rows, audio, [text, speaker], where),
                [
                    "" if transcript is None else transcript
                    for transcript in rows_of(rows[text], where, "transcript")
                ],
                where,
                speakers=None
                if speaker is None
                else [str(one) for one in rows_of(rows[speaker], where, "speaker")],
            )
    return splits
