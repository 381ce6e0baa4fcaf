"""Train a classifier of numeric sequences: which gesture two hands make.

    python examples/classify_gestures.py

A gesture is a matrix, one row for each moment and one column for each axis of each hand. All have the
same motions in them; only their order tells the classes apart. Lengths differ and nothing is padded.
"""

from __future__ import annotations

import numpy as np

import ostinato
from ostinato import Recurrent, SeriesClassifier, Training

gestures = ostinato.datasets.load_sequences("gestures")
train, test = gestures["train"], gestures["test"]
X = np.split(train.values, train.offsets[1:-1])  # one array (time, features) a gesture
X_test = np.split(test.values, test.offsets[1:-1])
print(f"{len(X)} gestures of {min(map(len, X))} to {max(map(len, X))} steps; {X[0].shape[1]} axes")

classifier = SeriesClassifier(
    recurrent=Recurrent(hidden_size=32), training=Training(epochs=12, learning_rate=1e-2)
)
classifier.fit(X, train.labels)

print(f"test: accuracy {classifier.score(X_test, test.labels):.4f}")
for label, row in zip(
    classifier.predict(X_test[:3]), classifier.predict_proba(X_test[:3]), strict=True
):
    print(f"  {label} with probability {row.max():.3f}")
