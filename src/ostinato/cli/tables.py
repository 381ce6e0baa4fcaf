"""Tables in a terminal: columns under each other, also where characters are two cells wide."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

GAP = "  "


def aligned(rows: Sequence[Sequence[str]], *, right: bool = False) -> Iterator[str]:
    """Yield rows as lines whose columns stand under each other; the first column to the left.

    Args:
        rows: Cells, as many in each row; lines and tabs in them become spaces.
        right: Put the other columns to the right, as numbers are read.

    Example:
        >>> list(aligned([["accuracy", "0.9"], ["n", "1,000"]], right=True))
        ['accuracy    0.9', 'n         1,000']
    """
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = [
            " " * (width - cell_len(cell)) + cell
            if right and place
            else cell + " " * (width - cell_len(cell))
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield GAP.join(padded).rstrip()


def fitted(line: str) -> str:
    """Return a line as wide as the terminal at most; whole where it goes elsewhere.

    Args:
        line: The line.
    """
    width = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or cell_len(line) <= width:
        return line
    return set_cell_size(line, width - 1).rstrip() + "…"
