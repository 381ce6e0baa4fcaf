"""The last steps of the series that a forecaster saw, kept in its run folder to forecast from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ostinato._errors import CheckpointError
from ostinato._files import replacing
from ostinato.datasets import SeriesTable
from ostinato.datasets.readers.tables.frames import read_run_table
from ostinato.series import Panel, panel_of

FILE = "series.parquet"
KINDS = ("values", "known", "past", "static")


def save_history(run: Path, panel: Panel, steps: int, whole: Collection[str] = ()) -> None:
    """Write the last steps of each series, and the rows known of its future, as a long table.

    Args:
        run: Run folder.
        panel: The series.
        steps: Steps to keep of each.
        whole: Ids of series of which to keep all.
    """
    begin = np.maximum(panel.lengths - steps, 0) * [name not in whole for name in panel.ids]
    ends = np.maximum(panel.known.lengths, panel.lengths) if panel.known_names else panel.lengths
    counts = ends - begin
    owner = np.repeat(np.arange(len(panel)), counts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts - begin, counts)
    times = [
        panel.times(row, int(first), int(last))
        for row, (first, last) in enumerate(zip(begin, ends, strict=True))
    ]
    ids = np.array(panel.ids, object)
    columns: dict[str, Any] = {
        "id": (ids.astype(np.int64) if panel.whole_ids else ids)[owner],
        "time": np.concatenate(times),
    }
    for kind, names in (
        ("values", panel.targets),
        ("known", panel.known_names),
        ("past", panel.past_names),
    ):
        column = getattr(panel, kind)
        is_there = step < column.lengths[owner]
        place = column.offsets[owner] + np.where(is_there, step, 0)
        for number, name in enumerate(names):
            columns[f"{kind}:{name}"] = np.where(is_there, column.values[place, number], np.nan)
    for name, values in panel.static.items():
        columns[f"static:{name}"] = values[owner]
    metadata = {"source": panel.source, "zone": panel.zone or "", "season": str(panel.season)}
    table = pa.table(columns).replace_schema_metadata(
        {**metadata, "frequency": panel.frequency.alias}
    )
    with replacing(run / FILE) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def load_history(run: Path) -> Panel:
    """Read what :func:`save_history` wrote.

    Raises:
        CheckpointError: The file is missing, damaged or something else.
    """
    path = run / FILE
    try:
        table = read_run_table(path)
        metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        found: dict[str, Any] = {kind: {} for kind in KINDS}
        for name in table.column_names[2:]:
            kind, _, column = name.partition(":")
            found[kind][column] = table[name].to_numpy()
        made = SeriesTable.make(
            table["time"].to_numpy(),
            found.pop("values"),
            ids=table["id"].to_numpy(),
            **found,
            source=metadata["source"],
            season=int(metadata["season"]),
        )
        panel = panel_of(made, metadata["frequency"], whole=True)
        return replace(panel, zone=metadata["zone"] or None)  # after, for dates are those of there
    except CheckpointError:
        raise
    except Exception as error:  # whatever a table of another kind breaks
        raise CheckpointError(
            f"{path}: must hold the last steps of the series; got {str(error)[:200]}. Copy the run "
            "folder anew, or train again."
        ) from error
