"""The network of a tagger, made from its settings and from what it has read."""

from __future__ import annotations

import logging
from typing import Protocol

import torch

from ostinato._config import Characters, Recurrent
from ostinato.models import SequenceTagger
from ostinato.tasks.tags import Tags
from ostinato.text import SHAPES, Lexicon, Vectors

logger = logging.getLogger("ostinato")


class Plan(Protocol):
    """The settings of a tagger that its network is made from, all of them in force."""

    recurrent: Recurrent
    characters: Characters
    head: str
    word_dropout: float | None
    locked_dropout: float | None
    head_dropout: float | None


def build(plan: Plan, lexicon: Lexicon, tags: Tags, embedding_size: int) -> SequenceTagger:
    """Return the network with new weights."""
    return SequenceTagger(
        lexicon.num_trained,
        len(tags.classes),
        num_characters=len(lexicon.characters),
        num_shapes=len(SHAPES),
        num_pairs=len(lexicon.pairs) if len(lexicon.pairs) > 1 else 0,
        num_extra=len(lexicon.words) - lexicon.num_trained,
        embedding_size=embedding_size,
        characters=plan.characters,
        recurrent=plan.recurrent,
        crf=plan.head == "crf",
        allowed=tags.allowed(),
        word_dropout=plan.word_dropout or 0.0,
        locked_dropout=plan.locked_dropout or 0.0,
        head_dropout=plan.head_dropout or 0.0,
    )


@torch.no_grad()
def set_vectors(model: SequenceTagger, vectors: Vectors, *, freeze: bool) -> None:
    """Give the words their pretrained vectors; those of words that train lacks never change."""
    trained = model.vocabulary_size
    logger.info(
        "vectors: %d wide, for %.1f%% of the words of train; %d more words are known by them",
        *(vectors.dim, 100 * vectors.found[:trained].mean(), len(vectors.matrix) - trained),
    )
    model.embedding.weight.copy_(torch.from_numpy(vectors.matrix[:trained]))
    model.extra.copy_(torch.from_numpy(vectors.matrix[trained:]))
    model.embedding.weight.requires_grad_(not freeze)
