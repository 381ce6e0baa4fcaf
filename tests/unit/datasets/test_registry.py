from __future__ import annotations

import contextlib
import dataclasses
import gzip
import hashlib
import http.server
import logging
import socket
import threading
import time
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from ostinato import ConfigError, DatasetError, datasets
from ostinato.datasets import REGISTRY, get, home, locate
from ostinato.datasets.files import find_file, read_bytes
from ostinato.datasets.loading.splits import check_named
from ostinato.datasets.readers.tagged.conll import read_columns
from ostinato.datasets.records.schemes import spans_of
from ostinato.datasets.sets import chnsenticorp, conll2003
from ostinato.datasets.sets.official import tagged_reader

ROWS = {"train.txt": "好\t1\n坏\t0\n", "dev.txt": "可以\t1\n", "test.txt": "不\t行\t0\n"}

every_loader = pytest.mark.parametrize(
    ("name", "load"),
    [
        ("samples", datasets.load_texts),
        ("samples-tag", datasets.load_tagged),
        ("keywords", datasets.load_recordings),
        ("gestures", datasets.load_sequences),
        ("sales", datasets.load_series),
    ],
)


@pytest.fixture
def little(monkeypatch):
    """ChnSentiCorp with two, one and one rows."""
    splits = {
        name: (
            replace(file, sha256=hashlib.sha256(ROWS[file.name].encode()).hexdigest()),
            {"rows": count},
        )
        for (name, (file, _)), count in zip(chnsenticorp._SPLITS.items(), (2, 1, 1), strict=True)
    }
    monkeypatch.setattr(chnsenticorp, "_SPLITS", splits)
    return tuple(file for file, _ in splits.values())


@pytest.fixture
def corpus_folder(tmp_path, monkeypatch, little):
    folder = tmp_path / "chnsenticorp"
    folder.mkdir()
    for name, content in ROWS.items():
        (folder / name).write_text(content, encoding="utf-8")
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    return folder


def test_every_registered_data_set_is_described():
    assert {name: dataset.kind.verb for name, dataset in REGISTRY.items()} == {
        **dict.fromkeys(("imdb", "chnsenticorp", "samples"), "classify"),
        **dict.fromkeys(("conll2003", "ud-english-ewt", "resume-ner", "samples-tag"), "tag"),
        **dict.fromkeys(("fsdd", "morse", "keywords"), "transcribe"),
        "gestures": "classify-series",
        **dict.fromkeys(("airpassengers", "etth1", "sales"), "forecast"),
    }
    for name, dataset in REGISTRY.items():
        assert dataset.name == name
        assert dataset.files or dataset.generate
        for text in (dataset.description, dataset.source, dataset.licence, dataset.citation):
            assert text
        for file in dataset.files:
            assert file.url.startswith("https://")
            assert file.url.endswith(file.name) or file.sha256 is None
            assert file.sha256 is None or len(file.sha256) == 64


def test_a_set_is_taken_by_what_its_kind_reads(monkeypatch):
    kinds = {dataset.kind for dataset in REGISTRY.values()}
    for name, dataset in REGISTRY.items():
        own = replace(dataset.kind, verb="mine", content="one of mine")
        monkeypatch.setitem(REGISTRY, name, replace(dataset, kind=own))
        check_named(name, own)
        for kind in kinds:
            if kind is dataset.kind:
                check_named(name, kind)
            else:
                with pytest.raises(DatasetError, match=f"got one of mine. .* train mine {name}"):
                    check_named(name, kind)


@every_loader
def test_a_kind_of_ones_own_is_read_by_the_readers_of_its_columns(monkeypatch, name, load):
    own = replace(REGISTRY[name].kind, verb="mine", content="one of mine")
    monkeypatch.setitem(REGISTRY, name, replace(REGISTRY[name], kind=own))
    assert load(name)


@every_loader
def test_names_that_nothing_of_a_set_is_read_by_are_refused(name, load):
    for one in dataclasses.fields(REGISTRY[name].kind.columns):
        if one.type == "str | None" and one.name not in ("column", "test_speaker"):
            with pytest.raises(DatasetError, match=f"Data set {name}: .* Leave (it|them) out"):
                load(name, **{one.name: "q"})


def test_chnsenticorp_has_its_official_splits(corpus_folder):
    assert locate("chnsenticorp") == get("chnsenticorp") == corpus_folder
    splits = datasets.load_texts("chnsenticorp")
    assert list(splits) == ["train", "validation", "test"]
    assert splits["train"].texts == ["好", "坏"]
    assert splits["train"].labels == ["1", "0"]
    assert splits["test"].texts == ["不\t行"]


def test_chnsenticorp_of_another_origin_is_accepted_and_told(corpus_folder, caplog):
    (corpus_folder / "dev.txt").write_text("行\t1\n", encoding="utf-8")
    with caplog.at_level(logging.INFO, logger="ostinato"):
        datasets.load_texts("chnsenticorp")
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
        datasets.load_texts("chnsenticorp")


def test_a_split_missing_from_chnsenticorp_is_told(corpus_folder):
    (corpus_folder / "dev.txt").unlink()
    with pytest.raises(DatasetError, match=r"must hold dev.txt\. Remove it and fetch it anew"):
        chnsenticorp.DATASET.read(corpus_folder)


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match=r"one of imdb, .*; got `imbd`; did you mean `imdb`\?"):
        locate("imbd")


def test_a_data_set_that_is_not_here_says_how_to_fetch_it(monkeypatch, tmp_path):
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    message = (
        f"not in {tmp_path}/imdb nor {home()}/datasets/imdb. Fetch them: ostinato data get imdb"
    )
    with pytest.raises(DatasetError, match=message):
        datasets.load_texts("imdb")


