"""The tasks as the command line knows them before torch is loaded: a row makes the commands of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ostinato._kinds import RECORDINGS, SEQUENCES, SERIES, TAGGED, TEXTS, DataKind
from ostinato._presets import PRESETS, TAGGING_PRESETS


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What ``ostinato demo VERB`` trains on.

    Args:
        source: Name of a registered data set that is bundled or generated.
        description: What that is, in a sentence.
        settings: Settings that differ from those found in the data.
    """

    source: str
    description: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskEntry:
    """A task.

    Args:
        estimator: Name of its class.
        module: Where that is.
        data: What it is trained on.
        trained: What comes of it, in words.
        demo: What shows it.
        presets: Named settings to start from.
        instead: What to do instead, by options of other tasks that it lacks.
    """

    estimator: str
    module: str
    data: DataKind
    trained: str
    demo: Demo
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)


CLASSIFIER = TaskEntry(
    estimator="TextClassifier",
    module="ostinato.tasks.classification.text.classifier",
    data=TEXTS,
    trained="a text classifier",
    presets=PRESETS,
    demo=Demo(
        source="samples",
        description="Bundled reviews, in which word order decides: negation, contrast, not only ... but.",
        settings={"members": 1},  # one network learns the order as well as three
    ),
    instead={
        "--column": "Name the labels by --label-column.",
        "--token-column": "Name the texts by --text-column.",
        "--target-column": "Name the labels by --label-column.",
    },
)
TAGGER = TaskEntry(
    estimator="SequenceTagger",
    module="ostinato.tasks.tagging.tagger",
    data=TAGGED,
    trained="a sequence tagger (names, parts of speech)",
    presets=TAGGING_PRESETS,
    demo=Demo(
        source="samples-tag",
        description="Bundled sentences with names, in which context and the shape of a word decide.",
        settings={"training__epochs": 8, "recurrent__hidden_size": 64},  # there is little to learn
    ),
    instead={
        "--class-weight": "Add sentences with the rare tags; F1 tells how they do.",
        "--label-column": "Name the tags by --column.",
        "--text-column": "Name the tokens by --token-column.",
        "--label-separator": "A token has one tag.",
    },
)
RECOGNIZER = TaskEntry(
    estimator="SpeechRecognizer",
    module="ostinato.tasks.speech.recognizer",
    data=RECORDINGS,
    trained="a speech recogniser",
    demo=Demo(
        source="morse",
        description="Generated Morse code at all speeds and pitches, the test messages in noise at 10 dB.",
        settings={  # a tone is on or off, and the recordings vary enough by themselves
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
        },
    ),
    instead={
        "--class-weight": "Add recordings of the rare words.",
        "--label-column": "Name the transcripts by --text-column.",
        "--column": "Name the transcripts by --text-column.",
    },
)
SERIES_CLASSIFIER = TaskEntry(
    estimator="SeriesClassifier",
    module="ostinato.tasks.classification.series.classifier",
    data=SEQUENCES,
    trained="a classifier of sequences of numbers, or a regression,",
    demo=Demo(
        source="gestures",
        description="Generated gestures of two hands, in which only the order of the motifs decides.",
    ),
    instead={
        "--column": "Name the labels by --label-column.",
        "--target-column": "Name the labels by --label-column.",
    },
)
FORECASTER = TaskEntry(
    estimator="Forecaster",
    module="ostinato.tasks.forecasting.forecaster",
    data=SERIES,
    trained="a forecaster of series, whose last horizon is for test,",
    demo=Demo(
        source="sales",
        description="Generated sales of 40 stores by day: two seasons, trends, promotions known ahead.",
        settings={
            "horizon": 28,
            "context": 84,
            "recurrent__hidden_size": 64,
            "training__epochs": 8,
            "training__learning_rate": 4e-3,
            "train_windows": 8192,
        },
    ),
    instead={
        "--class-weight": "A forecaster has no classes.",
        "--cross-validate": "Measure several ends of the past: ostinato evaluate RUN backtest.",
        "--test-size": "The last horizon of each series is for test; --horizon sets it.",
        "--test": "The last horizon of each series is for test; measure others by ostinato evaluate RUN "
        "FILE.",
        "--validation": "The end of train chooses the epoch.",
        "--label-column": "Name what is forecast by --target-column.",
        "--feature-column": "Name other columns by --known-column or --past-column.",
    },
)

TASKS = {
    entry.estimator: entry
    for entry in (CLASSIFIER, TAGGER, RECOGNIZER, SERIES_CLASSIFIER, FORECASTER)
}
"""The tasks that are trained by a command, by the name of the estimator."""


def by_verb() -> dict[str, TaskEntry]:
    """Return the tasks by what ``ostinato train`` calls them.

    Example:
        >>> by_verb()["tag"].estimator
        'SequenceTagger'
    """
    return {entry.data.verb: entry for entry in TASKS.values()}
