"""What a user calls: one estimator a task, and loading any of them from a run folder."""

from __future__ import annotations

from pathlib import Path

from ostinato._errors import CheckpointError
from ostinato.runs import folder as run_folder
from ostinato.tasks.classification.series.classifier import SeriesClassifier as SeriesClassifier
from ostinato.tasks.classification.text.classifier import TextClassifier as TextClassifier
from ostinato.tasks.estimator import Estimator as Estimator
from ostinato.tasks.estimator import Splits as Splits
from ostinato.tasks.fitted import NotFittedError as NotFittedError
from ostinato.tasks.forecasting.forecaster import Forecaster as Forecaster
from ostinato.tasks.speech.decoding import HOT_WORD_BONUS as HOT_WORD_BONUS
from ostinato.tasks.speech.recognizer import SpeechRecognizer as SpeechRecognizer
from ostinato.tasks.tagging.tagger import SequenceTagger as SequenceTagger

TASKS: dict[str, type[Estimator]] = {
    task.task: task
    for task in (TextClassifier, SequenceTagger, SpeechRecognizer, SeriesClassifier, Forecaster)
}


def load(run: str | Path) -> Estimator:
    """Load a fitted model of any task from its run folder; no code from it is ever run.

    Args:
        run: Folder that ``ostinato train``, ``fit(out=...)`` or ``save`` wrote.

    Raises:
        CheckpointError: The folder is missing, unfinished, broken, foreign or too new.

    Example:
        >>> load("no/such/run")
        Traceback (most recent call last):
        ...
        ostinato._errors.CheckpointError: no/such/run: there is no such run folder. Check the path.
    """
    return task_of(Path(run)).load(run)


def task_of(run: Path) -> type[Estimator]:
    """Return the estimator class of a run folder's task."""
    task = run_folder.read_config(run)["task"]
    if task not in TASKS:
        raise CheckpointError(
            f"{run}: is a {task} run; this version knows {', '.join(TASKS)}. Update ostinato."
        )
    return TASKS[task]


__all__ = [
    "HOT_WORD_BONUS",
    "TASKS",
    "Estimator",
    "Forecaster",
    "NotFittedError",
    "SequenceTagger",
    "SeriesClassifier",
    "SpeechRecognizer",
    "Splits",
    "TextClassifier",
    "load",
    "task_of",
]
