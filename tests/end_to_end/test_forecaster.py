"""Every command on series: trained, killed, resumed, measured, tested back, asked, wrongly called."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.commands import bits, ok, refused
from tests.unit.report.pages import Page

import ostinato
from ostinato.cli.main import run

TRAIN = ("train", "forecast")
SMALL = [
    *("--context", "14", "--hidden-size", "8", "--num-samples", "20"),
    *("--batch-size", "64", "--learning-rate", "0.01", "--epochs", "2"),
]
OPTIONS = ["--horizon", "5", *SMALL]
Y = ["--target-column", "y"]
KNOWN = [*Y, "--known-column", "promotion"]
LAST_DAYS = {"a": "2024-03-10", "b": "2024-02-29"}


def shops(**lengths: int) -> pd.DataFrame:
    """Days of some shops with a week in them."""
    rng = np.random.default_rng(0)
    tables = []
    for n, (name, length) in enumerate((lengths or {"a": 70, "b": 60}).items()):
        step = np.arange(length)
        y = 100 * (n + 1) + 20 * np.sin(2 * np.pi * step / 7) + rng.normal(size=length)
        days = pd.date_range("2024-01-01", periods=length)
        rows = {"unique_id": name, "ds": days, "y": y.round(2)}
        tables.append(pd.DataFrame({**rows, "promotion": rng.integers(0, 2, length)}))
    return pd.concat(tables, ignore_index=True)


def written(path: Path, table: pd.DataFrame) -> Path:
    table.to_csv(path, index=False)
    return path


def coming() -> pd.DataFrame:
    """What is known of the five days after each shop's last one."""
    days = {name: pd.date_range(last, periods=6)[1:] for name, last in LAST_DAYS.items()}
    rows = [{"unique_id": name, "ds": day} for name, found in days.items() for day in found]
    return pd.DataFrame(rows).assign(promotion=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("data") / "shops.csv", shops())


def train(source: Path, out: Path, *options: str) -> Path:
    assert run([str(part) for part in (*TRAIN, source, "--out", out, *OPTIONS, *options)]) == 0
    return out


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(data, tmp_path_factory.mktemp("runs") / "plain", *Y)


@pytest.fixture(scope="module")
def informed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(data, tmp_path_factory.mktemp("runs") / "informed", *KNOWN)


def answers(out: str) -> pd.DataFrame:
    """The rows of an answer, whatever was written before them."""
    return pd.DataFrame([json.loads(line) for line in out.splitlines() if line[0] == "{"])


def test_evaluate_gives_the_figures_of_the_run(trained, data, capsys):
    out, err = ok(capsys, "evaluate", trained, "test", "--json")
    found = json.loads(out.splitlines()[-1])
    kept = json.loads((trained / "metrics.json").read_text())["test"]
    assert {name: found[name] for name in kept} == kept
    assert {
        "mse",
        "mae",
        "rmse",
        "smape",
        "mase",
        "crps",
        "coverage_80",
        "coverage_95",
    } <= kept.keys()
    assert {"naive", "seasonal_naive", "drift"} <= kept.keys()
    assert "has changed" not in err
    out, _ = ok(capsys, "evaluate", trained, data, "--json")  # the last horizon of any file
    assert json.loads(out)["mae"] == pytest.approx(found["mae"])
    out, _ = ok(capsys, "evaluate", trained, "test")
    assert f"{kept['mase']:.2f}" in out
    assert "\nseasonal naive  " in out
    assert "unscaled" not in out
    assert "wql" not in out


def test_evaluate_says_when_the_data_have_changed(data, tmp_path, capsys):
    source = Path(shutil.copy(data, tmp_path))
    out = train(source, tmp_path / "run", *Y)
    written(source, shops(a=71, b=60))
    _, err = ok(capsys, "evaluate", out, "test")
    assert "test: " in err
    assert "has changed since the model was trained" in err


