"""Tagging among the many sets of `many.py`: entities, parts of speech, Chinese, at four sizes each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ostinato import datasets
from ostinato.datasets import Tagged

SHARES = (0.01, 0.1, 1 / 3, 1.0)
"""Shares of the train part that are trained on."""

SETS = {"conll2003": "f1", "ud-english-ewt": "accuracy", "resume-ner": "f1"}
"""Registered sets, and the figure by which a tagger is compared on each."""


@dataclass(frozen=True)
class Case:
    """A set at one size.

    Args:
        name: The set.
        share: Share of its train part.
        figure: The figure that is compared; higher is better.
    """

    name: str
    share: float
    figure: str

    def parts(self, seed: int = 0) -> dict[str, Tagged]:
        """Return the parts, train cut to its share by a draw with ``seed``."""
        parts = datasets.load_tagged(self.name)
        return {**parts, "train": drawn(parts["train"], self.share, seed)}


def cases() -> Iterator[Case]:
    """Yield every set at every size."""
    for name, figure in SETS.items():
        for share in SHARES:
            yield Case(name, share, figure)


def drawn(train: Tagged, share: float, seed: int) -> Tagged:
    """Return a share of the sentences, drawn by ``seed``, in their order."""
    if share >= 1:
        return train
    count = len(train.sentences)
    rows = np.random.default_rng(seed).permutation(count)[: max(1, round(share * count))]
    return train.take(np.sort(rows))
