"""Build a recurrent stack from its settings; the base of networks that score whole sequences."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Recurrent
from ostinato.nn import GRU, LSTM, RNN, Pooling
from ostinato.nn.dropout import Dropout
from ostinato.nn.linear import RowLinear
from ostinato.nn.pooling import PoolingName


def make_recurrent(input_size: int, settings: Recurrent) -> RNN | GRU | LSTM:
    """Return the recurrent stack that ``settings`` describe."""
    options: dict[str, Any] = {
        "num_layers": settings.num_layers,
        "bidirectional": settings.bidirectional,
        "dropout": settings.dropout if settings.num_layers > 1 else 0.0,
    }
    if settings.cell == "rnn":
        return RNN(input_size, settings.width, nonlinearity=settings.nonlinearity, **options)
    if settings.cell == "gru":
        return GRU(input_size, settings.width, **options)
    return LSTM(input_size, settings.width, **options)


class SequenceReader(nn.Module):
    """Abstract base: recurrent stack, pooling over the real steps, linear head.

    A subclass turns its input into features and calls `_score` on them.
    """

    def _add_stack(
        self,
        input_size: int,
        num_outputs: int,
        *,
        recurrent: Recurrent,
        pooling: PoolingName,
        head_dropout: float,
    ) -> None:
        self.recurrent = make_recurrent(input_size, recurrent)
        output_size = recurrent.output_size
        self.pooling = Pooling(pooling, output_size)
        self.head_dropout = Dropout(head_dropout)
        self.head = RowLinear(self.pooling.output_size, num_outputs)

    def _score(self, inputs: PackedSequence) -> Tensor:
        output, state = self.recurrent(inputs)  # packed (places, hidden)
        h_n = state[0] if isinstance(state, tuple) else state  # (layers, batch, ...)
        pooled = self.pooling(output, h_n)  # (batch, pooled features)
        scores: Tensor = self.head(self.head_dropout(pooled))  # (batch, num_outputs)
        return scores
