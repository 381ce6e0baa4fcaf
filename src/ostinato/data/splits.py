"""Leak-free hold-out and cross-validation splits, and duplicates across splits."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from ostinato._arrays import Int64s
from ostinato._config import check_range
from ostinato._errors import ConfigError, DatasetError, ShapeError

Units = list[list[int]]
"""Groups of row indices that stay together, for example the copies of one text."""


def stratified_holdout(
    labels: Sequence[str] | Sequence[Sequence[str]],
    fraction: float = 0.1,
    seed: int = 0,
    groups: Sequence[Hashable] | None = None,
) -> tuple[Int64s, Int64s]:
    """Split rows into a training and a held-out split, stratified by label.

    Multi-label rows are drawn at random, not stratified, and so are groups where most rows are in
    groups of several labels, as those of speakers. A label that would be missing from the training
    split gets one of its rows back.

    Args:
        labels: Label of each row, or the list of its labels.
        fraction: Share of the rows to hold out.
        seed: Seed of the draw.
        groups: Rows with the same value, for example the same text, stay on one side.

    Returns:
        The row indices of the two splits, each sorted.

    Raises:
        ConfigError: ``fraction`` is not between 0 and 1.
        ShapeError: There are not as many groups as labels.
        DatasetError: No row can be held out.

    Example:
        >>> train, held_out = stratified_holdout(["a", "b"] * 10, fraction=0.2)
        >>> len(train), held_out
        (16, array([ 4,  6, 13, 19]))
    """
    check_range("stratified_holdout", "fraction", fraction, above=0, below=1)
    rows_labels = [(row,) if isinstance(row, str) else tuple(row) for row in labels]
    units = _units(len(rows_labels), groups)
    rng = np.random.default_rng(seed)
    units = [units[place] for place in rng.permutation(len(units))]
    mixed = sum(len(unit) for unit in units if len({rows_labels[row] for row in unit}) > 1)
    if all(isinstance(row, str) for row in labels) and 2 * mixed <= len(rows_labels):
        held = _draw_by_label(units, [row[0] for row in rows_labels], fraction, rng)
    else:
        held = _draw(units, round(fraction * len(rows_labels)) or 1)
    held = _return_lost_labels(held, rows_labels) or _smallest(units, rows_labels)
    is_held = np.zeros(len(rows_labels), bool)
    is_held[[row for unit in held for row in unit]] = True
    if not held:
        raise _nothing_to_hold_out(rows_labels)
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def _nothing_to_hold_out(rows_labels: Sequence[tuple[str, ...]]) -> DatasetError:
    different = len({label for row in rows_labels for label in row})
    remedy = "Add rows, or name a validation file."
    if different > len(rows_labels) // 2 > 1:
        remedy = f"There are {different} different labels: is the label column the right one?"
    return DatasetError(
        f"stratified_holdout: some row must be free to be held out of {len(rows_labels)}; "
        "got none that leaves every label in the training split, copies of a text staying together. "
        f"{remedy}"
    )


def folds_of(
    labels: Sequence[str] | Sequence[Sequence[str]],
    groups: Sequence[Hashable],
    *,
    folds: int,
    seed: int = 0,
) -> list[Int64s]:
    """Split rows into folds of similar size, stratified by label, each group in one fold.

    Labels with fewer rows than folds are stratified together as one. A row that alone has its label is
    in no fold, so that whatever is fitted to the other folds knows all labels.

    Args:
        labels: Label of each row, or lists of labels, which are not stratified.
        groups: Rows with the same value, for example copies of a text, stay together.
        folds: How many.
        seed: Seed of the draw.

    Returns:
        The row indices of each fold, sorted.

    Raises:
        ConfigError: There are fewer than two folds, fewer groups than folds, or too many lone labels.

    Example:
        >>> [fold.tolist() for fold in folds_of(["a", "b"] * 3, range(6), folds=3)]
        [[0, 5], [2, 3], [1, 4]]
    """
    check_range("cross-validation", "folds", folds, low=2)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    if len(numbers) < folds:
        raise ConfigError(
            f"cross-validation: there must be an example of its own for each of {folds} folds; got "
            f"{len(numbers)}, copies counted once. Use fewer folds."
        )
    of_group = np.array([numbers[group] for group in groups])
    counts = Counter(row for row in labels if isinstance(row, str))
    strata = [row if isinstance(row, str) and counts[row] >= folds else "" for row in labels]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer rows of rare labels than folds
        parting = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        dealt = [np.sort(test) for _, test in parting.split(strata, strata, of_group)]
    if not all(len(rows) for rows in dealt):
        dealt = _dealt_at_random(of_group, folds, seed)
    rows_labels = [(row,) if isinstance(row, str) else tuple(row) for row in labels]
    found = [_without_lost_labels(rows, groups, rows_labels) for rows in dealt]
    for number, rows in enumerate(found, start=1):
        if not len(rows):
            raise ConfigError(
                f"cross-validation: some example of each of {folds} folds must leave its label to the "
                f"others; got none in fold {number}. Use fewer folds, or add examples of rare labels."
            )
    return found


def joined_groups(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[int]:
    """Return a group number for each row; rows that share either value are in one.

    Args:
        first: A value of each row, such as the speaker.
        second: Another, such as a hash of the recording.

    Example:
        >>> joined_groups(["ann", "ann", "bob", "eve"], [1, 2, 2, 3])
        [0, 0, 0, 3]
    """
    parents = list(range(len(first)))

    def top(row: int) -> int:
        while parents[row] != row:
            parents[row] = row = parents[parents[row]]
        return row

    for values in (first, second):
        firsts: dict[Hashable, int] = {}
        for row, value in enumerate(values):
            one, other = sorted((top(firsts.setdefault(value, row)), top(row)))
            parents[other] = one
    return [top(row) for row in range(len(first))]


def _dealt_at_random(of_group: Int64s, folds: int, seed: int) -> list[Int64s]:
    """Assign groups, largest first, to the smallest fold each, so that no fold is empty."""
    sizes = np.bincount(of_group)
    order = np.random.default_rng(seed).permutation(len(sizes))
    fold_of, filled = np.empty(len(sizes), np.int64), np.zeros(folds, np.int64)
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return [np.flatnonzero(fold_of[of_group] == fold) for fold in range(folds)]


def _without_lost_labels(
    rows: Int64s, groups: Sequence[Hashable], labels: list[tuple[str, ...]]
) -> Int64s:
    """Return the rows of a fold but for those that the other folds need to have every label."""
    members: dict[Hashable, list[int]] = {}
    for row in rows.tolist():
        members.setdefault(groups[row], []).append(row)
    kept = _return_lost_labels(list(members.values()), labels)
    return np.array(sorted(row for unit in kept for row in unit), np.int64)


def duplicates(a_texts: Iterable[str], b_texts: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Return whether each text of ``b_texts`` is in ``a_texts``, exactly.

    Example:
        >>> duplicates(["good", "bad"], ["bad", "ugly"])
        array([ True, False])
    """
    known = set(a_texts)
    return np.fromiter((text in known for text in b_texts), dtype=bool)


