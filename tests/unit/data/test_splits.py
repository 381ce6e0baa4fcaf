from collections import Counter
from operator import eq

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError, ShapeError
from ostinato.data.splits import duplicates, folds_of, joined_groups, stratified_holdout

some_labels = st.lists(st.sampled_from("abc"), min_size=2, max_size=60)


@given(some_labels, st.floats(0.05, 0.5), st.integers(0, 9))
def test_splits_are_disjoint_whole_sorted_and_seeded(
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
    with pytest.raises(DatasetError, match="9 different labels: is the label column the right one"):
        stratified_holdout([str(n) for n in range(9)])


def test_copies_larger_than_the_share_are_held_out_whole() -> None:
    labels, groups = ["a", "a", "b", "b"] * 6, np.arange(24) // 2
    train, held = stratified_holdout(labels, 0.1, groups=groups.tolist())
    assert len(held) == 2
    assert len(set(groups[held])) == 1
    assert len(train) == 22


@pytest.mark.parametrize(
    ("speakers", "each", "fraction"), [(10, 6, 0.3), (40, 10, 0.2), (20, 3, 0.5)]
)
def test_of_groups_that_have_every_label_the_share_is_held_out_too(
    speakers, each, fraction
) -> None:
    rng = np.random.default_rng(0)
    labels = ["abcdef"[n] for n in rng.integers(6, size=speakers * each)]
    groups = np.repeat(np.arange(speakers), each).tolist()
    _, held = stratified_holdout(labels, fraction, groups=groups)
    assert len(held) == round(fraction * speakers) * each


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


some_rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 25)), min_size=4, max_size=60)


@given(some_rows, st.integers(2, 5), st.integers(0, 3))
def test_folds_part_no_group_and_leave_every_label_to_the_rest(
    rows: list[tuple[str, int]], folds: int, seed: int
) -> None:
    labels, groups = [row[0] for row in rows], [row[1] for row in rows]
    try:
        found = folds_of(labels, groups, folds=folds, seed=seed)
    except ConfigError:
        assume(False)
    assert len(found) == folds
    tested = [row for fold in found for row in fold]
    assert len(tested) == len(set(tested))
    for fold in found:
        assert len(fold) > 0
        assert fold.tolist() == sorted(fold)
        rest = set(range(len(rows))) - set(fold.tolist())
        assert not {groups[row] for row in fold} & {groups[row] for row in rest}
        assert {labels[row] for row in rest} == set(labels)
    again = folds_of(labels, groups, folds=folds, seed=seed)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))


@given(st.integers(10, 40), st.integers(10, 40), st.integers(2, 5))
def test_every_row_is_in_one_fold_and_every_label_in_its_share(a: int, b: int, folds: int) -> None:
    labels = ["a"] * a + ["b"] * b
    found = folds_of(labels, range(a + b), folds=folds)
    assert sorted(row for fold in found for row in fold) == list(range(a + b))
    for fold in found:
        for label, count in Counter(labels[row] for row in fold).items():
            assert abs(count - labels.count(label) / folds) < 1


def test_a_lone_label_is_trained_on_in_every_fold() -> None:
    labels = [*"aabbaabbaabb", "c"]
    found = folds_of(labels, range(13), folds=3)
    assert sorted(row for fold in found for row in fold) == list(range(12))


def test_rows_of_several_labels_are_dealt_too() -> None:
    labels = [["x"], ["x", "y"], [], ["y"]] * 5
    found = folds_of(labels, range(20), folds=4)
    assert sorted(row for fold in found for row in fold) == list(range(20))


@pytest.mark.parametrize(
    ("labels", "groups", "folds", "match"),
    [
        ("ab", range(2), 1, "folds must be at least 2; got 1"),
        ("abab", range(4), 5, "an example of its own for each of 5 folds; got 4"),
        ("abab", [0, 0, 1, 1], 3, "got 2, copies counted once. Use fewer folds"),
        ("abcdef", range(6), 3, "must leave its label to the others; got none in fold 1"),
    ],
)
def test_folds_that_cannot_be_dealt_are_refused(labels, groups, folds, match) -> None:
    with pytest.raises(ConfigError, match=match):
        folds_of(list(labels), groups, folds=folds)


@given(rows=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_rows_alike_in_either_way_are_in_one_group_and_no_others(rows):
    groups = joined_groups([one for one, _ in rows], [other for _, other in rows])
    linked = {
        (a, b) for a in range(len(rows)) for b in range(len(rows)) if any(map(eq, rows[a], rows[b]))
    }
    for _ in rows:  # whatever is linked by others
        linked |= {(a, d) for a, b in linked for c, d in linked if b == c}
    assert linked == {
        (a, b) for a in range(len(rows)) for b in range(len(rows)) if groups[a] == groups[b]
    }
