"""What an expert writes around ``torch.nn`` to be right on ragged rows without its packed loop."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.bench.problem import cells_of, pad


class PadAndMask(nn.Module):
    """Pad a packed batch, call torch on the dense one, gather the real steps.

    In one direction the whole stack is one call. In two, each layer and direction is a call of its
    own, and for the reverse direction the steps of each row are put in reverse order by index
    before and after, so that no row begins in its padding.

    Args:
        layer: torch's layer, whose parameters are copied.

    Shape:
        input, output: A ``PackedSequence`` sorted by decreasing length; the output comes in a
            tuple of one.
    """

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.bidirectional = layer.bidirectional
        self.num_layers = layer.num_layers
        if not layer.bidirectional:
            self.calls = nn.ModuleList([copy.deepcopy(layer)])
            return
        self.calls = nn.ModuleList(
            _single(layer, number, suffix)
            for number in range(layer.num_layers)
            for suffix in ("", "_reverse")
        )

    def forward(self, input: PackedSequence) -> tuple[PackedSequence]:
        """Return the outputs of the top layer, packed."""
        data, batch_sizes = input.data, input.batch_sizes
        cells = cells_of(batch_sizes)
        dense = pad(data, batch_sizes, cells)
        if self.bidirectional:
            dense = self._both_directions(dense, batch_sizes)
        else:
            dense = self.calls[0](dense)[0]
        output = dense.flatten(0, 1).index_select(0, cells)
        return (PackedSequence(output, batch_sizes),)

    def parameters_by_torch_name(self) -> list[tuple[str, Tensor]]:
        """Return the parameters under the names they have in torch's layer."""
        if not self.bidirectional:
            return list(self.calls[0].named_parameters())
        found: list[tuple[str, Tensor]] = []
        for place, call in enumerate(self.calls):
            layer, reverse = divmod(place, 2)
            suffix = f"_l{layer}{'_reverse' if reverse else ''}"
            found += [(name.replace("_l0", suffix), part) for name, part in call.named_parameters()]
        return found

    def _both_directions(self, dense: Tensor, batch_sizes: Tensor) -> Tensor:
        mirrored = _mirrored(batch_sizes)
        for number in range(self.num_layers):
            ahead, back = self.calls[2 * number], self.calls[2 * number + 1]
            outputs = [ahead(dense)[0], _gather(back(_gather(dense, mirrored))[0], mirrored)]
            dense = torch.cat(outputs, dim=-1)
        return dense


def _single(layer: nn.RNNBase, number: int, suffix: str) -> nn.RNNBase:
    """Return a layer of one direction with the parameters of one part of a stack."""
    kind: Callable[..., nn.RNNBase] = type(layer)
    width = layer.input_size if number == 0 else 2 * layer.hidden_size
    single = kind(width, layer.hidden_size, dtype=layer.weight_ih_l0.dtype)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    single.load_state_dict(
        {f"{name}_l0": getattr(layer, f"{name}_l{number}{suffix}") for name in names}
    )
    return single


def _mirrored(batch_sizes: Tensor) -> Tensor:
    """Return for each cell of the padded batch the one at its mirrored step; its own inverse."""
    steps, rows = len(batch_sizes), int(batch_sizes[0])
    row, step = torch.arange(rows), torch.arange(steps)[:, None]
    lengths = (batch_sizes[:, None] > row).sum(dim=0)
    mirrored = torch.where(step < lengths, lengths - 1 - step, step)
    return (mirrored * rows + row).flatten()


def _gather(dense: Tensor, cells: Tensor) -> Tensor:
    return dense.flatten(0, 1).index_select(0, cells).view_as(dense)
