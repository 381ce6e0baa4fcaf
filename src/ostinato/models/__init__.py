"""Networks: tensors in, tensors out; they know nothing of files, texts or labels."""

from ostinato.models.sequence_classifier import SequenceClassifier as SequenceClassifier
from ostinato.models.sequence_tagger import SequenceTagger as SequenceTagger
from ostinato.models.sequence_tagger import Words as Words

__all__ = ["SequenceClassifier", "SequenceTagger", "Words"]
