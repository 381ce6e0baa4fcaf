"""One step of a stack of layers in one native call, for streaming."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import byref
from typing import Any

import torch
from torch import Tensor

from ostinato._native import bindings
from ostinato.ops.arguments import check_arguments
from ostinato.ops.calls import kernel_dtype, layer_of, library_in_use, sizes_of
from ostinato.ops.weights import State, Weights


class Stepper:
    """One step of a stack of one-directional layers, in one native call without gradients.

    Args:
        cell: ``RNN_TANH``, ``RNN_RELU``, ``GRU`` or ``LSTM``.
        stack: Parameters of each layer; they are packed here, and later changes are not seen.
        state: States, each ``(layers, batch, hidden)``; each step changes them in place.
        input_size: Features of a step.

    Raises:
        ShapeError: A parameter does not have the shape or the dtype of its place.
    """

    def __init__(self, cell: str, stack: Sequence[Weights], state: State, input_size: int) -> None:
        self._native, _ = library_in_use()
        batch_size, dtype = state[0].shape[1], state[0].dtype
        below = state[0].new_empty(batch_size, input_size)
        for index, weights in enumerate(stack):
            start = [part[index : index + 1] for part in state]
            check_arguments(cell, below, torch.tensor([batch_size]), start, weights.flat(), 1)
            below = state[0][index]
        self._layers = (bindings.Layer * len(stack))(
            *(
                layer_of(cell, dtype, 1, w.weight_ih.shape[1], w.weight_hh.shape[1])[1]
                for w in stack
            )
        )
        self._packed = []
        for layer, weights in zip(self._layers, stack, strict=True):
            pointers = [w.detach().contiguous() for w in weights.flat()]
            packed = torch.empty(sizes_of(self._native, layer).packed, dtype=torch.uint8)
            table = bindings.Weights(*(w.data_ptr() for w in pointers))
            self._native.ostinato_pack(byref(layer), byref(table), packed.data_ptr())
            self._packed.append(packed)
        num_bytes = ctypes.c_size_t()
        size = (self._layers, len(stack), batch_size)
        self._native.ostinato_step_workspace(*size, byref(num_bytes))
        self._workspace = torch.empty(num_bytes.value, dtype=torch.uint8)
        self._state = state  # the library writes into it
        self._output = state[0][-1]
        self._head = (*size[:2], _pointers(self._packed), batch_size)
        self._tail = (
            _pointers(list(state[0])),
            _pointers(list(state[1])) if len(state) > 1 else None,
            self._workspace.data_ptr(),
            num_bytes.value,
        )

    @staticmethod
    def serves(dtype: torch.dtype) -> bool:
        """Return whether the processor multiplies this dtype as it is stored."""
        return kernel_dtype(dtype, library_in_use()[1]) is dtype

    def step(self, input: Tensor) -> Tensor:
        """Return the outputs of the top layer, ``(batch, hidden)``."""
        input = input.detach().contiguous()
        self._native.ostinato_step(*self._head, input.data_ptr(), *self._tail)
        return self._output.clone()


def _pointers(tensors: list[Tensor]) -> Any:
    return (ctypes.c_void_p * len(tensors))(*(tensor.data_ptr() for tensor in tensors))
