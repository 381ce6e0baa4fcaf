from __future__ import annotations

import logging

import pytest

from ostinato import DatasetError
from ostinato.datasets import from_hugging_face, load_tagged, load_texts

hugging_face = pytest.importorskip("datasets")


@pytest.fixture
def dataset():
    features = hugging_face.Features(
        {
            "id": hugging_face.Value("int64"),
            "text": hugging_face.Value("string"),
            "label": hugging_face.ClassLabel(names=["neg", "pos"]),
        }
    )
    columns = {"id": [1, 2, 3], "text": ["a", "b", "c"], "label": [1, 0, 1]}
    return hugging_face.Dataset.from_dict(columns, features=features)


def test_labels_become_the_names_of_their_classes(dataset):
    splits = load_texts(dataset)
    assert list(splits) == ["train"]
    assert splits["train"].texts == ["a", "b", "c"]
    assert splits["train"].labels == ["pos", "neg", "pos"]


def test_selected_rows_are_those_that_count(dataset):
    assert load_texts(dataset.select([2, 1]))["train"].texts == ["c", "b"]


def test_splits_become_splits(dataset, caplog):
    splits = hugging_face.DatasetDict(
        {"train": dataset, "dev": dataset.select([0]), "unsupervised": dataset}
    )
    with caplog.at_level(logging.INFO, logger="ostinato"):
        splits = from_hugging_face(splits)
    assert {name: len(split.texts) for name, split in splits.items()} == {
        "train": 3,
        "validation": 1,
    }
    assert "split `unsupervised` is left out" in caplog.text


def test_other_columns_and_lists_of_labels():
    classes = hugging_face.ClassLabel(names=["x", "y"])
    features = hugging_face.Features(
        {"body": hugging_face.Value("string"), "tags": hugging_face.Sequence(classes)}
    )
    rows = {"body": ["a", "b"], "tags": [[0, 1], []]}
    dataset = hugging_face.Dataset.from_dict(rows, features=features)
    assert from_hugging_face(dataset, "body", "tags")["train"].labels == [["x", "y"], []]
    plain = hugging_face.Dataset.from_dict({"text": ["a", "b"], "stars": [1.0, 2.0]})
    assert load_texts(plain)["train"].labels == ["1", "2"]


def test_unknown_labels_are_counted(dataset):
    unknown = dataset.map(lambda row: {"label": -1 if row["id"] > 1 else row["label"]})
    with pytest.raises(DatasetError, match=r"train: every row must have a label; 2 of 3 have none"):
        load_texts(unknown)


def test_a_split_without_labels_is_left_out_and_told(dataset, caplog):
    hidden = dataset.map(lambda row: {"label": -1})
    for test in (hidden, dataset.remove_columns("label")):
        splits = {"train": dataset, "validation": dataset.select([0]), "test": test}
        splits = load_texts(hugging_face.DatasetDict(splits))
        assert list(splits) == ["train", "validation"]
        assert "test: no row has a label in column `label`; the split is left out" in caplog.text
        caplog.clear()
    with pytest.raises(DatasetError, match="train: every row must have a label; 3 of 3 have none"):
        load_texts(hugging_face.DatasetDict({"train": hidden}))


@pytest.mark.parametrize("names", ["ner_tags", "tags"])
def test_tokens_and_tags(names):
    kinds = hugging_face.ClassLabel(names=["O", "B-PER"])
    features = hugging_face.Features(
        {
            "tokens": hugging_face.Sequence(hugging_face.Value("string")),
            names: hugging_face.Sequence(kinds),
        }
    )
    rows = {"tokens": [["Anna", "sings"], ["Rain"]], names: [[1, 0], [0]]}
    dataset = hugging_face.Dataset.from_dict(rows, features=features)
    splits = load_tagged(hugging_face.DatasetDict({"train": dataset, "test": dataset.select([1])}))
    assert splits["train"].tags == [["B-PER", "O"], ["O"]]
    assert splits["train"].scheme == "IOB2"
    assert splits["test"].sentences == [["Rain"]]
    with pytest.raises(DatasetError, match="there is no tag column `ner`"):
        load_tagged(dataset, column="ner")


def test_another_object_is_refused(dataset):
    with pytest.raises(DatasetError, match=r"or a Hugging Face Dataset or DatasetDict; got int"):
        load_texts(3)
    with pytest.raises(DatasetError, match=r"got IterableDataset. Load it whole"):
        load_texts(dataset.to_iterable_dataset())
    with pytest.raises(DatasetError, match=r"there must be a split named train; got test"):
        load_texts(hugging_face.DatasetDict({"test": dataset}))
    with pytest.raises(DatasetError, match=r"no text column `txt`; did you mean `text`\?"):
        load_texts(dataset, text_column="txt")
