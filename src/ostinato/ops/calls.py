"""Convert the tensors of a call to the structures of the native library; cached buffers."""

from __future__ import annotations

import ctypes
import threading
from ctypes import byref
from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from ostinato._errors import NativeError
from ostinato._native import bindings, library
from ostinato.ops.arguments import check_arguments

DTYPES = {torch.float32: 0, torch.float64: 1, torch.bfloat16: 2}
"""What the kernels run in, with the numbers of the C interface."""
SERVED = (*DTYPES, torch.float16)
"""What they serve; float16 runs in float32."""


class Call:
    """The arguments of a call as the library takes them, all contiguous and of one dtype."""

    def __init__(
        self,
        cell: str,
        data: Tensor,
        batch_sizes: Tensor,
        state: list[Tensor],
        weights: list[Tensor],
        num_directions: int,
    ) -> None:
        check_arguments(cell, data, batch_sizes, state, weights, num_directions)
        self.native, instruction_set = library_in_use()
        self.dtype = kernel_dtype(data.dtype, instruction_set)
        self.data, *self.state = self.keep(data, *state)
        self.weights = self.keep(*weights)
        self.given_weights = weights
        self.batch_sizes = batch_sizes.contiguous()
        self.num_directions = num_directions
        hidden_size = weights[1].shape[1]
        self.layer = bindings.Layer(
            bindings.CELLS.index(cell),
            DTYPES[self.dtype],
            instruction_set,
            num_directions,
            torch.get_num_threads(),
            data.shape[1],
            hidden_size,
            self.batch_sizes.numel(),
            self.batch_sizes.data_ptr(),
        )
        self.sizes = sizes_of(self.native, self.layer)

    def keep(self, *tensors: Tensor) -> list[Tensor]:
        """Return contiguous tensors in the dtype of the kernels."""
        return [
            (part if part.dtype is self.dtype else part.to(self.dtype)).contiguous()
            for part in tensors
        ]

    def state_pointers(self) -> tuple[int, int | None]:
        """Return the addresses of h_0 and, for an LSTM, c_0."""
        h_0, *rest = (part.data_ptr() for part in self.state)
        return h_0, rest[0] if rest else None

    def weight_table(self, weights: list[Tensor]) -> Any:
        """Return the addresses of weights, or of their gradients, by direction."""
        each = len(weights) // self.num_directions
        pointers = [weight.data_ptr() for weight in weights]
        parts = [pointers[i * each : (i + 1) * each] for i in range(self.num_directions)]
        return (bindings.Weights * self.num_directions)(*(bindings.Weights(*p) for p in parts))

    def make_results(
        self, data: Tensor, state: list[Tensor], *, wants_gradient: bool
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return memory for output, h_n, c_n and what the backward needs."""
        places = data.shape[0]
        # of shape (places, directions * hidden)
        output = self.data.new_empty(places, self.num_directions * self.layer.hidden_size)
        h_n = torch.empty_like(self.state[0])  # (directions, batch, hidden)
        c_n = torch.empty_like(self.state[1]) if len(state) > 1 else self.data.new_empty(0)
        shape = (places, self.sizes.saved_row) if wants_gradient else (0,)
        return output, h_n, c_n, self.data.new_empty(shape, dtype=torch.uint8)

    def pack(self) -> Tensor:
        """Return the weights as the forward pass reads them."""
        packed = torch.empty(self.sizes.packed, dtype=torch.uint8)
        table = self.weight_table(self.weights)
        self.native.ostinato_pack(byref(self.layer), table, packed.data_ptr())
        return packed

    def packed_before(self) -> Tensor:
        """Return the packed weights of an earlier call if the weights are still the same.

        A 64-bit hash of their content is compared at every call, so that changes that torch does not
        track count, too. The entry is dropped with the tensor.
        """
        fingerprint = ctypes.c_uint64()
        table = self.weight_table(self.weights)
        self.native.ostinato_fingerprint(byref(self.layer), table, byref(fingerprint))
        layer = self.layer
        kind = (layer.cell, layer.dtype, layer.instruction_set, layer.num_directions)
        key = (fingerprint.value, *kind, layer.input_size, layer.hidden_size)
        found = _packed.get(self.given_weights[0])
        if found is not None and found[0] == key:
            known: Tensor = found[1]
            return known
        packed = self.pack()
        _packed[self.given_weights[0]] = (key, packed)
        return packed


_packed: WeakIdKeyDictionary = WeakIdKeyDictionary()
_memory = threading.local()


def scratch(num_bytes: int) -> Tensor:
    """Return scratch memory of this thread, kept from call to call."""
    memory: Tensor | None = getattr(_memory, "scratch", None)
    if memory is None or memory.numel() < num_bytes:
        memory = _memory.scratch = torch.empty(num_bytes, dtype=torch.uint8)
    return memory


def library_in_use() -> tuple[ctypes.CDLL, int]:
    """Return the native library and the number of the instruction set to run with."""
    native, state = library.load_with_status()
    if native is None:
        raise NativeError(
            f"ostinato's recurrent kernels: the native library must be in use; it is not: "
            f"{state.reason}. `ostinato doctor` tells more."
        )
    return native, bindings.INSTRUCTION_SETS.index(state.instruction_set or "portable")


def kernel_dtype(dtype: torch.dtype, instruction_set: int) -> torch.dtype:
    """Return the dtype to run in: float32 for float16, and for bfloat16 without products."""
    if dtype is torch.float16:
        return torch.float32
    if dtype is torch.bfloat16 and instruction_set < len(bindings.INSTRUCTION_SETS) - 1:
        return torch.float32
    return dtype


def layer_of(
    cell: str, dtype: torch.dtype, num_directions: int, input_size: int, hidden_size: int
) -> tuple[ctypes.CDLL, bindings.Layer]:
    """Return the library and a layer without a batch."""
    native, instruction_set = library_in_use()
    number = DTYPES[kernel_dtype(dtype, instruction_set)]
    kinds = (bindings.CELLS.index(cell), number, instruction_set)
    return native, bindings.Layer(*kinds, num_directions, 1, input_size, hidden_size, 0, None)


def sizes_of(native: ctypes.CDLL, layer: bindings.Layer) -> bindings.Sizes:
    """Return the buffer sizes of a layer."""
    sizes = bindings.Sizes()
    native.ostinato_layer_sizes(byref(layer), byref(sizes))
    return sizes
