"""Forecasts of a trained network for windows of series, in the units of the series."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch import nn

from ostinato._arrays import Float64s
from ostinato._errors import ConfigError, DatasetError, brief, did_you_mean, named
from ostinato.datasets.records.series import format_time
from ostinato.models import AutoregressiveForecaster
from ostinato.models.likelihoods import sampled_quantiles
from ostinato.series import Panel, WindowIndex
from ostinato.tasks.answers import joined
from ostinato.tasks.forecasting.objective import WindowSplit

logger = logging.getLogger("ostinato")

Array = npt.NDArray[Any]
LeftOut = tuple[int, int, str]

BATCH_STEPS = 2**17  # time steps of a batch of forecasts
BATCH_PATHS = 2**13  # sampled paths of a batch
MOST_NAMED = 5  # series in a message
HISTORY_HORIZONS, HISTORY_SEASONS, LEAST_HISTORY, HISTORY = (
    4,
    3,
    48,
    200,
)  # of the past in a drawing


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts in the units of the series.

    Args:
        panel: The series.
        places: The series, target and origin of each window.
        probabilities: Those of the quantiles, the median in the middle.
        quantiles: Quantiles of each step, never crossing.
        left_out: Series and target without a forecast, and the reason.

    Shape:
        quantiles: ``(windows, horizon, quantiles)``.
    """

    panel: Panel
    places: WindowIndex
    probabilities: tuple[float, ...]
    quantiles: Float64s
    left_out: Sequence[LeftOut] = ()

    @property
    def horizon(self) -> int:
        """Steps of the forecast."""
        return int(self.quantiles.shape[1])

    @property
    def mean(self) -> Float64s:
        """Mean of each step, ``(windows, horizon)``, by interpolating between quantiles."""
        found: Float64s = self.quantiles @ _weights(self.probabilities)
        return found

    @property
    def actual(self) -> Float64s:
        """The observed values, NaN where missing, ``(windows, horizon)``."""
        values, lengths = self.panel.values, self.panel.lengths
        ahead = self.places.origin[:, None] + np.arange(self.horizon)  # (windows, horizon)
        is_known = ahead < lengths[self.places.series][:, None]
        place = values.offsets[self.places.series][:, None] + np.where(is_known, ahead, 0)
        return np.where(is_known, values.values[place, self.places.target[:, None]], np.nan)

    def times(self, row: int) -> Array:
        """Return the times of the steps of one forecast, as of :class:`ostinato.series.Panel`."""
        begin = int(self.places.origin[row])
        return self.panel.times(int(self.places.series[row]), begin, begin + self.horizon)

    def id_of(self, series: int) -> str | int:
        """Return the id of a series, a number if it was one."""
        name = self.panel.ids[series]
        return int(name) if self.panel.whole_ids else name

    def table(self, *, with_actual: bool = False) -> pa.Table:
        """Return a row a step, with the columns that the Nixtla libraries use.

        ``unique_id``, ``ds``, where there are several targets ``target``, ``mean``, ``median``, and
        the ends of each interval, such as ``lo-80`` and ``hi-80``.

        Args:
            with_actual: Whether to add ``cutoff``, the last time before the forecast, and ``y``, the observed value.
        """
        ids, targets, times = [], [], []
        for row, series in enumerate(self.places.series):
            times.append(self.times(row))
            ids += [self.id_of(series)] * self.horizon
            targets += [self.panel.targets[self.places.target[row]]] * self.horizon
        columns: dict[str, Any] = {
            "unique_id": ids,
            "ds": stamps(np.concatenate(times), self.panel),
        }
        if len(self.panel.targets) > 1:
            columns["target"] = targets
        if with_actual:
            cutoffs = [
                self.panel.times(int(series), int(origin) - 1, int(origin))
                for series, origin in zip(self.places.series, self.places.origin, strict=True)
            ]
            columns["cutoff"] = stamps(np.repeat(np.concatenate(cutoffs), self.horizon), self.panel)
            columns["y"] = self.actual.ravel()
        columns["mean"] = self.mean.ravel()
        for place, probability in enumerate(self.probabilities):
            columns[_column_of(probability)] = self.quantiles[..., place].ravel()
        return pa.table(columns)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row a step, ready for JSON; and one with the reason for each series left out."""
        mean = self.mean
        for series, target, error in self.left_out:
            yield {"id": self.id_of(series), "target": self.panel.targets[target], "error": error}
        for row, (series, target) in enumerate(
            zip(self.places.series, self.places.target, strict=True)
        ):
            for step, time in enumerate(zoned(self.times(row), self.panel)):
                values = self.quantiles[row, step].tolist()
                yield {
                    "id": self.id_of(series),
                    "target": self.panel.targets[target],
                    "time": time,
                    "mean": float(mean[row, step]),
                    "quantiles": dict(zip(map(str, self.probabilities), values, strict=True)),
                }


def line_of(answer: Mapping[str, Any]) -> str:
    r"""Return a row of :meth:`Forecasts.rows` as a line, its parts by tabs.

    Example:
        >>> line_of({"id": 7, "target": "y", "error": "it is empty"}).split("\t")
        ['7', 'y', 'error: it is empty']
    """
    names = (answer.get(name, "") for name in ("id", "target", "time"))
    where = [str(name) for name in names if name != ""]
    if "error" in answer:
        return joined(*where, f"error: {answer['error']}")
    figures = [answer["mean"], *answer["quantiles"].values()]
    return joined(*where, *(f"{figure:.6g}" for figure in figures))


def tell_left_out(
    panel: Panel, left_out: Sequence[LeftOut], places: WindowIndex, *, is_wrong: bool
) -> None:
    """Log which series have no forecast, and the first reason.

    Args:
        panel: The series.
        left_out: Which, and why.
        places: Those that have one.
        is_wrong: Whether to raise it.

    Raises:
        DatasetError: It is wrong, or no series has a forecast.
    """
    if not left_out:
        return
    if is_wrong or not len(places):
        raise DatasetError(left_out[0][2])
    names = list(dict.fromkeys(f"`{panel.ids[series]}`" for series, _, _ in left_out))
    more = " and others" if len(names) > MOST_NAMED else ""
    logger.warning(
        "%d of %d series have no forecast, %s%s: %s",
        *(len(names), len(panel), ", ".join(names[:MOST_NAMED]), more, left_out[0][2]),
    )


def history_steps(horizon: int, season: int) -> int:
    """Return how many steps of the past are shown: enough to see what repeats.

    Args:
        horizon: Steps ahead.
        season: Steps of a season.

    Example:
        >>> history_steps(3, 12), history_steps(14, 7), history_steps(336, 24)
        (48, 56, 336)
    """
    wanted = max(HISTORY_HORIZONS * horizon, HISTORY_SEASONS * season, LEAST_HISTORY)
    return max(min(wanted, HISTORY), horizon)


def plot_forecast(
    forecasts: Forecasts,
    levels: Sequence[int],
    name: str | int | None,
    target: str | None,
) -> Any:
    """Draw the forecast of one series, as a figure of matplotlib.

    Args:
        forecasts: The forecasts, in which each series and target has one.
        levels: Percent of the intervals to draw.
        name: Id of the series; none for the first.
        target: Which of its columns; none for the first.

    Raises:
        DatasetError: There is no such series, or it has no forecast.
        ConfigError: There is no such column.
    """
    from ostinato.report.forecasting.forecast_plot import (  # loads matplotlib
        Forecast,
        forecast_figure,
    )

    panel = forecasts.panel
    series = int(forecasts.places.series[0]) if name is None else panel.find(name)
    column = 0
    if target is not None:
        if target not in panel.targets:
            hint = did_you_mean(target, panel.targets) or f"; it has {named(panel.targets)}."
            raise ConfigError(f"plot: there is no target column `{brief(target)}`{hint}")
        column = panel.targets.index(target)
    places = forecasts.places
    rows = np.flatnonzero((places.series == series) & (places.target == column))
    if not len(rows):
        raise DatasetError(
            next(why for s, t, why in forecasts.left_out if (s, t) == (series, column))
        )
    row = int(rows[0])
    end = int(forecasts.places.origin[row])
    start = max(0, end - history_steps(forecasts.horizon, panel.season))
    drawn = Forecast(
        times=forecasts.times(row),
        mean=forecasts.mean[row],
        quantiles=forecasts.quantiles[row],
        probabilities=forecasts.probabilities,
        levels=tuple(levels),
        history=panel.values[series][start:end, column],
        history_times=panel.times(series, start, end),
    )
    return forecast_figure(drawn, title=panel.ids[series], label=panel.targets[column])


def stamps(times: Array, panel: Panel) -> pa.Array:
    """Return times of a panel as Arrow has them, in its zone if it has one.

    Args:
        times: The times.
        panel: The panel.
    """
    found = pa.array(times)
    if panel.zone is None or times.dtype.kind != "M":
        return found
    if panel.frequency.is_of_days:  # dates on the wall; an hour that is passed over is the next one
        return pc.assume_timezone(found, panel.zone, ambiguous="earliest", nonexistent="latest")
    return found.cast(pa.timestamp("us", panel.zone))


def zoned(times: Array, panel: Panel) -> list[str]:
    """Return times of a panel in ISO 8601, with their offset if it has a zone.

    Args:
        times: The times.
        panel: The panel.
    """
    found = stamps(times, panel)
    if getattr(found.type, "tz", None) is None:
        return [format_time(time) for time in times]
    offsets = pc.strftime(found, format="%z").to_pylist()
    local = np.asarray(pc.local_timestamp(found).cast(pa.int64())).astype("datetime64[us]")
    shown = [str(time).removesuffix(".000000").replace("T", " ") for time in local]
    return [f"{time}{offset[:3]}:{offset[3:]}" for time, offset in zip(shown, offsets, strict=True)]


def forecast(
    network: nn.Module,
    split: WindowSplit,
    places: WindowIndex,
    probabilities: Sequence[float],
    *,
    num_samples: int,
    seed: int,
) -> tuple[Float64s, Float64s]:
    """Forecast some windows.

    Args:
        network: The trained network.
        split: Reader of the windows.
        places: The windows.
        probabilities: Those of the quantiles.
        num_samples: Sample paths of each window, for autoregressive networks.
        seed: Seed of the samples, which do not depend on other windows.

    Returns:
        Quantiles on the scale of the series, ``(windows, horizon, quantiles)``, and the divisor of
        the values of each window, ``(windows,)``.
    """
    network.eval()
    horizon = split.reader.horizon
    quantiles, scales = np.empty((len(places), horizon, len(probabilities))), np.empty(len(places))
    size = max(1, BATCH_STEPS // (split.reader.context + horizon))
    if isinstance(network, AutoregressiveForecaster):
        size = max(1, BATCH_PATHS // num_samples)
    with torch.inference_mode():
        for start in range(0, len(places), size):
            rows = np.arange(start, min(start + size, len(places)))
            windows, ahead, order = split.windows(places.take(rows))
            if isinstance(network, AutoregressiveForecaster):
                own = _generators(split.reader.panel, places.take(rows[order]), seed)
                # of shape (batch, samples, horizon)
                paths = network.sample(windows, ahead.scale, num_samples, own)
                # of shape (batch, horizon, quantiles)
                found = sampled_quantiles(paths, torch.tensor(probabilities))
            else:
                found = network(windows).float().sort(dim=2).values  # (batch, horizon, quantiles)
            # of shape (batch, horizon, quantiles)
            in_series = found * ahead.scale[:, None, None] + ahead.shift[:, None, None]
            quantiles[rows[order]] = in_series.numpy()
            scales[rows[order]] = ahead.scale.numpy()
    return quantiles, scales


def _generators(panel: Panel, places: WindowIndex, seed: int) -> list[torch.Generator]:
    """Return a generator for each window, seeded by series id, target and origin."""
    found = []
    for series, target, origin in zip(places.series, places.target, places.origin, strict=True):
        time = panel.times(int(series), int(origin), int(origin) + 1).astype(np.int64)[0]
        name = json.dumps([seed, panel.ids[series], panel.targets[target], int(time)])
        digest = hashlib.sha256(name.encode()).digest()
        found.append(torch.Generator().manual_seed(int.from_bytes(digest[:8]) >> 1))
    return found


def _column_of(probability: float) -> str:
    level = f"{abs(100 - 200 * probability):g}"
    return "median" if level == "0" else f"{'lo' if probability < 0.5 else 'hi'}-{level}"


def _weights(probabilities: Sequence[float]) -> Float64s:
    """Return the weight of each quantile in the mean: half the way to its neighbours."""
    borders = np.convolve(probabilities, [0.5, 0.5], "valid")
    return np.diff([0.0, *borders, 1.0])
