"""What a file says of its labels holds: values are no classes, and what is predicted needs none."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import Sequences, read_sequences
from ostinato.tasks.classification.label_inputs import classes_of

VALUES = "@univariate true\n@targetLabel true\n@data\n1,2,3:1\n4,5,6:2\n7,8,9:3\n"


def file(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_values_of_a_ts_file_are_no_classes_even_if_they_are_whole(tmp_path):
    split = read_sequences(file(tmp_path, "a.ts", VALUES))
    assert split.labels == [1.0, 2.0, 3.0]
    with pytest.raises(DatasetError, match=r"as @targetLabel says.*--regression"):
        classes_of(split)
    with pytest.raises(DatasetError, match=r"as @targetLabel says"):
        classes_of(split.take([0, 1]))


@pytest.mark.parametrize("rows", ["1,2,3:?\n4,5,6:?\n", "1,2,3\n4,5,6\n", "1,2,3:a\n4,5,6:new\n"])
@pytest.mark.parametrize("width", ["@univariate true", "@dimensions 1"])
def test_labels_are_not_asked_of_what_is_predicted(rows, width, tmp_path):
    path = file(tmp_path, "a.ts", f"{width}\n@classLabel true a b\n@data\n{rows}")
    split = read_sequences(path, labelled=False)
    assert (split.lengths.tolist(), split.labels) == ([3, 3], None)
    assert split.values.ravel().tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(DatasetError, match=r"line 4|line 5"):
        read_sequences(path)


numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))


@given(
    st.lists(st.tuples(st.integers(-3, 9), st.lists(numbers, min_size=3, max_size=6)), min_size=1),
    st.sampled_from([("tsv", "\t"), ("csv", ","), ("tsv", ","), ("csv", ";")]),
    st.sampled_from(["number", "word", "word last", "named", "named last"]),
)
@settings(max_examples=40, deadline=None)
def test_rows_of_the_ucr_archive_come_back(tmp_path_factory, rows, form, labels):
    suffix, delimiter = form
    rows = [(label if labels == "number" else f"class {label}", values) for label, values in rows]
    longest = max(len(values) for _, values in rows)
    filled = [(label, [*values, *["NaN"] * (longest - len(values))]) for label, values in rows]
    if labels.startswith("named"):
        filled = [("label", list(range(longest))), *filled]
    lines = [
        [*values, label] if labels.endswith("last") else [label, *values]
        for label, values in filled
    ]
    path = tmp_path_factory.mktemp("ucr") / f"a.{suffix}"
    path.write_text("\n".join(delimiter.join(map(str, line)) for line in lines) + "\n")
    split = read_sequences(path)
    assert split.labels == [str(label) for label, _ in rows]
    for number, (_, values) in enumerate(rows):
        assert split[number].ravel().tolist() == values
    assert read_sequences(path, labelled=False).labels is None


def test_a_row_of_the_ucr_archive_that_is_no_row_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"line 2: .*got 'x'"):
        read_sequences(file(tmp_path, "a.tsv", "1\t2\t3\t4\n1\t2\tx\t4\n"))


LAST = "0.5,0.25,1.5,1\n0.5,-1,3.5,2\n"


def test_labels_that_only_the_last_fields_can_be_are_read_there_and_told(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="ostinato"):
        split = read_sequences(file(tmp_path, "a.csv", LAST))
    assert (split.labels, split[1].ravel().tolist()) == (["1", "2"], [0.5, -1, 3.5])
    assert "each row is a sequence, its last field the label" in caplog.text
    split = read_sequences(file(tmp_path, "a.csv", LAST), label_column="1")
    assert (split.labels, split[1].ravel().tolist()) == (["0.5", "0.5"], [-1, 3.5, 2])


def test_column_names_of_pandas_are_no_sequence(tmp_path, caplog):
    split = read_sequences(file(tmp_path, "a.csv", "0,1,2,3\n1,0.5,1.5,2.5\n"))
    assert (split.labels, len(split)) == (["1"], 1)
    assert "the first line counts 0, 1, 2, and is left out as names" in caplog.text


@pytest.mark.parametrize("names", [",0,1,2,class", "label,x,y,z,w"])
def test_a_table_of_steps_without_ids_says_how_a_sequence_a_row_is_written(names, tmp_path):
    with pytest.raises(
        DatasetError, match=r"must have an id column .*a sequence a row, write no col"
    ):
        read_sequences(file(tmp_path, "a.csv", f"{names}\na,1,2,3,4\n"))


def test_values_of_a_ts_file_are_numbers_and_others_are_named(tmp_path):
    begin = "@targetLabel true\n@data\n1,2,3:1.5\n"
    split = read_sequences(file(tmp_path, "a.ts", f"{begin}4,5:2\n"))
    assert (split.labels, split.has_values) == ([1.5, 2.0], True)
    with pytest.raises(DatasetError, match=r"line 4: the last field must be a number.*got 'up'"):
        read_sequences(file(tmp_path, "a.ts", f"{begin}4,5:up\n"))


def test_a_class_that_a_ts_file_does_not_list_says_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match=r"line 3: .* `a`, `b`; got 'new'\. Correct it, or add"):
        read_sequences(file(tmp_path, "a.ts", "@classLabel true a b\n@data\n1,2,3:new\n"))


def test_sequences_of_one_step_and_many_features_are_told(caplog):
    X = np.zeros((4, 1, 100))
    Sequences.make(X, None, "train")
    assert "X.transpose(0, 2, 1)" in caplog.text
    caplog.clear()
    Sequences.make(X.transpose(0, 2, 1), None, "train")
    assert not caplog.text
