"""What the series of each split are like, told before training starts and kept in ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ostinato.tasks.forecasting.objective import WindowSplit
from ostinato.tasks.forecasting.settings import WindowSizes
from ostinato.tasks.forecasting.time_splits import SeriesSplit
from ostinato.tasks.summary import DataSummary, counted, length_facts

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
    length = train["length"]
    columns = f" of {len(train['targets'])} columns" if len(train["targets"]) > 1 else ""
    missing = f"; missing {train['missing']:.1%}" if train["missing"] else ""
    messages = [
        f"series: {train['series']:,}{columns}; steps of {train['frequency']}, "
        f"{length['median']:,.0f} at the median, at most {length['max']:,}{missing}",
        f"forecasts: {plan.horizon} steps from up to {plan.context} before, a season of {plan.season}"
        f"{'; logarithms are taken' if is_log else ''}",
        f"windows: {counted(facts)}",
    ]
    if train["n"] < FEW_TRAIN:
        messages.append(
            f"train: {train['n']} windows are few to learn from; look at the naive forecasts beside the model"
        )
    return messages
