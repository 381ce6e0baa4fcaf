"""What every task's estimator has in common: settings, the way from data to a run folder, loading."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from sklearn.base import clone
from typing_extensions import Self, Unpack

from ostinato._config import Settings, check_names
from ostinato._doing import doing
from ostinato._errors import CheckpointError, ConfigError, written
from ostinato._files import read_json, write_json, write_text
from ostinato.ops.randomness import everything_drawing_from
from ostinato.runs import folder as run_folder
from ostinato.runs import history
from ostinato.runs.card import card
from ostinato.tasks.baselines import measure_baselines
from ostinato.tasks.contract import Fitting, InputT, TargetT
from ostinato.tasks.contract import Splits as Splits
from ostinato.tasks.dividing import DividedTask
from ostinato.tasks.environment import environment, peak_memory_bytes
from ostinato.tasks.fitted import all_or_nothing, check_fitted
from ostinato.tasks.processes import check_threads
from ostinato.tasks.restoring import restore, with_settings
from ostinato.tasks.verdict import judge
from ostinato.tasks.watching import watched
from ostinato.training import (
    Callback,
    Figures,
    Objective,
    Split,
    denormals,
    on_cpu,
    save_tensors,
    train,
)

logger = logging.getLogger("ostinato")


class Estimator(DividedTask[InputT, TargetT]):
    """Abstract base of the tasks: a dataclass of settings with scikit-learn's conventions.

    Fitting, saving and loading are here; :class:`ostinato.tasks.contract.Task` names what
    a task fills in.
    """

    def set_params(self, **params: Any) -> Self:
        """Change settings; ``recurrent__hidden_size`` reaches into :class:`ostinato.Recurrent`.

        Raises:
            ConfigError: A name is unknown (the nearest is offered), or a value of a group outside its
                rule; then nothing is changed. The other values are checked by ``fit``.
        """
        settings = self.get_params(deep=False)
        nested: dict[str, dict[str, Any]] = {}
        for name, value in params.items():
            outer, _, inner = name.partition("__")
            check_names({outer: value}, settings, type(self).__name__)
            if inner:
                nested.setdefault(outer, {})[inner] = value
            else:
                settings[name] = value
        for name, changes in nested.items():
            if not isinstance(settings[name], Settings):
                raise ConfigError(
                    f"{type(self).__name__}: {name} must be set whole; it has no setting "
                    f"`{next(iter(changes))}` of its own."
                )
            settings[name] = settings[name].replace(**changes)
        for name, value in settings.items():
            setattr(self, name, value)
        return self

    __repr__ = written

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: all of it, since the run folder may not be there any more."""
        if hasattr(self, "run_"):
            _ = self.history_, self.metrics_
        state: Any = super().__getstate__()
        return dict(state)

    def fit(
        self,
        X: InputT,
        y: TargetT,
        *,
        validation: tuple[InputT, TargetT] | None = None,
        **fitting: Unpack[Fitting],
    ) -> Self:
        """Train on raw examples and their targets, in the forms that the class names.

        Args:
            X: Examples.
            y: The target of each.
            validation: Examples and targets that choose the best epoch; without them a seeded tenth of
                ``X`` is held out and never trained on.
            fitting: See `ostinato.tasks.contract.Fitting`: the run folder, and what is shown of epochs.

        Raises:
            ConfigError: A setting is wrong, or ``out`` must not be written.
            DatasetError: Examples or targets cannot be trained on.
            TrainingError: The loss is no longer finite.
        """
        return self.fit_splits(self._splits(X, y, validation), **fitting)

    def evaluate(self, X: InputT, y: TargetT, *, seen: Sequence[Any] | None = None) -> Figures:
        """Return the figures of the task on raw examples and their targets.

        Args:
            X: Examples.
            y: The target of each.
            seen: Keys of the examples that the model was trained on, as its splits have them (``keys``);
                if some of ``X`` are among them, the figures also have ``n_unseen`` and the main one
                without those, as ``accuracy_unseen``.

        Raises:
            NotFittedError: It is not fitted.
            DatasetError: Examples and targets do not fit each other, or the model.
        """
        self._check_fitted()
        return self._measure(self._labelled(X, y), "evaluate", seen=seen or (), run=None)

    def score(self, X: InputT, y: TargetT) -> float:
        """Return the figure by which it is compared, negative if lower is better; at most 1."""
        figures, compared = self.evaluate(X, y), self._compared()
        value = float(figures[compared.figure])
        return -value if compared.lower_is_better else value

    def _splits(self, X: Any, y: Any, validation: tuple[Any, Any] | None) -> dict[str, Any]:
        """Return raw examples as splits of a data set."""
        given = {"train": (X, y)} | ({} if validation is None else {"validation": validation})
        return {name: self._split(*pair, name) for name, pair in given.items()}

    @all_or_nothing
    def fit_splits(
        self,
        splits: Splits,
        *,
        out: str | Path | None = None,
        overwrite: bool = False,
        resume: bool = False,
        test_each_epoch: bool = False,
        callbacks: Sequence[Callback] = (),
        verbose: bool | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> Self:
        """Train on the train split, choose by the validation split, measure the test split.

        Args:
            splits: The examples; without a validation split a seeded tenth of train is held out.
            out: Run folder to write.
            overwrite: Replace a run that stands in ``out``.
            resume: Go on with the run in ``out``, exactly, from its last checkpoint.
            test_each_epoch: Also measure the test split after every epoch; nothing is selected by it.
            callbacks: Told of every step and epoch.
            verbose: Whether it is shown what is done, as of :class:`ostinato.tasks.contract.Fitting`.
            provenance: ``command`` as typed, and ``arguments`` of :meth:`load_splits` and of what is drawn
                from train, so that ``ostinato resume`` and ``evaluate`` can read the data again.

        Raises:
            ConfigError: A setting is wrong, or ``out`` must not be written.
            DatasetError: The data cannot be trained on.
            CheckpointError: The run folder cannot be written, or is not of these data and settings.
            TrainingError: Training cannot go on.
        """
        self._check()
        out = Path(out) if out is not None else None
        if resume and out is None:
            raise ConfigError("fit: resume needs the run folder to go on with. Give out=...")
        state = PartialState(cpu=on_cpu())
        if out and not resume and state.is_main_process:
            run_folder.check_free(out, overwrite=overwrite)
        with ExitStack() as folder:
            callbacks = folder.enter_context(watched(callbacks, verbose=verbose))
            with denormals.flushed(), torch.random.fork_rng(enabled=not on_cpu()):
                splits, loop_splits, objective = self._prepared(splits)
                self.provenance_ = dict(provenance or {})
                if out and state.is_main_process:
                    folder.enter_context(self._opened(out, overwrite=overwrite, resume=resume))
                state.wait_for_everyone()
                self.history_ = train(
                    self.module_,
                    {k: v for k, v in loop_splits.items() if k != "test" or test_each_epoch},
                    objective,
                    self.sized_.training,
                    run=out,
                    resume=resume,
                    callbacks=callbacks,
                )
            self.module_.cpu()
            if state.is_main_process:
                self._finish(splits, out)
        return self

    def _prepared(self, splits: Splits) -> tuple[Splits, dict[str, Split], Objective]:
        """Return the splits, a validation split among them, and what the loop needs of them."""
        doing("preparing the data")
        with everything_drawing_from(torch.Generator().manual_seed(self.training.seed)):
            self._fit_labels(splits)
            splits = self.hold_out(splits)
            sized: Any = self._sized(splits)
            self.sized_ = sized
            loop_splits, objective, self.facts_ = self._prepare(splits)
        return splits, loop_splits, objective

    def save(self, run: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted model as a run folder.

        Raises:
            NotFittedError: It is not fitted.
            ConfigError: ``run`` holds something already.
            CheckpointError: The folder cannot be written.
        """
        run = Path(run)
        self._check_fitted()
        self._check()
        past = self.history_, self.metrics_  # read before the folder that has them may be cleared
        with self._opened(run, overwrite=overwrite, resume=False):
            save_tensors(run / "model.safetensors", self.module_.state_dict())
            history.write(run, past[0])
            self._write_figures(run)

    @classmethod
    def load(cls, run: str | Path) -> Self:
        """Load a fitted model from a run folder; no code from it is ever run.

        Raises:
            CheckpointError: The folder is missing, unfinished, broken, foreign or too new.
        """
        check_threads()
        return restore(cls, Path(run))

    @cached_property
    def history_(self) -> list[history.Record]:
        """A record of each epoch; of a loaded model read when it is asked for."""
        return history.read(self._restored_from("history_"))

    @cached_property
    def metrics_(self) -> dict[str, Any]:
        """The figures of the end of training; of a loaded model read when they are asked for."""
        metrics = self._restored_from("metrics_") / "metrics.json"
        return dict(read_json(metrics)) if metrics.exists() else {}

    def _restored_from(self, name: str) -> Path:
        if not hasattr(self, "run_"):  # as of any attribute that fit makes
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted")
        if not self.run_.is_dir():
            raise CheckpointError(
                f"{self.run_}: the run folder must be there to read {name}; it is gone. Load the model anew."
            )
        return self.run_

    @classmethod
    def from_config(cls, config: Mapping[str, Any], run: Path, *, sized: bool = False) -> Self:
        """Return the unfitted estimator with the settings of a run's config.

        Args:
            config: What ``config.json`` holds.
            run: The run folder, for messages.
            sized: Take the settings in force: those that were found for the data among them.
        """
        return with_settings(cls, config, run, sized=sized)

    def settings(self) -> dict[str, Any]:
        """Return every setting as plain nested dictionaries."""
        return {
            name: {key: _plain(inner) for key, inner in dataclasses.asdict(value).items()}
            if isinstance(value, Settings)
            else _plain(value)
            for name, value in self.get_params(deep=False).items()
        }

    def _check_fitted(self) -> None:
        check_fitted(self)
        check_threads()

    @contextmanager
    def _opened(self, out: Path, *, overwrite: bool, resume: bool) -> Iterator[None]:
        """Hold the run folder, with all in it that reading and training need."""
        if resume:
            run_folder.check_same(out, self.settings(), self.facts_)
        with run_folder.opened(out, overwrite=overwrite, resume=resume):
            if resume:
                self._save_preprocessing(out)  # the run may have died before it was written
            else:
                self._write_reader(out)
            yield

    def _finish(self, splits: Splits, out: Path | None) -> None:
        """Measure the test split, or validation if there is none."""
        name = "test" if "test" in splits else "validation"
        seen = splits["train"].keys
        doing(f"measuring on {name}")
        figures = self._measure(splits[name], name, seen=seen, run=out)
        self.metrics_ = {
            "best_epoch": max(record["epoch"] for record in self.history_ if record["best"]),
            "train_seconds": sum(record["seconds"] for record in self.history_),
            name: figures,
            "peak_memory_bytes": peak_memory_bytes(),
        }
        found: dict[str, Any] = {}
        if self.baseline:
            doing("measuring simple models beside it")
            measured = {split: splits[split] for split in ("validation", name)}
            found, seconds = measure_baselines(self._baselines(splits["train"]), measured)
            self.metrics_ |= {"baselines": found, "baseline_seconds": seconds}
        self.metrics_["verdict"] = self._judge(figures, found, name)
        if out:
            self._write_figures(out)

    def _judge(self, figures: Figures, baselines: Mapping[str, Any], split: str) -> dict[str, Any]:
        """Return the verdict on the figures of a split, for ``metrics.json``."""
        return judge(
            figures,
            baselines,
            self._compared(),
            split=split,
            failure=self._failure(figures),
            advice=self.advice,
        ).to_json()

    def _sized(self, splits: Splits) -> Self:
        """Return an estimator with the settings that are open filled in by what fits the data."""
        given = self.get_params()
        found = {
            name: value
            for name, value in self._sizes(splits).items()
            if value is not None and given[name] is None
        }
        if found:
            described = ", ".join(
                f"{name.rpartition('__')[2]} {value}" for name, value in found.items()
            )
            logger.info("set by the size of the data: %s", described)
        sized: Self = clone(self).set_params(**found)
        return sized

    def _write_reader(self, run: Path) -> None:
        """Write what the model is, without its weights."""
        run_folder.write_config(
            run,
            task=self.task,
            settings=self.settings(),
            sized=self.sized_.settings(),
            data={"arguments": self.provenance_.get("arguments"), "parts": self.facts_},
            command=self.provenance_.get("command"),
            environment=environment(),
        )
        self._save_preprocessing(run)

    def _write_figures(self, run: Path) -> None:
        config = run_folder.read_config(run)
        described = (self._example(run), self._reads())
        write_text(
            run / "README.md",
            card(config, self.metrics_, *described, pipeline_tag=self.pipeline_tag),
        )
        write_json(run / "metrics.json", self.metrics_)  # by it a run is finished
        run_folder.settle_sums(run)


def _plain(value: Any) -> Any:
    """Return a number of numpy, as a grid search may set, as one of Python; a tuple as JSON has it."""
    if isinstance(value, tuple):
        return list(value)
    return value.item() if hasattr(value, "item") else value