def test_backtest_rolls_the_origin(trained, capsys):
    out, _ = ok(capsys, "evaluate", trained, "backtest", "--cutoffs", "2", "--json")
    found = json.loads(out.splitlines()[-1])
    assert found["split"] == "backtest"
    assert found["n"] == 4  # two series, two cutoffs
    each = [found["cutoffs"][name] for name in ("cutoff 1", "cutoff 2")]
    assert found["mae"] == pytest.approx(np.mean([one["mae"] for one in each]))
    assert found["naive"]["mae"] == pytest.approx(np.mean([one["naive"]["mae"] for one in each]))
    arguments = ("evaluate", trained, "backtest", "--cutoffs", "2", "--refit", "--json")
    anew = json.loads(ok(capsys, *arguments)[0].splitlines()[-1])
    assert anew["cutoffs"]["cutoff 1"] == each[0]
    assert anew["cutoffs"]["cutoff 2"]["mae"] != each[1]["mae"]


def test_predict_goes_on_from_what_it_was_trained_on(trained, capsys):
    found = answers(ok(capsys, "predict", trained, "--json")[0])
    assert list(found) == ["id", "target", "time", "mean", "quantiles"]
    assert found["id"].tolist() == ["a"] * 5 + ["b"] * 5
    assert found["time"].tolist()[:2] == ["2024-03-11", "2024-03-12"]
    assert found["time"].tolist()[5:7] == ["2024-03-01", "2024-03-02"]
    for quantiles in found["quantiles"]:
        assert list(quantiles) == ["0.025", "0.1", "0.5", "0.9", "0.975"]
        assert list(quantiles.values()) == sorted(quantiles.values())
    model = ostinato.load(trained)
    assert found["mean"].tolist() == model.predict()["mean"].to_pylist()
    lines = ok(capsys, "predict", trained, "--horizon", "2")[0].splitlines()
    assert len(lines) == 4
    assert lines[0].split("\t")[:3] == ["a", "y", "2024-03-11"]
    assert float(lines[0].split("\t")[3]) == pytest.approx(found["mean"][0], rel=1e-5)


def test_predict_reads_a_file_of_other_series(trained, data, tmp_path, capsys):
    remembered, _ = ok(capsys, "predict", trained, "--json")
    said, _ = ok(capsys, "predict", trained, data, "--json")
    assert said == remembered
    new = written(tmp_path / "new.csv", shops(new=30).drop(columns="promotion"))
    found = answers(ok(capsys, "predict", trained, new, "--json")[0])
    assert found["id"].tolist() == ["new"] * 5
    assert found["time"][0] == "2024-01-31"


def test_predict_is_told_what_is_known_ahead(informed, data, tmp_path, capsys):
    future = written(tmp_path / "future.csv", coming())
    beside = ok(capsys, "predict", informed, "--future", future, "--json")[0]
    assert len(answers(beside)) == 10
    assert ok(capsys, "predict", informed, data, "--future", future, "--json")[0] == beside
    whole = written(tmp_path / "whole.csv", pd.concat([shops(), coming()]))
    assert ok(capsys, "predict", informed, whole, "--json")[0] == beside
    other = written(tmp_path / "other.csv", coming().assign(promotion=0))
    assert ok(capsys, "predict", informed, "--future", other, "--json")[0] != beside


def test_other_names_of_columns_are_found_again(tmp_path, capsys):
    names = {"unique_id": "shop", "ds": "day of sale", "y": "sold"}
    source = written(tmp_path / "named.csv", shops().rename(columns=names))
    options = ["--id-column", "shop", "--time-column", "day of sale", "--target-column", "sold"]
    out = train(source, tmp_path / "run", *options)
    assert answers(ok(capsys, "predict", out, source, "--json")[0])["target"][0] == "sold"
    kept = json.loads((out / "metrics.json").read_text())["test"]
    for data_ in ("test", source):
        found = json.loads(ok(capsys, "evaluate", out, data_, "--json")[0].splitlines()[-1])
        assert found["mae"] == pytest.approx(kept["mae"])


