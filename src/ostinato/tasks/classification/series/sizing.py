"""Settings of a classifier of sequences that follow from the size of its data.

Chosen on held-out splits of generated sets, never on a test split: see the page on classifying
sequences.
"""

from __future__ import annotations

import math
from typing import Any

from ostinato.datasets import Sequences

READ, ENOUGH = 12_800, 250
"""Sequences that training reads, of up to so many different ones; of more, by their square root."""

MOST_EPOCHS = 200
ROWS = ((16_000, 64), (4_000, 32), (0, 16))
"""Sequences in a batch, from how many in train on."""


def sized(train: Sequences) -> dict[str, Any]:
    """Return settings of a classifier of sequences by ``set_params`` name.

    Args:
        train: The train split, without what is held out.

    Example:
        >>> of = lambda count: Sequences.make([[0.0]] * count, None, "a list")
        >>> [sized(of(count))["training__epochs"] for count in (50, 250, 1000)]
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
