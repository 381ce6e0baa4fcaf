"""From a run folder back to an estimator: settings, what raw input is read with, network."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ostinato._config import Settings, check_names
from ostinato._errors import CheckpointError, ConfigError, MissingPackageError
from ostinato._files import misfits_as_errors
from ostinato.runs import folder as run_folder
from ostinato.tasks.contract import Task
from ostinato.training import load_tensors, restored

logger = logging.getLogger("ostinato")

EstimatorT = TypeVar("EstimatorT", bound=Task)


def restore(task: type[EstimatorT], run: Path) -> EstimatorT:
    """Return the fitted estimator of a task that a run folder holds.

    Raises:
        CheckpointError: The folder is missing, unfinished, broken, foreign or too new.
    """
    config = run_folder.read_config(run)
    if config["task"] != task.task:
        raise CheckpointError(
            f"{run}: must be a {task.task} run; it is {config['task']}. Use ostinato.load."
        )
    estimator = with_settings(task, config, run)
    estimator.sized_ = with_settings(task, config, run, sized=True)
    estimator.facts_ = config["data"]["parts"]
    estimator.provenance_ = {
        "command": config.get("command"),
        "arguments": config["data"].get("arguments"),
    }
    path = run / "model.safetensors"
    if not path.exists():
        raise CheckpointError(
            f"{run}: has no trained model yet; its first epoch is not finished. "
            f"Go on with `ostinato resume {run}`."
        )
    weights, _ = load_tensors(path)
    rule = "its files must be of one run of this task; reading them failed"
    with misfits_as_errors(f"{run}: {rule}"):
        estimator._load_preprocessing(run)
        estimator.module_ = restored(lambda: estimator._network(weights), weights, path)
    estimator.module_.eval()
    estimator.run_ = run.absolute()
    if not (run / "metrics.json").exists():  # the last that a run writes
        logger.warning(
            "%s: is not finished; its model is the best so far, and only its network. Go on with "
            "`ostinato resume %s`.",
            *(run, run),
        )
    return estimator


def with_settings(
    task: type[EstimatorT], config: Mapping[str, Any], run: Path, *, sized: bool = False
) -> EstimatorT:
    """Return the unfitted estimator of a task with the settings of a run's config.

    Args:
        task: The task.
        config: What ``config.json`` holds.
        run: The run folder, for messages.
        sized: Take the settings in force: those that were found for the data among them.

    Raises:
        CheckpointError: A setting is missing, unknown, of another type or outside its rule.
        ConfigError: A package that a setting needs is not installed.
    """
    try:
        settings = dict(config["sized"] if sized and "sized" in config else config["settings"])
        defaults = task().get_params(deep=False)
        check_names(settings, defaults, "settings")
        for name, default in defaults.items():
            if isinstance(default, Settings):
                check_names(settings[name], default.get_params(), name)
                settings[name] = type(default)(**settings[name])
            elif isinstance(default, tuple) and isinstance(settings[name], list):
                settings[name] = tuple(settings[name])
        estimator = task(**settings)
        estimator._check()
    except MissingPackageError:  # nothing is wrong with the run
        raise
    except (ConfigError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{run / 'config.json'}: must hold settings of this version; {str(error)[:300]} "
            f"It was written by ostinato {config.get('ostinato')}."
        ) from error
    return estimator
