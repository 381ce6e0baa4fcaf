"""How much arithmetic a workload has, and how fast this machine does arithmetic at its best."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from ostinato.bench.measure import threads_pinned
from ostinato.bench.workloads import GATES, Workload
from ostinato.ops.product import matrix_product_rate

SHAPES = ((1024, 1024, 1024), (2048, 512, 1024), (8192, 256, 1024), (1536, 1536, 1536))
"""Rows, inner size and columns of the products that are tried."""


@dataclass(frozen=True)
class Rate:
    """A rate of float32 arithmetic.

    Args:
        flops: Floating-point operations a second.
        where: What reached it.
    """

    flops: float
    where: str


def flops(workload: Workload, tokens: int | None = None) -> int:
    """Return the floating-point operations of the matrix products of a workload.

    A forward pass has ``2 G H (I + H)`` a token, layer and direction; a backward pass twice that,
    less the gradient of the input where it is not asked for.

    Args:
        workload: What is measured.
        tokens: Tokens in the batch, if they are not the workload's.

    Example:
        >>> flops(Workload(cell="gru", input_size=2, hidden_size=4, mode="infer"), tokens=10)
        1440
    """
    if tokens is None:
        tokens = int(workload.facts()["tokens"])
    gates, hidden, directions = GATES[workload.cell], workload.hidden_size, workload.directions
    forward = 0
    for layer in range(workload.num_layers):
        width = workload.input_size if layer == 0 else directions * hidden
        forward += 2 * gates * hidden * (width + hidden) * directions * tokens
    if workload.mode != "train":
        return forward
    first_input = 2 * gates * hidden * workload.input_size * directions * tokens
    return 3 * forward - (0 if workload.input_gradient else first_input)


def best_rate(threads: int, *, repeats: int = 5) -> Rate:
    """Return the best float32 matrix-product rate here, of torch's paths and our own."""
    with threads_pinned(threads), torch.inference_mode():
        rates = [
            Rate(max(_rate(product, work) for _ in range(repeats)), where)
            for product, work, where in _products()
        ]
    own = matrix_product_rate(threads)
    if own is not None:
        rates.append(Rate(own, "ostinato"))
    return max(rates, key=lambda rate: rate.flops)


def _products() -> Iterator[tuple[Callable[[], object], int, str]]:
    """Yield products of several shapes on each of torch's paths, run once each, and their FLOPs."""
    for rows, inner, columns in SHAPES:
        work = 2 * rows * inner * columns
        shape = f"{rows} x {inner} x {columns}"
        a, b = torch.randn(rows, inner), torch.randn(columns, inner)
        out = torch.empty(rows, columns)

        def mm(a: torch.Tensor = a, b: torch.Tensor = b, out: torch.Tensor = out) -> object:
            return torch.mm(a, b.t(), out=out)

        mm()
        yield mm, work, f"torch.mm {shape}"
        linear = _onednn_linear(a, b)
        if linear is not None:
            yield linear, work, f"oneDNN linear {shape}"


def _onednn_linear(a: torch.Tensor, b: torch.Tensor) -> Callable[[], object] | None:
    """Return torch's path to oneDNN with packed weights, as its compiler takes it, if there is one.

    It is not part of torch's stable interface.
    """
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(b, len(a))
        run = torch.ops.mkldnn._linear_pointwise
        run(a, packed, None, "none", [], "")
    except (AttributeError, RuntimeError):
        return None
    return lambda: run(a, packed, None, "none", [], "")


def _rate(product: Callable[[], object], work: int) -> float:
    start = time.perf_counter()
    product()
    return work / (time.perf_counter() - start)
