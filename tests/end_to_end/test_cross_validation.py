"""A test split drawn from train, and a model for each fold: read again, resumed, refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.commands import bits, killed, ok, refused

from ostinato import datasets
from ostinato.cli.main import run

SMALL = [
    *("--hidden-size", "4", "--embedding-size", "4", "--epochs", "2", "--batch-size", "8"),
    *("--members", "1", "--no-ngrams"),
]
NARROW = ["--hidden-size", "4", "--epochs", "1", "--batch-size", "8"]


def csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("\n".join(["text,label", *(",".join(row) for row in rows)]) + "\n")
    return path


def reviews(copies: int = 2) -> list[tuple[str, str]]:
    """Each text as often as that, one after another."""
    return [
        (f"a {'fine' if n % 2 else 'dull'} film number {n}", "good" if n % 2 else "bad")
        for n in range(24)
        for _ in range(copies)
    ]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return csv(tmp_path_factory.mktemp("data") / "reviews.csv", reviews())


@pytest.fixture(scope="module")
def folds(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "folds"
    command = ["train", "classify", str(source), "--out", str(out), "--cross-validate", "3"]
    assert run([*command, *SMALL]) == 0
    return out


def texts_of(source: Path, fold: int) -> Iterator[list[str]]:
    from ostinato import TextClassifier

    splits = TextClassifier().fold(datasets.load_texts(source), fold, 3)
    yield from (list(splits[name].texts) for name in ("train", "test"))


def test_every_fold_has_a_run_and_together_they_have_every_row(folds, source):
    summary = json.loads((folds / "cross_validation.json").read_text())
    metrics = [json.loads((folds / f"fold-{n}" / "metrics.json").read_text()) for n in (1, 2, 3)]
    assert sum(one["test"]["n"] for one in metrics) == 48
    accuracies = [one["test"]["accuracy"] for one in metrics]
    assert [one["accuracy"] for one in summary["folds"]] == accuracies
    assert summary["mean"]["accuracy"] == pytest.approx(np.mean(accuracies))
    assert summary["deviation"]["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    bags = [one["baselines"]["bag_of_words"]["test"]["accuracy"] for one in metrics]
    assert summary["mean"]["bag_of_words"]["accuracy"] == pytest.approx(np.mean(bags))
    assert summary["folds"][0]["majority"]["accuracy"] == pytest.approx(0.5)
    tested = []
    for fold in (1, 2, 3):
        train, test = texts_of(source, fold)
        assert not set(train) & set(test)  # no copy of a text in two folds
        tested += test
    assert sorted(tested) == sorted(text for text, _ in reviews())


def test_it_ends_with_a_sentence(source, tmp_path, capsys):
    out, err = ok(
        capsys,
        *("train", "classify", source, "--out", tmp_path / "folds", "--cross-validate", "2"),
        *SMALL,
    )
    table = [line.strip().partition("  ")[0] for line in out.splitlines()]
    first = table.index("mean of 2 folds")
    assert table[first + 1 : first + 3] == ["the model", "standard deviation"]
    assert "a bag of words" in table[first + 3 :]
    assert "Over 2 folds: accuracy " in err.splitlines()[-2]
    assert "has " in err.splitlines()[-2]
    assert "beaten in" in err.splitlines()[-2]
    assert err.splitlines()[-1].startswith("Every fold's figures are in ")


def test_a_fold_is_read_again(folds, capsys):
    out, err = ok(capsys, "evaluate", folds / "fold-2", "test", "--json")
    saved = json.loads((folds / "fold-2" / "metrics.json").read_text())["test"]
    assert json.loads(out)["accuracy"] == saved["accuracy"]
    assert json.loads(out)["n"] == saved["n"]
    assert "has changed" not in err
    ok(capsys, "evaluate", folds / "fold-2", "validation")
    ok(capsys, "report", folds / "fold-2")


def test_a_fold_that_was_killed_goes_on_to_the_same_bits(folds, source, tmp_path, capsys):
    out = tmp_path / "folds"
    command = ["train", "classify", source, "--out", out, "--cross-validate", "3", *SMALL]
    killed(4, *command)
    assert not (out / "fold-1" / "metrics.json").exists()
    ok(capsys, "resume", out / "fold-1")
    assert bits(out / "fold-1") == bits(folds / "fold-1")


def test_a_drawn_test_split_is_read_again(source, tmp_path, capsys):
    out = tmp_path / "run"
    ok(capsys, "train", "classify", source, "--out", out, "--test-size", "0.25", *SMALL)
    config = json.loads((out / "config.json").read_text())
    assert config["data"]["parts"]["test"]["n"] == 12
    assert config["data"]["parts"]["test"]["duplicates_of_train"] == 0
    printed, err = ok(capsys, "evaluate", out, "test", "--json")
    saved = json.loads((out / "metrics.json").read_text())["test"]
    assert json.loads(printed)["accuracy"] == saved["accuracy"]
    assert "has changed" not in err


def test_folds_leave_a_test_split_to_a_last_model_of_all_of_train(source, tmp_path, capsys):
    out = tmp_path / "folds"
    command = [
        *("train", "classify", source, "--out", out, "--cross-validate", "2"),
        *("--test-size", "0.25", "--class-weight", "balanced", *SMALL),
    ]
    _, told = ok(capsys, *command)
    runs = {
        name: json.loads((out / name / "config.json").read_text())["data"]["parts"]
        for name in ("fold-1", "fold-2", "final")
    }
    assert sum(runs[name]["test"]["n"] for name in ("fold-1", "fold-2")) == 36
    assert runs["final"]["test"]["n"] == 12
    assert runs["final"]["test"]["duplicates_of_train"] == 0
    assert "left out" not in told
    assert "measured on the test split" in told.splitlines()[-1]
    saved = json.loads((out / "final" / "metrics.json").read_text())["test"]
    again, _ = ok(capsys, "evaluate", out / "final", "test", "--json")
    assert json.loads(again)["accuracy"] == saved["accuracy"]
    alone = tmp_path / "alone"
    ok(capsys, *command[:3], "--out", alone, *command[7:])
    assert bits(alone) == bits(out / "final")
    (out / "final" / "metrics.json").unlink()
    _, told = ok(capsys, *command)
    assert "fold-2 is finished" in told
    assert "final is finished" not in told


def test_taggers_are_cross_validated(tmp_path, capsys):
    lines = [
        f"Anna{n} B-PER\nlives O\nin O\nRome{n % 5} B-LOC\n\nBen{n} B-PER\nleft O\n\n"
        for n in range(10)
    ]
    path = tmp_path / "names.conll"
    path.write_text("".join(lines))
    out = tmp_path / "folds"
    ok(capsys, "train", "tag", path, "--out", out, "--cross-validate", "2", *NARROW)
    summary = json.loads((out / "cross_validation.json").read_text())
    assert sum(fold["n"] for fold in summary["folds"]) == 20
    assert "f1" in summary["mean"]
    ok(capsys, "evaluate", out / "fold-1", "test")
    drawn = tmp_path / "drawn"
    ok(capsys, "train", "tag", path, "--out", drawn, "--test-size", "0.2", *NARROW)
    assert json.loads((drawn / "metrics.json").read_text())["test"]["n"] == 4


def test_sequences_are_cross_validated(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rows = ["id,x,label"]
    for n in range(24):
        label = "up" if n % 2 else "down"
        rows += [f"{n},{value:.4f},{label}" for value in rng.normal(size=6) + n % 2]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(rows) + "\n")
    columns = ["--id-column", "id", "--label-column", "label"]
    out = tmp_path / "folds"
    command = ["train", "classify-series", path, *columns, *NARROW]
    ok(capsys, *command, "--out", out, "--cross-validate", "2", "--class-weight", "balanced")
    summary = json.loads((out / "cross_validation.json").read_text())
    assert [fold["n"] for fold in summary["folds"]] == [12, 12]
    ok(capsys, "evaluate", out / "fold-2", "test")
    ok(capsys, *command, "--out", tmp_path / "drawn", "--test-size", "0.25")


def test_rare_classes_are_trained_on_and_those_with_too_few_are_dealt(tmp_path, capsys):
    rows = [*reviews(1), ("a strange film", "odd"), ("so so", "fair"), ("so la la", "fair")]
    source = csv(tmp_path / "rare.csv", rows)
    out = tmp_path / "folds"
    ok(capsys, "train", "classify", source, "--out", out, "--cross-validate", "4", *SMALL)
    summary = json.loads((out / "cross_validation.json").read_text())
    assert sum(fold["n"] for fold in summary["folds"]) == 26  # the odd one is in train every time


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--cross-validate", "1"], "--cross-validate must be at least 2; got 1"),
        (
            ["--cross-validate", "30"],
            "of its own for each of 30 folds; got 24, copies counted once",
        ),
        (["--test-size", "1.5"], r"--test-size must be above 0 and below 1; got 1\.5"),
        (["--test-size", "0"], "--test-size must be above 0 and below 1; got 0"),
        (["--cross-validate", "2", "--validation", "x.csv"], "--validation would not be used"),
        (["--class-weight", "even"], "(?i)balanced"),
        (["--class-weight", "balanced", "--multi-label"], "class_weight must be None for several"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_training(source, tmp_path, capsys, options, match):
    import re

    out = tmp_path / "out"
    last = refused(capsys, 2, "train", "classify", source, "--out", out, *options, *SMALL)
    assert re.search(match, last), last
    assert not out.exists()


def test_a_second_test_split_is_refused(source, tmp_path, capsys):
    last = refused(
        capsys,
        2,
        *("train", "classify", source, "--out", tmp_path / "run", "--test-size", "0.5"),
        *("--test", source, *SMALL),
    )
    assert "test_size: there is a test split already" in last


def test_a_single_run_is_not_mixed_with_folds(folds, source, tmp_path, capsys):
    shutil.copytree(folds / "fold-1", tmp_path / "run")
    command = ["train", "classify", source, "--out", tmp_path / "run", "--cross-validate", "2"]
    assert "the runs of folds need a folder of their own" in refused(capsys, 2, *command, *SMALL)


def test_folds_that_are_there_are_not_replaced_unasked(folds, source, tmp_path, capsys):
    shutil.copytree(folds, tmp_path / "folds")
    command = ["train", "classify", source, "--out", tmp_path / "folds", "--cross-validate", "3"]
    others = ["--seed", "1"]
    assert "there is a run already" in refused(capsys, 2, *command, *SMALL, *others)
    ok(capsys, *command, *SMALL, *others, "--overwrite")


def test_the_same_command_goes_on_with_folds(folds, source, tmp_path, capsys):
    out = tmp_path / "folds"
    shutil.copytree(folds, out)
    whole = (out / "cross_validation.json").read_text()
    for name in ("cross_validation.json", "fold-2/metrics.json"):
        (out / name).unlink()
    shutil.rmtree(out / "fold-3")
    command = ["train", "classify", source, "--out", out, "--cross-validate", "3", *SMALL]
    _, told = ok(capsys, *command)
    assert "fold-1 is finished" in told
    assert "fold-2 is finished" not in told
    assert (out / "cross_validation.json").read_text() == whole
    assert bits(out / "fold-3") == bits(folds / "fold-3")


def test_finished_folds_of_other_data_are_not_taken(folds, source, tmp_path, capsys):
    out, content = tmp_path / "folds", source.read_text()
    shutil.copytree(folds, out)
    command = ["train", "classify", source, "--out", out, "--cross-validate", "3", *SMALL]
    try:
        source.write_text(content.replace("dull", "grey", 1))
        assert "split has changed" in refused(capsys, 1, *command)
    finally:
        source.write_text(content)


def test_forecasts_have_their_own_way(capsys):
    out, _ = ok(capsys, "train", "forecast", "--help")
    assert "--cross-validate" not in out
    assert "--test-size" not in out


def test_too_few_examples_for_a_validation_split_is_one_sentence(tmp_path, capsys):
    source = csv(tmp_path / "few.csv", [("a", "x"), ("b", "y"), ("c", "x"), ("d", "y")])
    command = ["train", "classify", source, "--out", tmp_path / "run", "--cross-validate", "2"]
    assert "must be free to be held out of 2" in refused(capsys, 1, *command, *SMALL)
