"""What is to be said of texts that tell a model nothing: empty ones, and those without a known word."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.data.ragged import Ragged
from ostinato.tasks.summary import MANY_UNKNOWN
from ostinato.text import Tokenizer

logger = logging.getLogger("ostinato")

EMPTY = "the text is empty"


def remarks_on(texts: Sequence[str], column: Ragged, tokenizer: Tokenizer) -> dict[int, str]:
    """Return a remark on each text that tells nothing, by its row.

    Args:
        texts: The texts.
        column: The same, encoded.
        tokenizer: What encoded them.

    Example:
        >>> tokenizer = Tokenizer.fit(["good film"], min_freq=1)
        >>> texts = ["good", " ", "xyz"]
        >>> remarks_on(texts, tokenizer.encode(texts), tokenizer)
        {1: 'the text is empty', 2: 'no word of the text is known'}
    """
    rows = np.flatnonzero(tokenizer.unknown_rows(column)).tolist()
    found = dict.fromkeys(rows, "no word of the text is known")
    return dict(
        sorted((found | {n: EMPTY for n, text in enumerate(texts) if not text.strip()}).items())
    )


def tell(found: dict[int, str], count: int, where: str) -> None:
    """Log how many texts tell a model nothing, and which is the first.

    Args:
        found: The remarks on them by row.
        count: How many texts there are.
        where: Who was asked.
    """
    if found:
        row, remark = next(iter(found.items()))
        logger.warning(
            "%s: %d of %d texts tell nothing, and so are answered alike; the first is row %d: %s.",
            *(where, len(found), count, row + 1, remark),
        )


def tell_unknown(rate: float, split: str) -> None:
    """Warn if many of the tokens that a model is evaluated on are unknown to it.

    As of another language. Of the splits of a run it is told before training.

    Args:
        rate: Share of the tokens that are unknown.
        split: What is measured.
    """
    if split == "evaluate" and rate > MANY_UNKNOWN:
        logger.warning(
            "evaluate: %.0f%% of the tokens are unknown to the model. Are the data of its language and kind?",
            100 * rate,
        )


def noted(
    texts: Sequence[str], answers: Sequence[Mapping[str, Any]], found: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return answers with the text of each, and a ``note`` where there is a remark.

    Args:
        texts: The texts.
        answers: An answer to each.
        found: The remarks by row.

    Example:
        >>> noted(["a", ""], [{"label": "x"}, {"label": "y"}], {1: EMPTY})[1]
        {'text': '', 'label': 'y', 'note': 'the text is empty'}
    """
    rows = enumerate(zip(texts, answers, strict=True))
    return [
        {"text": text, **answer, **({"note": found[row]} if row in found else {})}
        for row, (text, answer) in rows
    ]
