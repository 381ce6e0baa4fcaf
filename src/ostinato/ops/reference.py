r"""The equations in plain torch, one line each: the specification of every faster path.

Gates are in torch's order: ``i f g o`` for the LSTM, ``r z n`` for the GRU. ``gates_x`` is the
input's part of the gates, ``x @ weight_ih.T + bias_ih``. Any dtype, any device, no regard to speed.

Sources: Elman 1990, doi:10.1207/s15516709cog1402_1 (RNN); Hochreiter and Schmidhuber 1997,
doi:10.1162/neco.1997.9.8.1735, with the forget gate of Gers et al. 2000 (LSTM); Cho et al. 2014,
https://arxiv.org/abs/1406.1078, with the reset after the product as in cuDNN (GRU); Sak et al.
2014, https://arxiv.org/abs/1402.1128 (projection).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ostinato.ops.weights import State, Weights


def rnn_step(
    gates_x: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None, *, relu: bool = False
) -> Tensor:
    """Return the next state of the plain RNN.

    Example:
        >>> rnn_step(torch.ones(1, 2), torch.zeros(1, 2), torch.eye(2), None)
        tensor([[0.7616, 0.7616]])
    """
    gates = gates_x + F.linear(h, weight_hh, bias_hh)  # (..., hidden)
    return gates.relu() if relu else gates.tanh()


def gru_step(gates_x: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None) -> Tensor:
    """Return the next state of the GRU; the reset gate acts after the product, as in torch.

    Example:
        >>> gru_step(torch.zeros(1, 6), torch.ones(1, 2), torch.zeros(6, 2), None)
        tensor([[0.5000, 0.5000]])
    """
    r_x, z_x, n_x = gates_x.chunk(3, dim=-1)  # (..., hidden) each
    r_h, z_h, n_h = F.linear(h, weight_hh, bias_hh).chunk(3, dim=-1)
    r = (r_x + r_h).sigmoid()
    z = (z_x + z_h).sigmoid()
    n = (n_x + r * n_h).tanh()
    return (1 - z) * n + z * h


def lstm_step(
    gates_x: Tensor,
    h: Tensor,
    c: Tensor,
    weight_hh: Tensor,
    bias_hh: Tensor | None,
    weight_hr: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the next ``(h, c)`` of the LSTM; ``h`` projected if ``weight_hr`` is given.

    Example:
        >>> h, c = torch.zeros(1, 1), torch.ones(1, 1)
        >>> lstm_step(torch.zeros(1, 4), h, c, torch.zeros(4, 1), None)
        (tensor([[0.2311]]), tensor([[0.5000]]))
    """
    i, f, g, o = (gates_x + F.linear(h, weight_hh, bias_hh)).chunk(4, dim=-1)  # (..., hidden) each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return (h if weight_hr is None else F.linear(h, weight_hr)), c


def step(cell: str, gates_x: Tensor, state: State, weights: Weights) -> State:
    """Return the next state of any cell, named as torch names its modes."""
    if cell == "LSTM":
        h, c = state
        return lstm_step(gates_x, h, c, weights.weight_hh, weights.bias_hh, weights.weight_hr)
    if cell == "GRU":
        return (gru_step(gates_x, state[0], weights.weight_hh, weights.bias_hh),)
    relu = cell == "RNN_RELU"
    return (rnn_step(gates_x, state[0], weights.weight_hh, weights.bias_hh, relu=relu),)


def run_direction(
    cell: str,
    data: Tensor,
    batch_sizes: Tensor,
    state: State,
    weights: Weights,
    *,
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Run one direction of one layer over a packed batch, each row on its own.

    Args:
        cell: ``RNN_TANH``, ``RNN_RELU``, ``GRU`` or ``LSTM``.
        data: Steps in packed order, ``(places, features)``.
        batch_sizes: Rows still running at each step.
        state: States before the first step read, each ``(batch, hidden)``.
        weights: Parameters of this direction of this layer.
        reverse: Whether each row is read from its last step.

    Returns:
        The outputs in packed order, and the state after each row's last step read.

    Example:
        >>> weights = Weights(torch.eye(2), torch.eye(2))
        >>> sizes, h_0 = torch.tensor([2, 1]), torch.zeros(2, 2)
        >>> output, (h_n,) = run_direction("RNN_RELU", torch.ones(3, 2), sizes, (h_0,), weights)
        >>> output[:, 0], h_n[:, 0]
        (tensor([1., 1., 2.]), tensor([2., 1.]))
    """
    offsets = [0, *batch_sizes.cumsum(0).tolist()]
    outputs: dict[int, Tensor] = {}
    finals: list[State] = []
    for row in range(int(batch_sizes[0])):
        row_state = tuple(part[row] for part in state)
        places = [offsets[t] + row for t in range(len(batch_sizes)) if batch_sizes[t] > row]
        for place in reversed(places) if reverse else places:
            gates_x = F.linear(data[place], weights.weight_ih, weights.bias_ih)  # (gates * hidden,)
            row_state = step(cell, gates_x, row_state, weights)
            outputs[place] = row_state[0]
        finals.append(row_state)
    output = torch.stack([outputs[place] for place in range(len(data))])  # (places, hidden)
    return output, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))


def run_layers(
    cell: str, data: Tensor, batch_sizes: Tensor, state: State, layers: Sequence[Sequence[Weights]]
) -> tuple[Tensor, State]:
    """Run a whole stack over a packed batch, without dropout.

    Args:
        cell: ``RNN_TANH``, ``RNN_RELU``, ``GRU`` or ``LSTM``.
        data: Steps in packed order, ``(places, features)``.
        batch_sizes: Rows still running at each step.
        state: States before the first step, each ``(layers * directions, batch, hidden)``.
        layers: Parameters of each layer: one or two directions.

    Returns:
        The top layer's outputs, directions concatenated, and the final states.
    """
    finals: list[State] = []
    for directions in layers:
        outputs = []
        for reverse, weights in zip((False, True), directions, strict=False):
            start = tuple(part[len(finals)] for part in state)
            output, final = run_direction(cell, data, batch_sizes, start, weights, reverse=reverse)
            outputs.append(output)
            finals.append(final)
        data = torch.cat(outputs, dim=-1)  # (places, directions * hidden)
    return data, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))
