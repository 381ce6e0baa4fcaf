"""Numbers come back as they were written, in every way that is read; what may be two is refused."""

from __future__ import annotations

import logging
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets.readers.tables.typed_columns import numbers

CENTS = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=9)
SWAPPED = str.maketrans(",.", ".,")


def read(written):
    return numbers(pa.chunked_array([written]), "column `y`", "a.csv", lambda row: f"row {row}")


def grouped(cents):
    return f"{cents / 100:,.2f}"


DIALECTS = {
    "1,234.56": grouped,
    "1.234,56": lambda cents: grouped(cents).translate(SWAPPED),
    "1 234,56": lambda cents: grouped(cents).replace(",", "\u202f").replace(".", ","),
    "1'234.56": lambda cents: grouped(cents).replace(",", "'"),
    "$1,234.56": lambda cents: f"${grouped(cents)}".replace("$-", "-$"),
    "1.234,56 €": lambda cents: f"{grouped(cents).translate(SWAPPED)} €",
    "(1,234.56)": lambda cents: grouped(cents) if cents >= 0 else f"({grouped(-cents)})",
    "full-width": lambda cents: grouped(cents).translate({0x30 + d: 0xFF10 + d for d in range(10)}),
    "12.34%": lambda cents: f"{cents / 100:.2f}%",
    "minus": lambda cents: f"{cents / 100:.2f}".replace("-", "\u2212"),
}  # fmt: skip


@given(CENTS, st.sampled_from(sorted(DIALECTS)), st.data())
@settings(max_examples=150, deadline=None)
def test_numbers_come_back_in_every_dialect(cents, dialect, data):
    written = [DIALECTS[dialect](each) for each in cents]
    expected = [each / 100 for each in cents]
    if data.draw(st.booleans()):
        written, expected = [*written, "n/a"], [*expected, np.nan]
    np.testing.assert_array_equal(read(written), expected)


@given(st.lists(st.integers(1000, 999_999), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_thousands_that_may_be_decimals_are_refused_until_something_proves_them(values):
    written = [f"{value:,}" for value in values]
    with pytest.raises(DatasetError, match=r"which may be \d+ or \d+\.\d+"):
        read(written)
    for proof, value in (("1,234,567", 1_234_567), ("1,234.5", 1234.5), ("0.5", 0.5)):
        assert read([*written, proof]).tolist() == [*values, value]
    assume(all(value % 1000 for value in values))
    assert read([*written, "0,5"]).tolist() == [*(value / 1000 for value in values), 0.5]


def test_thousands_beside_small_numbers_are_read_and_told(caplog):
    with caplog.at_level(logging.WARNING, logger="ostinato"):
        assert read(["12", "1,234", "999", "0"]).tolist() == [12, 1234, 999, 0]
    assert "`1,234` is read as 1234" in caplog.text


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (["$5", "€5"], "one currency; got `€5`"),
        (["R$5", "$5"], "one currency"),
        (["12%", "0.5"], "in all rows or in none; got `0.5`"),
        (["€1.234", "€2.345"], "whose point may part off thousands"),
        (["1.234,5", "1,234.5"], "must hold numbers"),
        (["1,234", "1234"], "may be 1234 or 1.234"),
        (["12 kWh", "3"], "got `12 kWh`"),
        (["5²", "3"], "got `5²`"),
        (["x" * 5000], "got `x{32}…`"),
    ],
)
def test_what_may_be_another_number_is_refused(written, message):
    with pytest.raises(DatasetError, match=message) as error:
        read(written)
    assert re.match(r"a\.csv: row \d: ", str(error.value))
    assert len(str(error.value)) < 250


def test_what_was_left_out_is_told(caplog):
    with caplog.at_level(logging.INFO, logger="ostinato"):
        read(["$1,234.5", "($2)"])
        read(["12%", "0"])
    for told in ("amounts in $", "brackets", "commas between thousands", "12% is read as 12"):
        assert told in caplog.text
