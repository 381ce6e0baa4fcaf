"""A trained recogniser at work: recordings to log-probabilities to answers."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from ostinato import audio
from ostinato._arrays import Float32s
from ostinato._config import AudioFeatures
from ostinato._doing import doing
from ostinato._errors import DatasetError
from ostinato.data.batches import length_buckets, unpacked
from ostinato.datasets import Recordings
from ostinato.datasets.records.waves import rate_of_samples
from ostinato.models import SpeechNetwork
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.averaged_frames import AveragedFrames, JoinedFrames
from ostinato.tasks.speech.decoding import Decoding, answer_of
from ostinato.tasks.speech.keywords import log_likelihoods
from ostinato.tasks.speech.stream import TranscriptionStream

logger = logging.getLogger("ostinato")

OnError = Literal["raise", "skip"]

AT_ONCE = 1 << 17  # frames that are in memory together, some twenty minutes, or one recording


class AcousticOutput(NamedTuple):
    """What the network hears in a recording.

    Args:
        place: Which of the recordings it is.
        log_probs: Log-probabilities of the classes at each step, ``(steps, classes)``.
        seconds: Length of the recording.
        frames: Its frames before they are normalised, ``(frames, bands)``.
    """

    place: int
    log_probs: Float32s
    seconds: float
    frames: Float32s


@dataclass(frozen=True, eq=False)
class Transcriber:
    """What turns recordings into text.

    Args:
        network: The trained network.
        alphabet: Its symbols.
        features: What a step is.
        sample_rate_hz: Rate of the network's frames.
        normalizer: How frames are normalised.
        batch_tokens: Most frames in a batch.
        joined: A linear model that tells keywords apart beside the network, if there is one.
    """

    network: SpeechNetwork
    alphabet: Alphabet
    features: AudioFeatures
    sample_rate_hz: int
    normalizer: audio.Normalizer
    batch_tokens: int | None
    joined: JoinedFrames | None = None

    def predict_details(
        self, split: Recordings, decoding: Decoding, *, skip: bool = False
    ) -> list[dict[str, Any]]:
        """Return an answer for each recording; with ``skip`` an ``error`` where it cannot be read."""
        rows, problems = np.arange(len(split)), dict[int, str]()
        if skip:
            rows, problems = audio.readable(split)
        answers: list[dict[str, Any]] = [{"audio": name} for name in split.names]
        for row, error in problems.items():
            answers[row]["error"] = error
        for output in self.log_probs(split.take(rows)):
            answers[rows[output.place]] |= self.answer(output, decoding)
        return answers

    def answer(self, output: AcousticOutput, decoding: Decoding) -> dict[str, Any]:
        """Return what a recording says."""
        return answer_of(
            *(output.log_probs, self.alphabet, decoding),
            step=self.features.step,
            seconds=output.seconds,
            beside=self.joined.scores(output.frames) if self.joined is not None else None,
            delay=self.features.lookahead_steps * self.features.step,
        )

    def joined_with(self, train: Recordings, validation: Recordings) -> JoinedFrames:
        """Return a linear model beside the network, each by a weight that validation finds.

        Args:
            train: Recordings of keywords that the network was fitted on.
            validation: Others.
        """
        keywords = self.alphabet.keywords
        doing("fitting averaged frames to join")
        model = AveragedFrames.fit(train, self.features, self.sample_rate_hz, keywords)
        network, linear = np.empty((2, len(validation), len(keywords)))
        for output in self.log_probs(validation):
            network[output.place] = log_likelihoods(output.log_probs, self.alphabet.keyword_symbols)
            linear[output.place] = model.scores(output.frames)
        transcripts = validation.transcripts or ()
        joined = JoinedFrames.fit(model, network, linear, transcripts, keywords, count=len(train))
        logger.debug(joined.description)
        return joined

    def stream(self, input_rate_hz: int | None, threshold: float) -> TranscriptionStream:
        """Return a session that hears one recording while it is spoken."""
        if input_rate_hz is None:
            input_rate_hz = self.sample_rate_hz
            logger.warning(
                "stream: the training recordings had several rates, so the sound is taken for %d Hz, that of "
                "most; give sample_rate_hz if it has another.",
                input_rate_hz,
            )
        rate = rate_of_samples(input_rate_hz, "stream")
        if self.joined is not None:
            logger.warning(
                "stream: the network hears alone; the averaged frames joined to it, which count in the "
                "figures, take whole recordings. averaged_frames=False in training measures what is heard."
            )
        self.network.eval()
        return TranscriptionStream(
            self.network,
            self.alphabet,
            self.features,
            copy.copy(self.normalizer),
            sample_rate_hz=self.sample_rate_hz,
            input_rate_hz=rate,
            threshold=threshold,
        )

    @torch.inference_mode()
    def log_probs(self, split: Recordings) -> Iterator[AcousticOutput]:
        """Yield what the network hears in each recording, in any order."""
        self.network.eval()
        waiting: list[tuple[int, Float32s, float]] = []
        held = 0
        for row in range(len(split)):
            sounds = audio.features_of(split.take([row]), self.features, self.sample_rate_hz)
            waiting.append((row, sounds.frames[0], float(sounds.seconds[0])))
            held += len(sounds.frames.values)
            if held >= AT_ONCE:
                yield from self._of(waiting)
                waiting, held = [], 0
        yield from self._of(waiting)

    def _of(self, sounds: list[tuple[int, Float32s, float]]) -> Iterator[AcousticOutput]:
        for rows in length_buckets(
            [len(frames) for _, frames, _ in sounds],
            batch_tokens=self.batch_tokens or AT_ONCE,
            batch_size=None,
            seed=0,
            epoch=None,
        ):
            frames = [self.normalizer.all(sounds[row][1]) for row in rows]
            output = self.network(audio.packed_steps(frames, self.features))
            scores = unpacked(output.data.float(), output.batch_sizes)
            for row, log_probs in zip(rows, scores, strict=True):
                place, raw, seconds = sounds[row]
                yield AcousticOutput(place, log_probs, seconds, raw)


def usable(splits: Mapping[str, Recordings], on_error: OnError | None) -> dict[str, Recordings]:
    """Return the splits, without the unreadable recordings if these are to be skipped.

    Raises:
        DatasetError: None is left in a split.
    """
    if on_error != "skip":
        return dict(splits)
    kept = {}
    for name, split in splits.items():
        rows, problems = audio.readable(split)
        if not len(rows):
            raise DatasetError(
                f"{split.source}: {name} must have a recording that can be read; got none of "
                f"{len(split)}. The first: {problems[0]}"
            )
        kept[name] = split.take(rows)
    return kept
