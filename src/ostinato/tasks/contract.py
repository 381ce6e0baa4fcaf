"""What a task says of itself, so that fitting, measuring, saving and the commands exist once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from typing_extensions import Self, TypeVar

from ostinato._config import Recurrent, Training, check_types
from ostinato._errors import ConfigError
from ostinato._kinds import DataKind
from ostinato._rules import check_rules
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.conventions import BaseEstimator
from ostinato.tasks.processes import check_threads
from ostinato.tasks.summary import DataSummary
from ostinato.tasks.verdict import ACCURACY, Compared
from ostinato.training import Callback, Figures, Objective, Split

Splits = Mapping[str, Any]
"""The splits of a data set by name: `ostinato.datasets.Examples`, `Tagged`, `Recordings`, `Sequences`; or series
with a cutoff each."""


InputT = TypeVar("InputT", default=Any)
"""What an estimator takes for ``X``."""

TargetT = TypeVar("TargetT", default=Any)
"""What it takes for ``y``."""


class Fitting(TypedDict, total=False):
    """What `fit` takes beside the examples, in every task. None of it changes what is learnt.

    Args:
        out: Run folder to write: checkpoints, history, the model, its figures.
        overwrite: Replace a run that stands in ``out``.
        resume: Go on with the interrupted run in ``out``; ends with the same bits.
        callbacks: Told of every step and epoch, such as ``ostinato.training.TensorBoard``.
        verbose: Whether to show on standard error what is done, each epoch in a line; None, as if it is not
            given, to show it in a terminal or a notebook, and not in pipelines, searches and folds of
            scikit-learn.
    """

    out: str | Path | None
    overwrite: bool
    resume: bool
    callbacks: Sequence[Callback]
    verbose: bool | None


class Task(BaseEstimator, Generic[InputT, TargetT]):
    """Abstract base of the tasks: what each of them fills in.

    A task says how raw examples become a model and batches (:meth:`_prepare`), which settings follow
    from the data (:meth:`_sizes`), how it is measured (:meth:`_measure`), which simple models stand
    beside it (:meth:`_baselines`), and how what it read them with is saved and restored.

    Attributes:
        task: Its name in a run folder.
        pipeline_tag: Its name on Hugging Face, for the model card.
        data: The kind of its data, with the arguments of :meth:`load_splits` and :meth:`read_split`.
        text_columns: Arguments of :meth:`read_inputs` beside these, for files of raw texts.
        options: Arguments of :meth:`predict_details` beside the raw examples.
        formats: What writes answers as the lines of other programs' files, by name.
        line_fields: What stands in a line of :meth:`format_prediction`, parted by tabs; none if it is prose.
        several: Lists of an answer, of the first of which that there is a table has a row for each item.
        takes_files: Whether what is predicted lies in files; else it may stand on the command line.
        has_history: Whether it has a past of its own to go on from, so that it needs no input.
        presets: Named settings to start from.
        advice: What to try where a simple model is as good.
        sized_: An estimator with the settings in force: those given, and those found for the data.
    """

    task: ClassVar[str]
    pipeline_tag: ClassVar[str]
    data: ClassVar[DataKind]
    text_columns: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[str, ...]] = ()
    formats: ClassVar[Mapping[str, Callable[[Iterable[Any]], Iterator[str]]]] = {}
    line_fields: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[tuple[str, ...]] = ()
    takes_files: ClassVar[bool] = False
    has_history: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    advice: ClassVar[str] = "Try more examples or more epochs."
    baseline: bool = True
    recurrent: Recurrent
    training: Training
    module_: nn.Module
    facts_: DataSummary
    provenance_: dict[str, Any]
    run_: Path
    sized_: Self

    def _check(self) -> None:
        """Raise ConfigError unless the settings are of their types and within their rules."""
        check_types(self, type(self).__name__)
        check_threads()
        for kind in type(self).__mro__:
            check_rules(self, kind.__name__)

    @abstractmethod
    def _split(self, X: Any, y: Any, name: str) -> Any:
        """Return raw examples and their targets as a split of a data set."""

    def _labelled(self, X: Any, y: Any) -> Any:
        """Return the same to be measured, where what was learnt tells how targets are read."""
        return self._split(X, () if y is None else y, "evaluate")

    @abstractmethod
    def _fit_labels(self, splits: Splits) -> None:
        """Check the examples and learn their labels, before any of them is held out."""

    def _strata(self, split: Any) -> tuple[Sequence[Any], Sequence[Hashable]]:
        """Return the label or labels of each example, and which of them may not be parted."""
        raise ConfigError(
            f"{type(self).__name__}: examples of this task cannot be drawn at random."
        )

    def _groups(self, split: Any, sides: int) -> Sequence[Hashable]:
        """Return which examples must not stand on two of some sides that test each other."""
        return self._strata(split)[1]

    def _take(self, split: Any, rows: npt.NDArray[np.int64]) -> Any:
        """Return some examples of a split."""
        return split.take(rows)

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        """Return settings that fit the data, by ``set_params`` name; what was given stays."""
        return {}

    def _baselines(self, train: Any) -> Iterator[Baseline]:
        """Yield simple models fitted on the train split, the simplest first."""
        return iter(())

    def _compared(self) -> Compared:
        """Return the figure by which the model is compared with the simple ones."""
        return ACCURACY

    def _failure(self, figures: Figures) -> str | None:
        """Return how the model plainly fails, in a sentence; None if it does not."""
        return None

    @abstractmethod
    def load_splits(self, **arguments: Any) -> Splits:
        """Load the splits of a data set: ``source``, ``validation``, ``test``, names of ``data``."""

    @abstractmethod
    def read_split(self, path: str, **columns: Any) -> Any:
        """Read one labelled file as a split."""

    @abstractmethod
    def inputs_and_targets(self, split: Any) -> tuple[Any, Any]:
        """Return the raw examples of a split, and their labels."""

    @abstractmethod
    def read_inputs(self, path: str, **columns: Any) -> Sequence[Any]:
        """Read what is to be predicted from a file."""

    @abstractmethod
    def predict_details(self, X: Sequence[Any]) -> list[dict[str, Any]]:
        """Return for each raw example what the model says, ready for JSON; see ``options``."""

    @abstractmethod
    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return an answer of :meth:`predict_details` as a line for people."""

    @abstractmethod
    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, DataSummary]:
        """Learn the vocabulary, build ``module_``, return what the loop needs, and the facts."""

    @abstractmethod
    def _measure(
        self, examples: Any, split: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        """Measure the fitted model on a split; write ``predictions.parquet`` if there is a run."""

    @abstractmethod
    def _save_preprocessing(self, run: Path) -> None:
        """Write what raw input is read with."""

    @abstractmethod
    def _load_preprocessing(self, run: Path) -> None:
        """Read what :meth:`_save_preprocessing` wrote."""

    @abstractmethod
    def _network(self, weights: Mapping[str, torch.Tensor]) -> nn.Module:
        """Return the network, new, by the settings and what :meth:`_load_preprocessing` read.

        It is also called where tensors take no memory, to be compared with saved weights.
        """

    @abstractmethod
    def _example(self, run: Path) -> str:
        """Return a few lines of Python that use the model, for its card."""

    def _reads(self) -> str:
        """Return how the model reads raw input, for its card; nothing if its settings tell."""
        return ""
