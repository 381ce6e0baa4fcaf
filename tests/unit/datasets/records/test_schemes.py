from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.datasets.records.schemes import (
    SCHEMES,
    Span,
    allowed,
    convert,
    detect,
    faults,
    spans_of,
    split_tag,
    tags_of,
)

TYPES = st.sampled_from(["PER", "LOC", "work-of-art", ""])
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


@st.composite
def sentences(draw):
    """The spans of a sentence, in order, and its length."""
    spans, end = [], 0
    for gap, length, kind in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), TYPES), max_size=6)
    ):
        spans.append(Span(end + gap, end + gap + length, kind))
        end = spans[-1].end
    return spans, end + draw(st.integers(0, 2))


def tags(letters, max_size=8):
    one = st.builds(
        lambda letter, kind: letter if letter == "O" or not kind else f"{letter}-{kind}",
        st.sampled_from(letters),
        TYPES,
    )
    return st.lists(one, max_size=max_size)


@every_scheme
@given(sentence=sentences())
def test_every_list_of_spans_is_written_and_read_back(scheme, sentence):
    spans, length = sentence
    written = tags_of(spans, length, scheme)
    assert len(written) == length
    assert spans_of(written) == spans
    assert faults(written, scheme) == []


@every_scheme
@given(sentence=sentences(), other=st.sampled_from(list(SCHEMES)))
def test_conversion_between_schemes_loses_nothing(scheme, other, sentence):
    written = tags_of(*sentence, scheme)
    assert convert(written, other) == tags_of(*sentence, other)
    assert convert(convert(written, other), scheme) == written


def chunks_of(tags, ends, starts):
    """The spans as a shared task's script collects them, from its endOfChunk and startOfChunk."""
    spans, start = [], None
    before, kind_before = "O", ""
    for place, tag in enumerate([*tags, "O"]):
        letter, kind = split_tag(tag)
        if start is not None and ends(before, letter, kind_before, kind):
            spans.append(Span(start, place, kind_before))
            start = None
        if starts(before, letter, kind_before, kind):
            start = place
        before, kind_before = letter, kind
    return spans


def conlleval_ends(before, tag, kind_before, kind):
    pairs = {("B", "B"), ("B", "O"), ("I", "B"), ("I", "O"), ("E", "E"), ("E", "I"), ("E", "O")}
    return (before, tag) in pairs or (before not in ("O", ".") and kind_before != kind)


def conlleval_starts(before, tag, kind_before, kind):
    pairs = {
        *(("B", "B"), ("I", "B"), ("O", "B"), ("O", "I"), ("E", "E"), ("E", "I"), ("O", "E")),
    }
    return (before, tag) in pairs or (tag not in ("O", ".") and kind_before != kind)


def seqeval_ends(before, tag, kind_before, kind):
    pairs = {("B", "B"), ("B", "S"), ("B", "O"), ("I", "B"), ("I", "S"), ("I", "O")}
    return (
        before in ("E", "S")
        or (before, tag) in pairs
        or (before not in ("O", ".") and kind_before != kind)
    )


def seqeval_starts(before, tag, kind_before, kind):
    pairs = {("E", "E"), ("E", "I"), ("S", "E"), ("S", "I"), ("O", "E"), ("O", "I")}
    return (
        tag in ("B", "S")
        or (before, tag) in pairs
        or (tag not in ("O", ".") and kind_before != kind)
    )


@given(tags("BIO"))
def test_the_spans_of_legal_and_illegal_tags_are_those_of_conlleval(row):
    assert spans_of(row) == chunks_of(row, conlleval_ends, conlleval_starts)


@given(tags("BIOES"))
def test_with_the_letters_of_bioes_they_are_those_of_seqeval(row):
    assert spans_of(row) == chunks_of(row, seqeval_ends, seqeval_starts)


@given(tags("BMOES"), tags("BMEWO"))
def test_m_reads_as_i_and_w_as_s(bmes, bmewo):
    assert spans_of(bmes) == spans_of([tag.replace("M", "I", 1) for tag in bmes])
    common = [{"M": "I", "W": "S"}.get(tag[0], tag[0]) + tag[1:] for tag in bmewo]
    assert spans_of(bmewo) == spans_of(common)


@every_scheme
@given(row=tags("BIOESMW", max_size=5).filter(bool))
def test_what_is_allowed_is_what_is_no_fault(scheme, row):
    distinct = sorted(set(row))
    rules = allowed(distinct, scheme)
    places = [distinct.index(tag) for tag in row]
    verdicts = [
        rules.start[places[0]],
        *(rules.transition[a, b] for a, b in pairwise(places)),
        rules.end[places[-1]],
    ]
    found = {fault.position for fault in faults(row, scheme)}
    assert found == {place for place, good in enumerate(verdicts) if not good}


@every_scheme
@given(sentence=sentences(), row=tags("BIOESMW"))
def test_tags_without_a_fault_are_exactly_those_that_the_scheme_writes(scheme, sentence, row):
    assert faults(tags_of(*sentence, scheme), scheme) == []
    assert (faults(row, scheme) == []) == (convert(row, scheme) == row)


@every_scheme
@given(rows=st.lists(sentences(), max_size=3))
def test_the_scheme_is_told_from_the_tags_it_wrote(scheme, rows):
    rich = ([Span(0, 3, "PER"), Span(4, 5, "LOC")], 5)  # a span of three tokens and one of one
    assert detect([tags_of(*sentence, scheme) for sentence in [*rows, rich]]) == scheme


@pytest.mark.parametrize(
    "rows", [[], [[]], [["NOUN", "VERB"]], [["B-PER", "PER"]], [["O-PER"]], [["", "O"]]]
)
def test_tags_that_are_not_of_spans_have_no_scheme(rows):
    assert detect(rows) is None


def test_a_letter_of_another_scheme_is_a_fault():
    assert [fault.position for fault in faults(["O", "M-PER", "O"], "BIOES")] == [1]
    assert not allowed(["O", "S-PER"], "IOB2").transition[:, 1].any()
