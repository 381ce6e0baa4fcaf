"""A random generator for each training run, apart from torch's global one.

Layers draw from torch's global generator, as torch's own do. Estimators must not: two that are fitted in
two threads would share it, and neither would be reproducible. On a GPU the numbers are still torch's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_thread = threading.local()

_DRAWING: frozenset[Callable[..., Any]] = frozenset(
    [
        *(torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli),
        *(torch.poisson, torch._standard_gamma, torch.multinomial),
        *(Tensor.uniform_, Tensor.normal_, Tensor.bernoulli_, Tensor.random_, Tensor.exponential_),
        *(nn.init.uniform_, nn.init.normal_, nn.init.trunc_normal_, nn.init.orthogonal_),
        *(nn.init.xavier_uniform_, nn.init.xavier_normal_),
        *(nn.init.kaiming_uniform_, nn.init.kaiming_normal_),
    ]
)


def generator_for(device: torch.device) -> torch.Generator | None:
    """Return the generator of this thread on a device; None for torch's global one."""
    own: torch.Generator | None = getattr(_thread, "generator", None)
    return own if device.type == "cpu" else None


@contextmanager
def drawing_from(generator: torch.Generator) -> Iterator[None]:
    """Make our layers draw from a generator inside the block, in this thread only.

    Example:
        >>> def drawn():
        ...     with drawing_from(torch.Generator().manual_seed(0)):
        ...         return dropout(torch.ones(8), 0.5)
        >>> torch.equal(drawn(), drawn())
        True
    """
    before = getattr(_thread, "generator", None)
    _thread.generator = generator
    try:
        yield
    finally:
        _thread.generator = before


@contextmanager
def everything_drawing_from(generator: torch.Generator) -> Iterator[None]:
    """Make torch's own functions and initialisers draw from it too, which is slower.

    Example:
        >>> def made():
        ...     with everything_drawing_from(torch.Generator().manual_seed(0)):
        ...         return nn.Linear(2, 2).weight
        >>> torch.equal(made(), made())
        True
    """
    with drawing_from(generator), _Drawing(generator):
        yield


def seed() -> int:
    """Draw a seed for a NumPy generator."""
    return int(torch.randint(2**62, (), generator=generator_for(torch.device("cpu"))))


def dropout(input: Tensor, p: float, training: bool = True) -> Tensor:  # noqa: FBT001 as torch's
    """Dropout with the generator of :func:`drawing_from`, or torch's own outside it."""
    generator = generator_for(input.device)
    if generator is None or not training or p == 0:
        return F.dropout(input, p, training)
    return input * torch.empty_like(input).bernoulli_(1 - p, generator=generator).div_(1 - p)


class _Drawing(TorchFunctionMode):
    """Passes a generator to random functions on a CPU that were called without one."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = dict(kwargs or {})
        if func in _DRAWING and options.get("generator") is None:
            tensors = (one for one in (*args, *options.values()) if isinstance(one, Tensor))
            if all(tensor.device.type == "cpu" for tensor in tensors):
                options["generator"] = self._generator
        return func(*args, **options)
