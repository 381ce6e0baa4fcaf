"""The kernels' own matrix product, to be measured: the floor under everything else."""

from __future__ import annotations

import time

import torch

from ostinato._native import library
from ostinato.ops.calls import library_in_use


def matrix_product_rate(num_threads: int, *, size: int = 1024, repeats: int = 5) -> float | None:
    """Return the best rate of the kernels' float32 matrix product, in operations a second.

    Args:
        num_threads: Threads at most.
        size: Rows, columns and depth.
        repeats: Products to time; the fastest counts.

    Returns:
        The rate, or None where the native library is not in use.
    """
    if library.load() is None:
        return None
    native, instruction_set = library_in_use()
    a, b, c = (torch.ones(size, size) for _ in range(3))
    packed = torch.empty(size, size + 64)
    pointers = [part.data_ptr() for part in (a, b, c, packed)]
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        native.ostinato_matrix_product(instruction_set, num_threads, *[size] * 3, *pointers)
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)
