"""Training objective of tagging: batches of words, loss, accuracy, F1 of spans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Training
from ostinato.data.batches import collate, length_buckets, unpacked
from ostinato.data.ragged import Ragged
from ostinato.models import Words
from ostinato.nn import Chain, decode, log_likelihood_and_marginals
from ostinato.tasks.tagging.tags import Tags
from ostinato.text import EncodedWords
from ostinato.training import Figures

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TaggedSplit:
    """Encoded sentences and their tags: one split of the data."""

    words: EncodedWords
    targets: Ragged

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each sentence."""
        return self.targets.lengths

    def batch(self, rows: Rows) -> tuple[Words, Tensor]:
        """Return the packed words of these rows and their tags, ``(places,)``."""
        return words_of(self.words, rows), collate(self.targets, rows).data


def words_of(words: EncodedWords, rows: Rows) -> Words:
    """Return the packed words of these rows, by decreasing length, with distinct words."""
    packed = collate(words.column, rows)
    distinct, forms = np.unique(packed.data.numpy(), return_inverse=True)  # (forms,), (places,)
    # (forms,), the longest first
    order = np.argsort(-words.characters.lengths[distinct], kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    distinct = distinct[order]
    pairs = np.empty(0, np.int64)
    if words.pairs is not None:
        pairs = collate(words.pairs, rows).data.numpy()
    ids = words.ids[packed.data.numpy()].astype(np.int64)  # (places,)
    return Words(
        ids=packed._replace(data=torch.from_numpy(ids)),
        pairs=torch.from_numpy(pairs),
        forms=torch.from_numpy(place[forms]),
        shapes=torch.from_numpy(words.shapes[distinct].astype(np.int64)),
        characters=collate(words.characters, distinct),
    )


@torch.no_grad()
def scores_of(
    module: nn.Module, words: EncodedWords, training: Training
) -> Iterator[tuple[Rows, Chain]]:
    """Yield the rows of each batch, the longest first, and their scores."""
    module.eval()
    for rows in length_buckets(
        words.column.lengths,
        batch_tokens=training.batch_tokens,
        batch_size=training.batch_size,
        seed=0,
        epoch=None,
    ):
        yield rows, module(words_of(words, rows))


@dataclass(frozen=True)
class TaggingObjective:
    """Negative log-likelihood of whole sentences, accuracy of tokens, F1 of spans.

    In training a token's predicted tag is the one with the highest marginal, which the gradient needs
    anyway; in evaluation tags are those of the likeliest sequence (Viterbi), and spans are counted.
    """

    tags: Tags

    @property
    def monitor(self) -> Literal["f1", "accuracy"]:
        """The figure that marks the best epoch."""
        return "f1" if self.tags.are_spans else "accuracy"

    def sums(self, output: Chain, targets: Tensor) -> Tensor:
        """Return loss, tokens, correct; spans correct, predicted, gold; if counted: ``(7,)``."""
        # of shape (batch,), (places, tags)
        likelihood, marginals = log_likelihood_and_marginals(output, targets.clamp(min=0))
        loss = -likelihood.sum()
        spans = (0, 0, 0, 0)
        if torch.is_grad_enabled():
            predictions = marginals.argmax(1)  # (places,)
        else:
            packed = decode(output)
            predictions = packed.data  # (places,)
            if self.tags.are_spans:
                spans = (*self._count(packed, targets), 1)
        right = int((predictions == targets).sum())
        return torch.cat([loss[None], loss.new_tensor([len(targets), right, *spans])])

    def figures(self, sums: Tensor) -> Figures:
        """Return loss (nats a token), accuracy; where counted, precision, recall, F1 of spans."""
        loss, tokens, right, correct, predicted, gold, is_counted = sums.tolist()
        figures = {"loss": loss / tokens, "accuracy": right / tokens}
        if is_counted:
            figures["precision"] = correct / max(predicted, 1)
            figures["recall"] = correct / max(gold, 1)
            figures["f1"] = 2 * correct / max(predicted + gold, 1)
        return figures

    def _count(self, packed: PackedSequence, targets: Tensor) -> tuple[int, int, int]:
        predictions = unpacked(packed.data.cpu(), packed.batch_sizes)
        golds = unpacked(targets.cpu(), packed.batch_sizes)
        correct = predicted = gold = 0
        for decoded, meant in zip(predictions, golds, strict=True):
            ours, theirs = self.tags.spans(decoded), self.tags.spans(meant)
            correct += len({*ours} & {*theirs})
            predicted += len(ours)
            gold += len(theirs)
        return correct, predicted, gold
