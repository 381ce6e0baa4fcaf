"""What the data are like, told before training starts and kept in ``config.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ostinato.data.splits import duplicates

DataSummary = dict[str, dict[str, Any]]

IMBALANCE = 5  # times the rarest class, from which the commonest one is remarked upon
SHOWN = 8  # classes that are named
MANY_UNKNOWN = 0.2  # share of unknown tokens that is remarked upon
MORE = "more examples or another tokenizer"  # where every token of train is known


class Examples(Protocol):
    """A split of the data, of any task, as far as the facts need it."""

    @property
    def source(self) -> str:
        """Path or name the split comes from."""

    @property
    def fingerprint(self) -> str:
        """Digest of its content."""

    @property
    def keys(self) -> Sequence[str]:
        """What tells the raw inputs from one another, for counting those that stand twice."""


def describe(
    splits: Mapping[str, Examples],
    *,
    labels: Mapping[str, Iterable[str]],
    lengths: Mapping[str, npt.NDArray[np.int64]],
    unknown_rate: Mapping[str, float],
) -> DataSummary:
    """Count labels, lengths, unknown tokens and texts that stand twice in each split."""
    return {
        name: {
            "n": len(split.keys),
            "source": split.source,
            "fingerprint": split.fingerprint,
            "labels": dict(sorted(Counter(labels[name]).items())),
            "length": length_facts(lengths[name]),
            "unknown_rate": unknown_rate[name],
            "repeated": len(split.keys) - len(set(split.keys)),
            "duplicates_of_train": 0
            if name == "train"
            else int(duplicates(splits["train"].keys, split.keys).sum()),
        }
        for name, split in splits.items()
    }


def counted(facts: DataSummary) -> str:
    """Return how many examples each split has, in words.

    Args:
        facts: What `describe` counted.

    Example:
        >>> counted({"train": {"n": 25000}, "test": {"n": 500}})
        'train 25,000, test 500'
    """
    return ", ".join(f"{name} {split['n']:,}" for name, split in facts.items())


def lines(facts: DataSummary, texts: str = "texts", *, unit: str = "token") -> list[str]:
    """Say the facts in a few lines, the worrying ones in words.

    Args:
        facts: What `describe` counted.
        texts: What they are of.
        unit: What lengths are counted in.
    """
    train = facts["train"]
    length = train["length"]
    messages = [
        f"{texts}: {counted(facts)}; of train {length['median']:.0f} {unit}s at the median, "
        f"at most {length['max']:,}"
    ]
    counts = train["labels"]
    if counts:
        shown = ", ".join(f"{label} {count:,}" for label, count in list(counts.items())[:SHOWN])
        more = f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
        messages.append(f"labels of train: {shown}{more}")
    for name, split in facts.items():
        if split["repeated"]:
            messages.append(
                f"{name}: {split['repeated']:,} {texts} repeat an earlier one of this split"
            )
        if split["duplicates_of_train"]:
            messages.append(f"{name}: {split['duplicates_of_train']:,} {texts} also stand in train")
        if unit == "token" and split["unknown_rate"] > MANY_UNKNOWN:
            hint = (
                "a lower min_freq or another tokenizer" if facts["train"]["unknown_rate"] else MORE
            )
            messages.append(
                f"{name}: one token in {1 / split['unknown_rate']:.0f} is unknown; {hint} may help"
            )
    return messages


def imbalance(facts: DataSummary) -> list[str]:
    """Say it if train has a class that is much rarer than another."""
    counts = facts["train"]["labels"]
    most = max(counts.values())
    rare = sorted((n, name) for name, n in counts.items() if n * IMBALANCE <= most)
    if not rare:
        return []
    messages = ", ".join(f"{name} {n:,}" for n, name in rare[:SHOWN])
    more = f" and {len(rare) - SHOWN} more classes" if len(rare) > SHOWN else ""
    return [
        f"train: rare classes: {messages}{more}, beside up to {most:,} of another; look at macro F1 beside "
        "accuracy, and see class_weight (--class-weight)"
    ]


def length_facts(lengths: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return mean, median, 95th percentile and maximum of some lengths."""
    return {
        "mean": float(lengths.mean()),
        "median": float(np.median(lengths)),
        "p95": float(np.percentile(lengths, 95)),
        "max": int(lengths.max()),
    }
