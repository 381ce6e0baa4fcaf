"""Logistic regression on averaged frames: a keyword baseline, also combined with the network."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import log_softmax, logsumexp
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from ostinato import audio
from ostinato._arrays import Float32s, Float64s
from ostinato._config import AudioFeatures
from ostinato.datasets import Recordings
from ostinato.tasks import saved
from ostinato.tasks.joining import joint_weights
from ostinato.training import load_tensors, save_tensors

SEGMENTS = 5  # segments of a recording whose frames are averaged
FLAT = 1e-4  # deviation in nats below which an average is constant; float32 frames err by 1e-6
LINEAR = 0.5  # prior weight of the linear model
EVEN = 1000  # recordings from which the network has the same prior weight
FILE = "averaged_frames.safetensors"


def averaged(frames: Float32s) -> Float64s:
    """Return the mean frame of each of ``SEGMENTS`` segments, and the deviation of each band.

    Args:
        frames: The frames of a recording.

    Shape:
        frames: ``(steps, bands)``.
        output: ``((SEGMENTS + 1) * bands,)``.

    Example:
        >>> averaged(np.array([[1.0], [3.0]], np.float32)).tolist()
        [-1.0, -1.0, 0.0, 1.0, 1.0, 1.0]
    """
    level = frames.astype(np.float64) - frames.mean(dtype=np.float64)  # (steps, bands)
    edges = np.linspace(0, len(level), SEGMENTS + 1)
    means = [
        level[int(a) : max(int(a) + 1, math.ceil(b))].mean(axis=0)
        for a, b in itertools.pairwise(edges)
    ]
    return np.concatenate([*means, level.std(axis=0)])


@dataclass(frozen=True)
class AveragedFrames:
    """A logistic regression on the averaged frames of recordings.

    Args:
        weights: ``(averages, keywords)``; those of the first keyword are 0 if there are two.
        intercept: ``(keywords,)``.
    """

    weights: Float32s
    intercept: Float32s

    @staticmethod
    def fit(
        split: Recordings, features: AudioFeatures, sample_rate_hz: int, keywords: Sequence[str]
    ) -> AveragedFrames:
        """Fit it on recordings of one keyword each.

        Args:
            split: The recordings.
            features: Settings of the frames.
            sample_rate_hz: Rate of the frames.
            keywords: The keywords, at least two, in order.
        """
        sounds = audio.features_cached(split, features, sample_rate_hz)
        rows = np.stack([averaged(frames) for frames in sounds.frames])  # (recordings, averages)
        means, deviations = rows.mean(axis=0), rows.std(axis=0)
        scales = np.divide(1, deviations, out=np.zeros_like(deviations), where=deviations > FLAT)
        model = LogisticRegression(max_iter=1000)
        model.fit((rows - means) * scales, _classes(split.transcripts or (), keywords))
        weights, intercept = model.coef_.T * scales[:, None], model.intercept_
        if len(keywords) == 2:
            weights, intercept = (
                np.concatenate([np.zeros_like(one), one], axis=-1) for one in (weights, intercept)
            )
        return AveragedFrames(
            weights.astype(np.float32), (intercept - means @ weights).astype(np.float32)
        )

    def scores(self, frames: Float32s) -> Float64s:
        """Return the logit of each keyword in a recording, ``(keywords,)``, from its frames."""
        return averaged(frames) @ self.weights.astype(np.float64) + self.intercept


@dataclass(frozen=True)
class Scores:
    """Scores of the linear model for a recording, with the weight of the network.

    Args:
        network_weight: Weight of the network's log-likelihoods of the keywords.
        linear: The weighted logits of the linear model, ``(keywords,)``.
    """

    network_weight: float
    linear: Float64s

    def join(self, log_likelihoods: Float64s) -> Float64s:
        """Return combined log-likelihoods, ``(keywords,)``, whose sum is that of the network.

        Args:
            log_likelihoods: Of each keyword, by the network.

        Example:
            >>> Scores(1.0, np.log([0.2, 0.8])).join(np.log([0.3, 0.3])).round(3)
            array([-2.12 , -0.734])
        """
        together = logsumexp(log_likelihoods)
        if together == -math.inf:
            return log_likelihoods
        both = self.network_weight * (log_likelihoods - together) + self.linear
        return np.asarray(together + log_softmax(both))


@dataclass(frozen=True)
class JoinedFrames:
    """A linear model of averaged frames and a network, with the weight of each.

    Args:
        model: The linear model.
        network_weight: Weight of the network's log-likelihoods.
        linear_weight: Weight of the linear model's logits.
    """

    model: AveragedFrames
    network_weight: float
    linear_weight: float

    @staticmethod
    def fit(
        model: AveragedFrames,
        network: Float64s,
        linear: Float64s,
        transcripts: Sequence[str],
        keywords: Sequence[str],
        *,
        count: int,
    ) -> JoinedFrames:
        """Find the weights of both on recordings that neither was fitted on.

        Args:
            model: The linear model.
            network: The network's log-likelihoods, ``(recordings, keywords)``; -inf where a
                recording is too short for a keyword.
            linear: The linear model's logits, of the same shape.
            transcripts: Transcript of each; others than keywords are ignored.
            keywords: Those of the columns.
            count: Recordings that both were fitted on.
        """
        classes = _classes(transcripts, keywords)
        can_say = np.isfinite(network).all(axis=1) & (classes >= 0)
        ours, theirs = (
            torch.from_numpy(log_softmax(one[can_say], axis=1)) for one in (network, linear)
        )
        targets = torch.from_numpy(classes[can_say])

        def loss(weights: Tensor) -> Tensor:
            both = weights[0] * ours + weights[1] * theirs  # (recordings, keywords)
            return torch.nn.functional.cross_entropy(both, targets, reduction="sum")

        expected = (LINEAR * min(1.0, math.sqrt(count / EVEN)), LINEAR)
        return JoinedFrames(model, *joint_weights(loss, expected))

    @property
    def description(self) -> str:
        """The weights of both parts, for the log."""
        weights = f"weight {self.linear_weight:.2f}, of the network {self.network_weight:.2f}"
        return f"averaged frames joined: {weights}"

    def scores(self, frames: Float32s) -> Scores:
        """Return the scores of the linear model for a recording, from its frames."""
        return Scores(self.network_weight, self.linear_weight * self.model.scores(frames))

    def save(self, run: Path) -> None:
        """Write ``averaged_frames.safetensors``."""
        tensors = {
            "weights": torch.from_numpy(self.model.weights),
            "intercept": torch.from_numpy(self.model.intercept),
        }
        header = {"network_weight": self.network_weight, "linear_weight": self.linear_weight}
        save_tensors(run / FILE, tensors, header)

    @staticmethod
    def load(run: Path) -> JoinedFrames:
        """Read what :meth:`save` wrote.

        Raises:
            CheckpointError: The file is missing or broken.
            KeyError: Something is missing in it.
        """
        tensors, header = load_tensors(run / FILE)
        rules = {"weights": "float averages keywords", "intercept": "float keywords"}
        saved.check_tensors(tensors, rules, run / FILE)
        description = saved.weights(header, run / FILE, "network_weight", "linear_weight")
        model = AveragedFrames(tensors["weights"].numpy(), tensors["intercept"].numpy())
        return JoinedFrames(model, *description)


def _classes(transcripts: Sequence[str], keywords: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the index of the keyword of each transcript, ``(recordings,)``; -1 for others."""
    index = {keyword: number for number, keyword in enumerate(keywords)}
    return np.array([index.get(" ".join(text.split()), -1) for text in transcripts], np.int64)
