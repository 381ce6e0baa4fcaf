"""Preprocessing of series for a forecaster: frequency, columns, scaling, categories, end of train."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Table
from ostinato._errors import DatasetError, named
from ostinato._files import read_json, write_json
from ostinato._kinds import AS_WRITTEN
from ostinato.datasets import SeriesTable, load_series
from ostinato.models.likelihoods import LIKELIHOODS
from ostinato.series import Calibration, Frequency, Panel, SeriesScaling, panel_of
from ostinato.series.calendar import cycles_of
from ostinato.series.grid import check_steps, frequency_of
from ostinato.series.holidays import AROUND, check_holidays, holiday_features
from ostinato.series.seasons import longer_seasons
from ostinato.tasks import saved
from ostinato.tasks.forecasting.settings import ForecastSettings

logger = logging.getLogger("ostinato")

FILE = "series.json"
UTC_NAMES = ("UTC", "Etc/UTC", "+00:00")

SeriesInput: TypeAlias = "str | Path | Table | SeriesTable | Panel"
"""A file, a table in memory, or series that were loaded."""


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

    def codes(self, panel: Panel) -> npt.NDArray[np.int64]:
        """Return the category of each attribute of each series, ``(series, attributes)``."""
        columns = []
        for name, values in self.values.items():
            known = {value: place for place, value in enumerate(values, 1)}
            given = panel.ids if not name else panel.static[name]
            codes = [known.get(str(value), 0) for value in given]
            columns.append(codes if len(values) > 1 else [0] * len(codes))
        return np.array(columns, np.int64).T.reshape(len(panel.ids), -1)


@dataclass(frozen=True, eq=False)
class SeriesPreprocessor:
    """Preprocessing of series, learnt on train.

    Args:
        frequency: Their time step.
        season: Steps of a season of the data, by their frequency or as documented.
        seasons: Steps of each season with a seasonal naive input: the one in use, a longer one.
        targets: Columns to forecast.
        known: Covariates known over the horizon.
        past: Covariates known in the past only.
        cycles: Cycles of the calendar among the inputs.
        holidays: Country whose holidays are among them, if any.
        attributes: The categories of their static attributes.
        scaling: Their scaling, measured on train.
        ends: End of train in each series: the first time that the network was not trained on, in
            microseconds since 1970, or counted.
        columns: The arguments with which their table was read.
    """

    frequency: Frequency
    season: int
    seasons: tuple[int, ...]
    targets: tuple[str, ...]
    known: tuple[str, ...]
    past: tuple[str, ...]
    cycles: tuple[str, ...]
    holidays: str | None
    attributes: Attributes
    scaling: SeriesScaling
    ends: Mapping[str, int]
    columns: Mapping[str, Any]

    @staticmethod
    def learn(
        panel: Panel, validation: Panel, settings: ForecastSettings, season: int
    ) -> SeriesPreprocessor:
        """Learn it from train.

        Args:
            panel: The series.
            validation: The same with their validation split, whose values must have logarithms too.
            settings: The forecaster.
            season: Steps of a season.

        Raises:
            DatasetError: A value is no count, or has no logarithm, where these are asked for.
            ConfigError: There are no holidays of that name, or of such steps.
        """
        if settings.holidays is not None:
            check_holidays(settings.holidays, panel.frequency)
            _tell_of_holidays(panel, settings.holidays)
        values = validation.values.values
        is_positive = bool((values[np.isfinite(values)] > 0).all())
        transform = settings.transform
        if transform == "auto" and not is_positive:
            transform = "none"
        counts = settings.method == "autoregressive" and LIKELIHOODS[settings.likelihood].counts
        return SeriesPreprocessor(
            panel.frequency,
            panel.season,
            (season, *longer_seasons(panel, season)),
            panel.targets,
            panel.known_names,
            panel.past_names,
            cycles_of(panel.frequency, int(panel.lengths.max())) if settings.calendar else (),
            settings.holidays,
            Attributes.of(panel),
            SeriesScaling.fit(
                panel, "none" if counts else transform, season, is_scaled=not counts
            ).with_signs(validation),
            {
                name: int(panel.times(row, end, end + 1).astype(np.int64)[0])
                for row, (name, end) in enumerate(zip(panel.ids, panel.lengths, strict=True))
            },
            dict(getattr(settings, "columns_", {})),
        )

    @property
    def sizes(self) -> tuple[int, int]:
        """Inputs of a time step of the context, and of one of the horizon."""
        free = len(AROUND) if self.holidays else 0
        ahead = 2 * len(self.cycles) + free + len(self.known) + len(self.seasons)
        return 2 + ahead + len(self.past), ahead

    def trained(self, panel: Panel) -> npt.NDArray[np.int64]:
        """Return how many steps of each series train had, ``(series,)``."""
        starts = panel.starts.astype(np.int64)
        ends = np.array(
            [self.ends.get(name, start) for name, start in zip(panel.ids, starts, strict=True)]
        )
        steps, _ = panel.frequency.steps(panel.starts, ends.astype(panel.starts.dtype))
        return np.maximum(steps, 0)

    def panel_of(self, table: SeriesTable, given: str | None = None) -> Panel:
        """Put series on the grid of train's frequency, whatever step a few of their times suggest.

        Args:
            table: The series.
            given: The frequency that was given to train, if one was; else a series that steps regularly by
                more is told.

        Raises:
            DatasetError: A time does not lie on it.
        """
        try:
            panel = panel_of(table, self.frequency.alias)
        except DatasetError:
            found = frequency_of(table)
            if found is None or found.alias == self.frequency.alias:
                raise
            raise self._other(table.source, found) from None
        if given is None:
            self._tell_coarser(table)
        return panel

    def _tell_coarser(self, table: SeriesTable) -> None:
        try:
            check_steps(table, self.frequency)
        except DatasetError:
            logger.warning(
                "%s: a series steps regularly by more than %s, the step of train; what is between is taken for "
                "missing.",
                *(table.source, self.frequency.alias),
            )

    def future(self, source: Any, columns: Mapping[str, Any]) -> SeriesTable:
        """Read what is known of the steps ahead.

        Args:
            source: A file or a table.
            columns: The arguments with which the table of train was read; delimiter and encoding of this.

        Raises:
            DatasetError: A known column is missing, or something in it is wrong.
        """
        named: dict[str, Any] = {
            name: columns.get(name) for name in ("id_column", "time_column", *AS_WRITTEN)
        }
        return load_series(source, known_columns=self.known, **named)

    def _other(self, source: str, found: Frequency) -> DatasetError:
        return DatasetError(
            f"{source}: a step must be {self.frequency.alias}, as in train; got "
            f"{found.alias}. Bring the series to that step, or train on these."
        )

    def check(self, panel: Panel) -> None:
        """Raise DatasetError unless a panel has the columns and the frequency of train."""
        for kind, wanted, given in (
            ("target", self.targets, panel.targets),
            ("known", self.known, panel.known_names),
            ("past", self.past, panel.past_names),
            ("static", tuple(self.attributes.values)[1:], tuple(panel.static)),
        ):
            if wanted != given:
                raise DatasetError(
                    f"{panel.source}: the {kind} columns must be those of train, "
                    f"{', '.join(wanted) or 'none'}; got {', '.join(given) or 'none'}. "
                    f"Name them: {kind}_columns (--{kind}-column)."
                )
        if panel.frequency.alias != self.frequency.alias:
            raise self._other(panel.source, panel.frequency)
        values = panel.values.values
        if self.scaling.is_log:
            _check(panel, ~(values <= 0), "be above 0", "Train with --transform none to allow it.")
        if not self.scaling.is_scaled:
            is_count = np.isnan(values) | ((values >= 0) & (values == np.floor(values)))
            _check(panel, is_count, "be a count, 0 or more", "Train with another likelihood.")

    def save(self, run: Path, calibration: Calibration | None) -> None:
        """Write ``series.json``, with the corrections of the intervals once there are some."""
        write_json(
            run / FILE,
            {
                "frequency": self.frequency.alias,
                "season": self.season,
                "seasons": self.seasons,
                "targets": self.targets,
                "known": self.known,
                "past": self.past,
                "cycles": self.cycles,
                "attributes": self.attributes.values,
                "scaling": self.scaling.to_json(),
                "ends": self.ends,
                "columns": self.columns,
                "calibration": calibration.to_json() if calibration else None,
            },
        )

    @staticmethod
    def load(
        run: Path, settings: ForecastSettings
    ) -> tuple[SeriesPreprocessor, Calibration | None]:
        """Read what :meth:`save` wrote, of a forecaster with some settings."""
        path = run / FILE
        content = read_json(path)
        reading = SeriesPreprocessor(
            Frequency.parse(content["frequency"]),
            int(content["season"]),
            saved.steps(
                {"seasons": [settings.season or content["season"]], **content}, "seasons", path
            ),
            saved.texts(content, "targets", path),
            saved.texts(content, "known", path),
            saved.texts(content, "past", path),
            tuple(content["cycles"]),
            settings.holidays,
            Attributes(content["attributes"]),
            SeriesScaling.from_json(content["scaling"]),
            content["ends"],
            content["columns"],
        )
        found = content["calibration"]
        return reading, Calibration.from_json(found) if found else None


def named_only(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that were named, of the arguments with which a table is read.

    Example:
        >>> named_only({"id_column": None, "known_columns": ["promotion"], "wide": False})
        {'known_columns': ['promotion']}
    """
    return {name: value for name, value in columns.items() if value not in (None, False, [], ())}


