"""A window is what a loop over its steps would write down, and reads nothing after its cutoff."""

from __future__ import annotations

import dataclasses
import importlib.util

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panels import SEASON, panel, planted
from torch.nn.utils.rnn import PackedSequence, unpack_sequence

from ostinato.data.ragged import Ragged
from ostinato.series import Panel, SeriesScaling, WindowIndex, WindowReader
from ostinato.series.calendar import calendar_features
from ostinato.series.holidays import holiday_features
from ostinato.series.windows import SMALLEST

SCALINGS = ("last", "standard", "mean", "none")
CONTEXT, HORIZON = 8, 3
HOLIDAYS = "DE" if importlib.util.find_spec("holidays") else None
ENDS = np.array([41, 30, 12])

every_scaling = pytest.mark.parametrize("window_scaling", SCALINGS)
every_segment = pytest.mark.parametrize("segment", [1, 3, 4])


def reader(
    given: Panel,
    scaling: SeriesScaling | None = None,
    *,
    segment=1,
    window_scaling="last",
    **options,
) -> WindowReader:
    scaling = scaling or SeriesScaling.fit(given, "none", SEASON)
    sizes = {"context": CONTEXT, "horizon": HORIZON, "seasons": (SEASON,), "cycles": (), **options}
    return WindowReader(given, scaling, segment=segment, window_scaling=window_scaling, **sizes)


def places(*rows: tuple[int, int, int]) -> WindowIndex:
    return WindowIndex(*np.array(rows, np.int64).T)


