"""Connectionist temporal classification (CTC): the likelihood of symbols summed over alignments.

Class 0 is the blank. A path has one class a step; merging repeats and then dropping blanks gives its
symbols. The likelihood of symbols is the sum over all paths that give them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato import _shapes
from ostinato._errors import ShapeError
from ostinato.ops import Layout

BLANK = 0


class CTCTargets(NamedTuple):
    """The symbols of each row of a packed batch, one row after another.

    Args:
        symbols: Classes from 1 on, ``(total,)``.
        lengths: Symbols of each row, ``(batch,)``.
    """

    symbols: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> CTCTargets:
        """Return the same on a device."""
        return CTCTargets(self.symbols.to(device), self.lengths.to(device))


def ctc_loss(log_probs: PackedSequence, targets: CTCTargets) -> Tensor:
    """Return the negative log-likelihood of each row's symbols, in nats.

    A row with fewer steps than its symbols need has no path: its loss and gradient are zero;
    :func:`steps_needed` finds these.

    Args:
        log_probs: Log-probabilities of the classes at each step, packed.
        targets: The symbols of each row, in the order of the batch.

    Shape:
        log_probs: Packed ``(places, classes)``.
        output: ``(batch,)``.

    Raises:
        ShapeError: There are not as many targets as rows.

    Example:
        >>> scores = torch.tensor([[0.1, 0.9], [0.2, 0.8]]).log()
        >>> packed = torch.nn.utils.rnn.pack_sequence([scores])
        >>> loss = ctc_loss(packed, CTCTargets(torch.tensor([1]), torch.tensor([1])))
        >>> round(float(loss.neg().exp()), 4)  # 0.9 * 0.8 + 0.9 * 0.2 + 0.1 * 0.8
        0.98

    Source: Graves et al. 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf.
    """
    _shapes.check_is_packed("ctc_loss", log_probs)
    layout = Layout(log_probs.batch_sizes, log_probs.data.device)
    if len(targets.lengths) != layout.batch_size:
        raise ShapeError(
            f"ctc_loss: there must be as many targets as rows; got {len(targets.lengths)} "
            f"and {layout.batch_size}."
        )
    loss: Tensor = F.ctc_loss(
        layout.pad(log_probs.data.float()),  # (steps, batch, classes)
        targets.symbols,
        layout.lengths,
        targets.lengths,
        blank=BLANK,
        reduction="none",
        zero_infinity=True,
    )
    return loss


def steps_needed(targets: CTCTargets) -> Tensor:
    """Return the steps that each row's symbols need: one each, and a blank between equal ones.

    Args:
        targets: The symbols of each row.

    Shape:
        output: ``(batch,)``.

    Example:
        >>> steps_needed(CTCTargets(torch.tensor([1, 1, 2, 1]), torch.tensor([3, 1])))
        tensor([4, 1])
    """
    # of shape (total,)
    row = torch.repeat_interleave(torch.arange(len(targets.lengths)), targets.lengths.cpu())
    symbols = targets.symbols.cpu()
    is_repeat = (symbols[1:] == symbols[:-1]) & (row[1:] == row[:-1])  # (total - 1,)
    repeats = torch.bincount(row[1:][is_repeat], minlength=len(targets.lengths))  # (batch,)
    return targets.lengths.cpu() + repeats
