"""Draw ``docs/kernels.svg`` from the newest rows of `benchmarks.kernels`.

    python -m benchmarks.tables.kernel_plot

A bar is how many times slower the peer was, on a logarithmic scale; a tick across it is what must
be reached. The background is transparent, and every colour can be read on light and on dark.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.cases.kernels import CELLS
from benchmarks.facts import RESULTS, ROOT
from benchmarks.tables.kernels import ENGLISH, against, kernel_rows
from benchmarks.tables.rows import Row, Words, newest_runs, read_rows

mpl.use("svg")
from matplotlib import pyplot as plt

TEXT, GRID = "#7d848c", "#7d848c55"
WON, LOST, MUST = "#3b82c4", "#d9822b", "#c2405a"

Bars = dict[str, dict[str, Row]]


def main() -> None:
    """Draw the plot, or say that there is nothing to draw yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the rows")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "kernels.svg")
    arguments = parser.parse_args()
    bars = bars_of(kernel_rows(newest_runs(read_rows(arguments.results))))
    if not bars:
        print("there are no rows of benchmarks.kernels yet")
        return
    draw(bars, arguments.out)
    print(f"{arguments.out}: {sum(map(len, bars.values()))} bars")


def bars_of(rows: list[Row]) -> Bars:
    """Return the claims about a ratio to a peer, by workload and peer, then by cell."""
    say = Words(ENGLISH)
    bars: Bars = {}
    for row in rows:
        for claim in row["claims"]:
            if claim["kind"] == "ratio" and claim["figure"] is not None:
                label = f"{_short(row, say)}: {_peer(claim, say)}"
                bars.setdefault(label, {})[row["workload"]["cell"]] = claim
    return bars


def draw(bars: Bars, out: Path) -> None:
    """Draw a panel for each cell, and in it a bar for each workload and peer."""
    settings: Any = {
        "svg.hashsalt": "ostinato",  # the same file from the same rows
        "svg.fonttype": "none",
        "text.color": TEXT,
        "axes.labelcolor": TEXT,
        "axes.titlecolor": TEXT,
        "axes.edgecolor": GRID,
        "xtick.color": TEXT,
        "ytick.color": TEXT,
        "font.size": 8,
    }
    cells = [cell for cell in CELLS if any(cell in claims for claims in bars.values())]
    height = 1.0 + 0.26 * len(bars)
    with plt.rc_context(settings):
        figure, panels = plt.subplots(
            1, len(cells), figsize=(11, height), sharex=True, squeeze=False, layout="constrained"
        )
        for axes, cell in zip(panels[0], cells, strict=True):
            for place, claims in enumerate(bars.values()):
                if cell in claims:
                    _bar(axes, place, claims[cell])
            _finish(axes, cell, list(bars) if cell == cells[0] else [""] * len(bars))
        _limit(panels[0][0], [claim for claims in bars.values() for claim in claims.values()])
        figure.supxlabel(
            "times slower than ostinato, logarithmic (bar: median, thin line: quartiles, "
            "tick: what must be reached)",
            fontsize=8,
        )
        figure.savefig(out, format=out.suffix[1:], transparent=True, metadata=METADATA[out.suffix])
        plt.close(figure)


METADATA = {".svg": {"Date": None}, ".png": {}}


def _short(row: Row, say: Words) -> str:
    """Return a workload without its cell, in few words."""
    workload = row["workload"]
    kind = say("kernel epoch") if row["measure"] == "epoch" else say(workload["mode"])
    parts = [kind, f"{workload['num_layers']} × {workload['hidden_size']}"]
    parts += ["both directions"] if workload["bidirectional"] else []
    parts += [workload["dtype"]] if workload["dtype"] != "float32" else []
    if workload["batch_size"] == 1:
        parts += ["one row"]
    elif workload["lengths"].startswith("imdb"):
        parts += ["lengths of IMDB"] if row["measure"] != "epoch" else []
    else:
        parts += [f"lengths {workload['lengths']}"]
    return ", ".join(parts)


def _peer(claim: Row, say: Words) -> str:
    """Return whom a bar is measured against; of more than two, that it is the best of all."""
    return "best of all" if len(claim["against"]) > 2 else against(claim, say)


def _bar(axes: Any, place: int, claim: Row) -> None:
    median, q1, q3 = (claim["figure"][key] for key in ("median", "q1", "q3"))
    colour = LOST if claim["outcome"] == "no" else WON
    axes.barh(place, median - 1, left=1, height=0.6, color=colour)
    axes.hlines(place, q1, q3, color=TEXT, linewidth=1.2)
    axes.vlines(claim["must"], place - 0.42, place + 0.42, color=MUST, linewidth=2)
    axes.annotate(
        f"{median:.2f}" if median < 10 else f"{median:.0f}",
        (max(median, q3, claim["must"], 1), place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
    )


def _finish(axes: Any, cell: str, labels: list[str]) -> None:
    axes.set_title(cell.upper(), fontsize=9)
    axes.axvline(1, color=TEXT, linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="x", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)


def _limit(axes: Any, claims: list[Row]) -> None:
    """Set the scale that all panels share."""
    high = max([2.0, *(max(claim["figure"]["q3"], claim["must"]) for claim in claims)])
    low = min([0.8, *(claim["figure"]["q1"] for claim in claims)])
    ticks = [2.0**power for power in range(-8, 12) if low / 1.1 <= 2.0**power <= 2 * high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(low / 1.15, 2.2 * high)  # on the right there is room for the number


if __name__ == "__main__":
    main()
