"""Numeric series: regular grids, calendars, scales, windows, naive forecasts, calibration."""

from ostinato.series.conformal import Calibration as Calibration
from ostinato.series.frequency import Frequency as Frequency
from ostinato.series.inference import infer_frequency as infer_frequency
from ostinato.series.naive import drift as drift
from ostinato.series.naive import naive as naive
from ostinato.series.naive import naive2 as naive2
from ostinato.series.naive import seasonal_naive as seasonal_naive
from ostinato.series.panel import Panel as Panel
from ostinato.series.panel import panel_of as panel_of
from ostinato.series.scaling import SeriesScaling as SeriesScaling
from ostinato.series.windows import WindowIndex as WindowIndex
from ostinato.series.windows import WindowReader as WindowReader

__all__ = [
    "Calibration",
    "Frequency",
    "Panel",
    "SeriesScaling",
    "WindowIndex",
    "WindowReader",
    "drift",
    "infer_frequency",
    "naive",
    "naive2",
    "panel_of",
    "seasonal_naive",
]
