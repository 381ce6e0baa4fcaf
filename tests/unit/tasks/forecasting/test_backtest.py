"""Rolling origins: no model and no forecast knows what comes after its cutoff."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest
import torch
from tests.panels import panel, planted, small

import ostinato.tasks.forecasting.forecaster as module
from ostinato import ConfigError, DatasetError, Forecaster
from ostinato.series import Panel
from ostinato.tasks.forecasting.backtest import Backtest

HORIZON, CUTOFFS = 3, 3
GIVEN = panel((40, 33), targets=("y", "z"))
both = pytest.mark.parametrize("refit", [False, True])


def run(given: Panel, **options) -> tuple[Backtest, list[Forecaster]]:
    """A backtest and the models that it trained."""
    models: list[Forecaster] = []

    def remembered(settings: Forecaster) -> Forecaster:
        models.append(type(settings)(**settings.get_params(deep=False)))
        return models[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "clone", remembered)
        found = small().backtest(given, cutoffs=CUTOFFS, **options)
    return found, models


@pytest.fixture(scope="module", params=[False, True], ids=["once", "refit"])
def told(request) -> tuple[bool, Backtest, list[Forecaster]]:
    return request.param, *run(GIVEN, refit=request.param)


def forecasts(found: Backtest, cutoff: int) -> np.ndarray:
    """What was forecast from one cutoff: mean, median and intervals of every series and target."""
    table = found.table
    rows = len(table) // CUTOFFS
    part = table.slice(cutoff * rows, rows)
    names = [n for n in table.column_names if n not in ("unique_id", "ds", "target", "cutoff", "y")]
    assert names == ["mean", "lo-95", "lo-80", "median", "hi-80", "hi-95"]
    return np.stack([part[name].to_numpy() for name in names])


def same_weights(one: Forecaster, other: Forecaster) -> bool:
    ours, theirs = one.module_.state_dict(), other.module_.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_each_cutoff_has_a_row_for_every_step(told):
    refit, found, models = told
    assert len(models) == (CUTOFFS if refit else 1)
    assert len(found.by_cutoff) == CUTOFFS
    assert len(found.table) == CUTOFFS * 2 * 2 * HORIZON
    table = found.table.filter(pc.equal(found.table["unique_id"], "s1"))
    assert table["cutoff"].unique().to_pylist() == [30, 33, 36]
    assert np.array_equal(
        table["ds"].to_numpy() - table["cutoff"].to_numpy(), np.tile([1, 2, 3], 2 * CUTOFFS)
    )
    first = table.filter(pc.equal(table["target"], "z"))["y"].to_numpy()
    np.testing.assert_array_equal(first, GIVEN.values[0][31:, 1])


def test_figures_are_those_of_all_cutoffs_together(told):
    _, found, _ = told
    error = found.table["y"].to_numpy() - found.table["mean"].to_numpy()
    assert found.figures["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
    assert found.figures["mse"] == pytest.approx(np.mean([one["mse"] for one in found.by_cutoff]))
    rows = len(error) // CUTOFFS
    for cutoff, one in enumerate(found.by_cutoff):
        part = error[cutoff * rows : (cutoff + 1) * rows]
        assert one["mse"] == pytest.approx((part**2).mean())
        assert {"naive", "seasonal_naive", "drift"} <= one.keys()


@pytest.mark.parametrize("cutoff", range(CUTOFFS))
def test_a_value_planted_after_a_cutoff_changes_nothing_before_it(told, cutoff):
    refit, found, models = told
    ends = GIVEN.lengths - HORIZON - (CUTOFFS - 1 - cutoff) * HORIZON
    other, others = run(planted(GIVEN, ends), refit=refit)
    for number in range(CUTOFFS):
        equal = np.array_equal(forecasts(found, number), forecasts(other, number))
        assert equal == (number <= cutoff)
    for one, two in list(zip(models, others, strict=True))[: cutoff + 1]:
        assert same_weights(one, two)
        assert one.preprocessor_.scaling.to_json() == two.preprocessor_.scaling.to_json()
        assert one.calibration_.to_json() == two.calibration_.to_json()


@both
def test_the_same_test_finds_a_leak(refit):
    """Series that are not cut off: every model was trained on what it is to forecast."""
    ends = GIVEN.lengths - HORIZON
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Panel, "until", lambda self, ends, future=0: self)
        one, other = (run(some, refit=refit) for some in (GIVEN, planted(GIVEN, ends)))
    for number in range(CUTOFFS):
        assert not np.array_equal(forecasts(one[0], number), forecasts(other[0], number))
    assert one[1][0].preprocessor_.scaling.to_json() != other[1][0].preprocessor_.scaling.to_json()


@both
def test_a_series_that_begins_late_is_left_out_until_then(refit):
    found, models = run(panel((40, 5)), refit=refit)
    counts = [found.table.filter(pc.equal(found.table["unique_id"], n)) for n in ("s1", "s2")]
    assert [len(one) // HORIZON for one in counts] == [3, 1]
    assert models[0].series_.ids == ("s1",)


def test_the_step_between_cutoffs_and_the_model_that_asks():
    model = small().fit(GIVEN)
    weights = {name: value.clone() for name, value in model.module_.state_dict().items()}
    found = model.backtest(GIVEN, cutoffs=2, step=1)
    assert found.table["cutoff"].unique().to_pylist()[:1] == [35]
    assert all(torch.equal(weights[n], value) for n, value in model.module_.state_dict().items())


def test_what_cannot_be_tested_back_is_refused():
    with pytest.raises(
        DatasetError, match="for 20 cutoffs 3 steps apart some series must be longer"
    ):
        small().backtest(GIVEN, cutoffs=20)
    with pytest.raises(ConfigError, match="cutoffs"):
        small().backtest(GIVEN, cutoffs=0)
    with pytest.raises(ConfigError, match="step"):
        small().backtest(GIVEN, step=0)
