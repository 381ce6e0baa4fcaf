"""Build the network of a forecaster from its settings and its training series."""

from __future__ import annotations

from typing import Any

from ostinato.models import AutoregressiveForecaster, DirectForecaster, SegmentForecaster
from ostinato.models.likelihoods import LIKELIHOODS
from ostinato.tasks.forecasting.preprocessing import SeriesPreprocessor
from ostinato.tasks.forecasting.settings import ForecastSettings, WindowSizes

Network = DirectForecaster | SegmentForecaster | AutoregressiveForecaster


def build_network(
    settings: ForecastSettings, reading: SeriesPreprocessor, plan: WindowSizes
) -> Network:
    """Return a network for the windows of a forecaster.

    Args:
        settings: The forecaster, with the settings in force.
        reading: Its preprocessor of series.
        plan: Its sizes.
    """
    shared: dict[str, Any] = {
        "horizon": plan.horizon,
        "recurrent": settings.recurrent,
        "dropout": settings.head_dropout or 0.0,
    }
    context_size, future_size = reading.sizes
    categories = [*reading.attributes.categories, len(reading.targets)]
    if settings.method == "autoregressive":
        likelihood = LIKELIHOODS[settings.likelihood]
        return AutoregressiveForecaster(future_size, categories, likelihood=likelihood, **shared)
    inputs = (plan.segment * context_size, future_size, categories)
    shared |= {"num_outputs": len(plan.quantiles), "seasons": len(reading.seasons)}
    if settings.method == "segment":
        return SegmentForecaster(*inputs, segment=plan.segment, **shared)
    return DirectForecaster(*inputs, **shared)
