"""Sets of texts for the benchmark of many sets: English and Chinese, sentiment, topic, subjectivity.

What is measured is drawn from what an official split calls train, so that settings may be chosen by it;
with ``MANY_TEST=1`` it is the test split, or another draw where there is none, to be read once.
"""

from __future__ import annotations

import csv
import functools
import gzip
import io
import zipfile
from collections.abc import Callable

import numpy as np

from benchmarks.cases.many import IS_FINAL, Case
from benchmarks.cases.messages import messages
from benchmarks.facts import DATA
from ostinato import datasets
from ostinato.datasets import Examples

Pairs = list[tuple[str, str]]

MEASURED = 3000  # texts at most
DRAW = 20261128  # seed of what is set aside, one for all sizes and seeds
SIZES = (100, 300, 1000, 5000, 0)


def lines_of(folder: str, name: str) -> list[str]:
    """Return the lines of a packed file of texts that are not empty."""
    raw = gzip.decompress((DATA / folder / name).read_bytes())
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return [line.strip() for line in text.split("\n") if line.strip()]


def _one_file_a_class(folder: str, **files: str) -> Pairs:
    return [(line, label) for label, name in files.items() for line in lines_of(folder, name)]


def _shopping(label: str) -> Pairs:
    with zipfile.ZipFile(DATA / "online-shopping-10" / "online_shopping_10_cats.zip") as archive:
        table = archive.read(archive.namelist()[0]).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(table))
    return [(row["review"], row[label]) for row in rows if row["review"].strip()]


def _official(name: str) -> tuple[Pairs, Pairs]:
    splits = datasets.load_texts(name)
    return tuple(  # type: ignore[return-value]  # two of them
        list(zip(splits[split].texts, splits[split].labels or (), strict=True))
        for split in ("train", "test")
    )


@functools.cache
def _pool(name: str) -> tuple[Pairs, Pairs]:
    """Return what may be trained on, and what is measured; no text is in both."""
    rng = np.random.default_rng(DRAW)
    if name in ("imdb", "chnsenticorp"):
        pairs, test = _official(name)
    else:
        pairs, test = SOURCES[name](), []
    distinct = [*dict(pairs).items()]
    distinct = [distinct[row] for row in rng.permutation(len(distinct))]
    fifth = len(distinct) // 5
    if not test:  # a fifth is the test split, another share of the rest stands for it
        test, distinct = distinct[:fifth], distinct[fifth:]
    if IS_FINAL:
        return distinct, test
    share = min(MEASURED, len(distinct) // 5)
    return distinct[share:], distinct[:share]


def _examples(pairs: Pairs, source: str) -> Examples:
    return Examples.make([text for text, _ in pairs], [label for _, label in pairs], source)


def _make(name: str) -> Callable[[int, int], dict[str, Examples]]:
    def make(size: int, seed: int) -> dict[str, Examples]:
        pool, measured = _pool(name)
        rows = np.random.default_rng(seed).permutation(len(pool))[: size or None]
        train = [pool[row] for row in rows]
        known = {label for _, label in train}
        measured = [pair for pair in measured if pair[1] in known]
        return {
            split: _examples(pairs, f"{name} {split}")
            for split, pairs in (("train", train), ("test", measured))
        }

    return make


SOURCES: dict[str, Callable[[], Pairs]] = {
    "subj": lambda: _one_file_a_class(
        "subj", objective="subj.objective.gz", subjective="subj.subjective.gz"
    ),
    "customer-reviews": lambda: _one_file_a_class(
        "customer-reviews", pos="custrev.pos.gz", neg="custrev.neg.gz"
    ),
    "mpqa": lambda: _one_file_a_class("mpqa", pos="mpqa.pos.gz", neg="mpqa.neg.gz"),
    "online-shopping-10, category": lambda: _shopping("cat"),
    "online-shopping-10, sentiment": lambda: _shopping("label"),
}
"""Sets without an official split."""


def _messages(size: int, seed: int) -> dict[str, Examples]:
    """Return generated messages in six unbalanced classes, and 2,000 others."""
    pairs = messages(size + 2000, np.random.default_rng([DRAW, seed, IS_FINAL]))
    return {
        split: _examples(some, f"messages {split}")
        for split, some in (("train", pairs[:size]), ("test", pairs[size:]))
    }


CASES = (
    *(Case(name, _make(name), SIZES, "accuracy") for name in (*SOURCES, "chnsenticorp", "imdb")),
    Case("generated messages, six classes", _messages, (800,), "f1_macro"),
)
