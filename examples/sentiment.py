"""Train a small classifier on the bundled samples, measure it, save it, and use it.

    python examples/sentiment.py [run folder]

Generated reviews, English and Chinese, in which the order of the words decides; some seconds.
"""

from __future__ import annotations

import sys

import ostinato
from ostinato import Recurrent, TextClassifier, Training

samples = ostinato.datasets.load_texts("samples")
train, validation, test = samples["train"], samples["validation"], samples["test"]
classifier = TextClassifier(
    recurrent=Recurrent(cell="lstm", hidden_size=64), training=Training(epochs=3)
)
classifier.fit(
    train.texts,
    train.labels,
    validation=(validation.texts, validation.labels),
    verbose=True,  # as it is by itself in a terminal
)

figures = classifier.evaluate(test.texts, test.labels, seen=train.texts)
print(f"test: accuracy {figures['accuracy']:.4f}, macro F1 {figures['f1_macro']:.4f}")

if len(sys.argv) > 1:
    classifier.save(sys.argv[1], overwrite=True)
    classifier = TextClassifier.load(sys.argv[1])  # ostinato.load, if its task is not known

for row in classifier.predict_details(
    [
        "The plot is poor, but the acting is superb.",
        "The plot is superb, but the acting is poor.",
        "这家酒店不是很糟糕，而是很出色。",
        "这家酒店不是很出色，而是很糟糕。",
    ]
):
    print(f"{row['label']:<10}{row['confidence']:.3f}  {row['text']}")
