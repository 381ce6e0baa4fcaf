"""Programs as users write them; mypy --strict accepts every line and knows the types of the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence

import ostinato
from ostinato import (
    AudioAugmentation,
    AudioFeatures,
    Characters,
    ConfigError,
    Forecaster,
    OstinatoError,
    Recurrent,
    SequenceTagger,
    SeriesClassifier,
    SpeechRecognizer,
    TextClassifier,
    Training,
)
from ostinato.metrics import mase
from ostinato.nn import CRF, GRU, LSTM, Conversion, StreamingSession, convert
from ostinato.training import Console


def classify(texts: Sequence[str], labels: Sequence[str], out: Path) -> npt.NDArray[np.float32]:
    classifier = TextClassifier(
        recurrent=Recurrent(cell="gru", hidden_size=64, num_layers=2),
        training=Training(epochs=3, learning_rate=1e-3),
        min_freq=2,
    )
    with Console() as console:
        fitted = classifier.fit(texts, labels, out=out, callbacks=[console])
    assert_type(fitted, TextClassifier)
    assert_type(fitted.score(texts, labels), float)
    assert_type(fitted.module_, nn.Module)
    return fitted.predict_proba(texts)


def tag(sentences: Sequence[Sequence[str]], tags: Sequence[Sequence[str]]) -> list[list[str]]:
    tagger = SequenceTagger(characters=Characters(reader="recurrent")).fit(sentences, tags)
    assert_type(tagger.predict_spans(["Anna sings."]), list[list[dict[str, Any]]])
    return tagger.predict(sentences)


def transcribe(recordings: Sequence[Path], transcripts: Sequence[str]) -> list[str]:
    recognizer = SpeechRecognizer(
        features=AudioFeatures(bands=40), augmentation=AudioAugmentation(speed=0.1), channels=None
    )
    return recognizer.fit(recordings, transcripts).predict(recordings)


def forecast(table: dict[str, list[float]]) -> pa.Table:
    forecaster = Forecaster(horizon=7, method="direct", levels=(80,))
    return forecaster.fit(table).predict(horizon=3)


def classify_series(gestures: list[npt.NDArray[np.float64]], labels: list[int]) -> float:
    return SeriesClassifier(pooling="last").fit(gestures, labels).score(gestures, labels)


def layers(x: Tensor) -> Tensor:
    layer = LSTM(8, 16, num_layers=2, bidirectional=True, batch_first=True)
    output, (h_n, _) = layer(x)
    packed: PackedSequence = pack_sequence([x[0], x[0, :3]])
    read, _ = GRU(8, 16)(packed)
    assert_type(LSTM(8, 16).stream(), StreamingSession)
    assert_type(convert(nn.Sequential(nn.LSTM(8, 16))), Conversion)
    crf = CRF(5)
    assert isinstance(crf, nn.Module)
    assert isinstance(layer, nn.RNNBase)
    return torch.cat([output[0], h_n[0], read.data])


def containers(texts: pd.Series, tokens: pa.ChunkedArray, table: pl.DataFrame) -> None:
    """What holds rows of any library is taken, and what a reader gives."""
    reviews = ostinato.datasets.load_texts("samples")
    TextClassifier().fit(reviews["train"].texts, reviews["train"].labels)
    TextClassifier().fit(texts, np.array([1, 0]), validation=((text for text in "ab"), (1, 0)))
    SequenceTagger().fit(tokens, tokens).evaluate(tokens, tokens, seen=["a b"])
    gestures = ostinato.datasets.load_sequences("gestures")["test"]
    SeriesClassifier().fit(gestures, gestures.labels).predict(np.zeros((2, 3, 4)))
    assert_type(Forecaster().fit(table).predict(Path("new.csv")), pa.Table)
    assert_type(Forecaster().fit(table).evaluate(table), dict[str, Any])
    assert_type(Forecaster().fit(table).predict_details([table, "a.csv"]), list[dict[str, Any]])


def load(folder: Path) -> str:
    try:
        ostinato.load(folder)
    except ConfigError as error:
        problem: OstinatoError = error
        as_before: ValueError = error
        return f"{problem}, {as_before}"
    return ostinato.__version__


def settings() -> Recurrent:
    return Recurrent().replace(hidden_size=64)


assert_type(mase([1.0], [1.0], scale=1.0), float)
assert_type(ostinato.datasets.load_texts("samples")["train"].texts, Sequence[str])
