"""``history.jsonl``: one JSON object for each epoch of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ostinato._errors import CheckpointError
from ostinato._files import write_text

Record = dict[str, Any]


def write(run: Path, records: list[Record]) -> None:
    """Write the epochs so far, whole or not at all."""
    write_text(run / "history.jsonl", "".join(json.dumps(record) + "\n" for record in records))


def read(run: Path) -> list[Record]:
    """Read the epochs of a run folder; none if it has not finished one.

    Raises:
        CheckpointError: A line is not JSON.
    """
    path = run / "history.jsonl"
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise CheckpointError(
                f"{path}: line {number} must be a JSON object ({error}). Copy the run folder anew."
            ) from error
    return records
