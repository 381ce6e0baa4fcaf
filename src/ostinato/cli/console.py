"""Where the commands write: results to standard output, messages to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any


def show(line: str) -> None:
    """Write a line of the result to standard output."""
    sys.stdout.write(line + "\n")


def show_json(value: Any) -> None:
    """Write a result as one line of JSON to standard output."""
    show(json.dumps(value, ensure_ascii=False))


def say(line: str) -> None:
    """Write a message to standard error."""
    sys.stderr.write(line + "\n")


def print_figures(part: str, figures: Mapping[str, Any]) -> None:
    """Write the figures of a part in one line, and below it those of each class or of others."""
    numbers = {name: value for name, value in figures.items() if isinstance(value, (int, float))}
    shown = ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value:.4f}"
        for name, value in numbers.items()
    )
    if numbers:
        show(f"{part}: {shown}")
    for name, value in figures.items():
        if isinstance(value, Mapping):
            print_figures(f"  {name}", value)


def print_metrics(metrics: Mapping[str, Any]) -> None:
    """Write what a run measured: its figures, those of the simple models beside it, the verdict."""
    for part in ("validation", "test"):
        if part in metrics:
            print_figures(part, metrics[part])
            for one in metrics.get("baselines", {}).values():
                print_figures(f"  {one['title']}", one[part])
    verdict = metrics.get("verdict", {})
    for line in (verdict.get("text"), verdict.get("advice")):
        if line:
            say(line)


def is_first_process() -> bool:
    """Return whether this is the one process that talks, of those that a launcher started."""
    return os.environ.get("RANK", "0") == "0"
