"""Training utterances changed each time they are seen: noise, gain, masks, several in one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Float32s
from ostinato._config import AudioAugmentation, AudioFeatures
from ostinato.audio.features import features_of
from ostinato.data.ragged import Ragged
from ostinato.datasets import Recordings

SNR_RANGE_DB = 30.0  # from the least signal to noise to the highest
NOISE_SECONDS = 20
MOST_JOINED = 5
PAUSE = 0.3  # longest pause in seconds, if not set
NOTHING = np.float32(
    np.log(np.finfo(np.float32).eps)
)  # Kaldi's frames of samples that are all zero
SHARE_OF_NOTHING = 0.5  # of the pauses
FILTER_PLACES = 5  # frequencies between which a filter is drawn as straight lines


class Augmenter:
    """Change log-mel frames as the sound they come from could have been changed.

    Noise is added by energies, which is right on average as noise and speech do not hang together; it
    is white, pink or brown, made once and cut anywhere.

    Args:
        settings: How much of what.
        features: What the frames are.
        sample_rate_hz: Rate of the sound.

    Example:
        >>> augmenter = Augmenter(AudioAugmentation(), AudioFeatures(), 8000)
        >>> frames = np.zeros((30, 40), np.float32)
        >>> augmenter.changed(frames, np.random.default_rng(0)).shape
        (30, 40)
    """

    def __init__(
        self, settings: AudioAugmentation, features: AudioFeatures, sample_rate_hz: int
    ) -> None:
        self.settings, self.hop = settings, features.hop
        self._noises = _noises(features, sample_rate_hz)

    @property
    def speeds(self) -> tuple[float, ...]:
        """How fast each recording is played, one of these at a time."""
        share = self.settings.speed
        return (1.0,) if not share else (1.0, 1.0 - share, 1.0 + share)

    def groups(self, count: int, rng: np.random.Generator) -> list[npt.NDArray[np.int64]]:
        """Part ``count`` utterances into those that become one example each, in random order."""
        rows, groups = rng.permutation(count), []
        while len(rows):
            is_joined = rng.random() < (self.settings.join or 0.0)
            size = int(rng.integers(2, MOST_JOINED + 1)) if is_joined else 1
            groups.append(rows[:size])
            rows = rows[size:]
        return groups

    def joined(self, utterances: Sequence[Float32s], rng: np.random.Generator) -> Float32s:
        """Return utterances one after another, with pauses before, between and after them.

        They get the loudness of the first, give or take the gain, as of one voice; else noise that is
        right for one would cover another. One alone has pauses around it as often as several are
        joined. A pause is soft background, or nothing at all.

        Shape:
            utterances: ``(frames, bands)`` each.
            output: ``(frames, bands)``.
        """
        if len(utterances) == 1 and rng.random() >= (self.settings.join or 0.0):
            return utterances[0]
        loudness = _loudness(utterances[0])
        pieces = [self._pause(utterances[0], rng)]
        for utterance in utterances:
            even = self._louder(utterance, loudness - _loudness(utterance), rng)
            pieces += [even, self._pause(even, rng)]
        return np.concatenate(pieces)

    def changed(self, frames: Float32s, rng: np.random.Generator) -> Float32s:
        """Return frames of another voice, with noise and loudness, before they are normalised."""
        settings = self.settings
        if settings.filter_db:
            frames = self._filtered(frames, rng)
        if rng.random() < settings.noise:
            snr_db = rng.uniform(settings.snr_db, settings.snr_db + SNR_RANGE_DB)
            energy = math.exp(_loudness(frames)) * 10 ** (-snr_db / 10)
            frames = np.logaddexp(frames, self._noise(len(frames), rng, energy))
        return self._louder(frames, 0.0, rng)

    def masked(self, frames: Float32s, rng: np.random.Generator) -> Float32s:
        """Return normalised frames with some bands and some time set to their mean, zero."""
        settings = self.settings
        frames = frames.copy()
        count, bands = frames.shape
        longest = min(int((settings.mask_time or 0.0) / self.hop), count // 5)
        for _ in range(settings.masks or 0):
            width = rng.integers(0, min(settings.mask_bands or 0, bands - 1) + 1)
            start = rng.integers(0, bands - width + 1)
            frames[:, start : start + width] = 0
            length = rng.integers(0, longest + 1)
            begin = rng.integers(0, count - length + 1)
            frames[begin : begin + length] = 0
        return frames

    def _filtered(self, frames: Float32s, rng: np.random.Generator) -> Float32s:
        """Return frames as of another microphone, which favours some frequencies."""
        bands = frames.shape[1]
        nats = (self.settings.filter_db or 0.0) * math.log(10) / 10
        heights = nats * rng.uniform(-1, 1, FILTER_PLACES)
        curve = np.interp(np.arange(bands), np.linspace(0, bands - 1, FILTER_PLACES), heights)
        return frames + curve.astype(np.float32)

    def _louder(self, frames: Float32s, nats: float, rng: np.random.Generator) -> Float32s:
        """Return frames louder by some nats, give or take the gain."""
        gain_db = rng.uniform(-self.settings.gain_db, self.settings.gain_db)
        louder: Float32s = frames + np.float32(nats + gain_db * math.log(10) / 10)
        return np.maximum(louder, NOTHING)

    def _pause(self, beside: Float32s, rng: np.random.Generator) -> Float32s:
        length = int(
            rng.uniform(0, PAUSE if self.settings.pause is None else self.settings.pause) / self.hop
        )
        if rng.random() < SHARE_OF_NOTHING:
            return np.full((length, beside.shape[1]), NOTHING, np.float32)
        quiet = np.quantile(beside, 0.05, axis=0) - rng.uniform(0, 6)
        return self._noise(length, rng, float(np.exp(quiet).sum()))

    def _noise(self, length: int, rng: np.random.Generator, energy: float) -> Float32s:
        """Return frames of noise whose bands have that energy together, on average."""
        noise = self._noises[int(rng.integers(len(self._noises)))]
        places = (rng.integers(len(noise)) + np.arange(length)) % len(noise)
        level = math.log(max(energy, 1e-10))
        cut: Float32s = noise[places] + np.float32(level)
        return cut


def _loudness(frames: Float32s) -> float:
    """Return the log of the energy of all bands together, on average over time."""
    return math.log(float(np.exp(frames).sum(axis=1).mean()))


def _noises(features: AudioFeatures, sample_rate_hz: int) -> Ragged:
    """Return the frames of white, pink and brown noise whose energy is one, on average."""
    rng = np.random.default_rng(0)
    count = NOISE_SECONDS * sample_rate_hz
    frequency = np.maximum(np.arange(count // 2 + 1), 20 * NOISE_SECONDS)
    sounds = []
    for color in (0.0, 0.5, 1.0):
        sound = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) / frequency**color, count)
        sounds.append(0.1 * sound / sound.std())
    split = Recordings.make(sounds, None, "noise", sample_rate_hz=sample_rate_hz)
    frames = features_of(split, features, sample_rate_hz).frames
    levels = [np.log(np.exp(row).sum(axis=1).mean()) for row in frames]
    rows = [row - np.float32(level) for row, level in zip(frames, levels, strict=True)]
    return Ragged(np.concatenate(rows), frames.offsets)
