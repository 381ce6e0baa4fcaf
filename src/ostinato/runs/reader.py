"""A run folder's files, read and checked."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostinato._errors import CheckpointError, shown
from ostinato._files import parse_json, read_text
from ostinato._version import RUN_FORMAT
from ostinato.runs.classification import read_predictions, read_values
from ostinato.runs.folder import check_exists
from ostinato.runs.forecasting import read_forecasts
from ostinato.runs.run import Baseline, Epoch, Labels, Predictions, Run, SplitFacts, Verdict
from ostinato.runs.speech import read_transcripts
from ostinato.runs.tagging import read_tag_predictions

logger = logging.getLogger("ostinato")

NAN = float("nan")
SPLITS = ("train", "validation", "test")
ROLES = ("audio", "text", "label", "speaker")
UNITS = ("character", "word")
MOST_COUNTED = 2**53  # what floating-point numbers count to


@dataclass(frozen=True)
class PredictionsReader:
    """How the predictions of a task are read.

    Args:
        read: Reads and checks ``predictions.parquet``; None if it has nothing in it.
        has_labels: Whether its runs have a ``labels.json``.
    """

    read: Callable[[Path, Labels], Predictions | None]
    has_labels: bool = True


READERS = {
    "text-classification": PredictionsReader(read_predictions),
    "sequence-tagging": PredictionsReader(read_tag_predictions),
    "speech-recognition": PredictionsReader(read_transcripts),
    "forecasting": PredictionsReader(read_forecasts, has_labels=False),
    "series-classification": PredictionsReader(read_predictions),
    "series-regression": PredictionsReader(read_values),
}
"""How the predictions of each task are read."""


def collect(run: Path) -> Run:
    """Read a run folder; one that is still training has no metrics and no predictions yet.

    Args:
        run: The folder.

    Returns:
        What its files say.

    Raises:
        CheckpointError: The folder is no run folder, or one of its files is broken or foreign.
    """
    config = _read_config(run)
    if _is_regression(config):
        config["task"] = "series-regression"
    metrics = _read_object(run / "metrics.json") if (run / "metrics.json").exists() else {}
    has_predictions = (run / "predictions.parquet").exists()
    reader = READERS[config["task"]]
    has_labels = reader.has_labels and (has_predictions or (run / "labels.json").exists())
    labels = _read_labels(run / "labels.json") if has_labels else Labels()
    predictions = reader.read(run / "predictions.parquet", labels) if has_predictions else None
    data = _mapping(config, "data", run / "config.json")
    given = _mapping(config, "settings", run / "config.json")
    splits = _read_splits(data, run / "config.json")
    return Run(
        name=run.resolve().name,
        task=config["task"],
        version=str(config["ostinato"]),
        created=str(config.get("created") or ""),
        command=str(config.get("command") or ""),
        settings=_mapping(config, "sized", run / "config.json") or given,
        given=given,
        data_source=str(data.get("source") or (splits[0].source if splits else "")),
        columns=_read_columns(data, run / "config.json"),
        splits=splits,
        environment=_mapping(config, "environment", run / "config.json"),
        labels=labels,
        history=_read_history(run / "history.jsonl", is_finished=bool(metrics)),
        figures={
            name: _read_nested(metrics[name])
            for name in ("test", "validation")
            if isinstance(metrics.get(name), Mapping)
        },
        totals={
            key: _number(value)
            for key, value in metrics.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        },
        predictions=predictions,
        verdict=_read_verdict(metrics, run / "metrics.json"),
        baselines=_read_baselines(metrics, run / "metrics.json"),
    )


def _read_config(run: Path) -> dict[str, Any]:
    check_exists(run)
    path = run / "config.json"
    if not path.is_file():
        if (run / "cross_validation.json").is_file():
            raise CheckpointError(
                f"report: {run} must be one run; it is a folder of folds, whose figures are in its "
                "cross_validation.json. Give one of them, as in "
                f"`ostinato report {run / 'fold-1'}`."
            )
        raise CheckpointError(
            f"report: {run} is not a run folder (it has no config.json). "
            "Give a folder that `ostinato train --out` has written."
        )
    config = _read_object(path)
    task = config.get("task")
    if "ostinato" not in config or task is None:
        raise CheckpointError(
            f"report: {path} must have the keys `ostinato` and `task`; it has "
            f"{', '.join(sorted(config)) or 'none'}. Give a folder that ostinato has written."
        )
    if _number(config.get("format")) > RUN_FORMAT:
        raise CheckpointError(
            f"report: {path}: format must be at most {RUN_FORMAT}; got {config['format']}, written by "
            f"ostinato {config['ostinato']}. Update ostinato."
        )
    if not isinstance(task, str) or task not in READERS:
        raise CheckpointError(
            f"report: {path}: task must be one of {', '.join(READERS)}; got {shown(task)}. "
            f"Use the version of ostinato that wrote the run ({config['ostinato']})."
        )
    return config


def _is_regression(config: Mapping[str, Any]) -> bool:
    """Tell whether a run of sequences has values for labels, which are shown otherwise."""
    settings = config.get("settings")
    return (
        config["task"] == "series-classification"
        and isinstance(settings, Mapping)
        and settings.get("regression") is True
    )


def _read_text(path: Path) -> str:
    try:
        return read_text(path)
    except CheckpointError as error:
        raise CheckpointError(f"report: {error}") from error


def _read_object(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise _broken(f"{path} is missing")
    try:
        value = parse_json(_read_text(path))
    except ValueError as error:
        raise _broken(f"{path} must hold JSON; it is broken or cut short ({error})") from error
    if not isinstance(value, dict):
        raise _broken(f"{path} must hold a JSON object; got {type(value).__name__}")
    return value


def _read_labels(path: Path) -> Labels:
    value = _read_object(path)
    classes = value.get("classes")
    kinds = (str, int, float, bool)
    if not isinstance(classes, list) or not all(isinstance(name, kinds) for name in classes):
        raise _broken(f"{path}: `classes` must be a list of names; got {str(classes)[:80]}")
    scheme = value.get("scheme")
    if scheme is not None and not isinstance(scheme, str):
        raise _broken(
            f"{path}: `scheme` must be the name of a scheme or null; got {str(scheme)[:80]}"
        )
    unit = value.get("unit", "character")
    if unit not in UNITS:
        raise _broken(f"{path}: `unit` must be one of {', '.join(UNITS)}; got {str(unit)[:80]}")
    keywords = value.get("keywords", [])
    if not isinstance(keywords, list) or not all(isinstance(name, str) for name in keywords):
        raise _broken(f"{path}: `keywords` must be a list of texts; got {str(keywords)[:80]}")
    return Labels(
        classes=tuple(map(str, classes)),
        multi_label=bool(value.get("multi_label", False)),
        scheme=scheme,
        unit=unit,
        keywords=tuple(keywords),
    )


def _read_history(path: Path, *, is_finished: bool) -> tuple[Epoch, ...]:
    if not path.exists():
        if is_finished:
            raise _broken(f"{path} is missing")
        return ()
    lines = _read_text(path).splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n") and not is_finished:
        logger.warning("report: %s: left out its last line, which is still being written.", path)
        lines = lines[:-1]
    return tuple(
        _read_epoch(line, f"{path}, line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    )


def _read_epoch(line: str, where: str) -> Epoch:
    try:
        value = parse_json(line)
        norm = value.get("grad_norm") or {}
        return Epoch(
            number=_whole(value["epoch"]),
            scores={split: _read_figures(value[split]) for split in SPLITS if value.get(split)},
            learning_rate=_number(value.get("learning_rate")),
            norm_mean=_norm(norm, "mean"),
            norm_max=_norm(norm, "max"),
            clipped=_number(norm.get("clipped")),
            tokens_per_second=_number(value.get("tokens_per_second")),
            seconds=_number(value.get("seconds")),
            best=bool(value.get("best")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise CheckpointError(
            f"report: {where} must be the JSON object of an epoch; it is broken or cut short "
            f"({type(error).__name__}: {error}). Restore the file or train again."
        ) from error


def _norm(norm: Mapping[str, Any], name: str) -> float:
    """Return the norm of gradients of a name; JSON has no infinite one, and it stands as null."""
    return math.inf if name in norm and norm[name] is None else _number(norm.get(name))


def _read_figures(value: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers by name; figures that hold others, such as those of each type, are not."""
    return {
        str(key): _number(figure)
        for key, figure in value.items()
        if not isinstance(figure, (Mapping, list))
    }


