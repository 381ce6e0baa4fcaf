"""Answers in files are those that stand on standard output, and are read back as they were."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato import ConfigError
from ostinato.cli.writing import AT_ONCE, check_free, write_answers
from ostinato.tasks.answers import SEPARATORS, joined, label_text, table_rows

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n\t"'), max_size=9
)
FIGURES = st.floats(0, 1)
CLASSES = ("a", 'b "c"', "吃,喝")
ANSWERS = st.lists(
    st.fixed_dictionaries(
        {
            "text": TEXTS,
            "label": st.sampled_from(CLASSES),
            "confidence": FIGURES,
            "probabilities": st.fixed_dictionaries(dict.fromkeys(CLASSES, FIGURES)),
        },
        optional={"note": TEXTS.filter(bool)},
    ),
    min_size=1,
    max_size=20,
)
TAGGED = [
    {"text": "Anna of Rome", "spans": [{"text": w, "type": "X"} for w in ("Anna", "Rome")]},
    {"text": "nobody", "spans": []},
]


def rows_of(answers, several=()):
    return [row for n, one in enumerate(answers, 1) for row in table_rows(one, n, several)]


def read_back(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ANSWERS)
def test_what_is_written_is_read_back(tmp_path, answers):
    noted = sum("note" in one for one in answers)
    for suffix in ("csv", "parquet", "jsonl"):
        assert write_answers(tmp_path / f"a.{suffix}", answers) == (len(answers), noted)
    lines = (tmp_path / "a.jsonl").read_text("utf-8").split("\n")[:-1]
    assert list(map(json.loads, lines)) == answers
    rows = rows_of(answers)
    names = list(dict.fromkeys(name for row in rows for name in row))
    whole = [{name: row.get(name) for name in names} for row in rows]
    assert read_back(tmp_path / "a.parquet") == whole
    for found, row in zip(read_back(tmp_path / "a.csv"), whole, strict=True):
        for name, value in row.items():
            if isinstance(value, float):
                assert float(found[name]) == value
            else:
                assert found[name] == (value or "")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_spans_are_rows_and_tell_of_which_text_they_are(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    assert write_answers(path, TAGGED, ["spans"]) == (2, 0)
    found = read_back(path)
    assert [(int(row["row"]), row["text"]) for row in found] == [(1, "Anna"), (1, "Rome")]
    write_answers(path, TAGGED[1:], ["spans"])  # without a span it has its columns all the same
    assert read_back(path) == []
    assert path.stat().st_size > len("row,sentence,text")


def test_columns_that_come_late_are_written(tmp_path):
    path = tmp_path / "a.parquet"
    answers = [{"audio": str(n), "seconds": 1} for n in range(AT_ONCE + 1)]
    answers += [{"audio": "x", "error": "broken"}, {"audio": "y", "seconds": 1.5}]
    write_answers(path, answers)
    found = read_back(path)
    assert found[-2] == {"audio": "x", "seconds": None, "error": "broken"}
    assert found[-1]["seconds"] == 1.5
    assert len(found) == len(answers)


def test_an_error_on_the_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def answers():
        yield {"text": "a"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_answers(path, answers())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_cannot_be_written_are_refused(tmp_path):
    (tmp_path / "a.csv").touch()
    (tmp_path / "folder.csv").mkdir()
    for name, words in [
        ("a.xlsx", "must end in .csv, .jsonl or .parquet; got 'a.xlsx'"),
        ("a", "must end in"),
        ("no/a.csv", "there is none"),
        ("folder.csv", "it is a folder"),
        ("a.csv", "is there already"),
    ]:
        with pytest.raises(ConfigError) as caught:
            check_free(tmp_path / name, overwrite=False)
        assert words in str(caught.value)
    check_free(tmp_path / "a.csv", overwrite=True)
    check_free(tmp_path / "A.CSV", overwrite=False)


@given(st.lists(st.text("a,;|", min_size=1, max_size=4), min_size=1, unique=True))
def test_labels_that_are_joined_can_be_parted(labels):
    known = dict.fromkeys(labels, 0.5)
    text = label_text({"label": labels, "probabilities": known})
    free = [mark for mark in SEPARATORS if not any(mark.strip() in name for name in labels)]
    assert (text.split(free[0]) if free else json.loads(text)) == labels


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_half_a_surrogate_pair_is_written_as_a_question_mark(tmp_path, suffix):
    out = tmp_path / f"a.{suffix}"
    write_answers(
        out, [{"text": "caf\udce9", "confidence": 0.5}, {"text": "tea", "confidence": 1.0}]
    )
    assert b"caf?" in out.read_bytes()


@given(st.lists(st.text(st.characters(categories=["Cc", "L", "Z"])), min_size=1, max_size=5))
def test_a_line_has_a_column_for_each_of_its_cells(cells):
    line = joined(*cells)
    assert len(line.splitlines()) <= 1
    assert len(line.split("\t")) == len(cells)
    assert len(line) == len("\t".join(cells))
