"""The kernels of the native library as ops of torch: one call runs a layer in all its directions.

``recurrent`` and ``recurrent_backward`` are registered with ``torch.library``, so that autograd,
``torch.compile`` and ``torch.export`` see one opaque node whatever the number of steps. The library
writes into memory that torch allocates.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import byref
from typing import Any, NoReturn

import torch
from torch import Tensor

from ostinato._errors import NativeError
from ostinato._native import bindings
from ostinato.ops import derivatives
from ostinato.ops.calls import Call, layer_of, scratch, sizes_of
from ostinato.ops.derivatives import Arguments
from ostinato.ops.layout import Layout
from ostinato.ops.transforms import are_batched
from ostinato.ops.weights import State, Weights


def run_layer(
    cell: str, data: Tensor, layout: Layout, state: State, weights: Sequence[Weights]
) -> tuple[Tensor, State]:
    """Run one layer in all its directions over a packed batch.

    Args:
        cell: ``RNN_TANH``, ``RNN_RELU``, ``GRU`` or ``LSTM``.
        data: Steps in packed order, ``(places, features)``.
        layout: Places of the batch.
        state: States before the first step read, each ``(directions, batch, hidden)``.
        weights: Parameters of each direction.

    Returns:
        The outputs in packed order, directions concatenated, and the states after each row's last
        step read.

    Example:
        >>> weights = Weights(torch.eye(2), torch.eye(2))
        >>> layout, h_0 = Layout(torch.tensor([2, 1])), torch.zeros(1, 2, 2)
        >>> output, (h_n,) = run_layer("RNN_RELU", torch.ones(3, 2), layout, (h_0,), [weights])
        >>> output[:, 0], h_n[0, :, 0]
        (tensor([1., 1., 2.]), tensor([2., 1.]))
    """
    flat = [weight for direction in weights for weight in direction.flat()]
    wants_gradient = torch.is_grad_enabled() and any(
        part.requires_grad for part in (data, *state, *flat)
    )
    # Without autograd or tracing the op is left out: for one short row it costs more than the layer.
    run = recurrent if wants_gradient or _is_traced(data, flat) else forward
    output, h_n, c_n, *_ = run(
        data, layout.batch_sizes, list(state), flat, cell, len(weights), wants_gradient
    )
    return output, (h_n, c_n) if cell == "LSTM" else (h_n,)


def _is_traced(data: Tensor, weights: list[Tensor]) -> bool:
    """Return whether a compiler, a dispatch mode or a tensor subclass must see the op."""
    return (
        torch.compiler.is_compiling()
        or type(data) is not Tensor
        or any(type(weight) not in (Tensor, torch.nn.Parameter) for weight in weights)
        or torch._C._len_torch_dispatch_stack() > 0
    )


def forward(
    data: Tensor,
    batch_sizes: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    cell: str,
    num_directions: int,
    wants_gradient: bool,  # noqa: FBT001 the schema of an op
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return output, h_n, c_n (empty unless LSTM) and, for the backward, saved and kept.

    ``kept`` is a copy of the output: users may change theirs in place before the backward pass, and
    autograd misses changes through ``.data``, NumPy or ``torch.compile``. It takes 1 %
    of a training step (LSTM, 2 x 128 units, 32 rows of 274 steps). Without a gradient both are empty.
    """
    call = Call(cell, data, batch_sizes, state, weights, num_directions)
    packed = call.pack() if wants_gradient else call.packed_before()
    output, h_n, c_n, saved = call.make_results(data, state, wants_gradient=wants_gradient)
    workspace = scratch(call.sizes.forward_workspace)
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
    kept = output.clone() if wants_gradient else output.new_empty(0)
    return output, h_n, c_n, saved, kept


# The number is raised when arguments, results or derivatives change. torch keeps compiled graphs from
# run to run by the names of ops alone, and would run the backward pass of an older ostinato.
recurrent = torch.library.custom_op(
    "ostinato::recurrent_2", forward, mutates_args=(), device_types="cpu"
)


