"""Settings of a tagger that follow from its data: how many sentences, and whether tokens are characters.

Chosen on the validation splits of CoNLL-2003, English EWT and Resume NER, at a hundredth, a tenth, a third
and all of the train splits; see the page on tagging your data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ostinato._presets import CHARACTERS as CHINESE
from ostinato.datasets import Tagged
from ostinato.training.loop import ROWS, STEPS_PER_EPOCH

CHARACTERS = 0.9  # share of the tokens that are one character, from which all are taken for such
STEPS = 2000  # of the optimizer, at least, where MOST_EPOCHS allow
MOST_EPOCHS = 60
FEW, FEWEST_ROWS = 400, 4  # sentences up to which a batch has FEWEST_ROWS of them
WIDTH = 256  # units of the recurrent stack in each direction

WORDS: dict[str, Any] = {
    "characters__reader": "recurrent",
    "pairs": False,
    "word_dropout": 0.2,
    "locked_dropout": 0.4,
    "training__learning_rate": 4e-3,
}
"""Settings where tokens are words."""
WORDS_EPOCHS, CHARACTERS_EPOCHS = 14, 10  # fewest


def sized(train: Tagged) -> dict[str, Any]:
    """Return settings by ``set_params`` name.

    Args:
        train: The train split, without what is held out.
    """
    sentences = len(train.sentences)
    are_characters = tokens_are_characters(train.sentences)
    fewest = CHARACTERS_EPOCHS if are_characters else WORDS_EPOCHS
    rows: int | None = max(FEWEST_ROWS, math.ceil(sentences / STEPS_PER_EPOCH))
    steps = sentences / (rows or 1)
    if (
        sentences > FEW and not are_characters
    ):  # under a budget of tokens, each of them counts alike
        rows, steps = None, min(STEPS_PER_EPOCH, sentences / ROWS)
    return {
        **(CHINESE if are_characters else WORDS),
        "recurrent__hidden_size": WIDTH,
        "training__epochs": max(min(math.ceil(STEPS / steps), MOST_EPOCHS), fewest),
        "training__batch_size": rows,
        "training__batch_tokens": 8192,
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
