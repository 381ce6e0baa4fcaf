"""Recurrent networks on real sequences: from raw files to a trained, measured, explained model.

Importing this package is light; torch is imported when the first class is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ostinato._config import AudioAugmentation, AudioFeatures, Characters, Recurrent, Training
from ostinato._errors import (
    CheckpointError,
    ConfigError,
    DatasetError,
    NativeError,
    OstinatoError,
    ShapeError,
    StoppedError,
    TrainingError,
)
from ostinato._version import __version__

if TYPE_CHECKING:
    from ostinato import datasets, nn
    from ostinato.report.comparison.compare import compare_runs
    from ostinato.tasks import (
        Forecaster,
        NotFittedError,
        SequenceTagger,
        SeriesClassifier,
        SpeechRecognizer,
        TextClassifier,
        load,
    )

__all__ = [
    "AudioAugmentation",
    "AudioFeatures",
    "Characters",
    "CheckpointError",
    "ConfigError",
    "DatasetError",
    "Forecaster",
    "NativeError",
    "NotFittedError",
    "OstinatoError",
    "Recurrent",
    "SequenceTagger",
    "SeriesClassifier",
    "ShapeError",
    "SpeechRecognizer",
    "StoppedError",
    "TextClassifier",
    "Training",
    "TrainingError",
    "__version__",
    "compare_runs",
    "datasets",
    "load",
    "nn",
]

if not TYPE_CHECKING:  # to a type checker every name would be there

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'ostinato' has no attribute {name!r}")
        if name in ("datasets", "nn"):
            return importlib.import_module(f"ostinato.{name}")
        home = "report.comparison.compare" if name == "compare_runs" else "tasks"
        return getattr(importlib.import_module(f"ostinato.{home}"), name)


def __dir__() -> list[str]:
    return __all__
