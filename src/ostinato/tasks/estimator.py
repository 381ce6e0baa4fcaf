"""What every task's estimator has in common: settings, the way from data to a run folder, loading."""

from __future__ import annotations

import dataclasses
import logging
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from accelerate import PartialState
from sklearn.base import BaseEstimator
from torch import nn
from typing_extensions import Self

from ostinato._config import Recurrent, Settings, Training, check_names, check_types
from ostinato._errors import CheckpointError, ConfigError
from ostinato._files import read_json, write_json, write_text
from ostinato.tasks import run_folder
from ostinato.tasks.facts import Facts
from ostinato.training import (
    Figures,
    Listener,
    Objective,
    Part,
    Record,
    denormals,
    history,
    load_tensors,
    load_weights,
    on_cpu,
    save_tensors,
    train,
)

logger = logging.getLogger("ostinato")

Parts = Mapping[str, Any]
"""The parts of a data set by name: `ostinato.datasets.Examples`, or `Tagged` for a tagger."""


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Abstract base of the tasks: a dataclass of settings with scikit-learn's conventions.

    A task says how raw examples become a model and batches (:meth:`_prepare`), how it is measured
    (:meth:`_measure`), and how what it read them with is saved and restored.

    Attributes:
        task: Its name in a run folder.
        pipeline_tag: Its name on Hugging Face, for the model card.
        columns: Arguments of :meth:`load_parts` and :meth:`read_part` that say how data are read.
        options: Arguments of :meth:`explain` beside the raw examples.
        takes_files: Whether what is predicted lies in files; else it may stand on the command line.
        remembers: Whether it has a past of its own to go on from, so that it needs no input.
        presets: Named settings to start from.
    """

    task: ClassVar[str]
    pipeline_tag: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    options: ClassVar[tuple[str, ...]] = ()
    takes_files: ClassVar[bool] = False
    remembers: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    recurrent: Recurrent
    training: Training
    module_: nn.Module
    history_: list[Record]
    metrics_: dict[str, Any]

    def set_params(self, **params: Any) -> Self:
        """Change settings; ``recurrent__hidden_size`` reaches into :class:`ostinato.Recurrent`.

        Raises:
            ConfigError: A name is unknown (the nearest is offered) or a value outside its rule.
        """
        known = self.get_params(deep=False)
        nested: dict[str, dict[str, Any]] = {}
        for name, value in params.items():
            outer, _, inner = name.partition("__")
            check_names({outer: value}, known, type(self).__name__)
            if inner:
                nested.setdefault(outer, {})[inner] = value
            else:
                setattr(self, name, value)
        for name, changes in nested.items():
            setattr(self, name, getattr(self, name).replace(**changes))
        return self

    def fit_parts(
        self,
        parts: Parts,
        *,
        out: Path | None = None,
        overwrite: bool = False,
        resume: bool = False,
        test_each_epoch: bool = False,
        listeners: Sequence[Listener] = (),
        provenance: Mapping[str, Any] | None = None,
    ) -> Self:
        """Train on the train part, choose by the validation part, measure the test part.

        Args:
            parts: The examples; without a validation part a seeded tenth of train is held out.
            out: Run folder to write.
            overwrite: Replace a run that stands in ``out``.
            resume: Go on with the run in ``out``, exactly, from its last checkpoint.
            test_each_epoch: Also measure the test part after every epoch; nothing is selected by it.
            listeners: Told of every step and epoch.
            provenance: ``command`` and ``arguments`` of :func:`ostinato.datasets.load`, so that
                ``ostinato resume`` and ``evaluate`` can read the data again.

        Raises:
            ConfigError: A setting is wrong, or ``out`` must not be written.
            DatasetError: The data cannot be trained on.
            CheckpointError: The run folder cannot be written, or is not of these data and settings.
            TrainingError: Training cannot go on.
        """
        self._check()
        if resume and out is None:
            raise ConfigError("fit: resume needs the run folder to go on with. Give out=...")
        state = PartialState(cpu=on_cpu())
        if out and not resume and state.is_main_process:
            run_folder.check_free(out, overwrite=overwrite)
        with denormals.flushed(), torch.random.fork_rng():
            torch.manual_seed(self.training.seed)
            self._learn_labels(parts)
            parts = self.hold_out(parts)
            loop_parts, objective, self.facts_ = self._prepare(parts)
            self.provenance_ = dict(provenance or {})
            if out and state.is_main_process:
                self._open(out, overwrite=overwrite, resume=resume)
            state.wait_for_everyone()
            self.history_ = train(
                self.module_,
                {k: v for k, v in loop_parts.items() if k != "test" or test_each_epoch},
                objective,
                self.training,
                run=out,
                resume=resume,
                listeners=listeners,
            )
        self.module_.cpu()
        if state.is_main_process:
            self._finish(parts, out)
        return self

    def save(self, run: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted model as a run folder.

        Raises:
            ConfigError: It is not fitted, or ``run`` holds something already.
            CheckpointError: The folder cannot be written.
        """
        run = Path(run)
        self._check_fitted()
        run_folder.create(run, overwrite=overwrite)
        self._write_reader(run)
        save_tensors(run / "model.safetensors", self.module_.state_dict())
        history.write(run, self.history_)
        self._write_figures(run)

    @classmethod
    def load(cls, run: str | Path) -> Self:
        """Load a fitted model from a run folder; no code from it is ever run.

        Raises:
            CheckpointError: The folder is missing, unfinished, broken, foreign or too new.
        """
        run = Path(run)
        config = run_folder.read_config(run)
        if config["task"] != cls.task:
            raise CheckpointError(
                f"{run}: must be a {cls.task} run; it is {config['task']}. Use ostinato.load."
            )
        estimator = cls.from_config(config, run)
        estimator.facts_ = config["data"]["parts"]
        estimator.provenance_ = {
            "command": config["command"],
            "arguments": config["data"]["arguments"],
        }
        if not (run / "model.safetensors").exists():
            raise CheckpointError(
                f"{run}: has no trained model yet; its first epoch is not finished. "
                f"Go on with `ostinato resume {run}`."
            )
        weights, _ = load_tensors(run / "model.safetensors")
        try:
            estimator._load_reader(run, weights)
        except (KeyError, TypeError) as error:
            raise CheckpointError(
                f"{run}: its files must be of one run of this task; {error!r} is missing or of "
                "another kind. Copy the run folder anew, or train again."
            ) from error
        load_weights(estimator.module_, weights, where=run / "model.safetensors")
        estimator.module_.eval()
        estimator.history_ = history.read(run)
        metrics = run / "metrics.json"
        estimator.metrics_ = read_json(metrics) if metrics.exists() else {}
        return estimator

    @classmethod
    def from_config(cls, config: Mapping[str, Any], run: Path) -> Self:
        """Return the unfitted estimator with the settings of a run's config."""
        try:
            settings, defaults = dict(config["settings"]), cls().get_params(deep=False)
            check_names(settings, defaults, "settings")
            for name, default in defaults.items():
                if isinstance(default, Settings):
                    check_names(settings[name], default.get_params(), name)
                    settings[name] = type(default)(**settings[name])
                elif isinstance(default, tuple):
                    settings[name] = tuple(settings[name])
            return cls(**settings)
        except (ConfigError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{run / 'config.json'}: must hold settings of this version; {error} "
                f"It was written by ostinato {config.get('ostinato')}."
            ) from error

    def settings(self) -> dict[str, Any]:
        """Return every setting as plain nested dictionaries."""
        return {
            name: {key: _plain(inner) for key, inner in dataclasses.asdict(value).items()}
            if isinstance(value, Settings)
            else _plain(value)
            for name, value in self.get_params(deep=False).items()
        }

    facts_: Facts
    provenance_: dict[str, Any]

    def _check(self) -> None:
        check_types(self, type(self).__name__)

    def _check_fitted(self) -> None:
        if not hasattr(self, "module_"):
            name = type(self).__name__
            raise ConfigError(f"{name}: must be fitted first. Call fit, or load a run folder.")

    def _open(self, out: Path, *, overwrite: bool, resume: bool) -> None:
        if resume:
            self._check_same(out, run_folder.read_config(out))
            run_folder.clear_leftovers(out)
            self._save_reader(out)  # the run may have died before it was written
            return
        run_folder.create(out, overwrite=overwrite)
        self._write_reader(out)

    def _check_same(self, out: Path, config: Mapping[str, Any]) -> None:
        """Raise CheckpointError unless ``out`` is a run of these settings and data."""
        facts = self.facts_
        settings = self.settings()
        changed = [
            name for name, value in config["settings"].items() if value != settings.get(name)
        ]
        if changed:
            raise CheckpointError(
                f"{out}: must be resumed with the settings it was started with; these differ: "
                f"{', '.join(changed)}. Start a new run for other settings."
            )
        for name, part in config["data"]["parts"].items():
            if name not in facts or facts[name]["fingerprint"] != part["fingerprint"]:
                raise CheckpointError(
                    f"{out}: must be resumed with the data it was started with; the {name} part "
                    f"({part['source']}) has changed. Restore it, or start a new run."
                )

    def _finish(self, parts: Parts, out: Path | None) -> None:
        """Measure the test part, or validation if there is none."""
        name = "test" if "test" in parts else "validation"
        seen = parts["train"].keys
        self.metrics_ = {
            "best_epoch": max(record["epoch"] for record in self.history_ if record["best"]),
            "train_seconds": sum(record["seconds"] for record in self.history_),
            name: self._measure(parts[name], name, seen=seen, run=out),
            "peak_memory_bytes": peak_memory_bytes(),
        }
        if out:
            self._write_figures(out)

    def _write_reader(self, run: Path) -> None:
        """Write what the model is, without its weights."""
        run_folder.write_config(
            run,
            task=self.task,
            settings=self.settings(),
            data={"arguments": self.provenance_.get("arguments"), "parts": self.facts_},
            command=self.provenance_.get("command"),
        )
        self._save_reader(run)

    def _write_figures(self, run: Path) -> None:
        write_json(run / "metrics.json", self.metrics_)
        config = run_folder.read_config(run)
        card = run_folder.card(
            config,
            self.metrics_,
            self._example(run),
            self._reads(),
            judged=self._judged(),
            pipeline_tag=self.pipeline_tag,
        )
        write_text(run / "README.md", card)

    @abstractmethod
    def _learn_labels(self, parts: Parts) -> None:
        """Check the examples and learn their labels, before any of them is held out."""

    @abstractmethod
    def hold_out(self, parts: Parts) -> Parts:
        """Return ``parts`` with a validation part, taken out of train if there is none."""

    @abstractmethod
    def load_parts(self, **arguments: Any) -> Parts:
        """Load the parts of a data set: ``source``, ``validation``, ``test`` and ``columns``."""

    @abstractmethod
    def read_part(self, path: str, **columns: Any) -> Any:
        """Read one labelled file as a part."""

    @abstractmethod
    def pairs_of(self, part: Any) -> tuple[Any, Any]:
        """Return the raw examples of a part, and their labels."""

    @abstractmethod
    def read_inputs(self, path: str, **columns: Any) -> Sequence[Any]:
        """Read what is to be predicted from a file."""

    @abstractmethod
    def evaluate(self, X: Any, y: Any, *, seen: Sequence[Any] | None = None) -> Figures:
        """Return the task's figures on raw examples and their labels."""

    @abstractmethod
    def explain(self, X: Sequence[Any]) -> list[dict[str, Any]]:
        """Return for each raw example what the model says, ready for JSON; see ``options``."""

    @abstractmethod
    def line(self, answer: Mapping[str, Any]) -> str:
        """Return an answer of :meth:`explain` as a line for people."""

    @abstractmethod
    def _prepare(self, parts: Parts) -> tuple[dict[str, Part], Objective, Facts]:
        """Learn the vocabulary, build ``module_``, return what the loop needs, and the facts."""

    @abstractmethod
    def _measure(
        self, examples: Any, part: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        """Measure the fitted model on a part; write ``predictions.parquet`` if there is a run."""

    @abstractmethod
    def _save_reader(self, run: Path) -> None:
        """Write what raw input is read with."""

    @abstractmethod
    def _load_reader(self, run: Path, weights: Mapping[str, torch.Tensor]) -> None:
        """Read what :meth:`_save_reader` wrote and build ``module_``."""

    @abstractmethod
    def _example(self, run: Path) -> str:
        """Return a few lines of Python that use the model, for its card."""

    def _judged(self) -> str:
        """Return what is to be said of the figures, for its card; nothing if they speak alone."""
        return ""

    def _reads(self) -> str:
        """Return how the model reads raw input, for its card; nothing if its settings tell."""
        return ""


def _plain(value: Any) -> Any:
    """Return a number of numpy, as a grid search may set, as one of Python; a tuple as JSON has it."""
    if isinstance(value, tuple):
        return list(value)
    return value.item() if hasattr(value, "item") else value


def peak_memory_bytes() -> int:
    """Return the most memory this process has ever held."""
    if sys.platform == "win32":
        import psutil  # only Windows needs it

        return int(psutil.Process().memory_info().peak_wset)
    import resource  # only Unix has it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
