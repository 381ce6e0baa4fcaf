"""The settings of a recogniser that follow from its data: one rule for each, chosen by measurement.

Measured on validation splits: digits of one speaker joined by eights, commands of several voices, 60 to
2,700 spoken digits, sentences read by one voice. `docs/explanation/ctc.md` says what did not help.
"""

from __future__ import annotations

import math
from typing import Any

from ostinato._config import Recurrent
from ostinato.tasks.speech.alphabet import Alphabet

STEPS = 2000  # of the optimiser, for a hundred recordings
LEAST_STEPS = 1500
GROWTH = 0.35  # exponent of the number of recordings
FEWEST_EPOCHS, MOST_EPOCHS = 10, 400
BATCHES = ((300, 4), (1000, 8))  # recordings up to which a batch has so many; then LARGEST
LARGEST = 16
FEW = 1000  # recordings up to which keywords are heard one by one, and sentences mixed


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
    steps = max(LEAST_STEPS, STEPS * (count / 100) ** GROWTH)
    found = {
        "unit": alphabet.unit,
        "keywords": bool(alphabet.keywords),
        "training__batch_size": batch,
        "training__batch_tokens": 8192,
        "training__epochs": min(
            max(FEWEST_EPOCHS, round(steps / math.ceil(count / batch))), MOST_EPOCHS
        ),
        "training__learning_rate": 2e-3,
    }
    changes = _augmentation(count, alphabet, streams=not recurrent.bidirectional)
    return found | {f"augmentation__{name}": value for name, value in changes.items()}


def _augmentation(count: int, alphabet: Alphabet, *, streams: bool) -> dict[str, float]:
    """Return how much recordings are changed."""
    is_few = count <= FEW
    join = 0.0 if is_few and not streams else 0.4
    found = {"masks": 1, "mask_bands": 8, "mask_time": 0.05, "join": join, "mix": 0.0}
    if alphabet.keywords:
        found |= {"filter_db": 10.0, "pause": 2.5 if streams else 0.3}
        return found if is_few else found | {"masks": 2, "mask_bands": 12}
    found |= {"filter_db": 0.0, "pause": 0.3}
    return found | {"masks": 3, "mask_time": 0.15, "mix": 0.5} if is_few else found
