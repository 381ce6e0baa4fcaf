"""``ostinato evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ostinato._config import check_names
from ostinato._errors import ConfigError
from ostinato.cli.console import print_figures, say, show_json
from ostinato.cli.train import load_parts
from ostinato.tasks import Estimator, load, run_folder


def evaluate(
    run: Path,
    data: str = "test",
    /,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    column: str | None = None,
    audio_column: str | None = None,
    speaker_column: str | None = None,
    on_error: Literal["raise", "skip"] | None = None,
    json: bool = False,
) -> None:
    """Measure a trained model on the parts it was trained beside, or on any other file.

    Args:
        run: Run folder.
        data: test, validation or train: that part of the run's data; or the path of a file.
        text_column: Column with the texts of a file; found by its name if not given.
        label_column: Column with the labels of a file; found by its name if not given.
        column: For a tagger: column of the tags of a file, by name or by number from 1.
        audio_column: For a recogniser: column with the paths of the recordings.
        speaker_column: For a recogniser: column with the speakers.
        on_error: For a recogniser: stop at a recording that cannot be read, or skip it and say so.
        json: Print one JSON object as the last line.
    """
    estimator = load(run)
    columns = {
        "text_column": text_column,
        "label_column": label_column,
        "column": column,
        "audio_column": audio_column,
        "speaker_column": speaker_column,
        "on_error": on_error,
    }
    given = {name: value for name, value in columns.items() if value is not None}
    if data in ("train", "validation", "test"):
        if given:
            raise ConfigError(
                f"evaluate: columns are for a file; {data} is a part of the run's own data. "
                "Leave the columns out, or give a file."
            )
        part, examples, seen = data, *_part_of_run(estimator, run, data)
    else:
        part, seen = "file", None
        saved = estimator.provenance_["arguments"] or {}
        check_names(given, dict.fromkeys(estimator.columns), f"evaluate: a {estimator.task} run")
        wanted = {name: given.get(name) or saved.get(name) for name in estimator.columns}
        examples = estimator.read_part(data, **wanted)
    figures = estimator.evaluate(*estimator.pairs_of(examples), seen=seen)
    if json:
        show_json({"run": str(run), "part": part, "source": examples.source, **figures})
    else:
        print_figures(part, figures)


def _part_of_run(estimator: Estimator, run: Path, part: str) -> tuple[Any, list[str] | None]:
    data = run_folder.read_config(run)["data"]
    if data["arguments"] is None:
        raise ConfigError(
            f"{run}: was trained from Python, so its {part} part is not known here. "
            "Give a file instead."
        )
    parts = estimator.hold_out(load_parts(estimator, data["arguments"]))
    if part not in parts:
        raise ConfigError(
            f"{run}: was trained without a {part} part; it has {', '.join(parts)}. "
            "Give a file instead."
        )
    examples = parts[part]
    if examples.fingerprint != data["parts"].get(part, {}).get("fingerprint"):
        say(f"{part}: {examples.source} has changed since the model was trained")
    return examples, None if part == "train" else list(parts["train"].keys)
