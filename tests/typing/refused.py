"""Mistakes as users make them: mypy --strict refuses every line that has an ignore.

The ignore names the error. Where mypy accepted the line, the ignore would be one too many, and that is
an error too.
"""

from __future__ import annotations

from pathlib import Path

import torch

import ostinato
from ostinato import (
    Characters,
    Forecaster,
    Recurrent,
    SequenceTagger,
    SeriesClassifier,
    SpeechRecognizer,
    TextClassifier,
    Training,
)
from ostinato.nn import LSTM, convert

# A setting that is none, of no such type, or of no such choice.
TextClassifier(min_frequency=2)  # type: ignore[call-arg]
SequenceTagger(recurrent={"hidden_size": 64})  # type: ignore[arg-type]
Forecaster(method="autoregresive")  # type: ignore[arg-type]
SeriesClassifier(training=Recurrent())  # type: ignore[arg-type]
SpeechRecognizer(beam="wide")  # type: ignore[call-arg]
Recurrent(cell="lstn")  # type: ignore[arg-type]
Recurrent("lstm")  # type: ignore[call-arg]
Training(epochs="3")  # type: ignore[arg-type]
Characters(reader="bilstm")  # type: ignore[arg-type]

# Settings are not changed; another is made of them.
Recurrent().hidden_size = 64  # type: ignore[misc]

# What a method takes, and what it gives.
TextClassifier().fit(["a"])  # type: ignore[call-arg]
SequenceTagger().fit([["a"]])  # type: ignore[call-arg]
SpeechRecognizer().fit(["a.wav"])  # type: ignore[call-arg]
SeriesClassifier().fit([[1.0]])  # type: ignore[call-arg]
TextClassifier().evaluate(["a"])  # type: ignore[call-arg]
SeriesClassifier().score([[1.0]])  # type: ignore[call-arg]
TextClassifier().fit(["a"], 1)  # type: ignore[arg-type]
TextClassifier().fit([1], ["b"])  # type: ignore[list-item]
TextClassifier().fit(["a"], ["b"], validation=["c"])  # type: ignore[arg-type]
SequenceTagger().fit([["a"]], [[1]])  # type: ignore[list-item]
Forecaster().fit({"y": [1.0]}, [1.0])  # type: ignore[arg-type]
Forecaster().fit([1.0, 2.0])  # type: ignore[arg-type]
Forecaster().predict(7)  # type: ignore[arg-type]
TextClassifier().predict(3)  # type: ignore[arg-type]
SpeechRecognizer().predict(Path("a.wav"))  # type: ignore[arg-type]
SequenceTagger().fit([["a"]], [["O"]], epochs=3)  # type: ignore[call-arg]
number: int = TextClassifier().score(["a"], ["b"])  # type: ignore[assignment]
names: list[str] = SequenceTagger().predict([["a"]])  # type: ignore[assignment]

# Names that are not there.

ostinato.SequenceTager()  # type: ignore[attr-defined]
TextClassifier().transform(["a"])  # type: ignore[attr-defined]

# Layers.
LSTM("8", 16)  # type: ignore[arg-type]
LSTM(8, 16).stream(batch=2)  # type: ignore[call-arg]
convert(torch.zeros(2))  # type: ignore[arg-type]