def test_a_wide_table_is_trained_on_as_the_long_one(trained, data, tmp_path, capsys):
    wide = shops().pivot(index="ds", columns="unique_id", values="y").reset_index()
    out = train(written(tmp_path / "wide.csv", wide), tmp_path / "run", "--wide")
    assert bits(out) == bits(trained)
    said, _ = ok(capsys, "predict", out, "--json")
    assert answers(said).equals(answers(ok(capsys, "predict", trained, "--json")[0]))
    kept = json.loads((out / "metrics.json").read_text())["test"]
    assert kept["mae"] == json.loads((trained / "metrics.json").read_text())["test"]["mae"]


def test_the_report_shows_the_forecasts_beside_the_naive(trained, capsys):
    out, _ = ok(capsys, "report", trained)
    page = Path(out.strip()).read_text()
    words = Page(re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)).text
    assert "seasonal naive" in words.lower()
    assert "coverage" in words.lower()
    assert not re.search(r"\b(texts?|tokens?)\b", words)
    card = (trained / "README.md").read_text()
    assert "| the seasonal naive forecast |" in card


def test_the_card_of_a_model_that_does_not_beat_the_naive_says_so(tmp_path, capsys):
    step = np.arange(80)
    week = pd.DataFrame({"ds": step, "y": [5.0, 7, 1, 3, 9, 2, 4] * 11 + [5.0, 7, 1]})
    source = written(tmp_path / "week.csv", week)
    learnt_little = ["--season", "7", "--horizon", "5", *SMALL[:-4], "--epochs", "1"]
    out = tmp_path / "run"
    ok(capsys, *TRAIN, source, "--out", out, *learnt_little, "--learning-rate", "1e-5")
    figures = json.loads((out / "metrics.json").read_text())["test"]
    assert figures["seasonal_naive"]["mae"] == 0 < figures["mae"]
    card = (out / "README.md").read_text()
    assert re.search(r"^No better than .*the seasonal naive", card, flags=re.MULTILINE)


def again(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table[85:86]])


def with_times_of_b(frequency: str) -> pd.DataFrame:
    table = shops()
    is_b = table["unique_id"] == "b"
    table.loc[is_b, "ds"] = pd.date_range("2024-01-01", periods=60, freq=frequency)
    return table


def with_y(row: int, value: object) -> pd.DataFrame:
    table = shops().astype({"y": object})
    table.loc[row, "y"] = value
    return table


BAD_TABLES = {
    "too short": (shops(a=11, b=9), "longer than three horizons of 5 steps.*`a`, has 11"),
    "all missing": (shops().assign(y=np.nan), "train must have a window with a value observed"),
    "infinite": (with_y(75, np.inf), "series b, time 2024-01-06: .*`y` must hold finite numbers"),
    "twice": (again(shops()), "once in series b; got 2024-01-16 twice"),
    "hours too": (with_times_of_b("h"), "series b, time 2024-01-01 01:00:00: .*whole steps of `D`"),
    "months too": (with_times_of_b("MS"), "one frequency, which is `D` .*got series b"),
    "words": (with_y(7, "many"), "series a, time 2024-01-08: .*`y` must hold numbers; got `many`"),
    "no rows": (shops()[:0], "the table must have rows; it has none"),
    "no time": (
        shops().assign(ds=shops()["ds"].mask(shops().index == 5)),
        "a time in column `ds`; row 6 has none",
    ),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_series_that_cannot_be_trained_on_are_refused_in_one_line(name, tmp_path, capsys):
    table, message = BAD_TABLES[name]
    source = written(tmp_path / "bad.csv", table)
    line = refused(capsys, 1, *TRAIN, source, "--out", tmp_path / "run", *OPTIONS, *Y)
    assert line.startswith(f"ostinato: {source}: ")
    assert re.search(message, line)
    assert not (tmp_path / "run").exists()


def test_an_empty_file_and_none_at_all_are_refused(trained, tmp_path, capsys):
    empty = tmp_path / "empty.csv"
    empty.touch()
    for command in ((*TRAIN, empty, "--out", tmp_path / "run"), ("predict", trained, empty)):
        assert "the file must have rows; it is empty" in refused(capsys, 1, *command)
    assert "must exist" in refused(capsys, 1, "evaluate", trained, tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--target-column", "yy"], 1, "no target column `yy`; did you mean `y`?"),
        ([*Y, "--known-column", "promotions"], 1, "no known column `promotions`; did you mean"),
        ([*Y, "--static-column", "promotion"], 1, "promotion"),
        ([*Y, "--past-column", "y"], 1, "column `y` must have one role"),
        ([*Y, "--test", "a.csv"], 2, "Unknown option: --test"),
        ([*Y, "--levels", "0"], 2, "Forecaster: levels must be .*; got 0"),
        ([*Y, "--levels", "80", "100"], 2, "Forecaster: levels must be .*; got 100"),
        ([*Y, "--context", "0"], 2, "Forecaster: context must be .*; got 0"),
        ([*Y, "--method", "magic"], 2, "magic"),
        ([*Y, "--frequency", "fortnight"], 2, "frequency: must be an alias"),
        ([*Y, "--horizon", "0"], 2, "Forecaster: horizon must be .*; got 0"),
        ([*Y, "--method", "autoregressive", "--past-column", "promotion"], 2, "no past columns"),
    ],
)
def test_wrong_options_are_refused_in_one_line(options, code, message, data, tmp_path, capsys):
    given = [*([] if "--horizon" in options else ["--horizon", "5"]), *options]
    small = [*SMALL[2:], *([] if "--context" in options else SMALL[:2])]
    line = refused(capsys, code, *TRAIN, data, "--out", tmp_path / "run", *small, *given)
    assert re.search(message, line)
    assert not (tmp_path / "run").exists()


