from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import Tagged

ROWS = st.lists(
    st.lists(st.tuples(st.text(max_size=3), st.sampled_from(["X", "Y"])), min_size=1, max_size=3),
    min_size=1,
    max_size=4,
)


def make(rows, source="a list"):
    return Tagged.make(
        [[t for t, _ in row] for row in rows], [[y for _, y in row] for row in rows], source
    )


@given(ROWS, ROWS)
def test_two_splits_have_one_fingerprint_only_if_they_are_the_same(a, b):
    assert (make(a).fingerprint == make(b, "another list").fingerprint) == (a == b)


def test_tags_are_part_of_the_fingerprint_and_may_be_left_out():
    bare = Tagged.make([["a"]], None, "a list")
    assert bare.tags is bare.scheme is None
    assert bare.fingerprint != Tagged.make([["a"]], [["X"]], "a list").fingerprint


@given(ROWS, st.data())
def test_some_sentences_are_a_split_of_their_own(rows, data):
    numbers = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1))
    taken = make(rows).take(np.array(numbers, np.int64))
    assert taken == make([rows[number] for number in numbers])
    assert taken.lengths.tolist() == [len(rows[number]) for number in numbers]
    assert len(taken.texts) == len(numbers)


def test_numpy_strings_and_tuples_become_plain_lists():
    split = Tagged.make((np.array(["a", "b"]), ("c",)), [("X", "Y"), np.array(["X"])], "arrays")
    assert split.sentences == [["a", "b"], ["c"]]
    assert type(split.sentences[0][0]) is str
    assert split.tags == [["X", "Y"], ["X"]]


def test_empty_tokens_and_a_lone_emoji_are_tokens():
    split = Tagged.make([["", "🦊"]], [["O", "B-X"]], "a list")
    assert split.sentences == [["", "🦊"]]


def test_a_sentence_without_a_token_is_left_out_and_told(caplog):
    split = Tagged.make([["a"], [], ["b"], []], [["O"], [], ["B-X"], []], "a list")
    assert split.sentences == [["a"], ["b"]]
    assert split.tags == [["O"], ["B-X"]]
    assert (
        "a list: 2 of 4 sentences have no token and are left out, the first is sentence 2."
        in caplog.text
    )


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (
            [["O", "I-X"], ["E-X", "O"]],
            "a list: sentence 1, token 2: `I-X` cannot follow `O` in BIOES; 3 such places",
        ),
        ([["O", "O"], ["E-X", "O"]], "sentence 2, token 1: `E-X` cannot follow the beginning"),
        ([["S-X", "B-X"], ["O", "O"]], "sentence 1, token 2: `B-X` cannot end a sentence"),
    ],
)
def test_tags_that_break_their_scheme_are_told_and_kept(caplog, tags, message):
    split = Tagged.make([["a", "b"], ["c", "d"]], tags, "a list")
    assert message in caplog.text
    assert split.scheme == "BIOES"
    assert split.tags == tags


def test_a_fault_is_told_by_its_line_if_lines_are_known(caplog):
    Tagged.make(
        [["a", "b"], ["c", "d"]], [["B-X", "O"], ["O", "I-X"]], "eng.train", lines=[[3, 4], [7, 8]]
    )
    assert "eng.train: line 8: `I-X` cannot follow `O` in IOB2; 1 such places" in caplog.text


def test_tags_without_a_fault_are_not_spoken_of(caplog):
    with caplog.at_level(logging.INFO, logger="ostinato"):
        Tagged.make([["a", "b"]], [["B-X", "I-X"]], "a list")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("sentences", "tags", "message"),
    [
        ([], [], "a list: there must be a sentence with a token; got none"),
        ([[]], None, "a list: there must be a sentence with a token; got none"),
        (["a b"], None, "a list: sentence 1 must be a list of tokens; got 'a b'. Split it"),
        ([["a"], 3], None, "a list: sentence 2 must be a list of tokens; got 3"),
        ([["a"]], ["X"], "a list: sentence 1 must be a list of tags; got 'X'"),
        ([["a", None]], None, "sentence 1, token 2: a token must be a string; got NoneType"),
        ([["a"]], [[1]], "sentence 1, token 1: a tag must be a string; got int"),
        ([["a"]], [], "there must be as many lists of tags as sentences; got 0 and 1"),
        (
            [["a"], ["b", "c"]],
            [["X"], ["X"]],
            "sentence 2 must have as many tags as tokens; got 1 tags and 2 tokens",
        ),
    ],
)
def test_wrong_sentences_and_tags_are_refused(sentences, tags, message):
    with pytest.raises(DatasetError, match=message):
        Tagged.make(sentences, tags, "a list")


@pytest.mark.parametrize(
    ("sentences", "tags"),
    [([["a"], ["\ud800"]], [["X"], ["Y"]]), ([["a"], ["b"]], [["X"], ["\udfff"]])],
)
def test_what_no_file_can_hold_is_refused(sentences, tags):
    with pytest.raises(
        DatasetError, match=r"a list: sentence 2: a (token|tag) must be valid Unicode"
    ):
        Tagged.make(sentences, tags, "a list")
