"""Tell whether two versions train to the same bits: every bundled sample, and a real run of each task.

    python -m benchmarks.same_bits record BEFORE.jsonl --python ../before/.venv/bin/python
    python -m benchmarks.same_bits record AFTER.jsonl
    python -m benchmarks.same_bits compare BEFORE.jsonl AFTER.jsonl

``record`` trains by the command line, with one thread, a fixed seed and an empty home, and appends a row a
run: the figures of ``history.jsonl`` and ``metrics.json`` without times, and sums of weights and predictions.
Names may move between versions, bits may not: a figure under a new name is the same figure, and weights
and predictions are compared without their names.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import safetensors.numpy

from benchmarks import facts
from benchmarks.cases.same_bits import RUNS

SEED = "7"
TIMED = ("second", "real_time", "peak_memory")
"""What is in the name of a figure that differs from run to run."""

PARTS = ("history", "metrics", "weights", "predictions")


def record(name: str, python: str, home: Path) -> dict[str, Any]:
    """Train one of the runs with some Python's ostinato, and return what came out, to the bit.

    Raises:
        subprocess.CalledProcessError: The training failed; what it said is printed.
    """
    run = RUNS[name]
    with tempfile.TemporaryDirectory() as folder:
        source = run.source if isinstance(run.source, str) else str(run.source(Path(folder)))
        out = Path(folder) / "run"
        options = ("--out", str(out), "--seed", SEED, *run.options)
        command = ["-m", "ostinato", "train", run.verb, source, *options]
        one = {"OMP_NUM_THREADS": "1", "OSTINATO_HOME": str(home)}
        start = time.perf_counter()
        done = subprocess.run(
            [python, *command],
            cwd=folder,
            env={**os.environ, **one},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)
        done.check_returncode()
        lines = (out / "history.jsonl").read_text("utf-8").splitlines()
        typed = " ".join(["ostinato", *command[2:]])
        return {
            "run": name,
            "command": typed.replace(str(out), "{out}").replace(folder + os.sep, ""),
            "wall_s": round(time.perf_counter() - start, 1),
            "history": [timeless(json.loads(line)) for line in lines],
            "metrics": timeless(json.loads((out / "metrics.json").read_text("utf-8"))),
            "weights": weight_sums(out),
            "predictions": prediction_sums(out / "predictions.parquet"),
        }


def timeless(figures: Any) -> Any:
    """Return figures without those that tell times and memory, and without texts."""
    if not isinstance(figures, dict):
        return figures
    return {
        name: timeless(value)
        for name, value in figures.items()
        if not isinstance(value, str) and not any(word in name for word in TIMED)
    }


def weight_sums(run: Path) -> dict[str, str]:
    """Return of each file of weights the sum of its tensors' types, shapes and bytes, in any order."""
    sums = {}
    for path in sorted(run.glob("*.safetensors")):
        tensors = safetensors.numpy.load_file(path).values()
        each = sorted(_sum(f"{one.dtype}{one.shape}".encode() + one.tobytes()) for one in tensors)
        sums[f"{path.name}, {len(each)} tensors"] = _sum("".join(each).encode())
    return sums


def prediction_sums(path: Path) -> dict[str, str]:
    """Return of each column of predictions the sum of its values."""
    columns = pyarrow.parquet.read_table(path)
    return {name: _sum(repr(columns[name].to_pylist()).encode()) for name in columns.column_names}


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def figures_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every figure below a value with its path, each as Python writes it, which is exact."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from figures_of(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from figures_of(inner, f"{path}[{place}]")
    else:
        yield path, repr(value)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what differs between two rows of a run, a line each; a new name alone is no difference."""
    lines = []
    for part in PARTS:
        old, new = dict(figures_of(before[part], part)), dict(figures_of(after[part], part))
        lines += [
            f"{path}: {old[path]} became {new[path]}"
            for path in old
            if path in new and old[path] != new[path]
        ]
        gone = Counter(value for path, value in old.items() if path not in new)
        come = Counter(value for path, value in new.items() if path not in old)
        for word, left, side, other in (
            ("gone", gone - come, old, new),
            ("new", come - gone, new, old),
        ):
            lines += [
                f"{path}: {value} is {word}"
                for path, value in side.items()
                if path not in other and value in left
            ]
    return lines


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Read the newest row of each run."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {row["run"]: row for row in rows}


def compare(before: Path, after: Path) -> bool:
    """Print run by run whether two files hold the same bits, and return whether all do."""
    old, new = read(before), read(after)
    same = True
    for name in {**old, **new}:
        if name not in old or name not in new:
            print(f"{name}: only in {before if name in old else after}")
            same = False
            continue
        lines = differences(old[name], new[name])
        count = sum(1 for part in PARTS for _ in figures_of(old[name][part]))
        commits = f"{old[name]['commit']} and {new[name]['commit']}"
        print(f"{name}: {f'{len(lines)} of ' if lines else ''}{count} figures", end=" ")
        print(f"{'differ' if lines else 'are equal'} between {commits}", *lines, sep="\n  ")
        same &= not lines
    return same


def main() -> None:
    """Record runs, or compare two files of them; exit 1 where they differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="what", required=True)
    recorder = commands.add_parser("record", help="train, and append a row a run")
    recorder.add_argument("results", type=Path)
    recorder.add_argument("--runs", nargs="*", choices=RUNS, default=list(RUNS))
    recorder.add_argument("--python", default=sys.executable, help="of the version to record")
    comparer = commands.add_parser("compare", help="name what differs")
    comparer.add_argument("before", type=Path)
    comparer.add_argument("after", type=Path)
    asked = parser.parse_args()
    if asked.what == "compare":
        sys.exit(0 if compare(asked.before, asked.after) else 1)
    find = "import pathlib, ostinato; print(pathlib.Path(ostinato.__file__).parents[2])"
    python = str(Path(asked.python).absolute())
    root = Path(subprocess.check_output([python, "-c", find], text=True).strip())
    with tempfile.TemporaryDirectory() as home:
        for name in asked.runs:
            row = {**record(name, python, Path(home)), **facts.stamp("src", "native", root=root)}
            facts.append(row, asked.results)
            print(f"{name}: {row['wall_s']} s")


if __name__ == "__main__":
    main()
