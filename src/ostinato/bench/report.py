"""A row of results as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

HEAD = ("contestant", "milliseconds", "quartiles", "times ours", "quartiles", "results", "note")


def table(row: dict[str, Any]) -> list[str]:
    """Return the lines of a table of who took how long, and what is to know of it."""
    lines = [HEAD, *(_line(row, name) for name in row["peers"])]
    shown = list(aligned(lines))
    shown += [f"left out: {name}: {reason}" for name, reason in row["left_out"].items()]
    roofline = row.get("roofline")
    if roofline:
        shown.append(
            f"ours: {roofline['ours_gflops']:,.1f} GFLOP/s, {roofline['share']:.0%} of this "
            f"machine's best matrix product ({roofline['best_gflops']:,.1f}, {roofline['best']})"
        )
    shown.append(f"gate: {row['gate']}")
    return shown


def aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines of cells as columns, the first to the left, those of numbers to the right.

    Example:
        >>> list(aligned([["a", "x"], ["bcd", "1.5"]]))
        ['a      x', 'bcd  1.5']
    """
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        cells = [
            cell.ljust(width) if column in (0, 5, 6) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _line(row: dict[str, Any], name: str) -> list[str]:
    facts = row["peers"][name]
    check, ratio = facts["gate"], facts["ratio"]
    is_refused = row["gate"] != "passed" or (check is not None and not check["passed"])
    if check is None:
        results = "not checked"
    else:
        results = f"{'right' if check['passed'] else 'WRONG'} to {check['error']:.0e}"
    if ratio is None:
        ratios = ["refused" if is_refused and name != "ours" else "", ""]
    else:
        ratios = [f"{ratio['median']:.2f}", f"{ratio['q1']:.2f}-{ratio['q3']:.2f}"]
    times = [f"{facts['ms']:.4g}", f"{facts['q1_ms']:.4g}-{facts['q3_ms']:.4g}"]
    return [name, *times, *ratios, results, facts["note"]]
