"""Settings of a forecaster that follow from the size of its data.

Chosen on held-out splits of generated sets and of ETTh1, never on a test split: see the page on forecasts.
"""

from __future__ import annotations

from typing import Any

from ostinato.tasks.forecasting.time_splits import SeriesSplit, train_split

MANY_WINDOWS = 100_000
"""Windows of train from which on a forecaster has more to learn than to forget."""


def sized(train: SeriesSplit, context: int, horizon: int) -> dict[str, Any]:
    """Return settings of a forecaster by ``set_params`` name.

    Args:
        train: The train split, without what is held out.
        context: Steps of the past that are read.
        horizon: Steps ahead.
    """
    panel = train.panel
    is_many = len(train_split(panel, context, horizon).places(horizon)) >= MANY_WINDOWS
    return {
        "training__epochs": 20 if is_many else 10,
        "training__batch_size": 64,
        "training__learning_rate": 2e-3,
        "head_dropout": 0.2 if is_many else 0.5,
    }
