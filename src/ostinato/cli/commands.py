"""What the training commands share: data read by a run's arguments, a run, a run for each fold."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn.base import clone
from torch import distributed

from ostinato import datasets
from ostinato._errors import ConfigError, StoppedError, did_you_mean
from ostinato._files import write_json
from ostinato.cli.console import is_first_process, print_figures, print_metrics, say
from ostinato.tasks import Estimator, Parts, run_folder
from ostinato.tasks.cross_validation import summarised
from ostinato.training import Console, Listener, TensorBoard


def load_parts(estimator: Estimator, arguments: Mapping[str, Any]) -> Parts:
    """Read the data of a run again, by the arguments that its config keeps."""
    names = ("source", *estimator.columns, "validation", "test")
    parts = estimator.load_parts(**{name: arguments[name] for name in names})
    if arguments.get("test_size") is not None:
        parts = estimator.hold_out_test(parts, arguments["test_size"])
    if arguments.get("fold") is not None:
        parts = estimator.fold(parts, *arguments["fold"])
    return parts


def begin(
    task: type[Estimator],
    settings: Mapping[str, Any],
    out: Path,
    arguments: Mapping[str, Any],
    *,
    preset: str | None = None,
    folds: int | None = None,
    overwrite: bool,
) -> None:
    """Train a model of a task, or with ``folds`` one for each fold, with the settings given.

    Raises:
        OstinatoError: A setting is wrong, or data or run folder are.
    """
    estimator = _configured(task, preset, settings)
    if folds is None:
        run_folder.check_free(out, overwrite=overwrite)  # before anything is read
        train(estimator, out, arguments, overwrite=overwrite)
    else:
        _cross_validate(estimator, out, arguments, folds=folds, overwrite=overwrite)


def _cross_validate(
    estimator: Estimator, out: Path, arguments: Mapping[str, Any], *, folds: int, overwrite: bool
) -> None:
    """Train a model for each fold in a run folder of its own; write and print what they tell."""
    if arguments["test_size"] is not None:
        raise ConfigError(
            "--cross-validate: each fold is a test part; --test-size would take another. Give one."
        )
    runs = [out / f"fold-{number}" for number in range(1, folds + 1)]
    for run in runs:
        run_folder.check_free(run, overwrite=overwrite)
    found = []
    for number, run in enumerate(runs, start=1):
        say(f"fold {number} of {folds}")
        model = clone(estimator)
        train(model, run, {**arguments, "fold": [number, folds]}, overwrite=overwrite)
        found.append(model.metrics_)
    if not is_first_process():
        return
    summary = summarised(found)
    write_json(out / "cross_validation.json", summary)
    print_figures(f"mean of {folds} folds", summary["mean"])
    print_figures("standard deviation", summary["deviation"])
    say(f"Every fold's figures are in {out / 'cross_validation.json'}.")


def train(
    estimator: Estimator,
    out: Path,
    arguments: Mapping[str, Any],
    *,
    overwrite: bool = False,
    resume: bool = False,
) -> None:
    """Read the data that ``arguments`` name, train, and print what was measured.

    Raises:
        OstinatoError: The data cannot be trained on, or the run folder not be written.
    """
    parts = load_parts(estimator, arguments)
    with Console() as console:
        listeners: list[Listener] = [console]
        if arguments["tensorboard"]:
            listeners.append(TensorBoard(out / "tensorboard"))
        try:
            estimator.fit_parts(
                parts,
                out=out,
                overwrite=overwrite,
                resume=resume,
                test_each_epoch=arguments["test_each_epoch"],
                listeners=listeners,
                provenance={
                    "command": shlex.join(["ostinato", *sys.argv[1:]]),
                    "arguments": dict(arguments),
                },
            )
        except StoppedError as interrupted:
            raise StoppedError(f"{interrupted} Go on with: ostinato resume {out}") from interrupted
        finally:
            if distributed.is_available() and distributed.is_initialized():
                distributed.destroy_process_group()  # its threads must not meet the exit
    if not is_first_process():
        return
    print_metrics(estimator.metrics_)
    say(
        f"The model of epoch {estimator.metrics_['best_epoch']} is in {out}. "
        f"See it: ostinato report {out}"
    )


def _configured(
    task: type[Estimator], preset: str | None, settings: Mapping[str, Any]
) -> Estimator:
    given = {
        name: absolute(value) if name in ("vectors", "tokenizer") else value
        for name, value in settings.items()
    }
    return task().set_params(**{**_preset(task, preset, given), **given})


def _preset(task: type[Estimator], name: str | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in task.presets:
        hint = did_you_mean(name, task.presets) or f"; there is {', '.join(task.presets)}."
        raise ConfigError(f"--preset: there is no preset `{name}`{hint}")
    preset = dict(task.presets[name])
    if given.get("vectors") is not None:
        preset.pop("embedding_size", None)  # the vectors' own width, unless one was asked for
    return preset


def absolute(source: str | Path | None) -> str | None:
    """Return a path that means the same from any folder; a name stays as it is."""
    if source is None or source in datasets.REGISTRY or not Path(source).exists():
        return None if source is None else str(source)
    return str(Path(source).absolute())
