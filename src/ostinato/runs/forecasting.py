"""The predictions.parquet of a run of forecasting, window by window."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato.metrics.quantiles import ends_of, place_of
from ostinato.runs.columns import floats, misfit, read_columns, right_types, texts
from ostinato.runs.run import Labels

BASELINES = {"naive": "naive", "seasonal_naive": "seasonal naive", "drift": "drift"}
"""Forecasts that need no training, and what they are called."""

STEPS = ("times", "actual", "mean", *BASELINES)
COLUMNS = ("id", "target", "cutoff", "history", "history_times", "quantiles", "scale", "deviation")


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastPredictions:
    """What was forecast from each cutoff of one split, and what came; ``n`` windows.

    Args:
        split: ``"test"`` or ``"validation"``.
        ids: Which series each window is of; empty where there is but one.
        targets: Which of its columns was forecast.
        cutoffs: Time of the last known step, ``(n,)``: datetime64, or int64 where steps are counted.
        times: Those of the steps ahead, ``(n, horizon)``.
        histories: The last values before each cutoff, NaN where missing.
        history_times: Their times.
        actual: What came, NaN where missing, ``(n, horizon)``.
        mean: What was forecast, ``(n, horizon)``.
        quantiles: Of each step, ``(n, horizon, quantiles)``.
        baselines: By name, what the naive forecasts say, ``(n, horizon)``.
        scale: What MASE divides errors by, ``(n,)``; NaN where there is none.
        deviation: What the standardised scale divides values by, ``(n,)``.
        probabilities: Of the quantiles.
        levels: Percent that each interval is to hold.
        frequency: Steps of the series, as pandas names them.
        season: Steps of a season.
        num_windows: Windows of the split, of which these were kept.
        is_standardised: Whether errors are told on the standardised scale.
    """

    split: str
    ids: tuple[str, ...]
    targets: tuple[str, ...]
    cutoffs: NDArray[Any]
    times: NDArray[Any]
    histories: tuple[Float64s, ...]
    history_times: tuple[NDArray[Any], ...]
    actual: Float64s
    mean: Float64s
    quantiles: Float64s
    baselines: Mapping[str, Float64s]
    scale: Float64s
    deviation: Float64s
    probabilities: tuple[float, ...]
    levels: tuple[float, ...]
    frequency: str
    season: int
    num_windows: int
    is_standardised: bool

    @property
    def num_tokens(self) -> NDArray[np.int64]:
        """Steps of each window's history that were kept, ``(n,)``."""
        return np.array([len(history) for history in self.histories], dtype=np.int64)

    @property
    def middle(self) -> Float64s:
        """The medians, by which absolute errors are judged; the means where no median was kept."""
        place = place_of(0.5, self.probabilities)
        return self.mean if place is None else self.quantiles[..., place]

    @property
    def middle_name(self) -> str:
        """Which of the two `middle` is."""
        return "mean" if place_of(0.5, self.probabilities) is None else "median"

    @property
    def residuals(self) -> Float64s:
        """What came less what was forecast, on the scale that errors are told on."""
        return (self.actual - self.mean) / self.unit[:, None]

    @property
    def unit(self) -> Float64s:
        """What errors of each window are divided by when they are told, ``(n,)``."""
        return self.deviation if self.is_standardised else np.ones_like(self.deviation)

    def groups(self) -> list[NDArray[np.int64]]:
        """Return the windows of each series and target by rising cutoff, in order of the file."""
        rows: dict[tuple[str, str], list[int]] = {}
        for row, key in enumerate(zip(self.ids, self.targets, strict=True)):
            rows.setdefault(key, []).append(row)
        chosen = (np.array(found, dtype=np.int64) for found in rows.values())
        return [found[np.argsort(self.cutoffs[found], kind="stable")] for found in chosen]


