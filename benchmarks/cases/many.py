"""What a row of the benchmark of many sets is made of."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

IS_FINAL = os.environ.get("MANY_TEST") == "1"
"""Whether the test splits are measured, to be read once, instead of what is set aside from train."""


@dataclass(frozen=True)
class Case:
    """A set at some sizes.

    Args:
        name: Its name in the table.
        make: Takes size (0 for all) and seed, returns the splits: train, perhaps validation, and as
            test what is measured.
        sizes: Examples to train on, 0 for all.
        figure: Name of the figure of the test split that is compared.
        settings: Settings of the estimator by ``set_params`` name, beside the seed.
    """

    name: str
    make: Callable[[int, int], dict[str, Any]]
    sizes: tuple[int, ...]
    figure: str
    settings: tuple[tuple[str, Any], ...] = ()
