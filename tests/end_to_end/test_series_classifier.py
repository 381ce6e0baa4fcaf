"""Every command on sequences of numbers: trained, killed, resumed, measured, asked, wrongly called."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.commands import ok, refused
from tests.unit.report.pages import Page

from ostinato.cli.main import run
from ostinato.datasets import Sequences
from ostinato.datasets.readers.sequences.ts import write_ts
from ostinato.datasets.sets import gestures

SMALL = ["--hidden-size", "8", "--batch-size", "8", "--learning-rate", "0.02"]
SHORT = [*SMALL, "--epochs", "2"]
LONG = [*SMALL, "--epochs", "10", "--noise", "0", "--head-dropout", "0"]


def ramps(seed: int, count: int = 60) -> Sequences:
    """What rises and what falls: the same values, in another order."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        steps = np.sort(rng.normal(size=(rng.integers(3, 10), 2)), axis=0)
        rows.append(steps if n % 2 else steps[::-1])
    return Sequences.make(rows, [("fall", "rise")[n % 2] for n in range(count)], "ramps")


def table(path: Path, split: Sequences, labels: list[object]) -> Path:
    rows = [
        f"{n},{step},{values[0]:.4f},{values[1]:.4f},{labels[n]}"
        for n in range(len(split))
        for step, values in enumerate(split[n])
    ]
    path.write_text("\n".join(["case,step,x,y,kind", *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for seed, name in enumerate(("ramps_TRAIN", "ramps_TEST")):
        split = ramps(seed)
        write_ts(folder / f"{name}.ts", split, {"problemName": "Ramps"})
        table(folder / f"{name}.csv", split, split.labels or [])
        values = [round(float(split[n][:, 0].mean()), 4) for n in range(len(split))]
        table(folder / f"{name}_values.csv", split, values)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    arguments = ["train", "classify-series", data / "ramps_TRAIN.ts"]
    arguments += ["--test", data / "ramps_TEST.ts", "--out", out, *LONG]
    assert run([str(argument) for argument in arguments]) == 0
    return out


def test_evaluate_gives_the_figures_of_the_run_and_of_any_file(trained, data, capsys):
    out, err = ok(capsys, "evaluate", trained, "test", "--json")
    found = json.loads(out.splitlines()[-1])
    kept = json.loads((trained / "metrics.json").read_text())["test"]
    assert {name: found[name] for name in kept} == kept
    assert found["accuracy"] > 0.9
    assert "has changed" not in err
    columns = ["--id-column", "case", "--label-column", "kind"]
    out, _ = ok(capsys, "evaluate", trained, data / "ramps_TEST.csv", *columns, "--json")
    assert json.loads(out)["accuracy"] == found["accuracy"]


def test_predict_names_each_sequence(trained, data, capsys):
    out, _ = ok(capsys, "predict", trained, data / "ramps_TEST.ts", "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert len(answers) == 60
    assert answers[0]["sequence"] == "line 5"
    assert answers[0]["probabilities"].keys() == {"fall", "rise"}
    assert sum(a["label"] == ("fall", "rise")[n % 2] for n, a in enumerate(answers)) > 54
    out, _ = ok(capsys, "predict", trained, data / "ramps_TEST.ts")
    assert out.splitlines()[0].split("\t")[2] == "line 5"


def test_a_run_on_tables_finds_its_columns_again(data, tmp_path, capsys):
    options = ["--id-column", "case", "--time-column", "step", "--label-column", "kind"]
    out = tmp_path / "run"
    source = data / "ramps_TRAIN.csv"
    ok(capsys, "train", "classify-series", source, "--out", out, *options, *SHORT)
    ok(capsys, "evaluate", out, data / "ramps_TEST.csv", "--json")
    lines = (data / "ramps_TEST.csv").read_text().splitlines()
    plain = [",".join(["other", *line.split(",")[:4]]) for line in lines[1:30]]
    (tmp_path / "new.csv").write_text("\n".join(["note,case,step,x,y", *plain]) + "\n")
    said, _ = ok(capsys, "predict", out, tmp_path / "new.csv", "--json")
    assert json.loads(said.splitlines()[0])["sequence"] == "sequence `0`"


def test_how_a_file_is_written_is_told_for_each_file(data, tmp_path, capsys):
    lines = (data / "ramps_TRAIN.csv").read_text()
    source = tmp_path / "a.csv"
    source.write_text(lines.replace(",", "#"), encoding="utf-16")
    how = ["--delimiter", "#", "--encoding", "utf-16"]
    columns = ["--id-column", "case", "--time-column", "step", "--label-column", "kind"]
    out = tmp_path / "run"
    ok(capsys, "train", "classify-series", source, "--out", out, *columns, *how, *SHORT)
    found = [
        json.loads(ok(capsys, "evaluate", out, *told, "--json")[0].splitlines()[-1])
        for told in ([source, *how], [data / "ramps_TRAIN.csv"])
    ]
    assert found[0]["accuracy"] == found[1]["accuracy"]
    said = ok(capsys, "predict", out, source, *how, "--json")[0]
    assert said == ok(capsys, "predict", out, data / "ramps_TRAIN.csv", "--json")[0]


def test_regression_says_values_and_its_report_shows_them(data, tmp_path, capsys):
    run_, source = tmp_path / "run", data / "ramps_TRAIN_values.csv"
    columns = ["--id-column", "case", "--label-column", "kind"]
    test = ["--test", data / "ramps_TEST_values.csv"]
    options = [*columns, *test, *LONG, "--regression"]
    out, _ = ok(capsys, "train", "classify-series", source, "--out", run_, *options)
    kept = json.loads((run_ / "metrics.json").read_text())["test"]
    assert kept["r2"] > 0.5
    assert out.split()[:4] == ["test", "(n", f"{kept['n']})", "R2"]
    assert f"{kept['r2']:.4f}" in out
    out, _ = ok(capsys, "evaluate", run_, "test", "--json")
    assert json.loads(out)["rmse"] == kept["rmse"]
    out, _ = ok(capsys, "predict", run_, data / "ramps_TEST_values.csv", "--json")
    assert isinstance(json.loads(out.splitlines()[0])["value"], float)
    out, _ = ok(capsys, "report", run_)
    page = Path(out.strip()).read_text()
    assert "Predicted and right" in page
    assert f"{kept['r2']:.4f}" in page


def test_the_report_shows_the_classes(trained, capsys):
    out, _ = ok(capsys, "report", trained)
    words = Page(
        re.sub(r"<style>.*</style>", "", Path(out.strip()).read_text(), flags=re.DOTALL)
    ).text
    assert "Confusion matrix" in words
    assert "steps in the sequence" in words
    assert not re.search(r"\b(texts?|tokens?)\b", words)


@pytest.mark.slow
def test_the_defaults_learn_the_gestures(tmp_path, capsys):
    """The figure is 0.99; a bag of steps knows 0.11 of them."""
    ok(capsys, "train", "classify-series", "gestures", "--out", tmp_path / "run")
    figures = json.loads((tmp_path / "run" / "metrics.json").read_text())["test"]
    assert figures["n"] == gestures.SIZES["test"]
    assert figures["accuracy"] > 0.97


def test_wrong_sources_are_refused_in_one_line(trained, data, tmp_path, capsys):
    command = ("train", "classify-series")
    out = ("--out", tmp_path / "run")
    bad = tmp_path / "bad.ts"
    bad.write_text("@classLabel true a b\n@data\n1,2:a\n1,x:b\n")
    assert f"{bad}: line 4: feature 1" in refused(capsys, 1, *command, bad, *out)
    bad.write_text("@classLabel true a\n@data\n1,2:a\n3:a\n")
    assert "at least two different labels" in refused(capsys, 1, *command, bad, *out)
    bad.write_text("@targetLabel true\n@data\n1,2:0.5\n3:1.5\n")
    assert "Set regression" in refused(capsys, 1, *command, bad, *out)
    assert "ostinato train classify samples" in refused(capsys, 1, *command, "samples", *out)
    line = refused(capsys, 1, "predict", trained, bad)
    assert "must have 2 features, as in train; got 1 feature" in line
    table_ = data / "ramps_TEST.csv"
    assert "there is no id column `cse`; did you mean `case`" in refused(
        capsys, 1, "evaluate", trained, table_, "--id-column", "cse"
    )
    assert not (tmp_path / "run").exists()
