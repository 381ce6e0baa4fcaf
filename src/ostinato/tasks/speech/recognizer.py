"""Recordings in, text out: a recogniser trained by connectionist temporal classification."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from torch import Tensor
from typing_extensions import Self, Unpack

from ostinato import audio, datasets
from ostinato._config import AudioAugmentation, AudioFeatures, Recurrent, Training
from ostinato._errors import DatasetError
from ostinato._files import read_json, write_json
from ostinato._kinds import RECORDINGS, DataKind
from ostinato.datasets import Recordings
from ostinato.models import SpeechNetwork
from ostinato.tasks import saved
from ostinato.tasks.answers import joined
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.contract import Fitting
from ostinato.tasks.estimator import Estimator, Splits
from ostinato.tasks.speech import summary as speech_facts
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.averaged_frames import FILE, JoinedFrames
from ostinato.tasks.speech.baselines import baselines
from ostinato.tasks.speech.decoding import Decoding, LanguageModel
from ostinato.tasks.speech.evaluation import WORD_ERRORS, failure, measure
from ostinato.tasks.speech.keywords import keywords_of
from ostinato.tasks.speech.objective import SpeechObjective, frames_of, splits_of
from ostinato.tasks.speech.sizing import sized
from ostinato.tasks.speech.stream import TranscriptionStream
from ostinato.tasks.speech.transcriber import OnError, Transcriber, usable
from ostinato.tasks.summary import DataSummary
from ostinato.tasks.verdict import ACCURACY, Compared
from ostinato.training import Figures, Objective, Split

logger = logging.getLogger("ostinato")


@dataclass(kw_only=True, eq=False, repr=False)
class SpeechRecognizer(Estimator[Iterable[Any], Iterable[str] | None]):
    """Speech recogniser: log-mel frames, convolution over the bands, recurrent stack, CTC.

    Args:
        recurrent: The recurrent stack; with one direction the recogniser can stream.
        training: How it is trained.
        features: How sound becomes numbers.
        augmentation: How training recordings are changed each time they are seen.
        unit: What is written: characters, or whole words; none for words if train has keywords.
        alphabet: The characters, or the words parted by spaces; none for those of train.
        channels: Filters of the convolution over the bands; none to do without.
        head_dropout: Probability of dropping a feature of the outputs of the recurrent stack.
        beam_width: Hypotheses kept at each step; 1 takes the likeliest class of each step.
        keywords: Whether each recording says one of train's transcripts; none to see by them.
        threshold: Confidence below which a word, or a keyword, is not told.
        averaged_frames: Where it tells keywords, join a linear model of averaged frames to the network,
            each weighted by validation.
        baseline: Measure simple models beside it.

    Raises:
        ConfigError: A setting is outside its rule (on fit).

    Example:
        >>> from ostinato import AudioAugmentation, Recurrent, SpeechRecognizer, Training
        >>> seconds = np.arange(4000) / 8000
        >>> sounds = [np.sin(2 * np.pi * hz * seconds) for hz in (400, 1600)] * 8
        >>> model = SpeechRecognizer(
        ...     unit="word",
        ...     recurrent=Recurrent(cell="gru", hidden_size=16),
        ...     training=Training(epochs=10, batch_size=4, learning_rate=2e-2),
        ...     augmentation=AudioAugmentation(speed=0.0, noise=0.0, masks=0, join=0.0),
        ...     channels=None,
        ... )
        >>> transcripts = ["low", "high"] * 8
        >>> model = model.fit(sounds, transcripts, sample_rate_hz=8000, validation=(sounds, transcripts))
        >>> model.predict(sounds[:2])
        ['low', 'high']

    Source: Graves et al. 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf; Amodei et al. 2016,
    https://arxiv.org/abs/1512.02595.
    """

    task: ClassVar[str] = "speech-recognition"
    pipeline_tag: ClassVar[str] = "automatic-speech-recognition"
    data: ClassVar[DataKind] = RECORDINGS
    options: ClassVar[tuple[str, ...]] = (
        *("beam_width", "n_best", "hot_words"),
        *("threshold", "on_error"),
    )
    takes_files: ClassVar[bool] = True
    line_fields: ClassVar[tuple[str, ...]] = ("audio", "text")
    advice: ClassVar[str] = "Try more recordings, also of other voices, or twice the epochs."

    recurrent: Recurrent = field(
        default_factory=lambda: Recurrent(cell="gru", hidden_size=128, num_layers=2, dropout=0.1)
    )
    training: Training = field(default_factory=Training)
    features: AudioFeatures = field(default_factory=AudioFeatures)
    augmentation: AudioAugmentation = field(default_factory=AudioAugmentation)
    unit: Literal["character", "word"] | None = None
    alphabet: str | None = None
    channels: int | None = 32
    head_dropout: float = 0.1
    beam_width: int = 1
    keywords: bool | None = None
    threshold: float = 0.0
    averaged_frames: bool = True
    baseline: bool = True

    module_: SpeechNetwork = field(init=False)
    alphabet_: Alphabet = field(init=False)
    sample_rate_hz_: int = field(init=False)
    recordings_hz_: int | None = field(init=False)
    normalizer_: audio.Normalizer = field(init=False)
    joined_: JoinedFrames | None = field(init=False)

    def fit(
        self,
        X: Iterable[Any],
        y: Iterable[str] | None,
        *,
        sample_rate_hz: int | None = None,
        speakers: Sequence[str] | None = None,
        validation: tuple[Iterable[Any], Iterable[str] | None] | None = None,
        on_error: OnError = "raise",
        **fitting: Unpack[Fitting],
    ) -> Self:
        """Train on recordings and their transcripts, as `ostinato.tasks.Estimator.fit`.

        Args:
            X: Paths or bytes of sound files, arrays ``(samples,)`` or ``(samples, channels)`` of floats
                in [-1, 1] or 16-bit integers, or a column of Hugging Face's ``Audio``.
            y: What is said in each.
            sample_rate_hz: Rate of arrays; files and columns tell it themselves.
            speakers: Who speaks in each, for the figures by speaker.
            validation: Recordings and transcripts that choose the best epoch.
            on_error: What to do with a recording that cannot be read: raise, or skip it and say so.
            fitting: The run folder, and who is told of epochs.
        """
        make = Recordings.make
        splits = {"train": make(X, y, "train", speakers=speakers, sample_rate_hz=sample_rate_hz)}
        if validation is not None:
            splits["validation"] = make(*validation, "validation", sample_rate_hz=sample_rate_hz)
        return self.fit_splits(usable(splits, on_error), **fitting)

    def predict(self, X: Iterable[Any], **options: Any) -> list[str]:
        """Return what is said in each recording.

        Args:
            X: Paths or arrays, as of :meth:`fit`.
            options: Those of :meth:`predict_details`, such as ``beam_width`` and ``hot_words``.

        Raises:
            DatasetError: A recording cannot be read.
        """
        return [answer.get("text", "") for answer in self.predict_details(X, **options)]

    def predict_details(
        self,
        X: Iterable[Any],
        *,
        sample_rate_hz: int | None = None,
        on_error: OnError = "raise",
        beam_width: int | None = None,
        n_best: int = 1,
        hot_words: Mapping[str, float] | None = None,
        language_model: LanguageModel | None = None,
        threshold: float | None = None,
    ) -> list[dict[str, Any]]:
        """Return for each recording its text, words with times and confidence, and alternatives.

        Args:
            X: Paths or arrays, as of :meth:`fit`.
            sample_rate_hz: Rate of arrays; none for that of the training recordings.
            on_error: What to do with a recording that cannot be read: raise, or answer with its
                ``error``.
            beam_width: Hypotheses kept at each step; none for the setting.
            n_best: How many texts to tell, with their probabilities.
            hot_words: Words to expect, and how many nats each is worth; 3 is a good start.
            language_model: A function from the beginning of a text to the log of how likely it is.
            threshold: Confidence below which a word, or a keyword, is not told; none for the setting.

        Raises:
            DatasetError: A recording cannot be read.
        """
        transcriber = self._transcriber
        if isinstance(X, Sized) and getattr(X, "shape", None) != () and not len(X):
            return []
        decoding = Decoding(
            beam_width=beam_width or self.beam_width,
            n_best=n_best,
            hot_words=hot_words or {},
            language_model=language_model,
            threshold=self.threshold if threshold is None else threshold,
        )
        rate = self.recordings_hz_ if sample_rate_hz is None else sample_rate_hz
        split = Recordings.make(X, None, "data", sample_rate_hz=rate)
        return transcriber.predict_details(split, decoding, skip=on_error == "skip")

    def stream(
        self, sample_rate_hz: int | None = None, *, threshold: float | None = None
    ) -> TranscriptionStream:
        """Return a session that recognises speech while it is spoken.

        Args:
            sample_rate_hz: Rate of the sound; none for that of the training recordings.
            threshold: Confidence below which a word is not told; none for the setting.

        Raises:
            ConfigError: The recurrent stack is bidirectional, or levels are those of whole utterances.
        """
        self._check_fitted()
        rate = self.recordings_hz_ if sample_rate_hz is None else sample_rate_hz
        return self._transcriber.stream(rate, self.threshold if threshold is None else threshold)

    def evaluate(
        self,
        X: Iterable[Any] | Recordings,
        y: Iterable[str] | None = None,
        *,
        seen: Sequence[Any] | None = None,
        sample_rate_hz: int | None = None,
    ) -> Figures:
        """Return the figures of `ostinato.metrics.transcription_metrics`, loss and speed.

        ``loss`` is in nats a symbol; ``real_time_factor`` is the time that reading, recognising and
        decoding took, as a share of the recordings' own.

        Args:
            X: Paths or arrays, as of :meth:`fit`; or `ostinato.datasets.Recordings`.
            y: What is said in each; `Recordings` have it.
            seen: As of `ostinato.tasks.Estimator.evaluate`.
            sample_rate_hz: Rate of arrays; none for that of the training recordings.
        """
        self._check_fitted()
        if not isinstance(X, Recordings):
            rate = self.recordings_hz_ if sample_rate_hz is None else sample_rate_hz
            X = Recordings.make(X, () if y is None else y, "evaluate", sample_rate_hz=rate)
        elif y is not None and list(y) != (X.transcripts or []):
            raise DatasetError(
                "evaluate: recordings that were loaded have their transcripts; got others. Leave y out, "
                "or give their audio."
            )
        return self._measure(X, "evaluate", seen=seen or (), run=None)

    def score(self, X: Iterable[Any] | Recordings, y: Iterable[str] | None) -> float:
        """Return 1 minus the word error rate; higher is better, at most 1, below 0 if very wrong."""
        return 1.0 - float(self.evaluate(X, y)["wer"])

    def load_splits(self, *, on_error: OnError | None = None, **arguments: Any) -> Splits:
        """Load data as `ostinato.datasets.load_recordings` does; skip what cannot be read."""
        return usable(datasets.load_recordings(**arguments), on_error)

    def read_split(self, path: str, *, on_error: OnError | None = None, **c: Any) -> Recordings:
        """Read one manifest or folder, by the arguments of `ostinato.datasets.read_recordings`."""
        c.pop("test_speaker", None)  # is of a whole data set
        return usable({"data": datasets.read_recordings(path, **c)}, on_error)["data"]

    def inputs_and_targets(self, split: Recordings) -> tuple[Any, Sequence[str]]:
        """Return the recordings of a split, and their transcripts."""
        return split, split.transcripts or ()

    def read_inputs(self, path: str, **columns: Any) -> Sequence[Any]:
        """Return the sound files that a path names: itself, those in a folder, or of a manifest."""
        if not Path(path).exists():
            return [path]  # to be told of in its place, beside the others
        return datasets.read_recordings(path, labelled=False, **columns).audio

    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return an answer of `predict_details` as a line: the recording, a tab, what is said."""
        transcripts = answer["text"] if "text" in answer else f"error: {answer['error']}"
        return joined(answer["audio"], transcripts)

    def _strata(self, split: Recordings) -> tuple[Sequence[Any], Sequence[Hashable]]:
        transcripts = split.transcripts or []
        return (transcripts if keywords_of(transcripts) else [""] * len(transcripts)), split.keys

    def _groups(self, split: Recordings, sides: int) -> Sequence[Hashable]:
        return speech_facts.groups_of(split, sides)

    def _split(self, X: Any, y: Any, name: str) -> Recordings:
        return X if isinstance(X, Recordings) else Recordings.make(X, y, name)

    def _fit_labels(self, splits: Splits) -> None:
        self.joined_ = None
        speech_facts.check_transcripts(splits)
        transcripts = splits["train"].transcripts
        keywords = keywords_of(transcripts, given=self.keywords)
        if self.keywords is None and not keywords:
            speech_facts.tell_why_no_keywords(transcripts)
        unit = self.unit or ("word" if keywords else "character")
        self.alphabet_ = Alphabet.fit(
            *(splits["train"], unit, self.alphabet),
            joins=self.augmentation.join != 0,
            keywords=keywords,
        )

    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, DataSummary]:
        features = self.sized_.features
        rate, self.recordings_hz_ = audio.rates_of(splits["train"])
        self.sample_rate_hz_ = features.sample_rate_hz or rate
        augmenter = audio.Augmenter(self.sized_.augmentation, features, self.sample_rate_hz_)
        sounds = frames_of(splits, features, self.sample_rate_hz_, augmenter.speeds)
        self.normalizer_ = self._normalizer(*audio.levels(sounds["train"][0].frames))
        self.module_ = self._network()
        loop_splits = splits_of(
            *(splits, sounds, self.alphabet_, self._features, self.normalizer_),
            *(augmenter, self.module_),
        )
        facts = speech_facts.describe(splits, loop_splits, self.alphabet_)
        for line in speech_facts.lines(splits, loop_splits, facts, self.alphabet_):
            logger.info(line)
        return dict(loop_splits), SpeechObjective(self.alphabet_), facts

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        return sized(len(splits["train"]), self.alphabet_, self.recurrent)

    def _baselines(self, train: Recordings) -> Iterator[Baseline]:
        model = self.joined_.model if self.joined_ is not None else None
        keywords = self.alphabet_.keywords
        return baselines(train, self._features, self.sample_rate_hz_, keywords, model)

    def _compared(self) -> Compared:
        return ACCURACY if self.alphabet_.keywords else WORD_ERRORS

    def _failure(self, figures: Figures) -> str | None:
        return failure(figures)

    def _network(self, weights: Mapping[str, Tensor] | None = None) -> SpeechNetwork:
        return SpeechNetwork(
            *(self._features.bands, self._features.context, 1 + len(self.alphabet_.symbols)),
            channels=self.sized_.channels,
            recurrent=self.sized_.recurrent,
            lookahead=self._features.lookahead_steps,
            head_dropout=self.sized_.head_dropout,
        )

    def _normalizer(self, mean: Any, deviation: Any) -> audio.Normalizer:
        kind = str(self._features.normalization)
        return audio.Normalizer(kind, mean, deviation, hop=self._features.hop)

    @property
    def _features(self) -> AudioFeatures:
        return self.sized_.features.fitted_to(self.sized_.recurrent)

    @property
    def _transcriber(self) -> Transcriber:
        self._check_fitted()
        return Transcriber(
            *(self.module_, self.alphabet_, self._features, self.sample_rate_hz_, self.normalizer_),
            *(self.sized_.training.batch_tokens, self.joined_),
        )

    def _finish(self, splits: Splits, out: Path | None) -> None:
        if self.averaged_frames and len(self.alphabet_.keywords) > 1:
            self.joined_ = self._transcriber.joined_with(splits["train"], splits["validation"])
            if out:
                self.joined_.save(out)
        super()._finish(splits, out)

    def _measure(
        self, examples: Recordings, split: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        decoding = Decoding(beam_width=self.beam_width, threshold=self.threshold)
        return measure(self._transcriber, examples, decoding, split=split, seen=seen, run=run)

    def _save_preprocessing(self, run: Path) -> None:
        self.alphabet_.save(run)
        rates = {"sample_rate_hz": self.sample_rate_hz_, "recordings_hz": self.recordings_hz_}
        write_json(run / "audio.json", {**rates, **self.normalizer_.levels})
        if self.joined_ is not None:
            self.joined_.save(run)

    def _load_preprocessing(self, run: Path) -> None:
        self.alphabet_ = Alphabet.load(run)
        path = run / "audio.json"
        found = read_json(path)
        self.recordings_hz_ = saved.recordings_rate(found, path)
        self.sample_rate_hz_, *levels = saved.levels(found, path, self._features.bands)
        self.joined_ = JoinedFrames.load(run) if saved.has_optional_file(run / FILE) else None
        self.normalizer_ = self._normalizer(*map(np.array, levels))

    def _example(self, run: Path) -> str:
        return f'import ostinato\n\nostinato.load("{run.name}").predict(["call.wav"])'

    def _reads(self) -> str:
        return f"Recordings of any rate are brought to {self.sample_rate_hz_} Hz, one channel."
