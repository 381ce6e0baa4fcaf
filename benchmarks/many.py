"""Measure the defaults on many sets at many sizes, beside the simple models, and append the rows.

    python -m benchmarks.many                       # every task, set and size, and as many seeds as two hours allow
    python -m benchmarks.many text --sizes 100 300 --seeds 1 --sets subj
    python -m benchmarks.many --plot                # draw the rows into docs/images/many.svg

A row names task, set, size, seed, the compared figure of the model and of each simple model, seconds
and the baselines' share of them, the settings that were found, the commit and the machine. Rows that the
results hold already, of this commit, are not measured again. The first seed of every set and size comes
first, then the second, then the third; what ``--hours`` leaves no time for is named at the end, and the
same command goes on with it. What is measured is set aside from the train splits; ``MANY_TEST=1`` takes
the test splits instead, to be read once.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import ostinato
from benchmarks import facts
from benchmarks.cases.many import IS_FINAL, Case
from benchmarks.facts import RESULTS
from ostinato.tasks import Estimator

TASKS = {
    "text": ("texts", "TextClassifier"),
    "tagging": ("tagging", "SequenceTagger"),
    "speech": ("speech", "SpeechRecognizer"),
    "series": ("series", "SeriesClassifier"),
    "forecasting": ("series", "Forecaster"),
}
"""The module of each task's cases, and its estimator."""

SEEDS = 3


def cases_of(task: str) -> tuple[Case, ...]:
    """Return the sets of a task."""
    module = importlib.import_module(f"benchmarks.cases.{TASKS[task][0]}")
    cases: tuple[Case, ...] = module.FORECASTS if task == "forecasting" else module.CASES
    return cases


class Draw(NamedTuple):
    """One training: a set at a size, by a seed."""

    task: str
    case: Case
    size: int
    seed: int

    @property
    def key(self) -> str:
        """The draw as a line of JSON."""
        return json.dumps([self.task, self.case.name, self.size, self.seed])

    def __str__(self) -> str:
        return f"{self.task} {self.case.name} {self.size or 'all'} seed {self.seed}"


def draws_of(asked: argparse.Namespace, done: set[str]) -> list[Draw]:
    """Return what is to be measured, the first seed of everything before the second."""
    draws = [
        Draw(task, case, size, seed)
        for seed in range(asked.seeds)
        for task in asked.tasks or TASKS
        for case in cases_of(task)
        for size in case.sizes
        if (not asked.sets or case.name in asked.sets) and (not asked.sizes or size in asked.sizes)
    ]
    return [draw for draw in draws if draw.key not in done]


def measured(draw: Draw) -> dict[str, Any]:
    """Train with the defaults on one draw, and return what was measured."""
    task, case, size, seed = draw
    kind: type[Estimator] = getattr(ostinato, TASKS[task][1])
    splits = case.make(size, seed)
    start = time.perf_counter()
    model = kind().set_params(training__seed=seed, **dict(case.settings)).fit_splits(splits)
    seconds = time.perf_counter() - start
    metrics = model.metrics_
    found = metrics["test"]
    baselines = {
        name: one["test"][case.figure]
        for name, one in metrics.get("baselines", {}).items()
        if case.figure in one["test"]
    }
    return {
        "task": task,
        "set": case.name,
        "size": size,
        "seed": seed,
        "n": len(splits["train"].keys),
        "figure": case.figure,
        "model": found[case.figure],
        "baselines": baselines,
        "seconds": round(seconds, 1),
        "baseline_share": round(metrics.get("baseline_seconds", 0.0) / seconds, 4),
        "sized": model.sized_.settings(),
        "verdict": metrics.get("verdict", {}).get("text", ""),
        "is_test": IS_FINAL,
        **facts.stamp("src", "native"),
    }


def done_of(results: Path, commit: str, *, is_test: bool) -> set[str]:
    """Return which rows of this commit a file of results has."""
    if not results.exists():
        return set()
    rows = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return {
        json.dumps([row["task"], row["set"], row["size"], row["seed"]])
        for row in rows
        if row["commit"] == commit and row["is_test"] == is_test
    }


def main() -> None:
    """Measure what was asked for, and append each row as it comes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, []], help="none for all")  # [] is none
    parser.add_argument("--sets", nargs="*", help="names of sets")
    parser.add_argument("--sizes", nargs="*", type=int, help="sizes, 0 for all of a set")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--hours", type=float, default=2.0, help="ends before (default: 2)")
    parser.add_argument(
        "--plot", action="store_true", help="draw what was measured, measure nothing"
    )
    asked = parser.parse_args()
    known = [case.name for task in asked.tasks or TASKS for case in cases_of(task)]
    for name in asked.sets or ():
        if name not in known:
            parser.error(f"--sets: there is no set `{name}`; there are: {'; '.join(known)}")
    if asked.plot:
        importlib.import_module("benchmarks.tables.many_plot").write()
        return
    results = RESULTS / f"{facts.today()}-{facts.machine()['slug']}-many.jsonl"
    done = done_of(results, facts.state("src", "native")["commit"], is_test=IS_FINAL)
    draws = draws_of(asked, done)
    start, longest = time.monotonic(), 0.0
    for place, draw in enumerate(draws):
        begun = time.monotonic()
        if begun - start + longest > 3600 * asked.hours:
            print(f"--hours {asked.hours:g} are over; {len(draws) - place} draws were left:")
            print(*draws[place:], sep="\n")
            break
        row = measured(draw)
        longest = max(longest, time.monotonic() - begun)
        facts.append(row, results)
        shown = ", ".join(f"{name} {value:.4f}" for name, value in row["baselines"].items())
        print(
            f"{draw}: {row['figure']} {row['model']:.4f} ({shown}), {row['seconds']:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
