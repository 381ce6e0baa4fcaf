"""Law: sentences that are written in any form that is read come back the same."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError
from ostinato.datasets import Span, holds_tokens, read_tagged, read_texts
from ostinato.datasets.readers.tagged.writing import FORMATS as WRITERS
from ostinato.datasets.records.schemes import spans_of, tags_of

TOKENS = st.text("ab1é好🦊-'\"[,", min_size=1, max_size=4)
Sentence = tuple[list[str], list[Span]]


@st.composite
def sentences(draw: st.DrawFn) -> Sentence:
    """Tokens, and spans of them."""
    tokens = draw(st.lists(TOKENS, min_size=1, max_size=6))
    spans, place = [], 0
    while place < len(tokens):
        width = draw(st.integers(1, 3))
        kind = draw(st.sampled_from(["PER", "LOC", None]))
        if kind and place + width <= len(tokens):
            spans.append(Span(place, place + width, kind))
        place += width
    return tokens, spans


CORPORA = st.lists(sentences(), min_size=1, max_size=4).map(
    lambda rows: [(["Anna", "Lee", "sings"], [Span(0, 2, "PER")]), *rows]
)


def tagged(rows: list[Sentence]) -> list[tuple[list[str], list[str]]]:
    return [(tokens, tags_of(spans, len(tokens), "IOB2")) for tokens, spans in rows]


def placed(row: Sentence) -> tuple[str, list[tuple[int, int, str]]]:
    """The text of a sentence and its spans by characters."""
    tokens, spans = row
    starts = [len(" ".join(tokens[:n])) + bool(n) for n in range(len(tokens))]
    ends = [start + len(token) for start, token in zip(starts, tokens, strict=True)]
    return " ".join(tokens), [(starts[a], ends[b - 1], kind) for a, b, kind in spans]


def cut(text: str) -> list[tuple[str, int, int]]:
    return [(found[0], found.start(), found.end()) for found in re.finditer(r"\S+", text)]


def columns(rows: list[Sentence], line: Callable[[int, str, str], str], gap: str = "") -> str:
    return "\n".join(
        gap + "".join(line(n, *pair) + "\n" for n, pair in enumerate(zip(*row, strict=True), 1))
        for row in tagged(rows)
    )


def lines(rows: list[Sentence], row: Callable[[Sentence], Any]) -> str:
    return "".join(json.dumps(row(one), ensure_ascii=False) + "\n" for one in rows)


def separated(header: list[str], rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def token_rows(rows: list[Sentence], name: Callable[[int, int], str]) -> list[list[str]]:
    return [
        [name(number, place), token, "X", tag]
        for number, row in enumerate(tagged(rows))
        for place, (token, tag) in enumerate(zip(*row, strict=True))
    ]


def sentence_rows(rows: list[Sentence], cell: Callable[[list[str]], str]) -> list[list[str]]:
    return [[str(n), cell(a), cell(b)] for n, (a, b) in enumerate(tagged(rows))]


def prodigy(row: Sentence) -> dict[str, Any]:
    text, spans = placed(row)
    tokens = [{"text": t, "start": a, "end": b, "id": n} for n, (t, a, b) in enumerate(cut(text))]
    marks = [{"start": a, "end": b, "label": kind} for a, b, kind in spans]
    return {"text": text, "tokens": tokens, "_input_hash": 1, "answer": "accept"} | (
        {"spans": marks} if marks else {}
    )


def label_studio(row: Sentence) -> dict[str, Any]:
    text, spans = placed(row)
    results = [
        {"type": "labels", "value": {"start": a, "end": b, "text": text[a:b], "labels": [kind]}}
        for a, b, kind in spans
    ]
    return {"id": 1, "data": {"text": text}, "annotations": [{"result": results}]}


def minimal(row: Sentence) -> dict[str, Any]:
    text, spans = placed(row)
    label = [{"start": a, "end": b, "text": text[a:b], "labels": [kind]} for a, b, kind in spans]
    return {"text": text, "annotator": 1} | ({"ner": label} if label else {})


def cluener(row: Sentence) -> dict[str, Any]:
    text, spans = placed(row)
    label: dict[str, dict[str, list[list[int]]]] = {}
    for a, b, kind in spans:
        label.setdefault(kind, {}).setdefault(text[a:b], []).append([a, b - 1])
    return {"text": text, "label": label}


def spans_row(name: str, **keys: str) -> Callable[[Sentence], dict[str, Any]]:
    def row(one: Sentence) -> dict[str, Any]:
        text, spans = placed(one)
        if not keys:
            return {"id": 1, "text": text, name: spans}
        named = [dict(zip(keys.values(), span, strict=True)) for span in spans]
        return {"id": 1, "text": text, name: named, "relations": []}

    return row


def spacy(row: Sentence) -> list[Any]:
    text, spans = placed(row)
    return [text, {"entities": spans}]


FORMS: dict[str, tuple[str, Callable[[list[Sentence]], str]]] = {
    "columns": (".conll", lambda rows: columns(rows, lambda n, t, y: f"{t}\tX\t{y}")),
    "numbered": (".tsv", lambda rows: columns(rows, lambda n, t, y: f"{n}\t{t}\t{y}")),
    "comments": (".bio", lambda rows: columns(rows, lambda n, t, y: f"{t} {y}", "# id = 1\n")),
    "header": (".tsv", lambda rows: "word\tner\n" + columns(rows, lambda n, t, y: f"{t}\t{y}")),
    "tokens": (
        ".jsonl",
        lambda rows: "".join(
            json.dumps({"tokens": a, "ner_tags": b}) + "\n" for a, b in tagged(rows)
        ),
    ),
    "token array": (
        ".json",
        lambda rows: json.dumps([{"words": a, "labels": b} for a, b in tagged(rows)], indent=1),
    ),
    "characters": (
        ".json",
        lambda rows: "".join(json.dumps({"text": a, "labels": b}) + "\n" for a, b in tagged(rows)),
    ),
    "doccano": (".jsonl", lambda rows: lines(rows, spans_row("label"))),
    "doccano relations": (
        ".jsonl",
        lambda rows: lines(
            rows, spans_row("entities", a="start_offset", b="end_offset", c="label")
        ),
    ),
    "prodigy": (".jsonl", lambda rows: lines(rows, prodigy)),
    "label studio": (".json", lambda rows: json.dumps([label_studio(row) for row in rows])),
    "label studio indented": (
        ".json",
        lambda rows: json.dumps([label_studio(row) for row in rows], indent=2),
    ),
    "label studio minimal": (".json", lambda rows: json.dumps([minimal(row) for row in rows])),
    "cluener": (".json", lambda rows: lines(rows, cluener)),
    "spacy": (".json", lambda rows: json.dumps([spacy(row) for row in rows])),
    "annotator": (
        ".json",
        lambda rows: json.dumps({"classes": ["PER"], "annotations": [spacy(row) for row in rows]}),
    ),
    "kaggle": (
        ".csv",
        lambda rows: separated(
            ["Sentence #", "Word", "POS", "Tag"],
            token_rows(rows, lambda n, p: "" if p else f"Sentence: {n}"),
        ),
    ),
    "sentence ids": (
        ".tsv",
        lambda rows: separated(
            ["sentence_id", "words", "pos", "labels"], token_rows(rows, lambda n, p: str(n)), "\t"
        ),
    ),
    "sentence a row": (
        ".csv",
        lambda rows: separated(["Sentence #", "Sentence", "Tag"], sentence_rows(rows, " ".join)),
    ),
    "json lists": (
        ".csv",
        lambda rows: separated(["id", "tokens", "ner_tags"], sentence_rows(rows, json.dumps)),
    ),
    "python lists": (
        ".csv",
        lambda rows: separated(["id", "tokens", "ner_tags"], sentence_rows(rows, repr)),
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("forms")


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=12, deadline=None)
@given(rows=CORPORA)
def test_what_is_written_is_read_back(folder, form, rows) -> None:
    suffix, write = FORMS[form]
    path = folder / f"a{suffix}"
    path.write_bytes(write(rows).encode())
    split = read_tagged(path, cut=cut)
    assert split.sentences == [tokens for tokens, _ in rows]
    assert split.tags is not None
    assert [spans_of(row) for row in split.tags] == [spans for _, spans in rows]
    assert read_tagged(path, cut=cut, labelled=False).sentences == split.sentences


@pytest.mark.parametrize(
    ("form", "suffix"), [("conll", ".conll"), ("doccano", ".jsonl"), ("label-studio", ".json")]
)
@settings(max_examples=25, deadline=None)
@given(rows=CORPORA)
def test_what_a_tagger_says_is_read_back_from_every_form_it_is_written_in(
    folder, form, suffix, rows
):
    answers = []
    for (tokens, tags), row in zip(tagged(rows), rows, strict=True):
        text, spans = placed(row)
        answers.append(
            {
                "text": text,
                "tokens": [{"text": t, "tag": y} for t, y in zip(tokens, tags, strict=True)],
                "spans": [
                    {"start": a, "end": b, "type": k, "confidence": 0.5} for a, b, k in spans
                ],
            }
        )
    path = folder / f"written{suffix}"
    path.write_bytes("".join(line + "\n" for line in WRITERS[form](answers)).encode())
    split = read_tagged(path, cut=cut)
    assert split.sentences == [tokens for tokens, _ in rows]
    assert split.tags == [tags for _, tags in tagged(rows)]


def test_what_cannot_be_written_in_a_form_is_refused_or_told(caplog) -> None:
    words = [{"text": "a", "tokens": [{"text": "a", "tag": "NOUN"}]}]
    assert list(WRITERS["conll"](words)) == ["a\tNOUN", ""]
    for form in ("doccano", "label-studio"):
        with pytest.raises(
            ConfigError, match=rf"--format {form} is for spans; .* Take --format conll"
        ):
            list(WRITERS[form](words))
    with pytest.raises(
        DatasetError, match="sentence 1: a token in a file of columns must have no tab"
    ):
        list(WRITERS["conll"]([{"text": "a\tb", "tokens": [{"text": "a\tb", "tag": "O"}]}]))
    empty = {"text": "", "tokens": [], "spans": []}
    assert list(WRITERS["conll"]([empty])) == []
    assert "1 sentences have no token, and no line." in caplog.text
    assert json.loads("".join(WRITERS["label-studio"]([]))) == []


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_rows_that_were_rejected_or_ignored_are_left_out_and_told(tmp_path, caplog) -> None:
    rows = [
        {"text": f"{answer} it", "spans": [], "answer": answer}
        for answer in ("accept", "reject", "ignore")
    ]
    split = read_tagged(write(tmp_path / "a.jsonl", *rows), cut=cut)
    assert split.texts == ["accept it"]
    assert "2 rows are answered reject or ignore, and left out; the first is line 2." in caplog.text


def test_texts_that_were_rejected_are_no_labels(tmp_path, caplog) -> None:
    rows = [{"text": t, "label": t, "answer": a} for t, a in (("a", "accept"), ("b", "reject"))]
    assert list(read_texts(write(tmp_path / "a.jsonl", *rows)).labels or ()) == ["a"]
    assert "1 rows are answered reject or ignore, and left out; the first is row 2." in caplog.text
    rows = [
        {"text": "a", "label": "x", "answer": "forty"},
        {"text": "b", "label": "y", "answer": "reject"},
    ]
    assert list(read_texts(write(tmp_path / "a.jsonl", *rows)).labels or ()) == ["x", "y"]


def test_tasks_without_an_annotation_are_left_out_and_told(tmp_path, caplog) -> None:
    task = label_studio((["Anna", "sings"], [Span(0, 1, "PER")]))
    result = task["annotations"][0]["result"]
    other = {"type": "choices", "value": {"choices": ["good"]}}
    tasks = [
        task,
        {**task, "annotations": []},
        {**task, "annotations": [{"result": result, "was_cancelled": True}]},
        {**task, "annotations": [], "predictions": [{"result": result}]},
        {
            **task,
            "annotations": [{"result": []}, {"result": [*result, other], "ground_truth": True}],
        },
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tasks))
    split = read_tagged(path, cut=cut)
    assert split.tags == [["B-PER", "O"]] * 3
    for words in (
        "1 rows are not annotated, and left out; the first is element 2.",
        "1 rows were skipped by whoever annotated, and are left out; the first is element 3.",
        "1 rows have predictions of a model alone, which are read as tags; the first is element 4.",
        "1 rows have several annotations, of which one is read; the first is element 5.",
        "1 rows have annotations that are no spans of text, which are not read; the first is element 5.",
    ):
        assert words in caplog.text
    assert len(read_tagged(path, cut=cut, labelled=False).sentences) == 5
    assert list(read_texts(path, labelled=False).texts) == [task["data"]["text"]] * 5
    with pytest.raises(DatasetError, match="a text column must be named"):
        read_texts(path)
    path.write_text(json.dumps([task, {**task, "data": "Anna"}]))
    with pytest.raises(DatasetError, match="element 2: `data` must have the text"):
        read_texts(path, labelled=False)


def test_places_in_units_of_utf_16_are_found_by_the_text_beside_them(tmp_path) -> None:
    value = {"start": 3, "end": 7, "text": "Anna", "labels": ["PER"]}
    task = {"data": {"text": "🦊 Anna"}, "annotations": [{"result": [{"type": "labels", "value": value}]}]}  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps([task]))
    assert read_tagged(path, cut=cut).tags == [["O", "B-PER"]]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.xml", "<a>\n", r"a \.xml file"),
        ("a.docx", "a O\n", r"a \.docx file"),
        ("a.ann", "T1\tPER 0 4\tAnna\n", r"a \.ann file"),
        ("train", '{"text": "a", "label": []}\n', r"JSON; name it \.json or \.jsonl"),
        ("a.conll", '[{"text": "a"}]', "JSON"),
        ("a.data", "<?xml version='1.0'?>\n", "markup"),
        ("a.bio", "a O\0\n", "a binary file"),
    ],
)
def test_other_files_are_not_taken_for_columns(tmp_path, name, text, what) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=f"tagged sentences must come in columns, .* got {what}"):
        read_tagged(tmp_path / name)


@pytest.mark.parametrize("text", ["{ O\n} O\n", "[ O\nx B-X\n] O\n", '" O\n< O\n', "\u005b{ O\n"])
def test_braces_and_brackets_are_tokens_all_the_same(tmp_path, text) -> None:
    (tmp_path / "a.conll").write_text(text)
    assert read_tagged(tmp_path / "a.conll").sentences == [re.findall(r"^\S+", text, re.M)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word,tag\nAnna,B-PER\n", "must be a column that tells sentences apart .*sentence #"),
        ("sentence,tags\nAnna sings,B-PER\nBen,O\n", "row 1 must have as many tags as tokens"),
        ("sentence_id,word,tag\n1,Anna,\n", "row 1 must have a tag; it is empty"),
        ("tokens,tags\n['a' 'b'],['O' 'O']\n", r"row 1 must be a list of strings .*\['a' 'b'\]"),
        ('tokens,tags\n"[1, 2]","[3, 4]"\n', r"row 1 must be a list of strings .*\[1, 2\]"),
        (
            "sentence_id,word\n1,Anna\n",
            r"the first line must name a column of tags .* Give column \(--column\)",
        ),
        ("sentence_id,thing,tag\n1,Anna,O\n", "a token column must be named or have a usual name"),
    ],
)
def test_a_malformed_table_is_refused(tmp_path, text, message) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_tagged(tmp_path / "a.csv")


def test_a_sentence_whose_rows_stand_apart_is_told(tmp_path, caplog) -> None:
    (tmp_path / "a.csv").write_text("sentence_id,word,tag\n1,a,O\n2,b,B-X\n1,c,O\n")
    assert read_tagged(tmp_path / "a.csv").sentences == [["a"], ["b"], ["c"]]
    assert "row 3 has a sentence that stood further up, too" in caplog.text


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "Sentence #,Word,Tag\nSentence: 1,a,O\n", True),
        ("a.tsv", "sentence\tlabel\na b\t1\n", False),
        ("a.json", '[{"tokens": ["a"]}]', True),
        ("a.json", '[\n{"text": "a"}]', False),
    ],
)
def test_it_is_told_which_tables_hold_tokens(tmp_path, name, text, expected) -> None:
    (tmp_path / name).write_text(text)
    assert holds_tokens(tmp_path / name) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("B-PER Anna\nO sings\n", r"column 1 must have the tokens; it has tags such as `B-PER`"),
        (
            "#begin document (x); part 000\nx 0 0 Al NNP (PER)\n",
            "got one of CoNLL-2012, whose tokens",
        ),
    ],
)
def test_columns_in_another_order_are_not_learnt(tmp_path, text, message) -> None:
    (tmp_path / "a.conll").write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_tagged(tmp_path / "a.conll")


def test_columns_in_another_order_are_read_by_their_numbers(tmp_path) -> None:
    (tmp_path / "a.conll").write_text("B-PER Anna\nO sings\n")
    split = read_tagged(tmp_path / "a.conll", column=1, token_column=2)
    assert (split.sentences, split.tags) == ([["Anna", "sings"]], [["B-PER", "O"]])


@pytest.mark.parametrize(
    ("text", "span", "is_told"),
    [
        ("Anna sings", [0, 3], True),
        ("Anna sings", [1, 4], True),
        ("Anna sings", [0, 4], False),
        ("我在北京", [2, 4], False),
        ("Anna's", [0, 4], False),
        ("in 2024", [3, 5], False),
    ],
)
def test_spans_that_cut_words_are_told(tmp_path, caplog, text, span, is_told) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text, "label": [[*span, "PER"]]}))
    read_tagged(tmp_path / "a.jsonl", cut=cut)
    assert ("1 spans begin or end within a word" in caplog.text) == is_told


def test_tags_of_two_kinds_are_told(tmp_path, caplog) -> None:
    row = {"tokens": ["a"], "pos_tags": ["NN"], "ner_tags": ["O"]}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    (tmp_path / "a.csv").write_text("sentence_id,word,pos,tag\n1,a,NN,O\n")
    with caplog.at_level("INFO", "ostinato"):
        read_tagged(tmp_path / "a.jsonl")
        read_tagged(tmp_path / "a.csv")
    assert "tags are read from `ner_tags`; not read: `pos_tags`" in caplog.text
    assert "tags are read from `tag`; not read: `pos`" in caplog.text
