"""Networks: tensors in, tensors out; they know nothing of files, texts or labels."""

from ostinato.models.autoregressive import AutoregressiveForecaster as AutoregressiveForecaster
from ostinato.models.ensemble import Ensemble as Ensemble
from ostinato.models.forecast_network import DirectForecaster as DirectForecaster
from ostinato.models.forecast_network import SegmentForecaster as SegmentForecaster
from ostinato.models.sequence_classifier import SequenceClassifier as SequenceClassifier
from ostinato.models.sequence_tagger import SequenceTagger as SequenceTagger
from ostinato.models.sequence_tagger import Words as Words
from ostinato.models.series_classifier import SeriesClassifier as SeriesClassifier
from ostinato.models.speech_network import SpeechNetwork as SpeechNetwork
from ostinato.models.windows import Windows as Windows

__all__ = [
    "AutoregressiveForecaster",
    "DirectForecaster",
    "Ensemble",
    "SegmentForecaster",
    "SequenceClassifier",
    "SequenceTagger",
    "SeriesClassifier",
    "SpeechNetwork",
    "Windows",
    "Words",
]
