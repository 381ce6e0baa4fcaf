"""Every command does what README says, on small data, in this process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from csv import DictReader
from pathlib import Path

import pytest
from tests.commands import ok, refused

from ostinato._native import library
from ostinato.cli.main import run
from ostinato.cli.options import options_of
from ostinato.cli.tasks import by_verb
from ostinato.datasets import REGISTRY
from ostinato.tasks import TextClassifier

SMALL = [
    *("--hidden-size", "8", "--embedding-size", "8", "--min-freq", "1", "--epochs", "4"),
    *("--batch-size", "16", "--learning-rate", "0.02"),
]


def jsonl(path: Path, start: int, stop: int) -> Path:
    rows = [
        {"review": f"a {'fine' if n % 2 else 'dull'} film, number {n}", "stars": n % 2}
        for n in range(start, stop)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name, start, stop in (("train", 0, 160), ("dev", 160, 200), ("test", 200, 240)):
        jsonl(folder / f"{name}.jsonl", start, stop)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    assert run(["train", "classify", str(data), "--out", str(out), "--cell", "gru", *SMALL]) == 0
    return out


def test_a_folder_brings_its_splits(trained):
    splits = json.loads((trained / "config.json").read_text())["data"]["parts"]
    assert {name: split["n"] for name, split in splits.items()} == {
        "train": 160,
        "validation": 40,
        "test": 40,
    }
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["test"]["n"] == 40
    assert metrics["peak_memory_bytes"] > 0


def test_options_reach_the_settings(trained):
    settings = json.loads((trained / "config.json").read_text())["settings"]
    assert settings["recurrent"]["cell"] == "gru"
    assert settings["training"]["batch_size"] == 16
    assert settings["min_freq"] == 1


def test_every_setting_is_an_option_with_help(capsys):
    out, _ = ok(capsys, "train", "classify", "--help")
    for key, parameter in options_of(TextClassifier()).items():
        assert "--" + parameter.name.replace("_", "-") in out, key
        assert parameter.annotation.__metadata__[0].help


def test_evaluate_a_split_and_a_file(trained, data, capsys):
    out, _ = ok(capsys, "evaluate", trained, "test", "--json")
    figures = json.loads(out.splitlines()[-1])
    saved = json.loads((trained / "metrics.json").read_text())["test"]
    assert figures["accuracy"] == saved["accuracy"]
    assert figures["loss"] == pytest.approx(saved["loss"])
    assert figures["n"] == 40
    out, _ = ok(capsys, "evaluate", trained, data / "test.jsonl", "--json")
    assert json.loads(out)["accuracy"] == figures["accuracy"]
    assert "n_unseen" not in figures
    out, _ = ok(capsys, "evaluate", trained, "validation")
    assert out.split()[:5] == ["validation", "(n", "40)", "accuracy", "macro"]


def test_evaluate_tells_what_the_model_was_trained_on_of_a_file(trained, data, tmp_path, capsys):
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text((data / "test.jsonl").read_text() + (data / "train.jsonl").read_text())
    out, err = ok(capsys, "evaluate", trained, mixed, "--json")
    figures = json.loads(out)
    new, _ = ok(capsys, "evaluate", trained, data / "test.jsonl", "--json")
    assert (figures["n"], figures["n_unseen"]) == (200, 40)
    assert figures["accuracy_unseen"] == json.loads(new)["accuracy"]
    assert "trained on all" not in err
    _, err = ok(capsys, "evaluate", trained, data / "train.jsonl")
    assert "train.jsonl: the model was trained on all of these" in err
    moved = tmp_path / "run"
    shutil.copytree(trained, moved)
    config = json.loads((moved / "config.json").read_text())
    config["data"]["arguments"]["source"] = str(tmp_path / "gone")
    (moved / "config.json").write_text(json.dumps(config))
    (moved / "SHA256SUMS").unlink()
    out, err = ok(capsys, "evaluate", moved, mixed, "--json")
    assert "n_unseen" not in json.loads(out)
    assert "the data of train are gone" in err


def test_predict_texts_files_and_standard_input(trained, data, tmp_path, capsys, monkeypatch):
    texts = ["a fine film", "a dull film"]
    out, _ = ok(capsys, "predict", trained, *texts)
    assert [line.split("\t")[0] for line in out.splitlines()] == ["1", "0"]
    assert [line.split("\t")[2] for line in out.splitlines()] == texts
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(texts) + "\n")
    from_file, _ = ok(capsys, "predict", trained, file)
    assert from_file == out
    with file.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        from_stream, _ = ok(capsys, "predict", trained)
    assert from_stream == out
    out, _ = ok(capsys, "predict", trained, data / "test.jsonl", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == 40
    assert rows[0]["probabilities"][rows[0]["label"]] == rows[0]["confidence"]
    assert sum(rows[0]["probabilities"].values()) == pytest.approx(1, abs=1e-6)


def test_predict_writes_what_it_would_print(trained, data, tmp_path, capsys):
    table, lines = tmp_path / "answers.csv", tmp_path / "answers.jsonl"
    out, err = ok(capsys, "predict", trained, data / "test.jsonl", "--out", table)
    assert not out
    assert err.endswith(f"\n40 answers written to {table}\n")
    out, _ = ok(capsys, "predict", trained, data / "test.jsonl")
    with table.open(encoding="utf-8") as file:
        rows = [[r["label"], f"{float(r['confidence']):.4f}", r["text"]] for r in DictReader(file)]
    assert rows == [line.split("\t") for line in out.splitlines()]
    ok(capsys, "predict", trained, data / "test.jsonl", "--out", lines)
    out, _ = ok(capsys, "predict", trained, data / "test.jsonl", "--json")
    assert lines.read_text() == out
    for more, words in [
        (["--out", table], "is there already"),
        (["--out", table, "--overwrite", "--json"], "--out stands alone; leave --json out"),
        (["--overwrite"], "--overwrite is for --out"),
    ]:
        assert words in refused(capsys, 2, "predict", trained, "a fine film", *more)


def test_people_see_what_the_columns_are_and_pipes_do_not(trained, capsys, monkeypatch):
    plain, _ = ok(capsys, "predict", trained, "a fine film")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert ok(capsys, "predict", trained, "a fine film")[0] == f"label\tconfidence\ttext\n{plain}"


def test_report_names_a_page(trained, capsys):
    out, _ = ok(capsys, "report", trained)
    page = Path(out.strip())
    assert page == trained / "report.html"
    assert "<svg" in page.read_text(encoding="utf-8")


def test_data_sets_are_listed_in_a_line_each_and_shown_whole(capsys):
    out, _ = ok(capsys, "data", "list")
    head, *lines = out.splitlines()
    assert len(lines) == len(REGISTRY)
    for line, (name, dataset) in zip(lines, REGISTRY.items(), strict=True):
        what, size = dataset.summary_and_size
        assert any(map(str.isdigit, size)), name
        assert line.split() == f"{name} {dataset.kind.verb} {size} {what}".split()
        assert line.index(what) == head.index("what")
    out, _ = ok(capsys, "data", "show", "imdb")
    for word in ("train classify imdb", "licence", "citation", "sha256", "84,125,825 bytes"):
        assert word in out
    assert "did you mean `imdb`" in refused(capsys, 2, "data", "show", "imbd")
    out, _ = ok(capsys, "data", "path", "samples")
    assert Path(out.strip()).exists()


def test_the_help_names_every_task(capsys):
    verbs = by_verb().keys()
    for command in ([], ["train"], ["demo"]):
        out, _ = ok(capsys, *command, "--help")
        words = set(re.findall(r"[a-z-]+", out))
        assert verbs <= words, command
    out, _ = ok(capsys, "train", "--help")
    first = out[out.index("Train") : out.index("Commands")]
    assert verbs <= set(re.findall(r"[a-z-]+", first))


def test_doctor_tells_kernels_and_why(capsys):
    out, _ = ok(capsys, "doctor")
    for word in ("torch", "devices: cpu", "native library: ", "kernel: ", "lstm"):
        assert word in out.lower()


def test_preset_gives_way_to_options(data, tmp_path, capsys):
    vectors = tmp_path / "glove.txt"
    vectors.write_text("fine 1 0 0\ndull 0 1 0\n")
    _, err = ok(
        capsys,
        *("train", "classify", data, "--out", tmp_path / "run", "--preset", "tutorial"),
        *("--vectors", vectors, "--cell", "lstm", "--hidden-size", "8", "--epochs", "1"),
        *("--min-freq", "1", "--tensorboard"),
    )
    assert "test accuracy" in err  # the tutorial's habit: measured after every epoch
    settings = json.loads((tmp_path / "run" / "config.json").read_text())["settings"]
    assert settings["recurrent"]["cell"] == "lstm"  # given, though it equals the default
    assert settings["recurrent"]["num_layers"] == 2
    assert settings["tokenizer"] == "spacy"
    assert settings["embedding_size"] is None  # the vectors' own width
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def first_column(out: str) -> dict[str, float]:
    """The main figure of each row of the table that is printed."""
    rows = [re.split(r"  +", line) for line in out.splitlines()]
    return {row[0]: float(row[1]) for row in rows if len(row) > 1 and row[1][:1].isdigit()}


def test_demo_beats_a_bag_of_words(tmp_path, capsys):
    out, _ = ok(capsys, "demo", "--out", tmp_path / "demo")
    accuracy = first_column(out)
    assert accuracy["the model"] >= 0.97
    assert accuracy["a bag of words"] <= 0.90  # single words and pairs of words
    assert (tmp_path / "demo" / "report.html").exists()


@pytest.mark.slow
def test_demo_tag_beats_a_lookup(tmp_path, capsys):
    out, _ = ok(capsys, "demo", "tag", "--out", tmp_path / "demo")
    f1 = first_column(out)
    assert f1["the model"] >= 0.95
    assert f1["the most frequent tag of each word"] <= 0.4
    assert (tmp_path / "demo" / "report.html").exists()


@pytest.mark.slow
def test_demo_forecast_beats_the_naive(tmp_path, capsys):
    out, _ = ok(capsys, "demo", "forecast", "--out", tmp_path / "demo")
    mase = first_column(out)
    best = mase["the seasonal naive forecast"]
    assert mase["the model"] <= 0.75 * best < mase["the naive forecast"]
    assert (tmp_path / "demo" / "report.html").exists()


@pytest.mark.data
def test_chinese_reviews_are_read_with_their_repeats(tmp_path, capsys):
    _, err = ok(
        capsys,
        *("train", "classify", "chnsenticorp", "--out", tmp_path / "run", "--hidden-size", "2"),
        *("--embedding-size", "2", "--epochs", "1", "--max-length", "4"),
    )
    assert "test: 331 texts also stand in train" in err
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test"]["n_unseen"] == 1200 - 331


def test_help_does_not_import_torch():
    script = (
        "import sys; from ostinato.cli.main import run; run(['--help']);"
        "sys.exit('torch' in sys.modules or 'pyarrow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize(("native", "expected"), [("", "passive"), ("off", None)])
def test_training_lets_the_threads_of_torch_rest_where_the_kernels_work(
    native: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSTINATO_NATIVE", native)
    monkeypatch.setenv("OMP_WAIT_POLICY", "")  # so that it is put back
    monkeypatch.delenv("OMP_WAIT_POLICY")
    if not library.status().loaded:
        expected = None
    run(["train", "classify", "nothing-there", "--out", "nowhere"])
    assert os.environ.get("OMP_WAIT_POLICY") == expected
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    run(["train", "classify", "nothing-there", "--out", "nowhere"])
    assert os.environ["OMP_WAIT_POLICY"] == "active"