def _units(count: int, groups: Sequence[Hashable] | None) -> Units:
    if groups is None:
        return [[row] for row in range(count)]
    if len(groups) != count:
        raise ShapeError(
            f"stratified_holdout: groups must have one value a row; "
            f"got {len(groups)} for {count} rows."
        )
    members: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    return list(members.values())


def _draw(units: Units, count: int) -> Units:
    """Take units in order while they fit into ``count`` rows."""
    held = []
    for unit in units:
        if len(unit) <= count:
            held.append(unit)
            count -= len(unit)
        if count == 0:
            break
    return held


def _smallest(units: Units, labels: list[tuple[str, ...]]) -> Units:
    """Return the smallest unit without which every label still has a row, if there is one."""
    total = Counter(label for row in labels for label in row)
    for unit in sorted(units, key=len):
        inside = Counter(label for row in unit for label in labels[row])
        if len(unit) < len(labels) and all(inside[label] < total[label] for label in inside):
            return [unit]
    return []


def _draw_by_label(
    units: Units, labels: list[str], fraction: float, rng: np.random.Generator
) -> Units:
    """Draw a share of the units of each label; a unit of several labels counts as its first row's."""
    strata: dict[str, Units] = {}
    for unit in sorted(units):
        strata.setdefault(labels[unit[0]], [])
    for unit in units:
        strata[labels[unit[0]]].append(unit)
    sizes = np.array([sum(map(len, stratum)) for stratum in strata.values()])
    shares = _shares(sizes, fraction, rng)
    drawn = zip(strata.values(), shares, strict=True)
    return [unit for stratum, share in drawn for unit in _draw(stratum, int(share))]


def _shares(sizes: Int64s, fraction: float, rng: np.random.Generator) -> Int64s:
    """Return how many rows of each label to hold out: largest remainders, never a whole label."""
    exact = fraction * sizes
    shares = np.floor(exact).astype(np.int64)
    missing = max(1, round(fraction * int(sizes.sum()))) - int(shares.sum())
    tie_breaks = rng.random(len(sizes))
    by_remainder = np.lexsort((tie_breaks, shares - exact))
    shares[by_remainder[: max(missing, 0)]] += 1
    capped: Int64s = np.minimum(shares, sizes - 1)
    return capped


def _return_lost_labels(held: Units, labels: list[tuple[str, ...]]) -> Units:
    """Return the held-out units but for those without which a label is missing in training."""
    total = Counter(label for row in labels for label in row)
    out = Counter(label for unit in held for row in unit for label in labels[row])
    kept = []
    for unit in held:
        inside = Counter(label for row in unit for label in labels[row])
        if any(out[label] == total[label] for label in inside):
            out -= inside
        else:
            kept.append(unit)
    return kept
