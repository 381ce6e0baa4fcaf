"""Series in, forecasts with intervals out: one network for all series, honest about its cutoffs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from sklearn.base import clone
from torch import Tensor
from typing_extensions import Self

from ostinato._arrays import rows_of
from ostinato._config import Recurrent, Training
from ostinato._kinds import AS_WRITTEN
from ostinato.models.likelihoods import LikelihoodName
from ostinato.series import Calibration, Panel
from ostinato.series.scaling import Transform
from ostinato.series.windows import WindowScaling
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.contract import Fitting
from ostinato.tasks.estimator import Splits
from ostinato.tasks.fitted import all_or_nothing
from ostinato.tasks.forecasting import network, summary, time_splits
from ostinato.tasks.forecasting.backtest import Backtest, backtest
from ostinato.tasks.forecasting.baselines import baselines_of, figures_of, judge_forecasts
from ostinato.tasks.forecasting.evaluation import write_forecasts
from ostinato.tasks.forecasting.forecasts import Forecasts, line_of, plot_forecast
from ostinato.tasks.forecasting.history import load_history, save_history
from ostinato.tasks.forecasting.network import Network
from ostinato.tasks.forecasting.objective import objective_of
from ostinato.tasks.forecasting.predictor import Ends, ForecastPredictor, OnError, windows_by_split
from ostinato.tasks.forecasting.preprocessing import (
    SeriesInput,
    SeriesPreprocessor,
    learnt,
)
from ostinato.tasks.forecasting.series_estimator import SeriesEstimator
from ostinato.tasks.forecasting.settings import Method, WindowSizes, check_settings
from ostinato.tasks.forecasting.sizing import sized
from ostinato.tasks.forecasting.time_splits import SeriesSplit
from ostinato.tasks.summary import DataSummary
from ostinato.training import Callback, Figures, Objective, Split

logger = logging.getLogger("ostinato")


@dataclass(kw_only=True, eq=False, repr=False)
class Forecaster(SeriesEstimator):
    """Forecaster of one or thousands of series: one recurrent network, with intervals.

    Args:
        recurrent: The recurrent stack.
        training: How it is trained.
        horizon: Steps ahead; none for a season.
        context: Most steps of the past that are read; none for three seasons or twice the horizon,
            the longer of the two.
        method: All steps ahead at once (direct), segment by segment for long horizons (segment), or
            step by step, sampled from a likelihood (autoregressive).
        segment: Steps of a segment, for that method; none for a season, at most 48.
        likelihood: What a step is drawn from, for the autoregressive method.
        num_samples: Paths that are drawn of each window, for the same.
        levels: Percent of the outcomes that each interval is to hold.
        frequency: Step of the series, such as D, h, 15min, MS or W-SUN; none to find it out.
        season: Steps of a season; none for the usual one of the frequency.
        transform: Take logarithms (log) or not (none); auto does where positive series swing the more
            the higher they are.
        window_scaling: What a window is measured from: its last value, mean and deviation of its
            context (standard), the mean of its absolute values (mean), or nothing.
        calendar: Whether the calendar is among the inputs: its cycles that train goes through twice.
        holidays: Country whose public holidays are inputs, DE, or a part of it, DE-BY; none for none.
        head_dropout: Probability of dropping a feature of what the recurrent stack reads or gives; none
            for what fits the number of windows.
        train_windows: Most windows in an epoch; of more, one of every few is drawn anew each time. Few are
            gone through several times.

    Raises:
        ConfigError: A setting is outside its rule (on fit).

    Example:
        >>> from ostinato import Forecaster, Recurrent, Training
        >>> table = {"ds": list(range(80)), "y": [float(step % 4) for step in range(80)]}
        >>> model = Forecaster(
        ...     horizon=4,
        ...     season=4,
        ...     recurrent=Recurrent(cell="gru", hidden_size=16, bidirectional=False),
        ...     training=Training(epochs=20, batch_size=8, learning_rate=1e-2),
        ... )
        >>> [round(value) for value in model.fit(table).predict()["median"].to_pylist()]
        [0, 1, 2, 3]

    Source: Wen et al. 2017, https://arxiv.org/abs/1711.11053 (direct); Lin et al. 2023,
    https://arxiv.org/abs/2308.11200 (segment); Salinas et al. 2020,
    https://arxiv.org/abs/1704.04110 (autoregressive).
    """

    task: ClassVar[str] = "forecasting"
    pipeline_tag: ClassVar[str] = "time-series-forecasting"
    options: ClassVar[tuple[str, ...]] = ("horizon", "future", "on_error", "ends")
    line_fields: ClassVar[tuple[str, ...]] = ("id", "target", "time", "mean", "quantiles")
    has_history: ClassVar[bool] = True

    recurrent: Recurrent = field(
        default_factory=lambda: Recurrent(cell="gru", hidden_size=256, bidirectional=False)
    )
    training: Training = field(default_factory=Training)
    horizon: int | None = None
    context: int | None = None
    method: Method = "segment"
    segment: int | None = None
    likelihood: LikelihoodName = "student-t"
    num_samples: int = 200
    levels: tuple[int, ...] = (80, 95)
    frequency: str | None = None
    season: int | None = None
    transform: Transform = "auto"
    window_scaling: WindowScaling = "last"
    calendar: bool = True
    holidays: str | None = None
    head_dropout: float | None = None
    train_windows: int = 16384

    module_: Network = field(init=False)
    preprocessor_: SeriesPreprocessor = field(init=False)
    calibration_: Calibration | None = field(init=False)
    series_: Panel = field(init=False)
    columns_: dict[str, Any] = field(init=False)

    @all_or_nothing
    def fit(
        self,
        X: SeriesInput,
        y: None = None,
        *,
        validation: Any = None,
        out: str | Path | None = None,
        overwrite: bool = False,
        resume: bool = False,
        callbacks: Sequence[Callback] = (),
        verbose: bool | None = None,
        **columns: Any,
    ) -> Self:
        """Train on series; their last steps choose the best epoch and calibrate the intervals.

        Args:
            X: Rows of ``unique_id``, ``ds`` and ``y``: a path, a table of pandas, polars or pyarrow,
                or a dictionary of columns.
            y: Nothing; the values to forecast are columns of ``X``.
            validation: Not used: the last steps of train are.
            out: As of `ostinato.tasks.contract.Fitting`, like the next four.
            overwrite: Whether to replace a run.
            resume: Whether to go on with it.
            callbacks: Who is told of epochs.
            verbose: Whether epochs are shown.
            columns: Names of columns, as :func:`ostinato.datasets.read_series` takes them.
        """
        time_splits.check_no_values(y)
        time_splits.check_no_files(validation=validation)
        self.columns_ = learnt(columns)
        panel = self._read(X, columns, anew=True)
        fitting = Fitting(out=out, overwrite=overwrite, resume=resume)
        fitting |= {"callbacks": callbacks, "verbose": verbose}
        return self.fit_splits({"train": time_splits.whole(panel)}, **fitting)

    def predict(
        self,
        X: SeriesInput | None = None,
        *,
        horizon: int | None = None,
        future: SeriesInput | None = None,
        on_error: OnError | None = None,
        ends: Ends = "common",
        delimiter: str | None = None,
        encoding: str | None = None,
    ) -> pa.Table:
        """Forecast what comes after the series that were trained on, or after others.

        Args:
            X: Series in the form of those of :meth:`fit`; none for those, up to their end.
            horizon: Steps ahead, at most those trained for; none for these.
            future: Rows of the steps ahead with the known columns, if any; without ids, of all series.
            on_error: raise, or skip and name, series that cannot be forecast; none skips those without a
                value in their context, and raises where a known column is not told.
            ends: Forecast dated series that end up to a horizon before the last from the common end, or
                each from its own.
            delimiter: As of ``read_series``, like ``encoding``, of ``X`` and ``future`` where they are files.
            encoding: Of these.

        Returns:
            A row a step: ``unique_id``, ``ds``, ``target`` where there are several, ``mean``,
            ``median`` and the ends of the intervals (``lo-80``, ``hi-80``, …); ids of the type, and times
            in the zone, of those of ``X``.

        Raises:
            ConfigError: The horizon is longer than the one trained for.
            DatasetError: The series do not fit those of train, or a step ahead lacks a known column.
        """
        asked = {"horizon": horizon, "on_error": on_error, "ends": ends, "encoding": encoding}
        return self._ahead(X, future, delimiter=delimiter, **asked).table()

    def predict_details(
        self, X: Iterable[SeriesInput | None], *, future: SeriesInput | None = None, **asked: Any
    ) -> list[dict[str, Any]]:
        """Return a row a step of each of some sets of series, ready for JSON.

        Args:
            X: Each as of :meth:`predict`.
            future: As of :meth:`predict`.
            asked: Others of its arguments. A series that is skipped has a row with its error.

        Raises:
            OstinatoError: As of :meth:`predict`.
        """
        tables = rows_of(X, "predict_details", "table")
        return [row for one in tables for row in self._ahead(one, future, **asked).rows()]

    def evaluate(
        self, X: SeriesInput, y: None = None, *, seen: Sequence[Any] | None = None
    ) -> Figures:
        """Return the figures of forecasting the last horizon of series.

        Args:
            X: Series as of :meth:`fit`, with the last steps that are to be forecast.
            y: Nothing; the values to forecast are columns of ``X``.
            seen: Not used: what came before is train.
        """
        return super().evaluate(X, y, seen=seen)

    def score(self, X: SeriesInput, y: None = None) -> float:
        """Return the share of the seasonal naive's CRPS that is saved; 0 if there is none to save."""
        naive = (figures := self.evaluate(X))["seasonal_naive"]["crps"]
        return 1.0 - float(figures["crps"] / naive) if naive else 0.0

    def plot(self, name: Any = None, *, target: str | None = None, **asked: Any) -> Any:
        """Draw the forecast of a series after its last steps.

        Args:
            name: Id of the series; none for the first.
            target: Which of its columns; none for the first.
            asked: Arguments of :meth:`predict`: ``X``, ``future`` of this series at least, and others.

        Returns:
            A figure of matplotlib: ``plot("a").savefig("a.svg")``.

        Raises:
            DatasetError: There is no such series.
            ConfigError: There is no such column.
        """
        found = self._ahead(**{"X": None, "future": None, **asked}, only=name)
        return plot_forecast(found, self.sized_.levels, name, target)

    def backtest(
        self,
        X: SeriesInput,
        *,
        cutoffs: int = 5,
        step: int | None = None,
        refit: bool = False,
        **columns: Any,
    ) -> Backtest:
        """Forecast from several cutoffs, by models that saw nothing after them.

        This model is not changed: others with its settings are trained.

        Args:
            X: Series as of :meth:`fit`.
            cutoffs: How many, the last one a horizon before the end of each series.
            step: Steps from one cutoff to the next; none for a horizon.
            refit: Train anew for every cutoff, on all before it; else once, on what is before the first.
            columns: Names of columns, as of :meth:`fit`.

        Raises:
            ConfigError: A setting is wrong.
            DatasetError: The series are too short for that many cutoffs.
        """
        panel = self._read(X, columns, anew=True)

        def train(past: Panel) -> ForecastPredictor:
            model: Forecaster = clone(self)
            return model.fit_splits({"train": time_splits.whole(past)}, verbose=False).predictor

        horizon, levels = self.plan_of(panel).horizon, self.levels
        wanted: dict[str, Any] = {"cutoffs": cutoffs, "step": step, "refit": refit}
        return backtest(panel, train, horizon=horizon, levels=levels, **wanted)

    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return a step of `predict_details` as a line: series, time, mean, and each quantile."""
        return line_of(answer)

    def _check(self) -> None:
        super()._check()
        check_settings(self)

    def plan_of(self, panel: Panel) -> WindowSizes:
        """Return the sizes for some series: the settings, with what they leave open filled in."""
        check_settings(self)
        return WindowSizes.make(self, panel.season)

    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, DataSummary]:
        train: Panel = splits["train"].panel
        plan = self.plan_of(train)
        self.preprocessor_ = SeriesPreprocessor.learn(
            train, splits["validation"].panel, self, plan.season
        )
        for split in splits.values():
            self.preprocessor_.check(split.panel)  # before hours of training
        self.calibration_ = None
        self.series_ = list(splits.values())[-1].panel
        windows = windows_by_split(self, self.preprocessor_, plan, splits)
        facts = summary.describe(splits, windows)
        is_log = self.preprocessor_.scaling.is_log
        for line in summary.lines(facts, plan, is_log=is_log):
            logger.info(line)
        self.module_ = self._network()
        return dict(windows), objective_of(self, plan, is_log=is_log), facts

    @property
    def predictor(self) -> ForecastPredictor:
        """The trained network with all that it takes to forecast."""
        self._check_fitted()
        plan = WindowSizes.make(self.sized_, self.preprocessor_.season)
        return ForecastPredictor(self, self.module_, self.preprocessor_, plan, self.calibration_)

    def _network(self, weights: Mapping[str, Tensor] | None = None) -> Network:
        plan = WindowSizes.make(self.sized_, self.preprocessor_.season)
        return network.build_network(self.sized_, self.preprocessor_, plan)

    def _ahead(self, X: Any, future: Any, **asked: Any) -> Forecasts:
        predictor, written = self.predictor, {name: asked.pop(name, None) for name in AS_WRITTEN}
        panel = self.series_ if X is None else self._read(X, written)
        if future is not None:
            panel = panel.with_future(
                self.preprocessor_.future(future, {**self.columns_, **written})
            )
        return predictor.ahead(panel, **asked)

    def _finish(self, splits: Splits, out: Path | None) -> None:
        self.calibration_ = self.predictor.calibrated(self.series_)
        if out:
            self.preprocessor_.save(out, self.calibration_)
        super()._finish(splits, out)

    def _measure(
        self, examples: SeriesSplit, split: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        forecasts, found = self.predictor.measured(examples)
        if run:
            metadata: dict[str, Any] = {"split": split, "standardised": examples.standardised}
            metadata["season"] = self.predictor.plan.season
            write_forecasts(run, forecasts, found, self.sized_.levels, **metadata)
        return figures_of(found, examples, self.sized_.levels, with_coverage=split != "validation")

    def _save_preprocessing(self, run: Path) -> None:
        self.preprocessor_.save(run, self.calibration_)
        steps = self.predictor.plan.context + max(self.preprocessor_.seasons)
        save_history(run, self.series_, steps, self.preprocessor_.scaling.guessed)

    def _load_preprocessing(self, run: Path) -> None:
        self.preprocessor_, self.calibration_ = SeriesPreprocessor.load(run, self.sized_)
        self.columns_ = dict(self.preprocessor_.columns)
        self.series_ = load_history(run)

    def _example(self, run: Path) -> str:
        return f'import ostinato\n\nprint(ostinato.load("{run.name}").predict())'

    def _judge(self, figures: Figures, baselines: Mapping[str, Any], split: str) -> dict[str, Any]:
        return judge_forecasts(figures, baselines, split=split, advice=self.advice).to_json()

    def _baselines(self, train: SeriesSplit) -> Iterator[Baseline]:
        return baselines_of(self.predictor, train, self.metrics_["train_seconds"])

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        plan = self.plan_of(splits["train"].panel)
        return sized(splits["train"], plan.context, plan.horizon)
