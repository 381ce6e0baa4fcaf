"""``ostinato demo``: a recurrent network beside a count, where order and context decide."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ostinato import datasets, report
from ostinato.cli.console import say, show
from ostinato.cli.train import classify, classify_series, forecast, tag, transcribe
from ostinato.datasets.samples import words
from ostinato.metrics import tagging_metrics
from ostinato.tasks import load

SHORT: dict[str, Any] = {"training__epochs": 8, "recurrent__hidden_size": 64}
"""Settings of the tagger, which has little to learn."""

MORSE: dict[str, Any] = {
    "channels": None,
    "features__bands": 12,
    "features__context": 9,
    "features__subsampling": 4,
    "recurrent__hidden_size": 64,
    "training__epochs": 12,
    "training__batch_size": 8,
    "training__learning_rate": 5e-3,
    "augmentation__speed": 0.0,
    "augmentation__noise": 0.0,
    "augmentation__masks": 0,
    "augmentation__join": 0.0,
}
"""Settings of the recogniser: a tone is on or off, and the recordings vary enough by themselves."""

SALES: dict[str, Any] = {
    "horizon": 28,
    "context": 84,
    "recurrent__hidden_size": 64,
    "training__epochs": 8,
    "training__learning_rate": 4e-3,
    "train_windows": 8192,
}
"""Settings of the forecaster: four weeks from twelve."""


def demo(
    task: Literal["classify", "tag", "transcribe", "classify-series", "forecast"] = "classify",
    /,
    *,
    out: Path | None = None,
) -> None:
    """Train on the bundled samples, and compare with a model that does not know their order.

    Args:
        task: Classify reviews beside a bag of words, tag names beside a lookup of words, write down
            Morse code, classify gestures beside a bag of steps, or forecast sales beside naive forecasts.
        out: Run folder to write, else runs/demo, or runs/demo-tag and the like; one that stands there is
            replaced.
    """
    out = out or Path("runs") / ("demo" if task == "classify" else f"demo-{task}")
    if task == "classify":
        say("Bundled reviews, in which word order decides: negation, contrast, not only ... but.")
        classify("samples", out=out, overwrite=True, settings={})
        show(f"bag of words: accuracy {bag_of_words(datasets.load('samples')):.4f}")
        show(f"recurrent:    accuracy {load(out).metrics_['test']['accuracy']:.4f}")
    elif task == "tag":
        say("Bundled sentences with names, in which context and the shape of a word decide.")
        tag("samples-tag", out=out, overwrite=True, settings=SHORT)
        show(f"lookup:       f1 {lookup(datasets.load_tagged('samples-tag')):.4f}")
        show(f"recurrent:    f1 {load(out).metrics_['test']['f1']:.4f}")
    elif task == "classify-series":
        say("Generated gestures of two hands, in which only the order of the motifs decides.")
        classify_series("gestures", out=out, overwrite=True, settings={})
        show(f"bag of steps: accuracy {bag_of_steps(datasets.load_sequences('gestures')):.4f}")
        show(f"recurrent:    accuracy {load(out).metrics_['test']['accuracy']:.4f}")
    elif task == "forecast":
        say("Generated sales of 40 stores by day: two seasons, trends, promotions known ahead.")
        forecast("sales", out=out, overwrite=True, settings=SALES)
        figures = load(out).metrics_["test"]
        for name in ("naive", "seasonal_naive"):
            show(f"{name.replace('_', ' ') + ':':15} mase {figures[name]['mase']:.4f}")
        show(f"recurrent:      mase {figures['mase']:.4f}")
    else:
        say("Generated Morse code at all speeds and pitches, the test messages in noise at 10 dB.")
        transcribe("morse", out=out, overwrite=True, settings=MORSE)
        model, test = load(out), datasets.load_speech("morse")["test"]
        for sound, text in zip(test.audio[:3], test.transcripts or (), strict=False):
            show(f"sent {text!r}, heard {model.explain([sound])[0]['text']!r}")
        show(f"recurrent:    cer {model.metrics_['test']['cer']:.4f}")
    show(f"page:         {report.write(out)}")


def bag_of_words(parts: Mapping[str, datasets.Examples]) -> float:
    """Return the test accuracy of logistic regression on counts of words and Han characters."""
    model = make_pipeline(CountVectorizer(analyzer=words), LogisticRegression(max_iter=1000))
    model.fit(list(parts["train"].texts), parts["train"].labels)
    return float(model.score(list(parts["test"].texts), parts["test"].labels))


def bag_of_steps(parts: Mapping[str, datasets.Sequences]) -> float:
    """Return the test accuracy of logistic regression on mean and deviation of each feature."""

    def moments(part: datasets.Sequences) -> list[Any]:
        rows = [part[row] for row in range(len(part))]
        return [np.concatenate([steps.mean(axis=0), steps.std(axis=0)]) for steps in rows]

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(moments(parts["train"]), parts["train"].labels)
    return float(model.score(moments(parts["test"]), parts["test"].labels))


def lookup(parts: Mapping[str, datasets.Tagged]) -> float:
    """Return the test F1 of giving each token the tag that it has most often in train."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    train, test = parts["train"], parts["test"]
    for tokens, tags in zip(train.sentences, train.tags or (), strict=True):
        for token, one in zip(tokens, tags, strict=True):
            counts[token][one] += 1
    usual = {token: found.most_common(1)[0][0] for token, found in counts.items()}
    answers = [[usual.get(token, "O") for token in tokens] for tokens in test.sentences]
    return float(tagging_metrics(test.tags or [], answers, are_spans=True)["f1"])
