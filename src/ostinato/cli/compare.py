"""``ostinato compare``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ostinato.cli.console import say, shortened, show, show_json
from ostinato.cli.tables import aligned
from ostinato.runs.folder import check_exists

if TYPE_CHECKING:
    from ostinato.report.comparison.compared import Comparison, FigureRow

LONGEST = 40  # characters of a value in a table


def compare(*runs: Path, out: Path = Path("compare.html"), json: bool = False) -> None:
    """Compare runs with the first: figures with intervals, paired tests, settings that differ.

    Args:
        runs: Run folders, two or more, finished and of one task.
        out: Page to write, with learning curves; that of an earlier comparison is replaced.
        json: Print one JSON object as the last line, and no tables.
    """
    for run in runs:
        check_exists(run)  # before what draws is loaded
    from ostinato.report.comparison import page
    from ostinato.report.comparison.compare import compare_runs

    page.check_place(out)
    found = compare_runs(*runs)
    page.write(found, out)
    if json:
        show_json({**found.to_json(), "page": str(out)})
        return
    for line in _lines(found):
        show(line)
    for note in found.notes:
        say(note)
    show(f"The page is {out}.")


def _lines(found: Comparison) -> Iterator[str]:
    number = "each its own" if found.n is None else f"{found.n:,}"
    yield f"{found.split}, {number} {found.example}s; 95% intervals"
    for row in found.figures:
        yield ""
        yield from aligned(list(_figure_cells(row, found)), right=True)
    yield ""
    if found.settings:
        yield from aligned(
            [
                ["", *found.names],
                *(
                    [row.name, *(shortened(value, LONGEST) for value in row.values)]
                    for row in found.settings
                ),
            ]
        )
    else:
        yield "No setting differs."
    if found.verdicts:
        yield ""
        yield from found.verdicts


def _figure_cells(row: FigureRow, found: Comparison) -> Iterator[list[str]]:
    """Yield the cells of a figure: its name and heads, then each run."""
    from ostinato.report.comparison.compared import written_p

    yield [
        row.figure.name,
        "",
        *(["interval"] * row.has_intervals),
        *(["difference", "interval", "p"] * row.is_tested),
    ]
    for name, one, other in zip(found.names, row.measured, (None, *row.differences), strict=True):
        yield [
            name,
            row.written(one),
            *([row.span(one)] * row.has_intervals),
            *(
                [row.written(other), row.span(other), written_p(other.p if other else None)]
                * row.is_tested
            ),
        ]
