"""Networks that read a whole sequence, of ids or of numbers, and score it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Recurrent
from ostinato.nn import GRU, LSTM, RNN, LockedDropout, Pooling, WordDropout
from ostinato.nn.dropout import Dropout
from ostinato.nn.linear import RowLinear
from ostinato.nn.pooling import PoolingName


class SequenceReader(nn.Module):
    """Abstract base: recurrent stack, pooling over the real steps, linear head.

    A network says how its input becomes features, and then adds the stack that reads them.
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
        output, state = self.recurrent(inputs)
        h_n = state[0] if isinstance(state, tuple) else state
        pooled = self.pooling(output, h_n)
        scores: Tensor = self.head(self.head_dropout(pooled))
        return scores


class SequenceClassifier(SequenceReader):
    """Embedding, recurrent stack, pooling over the real steps, linear head.

    Args:
        vocabulary_size: Ids run from 0 to this minus one.
        num_outputs: Scores for each sequence.
        embedding_size: Features of an id.
        recurrent: The recurrent stack.
        pooling: How the outputs over time become one vector.
        word_dropout: Probability of replacing an id by ``unk_id``.
        embedding_dropout: Probability of dropping a feature of one embedded id.
        locked_dropout: Probability of dropping a feature of the embedding at all steps of a
            sequence.
        head_dropout: Probability of dropping a feature of the pooled vector.
        unk_id: The id that stands for unknown words.

    Shape:
        ids: A ``PackedSequence`` of int64 ids.
        output: ``(batch, num_outputs)``, scores before softmax or sigmoid.

    Example:
        >>> import torch
        >>> model = SequenceClassifier(10, 2, embedding_size=4, recurrent=Recurrent(hidden_size=3))
        >>> ids = nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
        >>> model(ids).shape
        torch.Size([2, 2])

    Source: locked dropout: Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_outputs: int,
        *,
        embedding_size: int,
        recurrent: Recurrent,
        pooling: PoolingName = "max",
        word_dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        locked_dropout: float = 0.0,
        head_dropout: float = 0.0,
        unk_id: int = 0,
    ) -> None:
        super().__init__()
        self.word_dropout = WordDropout(word_dropout, unk_id)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.embedding_dropout = Dropout(embedding_dropout)
        self.locked_dropout = LockedDropout(locked_dropout)
        self._add_stack(
            embedding_size,
            num_outputs,
            recurrent=recurrent,
            pooling=pooling,
            head_dropout=head_dropout,
        )

    def forward(self, ids: PackedSequence) -> Tensor:
        """Score each sequence."""
        ids = self.word_dropout(ids)
        inputs = ids._replace(data=self.embedding_dropout(self.embedding(ids.data)))
        return self._score(self.locked_dropout(inputs))


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
