"""The section of a page that each task fills."""

from __future__ import annotations

from typing import Any

from ostinato.report.classification.regression import Regression
from ostinato.report.classification.section import Classification, SeriesClassification
from ostinato.report.forecasting.section import Forecasting
from ostinato.report.section import Task
from ostinato.report.speech.section import Transcription
from ostinato.report.tagging.section import Tagging

TASKS: dict[str, Task[Any]] = {
    "text-classification": Classification(),
    "sequence-tagging": Tagging(),
    "speech-recognition": Transcription(),
    "forecasting": Forecasting(),
    "series-classification": SeriesClassification(),
    "series-regression": Regression(),
}
"""How to show the runs of each task."""
