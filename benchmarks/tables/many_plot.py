"""Draw the rows of the benchmark of many sets: what the defaults reach, and the simple models beside."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.facts import RESULTS, ROOT

Rows = list[dict[str, Any]]

OUT = ROOT / "docs" / "images"
ERRORS = {"wer", "cer", "mase", "mse", "rmse"}  # figures of which less is better
WIDTH, HEIGHT = 3.1, 2.5  # of a panel in inches


def newest() -> Rows:
    """Return the newest row of each task, set, size and seed, of validation splits."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for path in sorted(RESULTS.glob("*-many.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if not row["is_test"]:
                found[row["task"], row["set"], row["size"], row["seed"]] = row
    return list(found.values())


def write() -> None:
    """Write a drawing for each task that has rows."""
    by_task: defaultdict[str, Rows] = defaultdict(list)
    for row in newest():
        by_task[row["task"]].append(row)
    OUT.mkdir(exist_ok=True)
    for task, rows in by_task.items():
        path = OUT / f"many-{task}.svg"
        with rc_context({"svg.hashsalt": task, "font.size": 8}):
            drawn(rows).savefig(path, metadata={"Date": None}, bbox_inches="tight")
        print(path.relative_to(ROOT))


def drawn(rows: Rows) -> Figure:
    """Return a panel a set: the figure against the number of examples, mean and range of the seeds."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    columns = min(len(sets), 3)
    lines = -(-len(sets) // columns)
    figure = Figure(figsize=(WIDTH * columns, HEIGHT * lines), layout="constrained")
    for place, name in enumerate(sets, start=1):
        axes = figure.add_subplot(lines, columns, place)
        own = [row for row in rows if row["set"] == name]
        best = list(own[0]["baselines"])[-1:]
        _curve(axes, own, lambda row: row["model"], "ostinato, defaults", "C0", "o-")
        for baseline in best:
            _curve(axes, own, lambda row, b=baseline: row["baselines"].get(b, np.nan),
                   baseline.replace("_", " "), "C1", "s--")  # fmt: skip
        axes.set_xscale("log")
        axes.minorticks_off()
        sizes = sorted({_size(row) for row in own})
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.set_title(name)
        axes.set_xlabel("examples to train on")
        axes.set_ylabel(
            own[0]["figure"] + (", less is better" if own[0]["figure"] in ERRORS else "")
        )
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    return figure


def _size(row: dict[str, Any]) -> int:
    return int(row["size"] or row["n"])


def _curve(axes: Any, rows: Rows, value: Any, label: str, color: str, style: str) -> None:
    by_size: defaultdict[int, list[float]] = defaultdict(list)
    for row in rows:
        by_size[_size(row)].append(value(row))
    sizes = sorted(by_size)
    means = [float(np.mean(by_size[size])) for size in sizes]
    axes.plot(sizes, means, style, color=color, label=label, markersize=3, linewidth=1)
    low, high = ([f(by_size[size]) for size in sizes] for f in (min, max))
    axes.fill_between(sizes, low, high, color=color, alpha=0.15, linewidth=0)
