"""The smallest case of every estimator, for laws that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from examples.count_events import EventCounter
from sklearn.base import clone

from ostinato import (
    AudioAugmentation,
    Characters,
    Forecaster,
    Recurrent,
    SequenceTagger,
    SeriesClassifier,
    SpeechRecognizer,
    TextClassifier,
    Training,
)
from ostinato.datasets import Recordings, Sequences
from ostinato.tasks import Estimator

HORIZON = 4


@dataclass(frozen=True)
class EstimatorCase:
    """An estimator, and data that it is fitted to in a moment.

    Args:
        estimator: The estimator, never fitted itself; two epochs of small batches, with dropout.
        X: What it reads.
        y: What it learns.
        options: Arguments of its ``fit`` beside these.
        others: Settings of training, all other than those of the estimator, and as valid.
        variants: Settings that make another network of it.
        strange: What ``predict`` must refuse for an ``X``.
        refused: Arguments of ``fit`` that look well until much has been learnt of them.
        keys: What ``evaluate`` knows examples by that were seen in train.
    """

    estimator: Estimator
    X: Any
    y: Any
    refused: Mapping[str, Any]
    keys: Callable[[Any], Sequence[str]] = list
    options: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    variants: Sequence[Mapping[str, Any]] = ()
    strange: Sequence[Any] = ()

    def make(self, **settings: Any) -> Any:
        """A model that is not fitted."""
        return clone(self.estimator).set_params(**settings)

    def fit(self, model: Any = None, rows: Sequence[int] | None = None, **options: Any) -> Any:
        """Fit a model, or a new one, to the data or some of its examples."""
        y = self.y if rows is None or self.y is None else [self.y[row] for row in rows]
        return (model or self.make()).fit(self.take(rows), y, **self.options, **options)

    @property
    def is_table(self) -> bool:
        """Whether the examples are rows of one table, which hold what is learnt too."""
        return isinstance(self.X, dict)

    def take(self, rows: Sequence[int] | None) -> Any:
        """Some examples, or all."""
        if rows is None:
            return self.X
        if not self.is_table:
            return [self.X[row] for row in rows]
        some = np.isin(self.X["unique_id"], np.unique(self.X["unique_id"])[list(rows)])
        return {name: column[some] for name, column in self.X.items()}

    @property
    def some(self) -> range:
        """A third of the examples, of every class."""
        return range(0, len(set(self.X["unique_id"]) if self.is_table else self.X), 3)

    def answers(self, model: Any, X: Any = None) -> list[Any]:
        """All that a model says of each example, or of others, to the last bit."""
        told = model.predict_details(self.asked(self.X if X is None else X))
        if self.is_table:
            return [told[row : row + HORIZON] for row in range(0, len(told), HORIZON)]
        names = ("sequence", "audio")  # in their order
        return [{key: one[key] for key in one if key not in names} for one in told]

    def asked(self, X: Any) -> Any:
        """Examples as ``predict_details`` takes them."""
        return [X] if self.is_table else X


_RNG = np.random.default_rng(0)
_WORDS = ("film", "story", "cast", "of note", "and so on", "it was")
_TEXTS = [
    " ".join([("good", "bad")[n % 2], *_RNG.choice(_WORDS, n % 9), f"number {n}"])
    for n in range(60)
]
_SENTENCES = [
    [("Anna", "Rain")[n % 2], *map(str, _RNG.choice(_WORDS, n % 7)), "sings", str(n)]
    for n in range(60)
]
_STEPS = [_RNG.normal(n % 2, 1, (3 + n % 9, 3)).astype(np.float32) for n in range(60)]
_SOUNDS = [
    np.sin(2 * np.pi * (300 + 400 * (n % 2)) * np.arange(2400 + 400 * (n % 5)) / 8000)
    + 0.01 * _RNG.normal(size=2400 + 400 * (n % 5))
    for n in range(24)
]
_DAYS = np.arange("2024-01-01", "2024-03-21", dtype="datetime64[D]")
_SERIES = {
    "unique_id": np.repeat(["a", "b", "c", "d"], len(_DAYS)),
    "ds": np.tile(_DAYS, 4),
    "y": np.concatenate([np.arange(len(_DAYS)) % 7 + 10.0 * n for n in range(1, 5)]),
}
_SHAPE: Any = {
    "recurrent": Recurrent(hidden_size=8, num_layers=2, dropout=0.2),
    "training": Training(epochs=2, batch_size=8, learning_rate=0.01),
}
_BY_TWO = ["0", "1"] * 30
_WITHIN: Any = {"recurrent__hidden_size": 5, "training__batch_size": 3, "training__epochs": 1}
_TEXT = TextClassifier(min_freq=1, embedding_size=8, baseline=False, members=1, **_SHAPE)
_OF_TEXT = {"max_length": 2, "pooling": "mean", "tokenizer": "char", "ngrams": False, "members": 2}
_SEQUENCES = SeriesClassifier(baseline=False, **_SHAPE)
_OF_SEQUENCES = {"pooling": "mean", "convolutions": False, "noise": 0.1}

CASES: dict[str, EstimatorCase] = {
    "text": EstimatorCase(
        _TEXT,
        _TEXTS,
        _BY_TWO,
        {"y": ["0"] * 60},
        others={**_WITHIN, **_OF_TEXT, "multi_label": True},
        variants=[
            {"pooling": "attention", "recurrent__cell": "rnn"},
            {"pooling": "mean", "recurrent__cell": "gru", "members": 3},
        ],
        strange=["one string", [3], [None], [float("nan")]],
    ),
    "labels": EstimatorCase(
        clone(_TEXT).set_params(multi_label=True),
        _TEXTS,
        [{"01"[k] for k in range(2) if n % (k + 2)} for n in range(60)],
        {"y": [set()] * 60},
        others={**_WITHIN, **_OF_TEXT, "multi_label": False},
        strange=["one string", [3]],
    ),
    "tags": EstimatorCase(
        SequenceTagger(
            embedding_size=8,
            characters=Characters(embedding_size=4, hidden_size=4),
            baseline=False,
            **_SHAPE,
        ),
        _SENTENCES,
        [["S-PER" if word == "Anna" else "O" for word in words] for words in _SENTENCES],
        {"y": [["O"] * len(words) for words in _SENTENCES]},
        keys=lambda X: list(map(" ".join, X)),
        others={**_WITHIN, "head": "softmax", "ngrams": False, "tokenizer": "char", "pairs": True},
        variants=[{"characters__reader": "convolution", "head": "softmax"}],
        strange=["one string", ["one"], [3], [["a", None]], [[1.5]]],
    ),
    "sequences": EstimatorCase(
        _SEQUENCES,
        _STEPS,
        _BY_TWO,
        {"y": ["0"] * 60},
        keys=lambda X: Sequences.make(X, None, "seen").keys,
        others={**_WITHIN, **_OF_SEQUENCES, "regression": True},
        variants=[{"pooling": "attention", "recurrent__cell": "lstm"}],
        strange=[
            "a.ts",
            ["a.ts"],
            [b"a"],
            [np.zeros((4, 2))],
            [np.full((3, 3), np.inf)],
            [[["a"]]],
            [None],
        ],
    ),
    "values": EstimatorCase(
        clone(_SEQUENCES).set_params(regression=True),
        _STEPS,
        [float(steps.mean()) for steps in _STEPS],
        {"y": [1.0] * 60},
        keys=lambda X: Sequences.make(X, None, "seen").keys,
        others={**_WITHIN, **_OF_SEQUENCES, "regression": False},
        strange=[[np.zeros((4, 2))]],
    ),
    "speech": EstimatorCase(
        SpeechRecognizer(
            unit="word",
            channels=2,
            augmentation=AudioAugmentation(speed=0.0),
            baseline=False,
            **_SHAPE,
        ),
        _SOUNDS,
        ["low", "high"] * 12,
        {"y": [""] * 24},
        keys=lambda X: Recordings.make(X, None, "seen", sample_rate_hz=8000).keys,
        options={"sample_rate_hz": 8000},
        others={**_WITHIN, "channels": None, "features__bands": 20, "unit": "character"},
        strange=["a.wav", [3], [None], [np.array([np.nan])], [np.zeros((2, 2, 2))]],
    ),
    "forecast": EstimatorCase(
        Forecaster(
            horizon=HORIZON,
            context=14,
            recurrent=Recurrent(
                cell="gru", hidden_size=8, num_layers=2, dropout=0.2, bidirectional=False
            ),
            training=Training(epochs=2, batch_size=32, learning_rate=0.01),
        ),
        _SERIES,
        None,
        {"target_columns": ["unique_id"]},
        others={**_WITHIN, "horizon": 2, "context": 7, "method": "direct", "levels": (50,)},
        variants=[{"method": "autoregressive"}, {"segment": 2}, {"method": "direct"}],
        strange=[3, "no file.csv", {"a": [1]}, {**_SERIES, "y": _SERIES["y"] * np.inf}],
    ),
}

EXAMPLE = EstimatorCase(
    EventCounter(baseline=False, **_SHAPE),
    _STEPS,
    [int((steps > 1).sum()) for steps in _STEPS],
    {"y": [*range(59), 0.5]},
    keys=lambda X: Sequences.make(X, None, "seen").keys,
    others={**_WITHIN, "head_dropout": 0.1, "baseline": True},
    variants=[{"recurrent__cell": "lstm"}],
    strange=["a.ts", ["a.ts"], [np.zeros((4, 2))], [np.full((3, 3), np.inf)], [None]],
)
"""The task that "Add a task" makes."""
