"""What a training prints fits 80 columns, whatever its figures are."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console as RichConsole

from ostinato._console import MAIN, Columns, Console
from ostinato._doing import doing
from ostinato._figures import figure

numbers = st.floats() | st.floats(0, 1) | st.floats(-1e7, 1e7)


@st.composite
def records(draw):
    """Records of the epochs of one training, of any task."""
    names = ["loss", *draw(st.sampled_from([*MAIN, ("log_likelihood",)]))]
    splits = ["train", "validation", *draw(st.sampled_from([[], ["test"]]))]
    return [
        {
            "epoch": number,
            **{split: {name: draw(numbers) for name in names} for split in splits},
            "seconds": draw(st.floats(0, 99 * 3600)),
            "best": draw(st.booleans()),
        }
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]


@given(records(), st.integers(4, 9999))
def test_an_epoch_is_a_line_of_80_columns_under_its_head(given_records, epochs):
    table = Columns(given_records[0], epochs=epochs)
    rows = [table.row(record) for record in given_records]
    assert all(len(line) <= 80 for line in (table.head, *rows))
    for record, row in zip(given_records, rows, strict=True):
        assert row.split()[0] == f"{record['epoch']}/{epochs}"
        assert row.endswith("best") == record["best"]
        assert len(row.removesuffix("  best")) >= len(table.head) - 5  # under one another


@given(numbers, numbers)
def test_a_figure_has_nine_characters_at_most_and_is_near_its_number(value, other):
    assert len(figure(value)) <= 9
    if value == value and abs(value) < 1e6:
        assert abs(float(figure(value).replace(",", "")) - value) <= max(5e-5, abs(value) * 1e-4)
    largest = max(abs(value), abs(other))
    if abs(value) < 1e6 and abs(other) < 1e6:  # no NaN
        assert len({len(figure(one, largest).partition(".")[2]) for one in (value, other)}) == 1


def lines_of(*, terminal, lasting):
    stream = io.StringIO()
    console = RichConsole(file=stream, force_terminal=terminal, width=80)
    record = {"epoch": 1, "seconds": 0.1, "best": True}
    record |= {split: {"loss": 0.5} for split in ("train", "validation")}
    with Console(console, lasting=lasting) as shown:
        doing("reading [own].csv")
        doing("reading [own].csv")  # as of each split: told once
        shown.epoch(record)
        doing("measuring on test")
    doing("what nobody watches")
    return stream.getvalue()


def test_what_is_done_is_replaced_in_a_terminal_and_stays_elsewhere_until_the_first_epoch():
    assert lines_of(terminal=False, lasting=True).splitlines() == [
        "reading [own].csv ...",
        "epoch  train loss  valid loss    time",
        "  1/1      0.5000      0.5000   0.1 s  best",
    ]
    assert "reading" not in lines_of(terminal=False, lasting=False)
    shown = lines_of(terminal=True, lasting=False)
    assert "reading [own].csv" in shown
    assert "measuring on test" in shown
    assert shown.endswith("\x1b[?25h\r\x1b[1A\x1b[2K") or "\x1b[2K" in shown  # taken away
    assert "nobody" not in shown
