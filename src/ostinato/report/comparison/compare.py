"""Run folders read and compared; needs no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato._errors import CheckpointError, ConfigError
from ostinato.metrics.paired import FEWEST, Tally, difference, holm
from ostinato.report.comparison.compared import (
    FIGURES,
    Comparison,
    FigureRow,
    Measured,
    written_p,
)
from ostinato.report.comparison.settings import setting_rows
from ostinato.report.sections import TASKS
from ostinato.runs import folder as run_folder
from ostinato.runs.forecasting import ForecastPredictions
from ostinato.runs.reader import collect
from ostinato.runs.run import Run

LEVEL = 0.05
"""A difference that luck makes more seldom is told as one."""


def compare_runs(*runs: str | Path) -> Comparison:
    """Compare finished runs of one task: settings, figures with intervals, and paired tests.

    The first run is the one that each of the others is compared with. Differences are tested where all
    were measured on the same examples; see `ostinato.metrics.paired`.

    Args:
        runs: Run folders, two or more.

    Returns:
        What was found.

    Raises:
        ConfigError: There are fewer than two runs, or they are of different tasks or measured on
            different splits.
        CheckpointError: One of them is no run folder, is broken, or has not finished.

    Example:
        >>> compare_runs("runs/lstm")
        Traceback (most recent call last):
        ...
        ostinato._errors.ConfigError: compare: needs two run folders or more; got 1. Name another run.
    """
    if len(runs) < 2:
        raise ConfigError(
            f"compare: needs two run folders or more; got {len(runs)}. Name another run."
        )
    paths = tuple(Path(run) for run in runs)
    found = [_finished(path) for path in paths]
    names = _names(paths)
    _check_alike(found, names)
    split = next(iter(found[0].figures))
    tallies = _tallies(found)
    is_same = _are_same(found, tallies, split)
    figures = _figure_rows(found, tallies, split, is_same=is_same)
    return Comparison(
        runs=tuple(found),
        paths=paths,
        names=names,
        split=split,
        example=TASKS[found[0].task].example,
        n=int(found[0].figures[split].get("n", 0)) if is_same else None,
        is_same=is_same,
        figures=figures,
        settings=setting_rows(found),
        verdicts=_verdicts(figures[0], names, split, is_same=is_same) if figures else (),
        notes=tuple(_notes(found, tallies, split, is_same=is_same)),
    )


def _finished(path: Path) -> Run:
    run_folder.read_config(path)
    if not (path / "metrics.json").exists():
        raise CheckpointError(
            f"compare: {path} must have finished; it has no metrics.json. Wait for its training, or go "
            f"on with it: ostinato resume {path}"
        )
    if not (path / "predictions.parquet").exists():
        raise CheckpointError(
            f"compare: {path} must have its predictions.parquet, by which examples are compared; it is "
            "not there, as after save(). Copy the run folder that training wrote, or train again."
        )
    run = collect(path)
    if not run.figures or run.predictions is None:
        raise CheckpointError(
            f"compare: {path} must have figures and predictions of a split; it has none. Train again."
        )
    return run


def _names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return what runs are called: their folders, with as much of the path as tells them apart."""
    whole = [path.resolve().parts for path in paths]
    for count in range(1, max(map(len, whole)) + 1):
        names = [str(Path(*parts[-count:])) for parts in whole]
        if len(set(names)) == len(set(whole)):
            break
    return tuple(
        f"{name} ({names[: place + 1].count(name)})" if names.count(name) > 1 else name
        for place, name in enumerate(names)  # one run may be named twice
    )


def _check_alike(runs: Sequence[Run], names: Sequence[str]) -> None:
    """Raise ConfigError unless all runs are of one task, measured on the same split."""
    first, split = runs[0], next(iter(runs[0].figures))
    for run, name in zip(runs, names, strict=True):
        if run.task != first.task or run.labels.multi_label != first.labels.multi_label:
            tasks = [one.task + " of labels" * one.labels.multi_label for one in (first, run)]
            raise ConfigError(
                f"compare: runs must be of one task; {names[0]} is {tasks[0]}, {name} is {tasks[1]}. "
                "Compare runs of the same task."
            )
        theirs = next(iter(run.figures))
        if theirs != split:
            raise ConfigError(
                f"compare: runs must be measured on the same split; {names[0]} was on {split}, {name} on "
                f"{theirs}. Train both with --test or --test-size, or both without."
            )


def _tallies(runs: Sequence[Run]) -> list[Tally]:
    classes = sorted({name for run in runs for name in run.labels.classes})
    return [TASKS[run.task].tally(run.predictions, run.labels, classes) for run in runs]


def _are_same(runs: Sequence[Run], tallies: Sequence[Tally], split: str) -> bool:
    """Return whether all runs were measured on the same examples, in the same order."""
    fingerprints = {
        next((one.fingerprint for one in run.splits if one.name == split), "") for run in runs
    }
    examples = {tally.examples for tally in tallies}
    is_cut = isinstance(runs[0].predictions, ForecastPredictions)  # by other horizons otherwise
    are_same = any(
        len(known) == 1 and known != {""}
        for known in ((examples,) if is_cut else (fingerprints, examples))
    )
    return are_same and len({(len(one), one.counts.shape[1]) for one in tallies}) == 1


