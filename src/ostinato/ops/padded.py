"""The path on torch's kernels: one padded dense call per direction of a layer.

torch's own packed path runs a loop of small ops whose backward is quadratic in time. The dense
path is linear, and for the LSTM it is oneDNN's. A row is padded past its end only, in the order it
is read, so nothing in the padding reaches a real step; outputs are gathered back to packed order.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import _VF, Tensor

from ostinato.ops.layout import Layout
from ostinato.ops.weights import State, Weights

SHUT = 1e4
"""Pre-activation that shuts a gate (negative) or opens it (positive) exactly.

``sigmoid(-1e4)`` is 0 and ``sigmoid(1e4)`` is 1, without rounding, in float64, float32, bfloat16
and float16, in ATen and oneDNN. In the padding the input is zero, so only the recurrent product
and the biases are added to it: they would have to come near 1e4 themselves to matter.
"""

SHUT_RELU = 6e4
"""Pre-activation below zero by this much is zero after a ReLU; float16 ends at 65,504."""


def run_layer(
    cell: str, data: Tensor, layout: Layout, state: State, weights: Sequence[Weights]
) -> tuple[Tensor, State]:
    """Run one layer in all its directions, as `ostinato.ops.native.run_layer` does."""
    outputs, finals = [], []
    for direction, parameters in enumerate(weights):
        start = tuple(part[direction] for part in state)
        output, final = run_direction(cell, data, layout, start, parameters, reverse=direction == 1)
        outputs.append(output)
        finals.append(final)
    output = torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0]  # (places, ...)
    return output, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))


def run_direction(
    cell: str,
    data: Tensor,
    layout: Layout,
    state: State,
    weights: Weights,
    *,
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Run one direction of one layer, as `ostinato.ops.reference.run_direction` does.

    The places of the batch are those of a layout, in place of its batch sizes.

    Example:
        >>> weights = Weights(torch.eye(2), torch.eye(2))
        >>> layout, h_0 = Layout(torch.tensor([2, 1])), torch.zeros(2, 2)
        >>> output, (h_n,) = run_direction("RNN_RELU", torch.ones(3, 2), layout, (h_0,), weights)
        >>> output[:, 0], h_n[:, 0]
        (tensor([1., 1., 2.]), tensor([2., 1.]))
    """
    start = tuple(part.unsqueeze(0) for part in state)
    bias = weights.bias_ih is not None
    if cell in _MARKED and layout.is_ragged:
        dense = layout.pad_and_mark(data, reverse=reverse)  # (time, batch, features + 1)
        weights = _MARKED[cell](weights)
    else:
        dense = layout.pad(data, reverse=reverse)  # (time, batch, features)
    if cell == "LSTM":
        output, _, c_n = _VF.lstm(dense, start, weights.flat(), bias, 1, 0.0, False, False, False)
        cells: State = (c_n.squeeze(0),)
    else:
        run = getattr(_VF, cell.lower())
        output, _ = run(dense, start[0], weights.flat(), bias, 1, 0.0, False, False, False)
        cells = ()
    packed = layout.unpad(output, reverse=reverse)  # (places, hidden)
    # The last step read is the first of the row in reverse: the first rows of the packed order.
    # of shape (batch, hidden)
    h_n = packed[: layout.batch_size] if reverse else packed.index_select(0, layout.last)
    return packed, (h_n, *cells)


def _hold_cell_in_padding(weights: Weights) -> Weights:
    """Add the weight of the padding mark: input gate shut, forget gate open, so ``c`` stays.

    The dense call runs on past the end of a short row; this way its final ``c`` is still the one
    of the row's last real step, to the last bit. The wider product costs about 3 % of the call's
    forward and backward (T=256, B=32, 256 features, 128 units, one core).
    """
    hidden = weights.weight_ih.shape[0] // 4
    mark = weights.weight_ih.new_zeros(4 * hidden, 1)  # (4 * hidden, 1)
    mark[:hidden] = -SHUT
    mark[hidden : 2 * hidden] = SHUT
    return weights._replace(weight_ih=torch.cat([weights.weight_ih, mark], dim=1))


def _rest_in_padding(weights: Weights) -> Weights:
    """Add the weight of the padding mark: the ReLU is shut, so the state is zero in the padding.

    Without it a state that grows would run on past the end of its row and overflow, and zero
    times infinity in the backward pass would make NaN of finite gradients.
    """
    mark = weights.weight_ih.new_full((weights.weight_ih.shape[0], 1), -SHUT_RELU)
    return weights._replace(weight_ih=torch.cat([weights.weight_ih, mark], dim=1))


_MARKED = {"LSTM": _hold_cell_in_padding, "RNN_RELU": _rest_in_padding}
"""Cells that need a feature that marks the padding."""
