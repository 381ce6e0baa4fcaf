from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError, ShapeError
from ostinato.data.splits import duplicates, stratified_holdout

some_labels = st.lists(st.sampled_from("abc"), min_size=2, max_size=60)


@given(some_labels, st.floats(0.05, 0.5), st.integers(0, 9))
def test_parts_are_disjoint_whole_sorted_and_seeded(
    labels: list[str], fraction: float, seed: int
) -> None:
    assume(len(set(labels)) < len(labels))
    train, held = stratified_holdout(labels, fraction, seed)
    assert sorted([*train, *held]) == list(range(len(labels)))
    assert train.tolist() == sorted(train)
    assert held.tolist() == sorted(held)
    assert len(held) > 0
    assert {labels[row] for row in train} == set(labels)
    again = stratified_holdout(labels, fraction, seed)
    assert np.array_equal(again[1], held)


@given(st.integers(10, 80), st.integers(10, 80), st.sampled_from([0.1, 0.2, 0.5]))
def test_each_label_gives_its_share(a: int, b: int, fraction: float) -> None:
    labels = ["a"] * a + ["b"] * b
    _, held = stratified_holdout(labels, fraction)
    assert len(held) == round(fraction * (a + b))
    for label, count in Counter(labels[row] for row in held).items():
        assert abs(count - fraction * labels.count(label)) < 1


def test_many_rare_labels_still_give_their_tenth() -> None:
    labels = [str(row // 4) for row in range(400)]
    _, held = stratified_holdout(labels, 0.1)
    assert len(held) == 40


def test_seeds_differ() -> None:
    labels = ["a", "b"] * 50
    held = [stratified_holdout(labels, seed=seed)[1].tolist() for seed in (0, 1)]
    assert held[0] != held[1]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 15)), min_size=4, max_size=60),
    st.integers(0, 3),
)
def test_a_group_is_never_parted(rows: list[tuple[str, int]], seed: int) -> None:
    labels, groups = [row[0] for row in rows], [row[1] for row in rows]
    try:
        train, held = stratified_holdout(labels, 0.3, seed, groups)
    except DatasetError:
        assume(False)
    assert not {groups[row] for row in train} & {groups[row] for row in held}
    assert {labels[row] for row in train} == set(labels)


@given(
    st.lists(st.lists(st.sampled_from("abcd"), max_size=3, unique=True), min_size=10, max_size=50)
)
def test_rows_of_several_labels_keep_each_label_in_train(rows: list[list[str]]) -> None:
    try:
        train, held = stratified_holdout(rows, 0.2)
    except DatasetError:
        assume(False)
    assert sorted([*train, *held]) == list(range(len(rows)))
    known = {label for row in train for label in rows[row]}
    assert known == {label for row in rows for label in row}
    assert len(held) <= round(0.2 * len(rows))


def test_no_free_row_is_refused() -> None:
    with pytest.raises(DatasetError, match="must be free to be held out of 2; got none"):
        stratified_holdout(["a", "b"])


def test_a_fraction_outside_its_rule_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"fraction must be above 0 and below 1; got 1\.0"):
        stratified_holdout(["a", "a"], 1.0)


def test_groups_of_another_length_are_refused() -> None:
    with pytest.raises(ShapeError, match="groups must have one value a row; got 1 for 2 rows"):
        stratified_holdout(["a", "a"], groups=["x"])


@given(st.lists(st.sampled_from("abcde")), st.lists(st.sampled_from("abcde")))
def test_duplicates_are_the_texts_of_both(a: list[str], b: list[str]) -> None:
    found = duplicates(a, b)
    assert found.dtype == bool
    assert found.tolist() == [text in a for text in b]
