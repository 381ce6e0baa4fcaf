"""The section of a page that each task fills, and runs read for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ostinato.report.classification.regression import Regression
from ostinato.report.classification.section import Classification, SeriesClassification
from ostinato.report.forecasting.section import Forecasting
from ostinato.report.section import Task
from ostinato.report.speech.section import Transcription
from ostinato.report.tagging.section import Tagging
from ostinato.runs import reader
from ostinato.runs.run import Run

TASKS: dict[str, Task[Any]] = {
    "text-classification": Classification(),
    "sequence-labelling": Tagging(),
    "speech-recognition": Transcription(),
    "forecasting": Forecasting(),
    "series-classification": SeriesClassification(),
    "series-regression": Regression(),
}
"""How to read and show the runs of each task."""


def collect(run: Path) -> Run:
    """Read a run folder of any task, as `ostinato.runs.reader.collect`.

    Raises:
        CheckpointError: The folder is no run folder, or one of its files is broken or foreign.
    """
    return reader.collect(run, TASKS)
