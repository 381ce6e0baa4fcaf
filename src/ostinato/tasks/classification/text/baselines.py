"""What stands beside a classifier of texts: the majority class and a bag of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ostinato._arrays import Float32s
from ostinato.datasets import Examples
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.objective import classification_figures
from ostinato.tasks.classification.text.ngram_classifier import NgramClassifier
from ostinato.text import Tokenizer
from ostinato.training import Figures


def text_baselines(
    train: Examples,
    labels: Labels,
    tokenizer: Tokenizer,
    *,
    fitted: NgramClassifier | None = None,
    sample_weight: Float32s | None = None,
) -> Iterator[Baseline]:
    """Yield the majority class, and logistic regression on TF-IDF of words and pairs of words.

    Args:
        train: The train split.
        labels: Its classes.
        tokenizer: Cuts texts into words; where those are characters, so are the n-grams.
        fitted: Such a model of words alone, if there is one already.
        sample_weight: How much each text of train counts, ``(texts,)``.
    """
    targets = labels.encode(train.labels or ()).numpy()
    classes = len(labels.classes)

    def measured(probabilities: Callable[[Examples], Float32s]) -> Callable[[Examples], Figures]:
        return lambda split: classification_figures(
            labels, probabilities(split), split.texts, split.labels or (), ()
        )

    shares = targets.mean(axis=0) if labels.multi_label else np.bincount(targets) / len(targets)
    usual = shares.astype(np.float32)
    yield Baseline(
        "majority",
        "the commonest answer" if labels.multi_label else "the majority class",
        measured(lambda split: np.tile(usual, (len(split.texts), 1))),
    )
    model = fitted or NgramClassifier.fit(
        tokenizer.words(train.texts), targets, classes=classes, sample_weight=sample_weight
    )
    yield Baseline(
        "bag_of_words",
        "a bag of words",
        measured(
            lambda split: model.probabilities(
                tokenizer.words(split.texts), multi_label=labels.multi_label
            )
        ),
    )
