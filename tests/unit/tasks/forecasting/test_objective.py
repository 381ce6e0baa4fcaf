"""Losses are those of their definitions over what was observed; an epoch is drawn from its rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import mean_pinball_loss
from tests.panels import SEASON, panel

from ostinato.models.likelihoods import LIKELIHOODS
from ostinato.series import SeriesScaling, WindowIndex, WindowReader
from ostinato.tasks.forecasting.objective import (
    ANONYMOUS,
    LikelihoodObjective,
    QuantileObjective,
    WindowSplit,
    WindowTargets,
)

QUANTILES = (0.1, 0.5, 0.9)
HORIZON = 3


def ahead(batch: int = 6, horizon: int = 4) -> WindowTargets:
    values = torch.randn(batch, horizon)
    values[0, 1] = values[3] = torch.nan
    return WindowTargets(
        values,
        torch.randn(batch, horizon),
        torch.randn(batch),
        torch.rand(batch) + 0.5,
        torch.rand(batch, 2) + 0.5,
    )


def in_units(values, given, *, is_log):
    """As the scaling of series takes its levels back."""
    own = values.astype(np.float64) * given.scale.numpy()[:, None] + given.shift.numpy()[:, None]
    scaling = SeriesScaling({}, is_log, np.zeros((2, 0)), np.zeros((2, 0)))
    return scaling.backward(own, given.level.numpy())


def test_the_loss_of_quantiles_is_twice_the_pinball_loss():
    given, output = ahead(), torch.randn(6, 4, 3)
    objective = QuantileObjective(QUANTILES)
    figures = objective.figures(objective.sums(output, given))
    is_there = given.values.isfinite().numpy()
    values, found = given.values.numpy()[is_there], output.numpy()[is_there]
    pinball = [mean_pinball_loss(values, found[:, n], alpha=q) for n, q in enumerate(QUANTILES)]
    assert figures["loss"] == pytest.approx(2 * np.mean(pinball), rel=1e-5)
    for is_log in (False, True):
        figures = QuantileObjective(QUANTILES, is_log).figures(
            QuantileObjective(QUANTILES, is_log).sums(output, given)
        )
        both = [
            in_units(one.numpy(), given, is_log=is_log) for one in (given.values, output[..., 1])
        ]
        expected = np.abs(both[0] - both[1])[is_there].mean()
        assert figures["mae"] == pytest.approx(expected, rel=1e-5)
    naive = np.abs(given.naive.numpy()[is_there] - values).mean()
    assert figures["skill"] == pytest.approx(1 - figures["loss"] / naive, rel=1e-5)
    assert objective.monitor in figures


def test_a_forecast_as_good_as_the_naive_has_no_skill():
    given = ahead()
    output = given.naive[..., None].expand(-1, -1, 3)
    objective = QuantileObjective(QUANTILES)
    assert objective.figures(objective.sums(output, given))["skill"] == pytest.approx(0, abs=1e-6)
    still = given.values.nan_to_num()
    perfect = replace(given, values=still, naive=still)
    sums = objective.sums(still[..., None] + torch.ones(3), perfect)
    assert objective.figures(sums)["skill"] == pytest.approx(-1.0)  # the naive has no error at all


def test_the_loss_of_a_likelihood_is_that_of_what_was_observed():
    given, output = ahead(), torch.randn(6, 4, 2)
    objective = LikelihoodObjective(LIKELIHOODS["gaussian"])
    figures = objective.figures(objective.sums(output, given))
    is_there = given.values.isfinite()
    spread = torch.nn.functional.softplus(output[..., 1]) + 1e-4
    law = stats.norm(output[..., 0][is_there].numpy(), spread[is_there].numpy())
    expected = law.logpdf(given.values[is_there].numpy()).mean()
    assert figures["log_likelihood"] == pytest.approx(expected, rel=1e-5)
    assert figures["loss"] == -figures[objective.monitor]


@pytest.mark.parametrize(
    ("objective", "size"),
    [(QuantileObjective(QUANTILES), 3)]
    + [(LikelihoodObjective(one), one.num_outputs) for one in LIKELIHOODS.values()],
    ids=["quantiles", *LIKELIHOODS],
)
def test_what_is_missing_teaches_nothing(objective, size):
    given = ahead()
    if size == 2 and objective.likelihood.counts:
        scale = given.scale[:, None]
        given = replace(given, values=(given.values.abs() / scale).round() / scale)
    output = torch.randn(6, 4, size, requires_grad=True)
    sums = objective.sums(output, given)
    sums[0].backward()
    is_missing = ~given.values.isfinite()
    assert output.grad.isfinite().all()
    assert (output.grad[is_missing] == 0).all()
    assert output.grad[~is_missing].abs().sum(1).gt(0).all()
    halves = [
        objective.sums(output[rows], WindowTargets(*(part[rows] for part in vars(given).values())))
        for rows in (slice(0, 2), slice(2, 6))
    ]
    torch.testing.assert_close(halves[0] + halves[1], sums)


def split(**options) -> WindowSplit:
    some = panel(with_columns=False)
    scaling = SeriesScaling.fit(some, "none", SEASON)
    sizes = {"context": 8, "horizon": HORIZON, "segment": 1, "seasons": (SEASON,)}
    reader = WindowReader(some, scaling, window_scaling="last", cycles=(), **sizes)
    rows = [(series, o) for series in range(3) for o in range(8, some.lengths[series] - HORIZON)]
    series, origin = np.array(rows).T
    codes = np.arange(1, 4)[:, None]
    return WindowSplit(reader, WindowIndex(series, np.zeros_like(series), origin), codes, **options)


def origins(given: WindowSplit, seed: int, rows=None) -> set[tuple[int, float]]:
    """Which windows a batch holds, by their series and values."""
    torch.manual_seed(seed)
    rows = np.arange(len(given.lengths)) if rows is None else rows
    windows, came = given.batch(rows)
    return {
        (int(code), float(v))
        for code, v in zip(windows.codes[:, 0], came.values[:, 0], strict=True)
    }


def test_measuring_takes_the_first_window_of_every_row_and_training_any():
    still, drawn = split(stride=4), split(stride=4, is_train=True)
    count = len(still.places)
    assert len(still.lengths) == len(drawn.lengths) == -(-count // 4)
    assert origins(still, 0) == origins(still, 1)
    assert origins(drawn, 0) == origins(drawn, 0)
    assert origins(drawn, 0) != origins(drawn, 1)
    seen = {v for seed in range(60) for _, v in origins(drawn, seed)}
    every = {v for _, v in origins(split(), 0)}
    assert len(every) == count
    assert seen == every


def test_rows_that_stand_several_times_are_the_same_windows():
    repeated = split(repeats=3)
    count = len(repeated.places)
    assert len(repeated.lengths) == 3 * count
    assert origins(repeated, 0, np.arange(2 * count, 3 * count)) == origins(split(), 0)


def test_some_windows_of_training_do_not_tell_their_series():
    torch.manual_seed(0)
    rows = np.arange(len(split().lengths))
    shares = []
    for is_train in (True, False):
        given = split(is_train=is_train)
        codes = torch.cat([given.batch(rows)[0].codes[:, 0] for _ in range(40)])
        shares.append(float((codes == 0).double().mean()))
    assert shares == [pytest.approx(ANONYMOUS, abs=0.02), 0.0]


def test_targets_are_on_the_scale_of_their_window():
    given = split()
    windows, came = given.batch(np.arange(len(given.lengths)))
    back = came.values * came.scale[:, None] + came.shift[:, None]
    _, _, order = given.windows(given.places)
    expected = given.reader.targets(given.places.take(order))
    np.testing.assert_allclose(back.numpy(), expected, atol=1e-6)  # measured: 1.2e-7
    assert torch.equal(windows.paths, came.values)
    assert torch.equal(windows.future[..., 0], came.naive)
