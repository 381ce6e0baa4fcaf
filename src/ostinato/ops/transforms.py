"""Detect function transforms, tracing and export while a layer runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ostinato._errors import NativeError

P = ParamSpec("P")
T = TypeVar("T")


def constant(function: Callable[P, T]) -> Callable[P, T]:
    """Let ``torch.compile`` take the result of a function for a constant, without tracing it.

    It does what `torch.compiler.assume_constant_result` does, without its import of the compiler, which
    takes as long as that of torch.

    Args:
        function: A function of arguments that are no tensors.
    """
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]  # torch's mark
    return function


@constant
def is_followed() -> bool:
    """Return whether ``torch.func`` or forward-mode differentiation is active.

    Both must see every operation, and a kernel is opaque to them.

    Example:
        >>> torch.func.vmap(lambda x: x * is_followed())(torch.ones(2)), is_followed()
        (tensor([1., 1.]), False)
    """
    return (
        torch._C._functorch.peek_interpreter_stack() is not None or forward_ad._current_level >= 0
    )


@constant
def is_recorded() -> bool:
    """Return whether ``torch.jit.trace`` or an export to ONNX is recording operations.

    The recorded graph must run without ostinato, and for inputs of other sizes.

    Example:
        >>> is_recorded()
        False
    """
    return torch._C._get_tracing_state() is not None or (
        torch.compiler.is_compiling() and _is_onnx_exporting()
    )


def check_is_alone(where: str) -> None:
    """Raise NativeError under a transform or a recording, to which a kernel is opaque."""
    if is_followed() or is_recorded():
        raise NativeError(
            f"{where}: it must be called outside torch.func, forward-mode derivatives, torch.jit.trace "
            "and torch.onnx.export, to which what it does is a constant. Transform or trace the network "
            "without it, and call it on what that returns."
        )


def are_batched(*gradients: Tensor) -> bool:
    """Return whether gradients are batched, by ``vmap`` or ``is_grads_batched``."""
    return is_followed() or any(map(torch._C._functorch.is_legacy_batchedtensor, gradients))


def _is_onnx_exporting() -> bool:
    """Return whether ``torch.onnx.export`` is running; only it imports its package."""
    return "torch.onnx" in sys.modules and torch.onnx.is_in_onnx_export()
