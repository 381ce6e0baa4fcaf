from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError, ShapeError
from ostinato.data.ragged import Ragged

rows_of_ids = st.lists(st.lists(st.integers(0, 50), max_size=12), max_size=12)


def as_lists(column: Ragged) -> list[list[int]]:
    return [row.tolist() for row in column]


@given(rows_of_ids)
def test_a_column_holds_its_rows(rows: list[list[int]]) -> None:
    column = Ragged.from_rows(rows)
    assert as_lists(column) == rows
    assert column.lengths.tolist() == [len(row) for row in rows]
    assert column.lengths.dtype == np.int64
    assert len(column) == len(rows)
    assert column.values.dtype == np.int32


@given(rows_of_ids, st.data())
def test_take_gives_the_rows_in_the_order_asked(rows: list[list[int]], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(rows) - 1))) if rows else []
    assert as_lists(Ragged.from_rows(rows).take(places)) == [rows[place] for place in places]


@given(st.lists(rows_of_ids, min_size=1, max_size=4))
def test_concatenate_gives_the_rows_of_all(columns: list[list[list[int]]]) -> None:
    whole = Ragged.concatenate([Ragged.from_rows(rows) for rows in columns])
    assert as_lists(whole) == [row for rows in columns for row in rows]


@given(rows_of_ids, st.integers(1, 14))
def test_head_and_tail_keeps_both_ends(rows: list[list[int]], max_length: int) -> None:
    head, tail = max_length - max_length // 2, max_length // 2
    expected = [
        row if len(row) <= max_length else row[:head] + row[len(row) - tail :] for row in rows
    ]
    assert as_lists(Ragged.from_rows(rows).head_and_tail(max_length)) == expected


def test_head_and_tail_of_short_rows_is_the_same_column() -> None:
    column = Ragged.from_rows([[1, 2]])
    assert column.head_and_tail(2) is column


@settings(deadline=None)
@given(rows=rows_of_ids, dtype=st.sampled_from([np.int32, np.int64, np.float32]))
def test_saved_and_mapped_equals_itself(
    rows: list[list[int]], dtype: type, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ragged") / "column.arrow"
    column = Ragged.from_rows(rows, dtype)
    column.save(path)
    loaded = Ragged.load(path)
    assert as_lists(loaded) == as_lists(column)
    assert loaded.values.dtype == dtype


def test_a_loaded_column_is_a_view_of_the_file(tmp_path: Path) -> None:
    Ragged.from_rows([[1, 2], [3]]).save(tmp_path / "column.arrow")
    loaded = Ragged.load(tmp_path / "column.arrow")
    assert not loaded.values.flags.owndata
    assert not loaded.values.flags.writeable


def test_a_negative_row_counts_from_the_end() -> None:
    column = Ragged.from_rows([[1], [2, 3]])
    assert column[-1].tolist() == [2, 3]
    with pytest.raises(IndexError):
        column[2]


@pytest.mark.parametrize("offsets", [[0, 2], [1, 3], [0, 2, 1, 3], []])
def test_offsets_that_are_none_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ShapeError, match="offsets must rise from 0 to the 3 values"):
        Ragged(np.arange(3), np.array(offsets, np.int64))


def test_values_have_one_dimension_or_features() -> None:
    assert Ragged(np.zeros((2, 3)), np.array([0, 2], np.int64))[0].shape == (2, 3)
    with pytest.raises(ShapeError, match=r"one or two dimensions.*got shapes \(2, 2, 2\)"):
        Ragged(np.zeros((2, 2, 2)), np.array([0, 2], np.int64))


def test_a_length_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_length must be at least 1; got 0"):
        Ragged.from_rows([[1, 2]]).head_and_tail(0)


@pytest.mark.parametrize("damage", ["missing", "cut", "foreign"])
def test_a_damaged_file_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "column.arrow"
    if damage == "cut":
        Ragged.from_rows([range(1000)]).save(path)
        path.write_bytes(path.read_bytes()[:500])
    elif damage == "foreign":
        path.write_text("hello")
    with pytest.raises(DatasetError, match=r"must be a file written by Ragged\.save"):
        Ragged.load(path)
