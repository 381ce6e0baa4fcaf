"""Series as the tests of forecasting make them, and values planted in their future."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato import Forecaster, Recurrent, Training
from ostinato.data.ragged import Ragged
from ostinato.datasets import SeriesTable
from ostinato.series import Panel, panel_of

SEASON = 4
HUGE = 1e6


def waves(
    lengths: Sequence[int] = (60, 48, 31),
    *,
    seed: int = 0,
    targets: Sequence[str] = ("y",),
    known: int = 0,
    missing: float = 0.0,
    noise: float = 0.1,
    with_columns: bool = True,
) -> SeriesTable:
    """Seasons of four steps on levels of their own, with a column of every kind.

    Args:
        lengths: Steps of each series, called ``s1`` and so on.
        seed: Seed of all that is drawn.
        targets: Columns to forecast.
        known: Rows of the known column after the last step of each series.
        missing: Share of the values that are missing.
        noise: Deviation around the season.
        with_columns: Whether there are covariates and attributes.
    """
    rng = np.random.default_rng(seed)
    counts = np.array(lengths) + (known if with_columns else 0)
    owner = np.repeat(np.arange(len(lengths)), counts)
    step = np.concatenate([np.arange(count) for count in counts])
    is_past = step < np.array(lengths)[owner]
    values = {}
    for place, name in enumerate(targets):
        season = np.sin(2 * np.pi * (step + place) / SEASON)
        drawn = 10.0 * (owner + 1) + (owner + 1) * (season + noise * rng.normal(size=len(step)))
        is_there = is_past & (rng.random(len(step)) >= missing)
        values[name] = np.where(is_there, drawn, np.nan)
    columns: dict[str, Any] = {}
    if with_columns:
        visits = np.where(is_past, rng.normal(size=len(step)), np.nan)
        columns["known"] = {"promotion": rng.integers(2, size=len(step)).astype(float)}
        columns["past"] = {"visits": visits}
        columns["static"] = {"kind": np.array(["even", "odd"], object)[owner % 2]}
    ids = np.array([f"s{n + 1}" for n in range(len(lengths))], object)[owner]
    return SeriesTable.make(step + 5 * owner, values, ids=ids, **columns)


def panel(*arguments: Any, **options: Any) -> Panel:
    """The same on its grid."""
    return panel_of(waves(*arguments, **options))


def planted(given: Panel, ends: npt.ArrayLike, value: float = HUGE) -> Panel:
    """A panel whose targets and past columns are huge from some step of each series on."""
    step = np.concatenate([np.arange(length) for length in given.lengths])
    is_ahead = step >= np.repeat(np.asarray(ends), given.lengths)
    changed = {
        name: Ragged(
            np.where(is_ahead[:, None], value, getattr(given, name).values), given.values.offsets
        )
        for name in ("values", "past")
    }
    return dataclasses.replace(given, **changed)


def small(**settings: Any) -> Forecaster:
    """A forecaster of three steps that trains in a moment."""
    model = Forecaster(
        recurrent=Recurrent(cell="gru", hidden_size=6, bidirectional=False),
        training=Training(epochs=1, batch_tokens=None, batch_size=64, learning_rate=1e-2),
        horizon=3,
        context=8,
        season=SEASON,
        num_samples=20,
        head_dropout=0.0,
    )
    return model.set_params(**settings)
