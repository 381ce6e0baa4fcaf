"""A run as one self-contained HTML page, the answer first: no network, light and dark, whole without script."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ostinato._errors import CheckpointError, OstinatoError
from ostinato._files import write_text
from ostinato.report import formatting
from ostinato.report.beside import beside
from ostinato.report.learning import learning
from ostinato.report.lengths import Lengths, length_histogram
from ostinato.report.resources import page_text
from ostinato.report.section import Headline, Task, note
from ostinato.report.sections import TASKS
from ostinato.runs.reader import collect
from ostinato.runs.run import Predictions, Run, Verdict


def write(run: Path) -> Path:
    """Write ``report.html`` into a run folder, whole or not at all.

    Args:
        run: The run folder; it may still be training.

    Returns:
        The page's path.

    Raises:
        CheckpointError: The folder is no run folder, a file in it is broken, or it cannot be
            written to.
    """
    run = Path(run)
    try:
        page = render(collect(run))
    except OstinatoError:
        raise
    except Exception as error:  # of files whose parts are right and do not fit together
        raise CheckpointError(
            f"report: {run}: what its files say must fit together; got {type(error).__name__}: "
            f"{str(error)[:200]}. Copy the run folder anew, or train again."
        ) from error
    target = run / "report.html"
    try:
        write_text(target, page.encode("utf-8", "replace").decode("utf-8"))  # no lone surrogates
    except OSError as error:
        raise CheckpointError(
            f"report: {target} cannot be written: {error}. "
            "Make the folder writable, or copy the run elsewhere."
        ) from error
    return target


def render(run: Run) -> str:
    """Return the page about a run as HTML; the same run gives the same characters."""
    task, predictions = TASKS[run.task], run.predictions
    headlines = _headlines(run, task)
    return page_text(
        "page.html",
        run=run,
        task=task,
        labels=run.labels,
        summary=_summary(run),
        headlines=headlines,
        learning=learning(run, task.curves),
        split=predictions.split if predictions else "",
        results=task.results_of(run),
        balance=task.balance(run.splits, run.labels),
        lengths=_lengths(predictions, task) if predictions and task.has_lengths else None,
        verdict=task.verdict_of(run) or _unjudged(headlines),
        beside=None if task.lists_baselines else beside(run),
        settings=_groups(run, "task"),
    )


def _lengths(predictions: Predictions, task: Task[Any]) -> Lengths:
    return length_histogram(
        predictions.num_tokens, task.example, unit=task.unit, units_per_second=task.units_per_second
    )


def _summary(run: Run) -> str:
    """Return the run in half a sentence: the network, and what it was trained on."""
    recurrent = run.settings.get("recurrent")
    words = []
    if isinstance(recurrent, Mapping) and recurrent.get("cell"):
        words.append("bidirectional" if recurrent.get("bidirectional") else "")
        words.append({"rnn": "RNN"}.get(str(recurrent["cell"]), str(recurrent["cell"]).upper()))
        layers, units = recurrent.get("num_layers"), recurrent.get("hidden_size")
        words.append(f"{layers} × {units}" if layers and units else "")
    network = " ".join(word for word in words if word)
    source = f"trained on {run.data_source}" if run.data_source else ""
    return " · ".join(part for part in (network, source, formatting.moment(run.created)) if part)


def _unjudged(headlines: list[Headline]) -> Verdict:
    """Return what stands first of a run that was not judged, such as one without simple models."""
    first = f"{headlines[0].name} {headlines[0].value}. " if headlines else ""
    return Verdict(text=f"{first}No simple model was measured beside this one.", is_good=True)


def _headlines(run: Run, task: Task[Any]) -> list[Headline]:
    if not run.figures:
        return _headlines_so_far(run, task)
    split, figures = next(iter(run.figures.items()))
    total = len(run.history)
    memory = formatting.size(run.totals.get("peak_memory_bytes"))
    return [
        *task.headlines(run.labels, split, figures),
        Headline(
            name="Training time",
            value=formatting.duration(run.totals.get("train_seconds")),
            note=note("peak memory {}", memory),
        ),
        Headline(
            name="Best epoch",
            value=formatting.number(run.totals.get("best_epoch")),
            note=f"of {total}" if total else "",
        ),
    ]


def _headlines_so_far(run: Run, task: Task[Any]) -> list[Headline]:
    if not run.history:
        return []
    last = run.history[-1]
    figures = []
    for split, scores in reversed(tuple(last.scores.items())):
        loss = f"; loss {formatting.number(scores.get('loss'), 4)}"
        judge = next((c for c in reversed(task.curves) if c.key in scores), task.curves[-1])
        figures.append(
            Headline(
                name=f"{split.capitalize()} {judge.name}",
                value=judge.written(scores.get(judge.key)),
                note=f"after epoch {last.number}{loss if judge.key != 'loss' else ''}",
            )
        )
    seconds = sum(epoch.seconds for epoch in run.history if math.isfinite(epoch.seconds))
    return [*figures, Headline(name="Training time", value=formatting.duration(seconds))]


def _groups(run: Run, rest: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return (group, [(name, value, is by the data), ...]); settings of no group are in ``rest``."""
    settings = run.settings
    nested = {key: value for key, value in settings.items() if isinstance(value, Mapping) and value}
    flat = {key: value for key, value in settings.items() if key not in nested}
    groups = [(key, _marked(value, run.given.get(key))) for key, value in nested.items()]
    return [(rest, _marked(flat, run.given)), *groups] if flat else groups


def _marked(settings: Any, given: Any) -> list[tuple[str, str, bool]]:
    """Return names and values of settings, and whether they were found for the data."""
    before = dict(formatting.flatten(dict(given))) if isinstance(given, Mapping) else {}
    return [
        (name, value, before.get(name, value) != value)
        for name, value in formatting.flatten(settings)
    ]
