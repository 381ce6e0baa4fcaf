"""``ostinato plot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ostinato._errors import ConfigError
from ostinato._files import check_out
from ostinato.cli.console import show
from ostinato.cli.loading import loaded
from ostinato.cli.options import WholeNumber

if TYPE_CHECKING:
    from ostinato.tasks.forecasting.forecaster import Forecaster

ENDINGS = (".svg", ".png", ".pdf")


def plot(
    run: Path,
    table: Path | None = None,
    /,
    *,
    series: str | None = None,
    target: str | None = None,
    future: Path | None = None,
    horizon: WholeNumber = None,
    ends: Literal["common", "own"] = "common",
    delimiter: str | None = None,
    encoding: str | None = None,
    out: Path = Path("forecast.svg"),
) -> None:
    """Draw the forecast of a series, with its intervals and its past; print where it is.

    Args:
        run: Run folder of a forecaster.
        table: Series to go on from; if not given, those that it was trained on.
        series: Id of the series; the first if not given.
        target: Which of its columns, of several; the first if not given.
        future: Table of the steps ahead with the columns that are known of them.
        horizon: Steps ahead, at most those that it was trained for.
        ends: Whether series that end a little before the last are forecast from the common end, or
            from their own.
        delimiter: What separates the columns of the tables.
        encoding: Encoding of the tables.
        out: File to write: svg, png or pdf; one that is there is replaced.
    """
    check_out(out, ENDINGS)
    if (delimiter or encoding) and table is None and future is None:
        raise ConfigError(
            "plot: no table is given that --delimiter or --encoding could be of. Name one, or leave it out."
        )
    model = _forecaster(run)
    from ostinato.report.forecasting.forecast_plot import write_figure  # loads matplotlib

    given: dict[str, Any] = {"future": future, "horizon": horizon, "ends": ends}
    written = {"delimiter": delimiter, "encoding": encoding}
    figure = model.plot(series, X=table, target=target, **given, **written)
    write_figure(figure, out)
    show(str(out))


def _forecaster(run: Path) -> Forecaster:
    model = loaded(run)
    from ostinato.tasks.forecasting.forecaster import Forecaster

    if not isinstance(model, Forecaster):
        raise ConfigError(
            f"plot: {run} must be a run of forecasting; got {model.task}. See it: ostinato report {run}"
        )
    return model
