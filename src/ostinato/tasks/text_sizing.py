"""Settings of a text classifier that follow from the size of its data.

Chosen on held-out parts of six sets at 100 to 10,000 texts; see the page on evaluation.
"""

from __future__ import annotations

import math
from typing import Any

from ostinato.datasets import Examples

STEPS = 1000  # of the optimizer, at least, before epochs are few enough to be bounded by
MOST_EPOCHS, FEWEST_EPOCHS = 60, 4
PATIENCE = 5  # share of the epochs, one in so many, without a better one that end the training
FEW_TEXTS, FEW_ROWS, ROWS = 500, 8, 16  # in a batch, of up to FEW_TEXTS texts and of more
MEMBERS, SEVERAL_TEXTS = 3, 10_000  # networks that answer together, for up to as many texts
FREQUENT = 10  # times that a word must be seen among many characters
MANY_CHARACTERS = 10_000_000


def sized(train: Examples) -> dict[str, Any]:
    """Return settings by ``set_params`` name.

    Args:
        train: The train part, without what is held out.
    """
    texts = len(train.texts)
    rows = FEW_ROWS if texts <= FEW_TEXTS else ROWS
    epochs = min(max(math.ceil(STEPS * rows / texts), FEWEST_EPOCHS), MOST_EPOCHS)
    is_large = sum(map(len, train.texts)) > MANY_CHARACTERS
    return {
        "min_freq": FREQUENT if is_large else 1,
        "members": MEMBERS if texts <= SEVERAL_TEXTS else 1,
        "training__epochs": epochs,
        "training__patience": max(3, epochs // PATIENCE),
        "training__batch_size": rows if texts <= 20_000 else None,
        "training__batch_tokens": 8192,
        "training__learning_rate": 2.5e-3,
    }
