"""Settings of a text classifier that follow from the size of its data.

Chosen on splits set aside from train of six sets, mostly at 100 to 1,000 texts, and for large data kept as
they were for IMDB; see the page on defaults that follow from the data.
"""

from __future__ import annotations

import math
from typing import Any

from ostinato._config import WIDTH
from ostinato.datasets import Examples

STEPS = 1000  # of the optimizer, at least, before epochs are few enough to be bounded by
MOST_EPOCHS, FEWEST_EPOCHS = 60, 4
PATIENCE = 5  # share of the epochs, one in so many, without a better one that end the training
FEW_TEXTS, FEW_ROWS, ROWS = 500, 8, 16  # in a batch, of up to FEW_TEXTS texts and of more
MEMBERS, SEVERAL_TEXTS = 3, 10_000  # networks that answer together, for up to as many texts
NARROW_TEXTS = 5000  # up to which half the units do
FREQUENT = 10  # times that a word must be seen among many characters
MANY_CHARACTERS = 10_000_000
FEW_CLASSES = 50  # up to which n-grams of characters are taken
FEW_CHARACTERS = (
    2_000_000  # up to which n-grams of characters, and those seen once, are worth their time
)


def sized(train: Examples) -> dict[str, Any]:
    """Return settings by ``set_params`` name.

    Args:
        train: The train split, without what is held out.
    """
    texts = len(train.texts)
    rows = FEW_ROWS if texts <= FEW_TEXTS else ROWS
    epochs = min(max(math.ceil(STEPS * rows / texts), FEWEST_EPOCHS), MOST_EPOCHS)
    is_large = sum(map(len, train.texts)) > MANY_CHARACTERS
    return {
        "min_freq": FREQUENT if is_large else 1,
        "recurrent__hidden_size": WIDTH if texts > NARROW_TEXTS else WIDTH // 2,
        "members": MEMBERS if texts <= SEVERAL_TEXTS else 1,
        "training__epochs": epochs,
        "training__patience": max(3, epochs // PATIENCE),
        "training__batch_size": rows if texts <= 20_000 else None,
        "training__batch_tokens": 8192,
        "training__learning_rate": 2.5e-3,
    }


def ngram_kinds(train: Examples, mean_tokens: float, classes: int) -> dict[str, Any]:
    """Return which n-grams are taken, as arguments of `NgramClassifier.fit`.

    Those of characters only where words are longer than a character, and for few classes, since each
    has a weight of its own for every n-gram.

    Args:
        train: The train split.
        mean_tokens: Tokens of a text, on average.
        classes: How many there are.
    """
    characters = sum(map(len, train.texts))
    is_small = characters <= FEW_CHARACTERS
    has_words = characters > 2 * mean_tokens * len(train.texts)
    characters_too = is_small and has_words and classes <= FEW_CLASSES
    return {"characters": characters_too, "min_texts": 1 if is_small else 2}
