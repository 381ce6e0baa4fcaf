"""Networks that read a whole sequence, of ids or of numbers, and score it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Recurrent
from ostinato.models.recurrent import SequenceReader
from ostinato.nn import LockedDropout, WordDropout
from ostinato.nn.dropout import Dropout
from ostinato.nn.pooling import PoolingName
from ostinato.ops import randomness


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
        unk_id: The id of unknown words.

    Shape:
        ids: A ``PackedSequence`` of int64 ids.
        output: ``(batch, num_outputs)``, scores before softmax or sigmoid.

    Example:
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
        ids = self.word_dropout(ids)  # (places,)
        # of shape packed (places, embedding)
        inputs = ids._replace(data=self.embedding_dropout(self.embedding(ids.data)))
        return self._score(self.locked_dropout(inputs))


class SeriesClassifierNetwork(SequenceReader):
    """Recurrent stack over features, pooling over the real steps, linear head.

    Args:
        num_features: Features of a step.
        num_outputs: Scores for each sequence; 1 for a value.
        recurrent: The recurrent stack.
        pooling: How the outputs over time become one vector.
        noise: Standard deviation of the noise added to the features while training.
        head_dropout: Probability of dropping a feature of the pooled vector.

    Shape:
        steps: A ``PackedSequence`` of ``(steps, num_features)`` float32.
        output: ``(batch, num_outputs)``, scores before softmax, or values.

    Example:
        >>> model = SeriesClassifierNetwork(3, 2, recurrent=Recurrent(hidden_size=4))
        >>> steps = torch.nn.utils.rnn.pack_sequence([torch.ones(5, 3), torch.ones(2, 3)])
        >>> model(steps).shape
        torch.Size([2, 2])
    """

    def __init__(
        self,
        num_features: int,
        num_outputs: int,
        *,
        recurrent: Recurrent,
        pooling: PoolingName = "max",
        noise: float = 0.0,
        head_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.noise = noise
        self._add_stack(
            num_features,
            num_outputs,
            recurrent=recurrent,
            pooling=pooling,
            head_dropout=head_dropout,
        )

    def forward(self, steps: PackedSequence) -> Tensor:
        """Score each sequence."""
        if self.training and self.noise > 0:
            data = steps.data
            generator = randomness.generator_for(data.device)
            noise = self.noise * torch.empty_like(data).normal_(generator=generator)
            steps = steps._replace(data=steps.data + noise)
        return self._score(steps)
