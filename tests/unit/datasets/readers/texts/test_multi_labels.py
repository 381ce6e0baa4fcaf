"""Labels that look like several in one are told."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import read_texts
from ostinato.datasets.readers.texts.multi_labels import tell_joined

NAMES = st.lists(st.sampled_from(["food", "view, sea", "it's", "好"]), unique=True, max_size=3)
WRITERS = {"json": json.dumps, "python": str, "tuple": lambda row: str(tuple(row))}


@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(sorted(WRITERS)))
def test_lists_in_cells_come_back_as_lists(tmp_path_factory, rows, writer):
    path = tmp_path_factory.mktemp("lists") / "a.csv"
    cells = ['"' + WRITERS[writer](row).replace('"', '""') + '"' for row in rows]
    path.write_text("text,labels\n" + "".join(f"x,{cell}\n" for cell in cells))
    assert read_texts(path).labels == rows


@pytest.mark.parametrize("labels", [[[1, 0, 1], [0, 0, 0]], [[True, False, True], [False] * 3]])
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_rows_of_0_and_1_are_a_column_a_class_and_that_is_told(labels, suffix, tmp_path, caplog):
    path = tmp_path / f"a.{suffix}"
    rows = [json.dumps({"text": "x", "label": label}) for label in labels]
    if suffix == "csv":
        rows = ["text,label", *(f'x,"{label}"' for label in labels)]
    path.write_text("\n".join(rows))
    with caplog.at_level(logging.INFO, "ostinato"):
        assert read_texts(path).labels == [["0", "2"], []]
    assert "labels of 0 and 1 are read as a column a class" in caplog.text


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["a"], None], r"as they are in row 1; row 2 has none .*Write \[\] if none fits"),
        ([None, ["a"]], r"as they are in row 2; row 1 has none"),
        ([["a"], ""], r"row 2 has none"),
        ([[["a"]]], r"got a list within a list in row 1"),
        ([[0.9, 0.1], [0.2, 0.8]], r"must hold names, or 0 and 1 for each class; got 0\.9"),
        (["['a', 'b']", "c"], r"must be lists in every row or in none; got 'c' in row 2"),
        (["['a' 'b']"], r"a list of labels must have commas.* in row 1"),
    ],
)
def test_lists_that_are_none_are_refused_with_what_to_do(labels, message, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"text": "x", "label": label}) for label in labels))
    with pytest.raises(DatasetError, match=message):
        read_texts(path)


def test_a_label_in_brackets_is_a_label(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\nx,[spam]\ny,(ham)\n")
    assert read_texts(path).labels == ["[spam]", "(ham)"]


@pytest.mark.parametrize("separator", ["|", ";", ",", "/"])
def test_labels_that_are_joined_by_a_sign_are_told(separator, caplog):
    joined = [f"food{separator}view", "food", "view", f"view{separator} price"]
    tell_joined(joined, "a.csv")
    assert f"parted by `{separator}`, name it (--label-separator)" in caplog.text


@pytest.mark.parametrize(
    "labels",
    [
        ["rock/pop", "jazz"],
        ["a", "b"],
        ["yes, please", "no, thanks"],
        ["c++", "c", "-"],
        ["|", "a"],
    ],
)
def test_labels_with_a_sign_in_them_are_not(labels, caplog):
    with caplog.at_level(logging.WARNING, "ostinato"):
        tell_joined(labels, "a.csv")
    assert not caplog.text
