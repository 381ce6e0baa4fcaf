"""Splits of series by time: what is trained on, what chooses, what is measured, never the reverse."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ostinato._arrays import Int64s
from ostinato._errors import ConfigError, DatasetError
from ostinato.series import Panel, WindowIndex

HELD_OUT = 0.15  # share of a series that becomes validation, at least a horizon


@dataclass(frozen=True, eq=False)
class SeriesSplit:
    """A split of the series: steps to forecast, with all that came before them.

    Args:
        panel: The series, which end where the split ends.
        begin: First position of each series that belongs to the split.
        every_cutoff: Whether every step of it is a cutoff, or only its first.
        standardised: Whether errors are measured on the scale of train's mean and deviation.
    """

    panel: Panel
    begin: Int64s
    every_cutoff: bool = True
    standardised: bool = False

    @property
    def source(self) -> str:
        """Where the series come from."""
        return self.panel.source

    @property
    def fingerprint(self) -> str:
        """Digest of the series, and of where the split begins and ends."""
        digest = hashlib.sha256(self.panel.fingerprint.encode())
        digest.update(np.stack([self.begin, self.panel.lengths]).astype("<i8").tobytes())
        return digest.hexdigest()

    @property
    def keys(self) -> Sequence[str]:
        """The ids of the series."""
        return self.panel.ids

    def places(self, horizon: int) -> WindowIndex:
        """Return the windows whose steps ahead lie in the split, series by series.

        Args:
            horizon: Steps ahead.
        """
        targets = len(self.panel.targets)
        cutoffs = self.panel.lengths - horizon - self.begin + 1
        counts = np.where(self.every_cutoff, cutoffs, 1) * (cutoffs > 0)
        series = np.repeat(np.arange(len(counts)), counts * targets)
        first = np.cumsum(counts * targets) - counts * targets
        within = np.arange(len(series)) - first[series]
        target, place = np.divmod(within, counts[series])
        return WindowIndex(series, target, self.begin[series] + place)


def whole(panel: Panel) -> SeriesSplit:
    """Return series all of whose steps are to be learnt from.

    Args:
        panel: The series.
    """
    return SeriesSplit(panel, np.zeros_like(panel.lengths))


def check_no_values(y: Any) -> None:
    """Raise DatasetError where values are given apart from their series.

    Args:
        y: What is given as values.

    Raises:
        DatasetError: It is something.

    Example:
        >>> check_no_values(None)
    """
    if y is not None:
        raise DatasetError(
            "Forecaster: the values to forecast must be a column of X, such as `y`; got them apart, as y. "
            "Put them there: X.assign(y=y)."
        )


def check_no_files(**given: Any) -> None:
    """Raise ConfigError where a split is named as a file.

    Args:
        given: What is named, by split.

    Raises:
        ConfigError: One is.

    Example:
        >>> check_no_files(validation=None, test=None)
    """
    for name, file in given.items():
        if file is not None:
            raise ConfigError(
                f"--{name}: series are parted by time, not by file. Leave it out: the last horizon of each "
                "series is the test split, what comes before it validation."
            )


def train_split(panel: Panel, context: int, horizon: int) -> SeriesSplit:
    """Return a panel as what is trained on: every cutoff with a context before it.

    A series too short for a whole context has windows with a part of it.
    """
    spare = np.maximum((panel.lengths - horizon) // 2, 1)
    return SeriesSplit(panel, np.minimum(context, spare))


def splits_of(panel: Panel, horizon: int) -> dict[str, SeriesSplit]:
    """Return train and test, and validation where the data set says when it begins.

    Without such borders the last horizon of each series is the test split; a series too short to spare it
    is trained on whole.

    Args:
        panel: The series.
        horizon: Steps ahead.

    Raises:
        DatasetError: No series is long enough.
    """
    if panel.borders is None:
        begin = panel.lengths - horizon
        _check_enough(panel, begin, horizon, is_measured=True)
        begin = np.where(begin > horizon, begin, panel.lengths)
        return {
            "train": SeriesSplit(panel.until(begin), np.zeros_like(begin)),
            "test": SeriesSplit(panel, begin, every_cutoff=False),
        }
    validation, test = (
        np.array([_position(panel, row, border) for row in range(len(panel))])
        for border in panel.borders
    )
    return {
        "train": SeriesSplit(panel.until(validation), np.zeros_like(validation)),
        "validation": SeriesSplit(panel.until(test), validation, standardised=panel.standardised),
        "test": SeriesSplit(panel, test, standardised=panel.standardised),
    }


def last_of(panel: Panel, horizon: int) -> SeriesSplit:
    """Return the last horizon of each series as what is to be measured."""
    return SeriesSplit(panel, np.maximum(panel.lengths - horizon, 0), every_cutoff=False)


def with_validation(splits: Mapping[str, SeriesSplit], horizon: int) -> dict[str, SeriesSplit]:
    """Return splits whose train gave its last steps to validation, if they had none."""
    if "validation" in splits:
        return dict(splits)
    panel = splits["train"].panel
    held = np.maximum(horizon, (HELD_OUT * panel.lengths).astype(np.int64))
    begin = panel.lengths - held
    whole = splits.get("test", splits["train"]).panel
    _check_enough(whole, begin, horizon, is_measured="test" in splits)
    begin = np.where(begin > horizon, begin, panel.lengths)
    rest = {name: split for name, split in splits.items() if name != "train"}
    return {
        "train": SeriesSplit(panel.until(begin), splits["train"].begin),
        "validation": SeriesSplit(panel, begin),
        **rest,
    }


def _position(panel: Panel, row: int, time: Any) -> int:
    """Return the first step of a series that is not before a time."""
    return int(np.searchsorted(panel.times(row), time))


def _check_enough(panel: Panel, begin: Int64s, horizon: int, *, is_measured: bool) -> None:
    """Raise DatasetError unless some series has steps to train on before those held out."""
    if (begin > horizon).any():
        return
    longest = int(panel.lengths.argmax()) if len(panel.lengths) else 0
    count, uses = "two", "to train and to choose"
    if is_measured:
        count, uses = "three", "to train, to choose and to measure"
    name = f", `{panel.ids[longest]}`," if panel.ids[longest] else ""
    raise DatasetError(
        f"{panel.source}: some series must be longer than {count} horizons of {horizon} steps, {uses}; "
        f"the longest{name} has {panel.lengths[longest]}. Give longer series or a shorter horizon."
    )
