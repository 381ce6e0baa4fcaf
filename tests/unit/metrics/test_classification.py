"""The figures are scikit-learn's or hand-computed; bad arrays are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from ostinato._errors import DatasetError, ShapeError
from ostinato.metrics import (
    accuracy_by_length,
    calibration,
    classification_metrics,
    confusion,
    confusion_per_label,
    decide,
    per_class,
)

SMALLEST_FLOAT32 = 1.1754943508222875e-38


@pytest.fixture
def single():
    generator = np.random.default_rng(0)
    labels = generator.integers(4, size=200)
    probabilities = generator.dirichlet(np.ones(4), size=200).astype(np.float32)
    return labels, probabilities


@pytest.fixture
def multi():
    generator = np.random.default_rng(1)
    return generator.random((200, 3)) < 0.4, generator.random((200, 3)).astype(np.float32)


def test_single_label_figures_equal_scikit_learn(single):
    labels, probabilities = single
    answers = probabilities.argmax(axis=1)
    figures = classification_metrics(labels, probabilities)
    assert figures == {
        "n": 200,
        "loss": pytest.approx(sklearn_metrics.log_loss(labels, probabilities), abs=1e-6),
        "accuracy": pytest.approx(sklearn_metrics.accuracy_score(labels, answers)),
        "f1_macro": pytest.approx(sklearn_metrics.f1_score(labels, answers, average="macro")),
    }


def test_multi_label_figures_equal_scikit_learn(multi):
    labels, probabilities = multi
    answers = probabilities >= 0.5
    figures = classification_metrics(labels, probabilities, multi_label=True)
    binary = [sklearn_metrics.log_loss(labels[:, j], probabilities[:, j]) for j in range(3)]
    assert figures == {
        "n": 200,
        "loss": pytest.approx(np.mean(binary), abs=1e-6),
        "accuracy": pytest.approx(sklearn_metrics.accuracy_score(labels, answers)),
        "f1_macro": pytest.approx(sklearn_metrics.f1_score(labels, answers, average="macro")),
        "f1_micro": pytest.approx(sklearn_metrics.f1_score(labels, answers, average="micro")),
    }


def test_figures_are_plain_python_numbers(single):
    kinds = [type(value) for value in classification_metrics(*single).values()]
    assert kinds == [int, float, float, float]


def test_a_probability_of_zero_costs_a_finite_loss():
    figures = classification_metrics([0], np.array([[0.0, 1.0]], dtype=np.float32))
    assert figures["loss"] == pytest.approx(-np.log(SMALLEST_FLOAT32))
    multi = classification_metrics([[True]], [[0.0]], multi_label=True)
    assert multi["loss"] == pytest.approx(-np.log(SMALLEST_FLOAT32))


def test_one_class_only_and_never_predicted_classes_do_not_warn():
    figures = classification_metrics([0, 0], [[0.9, 0.1], [0.8, 0.2]])
    assert figures["f1_macro"] == 1.0
    never = classification_metrics([1, 1], [[0.9, 0.1], [0.8, 0.2]])
    assert never["f1_macro"] == 0.0


def test_a_single_label_column_counts_its_yes_only():
    labels = np.array([[True], [True], [False]])
    figures = classification_metrics(labels, [[0.9], [0.1], [0.2]], multi_label=True)
    assert figures["f1_macro"] == figures["f1_micro"] == pytest.approx(2 / 3)
    answers = np.array([[True], [False], [False]])
    assert per_class(labels, answers, num_classes=1).f1.tolist() == pytest.approx([2 / 3])


def test_decide_takes_the_first_of_equals_and_one_half_as_yes():
    assert decide([[0.5, 0.5]]).tolist() == [0]
    assert decide([[0.5, 0.49]], multi_label=True).tolist() == [[True, False]]


def test_per_class_equals_scikit_learn_and_covers_absent_classes(single):
    labels, probabilities = single
    answers = probabilities.argmax(axis=1)
    ours = per_class(labels, answers, num_classes=6)
    theirs = sklearn_metrics.precision_recall_fscore_support(labels, answers)
    for mine, reference in zip(
        (ours.precision, ours.recall, ours.f1, ours.support), theirs, strict=True
    ):
        np.testing.assert_allclose(mine[:4], reference)
        assert mine[4:].tolist() == [0, 0]


def test_confusion_equals_scikit_learn(single):
    labels, probabilities = single
    answers = probabilities.argmax(axis=1)
    reference = sklearn_metrics.confusion_matrix(labels, answers, labels=range(5))
    np.testing.assert_array_equal(confusion(labels, answers, num_classes=5), reference)


def test_confusion_per_label_equals_scikit_learn(multi):
    labels, probabilities = multi
    answers = probabilities >= 0.5
    reference = sklearn_metrics.multilabel_confusion_matrix(labels, answers)
    np.testing.assert_array_equal(confusion_per_label(labels, answers), reference)


def test_calibration_is_equation_3_of_guo_et_al():
    chances = [0.1, 0.2, 0.6, 0.9, 1.0]
    outcomes = [False, True, True, True, False]
    bins = calibration(chances, outcomes, num_bins=2)
    assert bins.count.tolist() == [2, 3]
    np.testing.assert_allclose(bins.probability, [0.15, 2.5 / 3])
    np.testing.assert_allclose(bins.frequency, [0.5, 2 / 3])
    assert bins.error == pytest.approx(2 / 5 * 0.35 + 3 / 5 * (2.5 / 3 - 2 / 3))


def test_calibration_bins_hold_their_upper_edge_and_zero():
    bins = calibration([0.0, 0.5, 1.0], [False, True, True], num_bins=2)
    assert bins.count.tolist() == [2, 1]


def test_empty_calibration_bins_are_nan_and_cost_nothing():
    bins = calibration([0.9], [True], num_bins=3)
    assert np.isnan(bins.probability).tolist() == [True, True, False]
    assert bins.error == pytest.approx(0.1)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1), st.integers(1, 20))
def test_calibration_counts_every_row_and_its_error_is_a_share(rows, num_bins):
    chances, outcomes = zip(*rows, strict=True)
    bins = calibration(chances, outcomes, num_bins=num_bins)
    assert bins.count.sum() == len(rows)
    assert 0 <= bins.error <= 1 + 1e-9


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1), st.integers(1, 9))
def test_length_bins_part_the_texts_by_length(rows, num_bins):
    lengths, rights = zip(*rows, strict=True)
    bins = accuracy_by_length(lengths, rights, num_bins=num_bins)
    assert bins.count.sum() == len(rows)
    assert 1 <= len(bins.count) <= num_bins
    assert (bins.shortest <= bins.longest).all()
    assert (bins.longest[:-1] < bins.shortest[1:]).all()
    assert (bins.count * bins.accuracy).sum() == pytest.approx(sum(rights))
    assert (bins.low <= bins.accuracy + 1e-12).all()
    assert (bins.accuracy <= bins.high + 1e-12).all()


def test_wilson_interval_is_the_published_one():
    bins = accuracy_by_length([5] * 10, [True] * 8 + [False] * 2, num_bins=1)
    assert bins.low[0] == pytest.approx(0.4902, abs=1e-4)
    assert bins.high[0] == pytest.approx(0.9433, abs=1e-4)


@pytest.mark.parametrize(
    ("labels", "probabilities", "multi_label", "error", "message"),
    [
        ([], np.zeros((0, 2)), False, DatasetError, "labels must have at least one row; got none"),
        ([0], [[0.5, 0.5]] * 2, False, ShapeError, "must have as many rows; got 1 and 2"),
        ([2], [[0.5, 0.5]], False, DatasetError, "class indices from 0 to 1; got 2 to 2"),
        ([-1], [[0.5, 0.5]], False, DatasetError, "class indices from 0 to 1; got -1 to -1"),
        ([0.0], [[0.5, 0.5]], False, ShapeError, "must be whole numbers .* got float64"),
        ([0], [0.5], False, ShapeError, r"probabilities must be \(n, classes\); got shape \(1,\)"),
        ([0], [[0.5, 0.6]], False, DatasetError, "must sum to 1 in each row; got 1.1"),
        ([0], [[-0.5, 1.5]], False, DatasetError, "must be from 0 to 1; got -0.5"),
        ([0], [[float("nan"), 1]], False, DatasetError, "must be from 0 to 1; got nan"),
        ([0], [[0.5, 0.5]], True, ShapeError, "boolean matrix .* when multi_label=True"),
        ([[True]], [[1.0]], False, ShapeError, "class indices .* when multi_label=False"),
        ([[True]], [[0.5, 0.5]], True, ShapeError, "must have 2 columns, one for each class"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(labels, probabilities, multi_label, error, message):
    with pytest.raises(error, match=message):
        classification_metrics(labels, probabilities, multi_label=multi_label)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: calibration([[0.5]], [True]), ShapeError, r"probabilities must be \(n,\)"),
        (lambda: calibration([], []), DatasetError, "at least one row"),
        (lambda: calibration([1.5], [True]), DatasetError, "from 0 to 1; got 1.5"),
        (lambda: calibration([0.5], [True], num_bins=0), ShapeError, "at least 1; got 0"),
        (lambda: accuracy_by_length([1], [True], num_bins=0), ShapeError, "at least 1; got 0"),
        (lambda: accuracy_by_length([1], [True, False]), ShapeError, "as many rows; got 1 and 2"),
        (lambda: per_class([0], [[True]], num_classes=1), ShapeError, "must have the same form"),
        (
            lambda: confusion([[True]], [[True]], num_classes=1),
            ShapeError,
            "Use confusion_per_label for multi-label",
        ),
        (lambda: confusion_per_label([0], [0]), ShapeError, "Use confusion for class indices"),
    ],
)
def test_bad_arguments_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
