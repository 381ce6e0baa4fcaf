"""What a run folder tells, whatever its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Predictions(Protocol):
    """What the model said about one split; each task adds what it needs."""

    @property
    def split(self) -> str:
        """``"test"`` or ``"validation"``."""

    @property
    def num_tokens(self) -> NDArray[np.int64]:
        """Length of each example in tokens, ``(n,)``."""


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One line of history.jsonl.

    Args:
        number: Epoch, from 1.
        scores: Figures of each split by name (``loss``, ``accuracy`` and the like), for train,
            validation and test, as far as there are; NaN where not known.
        learning_rate: Learning rate at the end of the epoch.
        norm_mean: Mean gradient norm before clipping.
        norm_max: Largest gradient norm before clipping.
        clipped: Share of the steps whose gradient was clipped, in [0, 1].
        tokens_per_second: Tokens trained on per second.
        seconds: Wall time.
        best: Whether it was the best epoch so far.
    """

    number: int
    scores: Mapping[str, Mapping[str, float]]
    learning_rate: float
    norm_mean: float
    norm_max: float
    clipped: float
    tokens_per_second: float
    seconds: float
    best: bool


@dataclass(frozen=True, kw_only=True)
class SplitFacts:
    """Facts about one split of the data: train, validation or test.

    Of sound there are also the seconds of all recordings together, and how many transcripts are too
    long for their recordings; of series to forecast, how many they are, the share of their values
    that is missing, and their frequency.
    """

    name: str
    n: int
    source: str
    fingerprint: str
    labels: Mapping[str, int]
    length: Mapping[str, float]
    unknown_rate: float
    repeated: int | None
    duplicates_of_train: int | None
    seconds: float | None = None
    too_long: int | None = None
    series: int | None = None
    missing: float | None = None
    frequency: str = ""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What labels.json holds.

    Args:
        classes: Class names in the order of the model's outputs.
        multi_label: Whether a text may have any number of labels.
        scheme: How tags stand for spans; None if they do not.
        unit: What a class of a recogniser writes: a character or a word.
        keywords: The transcripts of which each recording says one, if a recogniser tells keywords.
    """

    classes: tuple[str, ...] = ()
    multi_label: bool = False
    scheme: str | None = None
    unit: str = "character"
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a model is better than chance and the simple models beside it.

    Args:
        text: In plain words.
        is_good: Whether it is.
        advice: What to try if it is not.
        figure: Key of the figure that it is about; empty where that is not known.
    """

    text: str
    is_good: bool
    advice: str = ""
    figure: str = ""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A simple model beside the trained one.

    Args:
        title: What it is called.
        figures: Its numbers by name, by split.
    """

    title: str
    figures: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that a run folder tells; see `collect`.

    Args:
        name: Name of the folder.
        task: What the model does, as in config.json.
        version: Version of ostinato that wrote it.
        created: When, in ISO 8601.
        command: The command that made it; empty if Python did.
        settings: Settings in force, nested as saved.
        given: Settings as they were given; where they differ, the data decided.
        data_source: Name or path of the data.
        columns: Columns by role, text and label, where they are named.
        splits: Splits of the data.
        environment: Versions, platform, processor and threads.
        labels: Classes and how they are meant.
        history: Epochs so far.
        figures: Final figures by split, empty while the run is not finished: numbers, and under
            their names those in mappings and lists, such as those of each type or step.
        totals: Best epoch, training time (seconds), peak memory (bytes), as far as known.
        predictions: Predictions of the test split (or validation) in the form of the task, None if
            there are none yet.
        verdict: What the figures mean; none if nothing was judged.
        baselines: The simple models beside it, the simplest first.
    """

    name: str
    task: str
    version: str
    created: str
    command: str
    settings: Mapping[str, Any]
    data_source: str
    columns: Mapping[str, str]
    splits: tuple[SplitFacts, ...]
    environment: Mapping[str, Any]
    labels: Labels
    history: tuple[Epoch, ...]
    figures: Mapping[str, Mapping[str, Any]]
    totals: Mapping[str, float]
    predictions: Predictions | None
    given: Mapping[str, Any] = field(default_factory=dict)
    verdict: Verdict | None = None
    baselines: tuple[Baseline, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether the final figures are there."""
        return bool(self.figures)
