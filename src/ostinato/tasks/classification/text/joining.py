"""The way from a trained network of texts to one with a linear model of n-grams joined to it."""

from __future__ import annotations

import logging
from typing import Any

import numpy.typing as npt

from ostinato._doing import doing
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.text.ngram_classifier import JoinedNgrams, NgramClassifier
from ostinato.tasks.classification.text.sizing import ngram_kinds
from ostinato.tasks.contract import Splits
from ostinato.tasks.summary import DataSummary
from ostinato.text import Tokenizer

logger = logging.getLogger("ostinato")


def join_ngrams(
    scores: npt.NDArray[Any],
    tokenizer: Tokenizer,
    labels: Labels,
    splits: Splits,
    facts: DataSummary,
    sample_weight: npt.NDArray[Any] | None,
) -> JoinedNgrams:
    """Fit the n-grams on train, and the weights of both on validation.

    Args:
        scores: What the network says of the texts of validation, ``(texts, classes)``.
        tokenizer: What cuts texts into words.
        labels: The classes.
        splits: The splits ``train`` and ``validation``, an `ostinato.datasets.Examples` each.
        facts: What train is like.
        sample_weight: How much each of its texts counts; none for all the same.
    """
    train, validation = splits["train"], splits["validation"]
    classes = len(labels.classes)
    doing("fitting n-grams to join")
    model = NgramClassifier.fit(
        tokenizer.words(train.texts),
        labels.encode(train.labels or ()).numpy(),
        classes=classes,
        sample_weight=sample_weight,
        **ngram_kinds(train, facts["train"]["length"]["mean"], classes),
    )
    joined = JoinedNgrams.fit(
        model,
        scores,
        model.scores(tokenizer.words(validation.texts)),
        labels.encode(validation.labels or (), "validation").numpy(),
        train_texts=len(train.texts),
    )
    logger.debug(
        "n-grams joined: weight %.2f, of the network %.2f",
        *(joined.ngram_weight, joined.network_weight),
    )
    return joined
