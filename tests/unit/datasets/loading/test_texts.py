from __future__ import annotations

import gzip

import pytest

from ostinato import DatasetError
from ostinato.datasets import load_texts

ROWS = "text,label\ngood,1\nbad,0\n"


def test_a_file_alone_is_train(tmp_path):
    (tmp_path / "reviews.csv").write_text(ROWS)
    splits = load_texts(tmp_path / "reviews.csv")
    assert list(splits) == ["train"]
    assert splits["train"].texts == ["good", "bad"]


@pytest.mark.parametrize("name", ["dev", "valid", "validation", "val"])
def test_a_folder_has_its_splits_by_the_names_of_files(tmp_path, name):
    (tmp_path / "train.csv").write_text(ROWS)
    (tmp_path / f"{name}.tsv").write_text(ROWS.replace(",", "\t"))
    (tmp_path / "test.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    (tmp_path / "README.md").write_text("notes")
    splits = load_texts(str(tmp_path))
    assert list(splits) == ["train", "validation", "test"]
    assert len({split.fingerprint for split in splits.values()}) == 1


def test_validation_and_test_are_named_beside_any_source(tmp_path):
    for name in ("train", "dev", "other", "third"):
        (tmp_path / f"{name}.csv").write_text(f"words,grade\n{name},1\n")
    splits = load_texts(
        tmp_path,
        text_column="words",
        label_column="grade",
        validation=tmp_path / "other.csv",
        test=str(tmp_path / "third.csv"),
    )
    assert {name: split.texts for name, split in splits.items()} == {
        "train": ["train"],
        "validation": ["other"],
        "test": ["third"],
    }


def test_a_wrong_folder_is_refused(tmp_path):
    with pytest.raises(
        DatasetError, match=r"must hold a train file .*; got nothing\. Name the file"
    ):
        load_texts(tmp_path)
    (tmp_path / "reviews.csv").write_text(ROWS)
    with pytest.raises(
        DatasetError, match=r"must hold a train file .*; got reviews.csv\. Name the"
    ):
        load_texts(tmp_path)
    (tmp_path / "train.csv").write_text(ROWS)
    (tmp_path / "train.jsonl").write_text(ROWS)
    with pytest.raises(
        DatasetError, match=r"one file of the train split; got train.csv and train.jsonl"
    ):
        load_texts(tmp_path)


def test_a_name_that_is_neither_registered_nor_a_file_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=r"one of imdb, .* got neither; did you mean `imdb`\?"):
        load_texts("imbd")
    (tmp_path / "reviews.csv").write_text(ROWS)
    with pytest.raises(DatasetError, match=r"none of that name; did you mean `reviews.csv`\?"):
        load_texts("revews.csv")
