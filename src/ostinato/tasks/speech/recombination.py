"""Augmentation: cut training recordings between words and recombine the pieces of a batch.

From an hour of sentences a network can memorise word order. Its own alignments give the boundaries
between words; cutting there and shuffling the pieces of a batch, no two examples are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ostinato._arrays import Float32s
from ostinato._config import AudioFeatures
from ostinato.audio import Normalizer, packed_steps
from ostinato.data.batches import unpacked
from ostinato.models import SpeechNetwork
from ostinato.nn import AlignedSymbol, align

Symbols = npt.NDArray[np.int64]
Example = tuple[Float32s, Symbols]
"""The frames of an utterance, not normalised, and its symbols."""

SURE = 0.5  # least confidence of the symbols on both sides of a cut
PIECES = 3  # most pieces of an utterance
BESIDE = 2  # frames on either side over which energy is smoothed


@dataclass(frozen=True, eq=False)
class Recombiner:
    """Cuts utterances at word boundaries of the network's alignment and recombines them.

    Args:
        network: The network in training.
        features: Settings of the features of a step.
        normalizer: Normalises frames.
        separator: Symbol between words; None if a cut may be between any two symbols.
    """

    network: SpeechNetwork
    features: AudioFeatures
    normalizer: Normalizer
    separator: int | None

    def mixed(self, examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
        """Return as many examples of the same pieces in another order.

        Args:
            examples: Frames and symbols of some utterances.
            rng: Generator of cuts and order.
        """
        pieces = [
            piece
            for example, log_probs in zip(examples, self._log_probs(examples), strict=True)
            for piece in self._cut(example, log_probs, rng)
        ]
        order = rng.permutation(len(pieces))
        dealt = [order[start :: len(examples)] for start in range(len(examples))]
        return [self._joined([pieces[place] for place in places]) for places in dealt]

    @torch.no_grad()
    def _log_probs(self, examples: Sequence[Example]) -> list[Float32s]:
        """Return the log-probabilities of each utterance, ``(steps, classes)``, without dropout."""
        order = sorted(range(len(examples)), key=lambda row: -len(examples[row][0]))
        frames = [self.normalizer.all(examples[row][0]) for row in order]
        was_training = self.network.training
        self.network.eval()
        steps: Any = packed_steps(frames, self.features)
        output = self.network(steps.to(next(self.network.parameters()).device))
        self.network.train(was_training)
        rows = unpacked(output.data.float().cpu(), output.batch_sizes)
        by_row = dict(zip(order, rows, strict=True))
        return [by_row[row] for row in range(len(examples))]

    def _cut(
        self, example: Example, log_probs: Float32s, rng: np.random.Generator
    ) -> list[Example]:
        """Return an utterance in pieces, or whole where no boundary is confident enough."""
        frames, symbols = example
        repeats = int((symbols[1:] == symbols[:-1]).sum())
        if len(symbols) < 2 or len(log_probs) < len(symbols) + repeats:
            return [example]
        places = align(log_probs, symbols.tolist())
        borders = self._borders(places)
        count = min(int(rng.integers(1, PIECES + 1)) - 1, len(borders))
        chosen = sorted(int(one) for one in rng.permutation(len(borders))[:count])
        pieces, begin, first = [], 0, 0
        for left, right in (borders[one] for one in chosen):
            end = self._quietest(frames, places[left].end, places[right].start)
            pieces.append((frames[begin:end], symbols[first : left + 1]))
            begin, first = end, right
        return [*pieces, (frames[begin:], symbols[first:])]

    def _borders(self, places: Sequence[AlignedSymbol]) -> list[tuple[int, int]]:
        """Return the last symbol of a word and the first of the next, where both are confident."""
        count = len(places)
        if self.separator is None:
            pairs = [(left, left + 1) for left in range(count - 1)]
        else:
            pairs = [
                (place - 1, place + 1)
                for place in range(1, count - 1)
                if places[place].symbol == self.separator
            ]
        return [
            (left, right)
            for left, right in pairs
            if min(places[left].confidence, places[right].confidence) >= SURE
            and places[left].end < places[right].start
        ]

    def _quietest(self, frames: Float32s, start: int, end: int) -> int:
        """Return the frame with the least energy between two steps."""
        stride = self.features.subsampling
        low = min(start * stride, len(frames) - 2)
        high = min(max(end * stride, low + 1), len(frames) - 1)
        energy = np.exp(frames).sum(axis=1)  # (frames,)
        around = np.convolve(energy, np.ones(2 * BESIDE + 1), "same")
        return max(1, low + int(around[low:high].argmin()))

    def _joined(self, pieces: Sequence[Example]) -> Example:
        between = [] if self.separator is None else [np.array([self.separator])]
        symbols = [
            part for _, transcript in pieces if len(transcript) for part in (*between, transcript)
        ]
        return (
            np.concatenate([frames for frames, _ in pieces]),
            np.concatenate([np.empty(0, np.int64), *symbols[len(between) :]]),
        )