def _of_other_units(tallies: Sequence[Tally]) -> list[str]:
    """Return the figures that runs divide by other numbers, as MASE by errors of other seasons."""
    return [
        name
        for name in tallies[0].figures
        if len({one.units[name] for one in tallies if name in one.units}) > 1
    ]


def _figure_rows(
    runs: Sequence[Run], tallies: Sequence[Tally], split: str, *, is_same: bool
) -> tuple[FigureRow, ...]:
    other = _of_other_units(tallies) if is_same else []
    shared = [
        name
        for name in tallies[0].figures
        if name not in other and all(name in one.figures for one in tallies)
    ]
    main_figure = runs[0].verdict.figure if runs[0].verdict else ""
    order = sorted(shared, key=lambda name: name != main_figure)  # the main one first
    rows = []
    for name in order:
        others = [difference(one, tallies[0], name) if is_same else None for one in tallies[1:]]
        measured = tuple(
            _measured(run.figures[split], tally, name)
            for run, tally in zip(runs, tallies, strict=True)
        )
        rows.append(
            FigureRow(key=name, figure=FIGURES[name], measured=measured, differences=tuple(others))
        )
    losses = tuple(_loss(run, split) for run in runs)
    if any(losses):
        nothing = (None,) * (len(runs) - 1)
        rows.append(
            FigureRow(key="loss", figure=FIGURES["loss"], measured=losses, differences=nothing)
        )
    return tuple(rows)


def _measured(figures: Mapping[str, Any], tally: Tally, name: str) -> Measured:
    """Return a figure with its interval: that of the end of training, if one was measured."""
    ends = figures.get(f"{name}_low"), figures.get(f"{name}_high")
    if None in ends:
        ends = tally.interval(name) or (None, None)
    return Measured(value=tally.value(name), low=ends[0], high=ends[1])


def _loss(run: Run, split: str) -> Measured | None:
    value = run.figures[split].get("loss")
    return None if value is None else Measured(value=value)


def _verdicts(
    row: FigureRow, names: Sequence[str], split: str, *, is_same: bool
) -> tuple[str, ...]:
    """Return of each run but the first whether it is better, worse, or not to be told apart."""
    if not is_same:
        return ()
    p_values = [None if one is None else one.p for one in row.differences]
    raised = iter(tested := holm([p for p in p_values if p is not None]).tolist())
    return tuple(
        _verdict(row, names, split, place, None if p is None else next(raised), len(tested))
        for place, p in enumerate(p_values, 1)
    )


def _verdict(
    row: FigureRow, names: Sequence[str], split: str, place: int, p: float | None, tests: int
) -> str:
    figure, found = row.figure, row.differences[place - 1]
    ours, first = row.measured[place], row.measured[0]
    if found is None or ours is None or first is None:
        return ""
    values = f"{row.written(ours)} against {row.written(first)}"
    is_acronym = figure.name[:2].isupper()  # F1, MAE, R²
    name = figure.name if is_acronym else figure.name[:1].lower() + figure.name[1:]
    if p is None:
        is_known = math.isfinite(found.value)
        why = "too few examples to test" if is_known else "nothing to test, as one is no number"
        return f"{names[place]} and {names[0]}: {name} {values}; {why}."
    times = f"{tests} comparisons, Holm's p" if tests > 1 else "p"
    written = written_p(p)
    chance = f"{times} {written if written[0] == '<' else f'= {written}'}"
    if found.value == 0 or p > LEVEL:
        same = "do not differ" if found.value == 0 else "cannot be told apart"
        return f"{names[place]} and {names[0]} {same} on {split}: {name} {values} ({chance})."
    is_better = (found.value < 0) == figure.lower_is_better
    word = "better" if is_better else "worse"
    return (
        f"{names[place]} is {word} than {names[0]} on {split}: {name} {values}, "
        f"{row.written(found)} (95% interval {row.span(found)}, {chance})."
    )


def _notes(
    runs: Sequence[Run], tallies: Sequence[Tally], split: str, *, is_same: bool
) -> list[str]:
    notes = []
    if not is_same:
        notes.append(
            f"The runs were not measured on the same examples: their {split} splits differ. Nothing is "
            "tested, and a difference of figures may be one of the examples."
        )
    elif len(tallies[0]) < FEWEST:
        notes.append(
            f"Too few examples for a test or an interval: {len(tallies[0])}; {FEWEST} are the fewest."
        )
    if is_same and (other := _of_other_units(tallies)):
        notes.append(
            f"{', '.join(FIGURES[name].name for name in other)}: left out, as the runs divide by other numbers, "
            "of another season or another train split."
        )
    if split == "validation":
        notes.append(
            "No test split was measured. Validation chose the epoch of each run, so its figures are "
            "flattering."
        )
    for run in runs:
        predictions = run.predictions
        if isinstance(predictions, ForecastPredictions) and predictions.num_windows > len(
            predictions.ids
        ):
            notes.append(
                f"Errors are of the {len(predictions.ids):,} windows that a run keeps, of {predictions.num_windows:,}; "
                "the reports have those of all."
            )
            break
    return notes
