"""A run as one self-contained HTML page: no script, no network, light and dark."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from ostinato._errors import CheckpointError
from ostinato._files import write_text
from ostinato.report import formatting, plots
from ostinato.report.analysis import Analysis, analyse, gradient_warnings
from ostinato.report.collect import Part, Run, collect

MAX_TABLE_CLASSES = 16
"""A confusion matrix of more classes is drawn, not written as a table."""


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One of the figures at the top."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """One row of the per-class table; the last three for multi-label only."""

    number: int
    name: str
    precision: float
    recall: float
    f1: float
    support: int
    found: int | None = None
    missed: int | None = None
    false_alarms: int | None = None


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
    page = render(collect(run))
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
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    for function in (
        formatting.duration,
        formatting.flatten,
        formatting.language,
        formatting.number,
        formatting.percent,
        formatting.significant,
    ):
        environment.filters[function.__name__] = function
    analysis = analyse(run.predictions, run.classes) if run.predictions else None
    html = environment.from_string(_resource("page.html")).render(
        run=run,
        style=Markup(_resource("page.css")),
        summary=_summary(run),
        headlines=_headlines(run, analysis),
        plots={name: Markup(svg) for name, svg in _plots(run, analysis).items()},
        warnings=gradient_warnings(run.history),
        norm_limit=_norm_limit(run),
        analysis=analysis,
        class_rows=_class_rows(run, analysis),
        confusion=_confusion_table(run, analysis),
        parts_of_history=[
            part
            for part in ("train", "validation", "test")
            if any(part in epoch.scores for epoch in run.history)
        ],
        balance=_balance(run),
        settings=_groups(run.settings, "task"),
    )
    return html.strip() + "\n"


def _resource(name: str) -> str:
    return resources.files("ostinato.report").joinpath(name).read_text(encoding="utf-8")


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


def _headlines(run: Run, analysis: Analysis | None) -> list[Headline]:
    if not run.figures:
        return _headlines_so_far(run)
    part, figures = next(iter(run.figures.items()))
    best, total = run.totals.get("best_epoch"), len(run.history)
    memory = run.totals.get("peak_memory_bytes")
    return [
        Headline(
            name=f"{part.capitalize()} accuracy",
            value=formatting.percent(figures.get("accuracy"), 2),
            note=_accuracy_note(run, part, figures, analysis),
        ),
        Headline(
            name="F1, mean of classes",
            value=formatting.number(figures.get("f1_macro"), 4),
            note=_note("{} over all labels", formatting.number(figures.get("f1_micro"), 4)),
        ),
        Headline(
            name="Loss",
            value=formatting.number(figures.get("loss"), 4),
            note="nats per label" if run.multi_label else "nats per text",
        ),
        Headline(
            name="Training time",
            value=formatting.duration(run.totals.get("train_seconds")),
            note=_note("peak memory {}", formatting.size(memory)),
        ),
        Headline(
            name="Best epoch",
            value=formatting.number(best),
            note=f"of {total}" if total else "",
        ),
    ]


def _headlines_so_far(run: Run) -> list[Headline]:
    if not run.history:
        return []
    last = run.history[-1]
    figures = [
        Headline(
            name=f"{part.capitalize()} accuracy",
            value=formatting.percent(scores.accuracy, 2),
            note=f"after epoch {last.number}; loss {formatting.number(scores.loss, 4)}",
        )
        for part, scores in reversed(tuple(last.scores.items()))
    ]
    seconds = sum(epoch.seconds for epoch in run.history if math.isfinite(epoch.seconds))
    return [*figures, Headline(name="Training time", value=formatting.duration(seconds))]


def _accuracy_note(
    run: Run, part: str, figures: Mapping[str, float], analysis: Analysis | None
) -> str:
    if "accuracy_unseen" in figures:
        unseen = formatting.percent(figures["accuracy_unseen"], 2)
        return f"{unseen} of the {formatting.number(figures.get('n_unseen'))} not also in train"
    if analysis and run.predictions and run.predictions.split == part:
        total = len(run.predictions.labels)
        return f"{formatting.number(analysis.num_right)} of {formatting.number(total)} texts"
    return _note("{} texts", formatting.number(figures.get("n")))


def _note(template: str, value: str) -> str:
    return "" if value == formatting.NOT_KNOWN else template.format(value)


def _plots(run: Run, analysis: Analysis | None) -> dict[str, str]:
    drawn = {}
    if run.history:
        drawn["loss"] = plots.learning_curve(run.history, "loss")
        drawn["accuracy"] = plots.learning_curve(run.history, "accuracy")
        if any(epoch.norm_mean > 0 for epoch in run.history):
            drawn["gradients"] = plots.gradient_norms(run.history, _norm_limit(run))
            drawn["clipped"] = plots.clipped_share(run.history)
    if run.predictions and analysis:
        drawn["calibration"] = plots.reliability(analysis.calibration)
        drawn["by_length"] = plots.accuracy_by_length(analysis.by_length)
        drawn["lengths"] = plots.length_histogram(run.predictions.num_tokens)
        if analysis.confusion is not None and len(run.classes) > MAX_TABLE_CLASSES:
            drawn["confusion"] = plots.confusion_map(analysis.confusion)
    return drawn


def _norm_limit(run: Run) -> float | None:
    training = run.settings.get("training")
    limit = training.get("max_grad_norm") if isinstance(training, Mapping) else None
    return float(limit) if isinstance(limit, (int, float)) and limit > 0 else None


def _class_rows(run: Run, analysis: Analysis | None) -> list[ClassRow]:
    """Return the per-class table: many classes weakest first, few in their own order."""
    if analysis is None:
        return []
    figures, counts = analysis.per_class, analysis.per_label
    order = np.arange(len(run.classes))
    if len(order) > MAX_TABLE_CLASSES:
        order = np.argsort(figures.f1, kind="stable")
    return [
        ClassRow(
            number=int(index) + 1,
            name=run.classes[index],
            precision=float(figures.precision[index]),
            recall=float(figures.recall[index]),
            f1=float(figures.f1[index]),
            support=int(figures.support[index]),
            found=None if counts is None else int(counts[index, 1, 1]),
            missed=None if counts is None else int(counts[index, 1, 0]),
            false_alarms=None if counts is None else int(counts[index, 0, 1]),
        )
        for index in order
    ]


def _confusion_table(run: Run, analysis: Analysis | None) -> list[tuple[str, list[Any]]]:
    """Return rows of (right class, [(count, share of the row), ...]); none if it is drawn."""
    if analysis is None or analysis.confusion is None or len(run.classes) > MAX_TABLE_CLASSES:
        return []
    matrix = analysis.confusion
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return [
        (name, list(zip(matrix[row].tolist(), shares[row].tolist(), strict=True)))
        for row, name in enumerate(run.classes)
    ]


def _balance(run: Run) -> list[tuple[str, list[tuple[int, float]]]]:
    """Return rows of (class, [(count, share of the texts) of each part])."""
    counts: dict[str, int] = dict.fromkeys(run.classes, 0)
    for part in run.parts:
        for name in part.labels:
            counts.setdefault(name, 0)
    return [(name, [_count_in(part, name) for part in run.parts]) for name in counts]


def _count_in(part: Part, name: str) -> tuple[int, float]:
    count = part.labels.get(name, 0)
    return count, min(count / max(part.n, 1), 1.0)


def _groups(settings: Mapping[str, Any], rest: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (group, [(name, value), ...]): nested settings by name, the others under ``rest``."""
    nested = {key: value for key, value in settings.items() if isinstance(value, Mapping) and value}
    flat = {key: value for key, value in settings.items() if key not in nested}
    groups = [(key, formatting.flatten(value)) for key, value in nested.items()]
    return [(rest, formatting.flatten(flat)), *groups] if flat else groups
