"""A run folder is everything a model is; this module makes, checks and describes one.

::

    config.json    every setting, data facts, environment, command     labels.json
    history.jsonl  one line per epoch        model.safetensors         tokenizer*.json, lexicon.json, audio.json
    predictions.parquet  what was predicted of the measured split       metrics.json
    checkpoint/    the last state, for exact resume                    report.html, README.md
    SHA256SUMS     the checksum of each of them, see `ostinato._sums`
    .lock          while it is written: by which process, on which host
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ostinato import _sums
from ostinato._errors import CheckpointError, ConfigError, did_you_mean
from ostinato._files import check_tensors, read_json, write_json, write_text
from ostinato._version import RUN_FORMAT, __version__
from ostinato.runs import lock as run_lock

FILES = frozenset(
    {
        *(_sums.NAME, "README.md", "checkpoint", "config.json", "history.jsonl", "metrics.json"),
        *("model.safetensors", "predictions.parquet", "report.html", "tensorboard"),
        *("labels.json", "tokenizer.json", "tokenizer_config.json", "lexicon.json", "audio.json"),
        *("ngrams.safetensors", "ridge.safetensors", "averaged_frames.safetensors"),
        *("scaling.json", "series.json", "series.parquet"),
    }
)
"""What a run of any task may hold; a test has every task write a run, and finds it all here."""

_LEFTOVER = re.compile(
    rf"\.({'|'.join(map(re.escape, sorted(FILES)))}|last\.safetensors)\..+"  # of _files
    r"|\.tmp[A-Za-z0-9]{6}"  # of safetensors
)
TYPES: dict[type, str] = {dict: "an object", str: "a text", type(None): "null"}


@contextmanager
def opened(run: Path, *, overwrite: bool = False, resume: bool = False) -> Iterator[None]:
    """Hold a run folder to write a new run into it, or to go on with the one there.

    Raises:
        ConfigError: The folder holds something that must stay.
        CheckpointError: It cannot be written, or another training writes it.
    """
    if not resume:
        check_free(run, overwrite=overwrite)
    with run_lock.held(run):
        if resume:
            clear_leftovers(run)
            keep_sums(run)
        else:
            _create(run, overwrite=overwrite)
        yield


def _create(run: Path, *, overwrite: bool) -> None:
    """Make an empty run folder; ``overwrite`` clears away a run that stands there.

    The empty config comes first: whenever this is killed, the folder can be taken for a new run.
    """
    _check_content(run, overwrite=overwrite)
    config = run / "config.json"
    try:
        (run / _sums.NAME).unlink(missing_ok=True)
        write_json(config, {})
        clear_leftovers(run)
        for name in FILES - {config.name}:
            old = run / name
            if old.is_dir() and not old.is_symlink():
                shutil.rmtree(old)
            else:
                old.unlink(missing_ok=True)
        write_text(run / _sums.NAME, _sums.listing([config]))
    except OSError as error:
        raise CheckpointError(
            f"{run}: the run folder must be writable; {error.strerror or error}. "
            "Choose another folder with --out."
        ) from error


def check_free(run: Path, *, overwrite: bool = False) -> None:
    """Raise unless a run may be written to ``run``.

    Raises:
        ConfigError: It holds something that must stay.
        CheckpointError: Another training writes it.
    """
    try:
        str(run.absolute()).encode()
    except UnicodeEncodeError:  # where no weights could be written, after hours
        raise ConfigError(
            f"{run}: the path of a run folder must be UTF-8; got bytes that are not. Choose another."
        ) from None
    if run.exists() and not run.is_dir():
        raise ConfigError(f"{run}: the run folder must be a folder; it is a file. Choose another.")
    run_lock.check(run)
    _check_content(run, overwrite=overwrite)


def _check_content(run: Path, *, overwrite: bool) -> None:
    inside = sorted(path.name for path in run.iterdir()) if run.exists() else []
    inside = [name for name in inside if name != run_lock.FILE and not _LEFTOVER.fullmatch(name)]
    if not inside or _config_of(run) == {}:  # nothing was trained there
        return
    if not _is_run(run):
        raise ConfigError(
            f"{run}: the run folder must be new or hold a run; it holds {', '.join(inside[:3])}"
            f"{', ...' if len(inside) > 3 else ''}. Choose another folder."
        )
    if not overwrite:
        raise ConfigError(
            f"{run}: there is a run already. Go on with `ostinato resume {run}`, replace it with "
            "--overwrite (in Python overwrite=True), or choose another folder."
        )


def is_begun(run: Path) -> bool:
    """Return whether there is a run to go on with, or something broken in its place."""
    return (run / "config.json").exists() and _config_of(run) != {}


def _config_of(run: Path) -> Any:
    """Return what ``config.json`` holds; ``{}`` of a run that was ended before it began."""
    try:
        return read_json(run / "config.json")
    except CheckpointError:
        return None


def _is_run(run: Path) -> bool:
    config = _config_of(run)
    return isinstance(config, dict) and {"ostinato", "task"} <= config.keys()


def clear_leftovers(run: Path) -> None:
    """Remove what a process that was killed in the middle of writing left beside its place."""
    for folder in (run, run / "checkpoint"):
        for path in folder.glob(".*"):
            if _LEFTOVER.fullmatch(path.name):
                path.unlink()


def keep_sums(run: Path) -> None:
    """Begin to keep checksums in the folder of a run that was begun by a version without them.

    Raises:
        CheckpointError: A file of tensors is of another size than it says, as one that was cut short.
    """
    if not _sums.are_kept(run / "config.json"):
        kept = ("config.json", "model.safetensors", f"{_sums.CHECKPOINT}/last.safetensors")
        found = [run / name for name in kept if (run / name).is_file()]  # all else is written again
        for path in found:
            if path.suffix == ".safetensors":
                check_tensors(path)
        write_text(run / _sums.NAME, _sums.listing(found))


def settle_sums(run: Path) -> None:
    """Leave one checksum for each file of a finished run."""
    if _sums.are_kept(run / "config.json"):
        write_text(run / _sums.NAME, _sums.settled(run))


def write_config(
    run: Path,
    *,
    task: str,
    settings: Mapping[str, Any],
    sized: Mapping[str, Any],
    data: Mapping[str, Any],
    command: str | None,
    environment: Mapping[str, Any],
) -> None:
    """Write ``config.json``: settings as given, and in force with those found for the data."""
    write_json(
        run / "config.json",
        {
            "format": RUN_FORMAT,
            "ostinato": __version__,
            "task": task,
            "settings": settings,
            "sized": sized,
            "data": data,
            "environment": environment,
            "command": command,
            "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        },
    )


def check_exists(run: Path) -> None:
    """Raise CheckpointError, with the nearest run beside it, if there is no such folder."""
    if not run.is_dir():
        beside = run.parent.iterdir() if run.parent.is_dir() else ()
        names = [other.name for other in beside if (other / "config.json").is_file()]
        hint = did_you_mean(run.name, names) or ". Check the path."
        raise CheckpointError(f"{run}: there is no such run folder{hint}")


def read_config(run: Path) -> dict[str, Any]:
    """Read ``config.json``.

    Raises:
        CheckpointError: It is missing, broken, of something else, or of a newer version.
    """
    check_exists(run)
    if not (run / "config.json").exists() and (run / "fold-1").is_dir():
        raise CheckpointError(
            f"{run}: holds a run for each fold and is none itself. Name one of them, such as "
            f"{run / 'fold-1'}; what was interrupted goes on by the same command."
        )
    config = read_json(run / "config.json")
    if config == {}:
        raise CheckpointError(
            f"{run}: its training was ended before it began, and there is nothing to go on with. "
            "Start it again: `ostinato train ...`."
        )
    if not isinstance(config, dict) or not {"format", "task", "data", "settings"} <= config.keys():
        raise CheckpointError(
            f"{run / 'config.json'}: must be the config of an ostinato run; it has no task. "
            "Point to a folder that `ostinato train` made, or train it again with --overwrite."
        )
    if not isinstance(config["format"], int) or config["format"] > RUN_FORMAT:
        raise CheckpointError(
            f"{run}: was written by ostinato {str(config.get('ostinato'))[:20]} in run format "
            f"{str(config['format'])[:20]}; this is {__version__}, which reads up to {RUN_FORMAT}. "
            "Update ostinato."
        )
    _check_config(config, run / "config.json")
    config["data"].setdefault("arguments", None)  # as of a run that was trained from Python
    return config


def _check_config(config: Mapping[str, Any], path: Path) -> None:
    """Raise CheckpointError where something in a config is of another type than we write."""
    data, nothing = config["data"], type(None)
    wanted: list[tuple[str, Any, tuple[type, ...]]] = [
        ("task", config["task"], (str,)),
        ("ostinato", config.get("ostinato"), (str,)),
        ("settings", config["settings"], (dict,)),
        ("sized", config.get("sized", {}), (dict,)),
        ("command", config.get("command"), (str, nothing)),
        ("environment", config.get("environment", {}), (dict,)),
        ("data", data, (dict,)),
    ]
    if isinstance(data, dict):
        wanted += [
            ("data.arguments", data.get("arguments"), (dict, nothing)),
            ("data.parts", data.get("parts"), (dict,)),
        ]
        if isinstance(data.get("parts"), dict):
            wanted += [
                (f"data.parts.{name}", split, (dict,)) for name, split in data["parts"].items()
            ]
    for name, value, kinds in wanted:
        if not isinstance(value, kinds):
            names = " or ".join(TYPES[kind] for kind in kinds)
            raise CheckpointError(
                f"{path}: `{name[:80]}` must be {names}; got {str(value)[:40]}. "
                "Copy the run folder anew, or train again."
            )


def check_same(run: Path, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Raise CheckpointError unless a run is of these settings and data."""
    config = read_config(run)
    changed = [name for name, value in config["settings"].items() if value != settings.get(name)]
    if changed:
        raise CheckpointError(
            f"{run}: must be resumed with the settings it was started with; these differ: "
            f"{', '.join(changed)}. Start a new run for other settings."
        )
    for name, split in config["data"]["parts"].items():
        if name not in facts or facts[name]["fingerprint"] != split["fingerprint"]:
            raise CheckpointError(
                f"{run}: must be resumed with the data it was started with; the {name} split "
                f"({split['source']}) has changed. Restore it, or start a new run."
            )
