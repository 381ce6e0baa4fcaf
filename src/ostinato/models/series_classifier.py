"""A network that reads a sequence of numbers and scores classes, or says a value."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Recurrent
from ostinato.models.sequence_classifier import SequenceReader
from ostinato.nn.pooling import PoolingName
from ostinato.ops import randomness


class SeriesClassifier(SequenceReader):
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
        >>> import torch
        >>> model = SeriesClassifier(3, 2, recurrent=Recurrent(hidden_size=4))
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
