"""Measure whole commands, as a user runs them, and append a row each to a results file.

    python -m benchmarks.run                 # the quick cases
    python -m benchmarks.run imdb chnsenticorp tutorial-gru ...
    python -m benchmarks.run --list

Cases of `benchmarks.kernels` are run by that command, and all of them but imdb-epoch where no
case is named.

A row names the case, the command, wall and processor seconds, peak memory of the largest process,
the figures that the command printed, the commit, the machine and the versions. Rows are only ever
appended; `benchmarks.table` makes the tables of README and docs from them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import facts
from benchmarks.cases.kernels import CASES as KERNELS
from benchmarks.facts import RESULTS, ROOT

PYTHON = [sys.executable]
OSTINATO = [sys.executable, "-m", "ostinato"]


@dataclass(frozen=True)
class Case:
    """One command to measure.

    ``{out}`` in it is a new run folder; ``{films}`` is what `benchmarks.films` writes.
    """

    command: tuple[str, ...]
    repeats: int = 1
    cold: bool = False  # with an empty cache
    quick: bool = False  # run when no case is named


def _train(verb: str, source: str, *options: str, cold: bool = False) -> Case:
    return Case((*OSTINATO, "train", verb, source, "--out", "{out}", *options), cold=cold)


def _classify(source: str, *options: str, cold: bool = False) -> Case:
    return _train("classify", source, *options, cold=cold)


def _tutorial(*options: str) -> Case:
    short = ("--max-length", "128", "--epochs", "3")  # the whole preset takes hours on two cores
    return _classify("imdb", "--preset", "tutorial", "--vectors", GLOVE, *short, *options)


def _chinese(*options: str, cold: bool = False) -> Case:
    return _classify("chnsenticorp", "--preset", "chinese", *options, cold=cold)


DATA = os.environ.get("OSTINATO_DATA", "")
GLOVE = str(Path(DATA) / "glove" / "glove.6B.50d.10k.txt.gz")

ETTH1 = ("etth1", "--no-calendar")  # a year of train tells little of a calendar
FORECASTS = {
    "airpassengers": ("airpassengers", "--horizon", "12"),
    "etth1-96": (*ETTH1, "--context", "96", "--horizon", "96"),
    "etth1-720": (*ETTH1, "--context", "96", "--horizon", "720", "--epochs", "5"),
    "etth1-ot-24": (*ETTH1, "--target-column", "OT", "--context", "336", "--horizon", "24"),
    "etth1-ot-168": (
        *(*ETTH1, "--target-column", "OT", "--context", "336", "--horizon", "168"),
        *("--epochs", "5"),
    ),
    "sales": ("sales", "--horizon", "28"),
}
"""What each forecasting case gives `ostinato train forecast`."""

SEEDS = (("", ()), ("-seed-1", ("--seed", "1")), ("-seed-2", ("--seed", "2")))

CASES = {
    "import-torch": Case((*PYTHON, "-c", "import torch"), repeats=7, quick=True),
    "import-ostinato": Case((*PYTHON, "-c", "import torch, ostinato"), repeats=7, quick=True),
    "help": Case((*OSTINATO, "--help"), repeats=7, quick=True),
    "demo": Case((*OSTINATO, "demo", "--out", "{out}"), repeats=3, quick=True),
    "encode-cold": Case((*PYTHON, "-m", "benchmarks.encode"), repeats=3, cold=True),
    "encode-cached": Case((*PYTHON, "-m", "benchmarks.encode"), repeats=5),
    "denormals": Case((*PYTHON, "-m", "benchmarks.denormals")),
    "imdb": _classify("imdb", cold=True),
    "imdb-off": Case(("env", "OSTINATO_NATIVE=off", *_classify("imdb").command), cold=True),
    "chnsenticorp": _chinese(cold=True),
    **{f"imdb-seed-{seed}": _classify("imdb", "--seed", str(seed)) for seed in (1, 2)},
    **{f"chnsenticorp-seed-{seed}": _chinese("--seed", str(seed)) for seed in (1, 2)},
    **{
        f"imdb-max-length-{length}": _classify(
            "{films}", "--epochs", "2", "--max-length", str(length)
        )
        for length in (200, 400, 600)
    },
    "demo-tag": Case((*OSTINATO, "demo", "tag", "--out", "{out}"), repeats=3, quick=True),
    **{
        f"tag-{name}{suffix}": _train("tag", *options, *seed)
        for name, options in {
            "conll2003": ("conll2003", "--vectors", GLOVE),
            "conll2003-plain": ("conll2003",),
            "ewt-upos": ("ud-english-ewt", "--vectors", GLOVE),
            "ewt-xpos": ("ud-english-ewt", "--column", "xpos", "--vectors", GLOVE),
            "resume": ("resume-ner", "--preset", "chinese"),
        }.items()
        for suffix, seed in SEEDS
    },
    "demo-transcribe": Case((*OSTINATO, "demo", "transcribe", "--out", "{out}"), quick=True),
    "speech-fsdd": _train("transcribe", "fsdd", cold=True),
    "speech-fsdd-stream": _train("transcribe", "fsdd", "--no-bidirectional", cold=True),
    **{
        f"speech-fsdd-seed-{seed}": _train("transcribe", "fsdd", "--seed", str(seed))
        for seed in (1, 2)
    },
    **{
        f"speech-fsdd-without-{speaker}": _train(
            *("transcribe", "fsdd", "--test-speaker", speaker, "--unit", "word", "--epochs", "20"),
            *("--augmentation-masks", "2", "--augmentation-mask-bands", "12"),
        )
        for speaker in ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
    },
    "demo-forecast": Case((*OSTINATO, "demo", "forecast", "--out", "{out}"), repeats=3, quick=True),
    **{
        f"forecast-{name}{suffix}": _train("forecast", *options, *seed)
        for name, options in FORECASTS.items()
        for suffix, seed in SEEDS
    },
    **{
        f"classify-series-gestures{suffix}": _train("classify-series", "gestures", *seed)
        for suffix, seed in SEEDS
    },
    "tutorial-rnn": _tutorial(),
    "tutorial-gru": _tutorial("--cell", "gru"),
    "tutorial-lstm": _tutorial("--cell", "lstm"),
    "tutorial-bilstm": _tutorial("--cell", "lstm", "--bidirectional"),
}


def main() -> None:
    """Run the named cases and append their rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", help="cases to run; the quick ones if none is named")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--results", type=Path, default=None, help="file to append to")
    parser.add_argument("--keep", type=Path, default=None, help="folder to move run folders to")
    arguments = parser.parse_args()
    if arguments.list:
        for name, case in CASES.items():
            sys.stdout.write(f"{name}: {_shown(case.command)}\n")
        for name, kernel in KERNELS.items():
            sys.stdout.write(f"{name}: {kernel.workload.describe()}\n")
        return
    unknown = [name for name in arguments.cases if name not in {*CASES, *KERNELS}]
    if unknown:
        parser.error(f"unknown case {', '.join(unknown)}; --list names them")
    results = arguments.results or RESULTS / f"{facts.today()}-{facts.machine()['slug']}.jsonl"
    commands = [name for name in arguments.cases if name in CASES]
    kernels = [name for name in arguments.cases if name in KERNELS]
    if not arguments.cases:
        commands = [name for name, case in CASES.items() if case.quick]
    for name in commands:
        for row in _measure(name, CASES[name], arguments.keep):
            sys.stdout.write(facts.append(row, results) + "\n")
            sys.stdout.flush()
    if kernels or not arguments.cases:
        where = ["--results", str(arguments.results)] if arguments.results else []
        subprocess.run([*PYTHON, "-m", "benchmarks.kernels", *kernels, *where], check=True)


