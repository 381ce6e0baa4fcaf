"""The kernels of the native library as ops of torch: one call runs a layer in all its directions.

``recurrent`` and ``recurrent_backward`` are registered with ``torch.library``, so that autograd,
``torch.compile`` and ``torch.export`` see one opaque node whatever the number of steps. The library
writes into memory that torch allocates.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from ctypes import byref
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from ostinato._errors import NativeError
from ostinato._native import bindings, library
from ostinato.ops.layout import Layout
from ostinato.ops.weights import Weights

State = tuple[Tensor, ...]
"""``(h,)``, or ``(h, c)`` of the LSTM."""

DTYPES = {torch.float32: 0, torch.float64: 1, torch.bfloat16: 2}
"""What the kernels serve, with the numbers of the C interface."""


def run_layer(
    cell: str,
    data: Tensor,
    layout: Layout,
    state: State,
    weights: Sequence[Weights],
) -> tuple[Tensor, State]:
    """Run one layer in all its directions over a packed batch.

    Args:
        cell: ``RNN_TANH``, ``RNN_RELU``, ``GRU`` or ``LSTM``.
        data: Steps in packed order, ``(places, features)``.
        layout: Places of the batch.
        state: States before the first step read, each ``(directions, batch, hidden)``.
        weights: Parameters of each direction.

    Returns:
        The outputs in packed order, directions side by side, and the states after each row's last
        step read.

    Example:
        >>> weights = Weights(torch.eye(2), torch.eye(2))
        >>> layout, h_0 = Layout(torch.tensor([2, 1])), torch.zeros(1, 2, 2)
        >>> output, (h_n,) = run_layer("RNN_RELU", torch.ones(3, 2), layout, (h_0,), [weights])
        >>> output[:, 0], h_n[0, :, 0]
        (tensor([1., 1., 2.]), tensor([2., 1.]))
    """
    flat = [weight for direction in weights for weight in direction.flat()]
    tensors = (data, *state, *flat)
    wants_gradient = torch.is_grad_enabled() and any(part.requires_grad for part in tensors)
    output, h_n, c_n, _ = recurrent(
        data, layout.batch_sizes, list(state), flat, cell, len(weights), wants_gradient
    )
    return output, (h_n, c_n) if cell == "LSTM" else (h_n,)


@torch.library.custom_op("ostinato::recurrent", mutates_args=(), device_types="cpu")
def recurrent(
    data: Tensor,
    batch_sizes: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    cell: str,
    num_directions: int,
    wants_gradient: bool,  # noqa: FBT001 the schema of an op
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return output, h_n, c_n (empty unless LSTM) and what the backward needs (maybe empty)."""
    call = _Call(cell, data, batch_sizes, state, weights, num_directions)
    packed = call.pack() if wants_gradient else call.packed_before()
    output, h_n, c_n, saved = call.make_results(data, state, wants_gradient=wants_gradient)
    workspace = _scratch(call.sizes.forward_workspace)
    buffers = bindings.ForwardBuffers(
        packed.data_ptr(),
        call.data.data_ptr(),
        *call.state_pointers(),
        output.data_ptr(),
        h_n.data_ptr(),
        c_n.data_ptr(),
        saved.data_ptr() if wants_gradient else None,
        workspace.data_ptr(),
        workspace.numel(),
    )
    call.native.ostinato_forward(byref(call.layer), byref(buffers))
    if call.dtype is not data.dtype:
        output, h_n, c_n = (part.to(data.dtype) for part in (output, h_n, c_n))
    return output, h_n, c_n, saved


@torch.library.custom_op("ostinato::recurrent_backward", mutates_args=(), device_types="cpu")
def recurrent_backward(
    d_output: Tensor,
    d_state: list[Tensor],
    data: Tensor,
    batch_sizes: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    output: Tensor,
    saved: Tensor,
    cell: str,
    num_directions: int,
    wants_d_input: bool,  # noqa: FBT001 the schema of an op
) -> list[Tensor]:
    """Return the gradients of data (empty if not wanted), of each state and of each weight."""
    call = _Call(cell, data, batch_sizes, state, weights, num_directions)
    kept = call.keep(output, d_output, *d_state)
    d_input = torch.empty_like(call.data) if wants_d_input else call.data.new_empty(0)
    d_states = [torch.empty_like(part) for part in call.state]
    d_weights = [torch.empty_like(weight) for weight in call.weights]
    workspace = _scratch(call.sizes.backward_workspace)
    pointers = [part.data_ptr() for part in kept]
    d_pointers = [part.data_ptr() for part in d_states]
    buffers = bindings.BackwardBuffers(
        call.weight_table(call.weights),
        call.data.data_ptr(),
        *call.state_pointers(),
        pointers[0],
        saved.data_ptr(),
        pointers[1],
        pointers[2],
        pointers[3] if len(pointers) > 3 else None,
        d_input.data_ptr() if wants_d_input else None,
        d_pointers[0],
        d_pointers[1] if len(d_pointers) > 1 else None,
        call.weight_table(d_weights),
        workspace.data_ptr(),
        workspace.numel(),
    )
    call.native.ostinato_backward(byref(call.layer), byref(buffers))
    gradients = [d_input, *d_states, *d_weights]
    return gradients if call.dtype is data.dtype else [part.to(data.dtype) for part in gradients]


