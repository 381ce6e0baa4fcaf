"""Where forecasts begin: the end that most series have, for those that end a little before it."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato.data.ragged import Ragged
from ostinato.datasets.records.series import format_time
from ostinato.series.panel import Panel

logger = logging.getLogger("ostinato")


def with_common_end(panel: Panel, horizon: int, most: int) -> Panel:
    """Return dated series, of which those that end a little before the last one end with it.

    The steps in between are missing values, so that forecasts of all cover the same times. Series whose
    known columns are told for the steps after their own end, but not for those after the common one, stay
    as they are, and so do counted ones, which have no calendar in common. Which were changed is logged.

    Args:
        panel: The series.
        horizon: Steps that are to be forecast.
        most: Most steps that a series may end earlier.

    Example:
        >>> from ostinato.datasets import SeriesTable
        >>> from ostinato.series import panel_of
        >>> days = np.array(["2024-01-01", "2024-01-02", "2024-01-01"], "datetime64[us]")
        >>> table = SeriesTable.make(days, {"y": [1.0, 2.0, 3.0]}, ids=["a", "a", "b"])
        >>> with_common_end(panel_of(table), horizon=7, most=7).lengths.tolist()
        [2, 2]
    """
    if panel.frequency.is_counted or len(panel) < 2:
        return panel
    ends = panel.frequency.at(panel.starts, panel.lengths - 1)
    position, fits = panel.frequency.steps(panel.starts, np.full(len(panel), ends.max()))
    late = position + 1 - panel.lengths
    late = np.where(fits & (late <= most), late, 0)
    if not late.any():
        return panel
    if panel.known_names:
        late[list(_extended(panel, late).lacking(horizon))] = 0
    rows = np.flatnonzero(late)
    if len(rows):
        logger.warning(
            "%s: %d of %d series, such as `%s`, end up to %d steps before %s; all are forecast from there on.",
            *(
                panel.source,
                len(rows),
                len(panel),
                panel.ids[rows[0]],
                late.max(),
                format_time(ends.max()),
            ),
        )
    return _extended(panel, late)


def _extended(panel: Panel, steps: npt.NDArray[np.int64]) -> Panel:
    """Return series with some more steps at their ends, of which nothing is known."""
    return dataclasses.replace(
        panel, values=_longer(panel.values, steps), past=_longer(panel.past, steps)
    )


def _longer(column: Ragged, steps: npt.NDArray[np.int64]) -> Ragged:
    offsets = np.append(0, np.cumsum(column.lengths + steps)).astype(np.int64)
    values: npt.NDArray[Any] = np.full((int(offsets[-1]), column.values.shape[1]), np.nan)
    shift = np.repeat(offsets[:-1] - column.offsets[:-1], column.lengths)
    values[np.arange(len(column.values)) + shift] = column.values
    return Ragged(values, offsets)
