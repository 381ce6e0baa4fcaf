"""From a trained network and places in series to forecasts, in the units of the series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import nn

from ostinato._config import check_names
from ostinato.datasets.series import written
from ostinato.models import AutoregressiveForecaster
from ostinato.models.likelihoods import sampled_quantiles
from ostinato.series import Panel, Places
from ostinato.tasks.forecast_parts import WindowPart

Doubles = npt.NDArray[np.float64]

BATCH_STEPS = 2**17  # time steps of a batch of forecasts
BATCH_PATHS = 2**13  # sampled paths of a batch
HISTORY_HORIZONS = 4  # horizons of the past that are shown


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts in the units of the series.

    Args:
        panel: The series.
        places: Where they begin.
        probabilities: Of the quantiles, the median in the middle.
        quantiles: Quantiles of each step, never crossing.

    Shape:
        quantiles: ``(windows, horizon, quantiles)``.
    """

    panel: Panel
    places: Places
    probabilities: tuple[float, ...]
    quantiles: Doubles

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return int(self.quantiles.shape[1])

    @property
    def mean(self) -> Doubles:
        """Mean of each step if the distribution is straight between its quantiles."""
        found: Doubles = self.quantiles @ _weights(self.probabilities)
        return found

    @property
    def actual(self) -> Doubles:
        """What came, NaN where nothing is known of it, ``(windows, horizon)``."""
        values, lengths = self.panel.values, self.panel.lengths
        ahead = self.places.origin[:, None] + np.arange(self.horizon)
        is_known = ahead < lengths[self.places.series][:, None]
        place = values.offsets[self.places.series][:, None] + np.where(is_known, ahead, 0)
        return np.where(is_known, values.values[place, self.places.target[:, None]], np.nan)

    def times(self, row: int) -> list[str]:
        """Return the times of the steps of one forecast, in ISO 8601."""
        begin = int(self.places.origin[row])
        times = self.panel.times(int(self.places.series[row]), begin, begin + self.horizon)
        return [written(time) for time in times]

    def table(self, *, with_actual: bool = False) -> pa.Table:
        """Return a row a step, with the columns that the Nixtla libraries use.

        ``unique_id``, ``ds``, where there are several targets ``target``, ``mean``, ``median``, and
        the ends of each interval, such as ``lo-80`` and ``hi-80``.

        Args:
            with_actual: Whether to add ``cutoff``, the last time before the forecast, and ``y``, what came.
        """
        ids, targets, times = [], [], []
        for row, series in enumerate(self.places.series):
            begin = int(self.places.origin[row])
            times.append(self.panel.times(int(series), begin, begin + self.horizon))
            ids += [self.panel.ids[series]] * self.horizon
            targets += [self.panel.targets[self.places.target[row]]] * self.horizon
        columns: dict[str, Any] = {"unique_id": ids, "ds": np.concatenate(times)}
        if len(self.panel.targets) > 1:
            columns["target"] = targets
        if with_actual:
            cutoffs = [
                self.panel.times(int(series), int(origin) - 1, int(origin))
                for series, origin in zip(self.places.series, self.places.origin, strict=True)
            ]
            columns["cutoff"] = np.repeat(np.concatenate(cutoffs), self.horizon)
            columns["y"] = self.actual.ravel()
        columns["mean"] = self.mean.ravel()
        for place, probability in enumerate(self.probabilities):
            columns[_column_of(probability)] = self.quantiles[..., place].ravel()
        return pa.table(columns)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row a step, ready for JSON."""
        mean = self.mean
        for row, (series, target) in enumerate(
            zip(self.places.series, self.places.target, strict=True)
        ):
            for step, time in enumerate(self.times(row)):
                values = self.quantiles[row, step].tolist()
                yield {
                    "id": self.panel.ids[series],
                    "target": self.panel.targets[target],
                    "time": time,
                    "mean": float(mean[row, step]),
                    "quantiles": dict(zip(map(str, self.probabilities), values, strict=True)),
                }


def picture(
    forecasts: Forecasts, levels: Sequence[int], name: str | None, target: str | None
) -> Any:
    """Draw the forecast of one series, as a figure of matplotlib.

    Args:
        forecasts: The forecasts, in which each series and target has one.
        levels: Percent of the intervals to draw.
        name: Id of the series; none for the first.
        target: Which of its columns; none for the first.

    Raises:
        DatasetError: There is no such series.
        ConfigError: There is no such column.
    """
    from ostinato.report.forecast_plot import Forecast, forecast_figure  # loads matplotlib

    panel = forecasts.panel
    series = 0 if name is None else panel.find(name)
    column = 0
    if target is not None:
        check_names({target: None}, dict.fromkeys(panel.targets), "plot")
        column = panel.targets.index(target)
    row = series * len(panel.targets) + column
    end = int(forecasts.places.origin[row])
    start = max(0, end - HISTORY_HORIZONS * forecasts.horizon)
    drawn = Forecast(
        times=panel.times(series, end, end + forecasts.horizon),
        mean=forecasts.mean[row],
        quantiles=forecasts.quantiles[row],
        probabilities=forecasts.probabilities,
        levels=tuple(levels),
        history=panel.values[series][start:end, column],
        history_times=panel.times(series, start, end),
    )
    return forecast_figure(drawn, title=panel.ids[series], label=panel.targets[column])


def forecast(
    network: nn.Module,
    part: WindowPart,
    places: Places,
    probabilities: Sequence[float],
    *,
    num_samples: int,
    seed: int,
) -> tuple[Doubles, Doubles]:
    """Forecast from some places on.

    Args:
        network: The trained network.
        part: Cuts the windows out.
        places: Where to begin.
        probabilities: Of the quantiles.
        num_samples: Paths to draw of each window, where the network draws any.
        seed: Seed of those.

    Returns:
        Quantiles on the scale of the series, ``(windows, horizon, quantiles)``, and what the values of
        each window were divided by, ``(windows,)``.
    """
    network.eval()
    horizon = part.reader.horizon
    quantiles, scales = np.empty((len(places), horizon, len(probabilities))), np.empty(len(places))
    size = max(1, BATCH_STEPS // (part.reader.context + horizon))
    if isinstance(network, AutoregressiveForecaster):
        size = max(1, BATCH_PATHS // num_samples)
    with torch.inference_mode(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for start in range(0, len(places), size):
            rows = np.arange(start, min(start + size, len(places)))
            windows, ahead, order = part.windows(places.take(rows))
            if isinstance(network, AutoregressiveForecaster):
                paths = network.sample(windows, ahead.scale, num_samples)
                found = sampled_quantiles(paths, torch.tensor(probabilities))
            else:
                found = network(windows).float().sort(dim=2).values
            in_series = found * ahead.scale[:, None, None] + ahead.shift[:, None, None]
            quantiles[rows[order]] = in_series.numpy()
            scales[rows[order]] = ahead.scale.numpy()
    return quantiles, scales


def _column_of(probability: float) -> str:
    level = f"{abs(100 - 200 * probability):g}"
    return "median" if level == "0" else f"{'lo' if probability < 0.5 else 'hi'}-{level}"


def _weights(probabilities: Sequence[float]) -> Doubles:
    """Return the share of each quantile in the mean: half the way to its neighbours."""
    borders = np.convolve(probabilities, [0.5, 0.5], "valid")
    return np.diff([0.0, *borders, 1.0])
