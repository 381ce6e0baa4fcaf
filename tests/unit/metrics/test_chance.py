"""Standard deviations above chance, against every permutation of small sets."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import ShapeError
from ostinato.metrics import CHANCE_Z, agreement_z, correlation_z

classes = st.integers(0, 2)


@given(st.lists(st.tuples(classes, classes), min_size=2, max_size=6))
def test_mean_and_variance_are_those_of_all_permutations(pairs: list[tuple[int, int]]) -> None:
    labels, answers = (np.array(column) for column in zip(*pairs, strict=True))
    matches = [
        np.count_nonzero(labels == answers[list(p)]) for p in permutations(range(len(pairs)))
    ]
    spread = float(np.std(matches))
    right = np.count_nonzero(labels == answers)
    expected = (right - np.mean(matches)) / spread if spread > 1e-9 else 0.0
    assert agreement_z(labels, answers) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=30))
def test_the_columns_of_several_labels_are_added_up(pairs: list[tuple[bool, bool]]) -> None:
    labels, answers = (np.array(column) for column in zip(*pairs, strict=True))
    one = agreement_z(labels.astype(int), answers.astype(int))
    both = agreement_z(np.stack([labels] * 2, axis=1), np.stack([answers] * 2, axis=1))
    assert both == pytest.approx(one * np.sqrt(2))  # twice the gain, twice the variance


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=2, max_size=6))
def test_a_correlation_has_the_deviation_of_all_permutations(pairs: list[tuple[int, int]]) -> None:
    rights, answers = (np.array(column, float) for column in zip(*pairs, strict=True))
    if not rights.std() or not answers.std():
        assert correlation_z(rights, answers) == 0.0
        return
    found = [np.corrcoef(rights, answers[list(p)])[0, 1] for p in permutations(range(len(pairs)))]
    expected = np.corrcoef(rights, answers)[0, 1] / np.std(found)
    assert correlation_z(rights, answers) == pytest.approx(expected)


def test_shuffled_answers_are_chance_and_right_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 300)
    above = [agreement_z(labels, rng.permutation(labels)) > CHANCE_Z for _ in range(300)]
    assert np.mean(above) <= 0.02
    assert agreement_z(labels, labels) > 20


def test_an_answer_that_is_always_the_same_tells_nothing_apart() -> None:
    assert agreement_z([0, 1, 1], [1, 1, 1]) == 0.0
    with pytest.raises(ShapeError):
        agreement_z([0, 1], [1])
