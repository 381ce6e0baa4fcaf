"""The native matrix product, whose rows have the same bits whatever the other rows are."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from ostinato._native import library
from ostinato.ops.calls import library_in_use, scratch


def matrix_product(rows: Tensor, weight: Tensor) -> Tensor | None:
    """Return ``rows @ weight.T``, each row the same bits whatever the others are.

    Args:
        rows: Rows to multiply.
        weight: A row for each column of the product.

    Shape:
        rows: ``(count, depth)`` float32 on the CPU.
        weight: ``(columns, depth)``, likewise.

    Returns:
        The product, ``(count, columns)``, or None where the native library is not in use.
    """
    if library.load() is None or weight.dtype is not torch.float32:
        return None
    count, depth = rows.shape
    columns = len(weight)
    product = rows.new_empty(count, columns)  # (count, columns)
    if count == 0:
        return product
    native, instruction_set = library_in_use()
    packed = scratch(4 * depth * -(-columns // 64) * 64)
    kept = (rows.contiguous(), weight.detach().t().contiguous(), product, packed)
    pointers = [part.data_ptr() for part in kept]
    threads = torch.get_num_threads()
    native.ostinato_matrix_product(instruction_set, threads, count, columns, depth, *pointers)
    return product


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
