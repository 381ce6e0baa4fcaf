"""What the parts of a forecaster need to know of its settings, and the sizes that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ostinato._config import Recurrent, Training, check_range
from ostinato._errors import ConfigError
from ostinato._rules import check_rules
from ostinato.metrics import quantile_levels_of
from ostinato.models.likelihoods import LikelihoodName
from ostinato.series.scaling import Transform
from ostinato.series.windows import WindowScaling

Method = Literal["direct", "segment", "autoregressive"]

CONTEXT_SEASONS = 3  # seasons that a context is long, if it is not set
LONGEST_SEGMENT = 48  # steps, if it is not set


class ForecastSettings(Protocol):
    """The settings of `ostinato.Forecaster`, which says what each is."""

    recurrent: Recurrent
    training: Training
    horizon: int | None
    context: int | None
    method: Method
    segment: int | None
    likelihood: LikelihoodName
    num_samples: int
    levels: tuple[int, ...]
    frequency: str | None
    season: int | None
    transform: Transform
    window_scaling: WindowScaling
    calendar: bool
    holidays: str | None
    head_dropout: float | None
    train_windows: int
    columns_: dict[str, Any]

    @property
    def sized_(self) -> ForecastSettings:
        """The settings in force: those given, and those found for the data."""


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
    def make(settings: ForecastSettings, season: int) -> WindowSizes:
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


def check_settings(settings: ForecastSettings) -> None:
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
