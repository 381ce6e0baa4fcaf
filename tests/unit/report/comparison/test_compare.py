"""Runs of every task are compared: what differs, whether by luck, and what cannot be compared."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.report.pages import Page

from ostinato import CheckpointError, ConfigError
from ostinato.cli.main import run as command
from ostinato.metrics.paired import Difference
from ostinato.report.comparison import page
from ostinato.report.comparison.compare import _verdicts, compare_runs
from ostinato.report.comparison.compared import FIGURES
from ostinato.report.sections import TASKS
from ostinato.runs.reader import collect

KINDS = [
    *("english", "many", "multi-label", "entities", "chinese-entities", "parts-of-speech"),
    *("speech", "chinese-speech", "forecasts", "one-series"),
]
PLAIN = ("accuracy", "f1", "wer", "cer", "mase", "mae")
"""Figures that the made-up runs measure by the house's own metrics."""


def changed(folder, **settings):
    """A copy of a run with other settings."""
    copy = folder.with_name(f"{folder.name}-changed")
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config["settings"] |= settings
    (copy / "config.json").write_text(json.dumps(config))
    return copy


def answered(folder, edit):
    """A copy of a run whose table of predictions is another."""
    copy = changed(folder)
    path = copy / "predictions.parquet"
    table = pq.read_table(path)
    pq.write_table(edit(table).replace_schema_metadata(table.schema.metadata), path)
    return copy


def all_wrong(table):
    """The answers of the row before: of two classes at random, mostly wrong."""
    place = table.column_names.index("prediction")
    column = table["prediction"].combine_chunks()
    moved = pa.concat_arrays([column[-1:], column[:-1]])
    return table.set_column(place, "prediction", moved)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_does_not_differ_from_itself(make_run, kind):
    folder = make_run(kind)
    found = compare_runs(folder, folder)
    assert found.is_same
    assert not found.settings
    assert len(set(found.names)) == 2
    for row in found.figures:
        assert row.measured[0] == row.measured[1]
        for other in row.differences:
            assert other is None or (other.value == 0 and other.p in (1, None))
    assert "do not differ" in found.verdicts[0] or "too few" in found.verdicts[0]


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_those_that_the_run_was_measured_with(make_run, kind):
    run = collect(make_run(kind))
    tally = TASKS[run.task].tally(run.predictions, run.labels, sorted(run.labels.classes))
    assert len(tally) > 0
    assert set(tally.figures) <= set(FIGURES)
    compared = [name for name in PLAIN if name in tally.figures]
    for name in compared:
        assert tally.value(name) == pytest.approx(run.figures[run.predictions.split][name])
    assert compared


def test_swapping_runs_negates_every_difference(make_run):
    right = make_run("english")
    wrong = answered(right, all_wrong)
    one, other = compare_runs(right, wrong), compare_runs(wrong, right)
    assert any(row.differences[0] for row in one.figures)
    for row, swapped in zip(one.figures, other.figures, strict=True):
        assert row.measured == swapped.measured[::-1]
        assert row.differences[0] is None or row.differences[0] == -swapped.differences[0]
    assert "is worse than" in one.verdicts[0]
    assert "is better than" in other.verdicts[0]


def test_settings_that_differ_are_told_and_no_others(make_run):
    folder = make_run("english")
    other = changed(folder, min_freq=3, embedding_size=None)
    assert {row.name: row.values for row in compare_runs(folder, other).settings} == {
        "min_freq": ("10", "3"),
        "embedding_size": ("100", "none"),
    }


def test_other_examples_are_told_and_not_tested(make_run):
    folder = make_run("english")
    other = changed(folder)
    config = json.loads((other / "config.json").read_text())
    test = config["data"]["parts"]["test"]
    test["fingerprint"], test["source"] = "0" * 64, str(other / "mine.csv")
    (other / "config.json").write_text(json.dumps(config))
    found = compare_runs(folder, other)
    assert not found.is_same
    (row,) = [row for row in found.settings if row.name == "test"]
    assert row.values[1].endswith(" of mine.csv (000000000000)")  # not the folders that it lies in
    assert not found.verdicts
    assert "not measured on the same examples" in found.notes[0]
    assert found.n is None
    assert all(one is None for row in found.figures for one in row.differences)


def test_other_windows_of_the_same_series_are_other_examples(make_run):
    folder = make_run("forecasts")

    def later(table):
        place = table.column_names.index("actual")
        values = [[value and value + 1 for value in row] for row in table["actual"].to_pylist()]
        return table.set_column(
            place, table.schema.field(place), pa.array(values, table.schema.types[place])
        )

    found = compare_runs(folder, answered(folder, later))
    assert not found.is_same
    assert not found.verdicts


def test_a_figure_that_is_divided_by_other_numbers_is_left_out(make_run):
    folder = make_run("forecasts")

    def doubled(table):
        place = table.column_names.index("scale")
        values = pa.array([2 * one for one in table["scale"].to_pylist()], pa.float64())
        return table.set_column(place, table.schema.field(place), values)

    found = compare_runs(folder, answered(folder, doubled))
    assert found.is_same
    assert "mase" not in [row.key for row in found.figures]
    assert "MASE: left out" in " ".join(found.notes)
    assert "do not differ on test: MAE" in found.verdicts[0]
    assert "mase" in [row.key for row in compare_runs(folder, folder).figures]


