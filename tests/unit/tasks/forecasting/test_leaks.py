"""A value planted after a cutoff is seen by nothing before it; each leak made on purpose is found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from ostinato import Forecaster, Recurrent, Training
from ostinato.series import Panel
from ostinato.tasks.forecasting import time_splits
from ostinato.tasks.forecasting.backtest import Backtest

HORIZON = 5
CUTOFFS = 3
PLANTED = 1e9
SHOWN = ["unique_id", "ds", "cutoff", "mean", "lo-80", "median", "hi-80"]
ROLES = {"past_columns": ["visitors"], "known_columns": ["promotion"]}


def small(**settings) -> Forecaster:
    model = Forecaster(
        horizon=HORIZON,
        context=14,
        recurrent=Recurrent(cell="gru", hidden_size=8, bidirectional=False),
        training=Training(epochs=2, batch_tokens=None, batch_size=64, learning_rate=1e-2),
        levels=(80,),
        num_samples=20,
    )
    return model.set_params(**settings)


def table() -> pd.DataFrame:
    """Days of two series with a week in them, the first one longer, and what is known of them."""
    rng = np.random.default_rng(0)
    tables = []
    for n, (name, length) in enumerate({"a": 70, "b": 55}.items()):
        step = np.arange(length)
        y = 100 * (n + 1) + 20 * np.sin(2 * np.pi * step / 7) + rng.normal(size=length)
        days = pd.date_range("2024-01-01", periods=length)
        rows = {"unique_id": name, "ds": days, "y": y.round(), "visitors": rng.normal(size=length)}
        tables.append(pd.DataFrame({**rows, "promotion": rng.integers(0, 2, length)}))
    return pd.concat(tables, ignore_index=True)


def planted(steps: int, columns: list[str]) -> pd.DataFrame:
    """The table with a huge value in the last steps of its first series."""
    found = table()
    last = found.index[found["unique_id"] == "a"][-steps:]
    found.loc[last, columns] = PLANTED
    return found


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one[SHOWN].equals(other[SHOWN])


def trained(source: pd.DataFrame, model: Forecaster, **columns) -> tuple[bytes, pd.DataFrame]:
    """Weights of a model whose last horizon is the test split, and its forecasts of that split."""
    model = clone(model)
    splits = model.load_splits(source=source, target_columns=["y"], **columns)
    model.fit_splits(splits)
    forecasts, _ = model.predictor.measured(splits["test"])
    weights = b"".join(tensor.numpy().tobytes() for tensor in model.module_.state_dict().values())
    return weights, forecasts.table(with_actual=True).to_pandas()


def sees_the_test_split(model: Forecaster, columns: list[str], **roles) -> bool:
    weights, found = trained(table(), model, **roles)
    others, with_it = trained(planted(HORIZON, columns), model, **roles)
    return weights != others or not same(found, with_it)


@pytest.mark.parametrize("method", ["segment", "direct", "autoregressive"])
@pytest.mark.parametrize("scaling", ["last", "standard", "mean", "none"])
def test_no_method_and_no_scale_sees_what_comes_after_the_cutoff(method, scaling):
    model = small(method=method, window_scaling=scaling, training__epochs=1)
    assert not sees_the_test_split(model, ["y"])


@pytest.mark.parametrize("transform", ["log", "auto", "none"])
def test_no_transform_sees_what_comes_after_the_cutoff(transform):
    assert not sees_the_test_split(small(transform=transform), ["y"])


def test_counts_do_not_see_what_comes_after_the_cutoff():
    model = small(method="autoregressive", likelihood="negative-binomial")
    assert not sees_the_test_split(model, ["y"])


def test_columns_of_the_past_are_not_seen_before_their_time():
    assert not sees_the_test_split(small(), ["y", "visitors"], **ROLES)


def test_what_is_known_of_the_future_is_seen_but_not_trained_on():
    weights, found = trained(table(), small(), **ROLES)
    source = table()
    last = source.index[source["unique_id"] == "a"][-HORIZON:]
    source.loc[last, "promotion"] = 1 - source.loc[last, "promotion"]
    others, with_it = trained(source, small(), **ROLES)
    assert weights == others
    is_a = found["unique_id"] == "a"
    assert not same(found[is_a], with_it[is_a])
    assert same(found[~is_a], with_it[~is_a])


def leak_into_train(patch: pytest.MonkeyPatch) -> None:
    """Train goes on to the end of the series."""
    splits_of = time_splits.splits_of

    def leaking(panel: Panel, horizon: int) -> dict[str, time_splits.SeriesSplit]:
        splits = splits_of(panel, horizon)
        return {**splits, "train": time_splits.SeriesSplit(panel, splits["train"].begin)}

    patch.setattr(time_splits, "splits_of", leaking)


def leak_into_windows(patch: pytest.MonkeyPatch) -> None:
    """What is measured begins a step late, so its windows read a step too many."""
    places = time_splits.SeriesSplit.places

    def leaking(split: time_splits.SeriesSplit, horizon: int) -> time_splits.WindowIndex:
        found = places(split, horizon)
        late = found.origin + (not split.every_cutoff)
        return time_splits.WindowIndex(found.series, found.target, late)

    patch.setattr(time_splits.SeriesSplit, "places", leaking)


def leak_into_levels(patch: pytest.MonkeyPatch) -> None:
    """A series keeps a horizon more than it had before its cutoff."""
    until = Panel.until

    def leaking(panel: Panel, ends: np.ndarray, future: int = 0) -> Panel:
        return until(panel, np.asarray(ends) + HORIZON, future)

    patch.setattr(Panel, "until", leaking)


LEAKS = [leak_into_train, leak_into_windows, leak_into_levels]


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_made_on_purpose_is_found(leak: Callable, monkeypatch):
    leak(monkeypatch)
    assert sees_the_test_split(small(), ["y"])


@pytest.fixture(scope="module", params=[False, True], ids=["once", "refit"])
def refit(request) -> bool:
    return request.param


def rolled(source: pd.DataFrame, refit: bool, **settings) -> Backtest:
    model = small(training__epochs=1, **settings)
    return model.backtest(source, cutoffs=CUTOFFS, refit=refit, target_columns=["y"])


@pytest.fixture(scope="module")
def tested(refit) -> Backtest:
    return rolled(table(), refit)


def at(found: Backtest, cutoff: int) -> pd.DataFrame:
    """The rows of one of the cutoffs, the earliest 0, of both series."""
    rows = found.table.to_pandas()
    assert len(rows) == CUTOFFS * 2 * HORIZON
    return rows.iloc[cutoff * 2 * HORIZON : (cutoff + 1) * 2 * HORIZON]


@pytest.mark.parametrize("cutoff", range(CUTOFFS))
def test_no_cutoff_of_a_backtest_sees_what_came_after_it(tested, refit, cutoff):
    others = rolled(planted(HORIZON * (CUTOFFS - cutoff), ["y"]), refit)
    for earlier in range(cutoff + 1):
        assert same(at(tested, earlier), at(others, earlier))
    for later in range(cutoff + 1, CUTOFFS):  # by then it is the past
        assert not same(at(tested, later), at(others, later))


@pytest.mark.parametrize("scaling", ["standard", "mean"])
def test_no_scale_of_a_window_sees_what_came_after_its_cutoff(refit, scaling):
    tables = (table(), planted(HORIZON, ["y"]))
    found, others = (rolled(each, refit, window_scaling=scaling) for each in tables)
    assert same(found.table.to_pandas(), others.table.to_pandas())


@pytest.mark.parametrize("leak", [leak_into_windows, leak_into_levels])
def test_a_leak_into_a_backtest_is_found(refit, leak, monkeypatch):
    leak(monkeypatch)
    steps = HORIZON * CUTOFFS  # the first cutoff is one that every leak reaches, refitted or not
    found, others = (rolled(each, refit) for each in (table(), planted(steps, ["y"])))
    assert not same(found.table.to_pandas().head(2 * HORIZON), others.table.to_pandas()[:10])


def test_the_first_cutoff_is_the_same_whether_it_is_refitted_or_not():
    once, anew = (rolled(table(), refit) for refit in (False, True))
    assert same(at(once, 0), at(anew, 0))
    assert not same(at(once, 1), at(anew, 1))


def test_the_first_cutoff_is_what_a_model_of_the_past_alone_says(tested):
    ends = table().groupby("unique_id")["ds"].transform("max") - pd.Timedelta(days=15)
    model = small(training__epochs=1).fit(table()[lambda t: t["ds"] <= ends], target_columns=["y"])
    found = at(tested, 0)["median"]
    np.testing.assert_allclose(model.predict()["median"], found, rtol=1e-5)


def test_naive_forecasts_are_made_from_the_same_cutoffs(tested):
    rows = tested.table.to_pandas()
    values = table().set_index(["unique_id", "ds"])["y"]
    for name, since in (("naive", rows["cutoff"]), ("seasonal_naive", rows["ds"] - WEEK)):
        said = values.loc[list(zip(rows["unique_id"], since, strict=True))].to_numpy()
        wrong = (rows["y"] - said).abs().mean()
        assert tested.figures[name]["mae"] == pytest.approx(wrong)


WEEK = pd.Timedelta(days=7)


def test_absolute_errors_are_of_the_median_and_coverage_is_counted(tested):
    rows = tested.table.to_pandas()
    wrong = (rows["median"] - rows["y"]).abs().mean()
    assert tested.figures["mae"] == pytest.approx(wrong)
    inside = (rows["lo-80"] <= rows["y"]) & (rows["y"] <= rows["hi-80"])
    assert tested.figures["coverage_80"] == pytest.approx(inside.mean())


def test_the_same_seed_gives_the_same_backtest(tested, refit):
    again = rolled(table(), refit)
    assert again.table.equals(tested.table)
    assert again.figures == tested.figures
