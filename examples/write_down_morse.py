"""Train a small speech recogniser on generated Morse code, and read messages that it never heard.

    python examples/write_down_morse.py

Needs the extra "audio". A message is a sound and its letters; nothing says which part of the sound is
which letter: that is what connectionist temporal classification (CTC) finds out. Six letters at one
speed, so that it takes seconds; ``ostinato demo transcribe`` learns all of them at any speed, in noise.
"""

from __future__ import annotations

import numpy as np

from ostinato import AudioAugmentation, AudioFeatures, Recurrent, SpeechRecognizer, Training
from ostinato.datasets import morse


def messages(count: int, rng: np.random.Generator) -> tuple[list[np.ndarray], list[str]]:
    """Return sounds and texts of messages: one or two groups of one to three letters."""
    texts = []
    for _ in range(count):
        groups = [rng.choice(list("ETAINM"), rng.integers(1, 4)) for _ in range(rng.integers(1, 3))]
        texts.append(" ".join("".join(group) for group in groups))
    return [morse.signal(text, rng) for text in texts], texts


rng = np.random.default_rng(0)
train, validation, test = messages(300, rng), messages(30, rng), messages(60, rng)
recognizer = SpeechRecognizer(
    features=AudioFeatures(bands=12, context=9, subsampling=3),
    channels=None,  # a tone is on or off: no convolution over the bands
    recurrent=Recurrent(cell="gru", hidden_size=48),
    augmentation=AudioAugmentation(speed=0.0, noise=0.0, masks=0, join=0.0, mix=0.0),
    training=Training(epochs=8, batch_size=8, learning_rate=2e-2),
)
recognizer.fit(*train, sample_rate_hz=morse.SAMPLE_RATE_HZ, validation=validation)

sounds, texts = test
figures = recognizer.evaluate(sounds, texts, sample_rate_hz=morse.SAMPLE_RATE_HZ)
print(f"test: character error rate {figures['cer']:.4f}")
received = recognizer.predict(sounds[:4], sample_rate_hz=morse.SAMPLE_RATE_HZ)
for sent, read in zip(texts, received, strict=False):
    print(f"sent {sent!r}, read {read!r}")
