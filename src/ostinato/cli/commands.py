"""What the training commands share: data read by a run's arguments, a run, a run for each fold."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn.base import clone
from torch import distributed

from ostinato._console import Console
from ostinato._doing import doing, is_first_process
from ostinato._errors import CheckpointError, ConfigError, StoppedError
from ostinato._files import read_json, write_json
from ostinato.cli import layout
from ostinato.cli.console import print_metrics, say, show_table
from ostinato.cli.options import absolute
from ostinato.runs import folder as run_folder
from ostinato.tasks import Estimator, Splits
from ostinato.tasks.cross_validation import summarize, summary_text
from ostinato.training import Callback, TensorBoard

FINAL = "final"  # the run of all of train, beside those of the folds


def load_splits(estimator: Estimator, arguments: Mapping[str, Any]) -> Splits:
    """Read the data of a run again, by the arguments that its config keeps."""
    doing(f"reading {Path(arguments['source']).name}")
    names = ("source", *estimator.data.names, "validation", "test")
    splits = estimator.load_splits(**{name: arguments.get(name) for name in names})
    if arguments.get("test_size") is not None:
        splits = estimator.hold_out_test(splits, arguments["test_size"])
    if arguments.get("fold") is not None:
        splits = estimator.fold(splits, *arguments["fold"])
    return splits


def begin(
    task: type[Estimator],
    settings: Mapping[str, Any],
    out: Path,
    arguments: Mapping[str, Any],
    console: Console,
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
        train(estimator, out, arguments, console, overwrite=overwrite)
    else:
        _check_folds(out, arguments, folds)
        _cross_validate(estimator, out, arguments, console, folds=folds, overwrite=overwrite)


def _check_folds(out: Path, arguments: Mapping[str, Any], folds: int) -> None:
    """Raise ConfigError unless folds can be made, and their runs be put into ``out``."""
    if arguments["validation"] is not None:
        raise ConfigError(
            "train: --cross-validate takes the validation split of each fold out of train; "
            "--validation would not be used. Give one of them."
        )
    if (out / "config.json").exists():
        raise ConfigError(
            f"{out}: there is a run already; the runs of folds need a folder of their own. "
            "Choose another folder."
        )
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise ConfigError(
            f"train: --cross-validate must run in one process; got {os.environ['WORLD_SIZE']}. "
            "Start it without a launcher."
        )


def _cross_validate(
    estimator: Estimator,
    out: Path,
    arguments: Mapping[str, Any],
    console: Console,
    *,
    folds: int,
    overwrite: bool,
) -> None:
    """Train a model for each fold in a run folder of its own; write and print what they tell.

    Where a test split was asked for, the folds leave it out, and a last model, of all of train, is
    measured on it.
    """
    jobs: dict[Path, Mapping[str, Any]] = {
        out / f"fold-{number}": {**arguments, "fold": [number, folds]}
        for number in range(1, folds + 1)
    }
    if arguments["test"] is not None or arguments["test_size"] is not None:
        jobs[out / FINAL] = arguments
    going_on = not overwrite and _is_begun(*next(iter(jobs.items())), estimator)
    for run in jobs:
        run_folder.check_free(run, overwrite=overwrite or going_on)
    splits = load_splits(estimator, arguments)
    tested = ("test",) if out / FINAL in jobs else ()
    left_out = [name for name in splits if name not in ("train", *tested)]
    if left_out:
        say(f"The folds are of train alone; left out: {', '.join(left_out)}.")
    metrics = {}
    for run, own in jobs.items():
        model = clone(estimator)
        own_splits = model.fold(splits, *own["fold"]) if "fold" in own else splits
        if going_on and (run / "metrics.json").exists():
            _check_same_data(run, model.hold_out(own_splits))
            say(f"{run.name} is finished.")
            metrics[run.name] = read_json(run / "metrics.json")
            continue
        is_begun = going_on and run_folder.is_begun(run)
        train(model, run, own, console, splits=own_splits, overwrite=overwrite, resume=is_begun)
        metrics[run.name] = model.metrics_
    folded = [one for name, one in metrics.items() if name != FINAL]
    summary = summarize(folded)
    write_json(out / "cross_validation.json", summary)
    compared = type(estimator).load(next(iter(jobs)))._compared()
    show_table(layout.of_folds(folded, summary, compared.figure))
    say(summary_text(folded, summary, compared))
    say(f"Every fold's figures are in {out / 'cross_validation.json'}, its model beside it.")
    if FINAL in metrics:
        say(f"The model of all of train, measured on the test split, is in {out / FINAL}.")


def _is_begun(run: Path, arguments: Mapping[str, Any], estimator: Estimator) -> bool:
    """Return whether the run of the first fold is of these settings and data, to go on with."""
    if not run_folder.is_begun(run):
        return False
    config = run_folder.read_config(run)
    same = config["data"]["arguments"] == dict(arguments)
    return bool(same and config["settings"] == estimator.settings())


def _check_same_data(run: Path, splits: Splits) -> None:
    """Raise CheckpointError unless a finished fold was trained and measured on these splits."""
    kept = run_folder.read_config(run)["data"]["parts"]
    for name, split in splits.items():
        if kept.get(name, {}).get("fingerprint") != split.fingerprint:
            raise CheckpointError(
                f"{run}: must be a fold of the data as they are now; its {name} split has changed. "
                "Restore the data, or train all folds anew with --overwrite."
            )


def train(
    estimator: Estimator,
    out: Path,
    arguments: Mapping[str, Any],
    console: Console,
    *,
    splits: Splits | None = None,
    overwrite: bool = False,
    resume: bool = False,
) -> None:
    """Read the data that ``arguments`` name, train, and print what was measured.

    Args:
        estimator: The estimator.
        out: Run folder to write.
        arguments: How the data are read, and what is drawn from them.
        console: Where it shows what is done.
        splits: What was read by these arguments, if it was.
        overwrite: Replace the run that stands in the run folder.
        resume: Go on with it.

    Raises:
        OstinatoError: The data cannot be trained on, or the run folder not be written.
    """
    is_one_of_folds = splits is not None
    again = "the same command" if is_one_of_folds else f"ostinato resume {out}"
    if splits is None:
        splits = load_splits(estimator, arguments)
    callbacks: list[Callback] = [console]
    if arguments["tensorboard"]:
        callbacks.append(TensorBoard(out / "tensorboard"))
    try:
        estimator.fit_splits(
            splits,
            out=out,
            overwrite=overwrite,
            resume=resume,
            test_each_epoch=arguments["test_each_epoch"],
            callbacks=callbacks,
            provenance={
                "command": shlex.join(["ostinato", *sys.argv[1:]]),
                "arguments": dict(arguments),
            },
        )
    except StoppedError as interrupted:
        raise StoppedError(f"{interrupted} Go on with: {again}") from interrupted
    except KeyboardInterrupt as interrupted:  # before the first step, or after the last
        raise StoppedError(f"Stopped. Go on with: {again}") from interrupted
    finally:
        console.hide()
        if distributed.is_available() and distributed.is_initialized():
            distributed.destroy_process_group()  # its threads must not meet the exit
    if is_first_process():
        has_option = "baseline" in estimator.get_params()
        is_fold = arguments.get("fold") is not None
        print_metrics(estimator.metrics_, with_verdict=not is_fold, has_option=has_option)
        if not is_fold:  # folds are judged together
            epoch = estimator.metrics_["best_epoch"]
            say(f"The model of epoch {epoch} is in {out}. See it: ostinato report {out}")


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
    preset = dict(task.presets[name])
    if given.get("vectors") is not None:
        preset.pop("embedding_size", None)  # the vectors' own width, unless one was asked for
    return preset
