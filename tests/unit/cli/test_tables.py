"""Columns stand under each other, whatever is in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ostinato.cli.tables import GAP, aligned, fitted

CELLS = st.text(st.sampled_from("ab 电影\t\n"), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5), st.booleans())
def test_columns_begin_or_end_at_the_same_cell(rows, right):
    lines = list(aligned(rows, right=right))
    assert len(lines) == len(rows)
    plain = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*plain, strict=True)]
    for line, row in zip(lines, plain, strict=True):
        place = 0
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            indent = width - cell_len(cell) if right and number else 0
            before, found = "", ""
            for character in line:
                if cell_len(before) < place + indent:
                    before += character
                elif cell_len(found) < cell_len(cell):
                    found += character
            assert found == cell
            place += width + len(GAP)


def test_a_line_is_cut_for_a_terminal_alone(monkeypatch):
    line = "影" * 60
    assert fitted(line) == line
    monkeypatch.setenv("COLUMNS", "21")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert fitted(line) == "影" * 10 + "…"