def _read_nested(value: Any) -> Any:
    """Return the numbers by name, with those in mappings and lists; what is none becomes NaN."""
    if isinstance(value, Mapping):
        return {str(key): _read_nested(inner) for key, inner in value.items()}
    return [_read_nested(inner) for inner in value] if isinstance(value, list) else _number(value)


def _read_verdict(metrics: Mapping[str, Any], path: Path) -> Verdict | None:
    value = _mapping(metrics, "verdict", path)
    if not value.get("text"):
        return None  # nothing was judged
    words = [value["text"], value.get("advice", ""), value.get("figure", "")]
    is_good = value.get("is_good", True)
    if not all(isinstance(word, str) for word in words) or not isinstance(is_good, bool):
        raise _broken(
            f"{path}: `verdict` must hold `text` and whether it `is_good`; got "
            f"{str(dict(value))[:80]}"
        )
    return Verdict(text=words[0], is_good=is_good, advice=words[1], figure=words[2])


def _read_baselines(metrics: Mapping[str, Any], path: Path) -> tuple[Baseline, ...]:
    found = []
    for name, value in _mapping(metrics, "baselines", path).items():
        if not isinstance(value, Mapping) or not isinstance(value.get("title"), str):
            raise _broken(
                f"{path}: `baselines` must hold the `title` and the figures of each; got "
                f"{str(value)[:80]} for {name}"
            )
        figures = {split: _read_figures(_mapping(value, split, path)) for split in SPLITS}
        found.append(Baseline(title=value["title"], figures=figures))
    return tuple(found)


