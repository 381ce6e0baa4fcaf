"""Networks: tensors in, tensors out; they know nothing of files, texts or labels."""

from ostinato.models.autoregressive import AutoregressiveForecaster as AutoregressiveForecaster
from ostinato.models.classification import SequenceClassifier as SequenceClassifier
from ostinato.models.classification import SeriesClassifierNetwork as SeriesClassifierNetwork
from ostinato.models.ensemble import Ensemble as Ensemble
from ostinato.models.forecasting import DirectForecaster as DirectForecaster
from ostinato.models.forecasting import SegmentForecaster as SegmentForecaster
from ostinato.models.speech import SpeechNetwork as SpeechNetwork
from ostinato.models.tagging import SequenceTaggerNetwork as SequenceTaggerNetwork
from ostinato.models.tagging import Words as Words
from ostinato.models.windows import Windows as Windows

__all__ = [
    "AutoregressiveForecaster",
    "DirectForecaster",
    "Ensemble",
    "SegmentForecaster",
    "SequenceClassifier",
    "SequenceTaggerNetwork",
    "SeriesClassifierNetwork",
    "SpeechNetwork",
    "Windows",
    "Words",
]