@torch.library.custom_op("ostinato::recurrent_backward_2", mutates_args=(), device_types="cpu")
def recurrent_backward(
    d_output: Tensor,
    d_state: list[Tensor],
    data: Tensor,
    batch_sizes: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    saved: Tensor,
    kept: Tensor,
    cell: str,
    num_directions: int,
    wants_d_input: bool,  # noqa: FBT001 the schema of an op
) -> list[Tensor]:
    """Return the gradients of data (empty if not wanted), of each state and of each weight."""
    call = Call(cell, data, batch_sizes, state, weights, num_directions)
    given = call.keep(kept, d_output, *d_state)
    # of shape (places, features)
    d_input = torch.empty_like(call.data) if wants_d_input else call.data.new_empty(0)
    d_states = [torch.empty_like(part) for part in call.state]
    d_weights = [torch.empty_like(weight) for weight in call.weights]
    workspace = scratch(call.sizes.backward_workspace)
    pointers = [part.data_ptr() for part in given]
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
    # of shape (places, directions * hidden)
    output = data.new_empty(data.shape[0], num_directions * hidden_size)
    h_n = data.new_empty(state[0].shape)
    c_n = data.new_empty(state[1].shape if cell == "LSTM" else (0,))
    layer = layer_of(cell, data.dtype, num_directions, weights[0].shape[1], hidden_size)
    saved_row = sizes_of(*layer).saved_row
    shape = (data.shape[0], saved_row) if wants_gradient else (0,)
    saved = data.new_empty(shape, dtype=torch.uint8)
    kept = data.new_empty(output.shape if wants_gradient else (0,))
    return output, h_n, c_n, saved, kept


@recurrent_backward.register_fake
def _(
    d_output: Tensor,
    d_state: list[Tensor],
    data: Tensor,
    batch_sizes: Tensor,
    state: list[Tensor],
    weights: list[Tensor],
    saved: Tensor,
    kept: Tensor,
    cell: str,
    num_directions: int,
    wants_d_input: bool,  # noqa: FBT001 the schema of an op
) -> list[Tensor]:
    d_input = data.new_empty(data.shape) if wants_d_input else data.new_empty(0)
    return [d_input, *(data.new_empty(part.shape) for part in (*state, *weights))]


def _save_for_backward(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    data, batch_sizes, state, weights, ctx.cell, ctx.num_directions, _ = inputs
    ctx.num_states = len(state)
    ctx.save_for_backward(data, batch_sizes, *state, *weights, *output[3:])
    ctx.shapes = [part.shape for part in output[:3]]
    ctx.set_materialize_grads(False)  # or the gradient of what is saved would be made, of zeros


def _backward(ctx: Any, *d_results: Tensor | None) -> tuple[Any, ...]:
    data, batch_sizes, *rest, saved, kept = ctx.saved_tensors
    state, weights = rest[: ctx.num_states], rest[ctx.num_states :]
    d_output, *d_state = (
        data.new_zeros(shape) if part is None else part
        for part, shape in zip(d_results[:3], ctx.shapes, strict=True)
    )
    given = Arguments(data, batch_sizes, state, weights, ctx.cell, ctx.num_directions)
    d_state = d_state[: ctx.num_states]
    if are_batched(d_output, *d_state):
        gradients = list(derivatives.first((d_output, *d_state), given))
    else:
        gradients = recurrent_backward(
            d_output, d_state, *given[:4], saved, kept, *given[4:], ctx.needs_input_grad[0]
        )
    d_input, *others = gradients
    return (
        d_input if ctx.needs_input_grad[0] else None,
        None,
        others[: ctx.num_states],
        others[ctx.num_states :],
        None,
        None,
        None,
    )


recurrent.register_autograd(_backward, setup_context=_save_for_backward)


def _save_for_second(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    d_output, d_state, data, batch_sizes, state, weights, _, _, *ctx.rest = inputs
    ctx.num_states = len(state)
    ctx.save_for_backward(d_output, *d_state, data, batch_sizes, *state, *weights)
    ctx.set_materialize_grads(False)


def _second_backward(ctx: Any, d_gradients: list[Tensor | None]) -> tuple[Any, ...]:
    cell, num_directions, has_d_input = ctx.rest
    count = ctx.num_states
    d_results, rest = ctx.saved_tensors[: count + 1], ctx.saved_tensors[count + 1 :]
    data, batch_sizes, *rest = rest
    given = Arguments(data, batch_sizes, rest[:count], rest[count:], cell, num_directions)
    d_input = d_gradients[0] if has_d_input else None
    (d_output, *d_state), (d_data, *others) = derivatives.second(
        (d_input, *d_gradients[1:]), d_results, given
    )
    gradients = (d_output, d_state, d_data, None, others[:count], others[count:])
    return (*gradients, None, None, None, None, None)


def _refuse(*_: Any) -> NoReturn:
    raise NativeError(
        "ostinato's recurrent kernels: vmap must not be asked of them inside a compiled function; call "
        "the layer outside torch.compile, or give torch its own back: convert(model, back=True)."
    )


recurrent_backward.register_autograd(_second_backward, setup_context=_save_for_second)
recurrent.register_vmap(_refuse)
recurrent_backward.register_vmap(_refuse)
