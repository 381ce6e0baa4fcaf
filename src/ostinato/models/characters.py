"""Character-level word embeddings, over a packed batch of distinct words."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Characters
from ostinato.nn import LSTM, Convolution, last_state, max_over_time


class CharacterEncoder(nn.Module):
    """Embedded characters, read by a bidirectional LSTM or convolved, as one vector a word.

    Args:
        num_characters: Ids run from 0 to this minus one.
        settings: Size and kind (LSTM or convolution).

    Shape:
        characters: A ``PackedSequence`` of int64 ids, a word a row.
        output: ``(words, output_size)``.

    Example:
        >>> import torch
        >>> encoder = CharacterEncoder(10, Characters(hidden_size=4))
        >>> words = nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
        >>> encoder(words).shape
        torch.Size([2, 8])

    Source: recurrent: Lample et al. 2016, https://arxiv.org/abs/1603.01360, section 4.1;
    convolution: Ma and Hovy 2016, https://arxiv.org/abs/1603.01354, section 2.1.
    """

    def __init__(self, num_characters: int, settings: Characters) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_characters, settings.embedding_size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        size = settings.hidden_size
        self.output_size = 2 * size
        self.layer: LSTM | Convolution
        if settings.reader == "convolution":
            self.layer = Convolution(settings.embedding_size, self.output_size)
        else:
            self.layer = LSTM(settings.embedding_size, size, bidirectional=True)

    def forward(self, characters: PackedSequence) -> Tensor:
        """Return the vector of each word."""
        # of shape packed (characters, embedding)
        embedded = characters._replace(data=self.embedding(characters.data))
        if isinstance(self.layer, Convolution):
            return max_over_time(self.layer(embedded))
        _, (h_n, _) = self.layer(embedded)  # (2, words, hidden)
        return last_state(h_n, self.output_size)