def test_a_figure_that_is_no_number_is_neither_better_nor_worse(make_run):
    folder = make_run("english")
    found = compare_runs(folder, answered(folder, all_wrong), folder)
    row = found.figures[0]
    differences = (Difference(value=float("nan")), row.differences[1])
    verdicts = _verdicts(replace(row, differences=differences), found.names, "test", is_same=True)
    assert "nothing to test, as one is no number" in verdicts[0]
    assert "do not differ" in verdicts[1]


def test_recordings_are_known_by_what_is_said_in_them(make_run):
    folder = make_run("speech")
    other = changed(folder)
    config = json.loads((other / "config.json").read_text())
    for number, split in enumerate(config["data"]["parts"].values()):
        split["fingerprint"] = str(number) * 64
    (other / "config.json").write_text(json.dumps(config))
    assert compare_runs(folder, other).is_same


def test_a_run_of_other_classes_is_compared(make_run):
    folder = make_run("english")
    other = changed(folder)
    (other / "labels.json").write_text(json.dumps({"classes": ["also", "pos", "neg"]}))
    path = other / "predictions.parquet"
    table = pq.read_table(path)
    wide = pa.array([[0.0, *reversed(row)] for row in table["probabilities"].to_pylist()])
    place = table.column_names.index("probabilities")
    pq.write_table(table.set_column(place, "probabilities", wide), path)
    found = compare_runs(folder, other)
    macro = next(row for row in found.figures if row.key == "f1_macro")
    assert (macro.differences[0].value, macro.differences[0].p) == (0, 1)


def test_what_cannot_be_compared_is_refused(make_run, tmp_path):
    folder, tags = make_run("english"), make_run("entities")
    for runs, kind, words in [
        ([], ConfigError, "two run folders or more; got 0"),
        ([folder], ConfigError, "two run folders or more; got 1"),
        ([folder, tags], ConfigError, "must be of one task; english is text-classification"),
        ([folder, make_run("multi-label")], ConfigError, "must be of one task"),
        ([folder, tmp_path / "nothing"], CheckpointError, "no such run folder"),
        ([folder, make_run("unfinished")], CheckpointError, "must have finished"),
        ([folder, tmp_path], CheckpointError, "config.json"),
    ]:
        with pytest.raises(kind, match=words) as caught:
            compare_runs(*runs)
        assert len(str(caught.value)) < 300 + len(str(tmp_path)) * 2
    validated = changed(folder)
    metrics = json.loads((validated / "metrics.json").read_text())
    metrics["validation"] = metrics.pop("test")
    (validated / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(
        ConfigError, match="same split; english was on test, english-changed on val"
    ):
        compare_runs(folder, validated)
    (validated / "predictions.parquet").unlink()
    with pytest.raises(CheckpointError, match="must have its predictions"):
        compare_runs(validated, validated)


@pytest.fixture
def two(make_run, tmp_path, monkeypatch):
    """Two runs, named from the folder that they are in."""
    folder = make_run("english")
    answered(folder, all_wrong)
    monkeypatch.chdir(tmp_path)
    return ["english", "english-changed"]


def test_the_command_prints_tables_or_json(two, capsys):
    assert command(["compare", *two]) == 0
    out, err = capsys.readouterr()
    assert not err
    for words in ("Accuracy", "english-changed", "difference", "p\n", "is worse than english"):
        assert words in out
    assert out.endswith("\nThe page is compare.html.\n")
    assert command(["compare", *two, "--out", "b.html", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("page") == "b.html"
    assert found == json.loads(json.dumps(compare_runs(*two).to_json()))
    assert found["same_examples"]
    assert found["figures"]["accuracy"]["differences"][0]["value"] < 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_whole_and_says_what_was_found(make_run, kind):
    folder = make_run(kind)
    found = compare_runs(folder, changed(folder, min_freq="<b>3</b>"))
    html = page.render(found)
    assert html == page.render(found)
    read = Page(html)
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert set(read.references) <= set(read.ids)
    assert "<b>3" not in html
    for words in (*found.names, *found.verdicts, *(row.figure.name for row in found.figures)):
        assert words in read.text
    assert html.count("<svg") >= 1


def test_other_files_are_not_overwritten(two, capsys, tmp_path):
    (tmp_path / "mine.html").write_text("<p>mine")
    (tmp_path / "folder.html").mkdir()
    for name, words in [
        ("mine.html", "is there already, and is no page of compare"),
        ("folder.html", "it is a folder"),
        ("no/a.html", "there is none"),
        ("a.csv", "must end in .html; got 'a.csv'"),
    ]:
        assert command(["compare", *two, "--out", name]) == 2
        assert words in capsys.readouterr().err
    for _ in range(2):  # a page of ours is replaced
        assert command(["compare", *two]) == 0
