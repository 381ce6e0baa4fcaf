"""Networks: tensors in, tensors out; they know nothing of files, texts or labels."""

from ostinato.models.sequence_classifier import SequenceClassifier as SequenceClassifier

__all__ = ["SequenceClassifier"]
