from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import Examples, Texts, check_splits
from ostinato.datasets.records.texts import read_examples, write_examples
from ostinato.tasks.classification.text.inputs import take

SOME_TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=6)


def make(texts, labels=None, source="here"):
    return Examples.make(texts, labels, source)


@given(SOME_TEXTS, SOME_TEXTS)
def test_fingerprints_are_equal_just_if_the_texts_are(a, b):
    assert (make(a).fingerprint == make(b).fingerprint) == (a == b)


def test_a_fingerprint_depends_on_labels_and_order_but_not_on_source_or_storage():
    reference = make(["ab", "c"], ["x", "y"])
    assert make(["ab", "c"], ["x", "y"], "elsewhere").fingerprint == reference.fingerprint
    in_arrow = Texts(pa.array(["?", "ab", "c", "!"], pa.large_string()).slice(1, 2))
    assert make(in_arrow, ["x", "y"]).fingerprint == reference.fingerprint
    others = [
        make(["ab", "c"]),
        make(["ab", "c"], ["y", "x"]),
        make(["c", "ab"], ["x", "y"]),
        make(["a", "bc"], ["x", "y"]),
        make(["ab", "c"], [["x"], ["y"]]),
        make(["ab", "c"], [["x", "y"], []]),
    ]
    assert len({split.fingerprint for split in [reference, *others]}) == 7


def test_texts_are_a_sequence_equal_to_a_list():
    content = [f"text {number}" for number in range(2500)]
    texts = Texts(pa.array(content, pa.large_string()))
    assert texts == content
    assert list(texts) == content
    assert texts[-1] == "text 2499"
    assert texts[1:3] == ["text 1", "text 2"]
    assert "text 7" in texts
    assert texts == pickle.loads(pickle.dumps(texts))
    assert texts != content[1:]
    with pytest.raises(IndexError):
        texts[2500]


def test_written_splits_are_read_back_from_memory_map(tmp_path):
    splits = {"train": make(["a", "你好", ""], ["x", "y", "x"]), "test": make(["b"], ["y"])}
    write_examples(splits, tmp_path)
    again = read_examples(tmp_path, "here")
    assert again == splits
    assert list(again) == ["train", "test"]


def test_empty_texts_are_told(caplog):
    assert make(["a", "", "b", ""]).texts == ["a", "", "b", ""]
    assert "here: 2 of 4 texts are empty, the first in row 2." in caplog.text


def test_rows_of_examples_are_the_same_and_tell_nothing_again(caplog):
    made = make(["a", "", "b"], ["x", "y", "x"])
    caplog.clear()
    assert Examples.rows_of(made.texts, made.labels, made.source) == made
    take(made, np.array([1, 2]))
    assert not caplog.text


def test_wrong_rows_are_refused():
    with pytest.raises(DatasetError, match=r"here: there must be at least one text; got none"):
        make([])
    with pytest.raises(DatasetError, match=r"as many labels as texts; got 1 labels and 2 texts"):
        make(["a", "b"], ["x"])
    with pytest.raises(DatasetError, match=r"a text must be a string; got float in row 2"):
        make(["a", 1.5])


def test_a_million_token_text_is_fine():
    assert len(make(["word " * 1_000_000, "b"]).texts[0]) == 5_000_000


def test_splits_fit_for_training_pass_the_check():
    train = make(["a", "b"], ["0", "1"])
    check_splits({"train": train, "test": make(["c"], ["1"])})
    check_splits({"train": make(["a", "b"], [["x"], []]), "test": make(["c"], [[]])})


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (["1", "1"], ["1"], "train must have at least two different labels; got `1` in all 2 rows"),
        ([[], []], [[]], "train must have at least two different labels; got none"),
        (None, ["1"], "train must have labels; got none"),
        (["0", "1"], None, "test must have labels; got none"),
        (["0", "1"], [["1"]], "test must have the same kind of labels as train"),
        (
            ["0", "1"],
            ["1", "2"],
            "every label of test must occur in train, which has `0`, `1`; got `2`, .* row 2",
        ),
        ([["a"], ["b"]], [["a", "c"]], "got `c`, the first in row 1"),
    ],
)
def test_splits_unfit_for_training_are_refused(train, test, message):
    splits = {
        "train": make(["a", "b"], train),
        "test": make(["c", "d"][: len(test) if test else 2], test),
    }
    with pytest.raises(DatasetError, match=message):
        check_splits(splits)
