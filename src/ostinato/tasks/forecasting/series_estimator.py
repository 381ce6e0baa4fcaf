"""Where a forecaster finds series: in files, in tables, among those of train; and how they are split."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ostinato._kinds import SERIES, DataKind
from ostinato.series import Panel, panel_of
from ostinato.tasks.estimator import Estimator, Splits
from ostinato.tasks.forecasting import time_splits
from ostinato.tasks.forecasting.predictor import ForecastPredictor
from ostinato.tasks.forecasting.preprocessing import (
    SeriesInput,
    SeriesPreprocessor,
    learnt,
    table_of,
)
from ostinato.tasks.forecasting.settings import WindowSizes
from ostinato.tasks.forecasting.time_splits import SeriesSplit


class SeriesEstimator(Estimator[SeriesInput, None]):
    """Abstract base of a forecaster: how series are read, and where train ends.

    Attributes:
        preprocessor_: Frequency, columns and levels of the training series.
        columns_: The names of their columns, as far as they were given.
    """

    data: ClassVar[DataKind] = SERIES
    takes_files: ClassVar[bool] = True

    frequency: str | None
    preprocessor_: SeriesPreprocessor
    columns_: dict[str, Any]

    @property
    @abstractmethod
    def predictor(self) -> ForecastPredictor:
        """The trained network with all that it takes to forecast."""

    @abstractmethod
    def plan_of(self, panel: Panel) -> WindowSizes:
        """Return the sizes of windows for some series."""

    def load_splits(self, *, validation: Any = None, test: Any = None, **arguments: Any) -> Splits:
        """Load series as `ostinato.datasets.load_series` does, and split them by time."""
        time_splits.check_no_files(validation=validation, test=test)
        source = arguments.pop("source")
        self.columns_ = learnt(arguments)
        panel = self._read(source, arguments, anew=True)
        return time_splits.splits_of(panel, self.plan_of(panel).horizon)

    def read_split(self, path: Any, **columns: Any) -> SeriesSplit:
        """Read series whose last horizon is to be measured."""
        panel = self._read(path, columns)
        return time_splits.last_of(panel, self.predictor.plan.horizon)

    def inputs_and_targets(self, split: SeriesSplit) -> tuple[Any, None]:
        """Return a split; what is to be forecast stands in it."""
        return split, None

    def read_inputs(self, path: str, **columns: Any) -> Sequence[Panel]:
        """Read series to be forecast from a file."""
        return [self._read(path, columns)]

    def hold_out(self, splits: Splits) -> Splits:
        """Return ``splits`` with a validation split: the last steps of train if there is none."""
        return time_splits.with_validation(splits, self.plan_of(splits["train"].panel).horizon)

    def _split(self, X: Any, y: Any, name: str) -> SeriesSplit:
        time_splits.check_no_values(y)
        return X if isinstance(X, SeriesSplit) else self.read_split(X)

    def _labelled(self, X: Any, y: Any) -> SeriesSplit:
        return self._split(X, y, "evaluate")

    def _fit_labels(self, splits: Splits) -> None: ...  # series have none

    def _read(self, source: Any, columns: Mapping[str, Any], *, anew: bool = False) -> Panel:
        """Read series with columns that were named, else those of train, and its step if not anew."""
        if isinstance(source, Panel):
            return source
        table = table_of(source, columns, getattr(self, "columns_", {}))
        reading = None if anew else getattr(self, "preprocessor_", None)
        on_grid = reading.panel_of if reading else panel_of
        return on_grid(table, self.frequency)
