"""The smallest model of every task, for laws that hold for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato import (
    Augmentation,
    Characters,
    Forecaster,
    Recurrent,
    SequenceTagger,
    SeriesClassifier,
    SpeechRecognizer,
    TextClassifier,
    Training,
)
from ostinato.tasks import Estimator

TASKS = ("text", "tags", "series", "speech", "forecast")

_RNG = np.random.default_rng(0)
_WORDS = ("film", "story", "cast", "of note", "and so on", "it was")
TEXTS = [
    " ".join([("good", "bad")[n % 2], *_RNG.choice(_WORDS, n % 9), f"number {n}"])
    for n in range(60)
]
SENTENCES = [[("Anna", "Rain")[n % 2], *_RNG.choice(_WORDS, n % 7), "sings"] for n in range(60)]
STEPS = [_RNG.normal(n % 2, 1, (3 + n % 9, 3)).astype(np.float32) for n in range(60)]
SOUNDS = [
    np.sin(2 * np.pi * (300 + 400 * (n % 2)) * np.arange(2400 + 400 * (n % 5)) / 8000)
    + 0.01 * _RNG.normal(size=2400 + 400 * (n % 5))
    for n in range(24)
]
DAYS = np.arange("2024-01-01", "2024-03-21", dtype="datetime64[D]")
SERIES = {
    "unique_id": np.repeat(["a", "b", "c", "d"], len(DAYS)),
    "ds": np.tile(DAYS, 4),
    "y": np.concatenate([np.arange(len(DAYS)) % 7 + 10.0 * n for n in range(1, 5)]),
}
INPUTS: dict[str, Any] = {
    "text": TEXTS,
    "tags": SENTENCES,
    "series": STEPS,
    "speech": SOUNDS,
    "forecast": SERIES,
}


def make(task: str, **settings: Any) -> Estimator:
    """A model of a task, not fitted; two epochs of small batches."""
    training = Training(epochs=2, batch_size=8, batch_tokens=None, learning_rate=0.01)
    shape = {"recurrent": Recurrent(hidden_size=8), "training": training}
    models: dict[str, Estimator] = {
        "text": TextClassifier(min_freq=1, embedding_size=8, **shape),
        "tags": SequenceTagger(
            embedding_size=8, characters=Characters(embedding_size=4, hidden_size=4), **shape
        ),
        "series": SeriesClassifier(**shape),
        "speech": SpeechRecognizer(
            unit="word", channels=2, augmentation=Augmentation(speed=0.0), **shape
        ),
        "forecast": Forecaster(
            horizon=4,
            context=14,
            recurrent=Recurrent(cell="gru", hidden_size=8, bidirectional=False),
            training=training.replace(batch_size=32),
        ),
    }
    if task != "forecast":
        settings = {"baseline": False, **settings}
    return models[task].set_params(**settings)


def fit(task: str, model: Estimator | None = None, **options: Any) -> Any:
    """Fit a model of a task to its data; ``options`` are those of its ``fit``."""
    model = model or make(task)
    if task == "forecast":
        return model.fit(SERIES, **options)  # type: ignore[attr-defined]
    answers: dict[str, list[Any]] = {
        "text": [str(n % 2) for n in range(60)],
        "tags": [["S-PER" if word == "Anna" else "O" for word in words] for words in SENTENCES],
        "series": [str(n % 2) for n in range(60)],
        "speech": [("low", "high")[n % 2] for n in range(24)],
    }
    if task == "speech":
        options = {"sample_rate_hz": 8000, **options}
    return model.fit(INPUTS[task], answers[task], **options)  # type: ignore[attr-defined]


def answers(task: str, model: Any, rows: Any = None) -> list[Any]:
    """What a model says of examples of its data, as numbers: one array an example, in their order."""
    if task == "forecast":
        ids = np.unique(SERIES["unique_id"])
        ids = ids if rows is None else ids[list(rows)]
        is_asked = np.isin(SERIES["unique_id"], ids)
        told = model.predict({name: column[is_asked] for name, column in SERIES.items()})
        numbers = [name for name in told.column_names if name not in ("unique_id", "ds")]
        table = np.array([told[name].to_numpy() for name in numbers])
        return np.split(table, len(ids), axis=1)
    examples = INPUTS[task]
    asked = examples if rows is None else [examples[row] for row in rows]
    if task == "speech":
        return [np.array(one["confidence"]) for one in model.explain(asked, sample_rate_hz=8000)]
    if task == "tags":
        told = model.explain(asked)
        return [np.array([token["confidence"] for token in one["tokens"]]) for one in told]
    return list(np.asarray(model.predict_proba(asked)))
