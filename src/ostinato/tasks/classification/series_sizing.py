"""Settings of classifiers of sequences and of forecasters that follow from the size of their data.

Chosen on held-out parts of generated sets and of ETTh1, never on a test part: see the pages on
classifying sequences and on forecasts.
"""

from __future__ import annotations

import math
from typing import Any

from ostinato.datasets import Sequences
from ostinato.tasks.stretches import Stretch, train_stretch

READ, ENOUGH = 12_800, 250
"""Sequences that training reads, of up to so many different ones; of more, by their square root."""

MOST_EPOCHS = 200
ROWS = ((16_000, 64), (4_000, 32), (0, 16))
"""Sequences in a batch, from how many in train on."""

MANY_WINDOWS = 100_000
"""Windows of train from which on a forecaster has more to learn than to forget."""


def sized_for_sequences(train: Sequences) -> dict[str, Any]:
    """Return settings of a classifier of sequences by ``set_params`` name.

    Args:
        train: The train part, without what is held out.

    Example:
        >>> of = lambda count: Sequences.make([[0.0]] * count, None, "a list")
        >>> [sized_for_sequences(of(count))["training__epochs"] for count in (50, 250, 1000)]
        [200, 52, 26]
    """
    count = len(train)
    rows = next(rows for least, rows in ROWS if count >= least)
    read = READ * max(1.0, math.sqrt(count / ENOUGH))
    return {
        "training__epochs": min(math.ceil(read / count), MOST_EPOCHS),
        "training__batch_size": rows,
        "training__learning_rate": 6e-3,
    }


def sized_for_series(train: Stretch, context: int, horizon: int) -> dict[str, Any]:
    """Return settings of a forecaster by ``set_params`` name.

    Args:
        train: The train part, without what is held out.
        context: Steps of the past that are read.
        horizon: Steps ahead.
    """
    panel = train.panel
    is_many = len(train_stretch(panel, context, horizon).places(horizon)) >= MANY_WINDOWS
    return {
        "training__epochs": 20 if is_many else 10,
        "training__batch_size": 64,
        "training__learning_rate": 2e-3,
        "head_dropout": 0.2 if is_many else 0.5,
    }
