"""Figures of regression equal scikit-learn's, and keep their own laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from ostinato import DatasetError, ShapeError
from ostinato.metrics import regression_metrics

pairs = st.lists(st.tuples(*[st.integers(-1000, 1000)] * 2), min_size=2, max_size=30)


@given(pairs)
def test_figures_equal_the_reference(rows):
    targets, said = np.array(rows, float).T
    figures = regression_metrics(targets, said)
    assert figures["rmse"] == pytest.approx(metrics.root_mean_squared_error(targets, said))
    assert figures["mae"] == pytest.approx(metrics.mean_absolute_error(targets, said))
    assert figures["r2"] == pytest.approx(metrics.r2_score(targets, said))
    assert figures["loss"] == pytest.approx(figures["rmse"] ** 2)
    assert figures["mae"] <= figures["rmse"] * (1 + 1e-9)


@given(pairs, st.floats(0.5, 20))
def test_the_unit_changes_errors_and_neither_loss_nor_r2(rows, unit):
    targets, said = np.array(rows, float).T
    plain = regression_metrics(targets, said)
    scaled = regression_metrics(targets * unit, said * unit, scale=unit)
    assert scaled["rmse"] == pytest.approx(plain["rmse"] * unit, abs=1e-9)
    assert scaled["loss"] == pytest.approx(plain["loss"], abs=1e-9)
    if targets.std() > 1e-3:
        assert scaled["r2"] == pytest.approx(plain["r2"], abs=1e-6)


def test_the_mean_explains_nothing_and_a_single_value_is_right_or_not():
    targets = np.array([1.0, 2.0, 6.0])
    assert regression_metrics(targets, np.full(3, 3.0))["r2"] == pytest.approx(0)
    assert regression_metrics(targets, targets)["r2"] == 1
    assert regression_metrics([1.0], [1.0])["r2"] == 1
    assert regression_metrics([1.0], [2.0])["r2"] == 0


@pytest.mark.parametrize(
    ("targets", "said", "error", "message"),
    [
        ([], [], DatasetError, "at least one row"),
        ([1.0], [np.nan], DatasetError, "predictions must be finite; got nan"),
        ([1.0], [1.0, 2.0], ShapeError, "as many rows"),
        ([[1.0]], [[1.0]], ShapeError, r"must be \(n,\)"),
    ],
)
def test_what_does_not_fit_is_refused(targets, said, error, message):
    with pytest.raises(error, match=message):
        regression_metrics(targets, said)