def read_forecasts(path: Path, labels: Labels) -> ForecastPredictions | None:
    """Read and check predictions.parquet.

    Args:
        path: The file.
        labels: Those of the run, which has none.

    Returns:
        Its windows; None if there is none.

    Raises:
        CheckpointError: The file is broken, or its columns do not fit each other.
    """
    split, columns = read_columns(path, (*COLUMNS, *STEPS))
    if not len(columns["id"]):
        return None
    with right_types(path):
        metadata = _read_metadata(path)
        horizon = _horizon(columns, path)
        probabilities = metadata["probabilities"]
        flat = _matrix(columns["quantiles"], horizon * len(probabilities), "quantiles", path)
        steps = {name: _matrix(columns[name], horizon, name, path) for name in STEPS[1:]}
        histories, offsets = _lists(columns["history"])
        is_counted = _are_counts(columns["cutoff"])
        return ForecastPredictions(
            split=split,
            ids=texts(columns["id"], "id", path),
            targets=texts(columns["target"], "target", path),
            cutoffs=_times(columns["cutoff"], "cutoff", path, is_counted=is_counted),
            times=_ahead(columns["times"], horizon, path, is_counted=is_counted),
            histories=tuple(np.split(floats(histories), offsets)),
            history_times=_history_times(columns, path, is_counted=is_counted),
            actual=steps["actual"],
            mean=_finite(steps["mean"], "mean", path),
            quantiles=_finite(flat, "quantiles", path).reshape(len(flat), horizon, -1),
            baselines={name: steps[name] for name in BASELINES},
            scale=floats(columns["scale"]),
            deviation=floats(columns["deviation"]),
            **metadata,
        )


def _read_metadata(path: Path) -> dict[str, Any]:
    """Return what the file tells of all its windows."""
    metadata = pq.read_schema(path).metadata or {}
    found = {key.decode("utf-8", "replace"): value.decode() for key, value in metadata.items()}
    names = ("quantiles", "levels", "frequency", "season", "windows", "standardised")
    missing = [name for name in names if name not in found]
    if missing:
        raise misfit(path, f"must tell {', '.join(names)} in its metadata", f"no {missing[0]}")
    probabilities = tuple(float(value) for value in json.loads(found["quantiles"]))
    levels = tuple(sorted(float(value) for value in json.loads(found["levels"])))
    for level in levels:
        if ends_of(level, probabilities) is None:
            raise misfit(
                path, "must have the quantiles that bound each of its levels", f"none for {level:g}"
            )
    return {
        "probabilities": probabilities,
        "levels": levels,
        "frequency": found["frequency"],
        "season": int(found["season"]),
        "num_windows": int(found["windows"]),
        "is_standardised": found["standardised"] == "true",
    }


def _horizon(columns: Mapping[str, Any], path: Path) -> int:
    widths = pc.unique(pc.fill_null(pc.list_value_length(columns["mean"]), 0)).to_pylist()
    if len(widths) != 1 or widths[0] < 1:
        raise misfit(path, "must have as many steps ahead in each row", f"{widths} in mean")
    return int(widths[0])


def _lists(column: Any) -> tuple[Any, NDArray[np.int64]]:
    """Return the values of lists one after another, and where each but the first begins."""
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    return column.flatten(), np.cumsum(counts, dtype=np.int64)[:-1]


def _matrix(column: Any, width: int, name: str, path: Path) -> Float64s:
    """Return a column of lists as ``(n, width)``, or raise; null becomes NaN."""
    _check_width(column, width, name, path)
    values = floats(column.flatten()).reshape(-1, width)
    if np.isinf(values).any():
        raise misfit(path, f"must have finite numbers in {name}", "an infinite one")
    return values


def _check_width(column: Any, width: int, name: str, path: Path) -> None:
    widths = pc.unique(pc.fill_null(pc.list_value_length(column), 0)).to_pylist()
    if widths != [width]:
        raise misfit(path, f"must have {width} values of {name} in each row", f"{widths} in a row")


def _finite(values: Float64s, name: str, path: Path) -> Float64s:
    if np.isnan(values).any():
        raise misfit(path, f"must have a number for each step in {name}", "null or NaN")
    return values


def _are_counts(column: Any) -> bool:
    return all(re.fullmatch(r"-?\d+", text) for text in column.cast(pa.string()).to_pylist())


def _times(column: Any, name: str, path: Path, *, is_counted: bool) -> NDArray[Any]:
    """Return ISO times as datetime64, or counted ones as int64."""
    names: Sequence[str] = texts(column, name, path)
    return np.array(names, dtype=np.int64 if is_counted else "datetime64[us]")


def _ahead(column: Any, horizon: int, path: Path, *, is_counted: bool) -> NDArray[Any]:
    _check_width(column, horizon, "times", path)
    return _times(column.flatten(), "times", path, is_counted=is_counted).reshape(-1, horizon)


def _history_times(
    columns: Mapping[str, Any], path: Path, *, is_counted: bool
) -> tuple[NDArray[Any], ...]:
    values, offsets = _lists(columns["history_times"])
    if not np.array_equal(offsets, _lists(columns["history"])[1]) or len(values) != len(
        columns["history"].flatten()
    ):
        raise misfit(path, "must have a time for each value of history", "more or fewer")
    return tuple(np.split(_times(values, "history_times", path, is_counted=is_counted), offsets))
