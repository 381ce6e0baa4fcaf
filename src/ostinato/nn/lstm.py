"""The long short-term memory."""

from __future__ import annotations

from typing import overload

import torch
from torch import Tensor
from torch.fx import Proxy
from torch.nn.utils.rnn import PackedSequence

from ostinato import _shapes
from ostinato.nn.recurrent import RecurrentLayer
from ostinato.nn.twins import stand_in
from ostinato.ops.transforms import is_recorded


class LSTM(RecurrentLayer):
    r"""Long short-term memory over a whole sequence; a drop-in for ``torch.nn.LSTM``.

    .. math:: c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)

    Args:
        input_size: Features per time step.
        hidden_size: Units of each layer in each direction.
        num_layers: Layers stacked on each other.
        bias: Whether there are biases.
        batch_first: Whether dense input and output have the batch first; states never do.
        dropout: Probability of dropping a unit between layers, not after the last.
        bidirectional: Whether each sequence is read in both directions.
        proj_size: Size to which ``h`` is projected; 0 for no projection.
        device: Device of the parameters.
        dtype: Dtype of the parameters.

    Shape:
        input: ``(time, batch, input_size)``, ``(time, input_size)`` for one sequence, or a
            ``PackedSequence``.
        output: ``(time, batch, num_directions * hidden_size)``, in the form of the input.
        h_0, c_0, h_n, c_n: ``(num_layers * num_directions, batch, hidden_size)``; with a
            projection the output and ``h`` have ``proj_size`` in place of ``hidden_size``.

    Raises:
        ShapeError: The input or the state does not fit.

    Differs from torch:
        Nothing in results beyond rounding. On a CPU a layer is one call into the native kernels,
        which compute no padding; see `ostinato.ops.dispatch` for where.

    Example:
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.zeros(4, 3), torch.zeros(2, 3)])
        >>> output, (h_n, c_n) = LSTM(3, 5)(packed)
        >>> output.data.shape, c_n.shape
        (torch.Size([6, 5]), torch.Size([1, 2, 5]))

    Source: Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; forget gate: Gers et
    al. 2000, doi:10.1162/089976600300015015; projection: Sak et al. 2014,
    https://arxiv.org/abs/1402.1128.
    """

    torch_class = torch.nn.LSTM

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers=num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            proj_size=proj_size,
            device=device,
            dtype=dtype,
        )

    @overload
    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]: ...
    @overload
    def forward(
        self, input: PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[PackedSequence, tuple[Tensor, Tensor]]: ...
    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]:
        """Return the outputs of the top layer and the final states."""
        if is_recorded() or isinstance(input, Proxy):
            return stand_in(self, input, hx)  # type: ignore[no-any-return]
        if hx is not None:
            _shapes.check_pair("LSTM", hx)
        output, (h_n, c_n) = self._run(input, None if hx is None else tuple(hx))
        return output, (h_n, c_n)
