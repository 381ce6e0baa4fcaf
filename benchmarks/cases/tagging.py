"""Sets of tagged sentences for the benchmark of many sets: entities, parts of speech, Chinese.

Every other sentence of the official validation split is measured, the others choose the best epoch, so that
settings may be chosen by what is measured; with ``MANY_TEST=1`` the test split is, to be read once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from benchmarks.cases.many import IS_FINAL, Case
from ostinato import datasets
from ostinato.datasets import Tagged

SHARES = (100, 10, 3)
"""Sizes are the train split divided by these, and all of it."""

SETS = {
    "conll2003": (14_041, "f1"),
    "ud-english-ewt": (12_544, "accuracy"),
    "resume-ner": (3_821, "f1"),
}
"""Sentences of the train split, and the figure that is compared."""


@functools.cache
def _load(name: str) -> dict[str, Tagged]:
    splits = datasets.load_tagged(name)
    if IS_FINAL:
        return dict(splits)
    rows = np.arange(len(splits["validation"].sentences))
    chosen, measured = (splits["validation"].take(rows[first::2]) for first in (0, 1))
    return {"train": splits["train"], "validation": chosen, "test": measured}


def _make(name: str) -> Callable[[int, int], dict[str, Tagged]]:
    def make(size: int, seed: int) -> dict[str, Tagged]:
        splits = _load(name)
        train = splits["train"]
        if size:
            rows = np.random.default_rng(seed).permutation(len(train.sentences))[:size]
            train = train.take(np.sort(rows))
        return {**splits, "train": train}

    return make


CASES = tuple(
    Case(name, _make(name), (*(count // share for share in SHARES), 0), figure)
    for name, (count, figure) in SETS.items()
)
