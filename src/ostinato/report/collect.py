"""A run folder's files, read and checked."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostinato._errors import CheckpointError
from ostinato._version import RUN_FORMAT
from ostinato.report.predictions import Predictions, read_predictions

logger = logging.getLogger("ostinato")

TASK = "text-classification"
NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Loss and accuracy of one part after an epoch; NaN where not known."""

    loss: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One line of history.jsonl.

    Args:
        number: Epoch, from 1.
        scores: Loss and accuracy by part: train, validation and test, as far as there are.
        learning_rate: Learning rate at the end of the epoch.
        norm_mean: Mean gradient norm before clipping.
        norm_max: Largest gradient norm before clipping.
        clipped: Share of the steps whose gradient was clipped, in [0, 1].
        tokens_per_second: Tokens trained on per second.
        seconds: Wall time.
        best: Whether it was the best epoch so far.
    """

    number: int
    scores: Mapping[str, Scores]
    learning_rate: float
    norm_mean: float
    norm_max: float
    clipped: float
    tokens_per_second: float
    seconds: float
    best: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """Facts about one part of the data: train, validation or test."""

    name: str
    n: int
    source: str
    fingerprint: str
    labels: Mapping[str, int]
    length: Mapping[str, float]
    unknown_rate: float
    repeated: int | None
    duplicates_of_train: int | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that a run folder tells; see `collect`.

    Args:
        name: Name of the folder.
        version: Version of ostinato that wrote it.
        created: When, in ISO 8601.
        command: The command that made it; empty if Python did.
        settings: Settings, nested as saved.
        data_source: Name or path of the data.
        columns: Columns by role, text and label, where they are named.
        parts: Parts of the data.
        environment: Versions, platform, processor and threads.
        classes: Class names in the order of the model's outputs.
        multi_label: Whether a text may have any number of labels.
        history: Epochs so far.
        figures: Final figures by part, empty while the run is not finished.
        totals: Best epoch, training time (seconds), peak memory (bytes), as far as known.
        predictions: Predictions of the test part (or validation), None if there are none yet.
    """

    name: str
    version: str
    created: str
    command: str
    settings: Mapping[str, Any]
    data_source: str
    columns: Mapping[str, str]
    parts: tuple[Part, ...]
    environment: Mapping[str, Any]
    classes: tuple[str, ...]
    multi_label: bool
    history: tuple[Epoch, ...]
    figures: Mapping[str, Mapping[str, float]]
    totals: Mapping[str, float]
    predictions: Predictions | None

    @property
    def is_finished(self) -> bool:
        """Whether the final figures are there."""
        return bool(self.figures)


def collect(run: Path) -> Run:
    """Read a run folder.

    A run that is still training has no metrics.json and no predictions.parquet yet: what is there
    is read.

    Args:
        run: The folder.

    Returns:
        What its files say.

    Raises:
        CheckpointError: The folder is no run folder, or one of its files is broken or foreign.
    """
    config = _read_config(run)
    metrics = _read_object(run / "metrics.json") if (run / "metrics.json").exists() else {}
    has_predictions = (run / "predictions.parquet").exists()
    has_labels = has_predictions or (run / "labels.json").exists()
    classes, multi_label = _read_labels(run / "labels.json") if has_labels else ((), False)
    predictions = (
        read_predictions(run / "predictions.parquet", classes, multi_label=multi_label)
        if has_predictions
        else None
    )
    data = _mapping(config, "data", run / "config.json")
    parts = _read_parts(data, run / "config.json")
    return Run(
        name=run.resolve().name,
        version=str(config["ostinato"]),
        created=str(config.get("created") or ""),
        command=str(config.get("command") or ""),
        settings=_mapping(config, "settings", run / "config.json"),
        data_source=str(data.get("source") or (parts[0].source if parts else "")),
        columns=_read_columns(data, run / "config.json"),
        parts=parts,
        environment=_mapping(config, "environment", run / "config.json"),
        classes=classes,
        multi_label=multi_label,
        history=_read_history(run / "history.jsonl", is_finished=bool(metrics)),
        figures={
            name: {key: _number(value) for key, value in metrics[name].items()}
            for name in ("test", "validation")
            if isinstance(metrics.get(name), Mapping)
        },
        totals={
            key: _number(value)
            for key, value in metrics.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        },
        predictions=predictions if predictions is not None and len(predictions.labels) else None,
    )