@recurrent.register_fake
def _(
    data: Tensor,
    batch_sizes: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    cell: str,
    num_directions: int,
    wants_gradient: bool,  # noqa: FBT001 the schema of an op
) -> tuple[Tensor, ...]:
    hidden_size = weights[1].shape[1]
    output = data.new_empty(data.shape[0], num_directions * hidden_size)
    h_n = data.new_empty(state[0].shape)
    c_n = data.new_empty(state[1].shape if cell == "LSTM" else (0,))
    layer = _layer(cell, data.dtype, num_directions, weights[0].shape[1], hidden_size)
    saved_row = _sizes(*layer).saved_row
    shape = (data.shape[0], saved_row) if wants_gradient else (0,)
    return output, h_n, c_n, data.new_empty(shape, dtype=torch.uint8)


@recurrent_backward.register_fake
def _(
    d_output: Tensor,
    d_state: list[Tensor],
    data: Tensor,
    batch_sizes: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    output: Tensor,
    saved: Tensor,
    cell: str,
    num_directions: int,
    wants_d_input: bool,  # noqa: FBT001 the schema of an op
) -> list[Tensor]:
    d_input = data.new_empty(data.shape) if wants_d_input else data.new_empty(0)
    return [d_input, *(data.new_empty(part.shape) for part in (*state, *weights))]


def _save_for_backward(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    data, batch_sizes, state, weights, ctx.cell, ctx.num_directions, _ = inputs
    ctx.num_states = len(state)
    ctx.save_for_backward(data, batch_sizes, *state, *weights, output[0], output[3])
    ctx.mark_non_differentiable(output[3])


def _backward(
    ctx: Any, d_output: Tensor, d_h_n: Tensor, d_c_n: Tensor, _: Tensor | None
) -> tuple[Any, ...]:
    data, batch_sizes, *rest, output, saved = ctx.saved_tensors
    state, weights = rest[: ctx.num_states], rest[ctx.num_states :]
    d_input, *gradients = recurrent_backward(
        d_output,
        [d_h_n, d_c_n][: ctx.num_states],
        data,
        batch_sizes,
        state,
        weights,
        output,
        saved,
        ctx.cell,
        ctx.num_directions,
        ctx.needs_input_grad[0],
    )
    d_state, d_weights = gradients[: ctx.num_states], gradients[ctx.num_states :]
    return (
        d_input if ctx.needs_input_grad[0] else None,
        None,
        d_state,
        d_weights,
        None,
        None,
        None,
    )


recurrent.register_autograd(_backward, setup_context=_save_for_backward)


def _refuse(what: str) -> Any:
    def refuse(*_: Any) -> NoReturn:
        raise NativeError(
            f"ostinato's recurrent kernels: {what} must not be asked of them, as they have none. "
            f"Set {library.VARIABLE}=off, which leaves the layers to torch's operations."
        )

    return refuse


recurrent_backward.register_autograd(_refuse("second derivatives"))
recurrent.register_vmap(_refuse("vmap"))
recurrent_backward.register_vmap(_refuse("vmap"))


def matrix_product_rate(num_threads: int, *, size: int = 1024, repeats: int = 5) -> float | None:
    """Return the best rate of the kernels' float32 matrix product, in operations a second.

    Args:
        num_threads: Threads at most.
        size: Rows, columns and depth.
        repeats: Products to time; the fastest counts.

    Returns:
        The rate, or None where the native library is not in use.
    """
    import time

    if library.load() is None:
        return None
    native, instruction_set = _library()
    a, b, c = (torch.ones(size, size) for _ in range(3))
    packed = torch.empty(size, size + 64)
    pointers = [part.data_ptr() for part in (a, b, c, packed)]
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        native.ostinato_matrix_product(instruction_set, num_threads, *[size] * 3, *pointers)
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)


