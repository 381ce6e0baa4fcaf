"""Frames to the steps of a network: normalised, with their neighbours, at a lower rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from ostinato._arrays import Float32s, Float64s
from ostinato._config import AudioFeatures
from ostinato.data.batches import collate
from ostinato.data.ragged import Ragged

SMALLEST_DEVIATION = 0.1  # of an utterance, in deviations of the training set; silence stays silent
PRIOR_SECONDS = 0.5  # of the training set's levels, before anything is heard


class Normalizer:
    """Bring frames to the levels of the training set, then to those of the utterance.

    The first are a mean and a deviation of each band, the second one mean and one deviation for all
    bands: a loud recording becomes as loud as a soft one, while what tells one sound from another in a
    short word stays. (A mean for each band, usual for long utterances, takes that away.) Running, they
    are those of what was heard up to a frame and of half a second of the training set, so that chunks
    give what the whole gives, to the bit.

    Args:
        kind: Of the whole utterance, or running.
        mean: Mean of each band in the training set.
        deviation: Its standard deviation there.
        hop: Seconds from one frame to the next.

    Shape:
        mean, deviation: ``(bands,)``.

    Example:
        >>> whole = Normalizer("utterance", np.zeros(1), np.ones(1), hop=0.01)
        >>> whole.all(np.array([[1.0], [3.0]], np.float32)).tolist()
        [[-1.0], [1.0]]
    """

    def __init__(self, kind: str, mean: Float64s, deviation: Float64s, *, hop: float) -> None:
        self.kind, self.mean, self.deviation = kind, mean, deviation
        self._weight = PRIOR_SECONDS / hop
        self.reset()

    @property
    def levels(self) -> dict[str, list[float]]:
        """Mean and deviation of each band in the training set, ready for JSON."""
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()}

    def reset(self) -> None:
        """Forget what was heard."""
        self._count = 0
        self._sums = np.array([0.0, self._weight])  # of means and mean squares of frames

    def all(self, frames: Float32s) -> Float32s:
        """Normalise the frames of a whole utterance.

        Shape:
            frames: ``(frames, bands)``.
            output: The same.
        """
        if self.kind == "running":
            self.reset()
            return self.next(frames)
        scaled = self._from_training(frames)
        deviation = max(float(scaled.std()), SMALLEST_DEVIATION)
        normalised: Float32s = ((scaled - scaled.mean()) / deviation).astype(np.float32)
        return normalised

    def next(self, frames: Float32s) -> Float32s:
        """Normalise the next frames of a stream, by what was heard so far."""
        scaled = self._from_training(frames)
        added = np.stack([scaled.mean(axis=1), (scaled**2).mean(axis=1)], axis=1)
        sums = np.cumsum(np.concatenate([self._sums[None], added]), axis=0)[1:]
        counts = self._weight + self._count + np.arange(1, len(frames) + 1)
        if len(frames):
            self._sums = sums[-1]
            self._count += len(frames)
        mean = sums[:, 0] / counts
        variance = np.maximum(sums[:, 1] / counts - mean**2, SMALLEST_DEVIATION**2)
        normalised: Float32s = ((scaled - mean[:, None]) / np.sqrt(variance)[:, None]).astype(
            np.float32
        )
        return normalised

    def _from_training(self, frames: Float32s) -> Float64s:
        return (frames - self.mean) / np.maximum(self.deviation, 1e-3)


class Steps:
    """Make steps of normalised frames, in chunks of any size.

    A step is every n-th frame with its neighbours; after the end come those of the
    lookahead. Past the ends there are zeros, the mean.

    Args:
        settings: ``context``, ``subsampling``, ``bands`` and ``lookahead``.

    Example:
        >>> steps = Steps(AudioFeatures(context=3, subsampling=2, bands=4))
        >>> steps.push(np.ones((2, 4), np.float32)).shape, steps.finish().shape
        ((1, 12), (0, 12))
    """

    def __init__(self, settings: AudioFeatures) -> None:
        self._context, self._stride = settings.context, settings.subsampling
        self._edge = np.zeros((settings.context // 2, settings.bands), np.float32)
        after = settings.lookahead_steps * settings.subsampling
        self._after = np.zeros((after, settings.bands), np.float32)
        self._waiting, self._skip = self._edge, 0

    def push(self, frames: Float32s) -> Float32s:
        """Take the next frames and return the steps that they complete.

        Shape:
            frames: ``(frames, bands)``.
            output: ``(steps, context * bands)``.
        """
        waiting = np.concatenate([self._waiting, frames])
        count = max(0, (len(waiting) - self._skip - self._context) // self._stride + 1)
        first, self._skip = self._skip, self._skip + count * self._stride
        self._waiting = waiting[min(self._skip, len(waiting)) :]
        self._skip -= len(waiting) - len(self._waiting)  # of frames still to come
        if not count:
            return np.empty((0, self._context * waiting.shape[1]), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(waiting, self._context, axis=0)
        steps = windows[first :: self._stride][:count].transpose(0, 2, 1)
        return steps.reshape(count, -1).copy()  # a view of one step would be read-only

    def finish(self) -> Float32s:
        """Return the steps whose neighbours would have come after the end, and of the lookahead."""
        return self.push(np.concatenate([self._after, self._edge]))


def steps_of(frames: Float32s, settings: AudioFeatures) -> Float32s:
    """Return the steps of a whole utterance; see `Steps`.

    Args:
        frames: Normalised frames.
        settings: ``context``, ``subsampling`` and ``bands``.

    Shape:
        frames: ``(frames, bands)``.
        output: ``(ceil(frames / subsampling) + lookahead_steps, context * bands)``.

    Example:
        >>> steps_of(np.ones((3, 40), np.float32), AudioFeatures()).shape
        (2, 200)
    """
    steps = Steps(settings)
    return np.concatenate([steps.push(frames), steps.finish()])


def packed_steps(utterances: Sequence[Float32s], settings: AudioFeatures) -> PackedSequence:
    """Pack the steps of normalised utterances, the longest first.

    Args:
        utterances: Frames of each, by decreasing length.
        settings: ``context`` and ``subsampling``.

    Shape:
        utterances: ``(frames, bands)`` each.
        output: Packed ``(places, context * bands)``.

    Example:
        >>> packed_steps([np.ones((4, 40), np.float32)], AudioFeatures()).data.shape
        torch.Size([2, 200])
    """
    rows = [steps_of(frames, settings) for frames in utterances]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    places = Ragged(np.arange(offsets[-1]), offsets)
    order = collate(places, np.arange(len(rows)))
    return order._replace(data=torch.from_numpy(np.concatenate(rows)[order.data.numpy()]))
