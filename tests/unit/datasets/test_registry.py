from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import logging
import socket
import threading
import time
from dataclasses import replace

import pytest

from ostinato import ConfigError, DatasetError, datasets
from ostinato.datasets import REGISTRY, chnsenticorp, get, home, locate

ROWS = {"train.txt": "好\t1\n坏\t0\n", "dev.txt": "可以\t1\n", "test.txt": "不\t行\t0\n"}


@pytest.fixture
def little(monkeypatch):
    """ChnSentiCorp with two, one and one rows."""
    parts = {
        name: (replace(file, sha256=hashlib.sha256(ROWS[file.name].encode()).hexdigest()), count)
        for (name, (file, _)), count in zip(chnsenticorp._PARTS.items(), (2, 1, 1), strict=True)
    }
    monkeypatch.setattr(chnsenticorp, "_PARTS", parts)
    return tuple(file for file, _ in parts.values())


@pytest.fixture
def corpus_folder(tmp_path, monkeypatch, little):
    folder = tmp_path / "chnsenticorp"
    folder.mkdir()
    for name, content in ROWS.items():
        (folder / name).write_text(content, encoding="utf-8")
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    return folder


def test_every_registered_data_set_is_described():
    assert set(REGISTRY) == {"imdb", "chnsenticorp", "samples"}
    for name, dataset in REGISTRY.items():
        assert dataset.name == name
        assert dataset.files or dataset.generate
        for text in (dataset.description, dataset.source, dataset.licence, dataset.citation):
            assert text
        for file in dataset.files:
            assert file.url.startswith("https://")
            assert file.url.endswith(file.name)
            assert len(file.sha256) == 64


def test_chnsenticorp_has_its_official_parts(corpus_folder):
    assert locate("chnsenticorp") == get("chnsenticorp") == corpus_folder
    parts = datasets.load("chnsenticorp")
    assert list(parts) == ["train", "validation", "test"]
    assert parts["train"].texts == ["好", "坏"]
    assert parts["train"].labels == ["1", "0"]
    assert parts["test"].texts == ["不\t行"]


def test_chnsenticorp_of_another_origin_is_accepted_and_told(corpus_folder, caplog):
    (corpus_folder / "dev.txt").write_text("行\t1\n", encoding="utf-8")
    with caplog.at_level(logging.INFO, logger="ostinato"):
        datasets.load("chnsenticorp")
    assert "dev.txt is not the original file" in caplog.text
    assert "train.txt" not in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "行\t1\n不\t2\n",
            "dev.txt: line 2 must be text<TAB>label with label 0 or 1; got label `2`",
        ),
        (
            "行\t1\n不行",
            "dev.txt: line 2 must be text<TAB>label with label 0 or 1; got label `不行`",
        ),
        ("行\t1\n不\t0\n", "dev.txt must have 1 rows; got 2. Remove it and fetch it anew"),
    ],
)
def test_wrong_rows_of_chnsenticorp_are_refused(corpus_folder, content, message):
    (corpus_folder / "dev.txt").write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match=message):
        datasets.load("chnsenticorp")


def test_a_part_missing_from_chnsenticorp_is_told(corpus_folder):
    (corpus_folder / "dev.txt").unlink()
    with pytest.raises(DatasetError, match=r"must hold dev.txt\. Remove it and fetch it anew"):
        chnsenticorp.read(corpus_folder)


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match=r"one of imdb, .*; got `imbd`; did you mean `imdb`\?"):
        locate("imbd")


def test_a_data_set_that_is_not_here_says_how_to_fetch_it(monkeypatch, tmp_path):
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    message = (
        f"not in {tmp_path}/imdb nor {home()}/datasets/imdb. Fetch them: ostinato data get imdb"
    )
    with pytest.raises(DatasetError, match=message):
        datasets.load("imdb")


def test_the_samples_are_always_here():
    assert locate("samples") == get("samples")


@contextlib.contextmanager
def serving(folder):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def register_at(monkeypatch, url, files):
    here = tuple(replace(file, url=url + file.name) for file in files)
    monkeypatch.setitem(REGISTRY, "chnsenticorp", replace(chnsenticorp.DATASET, files=here))
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.mark.parametrize("progress", [False, True])
def test_files_are_fetched_checked_and_kept(monkeypatch, tmp_path, little, capfd, progress):
    for name, content in ROWS.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    with serving(tmp_path) as url:
        register_at(monkeypatch, url, little)
        folder = get("chnsenticorp", progress=progress)
    assert folder == home() / "datasets" / "chnsenticorp" == get("chnsenticorp")
    assert len(datasets.load("chnsenticorp")["train"].texts) == 2
    assert ("100%" in capfd.readouterr().err) == progress


def test_a_file_with_another_checksum_is_not_kept(monkeypatch, tmp_path, little):
    for name, content in ROWS.items():
        (tmp_path / name).write_text(content + "x", encoding="utf-8")
    with serving(tmp_path) as url:
        register_at(monkeypatch, url, little)
        message = (
            "Data set chnsenticorp: train.txt could not be downloaded: SHA256 hash .* does not match"
            f".* Download it yourself from {url}train.txt and put it into .*/datasets/chnsenticorp"
        )
        with pytest.raises(DatasetError, match=message):
            get("chnsenticorp")
    assert list((home() / "datasets" / "chnsenticorp").iterdir()) == []


def test_a_missing_file_and_a_refused_connection_say_what_to_do(monkeypatch, tmp_path, little):
    with serving(tmp_path) as url:
        register_at(monkeypatch, url, little)
        with pytest.raises(
            DatasetError, match=r"could not be downloaded: 404 .* Download it yourself"
        ):
            get("chnsenticorp")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    register_at(monkeypatch, f"http://127.0.0.1:{port}/", little)
    with pytest.raises(DatasetError, match=r"could not be downloaded: .*refused.* put it into"):
        get("chnsenticorp")


@pytest.mark.data
def test_the_real_chnsenticorp_repeats_its_training_texts():
    parts = datasets.load("chnsenticorp")
    train = set(parts["train"].texts)
    assert len(train) == 8249
    assert len(train & set(parts["test"].texts)) == 330
    for file in chnsenticorp.DATASET.files:
        path = chnsenticorp.find(locate("chnsenticorp"), file.name)
        data = datasets.streams.read_bytes(path)
        assert hashlib.sha256(data).hexdigest() == file.sha256
        assert len(data) == file.size_bytes