class Stepper:
    """One step of a stack of one-directional layers, in one native call without gradients.

    Args:
        cell: ``RNN_TANH``, ``RNN_RELU``, ``GRU`` or ``LSTM``.
        stack: Parameters of each layer; they are packed here, and later changes are not seen.
        state: States, each ``(layers, batch, hidden)``; each step changes them in place.
    """

    def __init__(self, cell: str, stack: Sequence[Weights], state: State) -> None:
        self._native, instruction_set = _library()
        dtype = state[0].dtype
        if _kernel_dtype(dtype, instruction_set) != dtype:
            raise NativeError(
                f"ostinato's recurrent kernels: a stream must have a dtype that the processor "
                f"multiplies; got {dtype}. Convert the layer with .float()."
            )
        batch_size = state[0].shape[1]
        self._layers = (bindings.Layer * len(stack))(
            *(_layer(cell, dtype, 1, w.weight_ih.shape[1], w.weight_hh.shape[1])[1] for w in stack)
        )
        self._packed = []
        for layer, weights in zip(self._layers, stack, strict=True):
            pointers = [w.detach().contiguous() for w in weights.flat()]
            packed = torch.empty(_sizes(self._native, layer).packed, dtype=torch.uint8)
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

    def step(self, input: Tensor) -> Tensor:
        """Return the outputs of the top layer, ``(batch, hidden)``."""
        input = input.detach().contiguous()
        self._native.ostinato_step(*self._head, input.data_ptr(), *self._tail)
        return self._output.clone()


def _pointers(tensors: list[Tensor]) -> Any:
    return (ctypes.c_void_p * len(tensors))(*(tensor.data_ptr() for tensor in tensors))


class _Call:
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
        self.native, instruction_set = _library()
        self.dtype = _kernel_dtype(data.dtype, instruction_set)
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
        self.sizes = _sizes(self.native, self.layer)

    def keep(self, *tensors: Tensor) -> list[Tensor]:
        """Return contiguous tensors in the dtype of the kernels."""
        return [
            (part if part.dtype is self.dtype else part.to(self.dtype)).contiguous()
            for part in tensors
        ]

    def state_pointers(self) -> tuple[int, int | None]:
        h_0, *rest = (part.data_ptr() for part in self.state)
        return h_0, rest[0] if rest else None

    def weight_table(self, weights: list[Tensor]) -> Any:
        each = len(weights) // self.num_directions
        pointers = [weight.data_ptr() for weight in weights]
        parts = [pointers[i * each : (i + 1) * each] for i in range(self.num_directions)]
        return (bindings.Weights * self.num_directions)(*(bindings.Weights(*p) for p in parts))

    def make_results(
        self, data: Tensor, state: list[Tensor], *, wants_gradient: bool
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return memory for output, h_n, c_n and what the backward needs."""
        places = data.shape[0]
        output = self.data.new_empty(places, self.num_directions * self.layer.hidden_size)
        h_n = torch.empty_like(self.state[0])
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

        That is known by their content, of which a hash of 64 bits is compared at every call; what
        changed them, and whether torch noticed, does not matter. The entry goes with the tensor.
        """
        fingerprint = ctypes.c_uint64()
        table = self.weight_table(self.weights)
        self.native.ostinato_fingerprint(byref(self.layer), table, byref(fingerprint))
        layer = self.layer
        kind = (layer.cell, layer.dtype, layer.instruction_set, layer.num_directions)
        key = (fingerprint.value, *kind, layer.input_size, layer.hidden_size)
        found = _packed.get(self.given_weights[0])
        if found is not None and found[0] == key:
            return found[1]
        packed = self.pack()
        _packed[self.given_weights[0]] = (key, packed)
        return packed


_packed: WeakIdKeyDictionary = WeakIdKeyDictionary()
_memory = threading.local()


def _scratch(num_bytes: int) -> Tensor:
    """Return scratch memory of this thread, kept from call to call."""
    memory: Tensor | None = getattr(_memory, "scratch", None)
    if memory is None or memory.numel() < num_bytes:
        memory = _memory.scratch = torch.empty(num_bytes, dtype=torch.uint8)
    return memory


def _library() -> tuple[ctypes.CDLL, int]:
    """Return the native library and the number of the instruction set to run with."""
    native, state = library.load_with_status()
    if native is None:
        raise NativeError(
            f"ostinato's recurrent kernels: the native library must be in use; it is not: "
            f"{state.reason}. `ostinato doctor` tells more."
        )
    return native, bindings.INSTRUCTION_SETS.index(state.instruction_set or "portable")


def _kernel_dtype(dtype: torch.dtype, instruction_set: int) -> torch.dtype:
    """Return the dtype to run in: a processor without bfloat16 products takes float32."""
    if dtype is torch.bfloat16 and instruction_set < len(bindings.INSTRUCTION_SETS) - 1:
        return torch.float32
    return dtype


def _layer(
    cell: str, dtype: torch.dtype, num_directions: int, input_size: int, hidden_size: int
) -> tuple[ctypes.CDLL, bindings.Layer]:
    """Return the library and a layer without a batch."""
    native, instruction_set = _library()
    number = DTYPES[_kernel_dtype(dtype, instruction_set)]
    kinds = (bindings.CELLS.index(cell), number, instruction_set)
    return native, bindings.Layer(*kinds, num_directions, 1, input_size, hidden_size, 0, None)


def _sizes(native: ctypes.CDLL, layer: bindings.Layer) -> bindings.Sizes:
    sizes = bindings.Sizes()
    native.ostinato_layer_sizes(byref(layer), byref(sizes))
    return sizes
