"""What the data are like, told before training starts and kept in ``config.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.data.ragged import Ragged
from ostinato.data.splits import duplicates
from ostinato.datasets import Examples

Facts = dict[str, dict[str, Any]]

IMBALANCE = 5  # times the rarest class, from which the commonest one is remarked upon
MANY_UNKNOWN = 0.2  # share of unknown tokens that is remarked upon


def describe(
    parts: Mapping[str, Examples], columns: Mapping[str, Ragged], unknown_rate: Mapping[str, float]
) -> Facts:
    """Count classes, lengths, unknown tokens and texts that stand twice in each part."""
    return {
        name: {
            "n": len(part.texts),
            "source": part.source,
            "fingerprint": part.fingerprint,
            "labels": _count(part.labels),
            "length": _length(columns[name]),
            "unknown_rate": unknown_rate[name],
            "repeated": len(part.texts) - len(set(part.texts)),
            "duplicates_of_train": 0
            if name == "train"
            else int(duplicates(parts["train"].texts, part.texts).sum()),
        }
        for name, part in parts.items()
    }


def lines(facts: Facts, max_length: int | None) -> list[str]:
    """Say the facts in a few lines, the worrying ones in words."""
    told = []
    for name, part in facts.items():
        counts = part["labels"]
        length = part["length"]
        shown = ", ".join(f"{label} {count:,}" for label, count in list(counts.items())[:8])
        more = f" and {len(counts) - 8} more classes" if len(counts) > 8 else ""
        told.append(
            f"{name}: {part['n']:,} texts ({shown}{more}); tokens: median {length['median']:.0f}, "
            f"95% up to {length['p95']:.0f}, at most {length['max']:,}; "
            f"unknown {part['unknown_rate']:.1%}"
        )
        if part["repeated"]:
            told.append(f"{name}: {part['repeated']:,} texts repeat an earlier one of this part")
        if part["duplicates_of_train"]:
            told.append(f"{name}: {part['duplicates_of_train']:,} texts also stand in train")
        if part["unknown_rate"] > MANY_UNKNOWN:
            told.append(
                f"{name}: one token in {1 / part['unknown_rate']:.0f} is unknown; "
                "a lower min_freq or another tokenizer may help"
            )
    train = facts["train"]
    rarest, commonest = min(train["labels"].values()), max(train["labels"].values())
    if commonest >= IMBALANCE * rarest:
        told.append(
            f"train: the commonest class has {commonest / rarest:.0f} times the examples of the "
            "rarest; look at macro F1 beside accuracy"
        )
    if max_length is not None and train["length"]["max"] > max_length:
        told.append(f"texts of over {max_length} tokens keep their head and tail (max_length)")
    return told


def _count(labels: Sequence[Any] | None) -> dict[str, int]:
    flat = (
        label
        for row in labels or ()
        for label in (row if isinstance(row, list | tuple | set) else (row,))
    )
    return {str(label): count for label, count in sorted(Counter(flat).items())}


def _length(column: Ragged) -> dict[str, float]:
    lengths = column.lengths
    return {
        "mean": float(lengths.mean()),
        "median": float(np.median(lengths)),
        "p95": float(np.percentile(lengths, 95)),
        "max": int(lengths.max()),
    }
