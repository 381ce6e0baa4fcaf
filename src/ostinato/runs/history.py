"""``history.jsonl``: one JSON object for each epoch of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ostinato._errors import CheckpointError
from ostinato._files import json_of, parse_json, read_text, write_text

Record = dict[str, Any]


def write(run: Path, records: list[Record]) -> None:
    """Write the epochs so far, whole or not at all."""
    write_text(run / "history.jsonl", "".join(json_of(record) + "\n" for record in records))


def read(run: Path) -> list[Record]:
    """Read the epochs of a run folder; none if it has not finished one.

    Raises:
        CheckpointError: The file is not as it was written, or a line is not JSON.
    """
    path = run / "history.jsonl"
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            records.append(parse_json(line))
        except ValueError as error:
            raise CheckpointError(
                f"{path}: line {number} must be a JSON object ({error}). Copy the run folder anew."
            ) from error
    return records
