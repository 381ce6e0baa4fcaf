"""What the series of each split are like, told before training starts and kept in ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ostinato.tasks.forecasting.objective import WindowSplit
from ostinato.tasks.forecasting.settings import WindowSizes
from ostinato.tasks.forecasting.time_splits import SeriesSplit
from ostinato.tasks.summary import DataSummary, length_facts

FEW_TRAIN = 32  # windows to train on, from which down it is remarked upon


def describe(splits: Mapping[str, SeriesSplit], windows: Mapping[str, WindowSplit]) -> DataSummary:
    """Count series, windows and missing values of each split."""
    facts = {}
    for name, split in splits.items():
        values = split.panel.values.values
        facts[name] = {
            "n": len(windows[name].places),
            "series": len(split.panel),
            "targets": list(split.panel.targets),
            "source": split.source,
            "fingerprint": split.fingerprint,
            "labels": {},
            "length": length_facts(split.panel.lengths),
            "missing": float(np.isnan(values).mean()) if values.size else 0.0,
            "frequency": split.panel.frequency.alias,
        }
    return facts


def lines(facts: DataSummary, plan: WindowSizes, *, is_log: bool) -> list[str]:
    """Say the facts in a few lines, the worrying ones in words."""
    train = facts["train"]
    messages = [
        f"steps of {train['frequency']}, a season of {plan.season}; {plan.horizon} steps ahead from up to "
        f"{plan.context} before{'; logarithms are taken' if is_log else ''}"
    ]
    for name, split in facts.items():
        length = split["length"]
        targets = f" of {len(split['targets'])} columns" if len(split["targets"]) > 1 else ""
        messages.append(
            f"{name}: {split['n']:,} windows of {split['series']:,} series{targets}; steps: median "
            f"{length['median']:,.0f}, at most {length['max']:,}; missing {split['missing']:.1%}"
        )
    if train["n"] < FEW_TRAIN:
        messages.append(
            f"train: {train['n']} windows are few to learn from; look at the naive forecasts beside the model"
        )
    return messages
