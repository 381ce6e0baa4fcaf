from __future__ import annotations

import gzip
import json

import pytest

from ostinato import DatasetError
from ostinato.datasets import holds_tokens, load_tagged, read_tagged

COLUMNS = "a X B-X\nb Y O\n"
TREE = "1\ta\t_\tB-X\tX\t_\t_\t_\t_\t_\n2\tb\t_\tO\tY\t_\t_\t_\t_\t_\n"
ROWS = json.dumps({"tokens": ["a", "b"], "tags": ["B-X", "O"]}) + "\n"
SPANS = json.dumps({"text": "a b", "spans": [[0, 1, "X"]]}) + "\n"


def cut(text):
    return [("a", 0, 1), ("b", 2, 3)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, COLUMNS) for name in ("eng.train", "eng.testa", "train.char.bmes", "a")),
        *((f"a{suffix}", COLUMNS) for suffix in (".conll", ".bio", ".iob", ".txt", ".TSV")),
        *((f"a{suffix}", TREE) for suffix in (".conllu", ".conll", ".txt", "")),
        *((f"a{suffix}", text) for suffix in (".jsonl", ".NDJSON") for text in (ROWS, SPANS)),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_the_format_is_told_by_name_and_content(tmp_path, name, text, compressed):
    path = tmp_path / (name + ".gz" * compressed)
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    split = read_tagged(path, cut=cut)
    assert split.sentences == [["a", "b"]]
    assert split.tags == [["B-X", "O"]]
    assert split.source == str(path)
    assert read_tagged(str(path), cut=cut, labelled=False).tags is None


@pytest.mark.parametrize(
    ("name", "text", "column"),
    [("a.conll", COLUMNS, 2), ("a.conll", COLUMNS, "2"), ("a.conllu", TREE, "xpos")],
)
def test_another_column_is_read_if_it_is_named(tmp_path, name, text, column):
    (tmp_path / name).write_text(text)
    assert load_tagged(tmp_path / name, column=column)["train"].tags == [["X", "Y"]]


def test_a_file_alone_is_train_and_others_are_named_beside_it(tmp_path):
    for name in ("a.conll", "b.conll", "c.conll"):
        (tmp_path / name).write_text(f"{name} X O\n")
    assert list(load_tagged(tmp_path / "a.conll")) == ["train"]
    splits = load_tagged(
        tmp_path / "a.conll",
        column=2,
        test=tmp_path / "c.conll",
        validation=str(tmp_path / "b.conll"),
    )
    assert {name: (split.sentences, split.tags) for name, split in splits.items()} == {
        "train": ([["a.conll"]], [["X"]]),
        "validation": ([["b.conll"]], [["X"]]),
        "test": ([["c.conll"]], [["X"]]),
    }


@pytest.mark.parametrize("name", ["dev", "valid", "validation", "val"])
def test_a_folder_has_its_splits_by_the_names_of_files_in_any_format(tmp_path, name):
    (tmp_path / "train.char.bmes").write_text(COLUMNS)
    (tmp_path / f"{name}.conllu").write_text(TREE)
    (tmp_path / "test.jsonl.gz").write_bytes(gzip.compress(SPANS.encode()))
    (tmp_path / "README.md").write_text("notes")
    splits = load_tagged(str(tmp_path), cut=cut)
    assert list(splits) == ["train", "validation", "test"]
    assert len({split.fingerprint for split in splits.values()}) == 1


def test_a_wrong_folder_is_refused(tmp_path):
    (tmp_path / "a.conll").write_text(COLUMNS)
    with pytest.raises(
        DatasetError, match=r"must hold a train file in columns, .*; got a.conll\. Name the"
    ):
        load_tagged(tmp_path)
    (tmp_path / "train.conll").write_text(COLUMNS)
    (tmp_path / "train.jsonl").write_text(ROWS)
    with pytest.raises(DatasetError, match=r"one file of the train split; got train\.conll and"):
        load_tagged(tmp_path)


def test_a_name_that_is_neither_registered_nor_a_file_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=r"got neither; did you mean `conll2003`\?"):
        load_tagged("conll03")
    (tmp_path / "eng.train").write_text(COLUMNS)
    with pytest.raises(DatasetError, match=r"none of that name; did you mean `eng.train`\?"):
        load_tagged("eng.trian")


@pytest.mark.parametrize(
    ("name", "text"), [("a.conll", COLUMNS), ("a.conllu", TREE), ("a.jsonl", ROWS)]
)
def test_a_column_that_is_not_there_is_told(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=r"no tag column `upo`.* The columns are"):
        load_tagged(tmp_path / name, column="upo")
    with pytest.raises(DatasetError, match=r"no tag column `11`.* The columns are"):
        load_tagged(tmp_path / name, column=11)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.conll", COLUMNS, True),
        ("eng.train", COLUMNS, True),
        ("a.conllu", TREE, True),
        ("a.jsonl", "\n" + ROWS, True),
        ("a.ndjson.gz", ROWS, True),
        ("a.jsonl", SPANS, False),
        ("a.jsonl", "{", False),
        ("a.jsonl", "", False),
        ("a.csv", "text\na\n", False),
        ("a.txt", "a", False),
    ],
)
def test_it_is_told_which_files_are_cut_into_tokens(tmp_path, name, text, expected):
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert holds_tokens(tmp_path / name) is expected
