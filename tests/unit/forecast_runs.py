"""Run folders of forecasting as training leaves them, made up but realistic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.stats import norm

from ostinato.metrics import by_step, forecast_metrics, quantile_levels_of, scale_of

IDS = ("store-1", "<script>alert(1)</script>", "上海", "a $rather$ long name of a series")
SEASON = 12


def forecasts(
    folder: Path,
    *,
    n: int = 120,
    num_series: int = 12,
    horizon: int = 12,
    targets: Sequence[str] = ("y",),
    levels: Sequence[int] = (80, 95),
    noise: float = 0.4,
    bias: float = 0.0,
    split: str = "test",
    is_known: bool = True,
    is_counted: bool = False,
    is_standardised: bool = False,
    missing: float = 0.02,
) -> Path:
    """Monthly series of a trend and a season, and a model of which errors are ``noise``."""
    generator = np.random.default_rng(21)
    names = [(i, t) for i in _ids(num_series) for t in targets]
    cutoffs = max(n // len(names), 1)
    windows: list[dict[str, Any]] = []
    for place, (name, target) in enumerate(names):
        series = _series(generator, 80 + cutoffs + horizon, level=50 + 20 * place)
        series[generator.random(len(series)) < missing] = np.nan
        for origin in range(80, 80 + cutoffs):
            made = _window(generator, series, origin, horizon, noise, bias, levels)
            windows.append({"id": name, "target": target, **made})
    write_forecasts(
        folder, windows, levels, split, is_known=is_known, is_counted=is_counted,
        is_standardised=is_standardised,
    )  # fmt: skip
    write_config(folder, len(windows), num_series, levels, horizon)
    write_history(folder, 4)
    totals = {"best_epoch": 3, "train_seconds": 252.0, "peak_memory_bytes": 1288490188}
    known = figures_of(windows, levels, is_standardised, split == "test") if is_known else {"n": 0}
    write_json(folder / "metrics.json", {split: known, **totals})
    return folder


def one_series(folder: Path, *, n: int = 40, **options: Any) -> Path:
    """One series without an id, many cutoffs that follow each other."""
    return forecasts(folder, n=n, num_series=1, **options)


def unfinished_forecasts(folder: Path, *, num_epochs: int = 2) -> Path:
    """A forecaster that is still training: no final figures, no predictions."""
    write_config(folder, 300, 12, (80, 95), 12)
    write_history(folder, num_epochs)
    return folder


def figures_of(
    windows: Sequence[dict[str, Any]],
    levels: Sequence[int],
    is_standardised: bool,
    with_coverage: bool,
) -> dict[str, Any]:
    """Return what metrics.json holds of a split."""
    unit = np.array([row["deviation"] if is_standardised else 1.0 for row in windows])

    def told(name: str) -> Any:
        values = np.array([row[name] for row in windows])
        return values / unit.reshape((-1,) + (1,) * (values.ndim - 1))

    actual, scale = told("actual"), told("scale")
    intervals: dict[str, Any] = {
        "quantiles": told("quantiles"),
        "quantile_levels": quantile_levels_of(levels),
        "levels": levels if with_coverage else (),
    }
    figures: dict[str, Any] = forecast_metrics(actual, told("mean"), scale=scale, **intervals)
    steps = by_step(actual, told("mean"), scale=scale, **intervals)
    for name in ("naive", "seasonal_naive", "drift"):
        found = forecast_metrics(actual, told(name), scale=scale)
        figures[name] = {**found, "crps": found["mae"]}
        steps[f"{name}_mae"] = by_step(actual, told(name))["mae"]
    return {**figures, "by_step": {name: values.tolist() for name, values in steps.items()}}


def write_forecasts(
    folder: Path,
    windows: Sequence[dict[str, Any]],
    levels: Sequence[int],
    split: str = "test",
    *,
    is_known: bool = True,
    is_counted: bool = False,
    is_standardised: bool = False,
) -> None:
    """Write predictions.parquet."""
    doubles, strings = pa.list_(pa.float64()), pa.list_(pa.string())

    def texts(steps: Any) -> list[str]:
        return [str(step) if is_counted else _month(step) for step in steps]

    def lists(name: str) -> Any:
        rows = [np.asarray(row[name]).ravel().tolist() for row in windows]
        nulled = [[None if np.isnan(value) else value for value in row] for row in rows]
        return pa.array(nulled, doubles)

    unknown = [[None] * len(row["actual"]) for row in windows]
    table = pa.table(
        {
            "id": [row["id"] for row in windows],
            "target": [row["target"] for row in windows],
            "cutoff": [texts([row["origin"] - 1])[0] for row in windows],
            "times": pa.array(
                [texts(row["origin"] + np.arange(len(row["mean"]))) for row in windows], strings
            ),
            "history": lists("history"),
            "history_times": pa.array(
                [
                    texts(np.arange(row["origin"] - len(row["history"]), row["origin"]))
                    for row in windows
                ],
                strings,
            ),
            "actual": lists("actual") if is_known else pa.array(unknown, doubles),
            **{
                name: lists(name)
                for name in ("mean", "quantiles", "naive", "seasonal_naive", "drift")
            },
            "scale": pa.array([row["scale"] for row in windows], pa.float64()),
            "deviation": pa.array([row["deviation"] for row in windows], pa.float64()),
        }
    )
    told = {
        "split": split,
        "quantiles": json.dumps(quantile_levels_of(levels)),
        "levels": json.dumps(list(levels)),
        "frequency": "1" if is_counted else "MS",
        "season": str(SEASON),
        "windows": str(len(windows)),
        "standardised": str(is_standardised).lower(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(told), folder / "predictions.parquet")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def write_config(
    folder: Path, n: int, num_series: int, levels: Sequence[int], horizon: int
) -> None:
    """Write config.json."""
    split = {
        "n": n,
        "series": num_series,
        "targets": ["y"],
        "source": "sales.csv",
        "fingerprint": "7a0c" * 16,
        "labels": {},
        "length": {"mean": 131.5, "median": 120.0, "p95": 240.0, "max": 312},
        "missing": 0.0213,
        "frequency": "MS",
    }
    config = {
        "format": 1,
        "ostinato": "0.1.0",
        "task": "forecasting",
        "settings": {
            "recurrent": {
                "cell": "gru",
                "hidden_size": 128,
                "num_layers": 1,
                "bidirectional": False,
            },
            "training": {"epochs": 4, "max_grad_norm": 1.0},
            "horizon": horizon,
            "context": 36,
            "method": "direct",
            "levels": list(levels),
        },
        "data": {
            "source": "sales.csv",
            "parts": {"train": {**split, "n": 40 * n}, "test": split},
        },
        "environment": {"python": "3.11.7", "torch": "2.13.0+cpu"},
        "command": "ostinato train forecast sales.csv --horizon 12",
        "created": "2026-03-01T12:00:00+00:00",
    }
    write_json(folder / "config.json", config)


def write_history(folder: Path, num_epochs: int) -> None:
    """Write history.jsonl."""
    lines = [
        {
            "epoch": epoch,
            "steps": 50 * epoch,
            "train": {"loss": 0.9 / epoch, "mae": 1.1 / epoch, "skill": 1 - 0.9 / epoch},
            "validation": {"loss": 1.0 / epoch, "mae": 1.2 / epoch, "skill": 1 - 1.0 / epoch},
            "learning_rate": 2e-3 / epoch,
            "grad_norm": {"mean": 0.9 / epoch, "max": 14.0 / epoch, "clipped": 0.31 / epoch},
            "tokens_per_second": 41072.5,
            "seconds": 51.25,
            "best": epoch <= 3,
        }
        for epoch in range(1, num_epochs + 1)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "history.jsonl").write_text(text, encoding="utf-8")


def _ids(count: int) -> list[str]:
    return [""] if count == 1 else [*IDS, *(f"store-{i}" for i in range(5, count + 1))][:count]


def _series(generator: np.random.Generator, length: int, level: float) -> Any:
    steps = np.arange(length)
    season = 10 * np.sin(2 * np.pi * steps / SEASON)
    return level + 0.3 * steps + season + generator.normal(0, 3, length)


def _window(
    generator: np.random.Generator,
    series: Any,
    origin: int,
    horizon: int,
    noise: float,
    bias: float,
    levels: Sequence[int],
) -> dict[str, Any]:
    """Return one window: what came, and a forecast that is wrong as if by chance."""
    history, actual = series[:origin], series[origin : origin + horizon]
    filled = np.where(np.isnan(history), np.nanmean(history), history)
    spread = 10 * noise * np.sqrt(1 + np.arange(horizon) / horizon)
    truth = np.where(np.isnan(actual), filled[-1], actual)
    mean = truth + generator.normal(0, spread) - bias
    z = norm.ppf(quantile_levels_of(levels))
    return {
        "origin": origin,
        "history": history[-48:],
        "actual": actual,
        "mean": mean,
        "quantiles": mean[:, None] + spread[:, None] * z,
        "naive": np.full(horizon, filled[-1]),
        "seasonal_naive": filled[-SEASON:][np.arange(horizon) % SEASON],
        "drift": filled[-1] + (filled[-1] - filled[0]) / (origin - 1) * np.arange(1, horizon + 1),
        "scale": float(scale_of(history, SEASON)),
        "deviation": float(np.nanstd(history)),
    }


def _month(step: int) -> str:
    return str(np.datetime64("2010-01", "M") + int(step)) + "-01"