def _measure(name: str, case: Case, keep: Path | None) -> Iterator[dict[str, Any]]:
    for repeat in range(case.repeats):
        with _folders(cold=case.cold) as (out, environment):
            films = out.parent / "films"
            if "{films}" in case.command:
                write = [*PYTHON, "-m", "benchmarks.films", str(films)]
                subprocess.run(write, env=environment, check=True, stdout=subprocess.DEVNULL)
            command = [
                part.replace("{out}", str(out)).replace("{films}", str(films))
                for part in case.command
            ]
            start = time.perf_counter()
            before = os.times()
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            printed, complaints = process.communicate()
            wall = time.perf_counter() - start
            after = os.times()
            if process.returncode:
                raise SystemExit(f"{name}: exit code {process.returncode}\n{complaints}")
            if keep and out.exists():
                shutil.copytree(out, keep / f"{name}-{repeat}")
            yield {
                "case": name,
                "repeat": repeat,
                "command": _shown(case.command),
                "wall_s": round(wall, 3),
                "cpu_s": round(sum(after[2:4]) - sum(before[2:4]), 2),  # of children
                **_figures(out, printed),
                "threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
                **facts.stamp("src"),
            }


def _figures(out: Path, printed: str) -> dict[str, Any]:
    """Return what a command measured: its run folder's figures, or the lines it printed."""
    if not (out / "metrics.json").exists():
        lines = printed.strip().splitlines()
        return {"printed": lines[-1]} if lines and len(lines) < 4 else {}
    metrics = json.loads((out / "metrics.json").read_text())
    for part in metrics.values():
        if isinstance(part, dict):
            part.pop("by_step", None)  # of a forecaster: lists as long as its horizon
    history = [json.loads(line) for line in (out / "history.jsonl").read_text().splitlines()]
    epochs = [
        {
            key: record[key]
            for key in ("epoch", "train", "validation", "test", "seconds", "tokens_per_second")
            if key in record
        }
        for record in history
    ]
    return {"metrics": metrics, "epochs": epochs}


@contextmanager
def _folders(*, cold: bool) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a new run folder, and an environment with an empty cache if ``cold``."""
    folder = Path(tempfile.mkdtemp(prefix="ostinato-bench-"))
    environment = dict(os.environ)
    if cold:
        environment["OSTINATO_HOME"] = str(folder / "home")
    try:
        yield folder / "run", environment
    finally:
        shutil.rmtree(folder)


def _shown(command: tuple[str, ...]) -> str:
    """Return a command as a reader can type it, without paths of this machine."""
    text = " ".join(command).replace(f"{sys.executable} -m ostinato", "ostinato")
    text = text.replace(sys.executable, "python").replace(str(ROOT) + os.sep, "")
    return text.replace(DATA, "$OSTINATO_DATA") if DATA else text


if __name__ == "__main__":
    main()
