"""Settings of a tagger that follow from its data: how many sentences, and whether tokens are characters.

Chosen on the validation parts of CoNLL-2003, English EWT and Resume NER, at a hundredth, a tenth, a third
and all of the train parts; see the page on tagging your data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ostinato.datasets import Tagged

CHARACTERS = 0.9  # share of the tokens that are one character, from which all are taken for such
STEPS = 2800  # of the optimizer, at least
MOST_EPOCHS, FEWEST_EPOCHS = 60, 14
ROWS = 8  # sentences in a batch of few
WIDTH = 256  # units of the recurrent stack in each direction
MANY = 10_000  # sentences, from which a batch is bounded by its tokens


def sized(train: Tagged) -> dict[str, Any]:
    """Return settings by ``set_params`` name.

    Args:
        train: The train part, without what is held out.
    """
    sentences = len(train.sentences)
    rows = ROWS if sentences < MANY else None
    epochs = math.ceil(STEPS * ROWS / sentences)
    are_characters = tokens_are_characters(train.sentences)
    return {
        "characters__reader": "none" if are_characters else "recurrent",
        "pairs": are_characters,
        "recurrent__hidden_size": WIDTH,
        "word_dropout": 0.15 if are_characters else 0.2,
        "locked_dropout": 0.5 if are_characters else 0.4,
        "training__epochs": min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS),
        "training__batch_size": rows,
        "training__batch_tokens": 8192,
        "training__learning_rate": 2.5e-3 if are_characters else 4e-3,
    }


def tokens_are_characters(sentences: Sequence[Sequence[str]]) -> bool:
    """Return whether a token is a character, as in Chinese that is not cut into words.

    Example:
        >>> tokens_are_characters([list("我在北京"), ["2026", *"年唱歌的都在北京"]])
        True
        >>> tokens_are_characters([["I", "sing"]])
        False
    """
    lengths = [len(token) for tokens in sentences for token in tokens]
    return sum(length == 1 for length in lengths) >= CHARACTERS * len(lengths)
