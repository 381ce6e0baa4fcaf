"""Several runs on one page: figures with intervals, what differs, curves over one another."""

from __future__ import annotations

import itertools
from pathlib import Path

from ostinato._errors import ConfigError, shown
from ostinato._files import check_out, write_text
from ostinato.report.comparison.compared import Comparison, written_p
from ostinato.report.learning_plots import STYLES, curves_of_runs
from ostinato.report.resources import page_text
from ostinato.report.sections import TASKS

SUFFIX = ".html"
MARK = b'content="ostinato compare"'
HEAD = 2000  # bytes in which a page of ours has its mark


def check_place(path: Path) -> None:
    """Raise ConfigError unless a page may be written to a path: none is there, or one of ours.

    Args:
        path: The file.
    """
    check_out(path, (SUFFIX,))
    if path.exists():
        with path.open("rb") as file:
            is_ours = MARK in file.read(HEAD)
        if not is_ours:
            raise ConfigError(
                f"--out: {shown(str(path))} is there already, and is no page of compare. "
                "Choose another file with --out."
            )


def write(found: Comparison, path: Path) -> Path:
    """Write the page, whole or not at all; one of an earlier comparison is replaced.

    Args:
        found: The comparison.
        path: The file.

    Returns:
        The path.

    Raises:
        ConfigError: Something else stands there.
    """
    check_place(path)
    write_text(path, render(found))
    return path


def render(found: Comparison) -> str:
    """Return the page as HTML; the same comparison gives the same characters."""
    first = found.runs[0]
    task = TASKS[first.task]
    histories = {name: run.history for name, run in zip(found.names, found.runs, strict=True)}
    curves = [(curve, curves_of_runs(histories, curve, "validation")) for curve in task.curves]
    return page_text(
        "comparison/page.html",
        found=found,
        groups=[
            (group, list(rows))
            for group, rows in itertools.groupby(found.settings, key=lambda row: row.group)
        ],
        title=f"{task.title(first.labels)}, {len(found.runs)} runs compared",
        curves=[(curve, svg) for curve, svg in curves if svg],
        num_styles=len(STYLES),
        written_p=written_p,
    )
