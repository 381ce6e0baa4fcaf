"""The figures are utilsforecast's, scikit-learn's or those of a loop; NaN changes nothing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics
from utilsforecast import losses

from ostinato._errors import ConfigError, DatasetError, ShapeError
from ostinato.metrics import (
    by_step,
    coverage,
    crps,
    crps_of_samples,
    forecast_metrics,
    interval_width,
    mae,
    mase,
    mse,
    owa,
    quantile_levels_of,
    quantile_loss,
    rmse,
    scale_of,
    smape,
    weighted_quantile_loss,
)

LEVELS = (80, 95)
QUANTILE_LEVELS = quantile_levels_of(LEVELS)
NAN = float("nan")
ERRORS = {"mae": mae, "mse": mse, "rmse": rmse, "smape": smape}
factors = st.floats(0.01, 100)


class Case:
    """Windows of some series with every kind of forecast of them."""

    def __init__(self, seed: int = 0, windows: int = 6, horizon: int = 5) -> None:
        generator = np.random.default_rng(seed)
        shape = (windows, horizon)
        self.actual = generator.gamma(2.0, 10.0, size=shape)
        self.mean = self.actual + generator.normal(0, 5, size=shape)
        self.naive2 = self.actual + generator.normal(0, 9, size=shape)
        spread = np.sort(generator.normal(0, 6, size=(*shape, len(QUANTILE_LEVELS))), axis=-1)
        self.quantiles = self.mean[..., None] + spread
        self.history = generator.gamma(2.0, 10.0, size=(windows, 30))
        self.scale = scale_of(self.history, season=4)

    def frame(self, **columns: np.ndarray) -> pd.DataFrame:
        windows, horizon = self.actual.shape
        ids = np.repeat(np.arange(windows), horizon)
        steps = np.tile(np.arange(horizon), windows)
        values = {"y": self.actual, "f": self.mean, **columns}
        flat = {name: value.reshape(-1) for name, value in values.items()}
        return pd.DataFrame({"unique_id": ids, "ds": 100 + steps, **flat})

    def train(self) -> pd.DataFrame:
        windows, time = self.history.shape
        ids, steps = np.repeat(np.arange(windows), time), np.tile(np.arange(time), windows)
        return pd.DataFrame({"unique_id": ids, "ds": steps, "y": self.history.reshape(-1)})

    def with_gaps(self, seed: int = 1) -> np.ndarray:
        is_missing = np.random.default_rng(seed).random(self.actual.shape) < 0.3
        is_missing[0, 0] = False
        return np.where(is_missing, NAN, self.actual)

    def all_figures(self, actual: np.ndarray, rows: slice = slice(None)) -> dict[str, float]:
        return forecast_metrics(
            actual[rows],
            self.mean[rows],
            quantiles=self.quantiles[rows],
            quantile_levels=QUANTILE_LEVELS,
            levels=LEVELS,
            scale=self.scale[rows],
            naive2=self.naive2[rows],
        )


@pytest.fixture
def case() -> Case:
    return Case()


def of_utilsforecast(table: pd.DataFrame, name: str = "f") -> float:
    """The mean over series of one of its tables: every series of a case is as long."""
    return float(table[name].mean())


def test_errors_equal_utilsforecast(case):
    frame = case.frame()
    assert mae(case.actual, case.mean) == pytest.approx(of_utilsforecast(losses.mae(frame, ["f"])))
    assert mse(case.actual, case.mean) == pytest.approx(of_utilsforecast(losses.mse(frame, ["f"])))
    of_series = [rmse(case.actual[[row]], case.mean[[row]]) for row in range(len(case.actual))]
    np.testing.assert_allclose(of_series, losses.rmse(frame, ["f"])["f"])
    share = of_utilsforecast(losses.smape(frame, ["f"]))  # of |y| + |f|, 1 at most
    assert smape(case.actual, case.mean) == pytest.approx(200 * share)


@pytest.mark.parametrize("season", [1, 4, 7])
def test_mase_equals_utilsforecast(case, season):
    scale = scale_of(case.history, season)
    theirs = losses.mase(case.frame(), ["f"], seasonality=season, train_df=case.train())
    assert mase(case.actual, case.mean, scale) == pytest.approx(of_utilsforecast(theirs))


def test_scores_of_quantiles_equal_utilsforecast(case):
    names = [f"q{place}" for place in range(len(QUANTILE_LEVELS))]
    frame = case.frame(**{name: case.quantiles[..., i] for i, name in enumerate(names)})
    levels = np.array(QUANTILE_LEVELS)
    for place, level in enumerate(QUANTILE_LEVELS):
        ours = quantile_loss(case.actual, case.quantiles[..., place], level)
        theirs = losses.quantile_loss(frame, {"f": names[place]}, q=level)
        assert ours == pytest.approx(of_utilsforecast(theirs))
    mean = of_utilsforecast(losses.mqloss(frame, {"f": names}, levels))
    assert crps(case.actual, case.quantiles, QUANTILE_LEVELS) == pytest.approx(2 * mean)
    scaled = losses.scaled_crps(frame, {"f": names}, levels)["f"]
    for row, theirs in enumerate(scaled):  # a series at a time: there each has its own sum of |y|
        ours = weighted_quantile_loss(case.actual[[row]], case.quantiles[[row]], QUANTILE_LEVELS)
        assert ours == pytest.approx(theirs)


def test_coverage_equals_utilsforecast(case):
    low, high = case.quantiles[..., 0], case.quantiles[..., -1]
    frame = case.frame(**{"f-lo-95": low, "f-hi-95": high})
    theirs = of_utilsforecast(losses.coverage(frame, ["f"], level=95))
    assert 0 < theirs < 1
    assert coverage(case.actual, low, high) == pytest.approx(theirs)


def test_errors_equal_scikit_learn(case):
    flat = case.actual.ravel(), case.mean.ravel()
    assert mae(case.actual, case.mean) == pytest.approx(sklearn_metrics.mean_absolute_error(*flat))
    root = sklearn_metrics.root_mean_squared_error(*flat)
    assert rmse(case.actual, case.mean) == pytest.approx(root)
    for level in (0.1, 0.5, 0.9):
        theirs = sklearn_metrics.mean_pinball_loss(*flat, alpha=level)
        assert quantile_loss(case.actual, case.mean, level) == pytest.approx(theirs)


def test_all_figures_equal_a_loop(case):
    actual = case.with_gaps()
    places = [
        (w, s) for w, row in enumerate(actual) for s, y in enumerate(row) if not math.isnan(y)
    ]
    y = [actual[place] for place in places]
    f = [case.mean[place] for place in places]

    def average(values):
        values = list(values)
        return sum(values) / len(values)

    def percent(forecasts):
        return average(
            200 * abs(a - b) / (abs(a) + abs(b)) for a, b in zip(y, forecasts, strict=True)
        )

    def scaled(forecasts):
        errors = [abs(a - b) for a, b in zip(y, forecasts, strict=True)]
        return average(e / case.scale[w] for e, (w, _) in zip(errors, places, strict=True))

    base = [case.naive2[place] for place in places]
    pinballs = [
        average(
            level * (a - case.quantiles[place][i])
            if a >= case.quantiles[place][i]
            else (1 - level) * (case.quantiles[place][i] - a)
            for a, place in zip(y, places, strict=True)
        )
        for i, level in enumerate(QUANTILE_LEVELS)
    ]
    squares = average((a - b) ** 2 for a, b in zip(y, f, strict=True))
    expected = {
        "n": len({w for w, _ in places}),
        "n_unscaled": 0,
        "mse": squares,
        "mae": average(abs(a - b) for a, b in zip(y, f, strict=True)),
        "rmse": math.sqrt(squares),
        "smape": percent(f),
        "mase": scaled(f),
        "owa": (percent(f) / percent(base) + scaled(f) / scaled(base)) / 2,
        "crps": 2 * average(pinballs),
        "wql": 2 * average(pinballs) / average(map(abs, y)),
    }
    for level, low, high in ((80, 1, 3), (95, 0, 4)):
        ends = [(case.quantiles[place][low], case.quantiles[place][high]) for place in places]
        inside = (lo <= a <= hi for a, (lo, hi) in zip(y, ends, strict=True))
        expected[f"coverage_{level}"] = average(inside)
        expected[f"width_{level}"] = average(hi - lo for lo, hi in ends)
    figures = case.all_figures(actual)
    assert figures == pytest.approx(expected, rel=1e-12)
    assert list(figures)[:7] == ["n", "n_unscaled", "mse", "mae", "rmse", "smape", "mase"]
    assert {type(value) for value in figures.values()} == {int, float}


def test_each_figure_is_that_of_its_function(case):
    figures = case.all_figures(case.actual)
    for name, function in ERRORS.items():
        assert figures[name] == function(case.actual, case.mean)
    assert figures["mase"] == mase(case.actual, case.mean, case.scale)
    assert figures["owa"] == owa(case.actual, case.mean, case.naive2, case.scale)
    assert figures["crps"] == crps(case.actual, case.quantiles, QUANTILE_LEVELS)
    wql = weighted_quantile_loss(case.actual, case.quantiles, QUANTILE_LEVELS)
    assert figures["wql"] == wql
    for level, low, high in ((80, 1, 3), (95, 0, 4)):
        ends = case.quantiles[..., low], case.quantiles[..., high]
        assert figures[f"coverage_{level}"] == coverage(case.actual, *ends)
        assert figures[f"width_{level}"] == interval_width(case.actual, *ends)


@given(seed=st.integers(0, 1000), place=st.integers(0, 6))
def test_windows_and_steps_of_nan_change_nothing(seed, place):
    case = Case(seed)
    full = case.all_figures(case.actual)
    for name in ("actual", "mean", "naive2", "quantiles"):
        array = np.insert(getattr(case, name), place, NAN, axis=0)  # forecasts may be NaN there too
        setattr(case, name, np.concatenate([array, np.full_like(array[:, :1], NAN)], axis=1))
    case.scale = np.insert(case.scale, place, 1.0)
    assert case.all_figures(case.actual) == pytest.approx(full, rel=1e-12)


@given(seed=st.integers(0, 1000), factor=factors)
def test_relative_figures_do_not_change_with_the_unit(seed, factor):
    case = Case(seed)
    before = case.all_figures(case.with_gaps())
    for name in ("actual", "mean", "naive2", "quantiles"):
        setattr(case, name, getattr(case, name) * factor)
    case.scale = scale_of(case.history * factor, season=4)
    after = case.all_figures(case.with_gaps())
    powers = {"mse": 2, **dict.fromkeys(("mae", "rmse", "crps", "width_80", "width_95"), 1)}
    expected = {name: value * factor ** powers.get(name, 0) for name, value in before.items()}
    assert after == pytest.approx(expected, rel=1e-9)


@given(seed=st.integers(0, 1000), factor=factors)
def test_mase_does_not_change_with_the_unit_or_the_level_of_a_series(seed, factor):
    case = Case(seed, windows=1)
    expected = mase(case.actual, case.mean, case.scale)
    scale = scale_of(factor * case.history + 7, season=4)
    actual, mean = factor * case.actual + 7, factor * case.mean + 7
    assert mase(actual, mean, scale) == pytest.approx(expected, rel=1e-9)


def test_a_perfect_forecast_has_no_error_and_naive2_has_an_owa_of_one(case):
    quantiles = np.repeat(case.actual[..., None], len(QUANTILE_LEVELS), axis=-1)
    figures = forecast_metrics(
        case.actual,
        case.actual,
        quantiles=quantiles,
        quantile_levels=QUANTILE_LEVELS,
        levels=LEVELS,
        scale=case.scale,
    )
    assert figures.pop("n") == len(case.actual)
    covered = {"coverage_80": 1.0, "coverage_95": 1.0}
    assert figures == dict.fromkeys(figures, 0.0) | covered
    assert owa(case.actual, case.naive2, case.naive2, case.scale) == 1.0


def test_smape_of_zeros_counts_zero_and_its_worst_is_200():
    assert smape([[0.0]], [[0.0]]) == 0.0
    assert smape([[0.0, 5.0, 3.0]], [[1.0, 0.0, -3.0]]) == pytest.approx(200.0)


def test_series_without_scale_are_left_out_and_told(case):
    scale = case.scale.copy()
    scale[[1, 4]] = 0.0, NAN
    rest = np.delete(np.arange(len(scale)), [1, 4])
    figures = forecast_metrics(case.actual, case.mean, scale=scale, naive2=case.naive2)
    assert (figures["n"], figures["n_unscaled"]) == (len(scale), 2)
    assert figures["mase"] == pytest.approx(
        mase(case.actual[rest], case.mean[rest], case.scale[rest])
    )
    assert figures["mae"] == mae(case.actual, case.mean)
    actual = case.actual.copy()
    actual[[0, 1]] = NAN  # one that has a scale, one that has none
    some = forecast_metrics(actual, case.mean, scale=scale)
    assert (some["n"], some["n_unscaled"]) == (len(scale) - 2, 1)
    none = forecast_metrics(case.actual, case.mean, scale=scale * NAN, naive2=case.naive2)
    assert none["n_unscaled"] == len(scale)
    assert {"mase", "owa"} & set(none) == set()


def test_what_cannot_be_had_is_nan_alone_and_left_out_among_figures(case):
    assert math.isnan(weighted_quantile_loss([[0.0]], [[[1.0]]], [0.5]))
    assert math.isnan(owa(case.actual, case.mean, case.actual, case.scale))
    assert math.isnan(mase([[1.0]], [[1.0]], [0.0]))
    figures = forecast_metrics(
        [[0.0]], [[1.0]], quantiles=[[[1.0]]], quantile_levels=[0.5], scale=[1.0], naive2=[[0.0]]
    )
    assert {"wql", "owa"} & set(figures) == set()
    assert figures["crps"] == 1.0


@given(data=st.data())
def test_crps_of_samples_is_the_mean_over_all_pairs(data):
    values = st.floats(-1e3, 1e3)
    number = data.draw(st.integers(1, 7))
    samples = np.array(
        data.draw(st.lists(values, min_size=3 * number, max_size=3 * number))
    ).reshape(1, 3, number)
    actual = np.array(data.draw(st.lists(values, min_size=3, max_size=3)))[None]
    pairs = np.abs(samples[..., :, None] - samples[..., None, :]).mean(axis=(-1, -2))
    expected = (np.abs(samples - actual[..., None]).mean(axis=-1) - pairs / 2).mean()
    assert crps_of_samples(actual, samples) == pytest.approx(expected, abs=1e-9)
    assert crps_of_samples(
        np.append(actual, [[NAN]], 1), np.append(samples, samples[:, :1], 1)
    ) == (pytest.approx(expected, abs=1e-9))


def test_crps_by_many_even_quantiles_is_that_of_samples_and_of_the_normal():
    levels = (np.arange(400) + 0.5) / 400
    points = stats.norm.ppf(levels)
    actual = np.array([[-1.0, 0.3, 2.0]])
    stacked = np.tile(points, (1, 3, 1))
    by_quantiles = crps(actual, stacked, levels)
    z = actual[0]  # the closed form of Gneiting and Raftery 2007, equation 5
    exact = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi)
    assert by_quantiles == pytest.approx(exact.mean(), rel=2e-3)
    assert crps_of_samples(actual, stacked) == pytest.approx(exact.mean(), rel=2e-3)


def test_true_quantiles_cover_as_they_say():
    generator = np.random.default_rng(3)
    actual = generator.standard_normal((4000, 5))
    quantiles = np.tile(stats.norm.ppf(QUANTILE_LEVELS), (*actual.shape, 1))
    figures = forecast_metrics(
        actual,
        np.zeros_like(actual),
        quantiles=quantiles,
        quantile_levels=QUANTILE_LEVELS,
        levels=LEVELS,
    )
    for level in LEVELS:  # four deviations of a share of 20,000
        share = level / 100
        error = 4 * math.sqrt(share * (1 - share) / actual.size)
        assert figures[f"coverage_{level}"] == pytest.approx(share, abs=error)
        width = 2 * stats.norm.ppf((1 + share) / 2)
        assert figures[f"width_{level}"] == pytest.approx(width)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.8])
def test_the_pinball_loss_is_least_at_the_quantile(level):
    actual = np.random.default_rng(4).gamma(2.0, size=(500, 2))
    best = np.quantile(actual, level, method="inverted_cdf")

    def loss(value):
        return quantile_loss(actual, np.full_like(actual, value), level)

    others = [loss(value) for value in np.quantile(actual, np.linspace(0, 1, 41))]
    assert loss(best) <= min(others) * (1 + 1e-12)
    assert loss(best) < max(others)


@given(seed=st.integers(0, 1000))
def test_steps_are_the_figures_of_a_horizon_of_one(seed):
    case = Case(seed)
    actual = case.with_gaps(seed)
    actual[:, 2] = NAN
    options = {"quantile_levels": QUANTILE_LEVELS, "levels": LEVELS, "scale": case.scale}
    steps = by_step(actual, case.mean, quantiles=case.quantiles, **options)
    for step in range(actual.shape[1]):
        mine = {name: float(values[step]) for name, values in steps.items()}
        if np.isnan(actual[:, step]).all():
            assert mine.pop("n") == 0
            assert all(map(math.isnan, mine.values()))
            continue
        at = slice(step, step + 1)
        alone = forecast_metrics(
            actual[:, at], case.mean[:, at], quantiles=case.quantiles[:, at], **options
        )
        assert mine == pytest.approx({name: alone[name] for name in mine})


def test_scale_of_skips_missing_pairs_and_falls_back_to_neighbours():
    assert float(scale_of([1.0, 2.0, 4.0, 8.0], 2)) == 4.5
    assert float(scale_of([1.0, NAN, 4.0, 8.0], 2)) == 3.0
    assert float(scale_of([1.0, 2.0, 4.0], 3)) == 1.5
    assert float(scale_of([NAN, 2.0, 4.0], 2)) == 2.0
    assert float(scale_of([5.0] * 9, 2)) == 0.0
    assert math.isnan(scale_of([5.0], 1))
    assert math.isnan(scale_of([], 1))
    assert scale_of([[1.0, 2.0], [1.0, 3.0]], 1).tolist() == [1.0, 2.0]


def test_levels_bound_their_interval():
    assert quantile_levels_of(()) == (0.5,)
    assert quantile_levels_of((90, 50)) == (0.05, 0.25, 0.5, 0.75, 0.95)
    for level in range(1, 100):
        low, middle, high = quantile_levels_of((level,))
        assert (middle, high - low) == (0.5, pytest.approx(level / 100))


@pytest.mark.parametrize("function", [mae, mse, rmse, smape])
@pytest.mark.parametrize(
    ("actual", "forecast", "error", "message"),
    [
        ([1.0], [1.0], ShapeError, r"actual must be \(windows, horizon\); got shape \(1,\)"),
        ([[1.0]], [[1.0, 2.0]], ShapeError, r"\(1, 1\); got shape \(1, 2\)"),
        ([[NAN]], [[1.0]], DatasetError, "at least one value; got none in 1 windows"),
        ([[1.0, math.inf]], [[1.0, 1.0]], DatasetError, "got inf in window 0 at step 2"),
        ([[1.0], [1.0]], [[1.0], [NAN]], DatasetError, "got nan in window 1 at step 1"),
    ],
)
def test_bad_arrays_are_refused_by_name_and_place(function, actual, forecast, error, message):
    with pytest.raises(error, match=f"^{function.__name__}: .*{message}"):
        function(actual, forecast)


def test_bad_options_are_refused():
    with pytest.raises(ConfigError, match=r"between 0 and 1.*got \[1\.0\]"):
        quantile_loss([[1.0]], [[1.0]], 1.0)
    with pytest.raises(ConfigError, match="got 0"):
        quantile_levels_of((0,))
    with pytest.raises(ConfigError, match="season must be at least 1"):
        scale_of([1.0], 0)
    with pytest.raises(DatasetError, match="finite"):
        scale_of([math.inf], 1)
    with pytest.raises(ConfigError, match=r"hold 0\.1, an end of the interval of 80 percent"):
        forecast_metrics([[1.0]], [[1.0]], quantiles=[[[1.0]]], quantile_levels=[0.5], levels=[80])
    with pytest.raises(ShapeError, match="2 values a step"):
        crps([[1.0]], [[[1.0]]], [0.1, 0.5])
    with pytest.raises(ShapeError, match=r"quantiles must be \(1, 1, n\)"):
        crps([[1.0]], [[1.0]], [0.5])
    with pytest.raises(ShapeError, match="one sample or more"):
        crps_of_samples([[1.0]], np.zeros((1, 1, 0)))
    with pytest.raises(ShapeError, match=r"scale must be \(1,\)"):
        mase([[1.0]], [[1.0]], [1.0, 2.0])
    with pytest.raises(DatasetError, match="lower must not be above upper; got 2 and 1"):
        coverage([[1.0]], [[2.0]], [[1.0]])
    with pytest.raises(DatasetError, match=r"quantile 0\.9 must be finite"):
        crps([[1.0]], [[[1.0, NAN]]], [0.5, 0.9])
