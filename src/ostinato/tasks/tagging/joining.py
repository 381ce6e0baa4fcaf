"""The way from a trained network of tags to one with a linear tagger joined to it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from ostinato._doing import doing
from ostinato.data.batches import collate
from ostinato.nn import CRF, Chain
from ostinato.tasks.contract import Splits
from ostinato.tasks.tagging.decoding import shifted
from ostinato.tasks.tagging.feature_chain import FeatureChain, JoinedChain, joined
from ostinato.tasks.tagging.network import TaggerSettings
from ostinato.tasks.tagging.objective import TaggingObjective, scores_of
from ostinato.tasks.tagging.tags import Tags
from ostinato.text import Lexicon

logger = logging.getLogger("ostinato")

OUTSIDE = (0.0, -0.2, -0.4, -0.7, -1.0, -1.4)
"""What is tried to be added to the score of no span, in nats."""
NEARLY = 0.01
"""Share of what F1 lacks to 1 that is given for more spans."""


def join_features(
    module: nn.Module, lexicon: Lexicon, tags: Tags, plan: TaggerSettings, splits: Splits
) -> JoinedChain:
    """Fit a linear tagger on train, and the weights of both on validation.

    Args:
        module: The trained network.
        lexicon: Its words.
        tags: Its tags.
        plan: Its settings.
        splits: The splits ``train`` and ``validation``, a `ostinato.datasets.Tagged` each.
    """
    train, validation = splits["train"], splits["validation"]
    crf = CRF(len(tags.classes), tags.allowed())
    crf.requires_grad_(plan.head == "crf")
    targets = tags.encode(train.tags)
    doing("fitting features of words to join")
    model = FeatureChain.fit(train.sentences, targets, crf, seed=plan.training.seed)
    features = model.encode(validation.sentences)
    gold = tags.encode(validation.tags, "validation")
    words = lexicon.encode(validation.sentences)
    scored = [
        (scores, model.scores(features, rows), collate(gold, rows).data)
        for rows, scores in scores_of(module, words, plan.training)
    ]
    both = JoinedChain.fit(model, scored)
    weights = torch.tensor([both.network_weight, both.feature_weight])
    if tags.are_spans:
        chains = [(joined(ours, theirs, weights), right) for ours, theirs, right in scored]
        both = replace(both, outside=best_outside(chains, TaggingObjective(tags)))
    logger.debug(
        "word features joined: %d, weight %.2f, of the network %.2f; no span %+.1f",
        *(len(model.features.hashes), *weights.flip(0).tolist(), both.outside),
    )
    return both


@torch.no_grad()
def best_outside(scored: Sequence[tuple[Chain, Tensor]], objective: TaggingObjective) -> float:
    """Return what, added to the score of no span, gives nearly the best F1 and the most spans.

    Likelihood is not F1: a span that is less likely than none may still be worth saying, the more so
    the lower F1 is, and other texts than those of validation have more spans that are new.

    Args:
        scored: Of each batch the scores, and the tags.
        objective: Counts the spans that are right.

    Source: Lipton, Elkan and Naryanaswamy 2014, https://arxiv.org/abs/1402.1892.
    """

    def f1(outside: float) -> float:
        sums = [objective.sums(shifted(chain, outside), gold) for chain, gold in scored]
        return float(objective.figures(torch.stack(sums).double().sum(dim=0))["f1"])

    found = {outside: f1(outside) for outside in OUTSIDE}
    if found[0.0] == 1:
        return 0.0
    least = max(found.values())
    least -= NEARLY * (1 - least)
    return min(outside for outside in OUTSIDE if found[outside] >= least)
