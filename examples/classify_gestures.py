"""Train a classifier of numeric sequences: which gesture two hands make.

    python examples/classify_gestures.py

A gesture is a matrix, one row for each moment and one column for each axis of each hand. All have the
same motions in them; only their order tells the classes apart. Lengths differ and nothing is padded.
"""

from __future__ import annotations

import ostinato
from ostinato import Recurrent, SeriesClassifier, Training

gestures = ostinato.datasets.load_sequences("gestures")
train, test = gestures["train"], gestures["test"]
lengths, axes = train.lengths, train.values.shape[1]
print(f"{len(train)} gestures of {lengths.min()} to {lengths.max()} steps; {axes} axes")

classifier = SeriesClassifier(
    recurrent=Recurrent(hidden_size=32), training=Training(epochs=12, learning_rate=1e-2)
)
classifier.fit(train, train.labels)  # a list of arrays (time, features) will do as well

print(f"test: accuracy {classifier.score(test, test.labels):.4f}")
few = test.take([0, 1, 2])
for label, row in zip(classifier.predict(few), classifier.predict_proba(few), strict=True):
    print(f"  {label} with probability {row.max():.3f}")
