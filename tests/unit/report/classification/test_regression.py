"""The page of a regression shows the values, the errors and the worst of them."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.conftest import write_json
from tests.unit.report.pages import Page

from ostinato import CheckpointError
from ostinato.report import collect, write


@pytest.fixture
def run(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.normal(50, 10, 40)
    said = labels + rng.normal(0, 1, 40)
    said[7] = labels[7] + 30
    folder = tmp_path / "run"
    split = {"n": 40, "source": "a.ts", "labels": {}, "length": {"mean": 9.0}, "unknown_rate": 0.0}
    write_json(
        folder / "config.json",
        {
            "format": 1,
            "ostinato": "0.1",
            "task": "series-classification",
            "settings": {"regression": True},
            "data": {"parts": {"test": split}},
        },
    )
    write_json(folder / "labels.json", {"classes": [], "multi_label": False})
    (folder / "history.jsonl").write_text("")
    write_json(folder / "metrics.json", {"test": {"n": 40, "r2": 0.75, "rmse": 4.5, "mae": 1.25}})
    table = pa.table(
        {
            "sequence": [f"<case {n}>" for n in range(40)],
            "label": labels,
            "prediction": said,
            "num_tokens": np.arange(40) + 3,
        }
    ).replace_schema_metadata({"split": "test"})
    pq.write_table(table, folder / "predictions.parquet")
    return folder


def test_the_page_shows_figures_drawings_and_the_worst_first(run):
    page = write(run).read_text()
    reader = Page(page)
    assert not reader.open
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.references) <= set(reader.ids)
    for words in ("Series regression", "0.7500", "Predicted and right", "Largest errors", "1.25"):
        assert words in reader.text
    assert "<case" not in page.replace("&lt;case", "")
    assert "The 20 of 40 sequences of the test split with the largest errors" in reader.text
    assert "Smallest errors" in reader.text
    worst = collect(run)
    rows = reader.text.split("Sequences by error")[1]
    assert rows.index("<case 7>") < min(
        rows.index(f"<case {n}>") for n in range(40) if n != 7 and f"<case {n}>" in rows
    )
    assert worst.task == "series-regression"


def test_predictions_that_are_no_numbers_are_refused(run):
    table = pq.read_table(run / "predictions.parquet")
    column = pa.array([float("nan"), *table["prediction"].to_pylist()[1:]])
    place = table.column_names.index("prediction")
    pq.write_table(table.set_column(place, "prediction", column), run / "predictions.parquet")
    with pytest.raises(CheckpointError, match="must have finite numbers in prediction"):
        write(run)


def test_without_regression_it_is_a_page_of_classes(run):
    config = json.loads((run / "config.json").read_text())
    config["settings"]["regression"] = False
    write_json(run / "config.json", config)
    (run / "predictions.parquet").unlink()
    assert "Series classification" in Page(write(run).read_text()).text
