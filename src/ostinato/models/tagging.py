"""Tagging network: words, shapes and characters in, a chain of tag scores out."""

from __future__ import annotations

from typing import NamedTuple

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Characters, Recurrent
from ostinato.models.characters import CharacterEncoder
from ostinato.models.recurrent import make_recurrent
from ostinato.nn import CRF, Chain, LockedDropout, WordDropout
from ostinato.nn.linear import RowLinear

SHAPE_SIZE = 8  # features of a word's shape


class Words(NamedTuple):
    """A packed batch of sentences, with its distinct words once each.

    Args:
        ids: Id of each word in the vocabulary, ``(places,)``, packed.
        pairs: Id of each word with the next one, ``(places,)``; empty if pairs are not read.
        forms: Index of each word among the distinct ones, ``(places,)``.
        shapes: Id of each distinct word's shape (digits, capitals, ...), ``(forms,)``.
        characters: The characters of the distinct words, the longest first, packed.
    """

    ids: PackedSequence
    pairs: Tensor
    forms: Tensor
    shapes: Tensor
    characters: PackedSequence

    def to(self, device: torch.device) -> Words:
        """Return the same batch on a device."""
        ids, pairs, forms, shapes, characters = self
        return Words(
            ids._replace(data=ids.data.to(device)),
            pairs.to(device),
            forms.to(device),
            shapes.to(device),
            characters._replace(data=characters.data.to(device)),
        )


class SequenceTaggerNetwork(nn.Module):
    """Embeddings of words, shapes and characters; recurrent stack; scores of a CRF.

    Args:
        vocabulary_size: Ids of words run from 0 to this minus one; id 0 is the unknown word.
        num_tags: Tags to score.
        num_characters: Ids of characters run from 0 to this minus one.
        num_shapes: Ids of shapes run from 0 to this minus one.
        num_pairs: Ids of pairs of words run from 0 to this minus one; 0 to read none.
        num_extra: Words with ids from ``vocabulary_size`` on, whose vectors are never trained.
        embedding_size: Features of a word, and of a pair.
        characters: The character-level encoder of words.
        recurrent: The recurrent stack.
        crf: Learn transition scores; without them each tag is predicted independently.
        allowed: Which tags may come first, after one another, and last; none for all.
        word_dropout: Probability of replacing a word by the unknown word.
        locked_dropout: Probability of dropping a feature of all words of a sentence.
        head_dropout: The same of the outputs of the recurrent stack.

    Shape:
        words: `Words` of a packed batch.
        output: A `ostinato.nn.Chain`: ``(places, num_tags)`` emissions and the transition scores.

    Example:
        >>> model = SequenceTaggerNetwork(9, 3, num_characters=5, num_shapes=2, embedding_size=4,
        ...                        characters=Characters(), recurrent=Recurrent(hidden_size=6))
        >>> pack = nn.utils.rnn.pack_sequence
        >>> words = Words(ids=pack([torch.tensor([8, 8])]), pairs=torch.tensor([], dtype=torch.int64),
        ...               forms=torch.tensor([0, 0]), shapes=torch.tensor([1]),
        ...               characters=pack([torch.tensor([4, 2, 1])]))
        >>> model(words).emissions.data.shape
        torch.Size([2, 3])

    Source: Lample et al. 2016, https://arxiv.org/abs/1603.01360; Huang, Xu and Yu 2015,
    https://arxiv.org/abs/1508.01991; pairs of characters for Chinese: Zhang and Yang 2018,
    https://aclanthology.org/P18-1144, section 3.1.
    """

    extra: Tensor

    def __init__(
        self,
        vocabulary_size: int,
        num_tags: int,
        *,
        num_characters: int,
        num_shapes: int,
        num_pairs: int = 0,
        num_extra: int = 0,
        embedding_size: int,
        characters: Characters,
        recurrent: Recurrent,
        crf: bool = True,
        allowed: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
        word_dropout: float = 0.0,
        locked_dropout: float = 0.0,
        head_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.vocabulary_size = vocabulary_size
        self.word_dropout = WordDropout(word_dropout, unk_id=0)
        self.embedding = _embedding(vocabulary_size, embedding_size)
        self.register_buffer("extra", torch.zeros(num_extra, embedding_size))
        self.shape_embedding = _embedding(num_shapes, SHAPE_SIZE)
        size = embedding_size + SHAPE_SIZE
        self.pair_embedding = _embedding(num_pairs, embedding_size) if num_pairs else None
        if self.pair_embedding is not None:
            size += embedding_size
        self.characters = None
        if characters.reader != "none":
            self.characters = CharacterEncoder(num_characters, characters)
            size += self.characters.output_size
        self.locked_dropout = LockedDropout(locked_dropout)
        self.recurrent = make_recurrent(size, recurrent)
        output_size = recurrent.output_size
        self.head_dropout = LockedDropout(head_dropout)
        self.head = RowLinear(output_size, num_tags)
        self.crf = CRF(num_tags, allowed)
        if not crf:
            self.crf.requires_grad_(False)

    def forward(self, words: Words) -> Chain:
        """Return the emission and transition scores of the tags."""
        output, _ = self.recurrent(self.locked_dropout(self._read(words)))  # (places, hidden)
        output = self.head_dropout(output)
        # of shape packed (places, tags)
        chain: Chain = self.crf(output._replace(data=self.head(output.data).float()))
        return chain

    def _read(self, words: Words) -> PackedSequence:
        ids = self.word_dropout(words.ids)  # (places,)
        parts = [self._embedded(ids.data)]  # (places, embedding)
        if self.pair_embedding is not None:
            parts.append(self.pair_embedding(words.pairs))  # (places, embedding)
        forms = [self.shape_embedding(words.shapes)]  # (forms, shape)
        if self.characters is not None:
            forms.append(self.characters(words.characters))  # (forms, characters)
        # (places, shape + character features)
        parts.append(torch.cat(forms, 1).index_select(0, words.forms))
        read: PackedSequence = ids._replace(data=torch.cat(parts, 1))  # (places, features)
        return read

    def _embedded(self, ids: Tensor) -> Tensor:
        known = ids.clamp(max=self.vocabulary_size - 1)
        vectors: Tensor = self.embedding(known)  # (places, embedding)
        if not len(self.extra):
            return vectors
        is_extra = ids >= self.vocabulary_size  # (places,)
        # of shape (places, embedding)
        extra = self.extra.index_select(0, (ids - self.vocabulary_size).clamp(min=0))
        return torch.where(is_extra[:, None], extra, vectors)


def _embedding(count: int, size: int) -> nn.Embedding:
    embedding = nn.Embedding(count, size)
    nn.init.normal_(embedding.weight, std=0.1)
    return embedding
