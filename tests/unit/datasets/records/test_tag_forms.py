"""Tags of spans in every form that people write them in: the same spans, or a word about it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import SCHEMES, Span, Tagged, read_tagged
from ostinato.datasets.records import schemes
from ostinato.datasets.records.tag_forms import Form, read
from ostinato.metrics import tagging_metrics
from ostinato.tasks.tagging.tags import Tags

RICH = ([Span(0, 1, "PER"), Span(1, 4, "LOC"), Span(5, 7, "ORG-x"), Span(7, 8, "ORG-x")], 9)
FORMS = [
    Form(order, separator, lower, outside)
    for order in ("prefix", "suffix")
    for separator in "-_:.\u2013"
    for lower in (False, True)
    for outside in ("O", "o", "0", "-", "_", "none")
]
BARE = [Form("bare", outside=outside) for outside in ("O", "o", "0")]


@st.composite
def sentences(draw: st.DrawFn, gaps: st.SearchStrategy[int]) -> tuple[list[Span], int]:
    """The spans of a sentence, in order, and its length."""
    spans, end = [], 0
    parts = st.tuples(gaps, st.integers(1, 4), st.sampled_from(["PER", "LOC", "ORG-x"]))
    for gap, length, kind in draw(st.lists(parts, max_size=5)):
        spans.append(Span(end + gap, end + gap + length, kind))
        end = spans[-1].end
    return spans, end + draw(st.integers(0, 2))


def written(rows: list[tuple[list[Span], int]], scheme: schemes.Scheme, form: Form):
    return [[form.write(tag) for tag in schemes.tags_of(*row, scheme)] for row in rows]


@pytest.mark.parametrize("scheme", list(SCHEMES))
@given(form=st.sampled_from(FORMS), rows=st.lists(sentences(st.integers(0, 2)), max_size=3))
def test_spans_are_read_in_every_form_and_written_back_in_it(scheme, form, rows) -> None:
    rows = [RICH, *rows]
    tags = written(rows, scheme, form)
    split = Tagged.make([["x"] * len(row) for row in tags], tags, "a list")
    assert (split.scheme, split.form) == (scheme, form)
    found = [spans for spans, length in rows if length]
    assert split.tags is not None
    assert [schemes.spans_of(row) for row in split.tags] == found
    assert Tags.fit(split, scheme).decode(Tags.fit(split, scheme).encode(split.tags)) == [
        row for row in tags if row
    ]
    assert tagging_metrics(tags, tags, are_spans=True)["f1"] == 1


@given(form=st.sampled_from(BARE), rows=st.lists(sentences(st.integers(1, 2)), max_size=3))
def test_types_alone_are_spans_and_that_is_told(form, rows) -> None:
    rows = [([Span(1, 3, "PER")], 4), *rows]
    tags = written(rows, "IOB1", form)
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("ostinato").addHandler(handler)
    split = Tagged.make([["x"] * len(row) for row in tags], tags, "a list")
    logging.getLogger("ostinato").removeHandler(handler)
    assert split.form == form
    assert split.tags is not None
    assert [schemes.spans_of(row) for row in split.tags] == [s for s, length in rows if length]
    assert [split.form.write(tag) for tag in split.tags[0]] == tags[0]
    assert any("have no B- or I- before the type" in one for one in said)


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([["B-PER", "I-PER", "O"], ["O", "Q-PER"]], "Q-PER"),
        ([["B-PER", "O"], ["B-LOC", "PER"], ["O", "B-PER"]], "PER"),
        ([["PER-B", "PER-I", "O"], ["O", "PER-Q"]], "PER-Q"),
        ([["B", "E", "S"], ["S", "Q"]], "Q"),
        ([["b_per", "i_per", "o"], ["o", "per"]], "per"),
        ([["B-PER", "I-PER", "O"], ["O", ""]], ""),
        ([["B-PER", "I-PER", "O"], ["O", "O-PER"]], "O-PER"),
        ([["B-PER", "I-PER", "O"], ["O", "hepatitis-b"]], "hepatitis-b"),
        ([["B-PER", "O"], ["LOC", "LOC", "ORG", "LOC"]], "LOC"),
        ([["b-per", "0"], ["1", "2", "1", "2"]], "1"),
    ],
)
def test_a_few_tags_of_no_span_among_spans_are_refused_with_their_place(rows, wrong) -> None:
    tokens = [["x"] * len(row) for row in rows]
    place = next(n for n, row in enumerate(rows, 1) if wrong in row)
    at = rows[place - 1].index(wrong) + 1
    with pytest.raises(DatasetError, match=f"a list: sentence {place}, token {at}: tag `{wrong}`"):
        Tagged.make(tokens, rows, "a list")
    with pytest.raises(DatasetError, match="must be O, or a letter and a type"):
        tagging_metrics(rows, rows, are_spans=True)


def test_one_wrong_tag_among_thousands_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("Anna\tB-PER\nsings\tO\n\n" * 2000 + "Ben\tB.-\u00a0PER\nBen\tPERR\n")
    with pytest.raises(DatasetError, match=r"a\.conll: line 6002: tag `PERR` must be O, or a lett"):
        read_tagged(path)


@pytest.mark.parametrize(
    "tags",
    [
        ["NOUN", "VERB", "O"],
        ["NN", "O"],
        ["n", "v", "b", "m"],
        ["b", "m", "n"],
        ["N", "V", "O", "P", "L"],
        ["X", "O"],
        ["1", "0"],
        ["_", "Case=Nom", "Number=Sing"],
        ["subst:sg:nom:m", "adj:pl:acc:f", "interp"],
        ["DT", "-LRB-", ".", ",", ":", "``"],
    ],
)
def test_tags_of_words_stay_as_they_are_without_a_word(tags, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="ostinato"):
        split = Tagged.make([["x"] * len(tags)], [tags], "a list")
    assert (split.scheme, split.tags, caplog.text) == (None, [tags], "")


def test_tags_of_words_among_which_one_looks_like_a_span_are_told(caplog) -> None:
    tags = ["NOUN", "VERB", "B-PER", "NOUN"]
    split = Tagged.make([["x"] * 4], [tags], "a list")
    assert (split.scheme, split.tags) == (None, [tags])
    assert "sentence 1, token 3: tag `B-PER` is written as for a span, but most" in caplog.text


@pytest.mark.parametrize(
    ("row", "message", "read_as"),
    [
        (["B-PER", "O", "0", "O"], "token 3: tag `0` is read as `O`", "O"),
        (["B-PER", "O", "[PAD]", "O"], "token 3: tag `[PAD]` is read as `O`", "O"),
        (["B-PER", "B-PER", "b-PER", "O"], "token 3: tag `b-PER` is read as `B-PER`", "B-PER"),
        (["B-PER", "I-PER", "I_PER", "O"], "token 3: tag `I_PER` is read as `I-PER`", "I-PER"),
        (["PERSON", "O", "0", "O"], "token 3: tag `0` is read as `O`", "O"),
        (["B-PER", "O", "PER-I", "O"], "token 3: tag `PER-I` is read as `I-PER`", "I-PER"),
        (["B-PER", "O", "LOC_B", "O"], "token 3: tag `LOC_B` is read as `B-LOC`", "B-LOC"),
        (["b-per", "i-per", "PER-B", "0"], "token 3: tag `PER-B` is read as `b-PER`", "B-PER"),
        (["PER-B", "PER-I", "i-per", "O"], "token 3: tag `i-per` is read as `per-I`", "I-per"),
        (["B-PER", "O", "nan", "O"], "token 3: tag `nan` is read as `O`", "O"),
    ],
)
def test_a_tag_of_another_form_than_the_rest_is_read_and_told(row, message, read_as, caplog):
    split = Tagged.make([["x"] * len(row)], [row], "a list")
    assert f"a list: sentence 1, {message}" in caplog.text
    assert split.tags is not None
    assert split.tags[0][2] == read_as


@pytest.mark.parametrize(
    "row", [["(PER*", "*)", "*"], ["*", "(GPE)", "(A0*", "*)"], ["(A0(A1*", "*))"]]
)
def test_spans_in_brackets_are_not_taken_for_tags_of_words(row) -> None:
    with pytest.raises(
        DatasetError, match=r"token \d: spans must be tags of their tokens.*got the bra"
    ):
        Tagged.make([["x"] * len(row)], [row], "a list")


def test_types_that_differ_in_case_alone_are_told(caplog) -> None:
    Tagged.make([["x", "y"]], [["B-PER", "B-per"]], "a list")
    assert "types `PER` and `per` differ in case alone, and are two types." in caplog.text


def test_a_letter_of_another_scheme_does_not_change_the_scheme(caplog) -> None:
    rows = [["B-PER", "I-PER", "O", "B-LOC"]] * 20 + [["U-PER"]]
    split = Tagged.make([["x"] * len(row) for row in rows], rows, "a list")
    assert split.scheme == "IOB2"
    assert (
        "sentence 21, token 1: `U-PER` cannot follow the beginning in IOB2; 1 such" in caplog.text
    )


@given(st.lists(st.lists(st.text(max_size=4), max_size=5), max_size=4))
def test_whatever_the_tags_are_they_are_read_twice_as_once(rows) -> None:
    found = read(rows)
    assert [len(row) for row in found.rows] == [len(row) for row in rows]
    if found.form and not found.strangers:
        assert read(found.rows).rows == found.rows
