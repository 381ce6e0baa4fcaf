"""Build the network of a tagger from its settings, vocabularies and word vectors."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal, Protocol

import torch

from ostinato._config import Characters, Recurrent, Training
from ostinato._doing import doing
from ostinato.datasets import Tagged
from ostinato.models import SequenceTaggerNetwork
from ostinato.tasks.tagging.tags import Tags
from ostinato.text import SHAPES, Lexicon, Vectors, read_vectors, words_of_vectors

logger = logging.getLogger("ostinato")

EMBEDDING_SIZE = 100  # without pretrained vectors
MOST_EXTRA = 100_000  # words of a file of vectors that are added to those of training


class TaggerSettings(Protocol):
    """The settings of a tagger that its network is built from, after defaults are filled in."""

    recurrent: Recurrent
    training: Training
    characters: Characters
    head: Literal["crf", "softmax"]
    lowercase: bool
    min_freq: int
    pairs: bool | None
    vectors: str | None
    embedding_size: int | None
    word_dropout: float | None
    locked_dropout: float | None
    head_dropout: float


def read_words(train: Tagged, plan: TaggerSettings) -> tuple[Lexicon, Vectors | None]:
    """Return the vocabularies of training, extended by a file of vectors, and those vectors."""
    doing("reading the words")
    lexicon = Lexicon.fit(
        train.sentences, min_freq=plan.min_freq, lowercase=plan.lowercase, pairs=bool(plan.pairs)
    )
    if plan.vectors is None:
        return lexicon, None
    doing(f"reading vectors of {Path(plan.vectors).name}")
    lexicon = lexicon.extended(words_of_vectors(plan.vectors, MOST_EXTRA))
    vectors = read_vectors(
        plan.vectors, lexicon.words, embedding_size=plan.embedding_size, seed=plan.training.seed
    )
    return lexicon, vectors


def width_of(plan: TaggerSettings, vectors: Vectors | None) -> int:
    """Return the embedding size: that of the vectors, or as set."""
    return vectors.dim if vectors is not None else plan.embedding_size or EMBEDDING_SIZE


def build(
    plan: TaggerSettings, lexicon: Lexicon, tags: Tags, embedding_size: int
) -> SequenceTaggerNetwork:
    """Return the network with new weights."""
    return SequenceTaggerNetwork(
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
        head_dropout=plan.head_dropout,
    )


@torch.no_grad()
def set_vectors(model: SequenceTaggerNetwork, vectors: Vectors, *, freeze: bool) -> None:
    """Copy pretrained vectors into the network; those of extra words are never trained."""
    trained = model.vocabulary_size
    logger.info(
        "vectors: %d wide, for %.1f%% of the words of train; %d more words are known by them",
        *(vectors.dim, 100 * vectors.found[:trained].mean(), len(vectors.matrix) - trained),
    )
    model.embedding.weight.copy_(torch.from_numpy(vectors.matrix[:trained]))
    model.extra.copy_(torch.from_numpy(vectors.matrix[trained:]))
    model.embedding.weight.requires_grad_(not freeze)
