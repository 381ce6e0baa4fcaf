"""Gradients that explode or vanish: a warning when it begins, and at the end in how many epochs."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ostinato.runs import history

logger = logging.getLogger("ostinato")

EXPLODING, VANISHING = 1e3, 1e-6  # gradient norms that are warned of, as in the report


def warn_of_gradients(records: Sequence[history.Record]) -> None:
    """Log it of the last epoch if gradients explode or vanish, and did not before.

    Args:
        records: The epochs so far.
    """
    norms = [record["grad_norm"] for record in records]
    if norms[-1]["max"] > EXPLODING and all(norm["max"] <= EXPLODING for norm in norms[:-1]):
        logger.warning(
            "epoch %d: gradients explode: their norm reached %.3g; see max_grad_norm",
            *(records[-1]["epoch"], norms[-1]["max"]),
        )
    if norms[-1]["mean"] < VANISHING and all(norm["mean"] >= VANISHING for norm in norms[:-1]):
        logger.warning(
            "epoch %d: gradients vanish: their norm was %.3g on average; a gated cell or other "
            "pooling than `last` may help",
            *(records[-1]["epoch"], norms[-1]["mean"]),
        )


def sum_up_gradients(records: Sequence[history.Record]) -> None:
    """Log in how many epochs gradients exploded or vanished, if in several.

    Args:
        records: All epochs.
    """
    norms = [record["grad_norm"] for record in records]
    counts = {
        "exploded": sum(norm["max"] > EXPLODING for norm in norms),
        "vanished": sum(norm["mean"] < VANISHING for norm in norms),
    }
    for what, count in counts.items():
        if count > 1:
            logger.warning("gradients %s in %d of %d epochs", what, count, len(records))
