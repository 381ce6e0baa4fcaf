"""Numbers too small for float32's usual form, which a vanishing gradient is full of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

TINY = 1e-40  # below the smallest normal float32, 1.2e-38


@contextmanager
def flushed() -> Iterator[None]:
    """Take denormal numbers for zero inside the block, where the processor can.

    A gradient that vanishes on its way back through time turns denormal before it turns zero, and
    processors compute with denormals in microcode: a step of a plain RNN of 2 x 256 over 200
    time steps, read at the last, takes over ten times as long (``benchmarks/denormals.py``).
    Threads inherit the mode when they start, so this belongs before the first parallel operation.

    Example:
        >>> with flushed():
        ...     (torch.tensor(TINY) * 1).item()
        0.0
        >>> (torch.tensor(TINY) * 1).item() > 0
        True
    """
    before = is_flushing()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def is_flushing() -> bool:
    """Return whether this thread takes denormal numbers for zero."""
    return (torch.tensor(TINY) * 1).item() == 0
