"""The classifier of sequences keeps scikit-learn's conventions and its own promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score

from ostinato import ConfigError, DatasetError, Recurrent, SeriesClassifier, Training
from ostinato.datasets import Sequences
from ostinato.tasks.sequence_inputs import Scaling, sequences_of


def rising(count: int = 80, seed: int = 0) -> tuple[list[np.ndarray], list[str]]:
    """Sequences of which one feature rises or falls; their values are the same but for the order."""
    rng = np.random.default_rng(seed)
    sequences, labels = [], []
    for n in range(count):
        steps = np.sort(rng.normal(size=rng.integers(3, 12)))
        steps = steps if n % 2 else steps[::-1]
        sequences.append(np.stack([steps * 1000 + 5000, rng.normal(size=len(steps))], axis=1))
        labels.append("up" if n % 2 else "down")
    return sequences, labels


X, Y = rising()
VALUES = [float(x[:, 0].mean() / 100) for x in X]


def small(**settings) -> SeriesClassifier:
    model = SeriesClassifier(
        recurrent=Recurrent(cell="gru", hidden_size=8),
        training=Training(epochs=12, batch_size=8, learning_rate=0.02),
        noise=0.0,
        head_dropout=0.0,
        convolutions=False,
    )
    return model.set_params(**settings)


@pytest.fixture(scope="module")
def fitted() -> SeriesClassifier:
    return small().fit(X, Y)


@pytest.fixture(scope="module")
def regressor() -> SeriesClassifier:
    return small(regression=True, training__epochs=20).fit(X, VALUES)


def test_it_learns_that_order_decides(fitted):
    others, labels = rising(seed=1)
    assert fitted.score(others, labels) > 0.95
    assert fitted.predict(others[:2]).tolist() == labels[:2]
    np.testing.assert_allclose(fitted.predict_proba(others).sum(1), 1, rtol=1e-5)


def test_it_learns_values_in_their_own_unit(regressor):
    others, _ = rising(seed=1)
    right = [float(x[:, 0].mean() / 100) for x in others]
    said = regressor.predict(others)
    assert regressor.score(others, right) == r2_score(right, said) > 0.8
    figures = regressor.evaluate(others, right)
    assert figures["r2"] == pytest.approx(r2_score(right, said))
    with pytest.raises(AttributeError, match="no probabilities"):
        regressor.predict_proba(others)


@pytest.mark.parametrize("regression", [False, True])
def test_sequences_of_one_array_are_cross_validated(regression):
    cube = np.random.default_rng(0).normal(size=(40, 6, 2))
    model = small(training__epochs=1, regression=regression)
    y = cube.sum((1, 2)) if regression else np.arange(40) % 2
    assert np.isfinite(cross_val_score(model, cube, y, cv=2)).all()


def test_features_are_called_as_the_columns():
    tables = [pd.DataFrame(x, columns=["x", "y"]) for x in X]
    assert small(training__epochs=1).fit(tables, Y).feature_names_in_.tolist() == ["x", "y"]
    assert not hasattr(small(training__epochs=1).fit(X, Y), "feature_names_in_")


@pytest.mark.parametrize("regression", [False, True])
def test_convolutions_beside_it_are_joined_as_validation_says(regression):
    y = VALUES if regression else Y
    model = small(regression=regression, training__epochs=1, convolutions=True).fit(X, y)
    joined = model.joined_
    assert joined.ridge_weight > joined.network_weight  # which has hardly been trained
    column = model.scaling_.column(Sequences.make(X, None, "train"))
    found = joined.join(model._scores(column), column)
    if regression:
        np.testing.assert_allclose(model.predict(X), model.values_.decode(found[:, 0]))
    else:
        np.testing.assert_array_equal(model.predict_proba(X).argmax(1), found.argmax(1))
    alone = [model.predict_details([x])[0] for x in X[:3]]
    for one, several in zip(alone, model.predict_details(X[:3]), strict=True):
        key = "value" if regression else "confidence"
        assert one[key] == pytest.approx(several[key], rel=1e-4)


def test_the_unit_and_zero_of_a_feature_do_not_matter():
    other = [x * [1e-3, 40.0] - [7.0, 2.0] for x in X]
    first = small(training__epochs=2).fit(X, Y).predict_proba(X)
    second = small(training__epochs=2).fit(other, Y).predict_proba(other)
    np.testing.assert_allclose(first, second, atol=1e-4)


def test_test_sequences_are_scaled_by_train():
    scaling = Scaling.fit(Sequences.make([[1.0, 3.0]], None, "train"))
    shifted = scaling.column(Sequences.make([[3.0, 5.0]], None, "test")).values
    assert shifted.ravel().tolist() == [1.0, 3.0]
    constant = Scaling.fit(Sequences.make([[2.0, 2.0]], None, "train"))
    other = Sequences.make([[2.0, 3.0]], None, "t")
    assert constant.column(other).values.tolist() == [[0], [0.5]]  # in units of its level


def test_missing_values_are_told_to_the_network_where_train_has_some():
    rng = np.random.default_rng(0)
    rows, labels = [], []
    for n in range(80):
        row = np.zeros((8, 1)) + rng.normal(size=(8, 1))
        row[rng.permutation(8)[: 2 + 3 * (n % 2)]] = np.nan  # only how many are missing tells
        rows.append(row)
        labels.append(n % 2)
    model = small().fit(rows, labels)
    assert model.scaling_.num_inputs == 2
    assert model.score(rows, labels) == 1.0
    plain = small(training__epochs=1).fit(X, Y)
    assert plain.scaling_.num_inputs == 2
    gap = X[0].copy()
    gap[0, 0] = np.nan
    mean = X[0].copy()
    mean[0, 0] = plain.scaling_.means[0]
    np.testing.assert_allclose(plain.predict_proba([gap]), plain.predict_proba([mean]), atol=1e-6)


def test_what_readers_give_can_be_handed_on_and_columns_find_their_place(fitted):
    split = Sequences.make(X, Y, "file", features=("x", "y"))
    model = small(training__epochs=1).fit(split, Y)
    turned = Sequences.make([x[:, ::-1] for x in X], Y, "other", features=("y", "x"))
    assert np.array_equal(model.predict_proba(turned), model.predict_proba(split))
    answers = model.predict_details([turned.take([3]), turned.take([0])])
    assert [answer["sequence"] for answer in answers] == ["sequence 4", "sequence 1"]


BAD = X[:-1]


@pytest.mark.parametrize(
    ("sequences", "labels", "match"),
    [
        (X, ["up"] * len(X), "at least two different labels; got 'up' in all 80"),
        (X, Y[:-1], "as many labels as sequences"),
        ([*BAD, np.zeros((0, 2))], Y, "train: sequence 80 must have at least one step"),
        ([*BAD, np.zeros((3, 1))], Y, "sequence 80 must have 2 features.*got 1"),
        ([*BAD, np.full((3, 2), np.inf)], Y, "sequence 80: .*got inf at step 1 of feature `1`"),
        ([*BAD, [["a", "b"]]], Y, "sequence 80 must be an array of numbers"),
        (["a.ts", "b.ts"], ["x", "y"], "must be arrays of numbers; got text"),
        ([x * [1, np.nan] for x in X], Y, "feature `2` has none"),
        (X, [None, *Y[1:]], "the label must not be missing"),
        (X, VALUES, "labels are numbers such as .*Set regression"),
    ],
)
def test_bad_data(sequences, labels, match):
    with pytest.raises(DatasetError, match=match):
        small().fit(sequences, labels)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (
            [float("nan"), *VALUES[1:]],
            "sequence 1 must have a finite number for its label; got nan",
        ),
        (["x", *VALUES[1:]], "sequence 1 must have a finite number for its label; got 'x'"),
        ([2.0] * len(X), "values must differ; got 2 for all 80"),
    ],
)
def test_bad_values(values, match):
    with pytest.raises(DatasetError, match=match):
        small(regression=True).fit(X, values)


def test_wrong_use_is_told(fitted):
    with pytest.raises(DatasetError, match="label 'flat', which never occurs in train"):
        fitted.evaluate(X[:1], ["flat"])
    with pytest.raises(DatasetError, match="must have 2 features, as in train; got 3 features"):
        fitted.predict([np.zeros((4, 3))])
    with pytest.raises(ConfigError, match="noise must be at least 0"):
        small(noise=-1.0).fit(X, Y)


def test_a_value_far_outside_of_train_is_still_answered(fitted):
    far = np.full((3, 2), 1e300)
    assert np.isfinite(fitted.predict_proba([far])).all()


def test_a_single_example_that_counts_is_enough():
    weights = [0.0] * len(X)
    weights[5] = 1.0
    model = small(training__epochs=1, convolutions=True)
    model.fit(X, Y, sample_weight=weights, validation=(X[:20], Y[:20]))
    assert np.isfinite(model.metrics_["validation"]["loss"])


@pytest.mark.parametrize(
    ("column", "got"),
    [(pd.date_range("2024-01-01", periods=4), "Timestamp"), (["1", "2", "3", "x"], "values of <U")],
)
def test_a_column_that_is_no_number_is_named(column, got):
    tables = [pd.DataFrame({"p": np.arange(4.0), "t": column})] * 8
    with pytest.raises(
        DatasetError, match=rf"sequence 1: column `t` must hold numbers; got .*{got}"
    ):
        sequences_of(tables, ["a", "b"] * 4, "train")


@pytest.mark.parametrize("kind", ["table", "series"])
def test_steps_that_are_not_in_the_order_of_their_index_are_told(kind, caplog):
    steps = pd.Series(np.arange(4.0), pd.date_range("2024-01-01", periods=4))
    rows = [steps, steps[::-1]]
    rows = [row.to_frame("p") for row in rows] if kind == "table" else rows
    with caplog.at_level("WARNING", logger="ostinato"):
        sequences_of(rows[:1], ["a"], "train")
        assert not caplog.text
        sequences_of(rows, ["a", "b"], "train")
    assert "sequence 2: steps are taken as they stand" in caplog.text
