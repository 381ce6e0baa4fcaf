"""The forecaster keeps its promises, whatever holds the series and whichever way it forecasts."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

import ostinato
from ostinato import ConfigError, DatasetError, Forecaster, Recurrent, Training
from ostinato.tasks.forecasting.preprocessing import table_of

LENGTHS = {"a": 90, "b": 75, "c": 60}
HORIZON = 7
FEW_DAYS = pd.Timedelta(days=HORIZON)


def sales(**lengths: int) -> pd.DataFrame:
    """Days of some series with a week in them, each on its own level."""
    rng = np.random.default_rng(0)
    tables = []
    for n, (name, length) in enumerate((lengths or LENGTHS).items()):
        step = np.arange(length)
        y = (n + 1) * 100 + 20 * np.sin(2 * np.pi * step / 7) + rng.normal(size=length)
        days = pd.date_range("2024-01-01", periods=length)
        tables.append(pd.DataFrame({"unique_id": name, "ds": days, "y": y.round(2)}))
    return pd.concat(tables, ignore_index=True)


def promoted() -> pd.DataFrame:
    """Sales that a promotion lifts at once, with what was known when, and where."""
    table = sales()
    rng = np.random.default_rng(1)
    table["promotion"] = rng.integers(0, 2, len(table))
    table["visitors"] = rng.normal(size=len(table))
    table["region"] = table["unique_id"].map({"a": "north", "b": "south", "c": "north"})
    table["y"] += 60 * table["promotion"]
    return table


ROLES = {"known_columns": ["promotion"], "past_columns": ["visitors"], "static_columns": ["region"]}


def ahead(promotion: float) -> pd.DataFrame:
    """The days after those series, all with or all without a promotion."""
    last = promoted().groupby("unique_id")["ds"].max()
    days = [pd.date_range(end, periods=HORIZON + 1)[1:] for end in last]
    rows = {"unique_id": np.repeat(last.index, HORIZON), "ds": np.concatenate(days)}
    return pd.DataFrame({**rows, "promotion": promotion})


def small(**settings) -> Forecaster:
    model = Forecaster(
        horizon=HORIZON,
        context=14,
        recurrent=Recurrent(cell="gru", hidden_size=8, bidirectional=False),
        training=Training(epochs=2, batch_tokens=None, batch_size=64, learning_rate=1e-2),
        num_samples=50,
    )
    return model.set_params(**settings)


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return small().fit(sales())


@pytest.fixture(scope="module")
def informed() -> Forecaster:
    model = small(training__epochs=20, recurrent__hidden_size=16, head_dropout=0.0)
    return model.fit(promoted(), **ROLES)


@pytest.fixture(scope="module")
def of_two() -> Forecaster:
    table = sales()
    return small().fit(table.assign(z=-table["y"]), target_columns=["y", "z"])


def medians(table: pa.Table) -> np.ndarray:
    return np.asarray(table["median"])


def test_a_row_a_step_begins_after_the_last_one_of_each_series(fitted):
    found = fitted.predict().to_pandas()
    assert list(found) == [
        *("unique_id", "ds", "mean", "lo-95", "lo-80", "median", "hi-80", "hi-95")
    ]
    assert found["unique_id"].tolist() == [name for name in "abc" for _ in range(HORIZON)]
    days = [pd.date_range("2024-01-01", periods=n + HORIZON)[n:] for n in LENGTHS.values()]
    assert found["ds"].tolist() == np.concatenate(days).tolist()


def test_intervals_hold_one_another(fitted):
    found = fitted.predict().to_pandas()
    ends = found[["lo-95", "lo-80", "median", "hi-80", "hi-95"]].to_numpy()
    assert np.isfinite(ends).all()
    assert (np.diff(ends) >= 0).all()
    assert (ends[:, 0] < ends[:, -1]).all()


def forms(folder) -> dict[str, tuple[object, dict]]:
    """The same series as whatever may hold them, and how each is read."""
    table = sales()
    table.to_csv(folder / "sales.csv", index=False)
    wide = table.pivot(index="ds", columns="unique_id", values="y")
    wide.reset_index().to_csv(folder / "wide.csv", index=False)
    called = {"unique_id": "shop", "ds": "day of sale", "y": "sold"}
    names = {"id_column": "shop", "time_column": "day of sale", "target_columns": ["sold"]}
    return {
        "csv": (folder / "sales.csv", {}),
        "path as a string": (str(folder / "sales.csv"), {}),
        "in any order": (table.sample(frac=1, random_state=0), {}),
        "other names": (table.rename(columns=called), names),
        "wide": (wide, {"wide": True}),
        "wide csv": (folder / "wide.csv", {"wide": True}),
    }


FORMS = ("csv", "path as a string", "in any order")


@pytest.mark.parametrize("form", [*FORMS, "other names", "wide", "wide csv"])
def test_it_learns_the_same_from_whatever_holds_the_series(fitted, form, tmp_path):
    source, columns = forms(tmp_path)[form]
    model = small().fit(source, **columns)
    assert model.predict().equals(fitted.predict())
    assert model.predict(source).equals(fitted.predict())  # the columns are those of train


def test_how_a_file_is_written_is_of_that_file_alone(fitted, tmp_path, caplog):
    sales().to_csv(tmp_path / "a.csv", index=False, sep="#", encoding="utf-16")
    columns = {"id_column": "unique_id", "delimiter": "#", "encoding": "utf-16"}
    model = small().fit(tmp_path / "a.csv", **columns)
    assert model.columns_ == {"id_column": "unique_id"}
    with caplog.at_level("INFO"):
        assert model.predict(sales()).equals(fitted.predict())
    assert "not used" not in caplog.text


@pytest.mark.parametrize("form", FORMS)
def test_it_reads_new_series_from_whatever_holds_them(fitted, form, tmp_path):
    assert fitted.predict(forms(tmp_path)[form][0]).equals(fitted.predict())


def test_a_missing_row_is_a_missing_value():
    table = sales()
    gaps = (table["unique_id"] == "b") & (table.index % 9 == 4)
    emptied = small(training__epochs=1).fit(table.assign(y=table["y"].mask(gaps)))
    left_out = small(training__epochs=1).fit(table[~gaps])
    assert emptied.predict().equals(left_out.predict())
    assert np.isfinite(medians(emptied.predict())).all()


@pytest.mark.parametrize("likelihood", ["gaussian", "student-t", "negative-binomial"])
def test_sampled_forecasts_of_a_series_are_the_same_alone_and_beside_others(likelihood):
    table = sales().assign(y=np.random.default_rng(0).poisson(3, sum(LENGTHS.values())))
    model = small(method="autoregressive", likelihood=likelihood).fit(table)
    found = model.predict(table, ends="own").to_pandas()
    for name, rows in table.groupby("unique_id"):
        alone = model.predict(rows, ends="own").to_pandas()
        beside = found[found["unique_id"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, beside, check_exact=True)
    again = model.predict(table[::-1], ends="own").to_pandas()
    pd.testing.assert_frame_equal(again, found, check_exact=True)


def test_the_future_is_written_as_the_table_before_it(informed, tmp_path):
    past, future = tmp_path / "a.csv", tmp_path / "b.csv"
    for table, path in ((promoted(), past), (ahead(1), future)):
        table.to_csv(path, index=False, sep="#", encoding="utf-16-le")
    written = {"delimiter": "#", "encoding": "utf-16-le"}
    expected = informed.predict(promoted(), future=ahead(1))
    assert informed.predict(past, future=future, **written).equals(expected)
    assert len(list(informed.predict_details([past], future=future, **written))) == len(expected)
    with pytest.raises(DatasetError):
        informed.predict(past, future=future)


def test_the_unit_of_a_series_does_not_matter(fitted):
    table = sales()
    found = small().fit(table.assign(y=table["y"] * 1024)).predict()
    np.testing.assert_allclose(medians(found), 1024 * medians(fitted.predict()), rtol=1e-6)


def test_series_that_were_not_trained_on_are_forecast_too(fitted):
    found = fitted.predict(sales(new=40, a=90)).to_pandas()
    assert found["unique_id"].unique().tolist() == ["a", "new"]
    assert found["ds"].iloc[-1] == pd.Timestamp("2024-01-01") + pd.Timedelta(days=46)
    assert np.isfinite(found["median"]).all()


def test_a_history_that_has_gone_on_is_forecast_from_its_end(fitted):
    found = fitted.predict(sales(a=100)).to_pandas()
    assert found["ds"].iloc[0] == pd.Timestamp("2024-04-10")
    assert len(found) == HORIZON


def test_a_shorter_horizon_is_the_beginning_of_the_longer(fitted):
    whole = fitted.predict().to_pandas().groupby("unique_id").head(3).reset_index(drop=True)
    pd.testing.assert_frame_equal(fitted.predict(horizon=3).to_pandas(), whole)


def test_a_longer_horizon_than_the_one_trained_for_is_refused(fitted):
    with pytest.raises(ConfigError, match=r"horizon must be at most 7, .*got 8"):
        fitted.predict(horizon=8)
    with pytest.raises(ConfigError, match="horizon"):
        fitted.predict(horizon=0)


def test_several_targets_are_forecast_side_by_side(of_two):
    found = of_two.predict().to_pandas()
    assert len(found) == 2 * len(LENGTHS) * HORIZON
    assert found["target"].unique().tolist() == ["y", "z"]
    ends = found.groupby(["unique_id", "target"])["median"].mean().unstack()
    assert (ends["y"] > 0).all()
    assert (ends["z"] < 0).all()


def test_what_is_known_of_the_future_is_used(informed):
    with_it, without = (medians(informed.predict(future=ahead(p))) for p in (1, 0))
    assert (with_it > without).mean() > 0.9


def test_the_future_may_stand_in_the_table_or_beside_it(informed):
    table = promoted()
    both = pd.concat([table, ahead(1)])
    both["region"] = both["region"].fillna(
        both["unique_id"].map(table.groupby("unique_id")["region"].first())
    )
    assert informed.predict(both).equals(informed.predict(future=ahead(1)))


@pytest.mark.parametrize("column", ["visitors", "promotion"])
def test_the_columns_of_the_past_are_read(informed, column):
    table = promoted()
    table[column] = 1 - table[column]
    changed = informed.predict(table, future=ahead(0))
    assert (medians(changed) != medians(informed.predict(future=ahead(0)))).all()


def test_attributes_of_a_series_are_read(informed):
    table = promoted()
    table["region"] = table["region"].map({"north": "south", "south": "north"})
    changed = informed.predict(table, future=ahead(0))
    assert (medians(changed) != medians(informed.predict(future=ahead(0)))).all()
    new = informed.predict(table.assign(region="west"), future=ahead(0))
    assert np.isfinite(medians(new)).all()


def test_a_step_ahead_of_which_too_little_is_known_is_refused(informed):
    rule = r"series b, time 2024-03-18.*known column `promotion`"
    future = ahead(1)
    day = (future["unique_id"] == "b") & (future["ds"] == "2024-03-18")
    with pytest.raises(DatasetError, match=rule):
        informed.predict(future=future[~day])
    with pytest.raises(DatasetError, match=rule):
        informed.predict(future=future.assign(promotion=future["promotion"].mask(day)))
    with pytest.raises(DatasetError, match=r"series a, time 2024-03-31.*`promotion`"):
        informed.predict()
    with pytest.raises(DatasetError, match="promotion"):
        informed.predict(future=future.drop(columns="promotion"))


def test_a_shorter_horizon_needs_less_of_the_future(informed):
    found = informed.predict(horizon=2, future=ahead(1).groupby("unique_id").head(2))
    assert np.isfinite(medians(found)).all()
    assert len(found) == 2 * len(LENGTHS)
    with pytest.raises(DatasetError, match=r"series a, time 2024-04-01.*`promotion`"):
        informed.predict(horizon=2, future=ahead(1).groupby("unique_id").head(1))


@pytest.mark.parametrize("name", ["fitted", "informed", "of_two"])
def test_a_loaded_model_says_the_same(name, request, tmp_path):
    model = request.getfixturevalue(name)
    model.save(tmp_path / "run")
    loaded = ostinato.load(tmp_path / "run")
    future = ahead(1) if name == "informed" else None
    assert loaded.predict(future=future).equals(model.predict(future=future))
    table = {"fitted": sales(), "informed": promoted()}.get(name)
    if table is not None:  # the columns that it is read by are kept
        assert loaded.evaluate(table) == model.evaluate(table)
    assert loaded.get_params(deep=True) == model.get_params(deep=True)


def test_figures_are_of_the_last_horizon_with_the_naive_beside(fitted):
    figures = fitted.evaluate(sales())
    actual = sales().groupby("unique_id").tail(HORIZON)["y"].to_numpy()
    ends = sales().groupby("unique_id")["ds"].transform("max")
    past = sales()[lambda t: t["ds"] <= ends - FEW_DAYS]
    found = medians(fitted.predict(past))
    assert figures["mae"] == pytest.approx(np.abs(found - actual).mean(), rel=1e-5)
    steps = np.abs(found - actual).reshape(-1, HORIZON).mean(axis=0)
    np.testing.assert_allclose(figures["by_step"]["mae"], steps, rtol=1e-4)
    weeks = past.groupby("unique_id")["y"].tail(HORIZON).to_numpy()
    assert figures["seasonal_naive"]["mae"] == pytest.approx(np.abs(weeks - actual).mean())
    assert {"mse", "rmse", "smape", "mase", "crps", "coverage_80"} <= figures.keys()
    assert {"naive", "seasonal_naive", "drift"} <= figures.keys()
    saved = 1 - figures["crps"] / figures["seasonal_naive"]["crps"]
    assert fitted.score(sales()) == pytest.approx(saved)


def test_a_plot_is_a_figure(fitted, of_two):
    assert isinstance(fitted.plot(), Figure)
    assert "b" in fitted.plot("b").axes[0].get_title(loc="left") + str(fitted.plot("b").texts)
    assert isinstance(of_two.plot("c", target="z"), Figure)
    with pytest.raises(DatasetError, match="no series `d`"):
        fitted.plot("d")
    with pytest.raises(ConfigError, match="plot: there is no target column `zz`; did you mean `z`"):
        of_two.plot("c", target="zz")


@pytest.mark.parametrize("method", ["direct", "segment", "autoregressive"])
def test_each_method_keeps_the_promises(method, tmp_path):
    model = small(method=method).fit(sales(), out=tmp_path / "run")
    found = model.predict()
    assert np.isfinite(medians(found)).all()
    assert ostinato.load(tmp_path / "run").predict().equals(found)
    short = medians(model.predict(horizon=2))
    np.testing.assert_array_equal(short, medians(found).reshape(-1, HORIZON)[:, :2].ravel())
    off = np.abs(medians(found).reshape(-1, HORIZON).mean(1) - [100, 200, 300])
    assert (off < 40).all()  # each on its own level


@pytest.mark.parametrize("method", ["segment", "autoregressive"])
def test_a_method_that_goes_on_from_its_last_state_has_one_direction(method):
    with pytest.raises(ConfigError, match=f"one direction for the {method} method"):
        small(method=method, recurrent__bidirectional=True).fit(sales())


def test_the_autoregressive_method_reads_no_past_columns():
    with pytest.raises(ConfigError, match=r"reads no past columns.*visitors"):
        small(method="autoregressive").fit(promoted(), **ROLES)


@pytest.mark.parametrize("settings", [{}, {"transform": "none", "window_scaling": "standard"}])
def test_series_that_are_never_below_0_have_no_forecast_there(settings, tmp_path):
    rng = np.random.default_rng(0)
    table = sales(up=60, down=60)
    table["y"] = rng.poisson(0.4, len(table)) * rng.integers(1, 9, len(table)) * 1.0
    table.loc[table["unique_id"] == "down", "y"] -= 3
    model = small(**settings).fit(table, out=tmp_path / "run")
    found = model.predict().to_pandas().set_index("unique_id")
    assert (found.loc["up", ["lo-95", "lo-80", "median", "mean"]] >= 0).all(axis=None)
    assert (found.loc["down", "lo-95"] < 0).all()
    assert ostinato.load(tmp_path / "run").predict().equals(model.predict())


@pytest.mark.parametrize("value", [0.0, 14.62, 1e-45, 1e150])
def test_a_constant_beside_others_changes_no_interval_of_theirs(value, tmp_path):
    table = sales(a=80, flat=80)
    wave = table["unique_id"] == "a"
    beside = {}
    for moved in (value or 0.5, 1.03 * value or 1.0):
        y = table["y"].where(wave, value)
        y[table.index[-10:]] = moved
        model = small(transform="none").fit(table.assign(y=y))
        found = model.predict().to_pandas().set_index("unique_id")
        assert np.isfinite(found["hi-95"]).all()
        beside[moved] = found.loc["a", ["lo-95", "hi-95"]].to_numpy()
        assert (beside[moved] > 0).all()
        assert (beside[moved] < 400).all()
    model.save(tmp_path / "run")
    assert ostinato.load(tmp_path / "run").predict().equals(model.predict())


COUNTED = {"method": "autoregressive", "likelihood": "negative-binomial"}


def test_counts_are_forecast_by_counts():
    table = sales().assign(y=np.random.default_rng(0).poisson(3, sum(LENGTHS.values())))
    found = small(**COUNTED).fit(table).predict().to_pandas()
    assert (found[["lo-95", "lo-80", "median", "hi-80", "hi-95"]] >= 0).all(axis=None)
    assert np.isfinite(found["mean"]).all()


@pytest.mark.parametrize("value", [0.5, -1.0])
def test_what_is_no_count_is_refused(value):
    table = sales().assign(y=1.0)
    table.loc[95, "y"] = value
    with pytest.raises(DatasetError, match=f"series b, time 2024-01-06.*`y` .*got {value:g}"):
        small(**COUNTED).fit(table)


def test_logarithms_are_of_what_is_above_0(fitted):
    table = sales()
    found = small(transform="log").fit(table)
    assert (medians(found.predict()) > 0).all()
    table.loc[95, "y"] = 0.0
    rule = "series b, time 2024-01-06.*`y` must be above 0; got 0"
    with pytest.raises(DatasetError, match=rule):
        small(transform="log").fit(table)
    with pytest.raises(DatasetError, match=rule):
        found.predict(table)
    assert np.isfinite(medians(small(training__epochs=1).fit(table).predict())).all()


def test_growth_that_multiplies_is_told_in_logarithms():
    step = np.arange(120)
    grown = 10 * np.exp(0.03 * step) * (1 + 0.3 * np.sin(2 * np.pi * step / 7))
    days = pd.date_range("2024-01-01", periods=120)
    model = small().fit({"ds": days, "y": grown})
    assert model.preprocessor_.scaling.is_log
    assert not small(training__epochs=1).fit(sales()).preprocessor_.scaling.is_log


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levels": (0,)}, "levels must be .*; got 0"),
        ({"levels": (100,)}, "levels must be .*; got 100"),
        ({"levels": ()}, "levels must name an interval"),
        ({"horizon": 0}, "horizon must be .*; got 0"),
        ({"context": 0}, "context must be .*; got 0"),
        ({"segment": 0}, "segment must be .*; got 0"),
        ({"season": 0}, "season must be .*; got 0"),
        ({"num_samples": 0}, "num_samples must be .*; got 0"),
        ({"train_windows": 0}, "train_windows must be .*; got 0"),
        ({"head_dropout": 1.0}, "head_dropout must be .*; got 1"),
        ({"method": "magic"}, "method must be .*magic"),
        ({"likelihood": "poisson"}, "likelihood must be .*poisson"),
        ({"transform": "root"}, "transform must be .*root"),
        ({"window_scaling": "first"}, "window_scaling must be .*first"),
        ({"frequency": "fortnight"}, "frequency: must be an alias"),
    ],
)
def test_wrong_settings_are_refused_when_it_is_fitted(settings, message):
    with pytest.raises(ConfigError, match=re.compile(message)):
        small(**settings).fit(sales())


def test_series_of_another_kind_than_those_of_train_are_refused(fitted, informed):
    table = sales()
    hours = table.assign(ds=pd.Timestamp("2024-01-01") + (table["ds"] - table["ds"].min()) / 24)
    with pytest.raises(DatasetError, match="a step must be D, as in train; got h"):
        fitted.predict(hours)
    with pytest.raises(DatasetError, match="there is no known column `promotion`"):
        informed.predict(table)
    with pytest.raises(DatasetError, match="a future tells the known columns"):
        fitted.predict(future=ahead(1).rename(columns={"promotion": "y"}))


def blank(table, name, days):
    """A table in which the last days of a series are empty."""
    last = table["ds"][table["unique_id"] == name].max()
    is_blank = (table["unique_id"] == name) & (table["ds"] > last - pd.Timedelta(days=days))
    return table.assign(y=table["y"].mask(is_blank))


def test_a_series_that_cannot_be_forecast_is_named_and_the_others_are_answered(fitted, caplog):
    table = blank(sales(), "b", 75)
    found = fitted.predict(table)
    assert set(found["unique_id"].to_pylist()) == {"a", "c"}
    assert "1 of 3 series have no forecast, `b`" in caplog.text
    rows = fitted.predict_details([table], on_error="skip")
    assert [row["id"] for row in rows if "error" in row] == ["b"]
    assert "got none" in fitted.format_prediction(rows[0])
    with pytest.raises(DatasetError, match=r"series `b` must have a value of `y`.*got none"):
        fitted.predict(table, on_error="raise")
    with pytest.raises(DatasetError, match=r"series `b` must have a value"):
        fitted.predict(table[table["unique_id"] == "b"])
    with pytest.raises(ConfigError, match="on_error must be one of raise, skip; got `stop`"):
        fitted.predict(on_error="stop")


def test_a_step_that_is_not_told_stops_one_series_alone_if_it_is_asked_to(informed):
    future = ahead(1)
    day = (future["unique_id"] == "b") & (future["ds"] == "2024-03-18")
    found = informed.predict(future=future[~day], on_error="skip").to_pandas()
    whole = informed.predict(future=future).to_pandas()
    assert set(found["unique_id"]) == {"a", "c"}
    pd.testing.assert_frame_equal(found, whole[whole["unique_id"] != "b"].reset_index(drop=True))


SAME = {"a": 60, "b": 60, "c": 60}


@pytest.mark.parametrize("days", [1, 5])
@pytest.mark.parametrize("form", ["blank", "without rows", "wide"])
def test_dated_series_that_end_a_little_earlier_are_forecast_from_the_common_end(
    fitted, form, days, caplog
):
    table = blank(sales(**SAME), "b", days)
    if form == "without rows":
        table = table.dropna()
    if form == "wide":
        table = table.pivot(index="ds", columns="unique_id", values="y")
        fitted = small(training__epochs=1).fit(
            sales(**SAME).pivot(index="ds", columns="unique_id", values="y"), wide=True
        )
    common = fitted.predict(table).to_pandas().groupby("unique_id")["ds"].min()
    assert (common == pd.Timestamp("2024-03-01")).all()
    assert "such as `b`, end up to" in caplog.text
    own = fitted.predict(table, ends="own").to_pandas().groupby("unique_id")["ds"].min()
    assert own["b"] == pd.Timestamp("2024-03-01") - pd.Timedelta(days=days)
    assert own["a"] == own["c"] == pd.Timestamp("2024-03-01")


def test_a_series_that_is_a_day_short_does_not_ask_for_more_of_the_future(informed):
    table = promoted().groupby("unique_id").head(60)
    short = table.drop(table.index[table["unique_id"] == "b"][-1])
    days = pd.date_range("2024-03-01", periods=HORIZON)
    shared = pd.DataFrame({"ds": days, "promotion": 1.0})  # of every series
    own = pd.concat([shared.assign(unique_id=name) for name in "abc"])
    for future in (shared, own):
        found = informed.predict(short, future=future).to_pandas()
        assert found.groupby("unique_id")["ds"].min().tolist() == [days[0]] * 3
    assert informed.predict(table, future=shared).equals(informed.predict(table, future=own))
    assert isinstance(informed.plot("b", future=ahead(1)), Figure)


def drawn(figure: Figure) -> list[float]:
    """The forecast in a figure."""
    (line,) = (one for one in figure.axes[0].get_lines() if one.get_label() == "median")
    return line.get_ydata().tolist()


def test_a_series_is_drawn_by_what_is_known_of_it_alone(informed):
    future = ahead(1)
    said = informed.predict(future=future).to_pandas()
    for name in "abc":
        own = future[future["unique_id"] == name]
        expected = said[said["unique_id"] == name]["median"]
        assert drawn(informed.plot(name, future=own)) == expected.tolist()
        short = informed.plot(name, future=own, horizon=3)
        assert drawn(short) == expected.tolist()[:3]
    with pytest.raises(DatasetError, match=r"series b, time .* `promotion` must be told"):
        informed.plot("b", future=future[future["unique_id"] == "a"])


def test_forecasts_of_series_that_were_never_negative_are_drawn_from_zero(tmp_path):
    table = sales(a=60, b=60)
    table["y"] = (table["y"] % 7 - 1).clip(lower=0)  # many zeros
    figure = small(training__epochs=1).fit(table).plot("a")
    assert min(drawn(figure)) >= 0
    assert figure.axes[0].get_ylim()[0] == 0
    bands = [band.get_paths()[0].vertices[:, 1] for band in figure.axes[0].collections]
    assert min(map(min, bands)) >= 0


@pytest.mark.parametrize("kind", ["int64", "category"])
def test_ids_that_are_whole_numbers_stay_so(kind, tmp_path):
    table = sales(**{"3": 60, "10": 50}).astype({"unique_id": "int64"}).astype({"unique_id": kind})
    model = small(training__epochs=1).fit(table)
    found = model.predict()
    assert found["unique_id"].type == pa.int64()
    assert found["unique_id"].unique().to_pylist() == [3, 10]
    assert model.predict_details([None])[0]["id"] == 3
    model.save(tmp_path / "run")
    assert ostinato.load(tmp_path / "run").predict().equals(found)
    assert isinstance(model.plot(10), Figure)
    joined = found.to_pandas().merge(
        table.astype({"unique_id": "int64"}), on=["unique_id", "ds"], how="outer"
    )
    assert len(joined) == 110 + 2 * HORIZON
    wide = table.astype({"unique_id": "int64"}).pivot(index="ds", columns="unique_id", values="y")
    assert small(training__epochs=1).fit(wide, wide=True).predict().equals(found)


ZONES = [("h", "America/New_York"), ("h", "+05:30"), ("D", "Europe/Berlin"), ("MS", "Asia/Tokyo")]


@pytest.mark.parametrize(("step", "zone"), ZONES)
def test_forecasts_carry_the_zone_of_the_series(step, zone, tmp_path):
    times = pd.date_range("2024-02-01", periods=79, freq=step, tz=zone)
    frame = pd.DataFrame({"ds": times, "y": np.arange(79) % 7 + 1.0})
    model = small(training__epochs=1, horizon=2).fit(frame)
    found = model.predict()
    expected = pd.date_range(times[-1], periods=3, freq=step)[1:]
    assert found.to_pandas()["ds"].tolist() == expected.tolist()
    said = [pd.Timestamp(row["time"]) for row in model.predict_details([None])]
    assert said == expected.tolist()
    model.save(tmp_path / "run")
    assert ostinato.load(tmp_path / "run").predict().equals(found)
    table = model.backtest(frame, cutoffs=1).table.to_pandas()
    assert table["cutoff"].tolist() == [times[-3]] * 2


def test_the_step_is_that_of_train_whatever_a_short_past_suggests(fitted):
    table = sales(new=20).iloc[[0, 7, 14]]
    assert fitted.predict(table).to_pandas()["ds"].iloc[0] == table["ds"].iloc[-1] + pd.Timedelta(
        days=1
    )
    one = fitted.predict(table.iloc[:1])
    assert one["ds"][0].as_py() == pd.Timestamp("2024-01-02")


@pytest.mark.parametrize("freq", ["W", "2D", "MS"])
def test_a_past_that_steps_by_more_than_train_is_told(fitted, freq, caplog):
    table = sales(a=80)
    table["ds"] = pd.date_range("2024-01-01", periods=len(table), freq=freq)
    with caplog.at_level("WARNING", logger="ostinato"):
        fitted.predict(table.head(4))  # too few to tell
        assert "steps regularly" not in caplog.text
        fitted.predict(table)
    assert "steps regularly by more than D" in caplog.text


def test_gaps_that_were_asked_for_in_train_may_come_again():
    table = sales(a=80)
    table["ds"] = pd.date_range("2024-01-01", periods=len(table), freq="2D")
    model = small(frequency="D", training__epochs=1).fit(table)
    assert len(model.predict(table)) == HORIZON


@pytest.mark.parametrize("horizon", ["4", 2.0, True, [2]])
def test_a_horizon_that_is_no_whole_number_is_refused(fitted, horizon):
    with pytest.raises(ConfigError, match="horizon must be a"):
        fitted.predict(horizon=horizon)


@pytest.mark.parametrize("levels", [("80",), (0.8, 0.95), (True,)])
def test_levels_are_percent(levels):
    with pytest.raises(ConfigError, match="levels must be"):
        small(levels=levels).fit(sales())


def test_values_apart_from_their_series_are_refused():
    with pytest.raises(DatasetError, match="must be a column of X"):
        small().fit(sales(), sales()["y"])


def test_series_and_attributes_that_train_had_not_are_told(fitted, informed, caplog):
    with caplog.at_level("WARNING", logger="ostinato"):
        fitted.predict(sales())
        fitted.predict(sales(a=90, new=80))
        assert "train" not in caplog.text
        fitted.predict(sales(new=80))
        assert "no series was in train, as `new`" in caplog.text
        informed.predict(promoted().assign(region="west"), future=ahead(1))
    assert "`region` has values that train had not, as `west`" in caplog.text


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_days_of_the_future_are_those_of_its_own_clock(informed, zone):
    future = ahead(1)
    there = future.assign(ds=pd.to_datetime(future["ds"]).dt.tz_localize(zone))
    assert informed.predict(future=there).equals(informed.predict(future=future))


def test_series_that_were_loaded_already_are_read_as_their_table() -> None:
    table = promoted()
    loaded = ostinato.datasets.load_series(table, **ROLES)
    of_table, of_loaded = small().fit(table, **ROLES), small().fit(loaded)
    future = ahead(1.0)
    assert of_loaded.predict(future=future).equals(of_table.predict(future=future))
    assert of_loaded.predict(loaded, future=future).equals(of_loaded.predict(future=future))
    with pytest.raises(DatasetError, match="have their columns; got known_columns"):
        small().fit(loaded, **ROLES)


def test_a_column_that_is_named_leaves_the_others_those_of_train():
    rows = {"when": [1, 2, 3], "load": [4.0, 5.0, 6.0], "value": [7.0, 8.0, 9.0], "kind": ["a"] * 3}
    train = {"target_columns": ["load"], "static_columns": ["kind"], "wide": True}
    table = table_of(rows, {"time_column": "when"}, train)
    assert (list(table.values), list(table.static)) == (["load"], ["kind"])
