"""Random convolutions and summaries of sequences: fixed features for a linear model.

The convolutions are those of MiniRocket: kernels of length 9 whose weights are -1 and 2, dilated up
to the length of the sequences; a feature is the share of steps at which one, summed over some of the
inputs, is above a quantile of its own in train. Nothing is read beyond the ends of a sequence but
zeros, so lengths may differ.

Source: Dempster, Schmidt and Webb 2021, https://arxiv.org/abs/2012.08791.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ostinato._arrays import Float32s, Int64s
from ostinato.data.ragged import Ragged

TRIPLES = tuple(combinations(range(9), 3))
"""Places of a kernel whose weight is 2; that of the others is -1."""

FEATURES = 2000
"""Convolution features of small sets; of larger ones fewer."""

WORK = 10**8
"""Steps of train times features, at most."""

PIECE = 2**20
"""Values of sequences that are convolved at once, so that memory does not grow with their number."""

MOST_DILATIONS = 6
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
ROUNDING = 1e-6  # share of a value in single precision below which a difference is rounding
LAGS = (1, 2, 3, 5, 8)


def summaries(column: Ragged) -> Float32s:
    """Return moments, slope, ends, quantiles and autocorrelations of inputs, and length.

    Args:
        column: Sequences.
    """
    return np.array([_summary(steps) for steps in column], dtype=np.float32)


def _summary(steps: Float32s) -> Float32s:
    count = len(steps)
    centred = steps - steps.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    rounding = ROUNDING * np.abs(steps).max(axis=0)
    place = np.linspace(-1, 1, count)[:, None] if count > 1 else np.zeros((1, 1))
    features = [steps.mean(axis=0), np.sqrt(variance), (centred * place).mean(axis=0)]
    features += [steps[0], steps[-1], *np.quantile(steps, QUANTILES, axis=0)]
    for lag in LAGS:
        products = (centred[lag:] * centred[:-lag]).sum(axis=0) / count if count > lag else variance
        features.append(products / np.where(variance > rounding**2, variance, 1))
    return np.concatenate([*features, [count]]).astype(np.float32)


@dataclass(frozen=True)
class Convolutions:
    """Random convolutions of sequences, and how often each is above some thresholds.

    Args:
        kernels: Dilation, triple of places and inputs of each; those of a dilation together.
        thresholds: Of each kernel.
    """

    kernels: Sequence[tuple[int, int, Int64s]]
    thresholds: Sequence[Float32s]

    @staticmethod
    def fit(column: Ragged, rng: np.random.Generator) -> Convolutions:
        """Draw kernels for the lengths of some sequences, and thresholds from their outputs.

        Args:
            column: Sequences.
            rng: Random numbers.
        """
        inputs, steps = column.values.shape[1], len(column.values)
        longest = max((float(np.median(column.lengths)) - 1) / 8, 1.0)
        count = min(MOST_DILATIONS, 1 + int(np.log2(longest)))
        dilations = np.unique(np.geomspace(1, longest, count).astype(int)).tolist()
        features = min(FEATURES, max(WORK // steps, len(TRIPLES)))
        share = min(1.0, features / (len(TRIPLES) * len(dilations)))
        each = max(1, round(features / (len(TRIPLES) * len(dilations))))
        kernels = [
            (dilation, triple, _some(inputs, rng))
            for dilation in dilations
            for triple in range(len(TRIPLES))
            if rng.random() < share
        ]
        some = next(_in_pieces(column.take(rng.permutation(len(column)))))
        thresholds = [
            np.quantile(values, rng.uniform(0.05, 0.95, each)).astype(np.float32)
            for values in _convolved(some, kernels)
        ]
        return Convolutions(kernels, thresholds)

    def __call__(self, column: Ragged) -> Float32s:
        """Return the share of the steps above each threshold, ``(sequences, features)``."""
        return np.concatenate([self._of(some) for some in _in_pieces(column)])

    def _of(self, column: Ragged) -> Float32s:
        begin, lengths = column.offsets[:-1], column.lengths
        features = [
            np.add.reduceat((values > threshold).astype(np.float32), begin) / lengths
            for values, thresholds in zip(
                _convolved(column, self.kernels), self.thresholds, strict=True
            )
            for threshold in thresholds
        ]
        return np.array(features, dtype=np.float32).T


def _in_pieces(column: Ragged) -> Iterator[Ragged]:
    """Yield some sequences after others, each time at least one."""
    sizes = column.lengths * column.values.shape[1]
    piece = (np.cumsum(sizes) - sizes) // PIECE
    for rows in np.split(np.arange(len(sizes)), np.flatnonzero(np.diff(piece)) + 1):
        yield column.take(rows)


def _some(inputs: int, rng: np.random.Generator) -> Int64s:
    """Return some of the inputs, few more often than many, at most nine."""
    count = int(2 ** rng.uniform(0, np.log2(min(inputs, 9) + 1)))
    return rng.permutation(inputs)[: min(count, inputs)]


def _convolved(column: Ragged, kernels: Sequence[tuple[int, int, Int64s]]) -> Iterator[Float32s]:
    """Yield what each kernel gives at each step of some sequences."""
    lengths, steps = column.lengths, len(column.values)
    longest = int(lengths.max(initial=1))  # what is further away is 0, however far
    gap = 4 * min(longest, max(dilation for dilation, _, _ in kernels))
    shift = gap * (1 + np.arange(len(lengths)))  # zeros before each sequence and after the last
    place = np.arange(steps) + np.repeat(shift, lengths)
    padded = np.zeros((steps + gap * (len(lengths) + 1), column.values.shape[1]), np.float32)
    padded[place] = column.values
    dilated = 0
    for given, triple, inputs in kernels:
        dilation = min(given, longest)
        if dilation != dilated:
            shifted = [padded[place + (step - 4) * dilation] for step in range(9)]
            total, dilated = np.sum(shifted, axis=0), dilation
        first, second, third = (shifted[step][:, inputs] for step in TRIPLES[triple])
        yield (3 * (first + second + third) - total[:, inputs]).sum(axis=1)
