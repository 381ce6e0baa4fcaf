"""Speech recognised while it is spoken."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ostinato._config import AudioFeatures, check_range
from ostinato._errors import ConfigError
from ostinato.audio import Frontend, Normalizer, Steps
from ostinato.datasets.records.waves import LOUDEST
from ostinato.models import SpeechNetwork
from ostinato.nn import AlignedSymbol, GreedyDecoder
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.decoding import transcription


class TranscriptionStream:
    """A session that takes sound in chunks of any size and writes along.

    Make one with `SpeechRecognizer.stream`. In the end it has said what the recogniser says of the
    whole recording, however the sound was cut: with the native kernels to the bit, else to rounding.
    One of keywords writes each as it is said, and nothing in between; of a whole recording it would
    say the likeliest, however faint.

    Args:
        network: The network, of one direction.
        alphabet: Its symbols.
        features: What a step is.
        normalizer: How frames are normalised: by what was heard so far.
        sample_rate_hz: Rate of the network's frames.
        input_rate_hz: Rate of the sound.
        threshold: Confidence below which a word is not told.

    Raises:
        ConfigError: The network needs the end of a recording before it can begin.
    """

    def __init__(
        self,
        network: SpeechNetwork,
        alphabet: Alphabet,
        features: AudioFeatures,
        normalizer: Normalizer,
        *,
        sample_rate_hz: int,
        input_rate_hz: int,
        threshold: float = 0.0,
    ) -> None:
        check_range("stream", "threshold", threshold, low=0, below=1)
        if network.recurrent.bidirectional or normalizer.kind != "running":
            raise ConfigError(
                "stream: the recogniser must have one direction and running normalization; this one "
                "needs the end first. Train with --no-bidirectional."
            )
        self._network, self._alphabet, self._features = network, alphabet, features
        self._normalizer = normalizer
        self._threshold = threshold
        self._rates = {"sample_rate_hz": sample_rate_hz, "input_rate_hz": input_rate_hz}
        self.reset()

    def reset(self) -> None:
        """Forget what was heard, and begin with another recording."""
        self._frontend = Frontend(self._features, **self._rates)
        self._steps, self._greedy = Steps(self._features), GreedyDecoder()
        self._normalizer.reset()
        self._state: Any = None
        self._places: list[AlignedSymbol] = []
        self._samples, self._is_over = 0, False
        self._busy: list[float] = []

    @property
    def text(self) -> str:
        """What was heard so far, with the symbol that is still being heard.

        With a threshold only words that have ended: one that goes on may yet turn out unsure.
        """
        pending = [] if self._greedy.pending is None else [self._greedy.pending]
        if not self._threshold:
            return self._alphabet.decode([place.symbol for place in (*self._places, *pending)])
        places = list(self._places)
        if not self._is_over and self._alphabet.unit == "character":
            while places and places[-1].symbol != self._alphabet.separator:
                places.pop()
        return str(self._answer(places)["text"])

    @property
    def latency(self) -> dict[str, float]:
        """What a word waits for, in seconds.

        ``lookahead`` is the sound after a step that the network must hear; ``compute`` and
        ``compute_max`` the time to work through a chunk, on average and at most. Where the sound has
        another rate than the network, the resampler holds back about another 0.1.
        """
        features = self._features
        neighbours = features.context // 2 * features.hop + (features.window + features.hop) / 2
        lookahead = neighbours + features.lookahead_steps * features.step
        busy = self._busy or [0.0]
        return {
            "lookahead": round(lookahead, 6),
            "compute": sum(busy) / len(busy),
            "compute_max": max(busy),
        }

    def push(self, samples: npt.ArrayLike) -> str:
        """Take the next samples; return the text so far.

        Shape:
            samples: ``(samples,)``, floats in [-1, 1] or 16-bit integers.

        Raises:
            ConfigError: The samples are of another kind, or the stream has ended.
        """
        if self._is_over:
            raise ConfigError("push: the stream has ended. Call reset for another recording.")
        start = time.perf_counter()
        sound = np.asarray(samples)
        is_sound = sound.dtype.kind == "f" or sound.dtype in (np.int16, np.int32)
        if sound.ndim != 1 or not is_sound:
            raise ConfigError(
                "push: samples must be (samples,), floats in [-1, 1] or 16-bit integers; got "
                f"{sound.dtype} of shape {sound.shape}."
            )
        if sound.dtype.kind == "i":
            sound = sound / -float(np.iinfo(sound.dtype).min)
        if not np.isfinite(sound).all():
            raise ConfigError("push: every sample must be finite; got NaN or infinity.")
        if np.abs(sound).max(initial=0.0) > LOUDEST:
            raise ConfigError(
                "push: samples must lie in [-1, 1], give or take; got one of "
                f"{np.abs(sound).max():.4g}. Give 16-bit values as int16."
            )
        self._samples += len(sound)
        self._process(self._frontend.push(sound.astype(np.float32)))
        self._busy.append(time.perf_counter() - start)
        return self.text

    def finish(self) -> dict[str, Any]:
        """End the sound; return the answer of `SpeechRecognizer.predict_details` for all of it."""
        if self._samples and not self._is_over:
            self._process(self._frontend.finish(), is_end=True)
            self._places += self._greedy.finish()
        self._is_over = True
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Return text, words with their times and confidence, of what was heard so far."""
        return self._answer(self._places)

    def _answer(self, places: list[AlignedSymbol]) -> dict[str, Any]:
        return transcription(
            places,
            self._alphabet,
            step=self._features.step,
            delay=self._features.lookahead_steps * self._features.step,
            seconds=self._samples / self._rates["input_rate_hz"],
            log_silence=self._greedy.log_silence,
            threshold=self._threshold,
        )

    @torch.inference_mode()
    def _process(self, frames: npt.NDArray[np.float32], *, is_end: bool = False) -> None:
        steps = self._steps.push(self._normalizer.next(frames))
        if is_end:
            steps = np.concatenate([steps, self._steps.finish()])
        if len(steps):
            log_probs, self._state = self._network.next(torch.from_numpy(steps), self._state)
            self._places += self._greedy.push(log_probs.numpy())
