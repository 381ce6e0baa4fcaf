"""Figures of the examples that a model has not been trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato.data.splits import duplicates
from ostinato.training import Figures


def unseen_figures(
    name: str,
    keys: Sequence[str],
    seen: Iterable[str],
    measure: Callable[[npt.NDArray[np.int64]], Any],
) -> Figures:
    """Return a figure without the examples that stand in train; nothing if none or all do.

    Args:
        name: The figure.
        keys: What tells each example from others.
        seen: Keys of train.
        measure: From the rows of some examples to their figure.

    Example:
        >>> unseen_figures("accuracy", ["a", "b", "c"], ["b"], lambda rows: rows.tolist() == [0, 2])
        {'accuracy_unseen': True, 'n_unseen': 2}
    """
    rows = np.flatnonzero(~duplicates(seen, keys))
    if not 0 < len(rows) < len(keys):
        return {}
    return {f"{name}_unseen": measure(rows), "n_unseen": len(rows)}
