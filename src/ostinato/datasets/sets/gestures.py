"""Bundled sequences: generated gestures of 12 features in which the order of the motifs decides.

Every sequence has the same six motifs, each once: three of one hand and three of the other. The class
says with which motif each hand begins: from there a hand goes round its three in a fixed order.
The hands take turns at random, motifs last as long as they like, and noise, drifts and bumps that mean
nothing are added. What stands in a sequence is therefore the same for all classes; only when, tells.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._kinds import SEQUENCES
from ostinato.datasets.dataset import GENERATED, Dataset
from ostinato.datasets.readers.sequences.ts import read_ts, write_ts
from ostinato.datasets.records.sequences import Sequences

#: Raised with every change of what is generated.
VERSION = 1
SIZES = {"train": 270, "test": 900}
FEATURES = 12
SHORTEST, LONGEST = 12, 60
CLASSES = tuple(f"{left}{right}" for left in "abc" for right in "xyz")

_SEEDS = {"train": 1, "test": 2}
_MOTIFS_SEED = 0
_HEIGHT = 4.0  # of a motif, over all features
_NOISE = 0.3
_DRIFT = 0.2
_STRAY = 0.05  # bumps that mean nothing, for each step


def generate(split: str = "train") -> Sequences:
    """Generate a split; as many of each class.

    Args:
        split: ``"train"`` or ``"test"``.

    Example:
        >>> train = generate()
        >>> len(train), train.values.shape[1], train.labels[:3]
        (270, 12, ['ax', 'az', 'by'])
    """
    rng = np.random.default_rng(_SEEDS[split])
    directions = np.random.default_rng(_MOTIFS_SEED).standard_normal((FEATURES, 6))
    motifs = _HEIGHT * np.linalg.qr(directions)[0].T
    labels = [CLASSES[row % len(CLASSES)] for row in range(SIZES[split])]
    order = rng.permutation(len(labels))
    labels = [labels[row] for row in order]
    return Sequences.make([_sequence(label, motifs, rng) for label in labels], labels, "gestures")


def write(folder: Path) -> None:
    """Write ``train.ts`` and ``test.ts``.

    Args:
        folder: An existing folder.
    """
    for split in SIZES:
        write_ts(folder / f"{split}.ts", generate(split), {"problemName": "Gestures"})


def read(folder: Path) -> dict[str, Sequences]:
    """Read the generated splits.

    Args:
        folder: Folder written by `write`.
    """
    return {split: replace(read_ts(folder / f"{split}.ts"), source="gestures") for split in SIZES}


def _sequence(
    label: str, motifs: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return one gesture, ``(steps, features)``."""
    left = [("abc".index(label[0]) + step) % 3 for step in range(3)]
    right = [3 + ("xyz".index(label[1]) + step) % 3 for step in range(3)]
    is_left = rng.permutation([True] * 3 + [False] * 3)
    turns = [left.pop(0) if his else right.pop(0) for his in is_left]
    length = int(rng.integers(SHORTEST, LONGEST + 1))
    ends = np.sort(rng.choice(np.arange(1, length // 2), 5, replace=False)) * 2
    signal = rng.normal(0, _DRIFT, FEATURES) + _NOISE * rng.standard_normal((length, FEATURES))
    signal += np.linspace(-0.5, 0.5, length)[:, None] * rng.normal(0, _DRIFT, FEATURES)
    for motif, start, stop in zip(turns, [0, *ends], [*ends, length], strict=True):
        bump = np.sin(np.pi * (np.arange(stop - start) + 0.5) / (stop - start))
        signal[start:stop] += rng.uniform(0.7, 1.3) * bump[:, None] * motifs[motif]
    stray = rng.random(length) < _STRAY
    signal[stray] += rng.standard_normal((int(stray.sum()), FEATURES))
    return signal


DATASET = Dataset(
    name="gestures",
    description="Generated gestures of 12 features in 9 classes, in which order decides; 270 + 900",
    languages=("zxx",),
    kind=SEQUENCES,
    read=read,
    generate=write,
    version=VERSION,
    **GENERATED,
)
