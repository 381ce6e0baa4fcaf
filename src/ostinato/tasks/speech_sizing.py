"""The settings of a recogniser that follow from its data: one rule for each, chosen by measurement.

Measured on validation parts: digits of one speaker joined by eights, commands of several voices, 60 to
2,700 spoken digits, sentences read by one voice. `docs/explanation/ctc.md` says what did not help.
"""

from __future__ import annotations

import math
from typing import Any

STEPS = 2000  # of the optimiser, for a hundred recordings
GROWTH = 0.35  # exponent of the number of recordings
FEWEST_EPOCHS = 10
BATCHES = ((300, 4), (1000, 8))  # recordings up to which a batch has so many; then LARGEST
LARGEST = 16


def sized(count: int) -> dict[str, Any]:
    """Return settings that fit a number of training recordings, by ``set_params`` name.

    Args:
        count: Recordings to train on.

    Example:
        >>> sized(36)["training__epochs"], sized(2430)["training__batch_size"]
        (155, 16)
    """
    batch = next((size for most, size in BATCHES if count <= most), LARGEST)
    steps = STEPS * (count / 100) ** GROWTH
    return {
        "training__batch_size": batch,
        "training__batch_tokens": 8192,
        "training__epochs": max(FEWEST_EPOCHS, round(steps / math.ceil(count / batch))),
        "training__learning_rate": 2e-3,
    }
