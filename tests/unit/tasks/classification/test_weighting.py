"""Weights of examples: what they do to the loss, how they follow their rows, what is refused."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from tests.unit.tasks.classification.text.test_classifier import LABELS, TEXTS, small
from torch.nn import functional as F

from ostinato import ConfigError, DatasetError, Recurrent, SeriesClassifier, Training
from ostinato.data.ragged import Ragged
from ostinato.datasets import Examples, Sequences
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.objective import ClassificationObjective
from ostinato.tasks.classification.regression import RegressionObjective
from ostinato.tasks.classification.text.inputs import take
from ostinato.tasks.classification.weighting import weights_of, with_weights
from ostinato.tasks.columns import ColumnSplit, Weighted

RARE = [*["ham"] * 18, "spam", "spam"]


def examples(labels: list[str] = RARE) -> Examples:
    return Examples.make([f"text {n}" for n in range(len(labels))], labels, "train")


def test_a_weighted_loss_is_the_weighted_mean_of_the_losses_and_adds_up():
    output, targets = torch.randn(7, 3), torch.randint(3, (7,))
    weights = torch.rand(7)
    objective = ClassificationObjective(multi_label=False)
    loss, count, right = objective.sums(output, Weighted(targets, weights)).tolist()
    expected = F.cross_entropy(output, targets, reduction="none") @ weights
    assert loss == pytest.approx(expected.item(), rel=1e-6)
    assert count == 7
    assert right == (output.argmax(1) == targets).sum()
    halves = sum(
        objective.sums(output[part], Weighted(targets[part], weights[part]))
        for part in (slice(3), slice(3, 7))
    )
    torch.testing.assert_close(halves, torch.tensor([loss, count, right]))
    ones = objective.sums(output, Weighted(targets, torch.ones(7)))
    torch.testing.assert_close(ones, objective.sums(output, targets))


def test_a_weight_of_two_is_a_row_that_stands_twice():
    objective = RegressionObjective(deviation=1.0)
    output, targets = torch.randn(4, 1), torch.randn(4)
    twice = torch.tensor([0, 0, 1, 2, 3])
    weights = torch.tensor([2.0, 1.0, 1.0, 1.0])
    ours = objective.figures(objective.sums(output, Weighted(targets, weights)))
    theirs = objective.figures(objective.sums(output[twice], targets[twice]))
    for name in ("rmse", "mae", "r2"):
        assert ours[name] == pytest.approx(theirs[name], rel=1e-5)


def test_balanced_classes_weigh_the_same_together_and_are_told(caplog):
    caplog.set_level(logging.INFO, "ostinato")
    split, labels = examples(), Labels.fit(RARE)
    targets = labels.encode(RARE)
    weights = weights_of({"train": split}, {"train": targets}, labels)["train"]
    assert weights.mean().item() == pytest.approx(1)
    assert weights[targets == 0].sum().item() == pytest.approx(weights[targets == 1].sum().item())
    assert "class weights: spam 5.00, ham 0.56" in caplog.text


def test_weights_have_mean_one_over_train_and_the_other_splits_have_the_same_scale():
    splits = {"train": with_weights(examples(), [3.0] * 10 + [1.0] * 10), "validation": examples()}
    targets = {name: torch.zeros(20, dtype=torch.long) for name in splits}
    found = weights_of(splits, targets)
    assert found["train"].unique().tolist() == [0.5, 1.5]
    assert found["validation"].unique().tolist() == [0.5]
    same = weights_of({"train": examples()}, targets)
    assert same == {"train": None}


def test_weights_follow_their_rows_and_tell_a_split_from_others():
    split = with_weights(examples(), np.arange(20))
    assert take(split, np.array([3, 1])).weights == [3.0, 1.0]
    assert split.fingerprint != examples().fingerprint
    series = Sequences.make([[1.0, 2.0], [3.0], [4.0]], ["a", "b", "a"], "train")
    heavy = with_weights(series, [1, 2, 3])
    assert heavy.take([2, 0]).weights == [3.0, 1.0]
    assert heavy.fingerprint != series.fingerprint
    held = small().hold_out({"train": with_weights(examples(), np.arange(20) + 1.0)})
    for one in held.values():
        assert one.weights == [float(text.split()[1]) + 1 for text in one.texts]


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        ([1.0], r"one number for each of 20 examples; got shape \(1,\)"),
        ([[1.0]] * 20, r"one number for each of 20 examples; got shape \(20, 1\)"),
        ([-1.0] + [1.0] * 19, "finite and at least 0; got -1 for example 1"),
        ([1.0, float("nan")] + [1.0] * 18, "finite and at least 0; got nan for example 2"),
        ([0.0] * 20, "above 0 for some example; got 0 for all"),
        (["much"] * 20, "sample_weight must be numbers"),
    ],
)
def test_bad_weights_are_refused(weights, match):
    with pytest.raises(DatasetError, match=match):
        with_weights(examples(), weights)


def test_a_batch_carries_its_weights():
    column = Ragged(np.arange(4, dtype=np.int32), np.arange(5))
    split = ColumnSplit(column, torch.arange(4), torch.arange(4.0))
    targets = split.batch(np.array([2, 0]))[1].to(torch.device("cpu"))
    assert targets.targets.tolist() == [2, 0]
    assert targets.weights.tolist() == [2.0, 0.0]


def test_rows_without_weight_are_not_learnt():
    """Of contradicting labels those count that have weight."""
    texts = TEXTS[:20] * 2
    labels = ["good"] * 10 + ["bad"] * 10 + ["bad"] * 10 + ["good"] * 10
    model = small(training__epochs=8, ngrams=False, baseline=False)
    for half in (0, 1):
        weights = np.repeat([1 - half, half], 20)
        wanted = labels[20 * half : 20 * half + 20]
        model.fit(texts, labels, sample_weight=weights, validation=(TEXTS[:20], wanted))
        assert np.mean(model.predict(TEXTS[:20]) == wanted) > 0.7, half


def test_balanced_text_classes_are_judged_by_their_likelihood_and_macro_f1(tmp_path):
    model = small(class_weight="balanced", training__epochs=2, ngrams=False)
    model.fit(TEXTS, LABELS, out=tmp_path / "run")
    assert "log_likelihood" in model.history_[0]["validation"]
    assert model.metrics_["verdict"]["figure"] == "f1_macro"


def test_balanced_is_for_single_classes():
    with pytest.raises(ConfigError, match="class_weight must be None for several labels a text"):
        small(class_weight="balanced", multi_label=True).fit(TEXTS, [[label] for label in LABELS])
    with pytest.raises(ConfigError, match="class_weight must be None for a regression"):
        SeriesClassifier(class_weight="balanced", regression=True).fit([[1.0], [2.0]], [1.0, 2.0])


def test_sequences_take_weights_too():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(5, 1)) + (n % 4 == 0) for n in range(40)]
    labels = ["up" if n % 4 == 0 else "down" for n in range(40)]
    model = SeriesClassifier(
        recurrent=Recurrent(hidden_size=4),
        training=Training(epochs=1, batch_size=8, learning_rate=0.01),
        class_weight="balanced",
        baseline=False,
    )
    model.fit(sequences, labels, sample_weight=np.ones(40))
    values = [float(row.mean()) for row in sequences]
    model.set_params(class_weight=None, regression=True)
    model.fit(sequences, values, sample_weight=np.arange(40))
    assert np.isfinite(model.predict(sequences)).all()
