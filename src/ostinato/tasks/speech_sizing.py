"""The settings of a recogniser that follow from its data: one rule for each, chosen by measurement.

Measured on validation parts: digits of one speaker joined by eights, commands of several voices, 60 to
2,700 spoken digits, sentences read by one voice. `docs/explanation/ctc.md` says what did not help.
"""

from __future__ import annotations

import math
from typing import Any

from ostinato._config import Recurrent
from ostinato.tasks.alphabet import Alphabet

STEPS = 2000  # of the optimiser, for a hundred recordings
GROWTH = 0.35  # exponent of the number of recordings
FEWEST_EPOCHS = 10
BATCHES = ((300, 4), (1000, 8))  # recordings up to which a batch has so many; then LARGEST
LARGEST = 16
JOINED = 0.4  # share of the examples that are made of several recordings
FEW = 1000  # recordings up to which they are heard one by one


def sized(count: int, alphabet: Alphabet, recurrent: Recurrent) -> dict[str, Any]:
    """Return settings that fit the training recordings, by ``set_params`` name.

    Args:
        count: Recordings to train on.
        alphabet: The symbols, and whether they are of keywords.
        recurrent: The recurrent stack; one of one direction is to hear streams, with pauses in them.

    Example:
        >>> words = Alphabet(("no", "yes"), "word", ("no", "yes"))
        >>> settings = sized(54, words, Recurrent())
        >>> settings["unit"], settings["training__batch_size"], settings["training__epochs"]
        ('word', 4, 115)
    """
    batch = next((size for most, size in BATCHES if count <= most), LARGEST)
    steps = STEPS * (count / 100) ** GROWTH
    return {
        "unit": alphabet.unit,
        "keywords": bool(alphabet.keywords),
        "training__batch_size": batch,
        "training__batch_tokens": 8192,
        "training__epochs": max(FEWEST_EPOCHS, round(steps / math.ceil(count / batch))),
        "training__learning_rate": 2e-3,
        "augmentation__join": JOINED if not recurrent.bidirectional or count > FEW else 0.0,
    }
