"""The plain (Elman) recurrent layer."""

from __future__ import annotations

import torch

from ostinato._errors import ConfigError, shown
from ostinato.nn.recurrent import HiddenStateLayer


class RNN(HiddenStateLayer):
    r"""Plain recurrent layer over a whole sequence; a drop-in for ``torch.nn.RNN``.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Args:
        input_size: Features per time step.
        hidden_size: Units of each layer in each direction.
        num_layers: Layers stacked on each other.
        nonlinearity: ``"tanh"`` or ``"relu"``.
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
        ConfigError: The nonlinearity is unknown.
        ShapeError: The input or the state does not fit.

    Differs from torch:
        Nothing in results beyond rounding. On a CPU a layer is one call into the native kernels,
        which compute no padding; see `ostinato.ops.dispatch` for where.

    Example:
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.zeros(4, 3), torch.zeros(2, 3)])
        >>> output, h_n = RNN(3, 5, bidirectional=True)(packed)
        >>> output.data.shape, h_n.shape
        (torch.Size([6, 10]), torch.Size([2, 2, 5]))

    Source: Elman 1990, doi:10.1207/s15516709cog1402_1.
    """

    torch_class = torch.nn.RNN

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ConfigError(
                f"RNN: nonlinearity must be 'tanh' or 'relu'; got {shown(nonlinearity)}."
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
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
        self.nonlinearity = nonlinearity