def test_the_samples_are_always_here():
    assert locate("samples") == get("samples")


@contextlib.contextmanager
def serving(folder):
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
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
    assert len(datasets.load_texts("chnsenticorp")["train"].texts) == 2
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
    splits = datasets.load_texts("chnsenticorp")
    train = set(splits["train"].texts)
    assert len(train) == 8249
    assert len(train & set(splits["test"].texts)) == 330


@pytest.mark.data
@pytest.mark.parametrize(
    "name", ["chnsenticorp", "conll2003", "ud-english-ewt", "resume-ner", "airpassengers", "etth1"]
)
def test_the_real_files_are_those_that_are_registered(name):
    for file in REGISTRY[name].files:
        data = read_bytes(find_file(locate(name), file.name))
        assert hashlib.sha256(data).hexdigest() == file.sha256
        assert len(data) == file.size_bytes


ENTITIES = {
    "train": {"LOC": 7140, "MISC": 3438, "ORG": 6321, "PER": 6600},
    "validation": {"LOC": 1837, "MISC": 922, "ORG": 1341, "PER": 1842},
    "test": {"LOC": 1668, "MISC": 702, "ORG": 1661, "PER": 1617},
}


@pytest.mark.data
def test_the_real_conll2003_has_its_published_counts():
    splits = datasets.load_tagged("conll2003")
    counts = {name: (len(split.sentences), split.lengths.sum()) for name, split in splits.items()}
    assert counts == {"train": (14041, 203621), "validation": (3250, 51362), "test": (3453, 46435)}
    for name, split in splits.items():
        assert split.scheme == "IOB1"
        assert Counter(span.type for row in split.tags for span in spans_of(row)) == ENTITIES[name]
    assert datasets.load_tagged("conll2003", column="pos")["train"].tags[0][:2] == ["NNP", "VBZ"]


@pytest.mark.data
def test_the_real_ewt_has_its_published_counts():
    splits = datasets.load_tagged("ud-english-ewt")
    counts = {name: (len(split.sentences), split.lengths.sum()) for name, split in splits.items()}
    assert counts == {"train": (12544, 204577), "validation": (2001, 25147), "test": (2077, 25094)}
    for column, number in ((None, 17), ("xpos", 49)):
        split = datasets.load_tagged("ud-english-ewt", column=column)["train"]
        assert len({tag for row in split.tags for tag in row}) == number
        assert split.scheme is None


@pytest.mark.data
def test_the_real_resume_ner_has_its_published_counts():
    splits = datasets.load_tagged("resume-ner")
    assert [len(split.sentences) for split in splits.values()] == [3821, 463, 477]
    assert {split.scheme for split in splits.values()} == {"BMES"}
    begun = [sum(tag[0] in "BS" for row in split.tags for tag in row) for split in splits.values()]
    assert begun == [13438, 1497, 1630]
    read = [sum(len(spans_of(row)) for row in split.tags) for split in splits.values()]
    assert read == [13440, 1497, 1630]  # two of train are torn apart by the end of a sentence


@pytest.fixture
def little_news(tmp_path, monkeypatch):
    """CoNLL-2003 with one sentence of two tokens in each split, one split compressed."""
    content = "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\n"
    splits = {
        name: (replace(file, sha256=hashlib.sha256(content.encode()).hexdigest()), counts)
        for name, (file, _) in conll2003._SPLITS.items()
        for counts in [{"sentences": 1, "tokens": 2}]
    }
    read = tagged_reader("conll2003", splits, partial(read_columns, names=conll2003.COLUMNS))
    monkeypatch.setitem(REGISTRY, "conll2003", replace(conll2003.DATASET, read=read))
    folder = tmp_path / "conll2003"
    folder.mkdir()
    for name in ("eng.train", "eng.testb"):
        (folder / name).write_text(content)
    (folder / "eng.testa.gz").write_bytes(gzip.compress(content.encode()))
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    return folder


def test_conll2003_is_read_from_plain_and_compressed_files(little_news, caplog):
    with caplog.at_level(logging.INFO, logger="ostinato"):
        splits = datasets.load_tagged("conll2003")
    assert list(splits) == ["train", "validation", "test"]
    assert len({split.fingerprint for split in splits.values()}) == 1
    assert splits["train"].tags == [["I-ORG", "O"]]
    assert datasets.load_tagged("conll2003", column="chunk")["test"].tags == [["I-NP", "I-VP"]]
    assert "is not the original" not in caplog.text


def test_conll2003_that_is_not_whole_is_refused(little_news):
    (little_news / "eng.testb").write_text("EU NNP I-NP I-ORG\n")
    message = (
        "conll2003: .*eng.testb must have 1 sentences and 2 tokens; got 1 and 1. "
        "Remove it and fetch it anew: ostinato data get conll2003"
    )
    with pytest.raises(DatasetError, match=message):
        datasets.load_tagged("conll2003")
    (little_news / "eng.testb").unlink()
    with pytest.raises(DatasetError, match=r"must hold eng.testb\. Remove it"):
        REGISTRY["conll2003"].read(little_news)
    with pytest.raises(DatasetError, match=r"they are not in .* ostinato data get conll2003"):
        datasets.load_tagged("conll2003")


def test_a_set_of_the_other_task_says_which_command_takes_it():
    with pytest.raises(DatasetError, match=r"got one of tagged .*: ostinato train tag conll2003"):
        datasets.load_texts("conll2003")
    with pytest.raises(DatasetError, match=r"got one of labelled .*: ostinato train classify imdb"):
        datasets.load_tagged("imdb")
