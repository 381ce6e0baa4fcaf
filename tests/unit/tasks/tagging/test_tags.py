import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import SCHEMES, Span, Tagged
from ostinato.datasets.records import schemes
from ostinato.tasks.tagging.tags import UNKNOWN_TAG, Tags

every_scheme = pytest.mark.parametrize("scheme", list(SCHEMES))


def spans_over(length: int, cuts: list[tuple[int, int]], types: list[str]) -> list[Span]:
    """Spans that do not overlap, of random widths and gaps."""
    spans, place = [], 0
    for (gap, width), kind in zip(cuts, types, strict=False):
        if place + gap + width > length:
            break
        spans.append(Span(place + gap, place + gap + width, kind))
        place += gap + width
    return spans


sentences = st.builds(
    spans_over,
    st.just(14),
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=6),
    st.lists(st.sampled_from(["PER", "LOC"]), min_size=6, max_size=6),
)


@every_scheme
@pytest.mark.parametrize("written", list(SCHEMES))
@given(spans=sentences)
def test_predictions_come_back_as_the_data_are_written(
    scheme: schemes.Scheme, written: schemes.Scheme, spans: list[Span]
) -> None:
    rich = [Span(0, 1, "PER"), Span(1, 3, "PER"), Span(3, 6, "LOC"), Span(7, 8, "LOC")]
    rows = [schemes.tags_of(s, 14, written) for s in (rich, spans)]
    train = Tagged.make([["x"] * 14] * 2, rows, "train")
    tags = Tags.fit(train, scheme)
    assert tags.decode(tags.encode(rows)) == [
        schemes.convert(r, tags.written or scheme) for r in rows
    ]
    assert [tags.spans(row) for row in tags.encode(rows)] == [sorted(rich), sorted(spans)]


def test_parts_of_speech_stay_as_they_are() -> None:
    tags = Tags.fit(Tagged.make([["a", "b"]], [["DET", "NOUN"]], "train"), "BIOES")
    assert (tags.classes, tags.are_spans, tags.allowed()) == (("DET", "NOUN"), False, None)
    assert tags.decode(tags.encode([["NOUN", "DET"]])) == [["NOUN", "DET"]]


def test_every_letter_of_the_scheme_is_a_class_even_if_train_lacks_it() -> None:
    tags = Tags.fit(Tagged.make([["a", "b"]], [["B-X", "O"]], "train"), "BIOES")
    assert tags.encode([["B-X", "I-X"]])[0].tolist() == [1, 2]


def test_a_tag_that_train_never_has_is_told_and_always_wrong(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tags = Tags.fit(Tagged.make([["a", "b"]], [["S-PER", "O"]], "train"), "BIOES")
    with caplog.at_level(logging.WARNING, logger="ostinato"):
        row = tags.encode([["S-LOC", "O"]], "test")[0]
    assert row.tolist() == [UNKNOWN_TAG, 0]
    assert "test: 1 tags never occur in train, `S-LOC` (1); each counts as wrong." in caplog.text
    assert tags.names(row) == ["B-?", "O"]


@every_scheme
def test_spans_of_types_that_train_never_has_keep_their_bounds(scheme: schemes.Scheme) -> None:
    train = Tagged.make([["a", "b"]], [["S-PER", "O"]], "train")
    tags = Tags.fit(train, scheme)
    spans = [Span(0, 2, "NEW"), Span(2, 3, "NEW"), Span(3, 5, "PER"), Span(5, 8, "ODD")]
    written = schemes.tags_of(spans, 9, "BIOES")
    for row in (written, schemes.convert(written, "IOB1")):
        found = tags.spans(tags.encode([row])[0])
        expected = [s if s.type == "PER" else s._replace(type="?") for s in spans]
        assert found == expected


def test_strange_parts_of_speech_are_question_marks() -> None:
    tags = Tags.fit(Tagged.make([["a", "b"]], [["DET", "NOUN"]], "train"), "BIOES")
    row = tags.encode([["VERB", "DET", "VERB"]])[0]
    assert row.tolist() == [UNKNOWN_TAG, 0, UNKNOWN_TAG]
    assert tags.names(row) == ["?", "DET", "?"]


def test_train_must_have_tags_and_two_different_ones() -> None:
    with pytest.raises(DatasetError, match="train must have tags"):
        Tags.fit(Tagged.make([["a"]], None, "a file"), "BIOES")
    with pytest.raises(DatasetError, match="at least two different tags; got O alone"):
        Tags.fit(Tagged.make([["a"]], [["O"]], "a file"), "BIOES")


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    tags = Tags.fit(Tagged.make([["a", "b"]], [["I-X", "O"]], "train"), "BMEWO")
    tags.save(tmp_path)
    assert Tags.load(tmp_path) == tags


@pytest.mark.parametrize(
    ("train", "alone", "meant"),
    [
        (["B-PER", "I-PER", "O"], ["0", "O", "_"], ["O", "O", "O"]),
        (["PER", "PER", "O"], ["PER", "PER", "PER"], ["B-PER", "I-PER", "E-PER"]),
        (["PER_b", "PER_i", "o"], ["PER_i", "PER_i", "PER_i"], ["B-PER", "I-PER", "E-PER"]),
    ],
)
def test_tags_of_a_split_that_tell_nothing_alone_are_those_of_train(train, alone, meant) -> None:
    tags = Tags.fit(Tagged.make([["a", "b", "c"]], [train], "train"), "BIOES")
    split = Tagged.make([["a", "b", "c"]], [alone], "test")
    (places,) = tags.encode(split.tags or (), "test")
    assert tags.names(places) == meant
    assert list(tags.counted(split.tags or ())) == ["PER"] * ("B-PER" in meant)


def test_tags_of_words_are_refused_where_train_has_those_of_spans() -> None:
    tags = Tags.fit(Tagged.make([["a", "b"]], [["B-PER", "O"]], "train"), "BIOES")
    with pytest.raises(
        DatasetError, match="test: tags must be of spans, as those of train are; got 'NN'"
    ):
        tags.encode([["NN", "VB"]], "test")
