"""The way from a trained network of tags to one with a linear tagger joined to it."""

from __future__ import annotations

import logging

from torch import nn

from ostinato.data.batches import collate
from ostinato.nn import CRF
from ostinato.tasks.contract import Parts
from ostinato.tasks.feature_chain import FeatureChain, JoinedChain
from ostinato.tasks.tagger_network import Plan
from ostinato.tasks.tagging import scores_of
from ostinato.tasks.tags import Tags
from ostinato.text import Lexicon

logger = logging.getLogger("ostinato")


def join_features(
    module: nn.Module, lexicon: Lexicon, tags: Tags, plan: Plan, parts: Parts
) -> JoinedChain:
    """Fit a linear tagger on train, and the weights of both on validation.

    Args:
        module: The trained network.
        lexicon: Its words.
        tags: Its tags.
        plan: Its settings.
        parts: The parts ``train`` and ``validation``, a `ostinato.datasets.Tagged` each.
    """
    train, validation = parts["train"], parts["validation"]
    crf = CRF(len(tags.classes), tags.allowed())
    crf.requires_grad_(plan.head == "crf")
    targets = tags.encode(train.tags)
    model = FeatureChain.fit(train.sentences, targets, crf, seed=plan.training.seed)
    features = model.encode(validation.sentences)
    gold = tags.encode(validation.tags)
    scored = [
        (scores, model.scores(features, rows), collate(gold, rows).data.clamp(min=0))
        for rows, scores in scores_of(module, lexicon.encode(validation.sentences), plan.training)
    ]
    joined = JoinedChain.fit(model, scored)
    logger.info(
        "word features joined: %d, weight %.2f, of the network %.2f",
        *(len(model.features.hashes), joined.feature_weight, joined.network_weight),
    )
    return joined
