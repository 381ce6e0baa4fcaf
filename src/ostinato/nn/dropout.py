"""Dropout for packed sequences: of features at all steps of a row, and of whole words."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from ostinato import _shapes
from ostinato._config import check_range
from ostinato.nn.scripting import PackedModule
from ostinato.ops import Layout, randomness


class Dropout(nn.Dropout):
    """``torch.nn.Dropout`` that draws from the generator of a training run, if there is one.

    Example:
        >>> Dropout(0.5).eval()(torch.ones(2))
        tensor([1., 1.])
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the input with features dropped while training."""
        return randomness.dropout(input, self.p, self.training)


class LockedDropout(PackedModule):
    """Drop features of each row with one mask for all its steps ("variational" dropout).

    Kept features are scaled by ``1 / (1 - p)``; in evaluation nothing changes. Only
    ``batch * features`` random numbers are drawn.

    Args:
        p: Probability of dropping a feature of a row.

    Shape:
        input, output: A ``PackedSequence`` of ``(steps, features)``.

    Raises:
        ConfigError: ``p`` is not at least 0 and below 1.
        ShapeError: The input is not a ``PackedSequence`` of features.

    Example:
        >>> packed = nn.utils.rnn.pack_sequence([torch.ones(3, 2), torch.ones(1, 2)])
        >>> dropped = LockedDropout(0.5)(packed).data  # rows 0, 1, 0, 0
        >>> bool((dropped[0] == dropped[2]).all() and (dropped[0] == dropped[3]).all())
        True

    Source: Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        check_range("LockedDropout", "p", p, low=0, below=1)
        self.p = p

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Return the sequence with features dropped while training."""
        _shapes.check_is_packed("LockedDropout", input)
        data = input.data
        _shapes.check_features("LockedDropout", data, data.shape[-1], ranks=(2,))
        if not self.training or self.p == 0:
            return input
        layout = Layout(input.batch_sizes, data.device)
        mask = data.new_empty(layout.batch_size, data.shape[1]).bernoulli_(  # (batch, features)
            1 - self.p, generator=randomness.generator_for(data.device)
        )
        mask.div_(1 - self.p)
        return input._replace(data=data * mask.index_select(0, layout.row))

    def extra_repr(self) -> str:
        """Return the probability, for ``repr``."""
        return f"p={self.p}"


class WordDropout(PackedModule):
    """Replace ids by the unknown word's while training, so that its embedding is learned too.

    Each step is drawn independently. In evaluation nothing changes.

    Args:
        p: Probability of replacing an id.
        unk_id: The id of unknown words.

    Shape:
        ids: A ``PackedSequence`` of ids, ``(steps,)``.
        output: The same.

    Raises:
        ConfigError: ``p`` is not at least 0 and below 1.
        ShapeError: The input is not a ``PackedSequence``.

    Example:
        >>> ids = nn.utils.rnn.pack_sequence([torch.tensor([4, 5]), torch.tensor([6])])
        >>> WordDropout(0.2).eval()(ids).data
        tensor([4, 6, 5])

    Source: Iyyer et al. 2015, https://aclanthology.org/P15-1162, section 3 (there ids are left
    out; here they become unknown, so that lengths stay).
    """

    def __init__(self, p: float = 0.1, unk_id: int = 0) -> None:
        super().__init__()
        check_range("WordDropout", "p", p, low=0, below=1)
        self.p = p
        self.unk_id = unk_id

    def forward(self, ids: PackedSequence) -> PackedSequence:
        """Return the ids, some of them replaced while training."""
        _shapes.check_is_packed("WordDropout", ids)
        if not self.training or self.p == 0:
            return ids
        device = ids.data.device
        drawn = torch.rand(
            ids.data.shape, device=device, generator=randomness.generator_for(device)
        )
        is_dropped = drawn < self.p  # (places,)
        return ids._replace(data=ids.data.masked_fill(is_dropped, self.unk_id))

    def extra_repr(self) -> str:
        """Return the settings, for ``repr``."""
        return f"p={self.p}, unk_id={self.unk_id}"
