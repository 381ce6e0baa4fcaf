from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets.readers.tagged.json_rows import read_rows
from ostinato.datasets.records.schemes import spans_of

TEXT = "Angela Merkel visited Seoul."
SPANS = [(0, 13, "PER"), (22, 27, "LOC")]
TOKENS = ["Angela", "Merkel", "visited", "Seoul", "."]
TAGS = ["B-PER", "I-PER", "O", "B-LOC", "O"]


def cut(text):
    return [(match[0], match.start(), match.end()) for match in re.finditer(r"\S+", text)]


def write(path, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("rows") / "a.jsonl"


@given(
    st.lists(
        st.lists(st.tuples(st.text(), st.sampled_from(["O", "B-X"])), min_size=1),
        min_size=1,
        max_size=3,
    )
)
def test_tokens_and_tags_are_read_back(path, rows):
    tokens = [[token for token, _ in row] for row in rows]
    tags = [[tag for _, tag in row] for row in rows]
    write(path, *({"tokens": a, "tags": b} for a, b in zip(tokens, tags, strict=True)))
    split = read_rows(path)
    assert split.sentences == tokens
    assert split.tags == tags


@st.composite
def texts_with_spans(draw):
    """A text of pieces, some of them spans, between white space or none."""
    text, spans = "", []
    for piece, kind, gap in draw(
        st.lists(
            st.tuples(
                st.text("ab é好🦊\u3000", min_size=1, max_size=6),
                st.sampled_from(["PER", "LOC", None]),
                st.sampled_from(["", " ", "\t"]),
            ),
            min_size=1,
            max_size=6,
        )
    ):
        if kind and piece.strip():
            spans.append((len(text), len(text) + len(piece), kind))
        text += piece + gap
    return text + "x", spans


@given(texts_with_spans())
def test_the_tokens_of_a_span_are_its_characters(path, row):
    text, spans = row
    write(path, {"text": text, "spans": [{"start": a, "end": b, "type": t} for a, b, t in spans]})
    split = read_rows(path, cut=cut)
    tokens, found = split.sentences[0], spans_of(split.tags[0])
    assert "".join(tokens) == "".join(text.split())
    assert [span.type for span in found] == [kind for _, _, kind in spans]
    for span, (start, end, _) in zip(found, spans, strict=True):
        assert "".join(tokens[span.start : span.end]) == "".join(text[start:end].split())


@pytest.mark.parametrize(
    "spans",
    [
        {"spans": [{"start": a, "end": b, "type": t} for a, b, t in SPANS]},
        {"spans": [{"start": a, "end": b, "label": t} for a, b, t in reversed(SPANS)]},
        {"entities": [{"start_offset": a, "end_offset": b, "label": t} for a, b, t in SPANS]},
        {"entities": SPANS},
        {"label": SPANS},
        {"labels": SPANS},
        {"mine": SPANS},
    ],
)
def test_spans_are_read_as_other_tools_write_them(path, spans):
    write(
        path,
        {"id": 7, "text": TEXT, **spans},
        "",
        {"text": "Nothing.", **{key: [] for key in spans}},
    )
    split = read_rows(path, "mine" if "mine" in spans else None, cut=cut)
    assert split.sentences == [TOKENS, ["Nothing."]]
    assert split.tags == [TAGS, ["O"]]
    assert split.scheme == "IOB2"


@pytest.mark.parametrize("name", ["tags", "ner_tags", "labels", "pos_tags", "upos", "mine"])
def test_tags_have_a_usual_name_or_the_one_given(path, name):
    write(path, {"tokens": TOKENS, name: TAGS})
    assert read_rows(path, name if name == "mine" else None).tags == [TAGS]


def test_white_space_at_the_edges_of_a_span_is_no_part_of_it(path):
    write(path, {"text": "in Seoul now", "spans": [[2, 9, "LOC"]]})
    assert read_rows(path, cut=cut).tags == [["O", "B-LOC", "O"]]


def test_a_token_is_cut_at_the_edges_of_spans(path):
    write(path, {"text": "USA-China", "spans": [[0, 3, "LOC"], [4, 9, "LOC"]]})
    split = read_rows(path, cut=cut)
    assert split.sentences == [["USA", "-", "China"]]
    assert split.tags == [["B-LOC", "O", "B-LOC"]]


def test_a_whole_token_is_as_the_tokeniser_gives_it(path):
    write(path, {"text": "In Seoul.", "spans": [[3, 8, "LOC"]]})
    split = read_rows(path, cut=lambda text: [("in", 0, 2), ("seoul.", 3, 9)])
    assert split.sentences == [["in", "Seoul", "."]]


def test_without_labels_a_text_or_tokens_are_enough(path):
    write(path, {"text": TEXT}, {"tokens": TOKENS})
    split = read_rows(path, cut=cut, labelled=False)
    assert split.tags is None
    assert split.sentences == [TEXT.split(), TOKENS]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "must be one JSON object; got"),
        ("[1]", "must be one JSON object such as"),
        ({"tokens": ["a"]}, r"must have tags or spans with a usual name \(tags, .*; got `tokens`"),
        ({"tags": ["a"]}, r"with a usual name \(spans, .*; got `tags`"),
        ({}, "with a usual name .*; got nothing"),
        ({"thing": [], "spans": []}, "must have `tokens`, .* or `text`, .*; got `thing`, `spans`"),
        ({"text": 3, "spans": []}, "must have `tokens`, a list of strings, or `text`, a string"),
        ({"tokens": ["a", 1], "tags": ["O", "O"]}, r"`tokens` must be a list of strings; got '1'"),
        ({"tokens": ["a"], "tags": [3]}, r"`tags` must be a list of strings; got '3' \(int\)"),
        ({"tokens": ["a"], "tags": "O"}, r"`tags` must be a list of strings; got 'O' \(str\)"),
        ({"tokens": ["a"], "tags": []}, "as many tags as tokens; got 0 tags and 1 tokens"),
        ({"tokens": ["\ud800"], "tags": ["O"]}, "got half a surrogate pair"),
        ({"text": "\ud800", "spans": []}, "got half a surrogate pair"),
        ({"text": "ab", "spans": "x"}, "the spans must be a list; got str"),
        ({"text": "ab", "spans": {"PER": [[0, 1]]}}, "spans by type must be .*Anna"),
        ({"text": "ab", "spans": {"PER": {"a": [[0, 1]], "c": [[0, 0]]}}}, "must be the text that"),
        (
            {"text": "ab", "spans": [{"start": 0, "end": 1, "type": "X", "text": "q"}]},
            "beside it, 'q'",
        ),
        ({"text": "ab", "spans": [[0, 1]]}, r"a span must be .*; got \[0, 1\]"),
        ({"text": "ab", "spans": ["PER"]}, "a span must be .*; got PER"),
        ({"text": "ab", "spans": [{"start": 0, "end": 1}]}, "a span must be .*; got {'start': 0"),
        ({"text": "ab", "spans": [[0.0, 1, "X"]]}, "a span must be .*; got"),
        ({"text": "ab", "spans": [[False, True, "X"]]}, "a span must be .*; got"),
        ({"text": "ab", "spans": [[0, 3, "X"]]}, "in its text of 2 characters .*; got 0 to 3"),
        ({"text": "ab", "spans": [[-1, 1, "X"]]}, "in its text of 2 characters .*; got -1 to 1"),
        ({"text": "ab", "spans": [[1, 1, "X"]]}, "and have one at least; got 1 to 1"),
        ({"text": "a  b", "spans": [[1, 3, "X"]]}, "a span must have a token; characters 3 to 3"),
        (
            {"text": "abc", "spans": [[0, 2, "X"], [1, 3, "Y"]]},
            r"spans must not overlap; got \(0, 2, 'X'\) and \(1, 3, 'Y'\)",
        ),
    ],
)
def test_a_wrong_row_is_refused_with_file_and_line(path, row, message):
    write(path, "", row)
    with pytest.raises(DatasetError, match=message) as caught:
        read_rows(path, cut=cut)
    assert str(caught.value).startswith(f"{path}: line 2")


def test_a_column_that_is_not_in_a_row_is_told(path):
    write(path, {"tokens": ["a"], "tags": ["O"]}, {"tokens": ["b"], "tag": ["O"]})
    with pytest.raises(
        DatasetError, match=r"line 2: there is no tag column `tags`; did you mean `tag`\?"
    ):
        read_rows(path)
    with pytest.raises(DatasetError, match="line 1: there is no tag column `ner`"):
        read_rows(path, "ner")


def test_a_span_over_what_the_tokeniser_drops_is_refused(path):
    write(path, {"text": "a ★ b", "spans": [[2, 3, "X"]]})
    with pytest.raises(DatasetError, match="a span must have a token; characters 2 to 3, '★'"):
        read_rows(path, cut=lambda text: [("a", 0, 1), ("b", 4, 5)])


def test_a_text_without_a_tokeniser_is_refused(path):
    write(path, {"text": TEXT, "spans": []})
    with pytest.raises(DatasetError, match=r"there is no tokeniser\. Give cut, or"):
        read_rows(path)
