"""Settings of classifiers of sequences and of forecasters that follow from the size of their data.

Chosen on held-out parts of generated sets and of ETTh1, never on a test part: see the pages on
classifying sequences and on forecasts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ostinato.datasets import Sequences
from ostinato.tasks.stretches import Stretch, train_stretch

STEPS = 800  # of the optimizer, that few sequences are gone through for
MOST_EPOCHS, FEWEST_EPOCHS = 100, 10
ROWS, MOST_ROWS, MANY_SEQUENCES = 16, 64, 4000  # sequences in a batch; of how many on, more

MANY_WINDOWS = 100_000
"""Windows of train from which on a forecaster has more to learn than to forget."""


def sized_for_sequences(train: Sequences) -> dict[str, Any]:
    """Return settings of a classifier of sequences by ``set_params`` name.

    Args:
        train: The train part, without what is held out.
    """
    rows = min(ROWS * max(1, len(train) // MANY_SEQUENCES), MOST_ROWS)
    epochs = math.ceil(STEPS * rows / len(train))
    return {
        "training__epochs": int(np.clip(epochs, FEWEST_EPOCHS, MOST_EPOCHS)),
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