def learnt(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with which other tables are read too, of those of train.

    Example:
        >>> learnt({"id_column": "shop", "wide": False, "delimiter": ";"})
        {'id_column': 'shop'}
    """
    named = named_only(columns)
    return {name: value for name, value in named.items() if name not in AS_WRITTEN}


def table_of(source: Any, columns: Mapping[str, Any], train: Mapping[str, Any]) -> SeriesTable:
    """Read series with columns that were named, else those of train.

    Args:
        source: A file, a table, the name of a data set, or series that were loaded already.
        columns: Arguments of :func:`ostinato.datasets.load_series`.
        train: Those of train.

    Raises:
        DatasetError: Series that were loaded already have their columns, and are given others.
    """
    named = named_only(columns)
    if isinstance(source, SeriesTable):
        if named:
            raise DatasetError(
                f"{source.source}: series that were loaded have their columns; "
                f"got {next(iter(named))}. Leave it out, or give it to load_series."
            )
        return source
    forms = ("wide", "rows") if learnt(named) else ()  # where columns are named they tell the form
    kept = {name: value for name, value in train.items() if name not in forms}
    return load_series(source, **{**kept, **named})


def _tell_of_holidays(panel: Panel, region: str) -> None:
    """Warn if no holiday lies in the longest of some series, or if days begin when they do in UTC."""
    if panel.zone in UTC_NAMES and not panel.frequency.is_of_days:
        logger.warning(
            "%s: times are in UTC, so holidays of %s begin at midnight there. Give local times if that matters.",
            *(panel.source, region),
        )
    times = panel.times(int(panel.lengths.argmax()))
    today = holiday_features(times, panel.frequency, region, panel.zone)[:, AROUND.index(0)]
    if not today.any():
        logger.warning(
            "%s: no holiday of %s lies in train, so nothing is learnt of them.",
            *(panel.source, region),
        )


def _check(panel: Panel, fits: npt.NDArray[np.bool_], rule: str, advice: str) -> None:
    """Raise DatasetError at the first value that does not fit."""
    wrong = np.argwhere(~fits)
    if len(wrong):
        place, target = (int(part) for part in wrong[0])
        row = int(np.searchsorted(panel.values.offsets, place, side="right")) - 1
        where = panel.place(row, place - int(panel.values.offsets[row]))
        raise DatasetError(
            f"{panel.source}: {where}: `{panel.targets[target]}` must {rule}; "
            f"got {panel.values.values[place, target]:g}. {advice}"
        )