def _read_config(run: Path) -> dict[str, Any]:
    path = run / "config.json"
    if not path.is_file():
        what = "is not a run folder (it has no config.json)" if run.is_dir() else "does not exist"
        raise CheckpointError(
            f"report: {run} {what}. Give a folder that `ostinato train --out` has written."
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
    if task != TASK:
        raise CheckpointError(
            f"report: {path}: task must be {TASK!r}; got {task!r}. "
            f"Use the version of ostinato that wrote the run ({config['ostinato']})."
        )
    return config


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"report: {path} cannot be read as UTF-8 text: {error}. Restore it or train again."
        ) from error


def _read_object(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise CheckpointError(f"report: {path} is missing. Restore it or train again.")
    try:
        value = json.loads(_read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise CheckpointError(
            f"report: {path} must hold JSON; it is broken or cut short ({error}). "
            "Restore it or train again."
        ) from error
    if not isinstance(value, dict):
        raise CheckpointError(
            f"report: {path} must hold a JSON object; got {type(value).__name__}. "
            "Restore it or train again."
        )
    return value


def _read_labels(path: Path) -> tuple[tuple[str, ...], bool]:
    value = _read_object(path)
    classes = value.get("classes")
    kinds = (str, int, float, bool)
    if not isinstance(classes, list) or not all(isinstance(name, kinds) for name in classes):
        raise CheckpointError(
            f"report: {path}: `classes` must be a list of names; got {str(classes)[:80]}. "
            "Restore it or train again."
        )
    return tuple(map(str, classes)), bool(value.get("multi_label", False))


def _read_history(path: Path, *, is_finished: bool) -> tuple[Epoch, ...]:
    if not path.exists():
        if is_finished:
            raise CheckpointError(f"report: {path} is missing. Restore it or train again.")
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
        value = json.loads(line)
        norm = value.get("grad_norm") or {}
        return Epoch(
            number=int(value["epoch"]),
            scores={
                part: Scores(
                    loss=_number(value[part].get("loss")),
                    accuracy=_number(value[part].get("accuracy")),
                )
                for part in ("train", "validation", "test")
                if value.get(part)
            },
            learning_rate=_number(value.get("learning_rate")),
            norm_mean=_number(norm.get("mean")),
            norm_max=_number(norm.get("max")),
            clipped=_number(norm.get("clipped")),
            tokens_per_second=_number(value.get("tokens_per_second")),
            seconds=_number(value.get("seconds")),
            best=bool(value.get("best")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"report: {where} must be the JSON object of an epoch; it is broken or cut short "
            f"({type(error).__name__}: {error}). Restore the file or train again."
        ) from error


def _read_parts(data: Mapping[str, Any], path: Path) -> tuple[Part, ...]:
    parts = _mapping(data, "parts", path)
    try:
        return tuple(
            Part(
                name=name,
                n=int(value["n"]),
                source=str(value.get("source") or ""),
                fingerprint=str(value.get("fingerprint") or ""),
                labels={str(k): int(v) for k, v in (value.get("labels") or {}).items()},
                length={str(k): _number(v) for k, v in (value.get("length") or {}).items()},
                unknown_rate=_number(value.get("unknown_rate")),
                repeated=_count(value.get("repeated")),
                duplicates_of_train=_count(value.get("duplicates_of_train")),
            )
            for name, value in parts.items()
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"report: {path}: data.parts must hold `n`, `labels` and `length` of each part; "
            f"got {type(error).__name__}: {error}. Restore it or train again."
        ) from error


def _read_columns(data: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the columns by role, from ``columns`` or from the arguments that named them."""
    arguments = _mapping(data, "arguments", path)
    named = {role: arguments.get(f"{role}_column") for role in ("text", "label")}
    columns = {**named, **_mapping(data, "columns", path)}
    return {role: str(column) for role, column in columns.items() if column}


def _mapping(value: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    found = value.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise CheckpointError(
            f"report: {path}: `{key}` must be a JSON object; got {str(found)[:80]}. "
            "Restore it or train again."
        )
    return found


def _number(value: object) -> float:
    """Return a number, or NaN for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return NAN
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if math.isfinite(number) else None
