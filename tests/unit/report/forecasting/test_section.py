"""The page about a forecaster says what its files say, and says plainly when the naive is better."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.report.pages import OWN_SCRIPT, Page, page_of, text_of

from ostinato import metrics, report
from ostinato._errors import CheckpointError
from ostinato.metrics.quantiles import ends_of
from ostinato.report.forecasting import forecast_plot
from ostinato.report.forecasting.forecast_plot import Forecast, forecast_figure, write_figure
from ostinato.report.forecasting.pictures import FEWEST, pictures_of
from ostinato.report.forecasting.results import (
    autocorrelations,
    pictured,
    ranked,
    series_rows,
    standardised,
    verdict,
)
from ostinato.report.formatting import aligned, number, percent, significant
from ostinato.runs.forecasting import BASELINES, ForecastPredictions, read_forecasts
from ostinato.runs.run import Labels

ERRORS = st.floats(0.01, 100)
DOUBLES, STRINGS = pa.list_(pa.float64()), pa.list_(pa.string())


def predictions_of(folder):
    return read_forecasts(folder / "predictions.parquet", Labels())


def figures_of(folder, split="test"):
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))[split]


def change_figures(folder, **figures):
    path = folder / "metrics.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**found, "test": {**found["test"], **figures}}), encoding="utf-8")


def rewrite(folder, told=None, **columns):
    """Replace columns and metadata of predictions.parquet, or drop those that are None."""
    path = folder / "predictions.parquet"
    table = pq.read_table(path)
    for name, values in columns.items():
        place = table.column_names.index(name)
        table = (
            table.remove_column(place) if values is None else table.set_column(place, name, values)
        )
    metadata = {**table.schema.metadata, **(told or {})}
    kept = {key: value for key, value in metadata.items() if value is not None}
    pq.write_table(table.replace_schema_metadata(kept), path)


def made(residuals, *, every=1, horizon=4, series=None, season=12):
    """Return predictions of which the residuals are these, ``(windows, horizon)``."""
    residuals = np.asarray(residuals, dtype=float)
    n, width = residuals.shape
    ids = series or ("",) * n
    position = np.array([every * ids[:row].count(ids[row]) for row in range(n)])
    steps = np.arange(1, horizon + 1)
    actual = np.full((n, horizon), np.nan)
    actual[:, :width] = residuals
    return ForecastPredictions(
        split="test",
        ids=tuple(ids),
        targets=("y",) * n,
        cutoffs=position,
        times=position[:, None] + steps,
        histories=(np.zeros(1),) * n,
        history_times=tuple(position[:, None]),
        actual=actual,
        mean=np.zeros((n, horizon)),
        quantiles=np.zeros((n, horizon, 1)),
        baselines={name: np.zeros((n, horizon)) for name in BASELINES},
        scale=np.ones(n),
        deviation=np.ones(n),
        probabilities=(0.5,),
        levels=(),
        frequency="1",
        season=season,
        num_windows=n,
        is_standardised=False,
    )


@pytest.fixture
def run(make_run):
    return make_run("forecasts")


def test_the_headlines_are_the_figures_of_the_run(run):
    figures, text = figures_of(run), text_of(run)
    naive = figures["seasonal_naive"]
    best = "best without a model: seasonal naive"
    for words in (
        "Forecasting forecasts GRU 1 × 128 · trained on sales.csv",
        f"Test MASE {number(figures['mase'], 3)} {best}, {significant(naive['mase'])}",
        f"Inside the 80% interval {percent(figures['coverage_80'])} mean width "
        f"{significant(figures['width_80'])}",
        f"Inside the 95% interval {percent(figures['coverage_95'])}",
        f"CRPS {significant(figures['crps'])} {percent(figures['wql'])} of the values",
        f"MAE {significant(figures['mae'])} {best}, {significant(naive['mae'])}; MSE "
        f"{significant(figures['mse'])}",
        "Best epoch 3 of 4",
    ):
        assert words in text


def test_a_model_that_beats_the_naive_is_told_so(run):
    figures, text = figures_of(run), text_of(run)
    assert (
        "The model beats the naive, the seasonal naive and the drift forecast: MASE "
        f"{figures['mase']:.2f} against {figures['seasonal_naive']['mase']:.2f} of the seasonal naive."
    ) in text
    assert "does not beat" not in text


def test_a_model_that_does_not_beat_the_naive_is_told_so_plainly(make_run):
    page = page_of(make_run("forecasts", noise=2.0))
    assert (
        '<p class="notice warning"><strong>The model does not beat the naive, the seasonal naive or the '
        "drift forecast: MASE"
    ) in page


@given(ERRORS, st.dictionaries(st.sampled_from(list(BASELINES)), ERRORS, min_size=1))
def test_the_verdict_is_good_if_the_error_is_below_that_of_every_naive_forecast(ours, theirs):
    found = verdict({"mase": ours, **{name: {"mase": value} for name, value in theirs.items()}})
    assert found.is_good == all(ours < value for value in theirs.values())
    negative, _, positive = found.text.partition(" It beats ")
    assert negative.startswith("The model does not beat ") != found.is_good
    beaten = negative.partition(":")[0] if found.is_good else positive
    for name, value in theirs.items():
        assert (f"the {BASELINES[name]}" in beaten) == (ours < value)


def test_as_good_as_the_naive_is_not_better():
    assert not verdict({"mae": 1.0, "naive": {"mae": 1.0}}).is_good


@pytest.mark.parametrize(
    ("mase", "rmse", "said"),
    [
        (0.9, 2.5, "By RMSE it does not beat the naive forecast: 2.50 against 2.00."),
        (1.1, 1.5, "By RMSE it beats all of them: 1.50 against 2.00."),
        (0.9, 1.5, None),
        (1.1, 2.5, None),
    ],
)
def test_squared_errors_that_say_something_else_are_told(mase, rmse, said):
    text = verdict({"mase": mase, "rmse": rmse, "naive": {"mase": 1.0, "rmse": 2.0}}).text
    assert (said in text) if said else ("RMSE" not in text)


def test_without_a_scale_the_absolute_error_judges():
    figures = {"mae": 2.0, "naive": {"mae": 3.0, "mase": None}}
    assert verdict(figures).text == "The model beats the naive forecast: MAE 2.00 against 3.00."
    assert verdict({"n": 0}) is None


def rows_beside(figures, others):
    """The rows of the table of simple forecasts as a reader gets them."""
    all_of = [figures, *others.values()]
    columns = {
        "mase": aligned([own["mase"] for own in all_of], 4),
        **{name: aligned([own[name] for own in all_of]) for name in ("mae", "rmse", "crps")},
        "smape": [f"{text}%" for text in aligned([own["smape"] for own in all_of])],
    }
    for row, title in enumerate(["Model", *(name.capitalize() for name in others)]):
        ratio = f" {percent(figures['mase'] / all_of[row]['mase'])}" if row else ""
        told = " ".join(columns[name][row] for name in ("mase", "mae", "rmse", "smape", "crps"))
        yield f"{title} {told}{ratio}"


def test_the_table_of_simple_forecasts_holds_their_figures(run):
    figures, text = figures_of(run), text_of(run)
    for row in rows_beside(figures, {title: figures[name] for name, title in BASELINES.items()}):
        assert row in text


def test_whatever_a_run_measured_stands_beside_the_model(run):
    figures, path = figures_of(run), run / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    own = dict(figures["naive"], mase=figures["naive"]["mase"] / 2)
    metrics["baselines"] = {"constant": {"title": "a constant", "test": own}}
    path.write_text(json.dumps(metrics), encoding="utf-8")
    (_, row) = rows_beside(figures, {"constant": own})
    assert row in text_of(run)


def test_the_series_are_ranked_and_measured_as_the_metrics_do(run):
    said = predictions_of(run)
    rows = series_rows(said)
    assert [row.mase for row in rows] == sorted((row.mase for row in rows), reverse=True)
    assert {row.id for row in rows} == set(said.ids)
    for row in rows:
        own = np.array(said.ids) == row.id
        actual, mean, scale = said.actual[own], said.mean[own], said.scale[own]
        median = said.quantiles[own][..., said.probabilities.index(0.5)]
        naive = said.baselines["seasonal_naive"][own]
        assert row.mase == pytest.approx(metrics.mase(actual, median, scale))
        assert row.naive_mase == pytest.approx(metrics.mase(actual, naive, scale))
        assert row.smape == pytest.approx(metrics.smape(actual, median))
        assert row.mae == pytest.approx(metrics.mae(actual, median))
        assert row.bias == pytest.approx(np.nanmean(actual - mean))
    better = sum(row.mase < row.naive_mase for row in rows)
    assert f"better than the seasonal naive forecast in {better} of 12 series" in text_of(run)


def test_the_last_window_of_every_series_is_drawn_and_those_that_stand_out_come_first(run):
    said = predictions_of(run)
    last = {key: row for row, key in enumerate(said.ids)}  # cutoffs rise in the file
    errors = {
        row: metrics.mase(said.actual[[row]], said.middle[[row]], said.scale[[row]])
        for row in last.values()
    }
    order = sorted(errors, key=errors.get)
    assert ranked(said) == order
    assert pictured(said) == [("best", order[0]), ("median", order[5]), ("worst", order[-1])]
    pictures = pictures_of(said)
    assert {picture.id for picture in pictures} == set(said.ids)
    assert [picture.rank for picture in pictures[:4]] == ["median", "best", "worst", ""]
    text = text_of(run)
    for rank, row in pictured(said):
        assert f"{rank.capitalize()} series: {said.ids[row]} Last known step:" in text
        assert f"MASE {number(errors[row], 3)}, of the seasonal naive" in text
    for picture in pictures:
        for value in picture.values:
            assert f"{value.time} {number(value.actual, picture.digits)}" in text


def test_of_very_many_series_some_are_drawn_from_the_best_to_the_worst():
    errors = np.random.default_rng(4).permutation(1000) + 1.0
    said = made(errors[:, None] * np.ones(40), horizon=40, series=[f"s{n}" for n in range(1000)])
    pictures = pictures_of(said)
    assert FEWEST < len(pictures) <= 123
    drawn = np.sort([picture.row.mase for picture in pictures])
    assert drawn[[0, -1]].tolist() == [1.0, 1000.0]
    assert np.diff(drawn).max() < 2 * 1000 / 100


def test_windows_are_found_whatever_their_order_in_the_file(run):
    said = predictions_of(run)
    drawn = {(rank, said.ids[row], said.cutoffs[row]) for rank, row in pictured(said)}
    table = pq.read_table(run / "predictions.parquet")
    order = np.random.default_rng(0).permutation(len(table))
    pq.write_table(table.take(order), run / "predictions.parquet")
    said = predictions_of(run)
    assert {(rank, said.ids[row], said.cutoffs[row]) for rank, row in pictured(said)} == drawn


def test_of_a_single_series_windows_are_compared(make_run):
    folder = make_run("one-series", n=30)
    text = text_of(folder)
    for rank in ("Best", "Median", "Worst"):
        assert f"{rank} window: y Last known step:" in text
    assert "Windows from the best to the worst by MASE." in text
    assert len(pictures_of(predictions_of(folder))) in range(FEWEST, FEWEST + 2)
    assert "Worst series" not in text


def test_one_window_is_drawn_without_a_rank(make_run):
    folder = make_run("one-series", n=1, missing=0.0)
    page = page_of(folder)
    text = Page(page).text
    assert "The forecast with its history. y Last known step: 2016-08-01." in text
    assert page.count('aria-labelledby="forecast-1-title forecast-1-hint"') == 1
    assert "on the 1 window of the test split" in text
    assert "Autocorrelation" not in text


def test_several_targets_are_told_apart(make_run):
    folder = make_run("forecasts", num_series=2, targets=("load", "price"))
    text = text_of(folder)
    assert "store-1 · load" in text
    assert "in 4 of 4 series with a MASE" in text


def test_without_a_scale_series_are_ranked_by_percentage(run):
    rewrite(run, scale=pa.array([None] * 120, pa.float64()))
    said = predictions_of(run)
    rows = series_rows(said)
    assert [row.smape for row in rows] == sorted((row.smape for row in rows), reverse=True)
    assert all(row.mase is None for row in rows)
    text = text_of(run)
    assert "of the 12 series; best, median and worst are those by sMAPE." in text
    assert "series with a MASE" not in text


def test_a_series_without_a_scale_is_never_the_worst_by_mase():
    said = made([[9.0] * 4, [1.0] * 4, [2.0] * 4], series=["a", "b", "c"])
    said.scale[0] = np.nan
    assert [row.id for row in series_rows(said)] == ["c", "b", "a"]


def test_windows_of_which_nothing_came_are_shown_and_not_judged(make_run):
    folder = make_run("forecasts", n=12, num_series=4, is_known=False)
    text = text_of(folder)
    assert "Nothing of what came is known." in text
    assert "Too little of what came is known to look at" in text
    assert "The model" not in text
    assert pictured(predictions_of(folder)) == [("", 2)]


def test_a_series_of_which_nothing_came_is_not_the_best():
    said = made([[np.nan] * 4, [1.0] * 4, [2.0] * 4], series=["a", "b", "c"])
    assert pictured(said) == [("best", 1), ("worst", 2)]


def test_the_intervals_are_judged_by_the_figures_of_all_windows(run):
    change_figures(run, coverage_80=0.7434, width_80=12.5)
    said, text = predictions_of(run), text_of(run)
    known = ~np.isnan(said.actual)
    low, high = said.quantiles[known][:, 1], said.quantiles[known][:, 3]
    below, above = ((said.actual[known] < low).mean(), (said.actual[known] > high).mean())
    assert f"80% 74.3% -5.7 points 12.5 {percent(below)} {percent(above)}" in text
    assert 0 < below < 0.2
    assert 0 < above < 0.2


def test_intervals_are_not_judged_on_the_windows_that_they_were_calibrated_on(make_run):
    folder = make_run("forecasts", split="validation")
    text = text_of(folder)
    assert "not judged here: they were calibrated on these windows." in text
    assert "Coverage by step" not in text
    assert "Inside the" not in text
    assert f"Validation MASE {number(figures_of(folder, 'validation')['mase'], 3)}" in text


@pytest.mark.parametrize(
    ("name", "values", "heading"),
    [
        ("mae", None, "Error by step"),
        ("mae", [], "Error by step"),
        ("mae", [1.0] * 11, "Error by step"),
        ("mae", [[1.0]] * 12, "Error by step"),
        ("naive_mae", {}, "Error by step"),
        ("coverage_95", [None] * 12, "Coverage by step"),
    ],
)
def test_steps_that_were_not_measured_are_not_drawn(run, name, values, heading):
    change_figures(run, by_step={**figures_of(run)["by_step"], name: values})
    text = text_of(run)
    drawn = {other for other in ("Error by step", "Coverage by step") if other in text}
    assert drawn == {"Error by step", "Coverage by step"} - {heading}


def test_one_step_ahead_has_no_drawings_by_step(make_run):
    text = text_of(make_run("forecasts", horizon=1))
    assert "How large errors are one step ahead" in text
    assert "by step" not in text
    assert "Autocorrelation one step ahead" in text


def test_residuals_have_a_deviation_of_one_and_the_sign_of_the_bias(make_run):
    said = predictions_of(make_run("forecasts", bias=3.0))
    found = standardised(said)
    known = found.values[~np.isnan(found.values)]
    assert known.std() == pytest.approx(1)
    assert found.mean == pytest.approx(known.mean())
    assert found.mean > 0.2
    assert found.far == (np.abs(known) > 3).mean()
    assert np.array_equal(np.isnan(found.values), np.isnan(said.actual))


@pytest.mark.parametrize(("bias", "said"), [(3.0, "too low"), (-3.0, "too high")])
def test_forecasts_that_are_too_low_or_high_are_told(make_run, bias, said):
    assert f"forecasts are {said} on the whole." in text_of(make_run("forecasts", bias=bias))


def test_a_perfect_model_has_no_residuals_to_look_at():
    assert standardised(made(np.zeros((30, 4)))) is None


@pytest.mark.parametrize("every", [1, 3])
def test_the_autocorrelation_of_a_known_process_is_found(every):
    generator = np.random.default_rng(5)
    noise, values = generator.normal(size=6000), np.zeros(6000)
    for step in range(1, len(values)):
        values[step] = 0.8 * values[step - 1] + noise[step]
    said = made(values[::every][:, None], every=every)
    lags, found, counts = autocorrelations(said, standardised(said))
    assert lags.tolist() == list(range(every, 25, every))
    assert np.abs(found - 0.8**lags).max() < 5 / np.sqrt(counts.min())
    assert found[0] > 0.4
    assert counts.tolist() == [len(values[::every]) - lag // every for lag in lags]


def test_residuals_of_different_series_are_not_paired():
    generator = np.random.default_rng(6)
    common = generator.normal(size=40)
    said = made(np.repeat(common, 2)[:, None], series=["a", "b"] * 40)
    alone = made(common[:, None])
    lags, found, counts = autocorrelations(said, standardised(said))
    lags_alone, found_alone, counts_alone = autocorrelations(alone, standardised(alone))
    shared = np.isin(lags, lags_alone)
    assert np.allclose(found[shared], found_alone)
    assert np.array_equal(counts[shared], 2 * counts_alone)


def test_cutoffs_that_do_not_follow_each_other_have_no_autocorrelation():
    said = made(np.random.default_rng(7).normal(size=(200, 1)), every=9)
    assert autocorrelations(said, standardised(said)) is None


def test_errors_are_told_on_the_standardised_scale(make_run):
    folder = make_run("forecasts", is_standardised=True)
    said = predictions_of(folder)
    row = series_rows(said)[0]
    own = np.array(said.ids) == row.id
    unit = said.deviation[own][:, None]
    assert row.mae == pytest.approx(metrics.mae(said.actual[own] / unit, said.middle[own] / unit))
    assert row.mase == pytest.approx(
        metrics.mase(said.actual[own], said.middle[own], said.scale[own])
    )
    text = text_of(folder)
    assert "MAE, RMSE and CRPS on the standardised scale" in text
    assert "CRPS in units of the data" not in text
    assert "what was forecast, in units of the data" not in text


def test_windows_that_were_left_out_are_told(run):
    rewrite(run, told={b"windows": b"19496"})
    text = text_of(run)
    assert "on the 19,496 windows of the test split" in text
    assert "120 of 19,496 windows were kept to be shown." in text


def test_the_facts_of_the_series_are_told(run):
    text = text_of(run)
    assert "Split Windows Mean length Median 95% up to Longest Series Missing Frequency" in text
    assert "test 120 132 120 240 312 12 2.13% MS sales.csv 7a0c7a0c7a0c" in text
    assert "Unknown" not in text


def test_hostile_ids_are_shown_as_text(run):
    page = Page(page_of(run))
    assert page.scripts == [OWN_SCRIPT]
    assert "<script>alert(1)</script>" in page.text
    assert page.open == []


def test_what_is_in_the_file_is_read(make_run):
    folder = make_run("forecasts", horizon=5)
    said = predictions_of(folder)
    columns = pq.read_table(folder / "predictions.parquet").to_pydict()
    for row in (0, 7, 119):
        flat = said.quantiles[row].ravel()
        assert flat.tolist() == columns["quantiles"][row]
        assert (np.diff(said.quantiles[row], axis=1) > 0).all()  # the level changes fastest
        assert said.times[row].astype("datetime64[D]").astype(str).tolist() == columns["times"][row]
        assert len(said.histories[row]) == said.num_tokens[row] == len(said.history_times[row])
        for name, values in {**said.baselines, "history": said.histories}.items():
            expected = np.array(columns[name][row], dtype=float)
            assert np.array_equal(values[row], expected, equal_nan=True)
    assert said.levels == (80, 95)
    assert (said.frequency, said.season, said.num_windows) == ("MS", 12, 120)


def test_counted_times_are_ordered_as_numbers(make_run):
    folder = make_run("forecasts", n=60, num_series=2, is_counted=True)
    said = predictions_of(folder)
    assert said.cutoffs.dtype == np.int64
    groups = said.groups()  # from step 79 to step 108: as text, 100 comes before 79
    assert all((np.diff(said.cutoffs[group]) == 1).all() for group in groups)
    assert all(said.cutoffs[row] == 108 for _, row in pictured(said))
    assert "Last known step: 108." in text_of(folder)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"cutoff": None}, "must have the columns .* got no cutoff"),
        ({"mean": pa.array([[1.0]] * 119 + [[1.0, 2.0]])}, r"as many steps ahead in each row; got"),
        ({"mean": pa.array([[]] * 120, DOUBLES)}, r"steps ahead in each row; got \[0\] in mean"),
        ({"mean": pa.array([[None] * 12] * 120, DOUBLES)}, "a number for each step in mean"),
        ({"drift": pa.array([[1.0]] * 120)}, r"must have 12 values of drift .* got \[1\]"),
        ({"times": pa.array([["2020-01-01"]] * 120)}, r"must have 12 values of times in each row"),
        ({"quantiles": pa.array([[1.0] * 12] * 120)}, "must have 60 values of quantiles"),
        ({"actual": pa.array([[float("inf")] * 12] * 120)}, "finite numbers in actual"),
        ({"history": pa.array([[1.0]] * 120)}, "must have a time for each value of history"),
        ({"cutoff": pa.array(["soon"] * 120)}, "must have columns of the right types"),
        ({"id": pa.array([None] * 120, pa.string())}, "must have a text in each place of id"),
        ({"scale": pa.array(["wide"] * 120)}, "must have columns of the right types"),
        ({"told": {b"levels": b"[80, 90]"}}, "that bound each of its levels; got none for 90"),
        ({"told": {b"season": None}}, "must tell .* in its metadata; got no season"),
        ({"told": {b"quantiles": b"[0.5"}}, "must have columns of the right types"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(run, columns, message):
    rewrite(run, **columns)
    with pytest.raises(CheckpointError, match=message):
        report.collect(run)


def test_a_run_without_labels_is_read_and_one_without_windows_shown(run):
    assert not (run / "labels.json").exists()
    path = run / "predictions.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert report.collect(run).predictions is None
    text = text_of(run)
    assert "Test MASE" in text
    assert "Residuals" not in text


def test_figures_in_mappings_and_lists_are_kept(run):
    change_figures(run, naive={"mae": None, "mase": 1}, by_step={"mae": [1, None]})
    figures = report.collect(run).figures["test"]
    assert figures["naive"]["mase"] == 1.0
    assert np.isnan(figures["naive"]["mae"])
    assert figures["by_step"]["mae"][0] == 1.0
    assert np.isnan(figures["by_step"]["mae"][1])


@pytest.mark.parametrize("num_epochs", [0, 1, 2])
def test_an_unfinished_run_says_so(make_run, num_epochs):
    text = text_of(make_run("unfinished-forecasts", num_epochs=num_epochs))
    assert "This run has not finished." in text
    assert ("Validation skill" in text) == (num_epochs > 0)
    assert "Against the naive" not in text


def test_the_loss_of_a_likelihood_may_be_below_zero(make_run):
    folder = make_run("unfinished-forecasts", num_epochs=1)
    line = {"epoch": 1, "train": {"loss": -1.25, "log_likelihood": 1.25}, "seconds": 1.0}
    (folder / "history.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    page = page_of(folder)
    assert "Train loss -1.2500" in Page(page).text
    assert "−1.2" in page  # along the axis


@pytest.mark.parametrize("kind", ["forecasts", "one-series"])
def test_the_same_run_gives_the_same_characters(make_run, kind):
    run = report.collect(make_run(kind))
    assert report.render(run) == report.render(run)


WITHOUT_PANDAS = """
import sys
class Refusal:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refusal())
from ostinato import report
report.write(sys.argv[1])
sys.exit(bool({"torch", "matplotlib.pyplot"} & set(sys.modules)))
"""


def test_the_page_needs_neither_pandas_nor_torch_nor_pyplot(run):
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(run)]
    assert subprocess.run(command, check=False).returncode == 0


def forecast_of(horizon=3, **more):
    """Return a forecast of days, with an interval of 80 percent."""
    days = np.datetime64("2024-03-01") + np.arange(20 + horizon)
    mean = np.arange(1.0, horizon + 1)
    return Forecast(
        times=days[20:],
        mean=mean,
        quantiles=mean[:, None] + [-2.0, 0.5, 2.0],
        probabilities=(0.1, 0.5, 0.9),
        levels=(80,),
        history=np.arange(20.0),
        history_times=days[:20],
        **more,
    )


def lines_of(figure):
    return {line.get_label(): line.get_ydata() for line in figure.axes[0].get_lines()}


@pytest.mark.parametrize("horizon", [1, 3])
def test_a_figure_holds_what_it_is_given(horizon):
    actual = np.linspace(5, 6, horizon)
    forecast = forecast_of(horizon, actual=actual, baseline=actual - 9)
    figure = forecast_figure(forecast, title="a $b$", label="units")
    lines = lines_of(figure)
    assert lines["median"].tolist() == (forecast.mean + 0.5).tolist()
    assert lines["actual"].tolist() == [*range(20), *actual]
    assert lines["seasonal naive"].tolist() == (actual - 9).tolist()
    (band,) = figure.axes[0].collections
    values = np.concatenate([path.vertices for path in band.get_paths()])[:, 1]
    assert (values.min(), values.max()) == (-1.0, horizon + 2.0)
    assert figure.axes[0].get_title(loc="left") == "a $b$"
    figure.savefig(io.BytesIO(), format="png")


def test_names_in_chinese_stay_texts_and_what_no_font_has_is_told(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(forecast_plot, "_families", lambda: ["DejaVu Sans"])
    figure = forecast_figure(forecast_of(), title="北京", label="销量")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_figure(figure, tmp_path / "a.svg")
        assert not caplog.text
        write_figure(figure, tmp_path / "a.png")
    assert "no font here has all characters of the names; write svg" in caplog.text
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "北京" in svg
    assert "销量" in svg


def test_a_figure_needs_no_pyplot_and_no_actual_values():
    lines = lines_of(forecast_figure(forecast_of()))
    assert np.isnan(lines["actual"][20:]).all()
    assert "seasonal naive" not in lines


def test_a_value_without_neighbours_is_drawn_as_a_point():
    forecast = forecast_of(actual=np.array([np.nan, 7.0, np.nan]))
    points = [
        line for line in forecast_figure(forecast).axes[0].get_lines() if line.get_marker() == "."
    ]
    assert [point.get_ydata().tolist() for point in points] == [[7.0]]


def test_wider_intervals_lie_below_narrower_ones():
    forecast = forecast_of()
    wide = Forecast(
        **{
            **vars(forecast),
            "quantiles": forecast.mean[:, None] + [-4.0, -2.0, 0.0, 2.0, 4.0],
            "probabilities": (0.025, 0.1, 0.5, 0.9, 0.975),
            "levels": (80, 95),
        }
    )
    figure = forecast_figure(wide)
    heights = [np.ptp(band.get_paths()[0].vertices[:, 1]) for band in figure.axes[0].collections]
    assert heights == sorted(heights, reverse=True)
    patches = dict(
        zip(
            [text.get_text() for text in figure.legends[0].get_texts()],
            figure.legends[0].legend_handles,
            strict=True,
        )
    )
    assert patches["80% interval"].get_alpha() > patches["95% interval"].get_alpha()


@given(st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True))
def test_the_ends_of_every_level_are_found(levels):
    probabilities = metrics.quantile_levels_of(levels)
    for level in levels:
        low, high = ends_of(level, probabilities)
        assert probabilities[high] - probabilities[low] == pytest.approx(level / 100)
        assert probabilities[high] + probabilities[low] == pytest.approx(1)
    assert ends_of(99.5, probabilities) is None
