"""Rows of results as the cells and lines of a table."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Runs = dict[str, list[Row]]
"""The rows of the newest run of each case, one a repeat."""

MEASURED = ("measured", "figure", "time", "peak memory", "command")
"""The columns of most tables: what, how good, and what `costs` returns."""

BY_FILE = re.compile(r"python benchmarks/(\w+)\.py")
"""How rows name a command of this package that was measured before it was one."""


def newest_runs(rows: Iterable[Row]) -> Runs:
    """Return of each case the rows of its newest run, from its repeat 0 on."""
    runs: Runs = {}
    for row in sorted(rows, key=lambda row: row["time"]):
        if row["repeat"] == 0:
            runs[row["case"]] = []
        runs.setdefault(row["case"], []).append(row)
    return runs


def read_rows(folder: Path) -> list[Row]:
    """Read every row of the results files but those of ``kernels.py --quick`` and ``many.py``."""
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]
    return [row for row in rows if "case" in row and not row.get("quick")]


class Words:
    """The words of a table in the language of its page."""

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words

    def __call__(self, word: str) -> str:
        """Return a word; in English most stand for themselves."""
        return self._words.get(word, word)


def test_of(row: Row) -> dict[str, Any]:
    """Return the figures of the test split."""
    found: dict[str, Any] = row["metrics"]["test"]
    return found


def other_seeds(case: str, runs: Runs, say: Words, figure: str) -> str:
    """Return a figure of the runs of a case with other seeds; nothing if there are none."""
    others = [runs[f"{case}-seed-{n}"][0] for n in (1, 2) if f"{case}-seed-{n}" in runs]
    if not others:
        return ""
    values = ", ".join(f"{test_of(other)[figure]:.4f}" for other in others)
    numbers = ", ".join(other["command"].rsplit(" ", 1)[1] for other in others)
    return say("other seeds").format(numbers, values)


def over_seeds(case: str, runs: Runs) -> list[Row]:
    """Return a row of each seed of a case; none where its first was not run."""
    if case not in runs:
        return []
    cases = (case, *(f"{case}-seed-{n}" for n in (1, 2)))
    return [runs[name][0] for name in cases if name in runs]


def costs(rows: Sequence[Row]) -> list[str]:
    """Return time, peak memory and command of a run."""
    peaks = [row["metrics"]["peak_memory_bytes"] for row in rows if "metrics" in row]
    memory = f"{max(peaks) / 2**30:.2f} GiB" if peaks else "–"
    return [seconds(walls(rows)), memory, f"`{command(rows[0])}`"]


def walls(rows: Sequence[Row]) -> list[float]:
    """Return the seconds of each repeat, start of Python included."""
    return [row["wall_s"] for row in rows]


def seconds(values: Sequence[float]) -> str:
    """Return the median, with the range if there are several."""
    digits = 2 if statistics.median(values) < 10 else 0
    median = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return f"{median} s"
    return f"{median} s ({min(values):.{digits}f}–{max(values):.{digits}f})"


def command(row: Row) -> str:
    """Return the command of a row as a reader types it today."""
    typed = BY_FILE.sub(r"python -m benchmarks.\1", row["command"])
    return typed.replace("{films}", "films").replace("{out}", f"runs/{row['case']}")


def table(head: Sequence[str], lines: Sequence[Sequence[str]], say: Words) -> list[str]:
    """Return the lines of a table, its head in the language of the page, or that there is nothing yet."""
    if not lines:
        return [f"*{say('not measured yet')}*"]
    rows = [[say(name) for name in head], ["---"] * len(head), *lines]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]


def quartiles(spread: dict[str, float], digits: int) -> str:
    """Return a median with its quartiles."""
    median, q1, q3 = (f"{spread[name]:.{digits}f}" for name in ("median", "q1", "q3"))
    return f"{median} ({q1}–{q3})"
