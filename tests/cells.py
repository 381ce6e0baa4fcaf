"""The table of the contract tests: every layer, its twin in torch, its options, the tolerances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato.nn import GRU, LSTM, RNN, RecurrentLayer
from ostinato.ops import Weights

INPUT, HIDDEN = 3, 5
LENGTHS = (7, 7, 4, 2, 1)

TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6, torch.bfloat16: 2e-2}
"""Largest difference of an output from torch's packed path.

Measured with 2 layers, both directions, rows of 128, 121, 64, 3 and 1 steps, 256 units (float64:
60 steps, 16 units): float64 4.4e-16, float32 2.5e-7. bfloat16 has 8 bits: one unit in the last
place of a value near 1 is 7.8e-3.
"""
GRADIENT_TOLERANCE = {torch.float64: 1e-12, torch.float32: 5e-6}
"""The same for a gradient, as a share of its largest value; float64 1.0e-15, float32 1.1e-6."""
NATIVE_TOLERANCE = {torch.float64: 1e-13, torch.float32: 1e-5, torch.bfloat16: 1.5e-2}
"""Largest difference of a native result from float64, as a share of its tensor's largest value.

Measured over the cases of tests/contract/test_native_layers.py: float64 2.3e-15, float32 2.7e-6
(avx512 1.6e-6, portable 1.3e-6), bfloat16 4.4e-3, which is a rounding to 8 bits.
"""
NATIVE_GRADIENT_TOLERANCE = {torch.float64: 1e-13, torch.float32: 5e-5, torch.bfloat16: 8e-2}
"""The same for a gradient. Measured: float64 1.3e-14, float32 1.5e-5, bfloat16 4.3e-2.

A gradient that is a sum which cancels has no larger value to be measured by: with one unit
float32 comes to 1.5e-5, beyond that to 2.4e-6. The ReLU in bfloat16 takes the
other side of its kink now and then (0.67 once, 0.17 with 33 units), as in torch's own bfloat16
(0.67, 0.17): there the bound is 1.5 times the error of that.
"""
NATIVE_DRIFT = 2e-6
"""The same for results in float32 after 5000 steps: 2.7e-7 measured, 2.6e-7 after 50."""


@dataclass(frozen=True)
class Cell:
    """One row: a layer and what it must equal."""

    name: str
    layer: type[RecurrentLayer]
    twin: Callable[..., torch.nn.RNNBase]
    mode: str
    options: dict[str, Any] = field(default_factory=dict)

    def make(self, *sizes: int, dtype: torch.dtype = torch.float64, **options: Any) -> Any:
        """Return a layer."""
        return self.layer(*(sizes or (INPUT, HIDDEN)), dtype=dtype, **self.options, **options)

    def pair(self, *sizes: int, dtype: torch.dtype = torch.float64, **options: Any) -> Any:
        """Return a layer and its twin in torch, with the same parameters."""
        layer = self.make(*sizes, dtype=dtype, **options)
        twin = self.twin(*(sizes or (INPUT, HIDDEN)), dtype=dtype, **self.options, **options)
        twin.load_state_dict(layer.state_dict())
        return layer, twin

    @property
    def has_cell_state(self) -> bool:
        """Whether the state is ``(h, c)``."""
        return self.mode == "LSTM"


CELLS = (
    Cell("rnn-tanh", RNN, torch.nn.RNN, "RNN_TANH"),
    Cell("rnn-relu", RNN, torch.nn.RNN, "RNN_RELU", {"nonlinearity": "relu"}),
    Cell("gru", GRU, torch.nn.GRU, "GRU"),
    Cell("lstm", LSTM, torch.nn.LSTM, "LSTM"),
)
STACKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "no-bias": {"bias": False},
    "bidirectional": {"bidirectional": True},
    "stacked": {"num_layers": 3},
    "stacked-bidirectional": {"num_layers": 2, "bidirectional": True},
}

every_cell = pytest.mark.parametrize("cell", CELLS, ids=[cell.name for cell in CELLS])
every_stack = pytest.mark.parametrize("options", STACKS.values(), ids=STACKS.keys())
every_direction = pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both"])


def make_rows(
    lengths: Sequence[int] = LENGTHS, size: int = INPUT, dtype: torch.dtype = torch.float64
) -> list[Tensor]:
    """Return random rows of these lengths."""
    return [torch.randn(length, size, dtype=dtype) for length in lengths]


def make_state(
    cell: Cell, layer: Any, batch_size: int, dtype: torch.dtype = torch.float64
) -> Tensor | tuple[Tensor, Tensor]:
    """Return a random state in the form in which the layer takes it."""
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    h_0 = torch.randn(count, batch_size, layer.proj_size or layer.hidden_size, dtype=dtype)
    if not cell.has_cell_state:
        return h_0
    return h_0, torch.randn(count, batch_size, layer.hidden_size, dtype=dtype)


def states(state: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return ``(h,)`` or ``(h, c)``, whichever form a layer gave."""
    return state if isinstance(state, tuple) else (state,)


def tensors(result: tuple[Any, Any]) -> list[Tensor]:
    """Return the output and the states of a call, in packed order if the input was packed."""
    output, state = result
    return [output.data if isinstance(output, PackedSequence) else output, *states(state)]


def weights_of(layer: Any) -> list[list[Weights]]:
    """Return the parameters by layer and direction."""
    each = iter([Weights(*parameters) for parameters in layer.all_weights])
    directions = 2 if layer.bidirectional else 1
    return [[next(each) for _ in range(directions)] for _ in range(layer.num_layers)]


def gradients(
    layer: Any, call: Callable[[], tuple[Any, Any]], inputs: list[Tensor]
) -> list[Tensor]:
    """Return the gradients of a loss over every result, by inputs and parameters."""
    loss = sum(
        (result * torch.linspace(-1, 1, result.numel()).view_as(result).to(result)).sum()
        for result in tensors(call())
    )
    assert isinstance(loss, Tensor)
    return list(torch.autograd.grad(loss, [*inputs, *layer.parameters()]))


def assert_close(actual: Tensor, expected: Tensor) -> None:
    """Assert equality within the table's tolerance."""
    torch.testing.assert_close(actual, expected, atol=TOLERANCE[actual.dtype], rtol=0)


def assert_gradients_close(actual: list[Tensor], expected: list[Tensor]) -> None:
    """Assert equality within the table's tolerance, relative to each gradient's largest value."""
    for ours, theirs in zip(actual, expected, strict=True):
        allowed = GRADIENT_TOLERANCE[ours.dtype] * float(theirs.abs().max())
        torch.testing.assert_close(ours, theirs, atol=allowed, rtol=0)


def packed_with_grad(rows: list[Tensor]) -> PackedSequence:
    """Return the rows packed, the data being a leaf that wants a gradient."""
    packed = pack_sequence(rows, enforce_sorted=False)
    return packed._replace(data=packed.data.detach().requires_grad_())


def rows_of(packed: PackedSequence) -> Iterator[Tensor]:
    """Yield the rows of a packed sequence in their original order."""
    yield from torch.nn.utils.rnn.unpack_sequence(packed)
