"""Splits that are drawn out of train: validation, test, folds."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from ostinato._config import check_range
from ostinato._errors import ConfigError
from ostinato.data.splits import folds_of, stratified_holdout
from ostinato.tasks.contract import InputT, Splits, TargetT, Task

logger = logging.getLogger("ostinato")

HELD_OUT = 0.1  # share of train that becomes validation where none is given


class DividedTask(Task[InputT, TargetT]):
    """Abstract base of the tasks: splits drawn out of train, by the strata of the task."""

    def hold_out(self, splits: Splits) -> Splits:
        """Return ``splits`` with a validation split: a seeded tenth of train if there is none.

        Raises:
            DatasetError: Train has too few examples to give any away.
        """
        if "validation" in splits:
            return splits
        return self._with_split(splits, "validation", HELD_OUT, *self._strata(splits["train"]))

    def hold_out_test(self, splits: Splits, size: float) -> Splits:
        """Return ``splits`` with a test split: a seeded share of train.

        Args:
            splits: Splits of the data, among them train.
            size: Share of train, between 0 and 1.

        Raises:
            ConfigError: There is a test split already, or the size is no such share.
            DatasetError: Train has too few examples to give any away.
        """
        if "test" in splits:
            raise ConfigError(
                f"test_size: there is a test split already, of {splits['test'].source}; a second one "
                "would not be it. Leave test_size out."
            )
        check_range(type(self).__name__, "test_size", size, above=0, below=1)
        train = splits["train"]
        return self._with_split(
            splits, "test", size, self._strata(train)[0], self._groups(train, 2)
        )

    def fold(self, splits: Splits, number: int, folds: int) -> Splits:
        """Return the train and the test split of one of some folds of the train split.

        Copies of an example are in one fold, and so are the recordings of a speaker, where there are as
        many speakers as folds; each class is in every fold where it has examples enough.

        Args:
            splits: Splits of the data; those other than train are left out.
            number: Which fold is the test split, counted from 1.
            folds: How many there are.

        Raises:
            ConfigError: There are more folds than examples that are not copies of each other, or there
                is no such fold.
        """
        check_range(type(self).__name__, "number of a fold", number, low=1, below=folds + 1)
        train = splits["train"]
        labels, groups = self._strata(train)[0], self._groups(train, folds)
        rows = folds_of(labels, groups, folds=folds, seed=self.training.seed)[number - 1]
        rest = np.setdiff1d(np.arange(len(train.keys)), rows)
        logger.info(
            "fold %d of %d: %d examples to train, %d to test", number, folds, len(rest), len(rows)
        )
        return {"train": self._take(train, rest), "test": self._take(train, rows)}

    def _with_split(
        self,
        splits: Splits,
        name: str,
        share: float,
        labels: Sequence[Any],
        groups: Sequence[Hashable],
    ) -> Splits:
        """Return ``splits`` with a new one, taken out of train."""
        train = splits["train"]
        kept, held_out = stratified_holdout(labels, share, self.training.seed, groups=groups)
        new = {"train": self._take(train, kept), name: self._take(train, held_out)}
        both = {**splits, **new}
        return {name: both[name] for name in ("train", "validation", "test") if name in both}
