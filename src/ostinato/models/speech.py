"""Acoustic network: frames in, log-probabilities of symbols out, for CTC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Recurrent
from ostinato._errors import ConfigError
from ostinato.models.recurrent import make_recurrent
from ostinato.nn import LockedDropout

BAND_KERNEL = 7  # kernel size of the first convolution, in bands
POOLED = 4  # factor by which pooling divides the number of bands
BLOCK = 16
"""Rows and columns of matrix products are padded to multiples of this: BLAS takes another code path
for few rows or columns, whose last bits differ (1 to 300 rows of 1 to 512 features: 0 of 2,052 splits
differed with padding; without, all of fewer than 8 rows did)."""


class SpeechNetwork(nn.Module):
    """Convolution over the bands, recurrent stack, log-probabilities of symbols.

    Args:
        bands: Bands of a frame.
        context: Frames in a step.
        num_symbols: Classes, with the blank, which is class 0.
        channels: Filters of the convolution over the bands; None for no convolution.
        recurrent: The recurrent stack.
        lookahead: Right context in steps: the scores of a step come from the output so many steps later.
        head_dropout: Probability of dropping a feature of the outputs of the recurrent stack, at all
            steps of an utterance.

    Shape:
        steps: Packed ``(places, context * bands)``, more than ``lookahead`` in each row.
        output: Packed ``(places, num_symbols)``, log-probabilities of all but the last ``lookahead``
            steps of each row.

    Example:
        >>> import torch
        >>> model = SpeechNetwork(8, 3, 5, channels=4, recurrent=Recurrent(hidden_size=6))
        >>> steps = nn.utils.rnn.pack_sequence([torch.zeros(7, 24), torch.zeros(2, 24)])
        >>> model(steps).data.shape
        torch.Size([9, 5])

    Source: Amodei et al. 2016, https://arxiv.org/abs/1512.02595, section 3; delayed outputs: Graves
    and Schmidhuber 2005, https://doi.org/10.1016/j.neunet.2005.06.042.
    """

    def __init__(
        self,
        bands: int,
        context: int,
        num_symbols: int,
        *,
        channels: int | None = 32,
        recurrent: Recurrent,
        lookahead: int = 0,
        head_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.lookahead = lookahead
        self.front: nn.Module = nn.Identity()
        size = context * bands
        if channels is not None:
            self.front = BandConvolution(bands, context, channels)
            size = self.front.output_size
        self.recurrent = make_recurrent(size, recurrent)
        output_size = recurrent.output_size
        self.head_dropout = LockedDropout(head_dropout)
        self.head = nn.Linear(output_size, num_symbols)

    def forward(self, steps: PackedSequence) -> PackedSequence:
        """Return the log-probabilities of the symbols at each step."""
        output, _ = self.recurrent(steps._replace(data=self._read(steps.data)))  # (places, hidden)
        sizes = output.batch_sizes
        later = output._replace(
            data=output.data[int(sizes[: self.lookahead].sum()) :],  # (scored places, hidden)
            batch_sizes=sizes[self.lookahead :],
        )
        later = self.head_dropout(later)
        scored: PackedSequence = later._replace(data=self._score(later.data))
        return scored

    def next(self, steps: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Score the next steps of one utterance, streaming; equal to scoring it whole.

        Bit for bit with the native kernels, else up to rounding.

        Args:
            steps: The steps.
            state: The state that the previous call returned; None at the start.

        Shape:
            steps: ``(steps, context * bands)``.
            output: ``(scored steps, num_symbols)``, as many as steps after the first ``lookahead``; and
                the state.

        Raises:
            ConfigError: The recurrent stack is bidirectional.
        """
        if self.recurrent.bidirectional:
            raise ConfigError(
                "SpeechNetwork.next: the recurrent stack must have one direction; got "
                "bidirectional=True. The other direction begins at the end, which a stream has not."
            )
        hidden, waiting = state or (None, self.lookahead)
        # of shape (steps, 1, hidden)
        output, hidden = self.recurrent(self._read(steps).unsqueeze(1), hidden)
        later = output.squeeze(1)[waiting:]  # (scored steps, hidden)
        return self._score(later), (hidden, max(0, waiting - len(steps)))

    def _read(self, steps: Tensor) -> Tensor:
        return self.front(steps) if self.training else _in_blocks(self.front, steps)

    def _score(self, output: Tensor) -> Tensor:
        count = self.head.out_features
        if self.training:
            scores = self.head(output)  # (rows, num_symbols)
        else:
            more = -count % BLOCK
            weight = F.pad(self.head.weight, (0, 0, 0, more))  # (num_symbols + more, hidden)
            bias = F.pad(self.head.bias, (0, more))
            scores = _in_blocks(lambda rows: F.linear(rows, weight, bias), output)[:, :count]
        return F.log_softmax(scores.float(), dim=-1)


class BandConvolution(nn.Module):
    """Two convolutions over the bands of a step, its frames being the channels.

    Makes features robust to shifts by a few bands, as between voices of other pitch.

    Args:
        bands: Bands of a frame.
        context: Frames in a step.
        channels: Filters of each convolution.

    Shape:
        steps: ``(places, context * bands)``.
        output: ``(places, output_size)``.

    Example:
        >>> import torch
        >>> BandConvolution(8, 3, 4)(torch.zeros(5, 24)).shape
        torch.Size([5, 8])
    """

    def __init__(self, bands: int, context: int, channels: int) -> None:
        super().__init__()
        self.shape = (context, bands)
        self.first = nn.Conv2d(context, channels, (1, BAND_KERNEL), padding="same")
        self.second = nn.Conv2d(channels, channels, (1, BAND_KERNEL - 2), padding="same")
        self.output_size = channels * (bands // POOLED)

    def forward(self, steps: Tensor) -> Tensor:
        """Return the features of each step."""
        context, bands = self.shape
        image = steps.view(-1, context, 1, bands).contiguous(memory_format=torch.channels_last)
        # of shape (places, channels, 1, bands // 2)
        hidden = F.max_pool2d(F.relu(self.first(image)), (1, 2))
        features: Tensor = F.max_pool2d(F.relu(self.second(hidden)), (1, 2)).flatten(1)
        return features


def _in_blocks(layer: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Apply a layer to rows padded to whole blocks, so that a row's bits do not depend on their number."""
    return layer(F.pad(rows, (0, 0, 0, -len(rows) % BLOCK)))[: len(rows)]