def test_other_data_sets_are_refused_with_what_they_are_for(tmp_path, capsys):
    line = refused(capsys, 1, *TRAIN, "gestures", "--out", tmp_path / "run")
    assert "Train on it: ostinato train classify-series gestures" in line
    assert "airpassengers" in refused(capsys, 1, *TRAIN, "airpasengers", "--out", tmp_path / "run")


def test_constant_series_are_forecast_as_what_they_are(tmp_path, capsys):
    table = shops()
    table.loc[table["unique_id"] == "b", "y"] = 5.0
    out = train(written(tmp_path / "constant.csv", table), tmp_path / "run", *Y)
    found = answers(ok(capsys, "predict", out, "--json")[0]).set_index("id")
    assert found.loc["b", "mean"].to_numpy() == pytest.approx(5, abs=1)


def test_a_series_without_values_is_left_out_of_train_and_told_ahead(tmp_path, capsys):
    table = shops()
    table.loc[table["unique_id"] == "b", "y"] = np.nan
    source = written(tmp_path / "missing.csv", table)
    out = train(source, tmp_path / "run", *Y)
    lines, _ = ok(capsys, "predict", out)
    assert re.search("series `b` must have a value of `y` in its last 14 steps; got none", lines)
    assert sum(line.startswith("a\ty\t") for line in lines.splitlines()) == 5
    only = written(tmp_path / "a.csv", table[table["unique_id"] == "a"])
    assert len(answers(ok(capsys, "predict", out, only, "--json")[0])) == 5


def test_a_series_too_short_to_be_measured_is_trained_on_and_forecast(tmp_path, capsys):
    source = written(tmp_path / "short.csv", shops(a=70, b=3))
    out = train(source, tmp_path / "run", *Y)
    assert json.loads((out / "metrics.json").read_text())["test"]["n"] == 1
    assert len(answers(ok(capsys, "predict", out, "--json")[0])) == 10


def test_what_cannot_be_forecast_is_refused_in_one_line(trained, informed, tmp_path, capsys):
    line = refused(capsys, 2, "predict", trained, "--horizon", "6")
    assert "horizon must be at most 5, what was trained for; got 6" in line
    assert "at least 1" in refused(capsys, 2, "predict", trained, "--horizon", "0")
    rule = "known column `promotion` must be told"
    line = refused(capsys, 1, "predict", informed)
    assert f"series a, time 2024-03-11: the {rule}" in line
    gap = written(tmp_path / "gap.csv", coming().drop(index=7))
    line = refused(capsys, 1, "predict", informed, "--future", gap)
    assert f"series b, time 2024-03-03: the {rule}" in line
    future = written(tmp_path / "future.csv", coming())
    line = refused(capsys, 1, "predict", trained, "--future", future)
    assert "the series have none" in line
    assert "beam_width" in refused(capsys, 2, "predict", trained, "--beam-width", "3")


