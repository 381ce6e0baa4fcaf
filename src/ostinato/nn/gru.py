"""The gated recurrent unit."""

from __future__ import annotations

import torch

from ostinato.nn.recurrent import HiddenStateLayer


class GRU(HiddenStateLayer):
    r"""Gated recurrent unit over a whole sequence; a drop-in for ``torch.nn.GRU``.

    .. math::
        n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})), \qquad
        h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    with the gates :math:`r_t` and :math:`z_t`. The reset gate acts after the product, as in torch
    and cuDNN.

    Args:
        input_size: Features per time step.
        hidden_size: Units of each layer in each direction.
        num_layers: Layers stacked on each other.
        bias: Whether there are biases.
        batch_first: Whether dense input and output have the batch first; states never do.
        dropout: Probability of dropping a unit between layers, not after the last.
        bidirectional: Whether each sequence is read in both directions.
        device: Device of the parameters.
        dtype: Dtype of the parameters.

    Shape:
        input: ``(time, batch, input_size)``, ``(time, input_size)`` for one sequence, or a
            ``PackedSequence``.
        output: ``(time, batch, num_directions * hidden_size)``, in the form of the input.
        h_0, h_n: ``(num_layers * num_directions, batch, hidden_size)``.

    Raises:
        ShapeError: The input or the state does not fit.

    Differs from torch:
        Nothing in results beyond rounding. On a CPU a layer is one call into the native kernels,
        which compute no padding; see `ostinato.ops.dispatch` for where.

    Example:
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.zeros(4, 3), torch.zeros(2, 3)])
        >>> output, h_n = GRU(3, 5, num_layers=2)(packed)
        >>> output.data.shape, h_n.shape
        (torch.Size([6, 5]), torch.Size([2, 2, 5]))

    Source: Cho et al. 2014, https://arxiv.org/abs/1406.1078.
    """

    torch_class = torch.nn.GRU

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers=num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            device=device,
            dtype=dtype,
        )
