"""Sets of series for the benchmark of many sets: sequences to tell apart, series to forecast.

Each function returns the splits that an estimator is fitted on. Defaults were chosen without the data that
``MANY_TEST=1`` takes for the test split: other generated ones, and the last horizon of real series.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases.many import IS_FINAL, Case
from ostinato import datasets
from ostinato.datasets import Sequences, SeriesTable
from ostinato.datasets.sets import gestures, sales
from ostinato.series import Panel, panel_of
from ostinato.tasks.forecasting import time_splits

Splits = dict[str, Any]
Rng = np.random.Generator

TEST_SIZE = 600  # sequences
WEEK = 168  # hours


def sequences(one: Callable[[int, Rng], tuple[np.ndarray, str]], size: int, seed: int) -> Splits:
    """Return generated sequences to train on, and others for test.

    Args:
        one: Makes the sequence with some number, and its label.
        size: Sequences to train on.
        seed: Seed of the training split.
    """
    found = {}
    for name, count, seeds in (("train", size, (1, seed)), ("test", TEST_SIZE, (2, IS_FINAL))):
        rng = np.random.default_rng(seeds)
        rows = [one(number, rng) for number in range(count)]
        found[name] = Sequences.make([row for row, _ in rows], [label for _, label in rows], name)
    return found


def gesture(number: int, rng: Rng) -> tuple[np.ndarray, str]:
    """Return a gesture of 12 features, of nine classes: order decides."""
    directions = np.random.default_rng(0).standard_normal((gestures.FEATURES, 6))
    label = gestures.CLASSES[number % len(gestures.CLASSES)]
    return gestures._sequence(label, 4.0 * np.linalg.qr(directions)[0].T, rng), label


def wave(number: int, rng: Rng) -> tuple[np.ndarray, str]:
    """Return a wave in noise, of any phase, height and level: its frequency decides."""
    kind = number % 4
    steps = np.arange(rng.integers(40, 121))
    frequency = (0.05, 0.08, 0.12, 0.17)[kind] * rng.uniform(0.92, 1.08)
    wave = rng.uniform(0.5, 2) * np.sin(2 * np.pi * frequency * steps + rng.uniform(0, 6.3))
    return wave + rng.normal(0, 0.6, len(steps)) + rng.normal(), "abcd"[kind]


def shape(number: int, rng: Rng) -> tuple[np.ndarray, str]:
    """Return two features in noise with a bump anywhere in each: the shape of one decides."""
    kind, count = number % 3, int(rng.integers(40, 101))
    steps = rng.normal(0, 0.25, (count, 2))
    for feature, which in ((0, kind), (1, int(rng.integers(3)))):
        width = int(rng.integers(8, 16))
        place = (np.arange(width) + 0.5) / width
        begin = int(rng.integers(0, count - width))
        bump = (np.sin(np.pi * place), 2 * place, 2 * (1 - place))[which]
        steps[begin : begin + width, feature] += rng.uniform(0.8, 1.6) * bump
    return steps, "xyz"[kind]


def moment(number: int, rng: Rng) -> tuple[np.ndarray, str]:
    """Return three features in noise with a bump in one: when it comes decides."""
    kind, count = number % 3, int(rng.integers(20, 90))
    steps = rng.normal(0, 0.5, (count, 3))
    begin = int((kind + rng.uniform(0.1, 0.9)) / 3 * (count - 4))
    steps[begin : begin + 4, 1] += 2
    return steps, ("early", "middle", "late")[kind]


def stores(size: int, seed: int) -> Splits:
    """Return the generated sales of some stores by day."""
    with tempfile.TemporaryDirectory() as folder:
        sales.write(Path(folder), size)
        panel = panel_of(sales.read(Path(folder)))
    return _split_by_time(panel, 28)


def passengers(size: int, seed: int) -> Splits:
    """Return the airline passengers by month."""
    return _split_by_time(panel_of(datasets.load_series("airpassengers")), 12)


def transformer(size: int, seed: int) -> Splits:
    """Return ETTh1, by its own borders; without its test split, its validation split is the test."""
    splits = time_splits.splits_of(panel_of(datasets.load_series("etth1")), 96)
    if IS_FINAL:
        return splits
    return {"train": splits["train"], "test": splits["validation"]}


def hours(size: int, seed: int) -> Splits:
    """Return generated hourly series of a month or six weeks, most with days and weeks; no dates."""
    rng = np.random.default_rng(5 + IS_FINAL)
    made = [_hourly(number, rng) for number in range(size)]
    table = SeriesTable.make(
        np.concatenate([np.arange(len(values)) for values in made]),
        {"y": np.concatenate(made)},
        ids=[f"h{number}" for number, values in enumerate(made) for _ in values],
    )
    return time_splits.splits_of(panel_of(table), 48)


def _hourly(number: int, rng: Rng) -> np.ndarray:
    """Return the hours of a series: a day, most often a week, a level that drifts, noise."""
    kind, count = number % 4, 748 if number % 5 < 2 else 1008
    hour = np.arange(count) + int(rng.integers(WEEK))
    peak = rng.uniform(8, 20)
    day = _bump(peak, rng.uniform(6, 20))
    if kind == 1:
        day = day + rng.uniform(0.5, 1.2) * _bump(peak - 9, 5)
    other = day * rng.uniform(0.3, 0.9) + rng.normal(0, 0.05, 24)
    weekly = np.where((hour // 24) % 7 >= 5, rng.uniform(0.2, 1.2) * (kind != 2), 0)
    profile = (1 - weekly) * day[hour % 24] + weekly * other[hour % 24]
    level = np.cumsum(rng.normal(0, rng.uniform(0.0005, 0.01), count))
    level += np.linspace(0, rng.normal(0, 0.2), count)
    for _ in range(int(rng.integers(0, 3)) if kind == 3 else 0):
        level[int(rng.integers(count)) :] += rng.normal(0, 0.3)
    noise, fresh = np.zeros(count), rng.normal(0, rng.uniform(0.01, 0.12), count)
    share = rng.uniform(0.3, 0.95)
    for step in range(1, count):
        noise[step] = share * noise[step - 1] + fresh[step]
    values: np.ndarray = np.exp(level) * (1 + rng.uniform(0.3, 1.5) * profile) * np.exp(noise)
    return values * 10 ** rng.uniform(1, 5)


def _bump(peak: float, width: float) -> np.ndarray:
    """Return a bump around an hour of the day, ``(24,)``."""
    bump: np.ndarray = np.exp(-0.5 * ((np.arange(24) - peak + 12) % 24 - 12) ** 2 / width)
    return bump


def _split_by_time(panel: Panel, horizon: int) -> Splits:
    """Return train and the last horizon, or, if that is not to be looked at, the one before it."""
    end = panel.lengths - (0 if IS_FINAL else horizon)
    return time_splits.splits_of(panel.until(end), horizon)


CASES = (
    Case("gestures", partial(sequences, gesture), (60, 200, 600), "accuracy"),
    Case("waves", partial(sequences, wave), (60, 200, 600), "accuracy"),
    Case("shapes", partial(sequences, shape), (60, 200, 600), "accuracy"),
    Case("moments", partial(sequences, moment), (60, 200, 600), "accuracy"),
)
"""What a classifier of sequences is fitted on."""

FORECASTS = (
    Case("sales of stores", stores, (40, 400), "mase", (("horizon", 28),)),
    Case("AirPassengers", passengers, (0,), "mase", (("horizon", 12),)),
    Case("hourly series", hours, (414,), "mase", (("horizon", 48), ("season", 24))),
    Case(
        "ETTh1-96",
        transformer,
        (0,),
        "mse",
        (("horizon", 96), ("context", 96), ("calendar", False)),
    ),
)
"""What a forecaster is fitted on."""
