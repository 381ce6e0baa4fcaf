"""Gradients that explode or vanish: a warning when it begins, and at the end in how many epochs."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ostinato.runs.history import Record

logger = logging.getLogger("ostinato")

EXPLODING, VANISHING = 1e3, 1e-6  # gradient norms that are warned of, as in the report


def warn_of_gradients(records: Sequence[Record]) -> None:
    """Log it of the last epoch if gradients explode or vanish, and did not before.

    Args:
        records: The epochs so far.
    """
    last = records[-1]
    number, norm = last["epoch"], last["grad_norm"]
    if _exploding(records) == [last]:
        logger.warning(
            "epoch %d: gradients explode: their norm reached %.3g; see max_grad_norm",
            *(number, norm["max"]),
        )
    if _vanishing(records) == [last]:
        logger.warning(
            "epoch %d: gradients vanish: their norm was %.3g on average; a gated cell or other "
            "pooling than `last` may help",
            *(number, norm["mean"]),
        )


def sum_up_gradients(records: Sequence[Record]) -> None:
    """Log in how many epochs gradients exploded or vanished, if in several.

    Args:
        records: All epochs.
    """
    for what, epochs in (("exploded", _exploding(records)), ("vanished", _vanishing(records))):
        if len(epochs) > 1:
            logger.warning("gradients %s in %d of %d epochs", what, len(epochs), len(records))


def _exploding(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["grad_norm"]["max"] > EXPLODING]


def _vanishing(records: Sequence[Record]) -> list[Record]:
    """Return the epochs of small gradients; of what has learnt, its loss far below the first, none."""
    enough = records[0]["train"]["loss"] / 2
    return [
        record
        for record in records
        if record["grad_norm"]["mean"] < VANISHING and not record["train"]["loss"] < enough
    ]
