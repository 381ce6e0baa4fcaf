"""The tensors of a workload: parameters, input and targets, the same for every contestant."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.bench.workloads import Dtype, Workload

TWINS: dict[str, Callable[..., torch.nn.RNNBase]] = {
    "rnn": torch.nn.RNN,
    "gru": torch.nn.GRU,
    "lstm": torch.nn.LSTM,
}


@dataclass(frozen=True, eq=False)
class Problem:
    """A workload with its tensors.

    Args:
        workload: What is measured.
        layer: torch's layer, with the parameters that all contestants copy.
        data: Input of each place, in packed order.
        batch_sizes: Rows that are still running at each step.
        target: What each output is multiplied by before all are added up to the loss.

    A training step is: gradients to None, forward, ``(output * target).sum()``, backward to all
    parameters, and to the input only where the workload says so.
    """

    workload: Workload
    layer: torch.nn.RNNBase
    data: Tensor
    batch_sizes: Tensor
    target: Tensor

    @classmethod
    def make(cls, workload: Workload, lengths: list[int] | None = None) -> Problem:
        """Draw the tensors; ``lengths``, decreasing, take the place of the workload's."""
        if lengths is None:
            lengths = [1] * workload.batch_size if workload.mode == "step" else None
        sizes = _batch_sizes(lengths or workload.row_lengths())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(workload.seed)
            layer = TWINS[workload.cell](
                workload.input_size,
                workload.hidden_size,
                num_layers=workload.num_layers,
                bidirectional=workload.bidirectional,
            )
            data = torch.randn(int(sizes.sum()), workload.input_size)
            target = torch.randn(len(data), workload.directions * workload.hidden_size)
        dtype = torch.float32 if workload.autocast else getattr(torch, workload.dtype)
        return cls(workload, layer.to(dtype), data.to(dtype), sizes, target.to(dtype))

    def cast(self, dtype: Dtype) -> Problem:
        """Return the same values in another dtype."""
        kind: torch.dtype = getattr(torch, dtype)
        return replace(
            self,
            workload=self.workload.replace(dtype=dtype, autocast=False),
            layer=copy.deepcopy(self.layer).to(kind),
            data=self.data.to(kind),
            target=self.target.to(kind),
        )

    def under_autocast(self) -> Problem:
        """Return the same values in float32, for autocast to bfloat16."""
        exact = self.cast("float32")
        workload = exact.workload.replace(dtype="bfloat16", autocast=True)
        return replace(exact, workload=workload)

    @property
    def is_ragged(self) -> bool:
        """Whether lengths differ."""
        return int(self.batch_sizes[-1]) != int(self.batch_sizes[0])

    @property
    def num_rows(self) -> int:
        """Rows of the batch."""
        return int(self.batch_sizes[0])

    @cached_property
    def lengths(self) -> Tensor:
        """Length of each row."""
        rows = torch.arange(self.num_rows)
        return (self.batch_sizes[:, None] > rows).sum(dim=0)

    @property
    def cells(self) -> Tensor:
        """Where each place stands in a padded batch whose first two axes are one."""
        return cells_of(self.batch_sizes)

    def packed(self) -> PackedSequence:
        """Return the input packed, with a tensor of its own."""
        return PackedSequence(self.data.clone(), self.batch_sizes)

    def padded(self, values: Tensor) -> Tensor:
        """Return packed values as ``(time, batch, features)``, zero past the end of each row."""
        return pad(values, self.batch_sizes, self.cells)


def cells_of(batch_sizes: Tensor) -> Tensor:
    """Return where each packed place stands in a padded batch, time and rows as one axis.

    Example:
        >>> cells_of(torch.tensor([2, 2, 1]))
        tensor([0, 1, 2, 3, 4])
        >>> cells_of(torch.tensor([2, 1, 1]))
        tensor([0, 1, 2, 4])
    """
    rows = torch.arange(int(batch_sizes[0]))
    return (rows < batch_sizes[:, None]).flatten().nonzero().squeeze(1)


def pad(values: Tensor, batch_sizes: Tensor, cells: Tensor) -> Tensor:
    """Return packed values as ``(time, batch, features)``, zero past the end of each row."""
    steps, rows = len(batch_sizes), int(batch_sizes[0])
    dense = values.new_zeros(steps * rows, values.shape[1])
    return dense.index_copy(0, cells, values).view(steps, rows, -1)


def _batch_sizes(lengths: list[int]) -> Tensor:
    steps = torch.arange(max(lengths))
    return (torch.tensor(lengths)[:, None] > steps).sum(dim=0)
