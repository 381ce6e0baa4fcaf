"""Build the network of a forecaster from its settings and its training series."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ostinato._config import check_range
from ostinato._errors import ConfigError, named
from ostinato._rules import check_rules
from ostinato.metrics import quantile_levels_of
from ostinato.models import AutoregressiveForecaster, DirectForecaster, SegmentForecaster
from ostinato.models.likelihoods import LIKELIHOODS
from ostinato.series import Panel

if TYPE_CHECKING:
    from ostinato.tasks.forecasting.forecaster import Forecaster
    from ostinato.tasks.forecasting.preprocessing import SeriesPreprocessor

logger = logging.getLogger("ostinato")

Int64s = npt.NDArray[np.int64]
Method = Literal["direct", "segment", "autoregressive"]
Network = DirectForecaster | SegmentForecaster | AutoregressiveForecaster

CONTEXT_SEASONS = 3  # seasons that a context is long, if it is not set
LONGEST_SEGMENT = 48  # steps, if it is not set


@dataclass(frozen=True, kw_only=True)
class WindowSizes:
    """The sizes of a forecaster, with those that were not set filled in.

    Args:
        horizon: Steps to forecast.
        context: Most steps of the past that the network reads.
        season: Steps of a season.
        segment: Time steps in a step of the network.
        quantiles: Probabilities of the predicted quantiles, the median in the middle.
    """

    horizon: int
    context: int
    season: int
    segment: int
    quantiles: tuple[float, ...]

    @staticmethod
    def make(settings: Forecaster, season: int) -> WindowSizes:
        """Return the sizes, with defaults where the settings have None.

        Args:
            settings: The forecaster.
            season: Steps of the usual season of its series.
        """
        season = settings.season or season
        horizon = settings.horizon or season
        context = settings.context or max(CONTEXT_SEASONS * season, 2 * horizon)
        segment = settings.segment or min(season, LONGEST_SEGMENT, context)
        return WindowSizes(
            horizon=horizon,
            context=context,
            season=season,
            segment=segment if settings.method == "segment" else 1,
            quantiles=quantile_levels_of(settings.levels),
        )


@dataclass(frozen=True)
class Attributes:
    """The categories of each static attribute of a series; the first is the series itself.

    Args:
        values: The values in the training series, by the name of the attribute.
    """

    values: Mapping[str, Sequence[str]]

    @staticmethod
    def of(panel: Panel) -> Attributes:
        """Learn them from the training series; a single series has no category of its own."""
        found = {"": panel.ids if len(panel.ids) > 1 else ()}
        for name, column in panel.static.items():
            found[name] = tuple(sorted({str(value) for value in column}))
        return Attributes(found)

    @property
    def categories(self) -> list[int]:
        """Number of categories of each attribute; category 0 is for values that training lacked."""
        return [len(values) + 1 if len(values) > 1 else 1 for values in self.values.values()]

    def tell_unknown(self, panel: Panel) -> None:
        """Warn of values of attributes that training lacked, and where no series was in training.

        Args:
            panel: Series to forecast.
        """
        for name, values in self.values.items():
            given = {str(value) for value in (panel.static[name] if name else panel.ids)}
            unknown = sorted(given.difference(values))
            if len(values) < 2 or not unknown or (not name and len(unknown) < len(given)):
                continue
            logger.warning(
                "%s: %s, as %s; these are forecast as any unknown one.",
                panel.source,
                f"the static column `{name}` has values that train had not"
                if name
                else "no series was in train",
                named(unknown, most=3),
            )

    def codes(self, panel: Panel) -> Int64s:
        """Return the category of each attribute of each series, ``(series, attributes)``."""
        columns = []
        for name, values in self.values.items():
            known = {value: place for place, value in enumerate(values, 1)}
            given = panel.ids if not name else panel.static[name]
            codes = [known.get(str(value), 0) for value in given]
            columns.append(codes if len(values) > 1 else [0] * len(codes))
        return np.array(columns, np.int64).T.reshape(len(panel.ids), -1)


def check_settings(settings: Forecaster) -> None:
    """Raise ConfigError where a setting is outside its rule, or two do not go together."""
    where = "Forecaster"
    check_rules(settings, where)
    if not settings.levels:
        raise ConfigError("Forecaster: levels must name an interval, such as 80; got none.")
    for level in settings.levels:
        check_range(where, "levels", level, low=1, below=100)  # percent, no shares
    if settings.method != "direct" and settings.recurrent.bidirectional:
        raise ConfigError(
            f"Forecaster: recurrent must have one direction for the {settings.method} method, which goes "
            "on from its last state; got bidirectional. Set bidirectional=False."
        )


def build_network(settings: Forecaster, reading: SeriesPreprocessor, plan: WindowSizes) -> Network:
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
