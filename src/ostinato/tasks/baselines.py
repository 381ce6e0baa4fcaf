"""Simple models that stand beside a trained one: fitted on the same data, measured on the same splits."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ostinato._errors import OstinatoError
from ostinato.training import Figures

logger = logging.getLogger("ostinato")


@dataclass(frozen=True)
class Baseline:
    """A simple model that was fitted on the train split.

    Args:
        name: Its key in ``metrics.json``.
        title: What it is called in a sentence: "a bag of words".
        measure: From a split of the data to its figures, those that the model is compared by at least.

    Example:
        >>> Baseline("empty", "an empty transcript", lambda split: {"wer": 1.0}).measure(None)
        {'wer': 1.0}
    """

    name: str
    title: str
    measure: Callable[[Any], Figures]


def measure_baselines(
    baselines: Iterator[Baseline], splits: Mapping[str, Any]
) -> tuple[dict[str, Any], float]:
    """Return title and figures by split of each baseline, and the seconds that took.

    One that cannot be fitted or measured is left out, and said so.

    Args:
        baselines: They are fitted as they are drawn, the simplest first.
        splits: The splits to measure them on.
    """
    start, found = time.perf_counter(), {}
    while True:
        try:
            one = next(baselines, None)
            if one is None:
                break
            figures = {name: one.measure(split) for name, split in splits.items()}
        except (OstinatoError, ValueError, ArithmeticError) as error:
            logger.warning("baseline: left out: %s", error)
            continue
        found[one.name] = {"title": one.title, **figures}
    return found, time.perf_counter() - start