def _read_splits(data: Mapping[str, Any], path: Path) -> tuple[SplitFacts, ...]:
    splits = _mapping(data, "parts", path)
    try:
        return tuple(
            SplitFacts(
                name=name,
                n=_whole(value["n"]),
                source=str(value.get("source") or ""),
                fingerprint=str(value.get("fingerprint") or ""),
                labels={str(k): _whole(v) for k, v in (value.get("labels") or {}).items()},
                length={str(k): _number(v) for k, v in (value.get("length") or {}).items()},
                unknown_rate=_number(value.get("unknown_rate")),
                repeated=_count(value.get("repeated")),
                duplicates_of_train=_count(value.get("duplicates_of_train")),
                seconds=_finite(value.get("seconds")),
                too_long=_count(value.get("too_long")),
                series=_count(value.get("series")),
                missing=_finite(value.get("missing")),
                frequency=str(value.get("frequency") or ""),
            )
            for name, value in splits.items()
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _broken(
            f"{path}: data.parts must hold `n`, `labels` and `length` of each split; got "
            f"{type(error).__name__}: {error}"
        ) from error


def _read_columns(data: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the columns by role, from ``columns`` or from the arguments that named them."""
    arguments = _mapping(data, "arguments", path)
    named = {role: arguments.get(f"{role}_column") for role in ROLES}
    columns = {**named, **_mapping(data, "columns", path)}
    return {role: str(column) for role, column in columns.items() if column}


def _mapping(value: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    found = value.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise _broken(f"{path}: `{key}` must be a JSON object; got {str(found)[:80]}")
    return found


def _broken(what: str) -> CheckpointError:
    """Return the error about a file that is missing, or another than was written."""
    return CheckpointError(f"report: {what}. Restore it or train again.")


def _number(value: object) -> float:
    """Return a number, or NaN for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return NAN
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _whole(value: Any) -> int:
    """Return a count; ValueError for what cannot be one."""
    if not 0 <= int(value) <= MOST_COUNTED:
        raise ValueError(f"a count must be from 0 to {MOST_COUNTED:,}")
    return int(value)


def _finite(value: object) -> float | None:
    number = _number(value)
    return number if math.isfinite(number) else None


def _count(value: object) -> int | None:
    number = _finite(value)
    return None if number is None else int(number)
