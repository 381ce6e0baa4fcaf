"""Where the commands write: results to standard output, messages to standard error."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from ostinato._files import json_of
from ostinato.cli import layout

LONGEST = 800  # characters of a message
LONG, MUCH = 5.0, 0.15  # seconds and share of the time from which that of simple models is told

COMMANDS = dict.fromkeys(
    {*range(32), *range(127, 160)} - {ord("\t"), ord("\n")}, "\N{REPLACEMENT CHARACTER}"
)
"""What stands for control characters in a terminal, which takes escape sequences for commands."""


def show(line: str) -> None:
    """Write a line of the result to standard output."""
    sys.stdout.write(_harmless(line, sys.stdout) + "\n")


def show_table(lines: Iterable[str]) -> None:
    """Write the lines of a table to standard output, at once: messages are to stand below it."""
    for line in lines:
        show(line)
    sys.stdout.flush()


def show_json(value: Any) -> None:
    """Write a result as one line of JSON to standard output.

    Numbers that are none, which JSON has not, are null, and that is said.
    """
    names = list(dict.fromkeys(_not_finite(value)))
    if names:
        say(f"Not a number, and null in the JSON: {', '.join(names[:5])}.")
    show(json_of(value))


def say(line: str) -> None:
    """Write a message to standard error."""
    sys.stderr.write(_harmless(line, sys.stderr) + "\n")


def _harmless(line: str, stream: TextIO) -> str:
    """Return a line without what commands a terminal, as labels and texts of others may; elsewhere as it is."""
    return line.translate(COMMANDS) if stream.isatty() else line


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a message without its middle, if it is longer than anybody reads.

    Example:
        >>> len(shortened("a" * 10_000)), shortened("short")
        (829, 'short')
    """
    if len(text) <= longest:
        return text
    short = f"{text[: longest // 2]} ... ({len(text):,} characters) ... {text[-(longest // 2) :]}"
    return min(text, short, key=len)


def print_figures(title: str, figures: Mapping[str, Any], main: str = "") -> None:
    """Write the figures of a split in a table, and below it those of each class.

    Args:
        title: What was measured.
        figures: Its figures.
        main: Name of the figure that the model is judged by, if it is known.
    """
    show_table(layout.measured(title, figures, main))


def print_metrics(
    metrics: Mapping[str, Any], *, with_verdict: bool = True, has_option: bool = True
) -> None:
    """Write the figures of a run, those of the simple models beside it, and the verdict.

    Args:
        metrics: The figures.
        with_verdict: Whether it is judged.
        has_option: Whether there is an option that leaves the simple models out.
    """
    verdict = metrics.get("verdict", {})
    for split in ("validation", "test"):
        if split in metrics:
            show_table(layout.of_run(split, metrics))
    if not with_verdict:
        return
    for line in (
        verdict.get("text"),
        verdict.get("advice"),
        _time_beside(metrics, has_option=has_option),
    ):
        if line:
            say(line)


def _time_beside(metrics: Mapping[str, Any], *, has_option: bool) -> str:
    """Return what is said of the time that the simple models took; nothing if it was short."""
    seconds = metrics.get("baseline_seconds", 0.0)
    share = seconds / max(seconds + metrics.get("train_seconds", 0.0), 1e-9)
    if seconds < LONG or share <= MUCH:
        return ""
    hint = "; --no-baseline leaves them out" * has_option
    return f"The simple models took {seconds:.0f} s, {share:.0%} of the time{hint}."


def _not_finite(value: Any, name: str = "") -> Iterator[str]:
    """Yield the names of the numbers in a result that are NaN or infinite."""
    if isinstance(value, float) and not math.isfinite(value):
        yield name or "the result"
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _not_finite(inner, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _not_finite(inner, name)
