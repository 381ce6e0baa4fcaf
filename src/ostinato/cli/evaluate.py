"""``ostinato evaluate``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ostinato._config import check_names
from ostinato._doing import doing
from ostinato._errors import ConfigError, DatasetError
from ostinato._kinds import AS_WRITTEN
from ostinato.cli.console import print_figures, say, show_json
from ostinato.cli.loading import loaded
from ostinato.cli.options import columns_of, given_columns, with_options
from ostinato.cli.tasks import TASKS

if TYPE_CHECKING:  # torch is loaded once the options are known to be right
    from ostinato.tasks import Estimator
    from ostinato.training import Figures


def _evaluate(
    run: Path,
    data: str = "test",
    /,
    *,
    columns: Mapping[str, Any],
    on_error: Literal["raise", "skip"] | None = None,
    cutoffs: int | None = None,
    refit: bool | None = None,
    json: bool = False,
) -> None:
    """Measure a trained model on the splits it was trained beside, or on any other file.

    Args:
        run: Run folder.
        data: test, validation or train: that split of the run's data; the path of a file, of which
            the examples that the model was not trained on are also measured alone; or, for a
            forecaster, backtest: models trained anew forecast its series from several cutoffs.
        columns: Names of the columns of a file.
        on_error: For a recogniser: stop at a recording that cannot be read, or skip it and say so.
        cutoffs: For a backtest: from how many cutoffs, a horizon apart; 5 if not given.
        refit: For a backtest: train anew for every cutoff, not for the first alone.
        json: Print one JSON object as the last line.
    """
    given = {**given_columns(columns), **({} if on_error is None else {"on_error": on_error})}
    estimator = loaded(run)
    from ostinato._console import Console

    with Console():
        asked = {"cutoffs": cutoffs, "refit": refit}
        options = {name: value for name, value in asked.items() if value is not None}
        split, source, figures = _measured(estimator, run, data, given, options)
    if json:
        show_json({"run": str(run), "split": split, "source": source, **figures})
        return
    title = Path(data).name if split == "file" else split
    print_figures(title, figures, estimator.metrics_.get("verdict", {}).get("figure", ""))


evaluate = with_options(
    _evaluate,
    help=_evaluate.__doc__ or "",
    columns=columns_of(*(entry.data for entry in TASKS.values())),
)


def _measured(
    estimator: Estimator,
    run: Path,
    data: str,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
) -> tuple[str, str, Figures]:
    """Return what was measured, where it comes from, and its figures."""
    if data in ("train", "validation", "test", "backtest") and given:
        raise ConfigError(
            f"evaluate: columns are for a file; {data} is of the run's own data. "
            "Leave the columns out, or give a file."
        )
    if data == "backtest":
        return data, *_backtest(estimator, run, options)
    if options:
        raise ConfigError(
            f"evaluate: {', '.join(options)} are for a backtest; got {data}. "
            f"Write: ostinato evaluate {run} backtest"
        )
    if data in ("train", "validation", "test"):
        split, examples, seen = data, *_split_of_run(estimator, run, data)
    else:
        split = "file"
        saved = estimator.provenance_["arguments"] or {}
        check_names(given, dict.fromkeys(estimator.data.names), f"evaluate: a {estimator.task} run")
        known = {name: saved.get(name) for name in estimator.data.names if name not in AS_WRITTEN}
        wanted = {name: given.get(name) or known.get(name) for name in estimator.data.names}
        examples = estimator.read_split(data, **wanted)
        seen = _trained_on(estimator, run, examples, Path(data).name)
    doing(f"measuring on {Path(data).name}")
    figures = estimator.evaluate(*estimator.inputs_and_targets(examples), seen=seen)
    return split, examples.source, figures


def _backtest(estimator: Estimator, run: Path, options: Mapping[str, Any]) -> tuple[str, Figures]:
    from ostinato.tasks import Forecaster

    if not isinstance(estimator, Forecaster):
        raise ConfigError(
            f"evaluate: backtest is for forecasters; {run} is a {estimator.task} run."
        )
    examples, _ = _split_of_run(estimator, run, "test")
    found = estimator.backtest(examples.panel, **options)
    by_cutoff = {f"cutoff {count}": one for count, one in enumerate(found.by_cutoff, 1)}
    return examples.source, {**found.figures, "cutoffs": by_cutoff}


def _trained_on(estimator: Estimator, run: Path, examples: Any, name: str) -> list[str] | None:
    """Return the keys of train, read again; say it if they hold every example of a file."""
    from ostinato.data.splits import duplicates
    from ostinato.runs import folder as run_folder
    from ostinato.tasks import Forecaster

    if isinstance(estimator, Forecaster) or not run_folder.read_config(run)["data"]["arguments"]:
        return None  # what came before is train; or from Python, where the data are not known
    logger = logging.getLogger("ostinato")
    level = logger.level
    logger.setLevel(logging.ERROR)  # what there is to say of train was said when it was trained on
    try:
        train = list(_split_of_run(estimator, run, "train")[0].keys)
    except DatasetError:
        say(f"{name}: the data of train are gone, so which of these were trained on is not known")
        return None
    finally:
        logger.setLevel(level)
    if duplicates(train, examples.keys).all():
        say(f"{name}: the model was trained on all of these, so its figures say little of new ones")
    return train


def _split_of_run(estimator: Estimator, run: Path, split: str) -> tuple[Any, list[str] | None]:
    from ostinato.cli.commands import load_splits
    from ostinato.runs import folder as run_folder

    data = run_folder.read_config(run)["data"]
    if data["arguments"] is None:
        raise ConfigError(
            f"{run}: was trained from Python, so its {split} split is not known here. "
            "Give a file instead."
        )
    splits = estimator.hold_out(load_splits(estimator, data["arguments"]))
    if split not in splits:
        raise ConfigError(
            f"{run}: was trained without a {split} split; it has {', '.join(splits)}. "
            f"Measure that: ostinato evaluate {run} validation; or give a file."
        )
    examples = splits[split]
    if examples.fingerprint != data["parts"].get(split, {}).get("fingerprint"):
        say(f"{split}: {examples.source} has changed since the model was trained")
    return examples, None if split == "train" else list(splits["train"].keys)
