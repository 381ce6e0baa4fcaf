"""Whether numbers differ by more than the rounding of their computation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

ROUNDING = 1e-10
"""Share of the largest value below which a difference is rounding.

A sum of a million doubles is right to this share in the worst case; what is read in single precision
cannot tell less than a part in ten million.
"""


def is_constant(values: npt.NDArray[Any], axis: int = 0) -> npt.NDArray[np.bool_]:
    """Tell where values are the same but for rounding; NaN is not looked at.

    A deviation of such values is rounding error, and nothing may be divided by it.

    Args:
        values: The values.
        axis: Along which to compare them.

    Example:
        >>> price = np.array([0.3, 0.1 + 0.2, 0.3])
        >>> bool(price.std() > 0), bool(is_constant(price)), bool(is_constant(price + np.arange(3)))
        (True, True, False)
    """
    known = np.isfinite(values)
    low = np.min(values, axis=axis, initial=np.inf, where=known)
    high = np.max(values, axis=axis, initial=-np.inf, where=known)
    with np.errstate(over="ignore", invalid="ignore"):
        differs = high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high))
    return np.asarray(~differs)


def level_of(means: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return what constants are measured in: themselves, and 1 where they are 0.

    Args:
        means: The constants.

    Example:
        >>> level_of(np.array([-3.0, 0.0, 1e-45])).tolist()
        [3.0, 1.0, 1e-45]
    """
    sizes = np.abs(np.asarray(means, np.float64))
    return np.where(sizes > 0, sizes, 1.0)