def test_what_cannot_be_measured_is_refused_in_one_line(trained, data, capsys):
    line = refused(capsys, 2, "evaluate", trained, "test", "--cutoffs", "2")
    assert "cutoffs are for a backtest" in line
    assert "at least 1" in refused(capsys, 2, "evaluate", trained, "backtest", "--cutoffs", "0")
    line = refused(capsys, 1, "evaluate", trained, "backtest", "--cutoffs", "50")
    assert "for 50 cutoffs 5 steps apart some series must be longer than 260 steps" in line
    line = refused(capsys, 2, "evaluate", trained, data, "--text-column", "y")
    assert "text_column" in line
    assert "is finished" in refused(capsys, 2, "resume", trained)


def test_several_id_columns_and_how_a_file_is_written_are_options(tmp_path, capsys):
    parted = shops().rename(columns={"unique_id": "part"}).assign(shop="n/w")
    parted = parted[["shop", "part", "ds", "y"]]
    source, later = tmp_path / "parted.csv", tmp_path / "later.csv"
    parted.to_csv(source, index=False, sep="#", encoding="utf-16")
    parted.to_csv(later, index=False)
    how = ["--delimiter", "#", "--encoding", "utf-16"]
    ids = ["--id-column", "shop", "--id-column", "part"]
    out = train(source, tmp_path / "run", *ids, *how)
    said = ok(capsys, "predict", out, source, *how, "--json")[0]
    assert set(answers(said)["id"]) == {"n\\/w/a", "n\\/w/b"}
    assert answers(ok(capsys, "predict", out, later, "--json")[0]).equals(answers(said))
    kept = json.loads((out / "metrics.json").read_text())["test"]
    for told in (["test"], [source, *how], [later], [later, *ids]):
        found = json.loads(ok(capsys, "evaluate", out, *told, "--json")[0].splitlines()[-1])
        assert found["mae"] == pytest.approx(kept["mae"])


def test_a_table_of_a_series_a_row_is_trained_on_as_the_long_one(trained, tmp_path, capsys):
    rows = shops().pivot(index="unique_id", columns="ds", values="y").reset_index()
    rows.columns = [str(name).removesuffix(" 00:00:00") for name in rows.columns]
    source = written(tmp_path / "rows.csv", rows)
    for number, options in enumerate(([], ["--rows"])):
        out = train(source, tmp_path / f"run-{number}", *options)
        assert bits(out) == bits(trained)
        said = ok(capsys, "predict", out, source, "--json")[0]
        assert answers(said).equals(answers(ok(capsys, "predict", trained, "--json")[0]))


def test_plot_draws_a_series_and_refuses_what_it_cannot(informed, data, tmp_path, capsys):
    known = coming()
    future = written(tmp_path / "b.csv", known[known["unique_id"] == "b"])
    for ending, head in ((".svg", b"<?xml"), (".PNG", b"\x89PNG"), (".pdf", b"%PDF")):
        out = tmp_path / f"b{ending}"
        asked = ("--series", "b", "--future", future, "--out", out)
        assert ok(capsys, "plot", informed, data, *asked)[0] == f"{out}\n"
        assert out.read_bytes().startswith(head)
    for options, code, words in (
        (("--future", future), 1, "the known column `promotion` must be told"),
        (("--series", "d", "--future", future), 1, "there is no series `d`"),
        (("--out", tmp_path / "b.gif"), 2, "--out: must end in .svg, .png or .pdf; got 'b.gif'"),
        (("--out", tmp_path / "no" / "b.svg"), 2, "must be a folder; there is none"),
        (("--delimiter", ";"), 2, "no table is given that --delimiter"),
    ):
        assert words in refused(capsys, code, "plot", informed, *options)
