"""A linear-chain CRF on word features, and its combination with the scores of a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Training
from ostinato.data.batches import collate, length_buckets, packed_places
from ostinato.data.ragged import Ragged
from ostinato.nn import CRF, Chain, log_likelihood
from ostinato.tasks import saved
from ostinato.tasks.joining import joint_weights
from ostinato.text.token_features import TokenFeatures
from ostinato.training import load_tensors, save_tensors
from ostinato.training.schedule import learning_rate

FILE = "ngrams.safetensors"
Rows = npt.NDArray[np.int64]

EPOCHS = 4
STEPS = 90  # of an epoch, where there are as many batches of ROWS
ROWS = 16  # sentences in a batch, at least
RATE = 0.03  # highest learning rate
DROPOUT = 0.3  # probability of dropping a feature of a token
MANY, RARE = (
    100_000,
    3,
)  # from MANY training tokens on, features seen RARE times are kept; else twice
EXPECTED = (0.7, 0.7)  # prior weights of network and features


class Sentences(NamedTuple):
    """The features of some sentences.

    Args:
        tokens: Features of each token, one sentence after another.
        offsets: First token of each sentence, and the number of tokens, ``(sentences + 1,)``.
    """

    tokens: Ragged
    offsets: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FeatureChain:
    """A conditional random field whose emissions are sums of feature weights.

    Args:
        features: The features.
        weight: Weights of each feature, ``(features, tags)``.
        start, transition, end: Transition scores, as in `ostinato.nn.Chain`, all finite.

    Source: Lafferty, McCallum and Pereira 2001, "Conditional Random Fields".
    """

    features: TokenFeatures
    weight: Tensor
    start: Tensor
    transition: Tensor
    end: Tensor

    @classmethod
    def fit(
        cls, sentences: Sequence[Sequence[str]], targets: Ragged, crf: CRF, *, seed: int
    ) -> FeatureChain:
        """Learn the features of train, and their weights.

        Args:
            sentences: The tokens of each.
            targets: The tag of each token.
            crf: A new layer with the allowed transitions; its scores are learnt, too, where they
                require gradients.
            seed: Seed of the batches and of dropout.
        """
        tokens = sum(map(len, sentences))
        features, rows = TokenFeatures.fit(sentences, least=RARE if tokens > MANY else 2)
        encoded = Sentences(rows, targets.offsets)
        weight = torch.zeros(len(features.hashes), crf.num_tags, requires_grad=True)
        generator = torch.Generator().manual_seed(seed)
        learnt = [weight, *(one for one in crf.parameters() if one.requires_grad)]
        optimizer = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.0, fused=True)
        settings = Training(learning_rate=RATE)
        batch_size = max(ROWS, math.ceil(len(sentences) / STEPS))
        for epoch in range(EPOCHS):
            batches = length_buckets(
                targets.lengths, batch_tokens=None, batch_size=batch_size, seed=seed, epoch=epoch
            )
            for place, rows_ in enumerate(batches):
                rate = learning_rate(settings, (epoch + place / len(batches)) / EPOCHS)
                optimizer.param_groups[0]["lr"] = rate
                # of shape packed (tokens, tags)
                emissions = _emissions(weight, encoded, rows_, generator=generator)
                gold = collate(targets, rows_).data  # (tokens,)
                loss = -log_likelihood(crf(emissions), gold).sum() / len(gold)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        scores = (crf.start, crf.transition, crf.end)
        return cls(features, weight.detach(), *(score.detach().clone() for score in scores))

    def encode(self, sentences: Sequence[Sequence[str]]) -> Sentences:
        """Return the known features of some sentences."""
        lengths = [len(tokens) for tokens in sentences]
        offsets = np.cumsum([0, *lengths], dtype=np.int64)
        return Sentences(self.features.encode(sentences), offsets)

    def scores(self, sentences: Sentences, rows: Rows) -> Chain:
        """Return the scores of these rows, by decreasing length; no transition is forbidden."""
        emissions = _emissions(self.weight, sentences, rows)
        return Chain(emissions, self.start, self.transition, self.end)


@dataclass(frozen=True, eq=False)
class JoinedChain:
    """A linear tagger and a network: the weighted sum of their scores.

    Args:
        model: The linear tagger.
        network_weight: Weight of the network's scores.
        feature_weight: Weight of the linear tagger's scores.
        outside: Bias of "no span" when tags are decoded; probabilities are without it.
    """

    model: FeatureChain
    network_weight: float
    feature_weight: float
    outside: float = 0.0

    @classmethod
    def fit(cls, model: FeatureChain, scored: Sequence[tuple[Chain, Chain, Tensor]]) -> JoinedChain:
        """Find the two weights that maximise the likelihood of the validation tags.

        Args:
            model: The linear tagger.
            scored: Of each batch the scores of the network and of the linear tagger, and the tags.
        """

        def loss(weights: Tensor) -> Tensor:
            at = weights.float()
            return -sum(
                (
                    log_likelihood(joined(network, features, at), gold.clamp(min=0)).sum()
                    for network, features, gold in scored
                ),
                start=torch.zeros(()),
            )

        return cls(model, *joint_weights(loss, EXPECTED))

    def join(self, network: Chain, sentences: Sentences, rows: Rows) -> Chain:
        """Return the weighted sum of the network's and the linear tagger's scores."""
        weights = torch.tensor([self.network_weight, self.feature_weight])
        return joined(network, self.model.scores(sentences, rows), weights)

    def save(self, run: Path) -> None:
        """Write ``ngrams.safetensors``."""
        model = self.model
        tensors = {
            "hashes": torch.from_numpy(model.features.hashes),
            "weight": model.weight,
            "start": model.start,
            "transition": model.transition,
            "end": model.end,
        }
        names = ("network_weight", "feature_weight", "outside")
        header = {name: getattr(self, name) for name in names}
        save_tensors(run / FILE, tensors, header)

    @classmethod
    def load(cls, run: Path, tags: int) -> JoinedChain:
        """Read what :meth:`save` wrote.

        Args:
            run: The run folder.
            tags: How many tags the run has.

        Raises:
            CheckpointError: The file is missing or broken.
            KeyError: Something is missing in it.
        """
        tensors, header = load_tensors(run / FILE)
        rules = {
            "hashes": "int features",
            "weight": "float features tags",
            "start": "float tags",
            "transition": "float tags tags",
            "end": "float tags",
        }
        saved.check_tensors(tensors, rules, run / FILE, tags=tags)
        loaded = saved.weights(header, run / FILE, "network_weight", "feature_weight", "outside")
        features = TokenFeatures(tensors.pop("hashes").numpy())
        names = ("weight", "start", "transition", "end")
        model = FeatureChain(features, *(tensors[name] for name in names))
        return cls(model, *loaded)


def joined(network: Chain, features: Chain, weights: Tensor) -> Chain:
    """Return the weighted sum of two scores; forbidden transitions stay forbidden.

    Example:
        >>> emissions = torch.nn.utils.rnn.pack_sequence([torch.eye(2)])
        >>> one = CRF(2)(emissions)
        >>> joined(one, one, torch.tensor([0.5, 1.0])).emissions.data[0].tolist()
        [1.5, 0.0]
    """
    ours, theirs = weights.unbind()

    def both(a: Tensor, b: Tensor) -> Tensor:
        is_allowed = a > -math.inf
        return torch.where(
            is_allowed, ours * a.masked_fill(~is_allowed, 0.0) + theirs * b, -math.inf
        )

    data = ours * network.emissions.data + theirs * features.emissions.data  # (tokens, tags)
    return Chain(
        network.emissions._replace(data=data),
        both(network.start, features.start),
        both(network.transition, features.transition),
        both(network.end, features.end),
    )


def _emissions(
    weight: Tensor, sentences: Sentences, rows: Rows, generator: torch.Generator | None = None
) -> PackedSequence:
    """Return emissions, packed ``(tokens, tags)``; a generator applies dropout to features."""
    starts = sentences.offsets[rows]
    # of shape (tokens,), (tokens,), (steps,)
    row, step, batch_sizes = packed_places(sentences.offsets[rows + 1] - starts)
    tokens = starts[row] + step
    begins = sentences.tokens.offsets[tokens]
    counts = sentences.tokens.offsets[tokens + 1] - begins
    offsets = np.cumsum(counts) - counts
    places = np.arange(counts.sum()) - np.repeat(offsets - begins, counts)
    values = torch.from_numpy(sentences.tokens.values[places].astype(np.int64))  # (features,)
    kept = None
    if generator is not None:
        is_kept = torch.rand(len(values), generator=generator) >= DROPOUT  # (features,)
        kept = is_kept.to(weight.dtype) / (1 - DROPOUT)
    data = F.embedding_bag(
        values, weight, torch.from_numpy(offsets), mode="sum", per_sample_weights=kept
    )
    return PackedSequence(data, torch.from_numpy(batch_sizes))
