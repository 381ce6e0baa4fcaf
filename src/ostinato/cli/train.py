"""``ostinato train``, a command for each task, and ``ostinato resume``."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from cyclopts import App

from ostinato._config import check_range
from ostinato._doing import doing
from ostinato._errors import ConfigError
from ostinato.cli import settings as known
from ostinato.cli.options import (
    Command,
    absolute,
    check_written,
    columns_of,
    options_of,
    with_options,
)
from ostinato.cli.tasks import TaskEntry, by_verb
from ostinato.runs.folder import check_free

app = App(name="train", help="Train a model.")


def train(
    entry: TaskEntry,
    source: str,
    /,
    *,
    out: Path,
    preset: str | None = None,
    columns: Mapping[str, Any],
    validation: Path | None = None,
    test: Path | None = None,
    test_size: float | None = None,
    cross_validate: int | None = None,
    test_each_epoch: bool | None = None,
    overwrite: bool = False,
    tensorboard: bool = False,
    settings: Mapping[str, Any],
) -> None:
    """Train {trained} and write a run folder.

    Args:
        entry: The task.
        source: {source}
        out: Run folder to write.
        preset: Named settings that the other options start from: {presets}.
        columns: How files are read.
        validation: File or folder that chooses the best epoch; else the source's own, else a tenth.
        test: File or folder that is measured at the end; else the source's own.
        test_size: Share of train that is drawn for the test split, where there is none.
        cross_validate: Train a model for each of so many folds of train, each measured on its fold.
        test_each_epoch: Also measure the test split after every epoch; nothing is selected by it.
        overwrite: Replace the run that stands in the run folder.
        tensorboard: Write TensorBoard files into the run folder.
        settings: Settings given on the command line.
    """
    known.check(entry.estimator, preset, settings)
    check_written(columns)
    check_range("train", "--test-size", test_size, above=0, below=1)
    check_range("train", "--cross-validate", cross_validate, low=2)
    arguments = {
        "source": absolute(source),
        **entry.data.arguments(columns),
        "validation": absolute(validation),
        "test": absolute(test),
        "test_size": test_size,
        "test_each_epoch": preset == "tutorial" if test_each_epoch is None else test_each_epoch,
        "tensorboard": tensorboard,
    }
    run = out if cross_validate is None else None
    _check_places(entry, source, run, overwrite=overwrite)
    from ostinato._console import Console

    with Console(lasting=True) as console:
        doing("loading torch")
        options = {"preset": preset, "folds": cross_validate, "overwrite": overwrite}
        _begin(entry, settings, out, arguments, console, **options)


def _begin(entry: TaskEntry, *arguments: Any, **options: Any) -> None:
    """Load torch, once what was typed is known to be right, and train."""
    from ostinato.cli.commands import begin

    begin(getattr(importlib.import_module(entry.module), entry.estimator), *arguments, **options)


def _check_places(entry: TaskEntry, source: str, run: Path | None, *, overwrite: bool) -> None:
    """Raise OstinatoError unless the run may be written, and its source is there and of its kind."""
    from ostinato.datasets.loading.splits import check_named  # which takes a moment

    if run is not None:
        check_free(run, overwrite=overwrite)
    check_named(str(source), entry.data)


def _lacking(entry: TaskEntry) -> set[str]:
    """Return the options that a task does not have."""
    lacking = set() if entry.presets else {"preset"}
    if entry.data.is_split_by_time:
        lacking |= {"validation", "test", "test_size", "cross_validate"}
    return lacking


@functools.cache
def command_of(verb: str) -> Command:
    """Return the command that trains a task, with an option for each setting.

    Args:
        verb: Its name.

    Raises:
        AttributeError: There is no such command.
    """
    entry = by_verb().get(verb)
    if entry is None:
        raise AttributeError(f"module {__name__!r} has no attribute {verb!r}")
    return with_options(
        partial(train, entry),
        help=_help(entry),
        without=_lacking(entry),
        columns=columns_of(entry.data),
        settings=options_of(known.settings_of(entry.estimator)),
    )


def _help(entry: TaskEntry) -> str:
    return (train.__doc__ or "").format(
        trained=entry.trained, source=entry.data.source, presets=" or ".join(entry.presets)
    )


__getattr__ = command_of
"""The commands are made when they are asked for: their options take a moment."""

for _verb, _entry in by_verb().items():
    app.command(f"{__name__}:{_verb}", name=_verb, help=_help(_entry).partition("\n")[0])


def resume(run: Path, /) -> None:
    """Go on with an interrupted run from its last checkpoint; it ends as if never interrupted.

    Args:
        run: Run folder of the interrupted run.
    """
    from ostinato.runs import folder as run_folder
    from ostinato.runs import lock as run_lock

    config = run_folder.read_config(run)
    run_lock.check(run)
    if (run / "metrics.json").exists():
        raise ConfigError(
            f"{run}: is finished; there is nothing to resume. See `ostinato report {run}`."
        )
    if config["data"]["arguments"] is None:
        raise ConfigError(
            f"{run}: was trained from Python; resume it there, with fit(..., out=..., resume=True)."
        )
    from ostinato._console import Console

    with Console(lasting=True) as console:
        doing("loading torch")
        from ostinato.cli.commands import train as go_on
        from ostinato.tasks import task_of

        estimator = task_of(run).from_config(config, run)
        go_on(estimator, run, config["data"]["arguments"], console, resume=True)
