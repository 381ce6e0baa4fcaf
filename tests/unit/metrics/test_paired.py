"""Laws of paired tests: against scipy and full enumeration, and what swapping two models does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ostinato import ShapeError
from ostinato.metrics.paired import FEWEST, Tally, difference, holm, mcnemar, ratio

COUNTS = st.integers(0, 4)
ROWS = st.lists(st.tuples(COUNTS, COUNTS, st.integers(1, 5)), min_size=1, max_size=40)
RIGHTS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)
RATE = {"rate": lambda sums: ratio(sums[..., 0], sums[..., 1])}


def pair(rows):
    """Errors of two models, and units, of each example."""
    return tuple(Tally.of([(row[k], row[2]) for row in rows], RATE) for k in (0, 1))


def shares(rights):
    return tuple(Tally.of([(row[k], 1) for row in rights], RATE, binary=["rate"]) for k in (0, 1))


@given(RIGHTS)
def test_mcnemar_is_the_binomial_test_of_those_that_one_has_right_alone(rights):
    alone = [one for one, other in rights if one != other]
    expected = stats.binomtest(sum(alone), len(alone)).pvalue if alone else 1.0
    assert mcnemar(*zip(*rights, strict=True)) == pytest.approx(expected, rel=1e-9)


@given(ROWS)
def test_a_figure_is_that_of_the_sums(rows):
    tally, _ = pair(rows)
    assert tally.value("rate") == pytest.approx(sum(r[0] for r in rows) / sum(r[2] for r in rows))
    assert len(tally) == len(rows)


@settings(deadline=None, max_examples=10)
@given(ROWS)
def test_a_model_does_not_differ_from_itself(rows):
    tally, _ = pair(rows)
    found = difference(tally, tally, "rate")
    assert found.value == 0
    if len(rows) >= FEWEST:
        assert (found.low, found.high, found.p) == (None, None, 1)


@settings(deadline=None, max_examples=10)
@given(ROWS, RIGHTS)
def test_swapping_two_models_negates_their_difference(rows, rights):
    for one, other in (pair(rows), shares(rights)):
        assert difference(one, other, "rate") == -difference(other, one, "rate")


@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(COUNTS, COUNTS, st.integers(1, 5)), min_size=FEWEST, max_size=9))
def test_random_swaps_come_near_to_all_swaps(rows):
    errors, units = np.array([row[:2] for row in rows]), sum(row[2] for row in rows)
    signs = np.array(list(itertools.product([1, -1], repeat=len(rows))))
    swapped = np.abs(signs @ (errors[:, 0] - errors[:, 1])) / units
    exact = float((swapped >= swapped[0] - 1e-9).mean())
    found = difference(*pair(rows), "rate").p
    assert found == pytest.approx(exact, abs=0.025)  # 5 deviations of 9,999 draws, at most 0.005


def test_an_interval_is_that_of_draws_of_scipy():
    values = np.random.default_rng(0).normal(3, 1, 200)
    rows = np.stack([values, np.ones_like(values)], axis=1)
    low, high = Tally.of(rows, RATE).interval("rate")
    expected = stats.bootstrap((values,), np.mean, method="percentile", rng=0).confidence_interval
    assert (low, high) == pytest.approx(tuple(expected), abs=0.01)  # of a width of 0.28


@settings(deadline=None, max_examples=20)
@given(RIGHTS)
def test_an_interval_of_a_share_is_wilsons(rights):
    tally, _ = shares(rights)
    found = tally.interval("rate")
    if len(rights) < FEWEST:
        assert found is None
    else:
        right = sum(one for one, _ in rights)
        expected = stats.binomtest(right, len(rights)).proportion_ci(method="wilson")
        assert found == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms())
def test_holm_never_lowers_and_follows_its_values_around(p_values, random):
    raised = holm(p_values)
    assert (raised >= np.array(p_values) - 1e-12).all()
    assert (raised <= 1).all()
    order = list(range(len(p_values)))
    random.shuffle(order)
    np.testing.assert_array_equal(holm([p_values[k] for k in order]), raised[order])


def test_a_model_without_a_mistake_has_no_interval_but_as_a_share():
    errors, _ = pair([(0, 0, 2)] * 20)
    assert errors.interval("rate") is None
    right, _ = shares([(True, True)] * 20)
    assert right.interval("rate") == pytest.approx((0.839, 1), abs=1e-3)  # Wilson's


def test_a_difference_of_few_examples_is_not_tested():
    one, other = pair([(1, 0, 2)] * (FEWEST - 1))
    found = difference(one, other, "rate")
    assert (found.value, found.low, found.p) == (0.5, None, None)


def test_columns_of_other_classes_change_nothing():
    rng = np.random.default_rng(0)
    rows = [rng.integers(1, 5, (50, 2)) for _ in range(2)]
    narrow = [Tally.of(one, RATE) for one in rows]
    wide = [Tally.of(np.pad(one, ((0, 0), (0, 500))), RATE) for one in rows]  # nearly all are 0
    assert difference(*narrow, "rate") == difference(*wide, "rate")
    assert narrow[0].interval("rate") == wide[0].interval("rate")


def test_a_figure_that_is_no_number_is_not_tested():
    nothing = {"share": lambda sums: ratio(sums[..., 0], 0 * sums[..., 0], nothing=np.nan)}
    tallies = [Tally.of([[x]] * 10, nothing) for x in (1, 2)]
    found = difference(*tallies, "share")
    assert np.isnan(found.value)
    assert (found.low, found.high, found.p) == (None, None, None)


def test_other_examples_are_refused():
    one, other = Tally.of([[1, 1]] * 7, RATE), Tally.of([[1, 1]] * 8, RATE)
    with pytest.raises(
        ShapeError, match=r"same of the same examples; got .* \(7, 2\) and \(8, 2\)"
    ):
        difference(one, other, "rate")
    with pytest.raises(ShapeError, match="of the same examples"):
        mcnemar([True], [True, False])
