"""Time training and prediction of our SequenceTagger beside Flair's of the same sizes.

    pip install . flair==0.15.1
    python -m benchmarks.peers.tagging            # on UD English-EWT, from OSTINATO_DATA
    python -m benchmarks.peers.tagging --precision bfloat16    # of our training step
    python -m benchmarks.peers.tagging --quick    # one round; such a row makes no table

Both have characters (25 features, a bidirectional LSTM of 25), words of 300 features, a
bidirectional LSTM of 256 and a conditional random field; both take the same sentences in turns: a
pass of training steps in batches of 32, with the same optimizer, then a prediction by a call of
predict as it comes. Each reads them its own way, Flair in the order of the sample as its trainer
does, ours in buckets of like length; and each in a process of its own, since threads of torch that
wait for work take the processors from the other (ours lets them rest, as ``ostinato train`` does;
Flair's are as torch has them). It prints a row of JSON, of words a second and of what the
conditional random field takes of our training step, and appends it to the file that ``--results``
names.
"""

from __future__ import annotations

import argparse
import logging
import random
from collections.abc import Callable

import flair
import torch
from torch import Tensor, nn

from benchmarks.peers.flair_tagger import BATCH_SIZE, HIDDEN_SIZE, make_sides, read_corpus
from benchmarks.peers.sides import Comparison, Row, Taken, Tasks, prepared, spread
from ostinato import Characters, Recurrent, SequenceTagger
from ostinato.data.batches import length_buckets
from ostinato.datasets import Tagged
from ostinato.nn import Chain, log_likelihood_and_marginals
from ostinato.training import Split

MAX_NORM = 1.0


class Ours:
    """Our tagger over some sentences, as its training loop takes them."""

    def __init__(self, corpus: Tagged, chosen: Tagged, precision: str) -> None:
        self.precision = precision
        self.tagger = SequenceTagger(
            recurrent=Recurrent(hidden_size=HIDDEN_SIZE),
            characters=Characters(embedding_size=25, hidden_size=25),
            embedding_size=300,
            min_freq=3,
        )
        splits, self.objective = prepared(self.tagger, {"train": corpus, "chosen": chosen})
        self.tagger.chain_ = None  # the network alone, as Flair's
        self.split: Split = splits["chosen"]
        self.chosen = chosen
        self.model: nn.Module = self.tagger.module_
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)  # as on Flair's side
        self.epoch = 0

    def train(self) -> None:
        """Take a training step on each batch, as the loop does."""
        self.model.train()
        self.epoch += 1
        for rows in length_buckets(
            self.split.lengths, batch_tokens=None, batch_size=BATCH_SIZE, seed=0, epoch=self.epoch
        ):
            inputs, targets = self.split.batch(rows)
            with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bfloat16"):
                chain = self.model(inputs)
            sums = self.objective.sums(chain, targets)
            self.optimizer.zero_grad()
            (sums[0] / sums[1].detach()).backward()
            gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
            norm = nn.utils.get_total_norm(gradients)
            if norm > MAX_NORM:
                nn.utils.clip_grads_with_norm_(self.model.parameters(), MAX_NORM, norm)
            self.optimizer.step()

    def predict(self) -> None:
        """Tag the sentences."""
        self.tagger.predict(self.chosen.sentences)

    def crf_alone(self) -> Callable[[], None]:
        """Return the loss, the marginals and their gradients again, for given emissions."""
        kept: list[tuple[Chain, Tensor]] = []
        self.model.train()
        for rows in length_buckets(
            self.split.lengths, batch_tokens=None, batch_size=BATCH_SIZE, seed=0, epoch=1
        ):
            inputs, targets = self.split.batch(rows)
            chain = self.model(inputs)
            emissions, *scores = chain
            data = emissions.data.detach().requires_grad_()
            leaves = (score.detach().requires_grad_() for score in scores)
            kept.append((Chain(emissions._replace(data=data), *leaves), targets))

        def run() -> None:
            for chain, targets in kept:
                likelihood, _ = log_likelihood_and_marginals(chain, targets)
                likelihood.sum().backward()

        return run


def prepare(arguments: argparse.Namespace) -> Tasks:
    """Return what a side can do over the same sentences."""
    logging.getLogger("flair").setLevel(logging.WARNING)
    flair.device = torch.device("cpu")
    corpus, source = read_corpus()
    chosen = random.Random(0).sample(corpus, arguments.sentences)
    tasks: dict[str, Callable[[], object]]
    model: nn.Module
    if arguments.side == "flair":
        theirs, _ = make_sides(corpus, chosen, crf=True, cell="LSTM", steps=2)
        tasks, model = {"train": theirs.train, "predict": theirs.predict}, theirs.tagger
    else:
        ours = Ours(tagged(corpus), tagged(chosen), arguments.precision)
        tasks = {"train": ours.train, "predict": ours.predict, "crf": ours.crf_alone()}
        model = ours.model
    size = sum(parameter.numel() for parameter in model.parameters())
    return tasks, {"words": sum(map(len, chosen)), "source": source, "parameters": size}


def tagged(corpus: list[list[tuple[str, str]]]) -> Tagged:
    """Return sentences of words and tags as a split of our data."""
    sentences = [[word for word, _ in words] for words in corpus]
    return Tagged.make(sentences, [[tag for _, tag in words] for words in corpus], "EWT")


def row(arguments: argparse.Namespace, said: dict[str, Row], taken: Taken) -> Row:
    """Return what a row says of the comparison."""
    share = zip(taken["crf", "ours"], taken["train", "ours"], strict=True)
    return {
        "case": f"tagging-flair-{arguments.precision}",
        "measure": "tagging-flair",
        "sentences": said["ours"]["source"],
        "words": said["ours"]["words"],
        "batch_size": BATCH_SIZE,
        "parameters": {side: facts["parameters"] for side, facts in said.items()},
        "crf_share": spread([crf / whole for crf, whole in share]),
        "flair": flair.__version__,
    }


COMPARISON = Comparison(
    module="benchmarks.peers.tagging",
    turns=(
        *(("train", "flair"), ("train", "ours"), ("crf", "ours")),
        *(("predict", "flair"), ("predict", "ours")),
    ),
    unit="words",
    options={"sentences": 1024, "precision": "float32"},
    choices={"precision": ("float32", "bfloat16")},
    quick={"rounds": 1, "sentences": 128},
    prepare=prepare,
    row=row,
    rounds=5,
)

if __name__ == "__main__":
    COMPARISON.main(__doc__)
