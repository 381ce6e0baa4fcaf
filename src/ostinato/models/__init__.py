"""Networks: tensors in, tensors out; they know nothing of files, texts or labels."""

from ostinato.models.sequence_classifier import SequenceClassifier as SequenceClassifier
from ostinato.models.sequence_tagger import SequenceTagger as SequenceTagger
from ostinato.models.sequence_tagger import Words as Words
from ostinato.models.speech_network import SpeechNetwork as SpeechNetwork

__all__ = ["SequenceClassifier", "SequenceTagger", "SpeechNetwork", "Words"]
