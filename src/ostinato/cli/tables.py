"""Tables in a terminal: columns under each other, also where characters are two cells wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

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
