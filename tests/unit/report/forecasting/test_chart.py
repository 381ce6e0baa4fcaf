"""Drawings hold all that they are given, inside their axes, and are marked by what can be read."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.report.forecasting.chart import SIZE, chart_of
from ostinato.report.forecasting.forecast_plot import Forecast
from ostinato.report.forecasting.ticks import time_ticks, value_range, value_ticks

VALUES = st.floats(-1e6, 1e6, allow_subnormal=False)
STEPS = {
    "counted": np.arange(5, 905),
    "minutes": np.arange("2024-02-28T23:50", "2024-02-29T14:50", dtype="datetime64[m]"),
    "days": np.arange("2023-11-20", "2026-05-08", dtype="datetime64[D]"),
    "years": np.arange("1990", "2890", dtype="datetime64[Y]").astype("datetime64[us]"),
}


@st.composite
def forecasts(draw):
    horizon, past = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    times = STEPS[draw(st.sampled_from(sorted(STEPS)))]

    def some(count, *, gaps=False):
        one = VALUES | st.just(float("nan")) if gaps else VALUES
        return np.array(draw(st.lists(one, min_size=count, max_size=count)))

    return Forecast(
        times=times[past : past + horizon],
        mean=some(horizon),
        quantiles=np.sort(some(5 * horizon).reshape(horizon, 5), axis=1),
        probabilities=(0.025, 0.1, 0.5, 0.9, 0.975),
        levels=(80, 95),
        history=some(past, gaps=True),
        history_times=times[:past],
        actual=some(horizon, gaps=True),
        baseline=some(horizon),
    )


@given(forecasts())
def test_nothing_is_drawn_outside_the_axes_and_every_step_can_be_pointed_at(forecast):
    chart = chart_of(forecast, 2)
    for shape in chart.shapes:
        for x, y in re.findall(r"[ML](-?[\d.e+-]+) (-?[\d.e+-]+)", shape.path):
            assert shape.name == "band" or -0.1 <= float(x) <= SIZE + 0.1
            assert -0.1 <= float(y) <= SIZE + 0.1
    assert all(-1e-6 <= place <= 100 + 1e-6 for place, _ in (*chart.times, *chart.values))
    steps = chart.steps
    assert len(steps) == len(forecast.history) + len(forecast.times)
    assert (steps[0].left, steps[-1].left + steps[-1].width) == pytest.approx((0, SIZE))
    for before, after in itertools.pairwise(steps):
        assert before.left + before.width == after.left
    for step, value in zip(steps[-len(forecast.times) :], forecast.middle, strict=True):
        assert f"forecast {value:,.2f}" in step.text


def test_values_without_neighbours_and_gaps_are_drawn_as_they_are():
    gaps = Forecast(
        times=np.arange(6, 8),
        mean=np.ones(2),
        quantiles=np.ones((2, 1)),
        probabilities=(0.5,),
        levels=(),
        history=np.array([1.0, np.nan, 2.0, np.nan, 3.0, 4.0]),
        history_times=np.arange(6),
    )
    shapes = {shape.name: shape.path for shape in chart_of(gaps, 0).shapes}
    assert [shapes["known"].count(letter) for letter in "ML"] == [3, 1]
    assert shapes["dots"].count("M") == 2
    assert chart_of(gaps, 0).steps[1].text == "1: missing"


@given(st.lists(VALUES, min_size=1, max_size=9))
def test_an_axis_holds_its_values_and_no_negative_ones_if_there_are_none(values):
    low, high = value_range(np.array(values))
    assert low <= min(values)
    assert high >= max(values)
    assert low < high
    if min(values) >= 0:
        assert low >= 0
    assert high - low <= max(1.1 * (max(values) - min(values)), 2 * abs(max(values, key=abs)), 1)


@given(VALUES, st.floats(1e-3, 1e6))
def test_marks_are_told_apart_by_labels_of_the_same_digits(low, span):
    marks = value_ticks(low, low + span)
    labels = [label for _, label in marks]
    assert len(set(labels)) == len(labels) >= 2
    assert len({len(label.partition(".")[2]) for label in labels}) == 1


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("count", [1, 2, 3, 30, 200, 900])
def test_times_are_marked_by_a_few_labels_that_are_told_apart(kind, count):
    times = STEPS[kind][:count]
    marks = time_ticks(times)
    labels = [label for _, label in marks]
    assert 1 <= len(labels) <= 10
    assert all(one != other for one, other in itertools.pairwise(labels))
    assert all(times[0] <= at <= times[-1] for at, _ in marks)
