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
    """What a tagger tells about its network: settings, and vocabularies that were learnt."""

    recurrent: Recurrent
    characters: Characters
    head: str
    word_dropout: float
    locked_dropout: float
    head_dropout: float
    lexicon_: Lexicon
    tags_: Tags


def build(plan: Plan, embedding_size: int) -> SequenceTagger:
    """Return the network with new weights."""
    lexicon = plan.lexicon_
    return SequenceTagger(
        lexicon.num_trained,
        len(plan.tags_.classes),
        num_characters=len(lexicon.characters),
        num_shapes=len(SHAPES),
        num_pairs=len(lexicon.pairs) if len(lexicon.pairs) > 1 else 0,
        num_extra=len(lexicon.words) - lexicon.num_trained,
        embedding_size=embedding_size,
        characters=plan.characters,
        recurrent=plan.recurrent,
        crf=plan.head == "crf",
        allowed=plan.tags_.allowed(),
        word_dropout=plan.word_dropout,
        locked_dropout=plan.locked_dropout,
        head_dropout=plan.head_dropout,
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
