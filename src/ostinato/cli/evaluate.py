"""``ostinato evaluate``."""

from __future__ import annotations

from pathlib import Path

from ostinato import datasets
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
    json: bool = False,
) -> None:
    """Measure a trained model on the parts it was trained beside, or on any other file.

    Args:
        run: Run folder.
        data: test, validation or train: that part of the run's data; or the path of a file.
        text_column: Column with the texts of a file; found by its name if not given.
        label_column: Column with the labels of a file; found by its name if not given.
        json: Print one JSON object as the last line.
    """
    estimator = load(run)
    if data in ("train", "validation", "test"):
        if text_column or label_column:
            raise ConfigError(
                f"evaluate: columns are for a file; {data} is a part of the run's own data. "
                "Leave the columns out, or give a file."
            )
        part, examples, seen = data, *_part_of_run(estimator, run, data)
    else:
        part, seen = "file", None
        columns = estimator.provenance_["arguments"] or {}
        examples = datasets.read(
            data,
            text_column=text_column or columns.get("text_column"),
            label_column=label_column or columns.get("label_column"),
        )
    figures = estimator.evaluate(examples.texts, examples.labels, seen=seen)
    if json:
        show_json({"run": str(run), "part": part, "source": examples.source, **figures})
    else:
        print_figures(part, figures)


def _part_of_run(
    estimator: Estimator, run: Path, part: str
) -> tuple[datasets.Examples, list[str] | None]:
    data = run_folder.read_config(run)["data"]
    if data["arguments"] is None:
        raise ConfigError(
            f"{run}: was trained from Python, so its {part} part is not known here. "
            "Give a file instead."
        )
    parts = estimator.hold_out(load_parts(data["arguments"]))
    if part not in parts:
        raise ConfigError(
            f"{run}: was trained without a {part} part; it has {', '.join(parts)}. "
            "Give a file instead."
        )
    examples = parts[part]
    if examples.fingerprint != data["parts"].get(part, {}).get("fingerprint"):
        say(f"{part}: {examples.source} has changed since the model was trained")
    return examples, None if part == "train" else list(parts["train"].texts)
