"""Recurrent networks on real sequences: from raw files to a trained, measured, explained model.

Importing this package is light; torch is imported when the first class is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ostinato._config import Augmentation, Characters, Features, Recurrent, Training
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
    "Augmentation",
    "Characters",
    "CheckpointError",
    "ConfigError",
    "DatasetError",
    "Features",
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
    "datasets",
    "load",
    "nn",
]

_LAZY = {
    "Forecaster": "ostinato.tasks",
    "NotFittedError": "ostinato.tasks",
    "SequenceTagger": "ostinato.tasks",
    "SeriesClassifier": "ostinato.tasks",
    "SpeechRecognizer": "ostinato.tasks",
    "TextClassifier": "ostinato.tasks",
    "load": "ostinato.tasks",
    "datasets": "ostinato",
    "nn": "ostinato",
}


if not TYPE_CHECKING:  # to a type checker every name would be there

    def __getattr__(name: str) -> Any:
        if name not in _LAZY:
            raise AttributeError(f"module 'ostinato' has no attribute {name!r}")
        home = _LAZY[name]
        if home == __name__:
            return importlib.import_module(f"{home}.{name}")
        return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return __all__
