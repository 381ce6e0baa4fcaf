"""What the series of each part are like, told before training starts and kept in ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ostinato.tasks.forecasting.objective import WindowPart
from ostinato.tasks.forecasting.settings import WindowSizes
from ostinato.tasks.forecasting.splits import SeriesSplit
from ostinato.tasks.summary import DataSummary, length_facts

FEW_TRAIN = 32  # windows to train on, from which down it is remarked upon


def describe(parts: Mapping[str, SeriesSplit], windows: Mapping[str, WindowPart]) -> DataSummary:
    """Count series, windows and missing values of each part."""
    facts = {}
    for name, part in parts.items():
        values = part.panel.values.values
        facts[name] = {
            "n": len(windows[name].places),
            "series": len(part.panel),
            "targets": list(part.panel.targets),
            "source": part.source,
            "fingerprint": part.fingerprint,
            "labels": {},
            "length": length_facts(part.panel.lengths),
            "missing": float(np.isnan(values).mean()) if values.size else 0.0,
            "frequency": part.panel.frequency.alias,
        }
    return facts


def lines(facts: DataSummary, plan: WindowSizes, *, is_log: bool) -> list[str]:
    """Say the facts in a few lines, the worrying ones in words."""
    train = facts["train"]
    told = [
        f"steps of {train['frequency']}, a season of {plan.season}; {plan.horizon} steps ahead from up to "
        f"{plan.context} before{'; logarithms are taken' if is_log else ''}"
    ]
    for name, part in facts.items():
        length = part["length"]
        targets = f" of {len(part['targets'])} columns" if len(part["targets"]) > 1 else ""
        told.append(
            f"{name}: {part['n']:,} windows of {part['series']:,} series{targets}; steps: median "
            f"{length['median']:,.0f}, at most {length['max']:,}; missing {part['missing']:.1%}"
        )
    if train["n"] < FEW_TRAIN:
        told.append(
            f"train: {train['n']} windows are few to learn from; look at the naive forecasts beside the model"
        )
    return told
