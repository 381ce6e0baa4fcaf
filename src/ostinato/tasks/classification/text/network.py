"""The network of a text classifier, made from its settings and from what it has read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ostinato._config import Recurrent, Training
from ostinato._doing import doing
from ostinato.models import Ensemble, SequenceClassifier
from ostinato.nn.pooling import PoolingName
from ostinato.text import Tokenizer, Vectors, read_vectors

logger = logging.getLogger("ostinato")

EMBEDDING_SIZE = 128  # without pretrained vectors
Network = SequenceClassifier | Ensemble


class TextNetworkSettings(Protocol):
    """The settings of a classifier that its network depends on."""

    recurrent: Recurrent
    training: Training
    vectors: str | None
    freeze_vectors: bool
    embedding_size: int | None
    pooling: PoolingName
    word_dropout: float
    embedding_dropout: float
    locked_dropout: float
    head_dropout: float
    members: int | None


def build(
    settings: TextNetworkSettings, tokenizer: Tokenizer, classes: int, embedding_size: int
) -> Network:
    """Return the network with new weights: one, or an ensemble of several."""

    def member() -> SequenceClassifier:
        return SequenceClassifier(
            len(tokenizer),
            classes,
            embedding_size=embedding_size,
            recurrent=settings.recurrent,
            pooling=settings.pooling,
            word_dropout=settings.word_dropout,
            embedding_dropout=settings.embedding_dropout,
            locked_dropout=settings.locked_dropout,
            head_dropout=settings.head_dropout,
            unk_id=tokenizer.unk_id,
        )

    members = settings.members or 1
    return member() if members == 1 else Ensemble(member, members)


def build_for(
    settings: TextNetworkSettings, tokenizer: Tokenizer, classes: int, counts: npt.NDArray[np.int64]
) -> Network:
    """Return the network to be trained, with pretrained vectors if the settings name some.

    Args:
        settings: Those of the classifier.
        tokenizer: Its vocabulary.
        classes: How many there are.
        counts: How often each entry of the vocabulary stands in train, ``(vocabulary,)``.
    """
    if settings.vectors is None:
        return build(settings, tokenizer, classes, settings.embedding_size or EMBEDDING_SIZE)
    doing(f"reading vectors of {Path(settings.vectors).name}")
    vectors = read_vectors(
        settings.vectors,
        tokenizer.vocabulary,
        counts=counts,
        embedding_size=settings.embedding_size,
        seed=settings.training.seed,
    )
    logger.info(
        "vectors: %d wide, for %.1f%% of the vocabulary and %.1f%% of the tokens in train",
        *(vectors.dim, 100 * vectors.coverage, 100 * (vectors.token_coverage or 0)),
    )
    network = build(settings, tokenizer, classes, vectors.dim)
    _set_vectors(network, vectors, freeze=settings.freeze_vectors)
    return network


def embedding_size_of(weights: Mapping[str, Tensor]) -> int:
    """Return how many features a word has in saved weights.

    Raises:
        KeyError: There are none of an embedding.
    """
    name = "embedding.weight"
    return weights[name if name in weights else f"members.0.{name}"].shape[1]


@torch.no_grad()
def _set_vectors(network: Network, vectors: Vectors, *, freeze: bool) -> None:
    members = network.members if isinstance(network, Ensemble) else [network]
    for member in members:
        assert isinstance(member, SequenceClassifier)
        member.embedding.weight.copy_(torch.from_numpy(vectors.matrix))
        member.embedding.weight.requires_grad_(not freeze)
