"""A run folder is read whole; what is broken is named with the remedy."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ostinato import report
from ostinato._errors import CheckpointError


def change(path, **changes):
    value = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**value, **changes}), encoding="utf-8")


def change_predictions(run, **columns):
    path = run / "predictions.parquet"
    table = pq.read_table(path)
    for name, values in columns.items():
        position = table.column_names.index(name)
        table = (
            table.remove_column(position)
            if values is None
            else table.set_column(position, name, values)
        )
    pq.write_table(table, path)


def test_everything_is_read(make_run):
    run = report.collect(make_run("chinese", n=100))
    assert run.labels.classes == ("非常不满意", "不满意", "一般", "满意", "非常满意")
    assert [split.name for split in run.splits] == ["train", "validation", "test"]
    assert [epoch.number for epoch in run.history] == [1, 2, 3, 4]
    assert set(run.history[0].scores) == {"train", "validation", "test"}
    assert run.predictions.probabilities.shape == (100, 5)
    assert run.predictions.is_right.mean() == pytest.approx(run.figures["test"]["accuracy"])
    assert run.totals["train_seconds"] == 252.0
    assert run.is_finished


def test_multi_label_predictions_are_matrices(make_run):
    predictions = report.collect(make_run("multi-label", n=50)).predictions
    assert predictions.labels.shape == (50, 4)
    assert predictions.labels.dtype == np.bool_
    assert predictions.split == "validation"


def test_a_run_that_is_still_training_has_what_is_there(make_run):
    run = report.collect(make_run("unfinished"))
    assert not run.is_finished
    assert run.predictions is None
    assert len(run.history) == 2


def test_the_line_being_written_is_left_out_while_training(make_run, caplog):
    folder = make_run("unfinished")
    with (folder / "history.jsonl").open("a", encoding="utf-8") as history:
        history.write('{"epoch": 3, "tra')
    assert len(report.collect(folder).history) == 2
    assert "left out its last line" in caplog.text


def test_a_finished_run_with_a_cut_history_is_refused(make_run):
    folder = make_run("english", n=50)
    whole = (folder / "history.jsonl").read_text(encoding="utf-8")
    (folder / "history.jsonl").write_text(whole[:-40], encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"history\.jsonl, line 4 must be .* cut short"):
        report.collect(folder)


def test_unknown_figures_become_nan(make_run):
    folder = make_run("unfinished")
    line = '{"epoch": 1, "train": {"loss": NaN, "accuracy": null}, "grad_norm": null}\n'
    (folder / "history.jsonl").write_text(line, encoding="utf-8")
    epoch = report.collect(folder).history[0]
    assert np.isnan([epoch.scores["train"]["loss"], epoch.norm_mean, epoch.seconds]).all()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", '{"ostinato"', r"config\.json must hold JSON; it is broken or cut short"),
        ("config.json", "[]", r"config\.json must hold a JSON object; got list"),
        ("config.json", '{"model": "bert"}', "must have the keys `ostinato` and `task`; it has"),
        (
            "config.json",
            '{"ostinato": "9.0", "task": "speech"}',
            r"got 'speech'.* version of ostinato that wrote the run \(9\.0\)",
        ),
        (
            "config.json",
            '{"ostinato": "9.0", "task": "text-classification", "settings": 1}',
            "`settings` must be a JSON object; got 1",
        ),
        (
            "config.json",
            '{"ostinato": "9", "task": "text-classification", "data": {"parts": {"train": {}}}}',
            "data.parts must hold `n`",
        ),
        (
            "config.json",
            '{"format": 2, "ostinato": "9.0", "task": "text-classification"}',
            "format must be at most 1; got 2, written by ostinato 9.0. Update ostinato",
        ),
        ("metrics.json", "{", r"metrics\.json must hold JSON"),
        ("metrics.json", "[" * 100_000, r"metrics\.json must hold JSON.* nested too deep"),
        ("config.json", '{"format":' + "9" * 10_000 + "}", r"config\.json must hold JSON"),
        ("history.jsonl", '{"epoch": 1e999}', r"history\.jsonl, line 1 must be the JSON object"),
        ("labels.json", '{"classes": [null]}', r"labels\.json: `classes` must be a list of names"),
        ("history.jsonl", "7\n", r"history\.jsonl, line 1 must be the JSON object of an epoch"),
        ("predictions.parquet", "PAR1", r"predictions\.parquet must be a Parquet file"),
        ("config.json", b"\xff\xfe", r"config\.json: must be a whole text file"),
    ],
)
def test_broken_files_are_named(make_run, name, content, message):
    folder = make_run("english", n=20)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CheckpointError, match=message):
        report.collect(folder)


@pytest.mark.parametrize("count", [10**400, -1, 1e999, "many", 2**60])
def test_counts_that_are_none_are_told(make_run, count):
    folder = make_run("english", n=20)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    next(iter(config["data"]["parts"].values()))["labels"] = {"good": count}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"config\.json: data\.parts must hold"):
        report.collect(folder)


@pytest.mark.parametrize(("count", "said"), [(None, "null"), (2**62, str(2**62)), (-1, "-1")])
def test_lengths_that_are_none_are_told(make_run, count, said):
    folder = make_run("english", n=20)
    path = folder / "predictions.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("num_tokens")
    lengths = pa.array([count] * len(table), pa.int64())
    pq.write_table(table.set_column(place, "num_tokens", lengths), path)
    with pytest.raises(CheckpointError, match=f"must have num_tokens .*; got {said}"):
        report.collect(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", r"is not a run folder \(it has no config\.json\)"),
        ("labels.json", r"labels\.json is missing\. Restore it or train again"),
        ("history.jsonl", r"history\.jsonl is missing\. Restore it or train again"),
    ],
)
def test_missing_files_are_named(make_run, name, message):
    folder = make_run("english", n=20)
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=message):
        report.collect(folder)


def test_a_folder_that_is_not_there_is_told_with_the_nearest_run(make_run, tmp_path):
    (tmp_path / "englis").mkdir()  # no run
    with pytest.raises(CheckpointError, match=r"no such run folder\. Check the path\."):
        report.collect(tmp_path / "english")
    make_run("english", n=20)
    with pytest.raises(CheckpointError, match=r"no such run folder; did you mean `english`\?"):
        report.collect(tmp_path / "engish")


def test_truncated_predictions_are_refused(make_run):
    path = make_run("english", n=20) / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CheckpointError, match="broken or cut short"):
        report.collect(path.parent)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"confidence": None}, "must have the columns .* got no confidence"),
        ({"label": pa.array(["neg"] * 19 + ["meh"])}, "labels of labels.json only; got 'meh'"),
        ({"label": pa.array([None] * 20, pa.string())}, "labels of labels.json only; got None"),
        ({"probabilities": pa.array([[1.0]] * 20)}, r"must have 2 probabilities .* got \[1\]"),
        ({"confidence": pa.array([1.5] * 20)}, "confidence from 0 to 1; got 1.5"),
        ({"confidence": pa.array([float("nan")] * 20)}, "confidence from 0 to 1; got nan"),
        ({"num_tokens": pa.array(["many"] * 20)}, "columns of the right types; got"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(make_run, columns, message):
    folder = make_run("english", n=20)
    change_predictions(folder, **columns)
    with pytest.raises(CheckpointError, match=message):
        report.collect(folder)


def test_an_empty_predictions_file_counts_as_none(make_run):
    folder = make_run("english", n=20)
    path = folder / "predictions.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert report.collect(folder).predictions is None
    report.write(folder)


def test_source_and_columns_are_found_in_the_arguments_too(make_run):
    folder = make_run("english", n=20)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    arguments = {"source": "imdb", "text_column": "review", "label_column": None}
    change(folder / "config.json", data={"arguments": arguments, "parts": config["data"]["parts"]})
    run = report.collect(folder)
    assert run.data_source == "imdb"
    assert run.columns == {"text": "review"}


def test_other_classes_than_the_predictions_have_are_refused(make_run):
    folder = make_run("english", n=20)
    change(folder / "labels.json", classes=["neg", "pos", "meh"])
    with pytest.raises(CheckpointError, match="must have 3 probabilities in each row"):
        report.collect(folder)


def test_a_folder_of_folds_says_which_run_to_give(tmp_path):
    (tmp_path / "cross_validation.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"folder of folds.*ostinato report .*fold-1"):
        report.collect(tmp_path)


def test_predictions_that_cost_nothing_are_counted(make_run, monkeypatch):
    folder = make_run("english", n=20)
    pq.write_table(pa.table({"label": ["pos"] * 50_000}), folder / "predictions.parquet")
    monkeypatch.setenv("OSTINATO_MAX_ROWS", "49999")
    with pytest.raises(CheckpointError, match=r"at most 49999 rows; got 50000.*OSTINATO_MAX_ROWS"):
        report.collect(folder)