def before(ends, targets=2) -> WindowIndex:
    """The windows that begin at the end of each series or a few steps before, the first one too."""
    return places(
        *(
            (series, target, origin)
            for series, end in enumerate(ends)
            for target in range(targets)
            for origin in (1, end // 2, end - 1, end)
        )
    )


def arrays(found: WindowReader, at: WindowIndex) -> dict[str, np.ndarray]:
    """Everything that a network is told of windows."""
    cut = found.take(at)
    return {
        **{field.name: getattr(cut, field.name) for field in dataclasses.fields(cut)},
        "has_past": found.has_past(at),
        "seasons_before": found.seasons_before(at),
        "levels": found.levels,
    }


def seen_before(given: Panel, past_of=lambda given: given.until(ENDS), later=0, **options):
    """What windows before the ends read, of series that train does not know."""
    nobody = SeriesScaling.fit(given.take([]), "none", SEASON)
    covariates = SeriesScaling.fit(given.until(ENDS), "none", SEASON)
    scaling = dataclasses.replace(covariates, levels=nobody.levels).knowing(past_of(given))
    return arrays(reader(given, scaling, **options), before(ENDS + later))


def assert_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


GIVEN = panel(targets=("y", "z"), known=HORIZON, missing=0.2)


@every_scaling
@every_segment
@pytest.mark.parametrize("horizon", [HORIZON, 2 * SEASON + 1])
def test_what_comes_after_a_cutoff_is_not_read(window_scaling, segment, horizon):
    options = {"window_scaling": window_scaling, "segment": segment, "horizon": horizon}
    hidden = planted(GIVEN, ENDS)
    assert_equal(seen_before(GIVEN, **options), seen_before(hidden, **options))


@pytest.mark.parametrize(
    "leak",
    [
        {"past_of": lambda given: given},  # levels of the whole series
        {"past_of": lambda given: given.until(ENDS + 1)},
        {"later": 1},  # a window that begins one step too late
        {"seasons": (2,), "horizon": 3, "later": 2},
    ],
)
def test_the_same_test_finds_a_leak(leak):
    hidden = planted(GIVEN, ENDS)
    with pytest.raises(AssertionError):
        assert_equal(seen_before(GIVEN, **leak), seen_before(hidden, **leak))


@every_scaling
def test_a_huge_value_does_not_touch_the_series_beside_it(window_scaling):
    """Sums that ran on from one series to the next would lose the digits of the next."""
    ends = np.array([41, 48, 31])  # the first series alone
    options = {"window_scaling": window_scaling}
    scaling = SeriesScaling.fit(GIVEN, "none", SEASON)
    rows = places(*((series, 0, o) for series in (1, 2) for o in (5, 20, 31)))
    one, other = (
        arrays(reader(given, scaling, **options), rows)
        for given in (GIVEN, planted(GIVEN, ends, value=1e9))
    )
    assert_equal(one, other)


def by_hand(
    given: Panel,
    scaling: SeriesScaling,
    place: tuple[int, int, int],
    segment: int,
    kind: str,
    cycles,
):
    """Context and future of one window, step by step, in float64."""
    series, target, origin = place
    mean, deviation = scaling.levels[given.ids[series]][:, target]
    values = (given.values[series][:, target] - mean) / deviation
    times = given.times(series, 0, len(values) + HORIZON)
    calendar = np.concatenate(
        [
            calendar_features(times, given.frequency, cycles, given.zone),
            holiday_features(times, given.frequency, HOLIDAYS, given.zone),
        ],
        axis=1,
    )
    covariates = []
    for rows, levels in (
        (given.known[series], scaling.known_levels),
        (given.past[series], scaling.past_levels),
    ):
        filled = np.full((len(values) + HORIZON, rows.shape[1]), np.nan)
        filled[: len(rows)] = rows[: len(filled)]
        covariates.append(np.nan_to_num((filled - levels[0]) / levels[1]))
    known, past = covariates
    start = max(0, origin - CONTEXT)
    context = values[start:origin]
    observed = context[~np.isnan(context)]
    earlier = values[:origin][~np.isnan(values[:origin])]
    last = earlier[-1] if len(earlier) else 0.0
    shift, scale = {
        "last": (last, 1.0),
        "standard": (observed.mean(), max(observed.std(), SMALLEST)),
        "mean": (0.0, np.abs(observed).mean()),
        "none": (0.0, 1.0),
    }[kind]

    def at(step: int) -> float:
        return values[step] if 0 <= step < origin else np.nan

    def row(step: int) -> np.ndarray:
        value, season = (at(step) - shift) / scale, (at(step - SEASON) - shift) / scale
        told = [np.nan_to_num(value), float(not np.isnan(value)), np.nan_to_num(season)]
        return np.concatenate([told, calendar[step], known[step], past[step]])

    steps = [row(step) for step in range(start, origin)]
    width = len(steps[0])
    steps = [np.zeros(width)] * (-len(steps) % segment) + steps
    future = []
    for step in range(HORIZON):
        season = at(origin + step % SEASON - SEASON)
        season = last if np.isnan(season) else season
        future.append(
            np.concatenate(
                [[(season - shift) / scale], calendar[origin + step], known[origin + step]]
            )
        )
    return np.reshape(steps, (-1, segment * width)), np.array(future), shift, scale


@every_scaling
@every_segment
def test_a_window_is_what_a_loop_over_its_steps_gives(window_scaling, segment):
    cycles = ("week",)
    given = dataclasses.replace(
        GIVEN,
        starts=np.array(["2024-02-25", "2024-03-01", "2023-12-30"], "datetime64[us]"),
        frequency=type(GIVEN.frequency).parse("D"),
    )
    scaling = SeriesScaling.fit(given, "none", SEASON)
    told = {"cycles": cycles, "holidays": HOLIDAYS}
    cut = reader(given, scaling, segment=segment, window_scaling=window_scaling, **told)
    asked = [(0, 0, 60), (1, 1, 3), (2, 0, 31), (0, 1, 11), (2, 1, 5), (1, 0, 48), (0, 0, 7)]
    found = cut.take(places(*asked))
    rows = unpack_sequence(
        PackedSequence(torch.from_numpy(found.context), torch.from_numpy(found.batch_sizes))
    )
    assert found.order.tolist() != list(range(len(asked)))
    assert cut.lengths(places(*asked))[found.order].tolist() == [len(row) for row in rows]
    for number, row in zip(found.order, rows, strict=True):
        expected = by_hand(given, scaling, asked[number], segment, window_scaling, cycles)
        place = int(np.flatnonzero(found.order == number)[0])
        actual = (row.numpy(), found.future[place], found.shift[place], found.scale[place])
        for one, other in zip(actual, expected, strict=True):
            # Measured: 3e-7.
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@given(st.integers(0, 10_000), st.sampled_from(SCALINGS), st.sampled_from([1, 3]))
@settings(max_examples=25)
def test_a_window_does_not_depend_on_those_beside_it(seed, window_scaling, segment):
    rng = np.random.default_rng(seed)
    cut = reader(GIVEN, segment=segment, window_scaling=window_scaling)
    rows = [(s, t, rng.integers(1, GIVEN.lengths[s] + 1)) for s in range(3) for t in range(2)]
    together = cut.take(places(*rows))
    for place, number in enumerate(together.order):
        alone = cut.take(places(rows[number]))
        np.testing.assert_array_equal(alone.future[0], together.future[place])
        assert alone.shift[0] == together.shift[place]
        assert alone.scale[0] == together.scale[place]


def test_the_last_season_is_told_over_and_over():
    given_ = panel([30], with_columns=False)
    values = reader(given_).values[:, 0]
    found = reader(given_, horizon=2 * SEASON + 1).seasons_before(places((0, 0, 20)))[0, :, 0]
    np.testing.assert_array_equal(found, np.tile(values[16:20], 3)[:9])


def test_the_seasons_before_are_told_each_beside_the_other():
    given_ = panel([30], with_columns=False)
    at = places((0, 0, 12))
    both = reader(given_, seasons=(SEASON, 2 * SEASON)).take(at)
    short, long = (reader(given_, seasons=(season,)).take(at) for season in (SEASON, 2 * SEASON))
    for name in ("context", "future"):
        one, two, three = (getattr(found, name) for found in (both, short, long))
        place = 2 if name == "context" else 0
        np.testing.assert_array_equal(np.delete(one, place + 1, axis=-1), two)
        np.testing.assert_array_equal(one[..., place + 1], three[..., place])
    early = reader(given_, seasons=(SEASON, 5 * SEASON)).take(at).future
    np.testing.assert_array_equal(early[..., 1], early[..., 0])  # nothing is so long ago


@every_segment
def test_what_comes_after_a_cutoff_is_not_read_in_any_season(segment):
    options = {"segment": segment, "horizon": SEASON + 1, "seasons": (SEASON, 2 * SEASON)}
    hidden = planted(GIVEN, ENDS)
    assert_equal(seen_before(GIVEN, **options), seen_before(hidden, **options))


def shown(factor: float, plus: float, window_scaling: str) -> dict[str, np.ndarray]:
    """Windows of series as they are, times a factor and more by a constant."""
    values = Ragged(GIVEN.values.values * factor + plus, GIVEN.values.offsets)
    given_ = dataclasses.replace(GIVEN, values=values)
    scaling = SeriesScaling.fit(given_, "none", SEASON, is_scaled=False)
    cut = reader(given_, scaling, window_scaling=window_scaling)
    at = before(GIVEN.lengths - HORIZON)
    plain = reader(GIVEN, scaling, window_scaling="standard").take(at)
    is_wide = plain.scale > 10 * SMALLEST  # a value alone has no spread, a gap has no level
    at = at.take(np.sort(plain.order[is_wide]))
    found = arrays(cut, at)
    return {**found, "targets": cut.targets(at.take(found["order"]))}


@pytest.mark.parametrize(
    ("window_scaling", "factor", "plus"),
    [("standard", 7.0, 0.0), ("standard", 0.5, -300.0), ("last", 1.0, 300.0), ("mean", 7.0, 0.0)],
)
def test_a_window_is_told_apart_from_its_unit(window_scaling, factor, plus):
    """What a scaling takes off or divides by is not told to the network, and can be undone."""
    one, other = (shown(*change, window_scaling) for change in ((1.0, 0.0), (factor, plus)))
    assert len(one["order"]) > 10
    for name in ("context", "future"):
        # Measured: 1.3e-4, of values of 300 in single precision.
        np.testing.assert_allclose(other[name], one[name], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(other["scale"], factor * one["scale"], rtol=1e-4)
    np.testing.assert_allclose(other["shift"], factor * one["shift"] + plus, rtol=1e-5)
    np.testing.assert_allclose(other["targets"], factor * one["targets"] + plus, rtol=1e-5)


def test_what_lies_beyond_the_context_changes_nothing():
    """Missing or huge: a window reads its context, and a season before it."""
    end = 40 - CONTEXT - SEASON
    step = np.concatenate([np.arange(length) for length in GIVEN.lengths])[:, None]
    scaling = SeriesScaling.fit(GIVEN, "none", SEASON)
    at = places((0, 0, 40), (0, 1, 40))
    full = dataclasses.replace(
        GIVEN, values=Ragged(np.nan_to_num(GIVEN.values.values, nan=9.0), GIVEN.values.offsets)
    )
    for value in (np.nan, 1e4):
        other = dataclasses.replace(
            full,
            values=Ragged(np.where(step < end, value, full.values.values), full.values.offsets),
        )
        for kind in SCALINGS:
            one, two = (
                arrays(reader(some, scaling, window_scaling=kind), at) for some in (full, other)
            )
            for name in ("context", "future", "shift", "scale"):
                # Measured: no difference; sums over a context are differences of longer ones.
                np.testing.assert_allclose(one[name], two[name], rtol=2e-6, atol=2e-6)


def test_missing_values_are_told_as_such():
    given = panel([30], with_columns=False)
    values = given.values.values.copy()
    values[20:24] = np.nan
    given = dataclasses.replace(given, values=Ragged(values, given.values.offsets))
    cut = reader(given)
    found = cut.take(places((0, 0, 25)))
    assert np.isfinite(found.context).all()
    assert found.context[:, 1].tolist() == [1.0, 1, 1, 0, 0, 0, 0, 1]
    assert found.context[3:7, 0].tolist() == [0.0] * 4
    assert np.isnan(cut.targets(places((0, 0, 22)))).tolist() == [[True, True, False]]
    assert np.isnan(cut.targets(places((0, 0, 29)))).tolist() == [[False, True, True]]


def test_usable_windows_have_a_value_on_both_sides():
    given = panel([30], with_columns=False)
    values = given.values.values.copy()
    values[5:20] = np.nan
    values[27:] = np.nan
    given = dataclasses.replace(given, values=Ragged(values, given.values.offsets))
    every = places(*((0, 0, origin) for origin in range(31)))
    right = [
        origin
        for origin in range(31)
        if np.isfinite(values[max(0, origin - CONTEXT) : origin]).any()
        and np.isfinite(values[origin : origin + HORIZON]).any()
    ]
    assert reader(given).usable(every).origin.tolist() == right
    assert right[0] == 1
    assert right[-1] == 26


def test_a_constant_context_is_divided_by_something():
    given = panel([30], with_columns=False)
    flat = Ragged(np.full_like(given.values.values, 7.0), given.values.offsets)
    given = dataclasses.replace(given, values=flat)
    for kind in SCALINGS:
        found = reader(given, window_scaling=kind).take(places((0, 0, 20)))
        assert np.isfinite(found.context).all()
        assert found.scale[0] > 0
