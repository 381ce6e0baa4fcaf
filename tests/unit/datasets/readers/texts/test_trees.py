from __future__ import annotations

import gzip
import io
import logging
import os
import tarfile
from pathlib import Path

import pytest

from ostinato import DatasetError, datasets
from ostinato.datasets.readers.texts.trees import read_archive, read_tree
from ostinato.datasets.sets import imdb


def test_a_tree_is_read_in_the_order_of_labels_and_names(tree):
    splits = read_tree(tree)
    assert list(splits) == ["train", "test"]
    assert splits["train"].labels == ["neg", "pos", "pos"]
    assert splits["train"].texts == [
        "Two hours I will not get back.<br />Never again.",
        "好看 and moving.",
        "A film to love.",
    ]
    assert splits["test"].texts == ["Dull.", ""]
    assert splits["test"].source == str(tree)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tgz", ".tar.xz"])
def test_an_archive_gives_the_same_as_the_tree(tree, pack, suffix):
    from_tree, from_archive = read_tree(tree), datasets.load_texts(pack(tree, suffix))
    for name, split in from_tree.items():
        assert from_archive[name].texts == split.texts
        assert from_archive[name].labels == split.labels
        assert from_archive[name].fingerprint == split.fingerprint


def test_any_names_of_labels_will_do(tmp_path):
    for split in ("train", "valid", "test"):
        for label in ("sport", "经济"):
            folder = tmp_path / split / label
            folder.mkdir(parents=True)
            (folder / "1.txt").write_text(f"{split} {label}", encoding="utf-8")
    splits = datasets.load_texts(tmp_path)
    assert {name: split.labels for name, split in splits.items()} == {
        name: ["sport", "经济"] for name in ("train", "validation", "test")
    }


def test_the_second_reading_comes_from_the_cache(tree, pack, monkeypatch):
    archive = pack(tree, ".tar.gz")
    first = read_archive(archive), read_tree(tree)
    monkeypatch.setattr(tarfile, "open", None)
    monkeypatch.setattr(Path, "read_bytes", None)
    assert (read_archive(archive), read_tree(tree)) == first


def test_a_changed_text_is_read_anew(tree):
    before = read_tree(tree)
    path = tree / "test" / "neg" / "3_2.txt"
    path.write_text("Fine.")
    os.utime(path, (1, 1))
    assert read_tree(tree)["test"].texts == ["Fine.", ""]
    assert before["test"].texts == ["Dull.", ""]


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
def test_a_truncated_archive_is_refused(tree, pack, suffix):
    archive = pack(tree, suffix)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 3])
    with pytest.raises(
        DatasetError, match=f"packed{suffix}: (the file|it) must be .*whole.* truncated"
    ):
        read_archive(archive)


def test_an_archive_with_flipped_bytes_is_refused(tree, pack):
    archive = pack(tree, ".tar.gz")
    data = bytearray(archive.read_bytes())
    data[-6] ^= 255  # in gzip's checksum, behind the end of the tar archive
    archive.write_bytes(data)
    with pytest.raises(
        DatasetError, match=r"packed.tar.gz: the file must be whole; got: CRC check"
    ):
        read_archive(archive)


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(b"no tar" * 1000))
    with pytest.raises(DatasetError, match=r"it must be a whole tar archive; got: "):
        read_archive(path)


def test_an_archive_without_texts_is_refused(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("notes.txt"), io.BytesIO())
    with pytest.raises(
        DatasetError, match=r"must hold text files train/<label>/<name>.txt; got none"
    ):
        read_archive(path)


def test_bytes_that_are_not_utf8_are_told_with_the_name_of_the_text(tree, pack):
    (tree / "train" / "pos" / "1_9.txt").write_bytes(b"fine\ncaf\xe9")
    with pytest.raises(DatasetError, match=r"train/pos/1_9.txt: .* byte 0xe9 in line 2"):
        read_archive(pack(tree, ".tar"))
    with pytest.raises(DatasetError, match=r"train/pos/1_9.txt: .* byte 0xe9 in line 2"):
        read_tree(tree)


def test_imdb_must_have_all_its_reviews(tree, pack, monkeypatch):
    folder = tree.parent / "imdb"
    folder.mkdir()
    monkeypatch.setenv("OSTINATO_DATA", str(tree.parent))
    pack(tree, ".tar.gz").rename(folder / imdb.ARCHIVE.name)
    message = (
        "Data set imdb: .*aclImdb_v1.tar.gz: train must have 12500 neg and 12500 pos reviews; "
        "got 1 neg, 2 pos. Expected is aclImdb_v1.tar.gz, 84125825 bytes, sha256 c40f.* "
        "ostinato data get imdb"
    )
    with pytest.raises(DatasetError, match=message):
        datasets.load_texts("imdb")
    archive = folder / imdb.ARCHIVE.name
    archive.write_bytes(archive.read_bytes()[:-20])
    with pytest.raises(
        DatasetError, match=r"Data set imdb: .*must be whole.*84125825 bytes.*data get"
    ):
        datasets.load_texts("imdb")


def test_imdb_in_another_archive_or_tree_is_accepted_and_told(tree, pack, monkeypatch, caplog):
    folder = tree.parent / "imdb"
    folder.mkdir()
    monkeypatch.setattr(imdb, "_COUNTS", {"neg": 1, "pos": 2})
    (tree / "test" / "pos" / "9_9.txt").write_text("Great.")
    pack(tree, ".tar.xz").rename(folder / "aclImdb_mine.tar.xz")
    (folder / "aclImdb_unsup.tar.gz").touch()
    with caplog.at_level(logging.INFO, logger="ostinato"):
        from_archive = imdb.read(folder)
    assert "aclImdb_mine.tar.xz is not the original archive" in caplog.text
    tree.rename(folder / "aclImdb")
    from_tree = imdb.read(folder)
    assert from_tree["train"].source == str(folder / "aclImdb")
    assert from_tree["test"].fingerprint == from_archive["test"].fingerprint


def test_imdb_in_neither_form_is_told(tmp_path):
    with pytest.raises(
        DatasetError, match=r"it must hold aclImdb/ or aclImdb_v1.tar.gz; got neither"
    ):
        imdb.read(tmp_path)


@pytest.mark.data
def test_the_real_imdb_has_the_known_duplicates():
    splits = datasets.load_texts("imdb")
    assert {name: len(set(split.texts)) for name, split in splits.items()} == {
        "train": 24904,
        "test": 24801,
    }
    assert splits["train"].labels == ["neg"] * 12500 + ["pos"] * 12500
    assert sum(len(text.encode()) for text in splits["train"].texts) == 33132823
