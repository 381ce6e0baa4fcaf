"""Metrics as pure functions on arrays: each says its value's range, direction and unit."""

from ostinato.metrics.chance import CHANCE_Z as CHANCE_Z
from ostinato.metrics.chance import agreement_z as agreement_z
from ostinato.metrics.chance import correlation_z as correlation_z
from ostinato.metrics.classification import Calibration as Calibration
from ostinato.metrics.classification import LengthBins as LengthBins
from ostinato.metrics.classification import PerClass as PerClass
from ostinato.metrics.classification import accuracy_by_length as accuracy_by_length
from ostinato.metrics.classification import calibration as calibration
from ostinato.metrics.classification import classification_metrics as classification_metrics
from ostinato.metrics.classification import confusion as confusion
from ostinato.metrics.classification import confusion_per_label as confusion_per_label
from ostinato.metrics.classification import decide as decide
from ostinato.metrics.classification import per_class as per_class
from ostinato.metrics.forecasting import by_step as by_step
from ostinato.metrics.forecasting import forecast_metrics as forecast_metrics
from ostinato.metrics.forecasting import mae as mae
from ostinato.metrics.forecasting import mase as mase
from ostinato.metrics.forecasting import mse as mse
from ostinato.metrics.forecasting import owa as owa
from ostinato.metrics.forecasting import rmse as rmse
from ostinato.metrics.forecasting import scale_of as scale_of
from ostinato.metrics.forecasting import smape as smape
from ostinato.metrics.quantiles import coverage as coverage
from ostinato.metrics.quantiles import crps as crps
from ostinato.metrics.quantiles import crps_of_samples as crps_of_samples
from ostinato.metrics.quantiles import interval_width as interval_width
from ostinato.metrics.quantiles import quantile_levels_of as quantile_levels_of
from ostinato.metrics.quantiles import quantile_loss as quantile_loss
from ostinato.metrics.quantiles import weighted_quantile_loss as weighted_quantile_loss
from ostinato.metrics.regression import regression_metrics as regression_metrics
from ostinato.metrics.tagging import SpanLengths as SpanLengths
from ostinato.metrics.tagging import SpanScores as SpanScores
from ostinato.metrics.tagging import span_confusion as span_confusion
from ostinato.metrics.tagging import span_f1_by_length as span_f1_by_length
from ostinato.metrics.tagging import span_scores as span_scores
from ostinato.metrics.tagging import tagging_metrics as tagging_metrics
from ostinato.metrics.transcription import Edit as Edit
from ostinato.metrics.transcription import Errors as Errors
from ostinato.metrics.transcription import alignments as alignments
from ostinato.metrics.transcription import character_errors as character_errors
from ostinato.metrics.transcription import confusions as confusions
from ostinato.metrics.transcription import errors_of as errors_of
from ostinato.metrics.transcription import transcription_metrics as transcription_metrics
from ostinato.metrics.transcription import word_errors as word_errors
from ostinato.metrics.transcription import worst_first as worst_first

__all__ = [
    "CHANCE_Z",
    "Calibration",
    "Edit",
    "Errors",
    "LengthBins",
    "PerClass",
    "SpanLengths",
    "SpanScores",
    "accuracy_by_length",
    "alignments",
    "by_step",
    "calibration",
    "character_errors",
    "classification_metrics",
    "confusion",
    "confusion_per_label",
    "confusions",
    "coverage",
    "crps",
    "crps_of_samples",
    "decide",
    "errors_of",
    "forecast_metrics",
    "interval_width",
    "mae",
    "mase",
    "mse",
    "owa",
    "per_class",
    "quantile_levels_of",
    "quantile_loss",
    "regression_metrics",
    "rmse",
    "scale_of",
    "smape",
    "span_confusion",
    "span_f1_by_length",
    "span_scores",
    "tagging_metrics",
    "transcription_metrics",
    "weighted_quantile_loss",
    "word_errors",
    "worst_first",
]
