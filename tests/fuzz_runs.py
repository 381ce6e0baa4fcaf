"""Run folders that somebody broke, and what the commands make of them.

Every file of small runs of all tasks is damaged in every way that came to mind, one at a time; then a
command must end soon, in little memory, with its answer or a sentence. By hand, for as long as wanted:
``python -m tests.fuzz_runs --seconds 600 --seed 7``; it prints what broke, and how to do it again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import random
import re
import resource
import shutil
import signal
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file, save_file

from ostinato.cli.main import run

CPU_SECONDS, MEMORY, LINE = 20, 3 * 2**30, 1000
UNKNOWN = "no sentence of its own"
TRAIN = {
    "classify": "--hidden-size 4 --embedding-size 4 --min-freq 1 --members 1",
    "tag": "--hidden-size 4 --embedding-size 4 --characters-hidden-size 2 --min-freq 1",
    "classify-series": "--hidden-size 4",
    "forecast": "--hidden-size 4 --horizon 3 --context 6 --train-windows 8",
    "transcribe": "--hidden-size 4 --features-bands 8",
}
SPOILT = (None, True, -1, 0, 1, 0.5, 1e308, 10**18, 10**400, "x", "", "\ud800", [], {}, [[[]]])


def sources(folder: Path) -> dict[str, Path]:
    """Write a small data set of each task; return what is trained on."""
    told = random.Random(0)
    texts = [f"a {told.choice(['fine', 'dull'])} film of year {n}" for n in range(30)]
    (folder / "texts.csv").write_text(
        "text,label\n" + "".join(f"{text},{'fine' in text}\n" for text in texts)
    )
    lines = [f"Anna B-PER\nsaw O\nRome B-LOC\n{n} O\n\n" for n in range(12)]
    (folder / "tags.conll").write_text("".join(lines))
    steps = [
        f"{n},{t},{math.sin(t * (1 + n % 2)):.3f},{'ab'[n % 2]}\n"
        for n in range(16)
        for t in range(5 + n % 3)
    ]
    (folder / "series.csv").write_text("id,time,x,label\n" + "".join(steps))
    values = [f"2024-{1 + n // 28:02}-{1 + n % 28:02},{n % 7 + n / 50:.2f}\n" for n in range(56)]
    (folder / "sales.csv").write_text("date,sold\n" + "".join(values))
    rows = []
    for number in range(12):
        path, hertz = folder / f"{number}.wav", 300 + 300 * (number % 2) + number
        tone = 8000 * np.sin(np.arange(2400) * 2 * np.pi * hertz / 8000)
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(tone.astype("<i2").tobytes())
        rows.append(f"{path},{'lo' if number % 2 else 'hi'}\n")
    (folder / "sounds.csv").write_text("path,text\n" + "".join(rows))
    names = ("texts.csv", "tags.conll", "series.csv", "sales.csv", "sounds.csv")
    return {task: folder / name for task, name in zip(TRAIN, names, strict=True)}


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str
    peak: int

    def faults(self) -> Iterator[str]:
        """Yield what no command may do."""
        if self.code not in (0, 1, 2):
            yield f"ended with {self.code}"
        if "Traceback" in self.err or UNKNOWN in self.err:
            yield "no sentence"
        if self.peak > MEMORY or re.search(r"(?i)enough memory|allocator", self.err):
            yield f"took {self.peak / 2**30:.1f} GiB"
        said = self.err if self.out.startswith("{") else self.out + self.err
        if max(map(len, said.split("\n"))) > LINE:
            yield "a long line"
        if self.code == 0 and re.search(r"(?i)\b(nan|inf(inity)?)\b", self.out):
            yield "an answer that is no number"
        if self.code in (1, 2) and not self.err.splitlines()[-1].startswith("ostinato: "):
            yield "another last line"


class Endless(BaseException):
    """A command took more time of the processor than any should."""


def attempt(arguments: list[str]) -> Ended:
    """Run a command in this process, within limits of time and memory."""
    out, err = io.StringIO(), io.StringIO()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    handler = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, before[1]))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(arguments)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    return Ended(code, out.getvalue(), err.getvalue(), more * 1024)


def _stop(number: int, frame: object) -> None:
    raise Endless


@dataclass
class Fuzz:
    """Runs to break, in a folder, by a generator of random numbers."""

    folder: Path
    random: random.Random
    runs: dict[str, Path] = field(default_factory=dict)
    data: dict[str, Path] = field(default_factory=dict)
    right: dict[tuple[str, ...], Ended] = field(default_factory=dict)

    def train(self) -> None:
        """Train the runs."""
        (self.folder / "data").mkdir()
        self.data = sources(self.folder / "data")
        for task, source in self.data.items():
            self.runs[task] = self.folder / task
            words = ["train", task, str(source), "--epochs", "1", "--out", str(self.runs[task])]
            words += ["--validation", str(source)] if task == "transcribe" else []
            ended = attempt([*words, *TRAIN[task].split()])
            assert ended.code == 0, ended.err
            whole = attempt(self.commands(task, str(self.runs[task]))[0])  # what nobody broke
            assert whole.code == 0, whole.err

    def commands(self, task: str, run: str) -> list[list[str]]:
        """What is done with a run of a task."""
        inputs = {
            "classify": ["a fine film", "x"],
            "tag": ["Anna saw Rome."],
            "classify-series": [str(self.data[task])],
            "forecast": [],
            "transcribe": [str(self.data[task].with_name("0.wav"))],
        }[task]
        return [
            ["predict", run, *inputs],
            ["predict", run, *inputs, "--json"],
            ["evaluate", run, "validation", "--json"],
            ["report", run],
            ["compare", str(self.runs[task]), run, "--out", str(self.folder / "compare.html")],
            ["resume", run],
        ]

    def once(self) -> tuple[str, list[str]]:
        """Break a run and ask it something; return what was done, and what should not have been."""
        task = self.random.choice(list(self.runs))
        broken = self.folder / "broken"
        shutil.rmtree(broken, ignore_errors=True)
        shutil.copytree(self.runs[task], broken)
        command = self.random.choice(self.commands(task, str(broken)))
        if command[0] == "resume":
            (broken / "metrics.json").unlink()
        keeps_sums = self.random.random() < 0.3
        if not keeps_sums:
            (broken / "SHA256SUMS").unlink()
        done = self.damage(broken)
        ended = attempt(command)
        faults = list(ended.faults())
        if keeps_sums and command[0] == "predict" and ended.code == 0:
            whole = self.answer(task, command)
            if (ended.out, 0) != (whole.out, whole.code):
                faults.append("another answer, without a word")
        last = ended.err.splitlines()[-1:] or [""]
        return f"{task}: {done}: {command[0]}: {ended.code} {last[0][:300]}", faults

    def answer(self, task: str, command: list[str]) -> Ended:
        """What a command says of a run that is whole."""
        key = (task, *command)
        if key not in self.right:
            broken = self.folder / "broken"
            shutil.rmtree(broken)
            shutil.copytree(self.runs[task], broken)
            self.right[key] = attempt(command)
        return self.right[key]

    def damage(self, run: Path) -> str:
        """Break one file of a run; return how."""
        path = self.random.choice(sorted(p for p in run.rglob("*") if p.is_file()))
        ways: list[Callable[[Path], str]] = [self.bytes_of, self.place_of]
        if path.suffix == ".json":
            ways += [self.json_of] * 6
        elif path.suffix == ".jsonl":
            ways += [self.lines_of] * 3
        elif path.suffix == ".safetensors":
            ways += [self.tensors_of] * 6
        elif path.suffix == ".parquet":
            ways += [self.columns_of] * 6
        return f"{path.name} {self.random.choice(ways)(path)}"

    def bytes_of(self, path: Path) -> str:
        """Change bytes."""
        whole = bytearray(path.read_bytes())
        place = self.random.randrange(len(whole) or 1)
        way = self.random.choice(
            ["flip", "flip", "flip", "cut", "empty", "more", "zeros", "sparse"]
        )
        if way == "flip" and whole:
            whole[place] ^= 1 << self.random.randrange(8)
        elif way == "cut":
            del whole[place:]
        elif way == "empty":
            whole.clear()
        elif way == "more":
            whole += os.urandom(100)
        elif way == "zeros":
            whole[place : place + 64] = bytes(64)
        path.write_bytes(whole)
        if way == "sparse":
            os.truncate(path, 2**35)
        return f"{way} at {place}"

    def place_of(self, path: Path) -> str:
        """Put something else into a file's place."""
        path.unlink()
        way = self.random.choice(["nothing", "pipe", "folder", "link", "device", "circle", "other"])
        if way == "pipe":
            os.mkfifo(path)
        elif way == "folder":
            path.mkdir()
        elif way in ("link", "device", "circle"):
            path.symlink_to({"link": "/etc/passwd", "device": "/dev/zero"}.get(way, path.name))
        elif way == "other":
            others = [p for run in self.runs.values() for p in sorted(run.rglob("*"))]
            chosen = self.random.choice([p for p in others if p.is_file()])
            same = [p for p in others if p.name == path.name]
            shutil.copyfile(self.random.choice([chosen, *same, *same, *same]), path)
        return way

    def json_of(self, path: Path) -> str:
        """Change one value."""
        value = json.loads(path.read_text())
        raw = self.random.choice(["", "", "", "", "9" * 5000, "[" * 100_000, "NaN", "-Infinity"])
        where: list[Any] = []
        inner: Any = value
        while isinstance(inner, dict | list) and inner and self.random.random() < 0.85:
            keys = list(inner) if isinstance(inner, dict) else range(len(inner))
            holder, key = inner, self.random.choice(list(keys))
            where.append(key)
            inner = holder[key]
        new: Any = "@RAW@" if raw else self.random.choice([*SPOILT, inner, "gone", "twice"])
        if not where:
            value = new
        elif new == "gone":
            del holder[key]
        elif new == "twice":
            holder[key] = [inner, inner]
        else:
            holder[key] = new
        path.write_text(json.dumps(value).replace('"@RAW@"', raw or '"@RAW@"'))
        return f"{'.'.join(map(str, where))} = {raw[:9] or str(new)[:20]}"

    def lines_of(self, path: Path) -> str:
        """Change a value of a line."""
        lines = path.read_text().splitlines()
        path.write_text(lines[0])
        done = self.json_of(path)
        path.write_text("\n".join([path.read_text(), *lines[1:]]) + "\n")
        return done

    def tensors_of(self, path: Path) -> str:
        """Change a tensor."""
        tensors = load_file(path)
        with contextlib.suppress(Exception):
            from safetensors import safe_open

            with safe_open(path, "pt") as file:
                header = file.metadata()
        name = self.random.choice(sorted(tensors))
        one = tensors[name]
        ways = ("nan", "inf", "int", "bool", "double", "shape", "gone", "more", "huge", "minus")
        way = self.random.choice(ways)
        if way in ("nan", "inf") and one.is_floating_point() and one.numel():
            one.view(-1)[self.random.randrange(one.numel())] = float(way)
        elif way in ("int", "bool", "double"):
            tensors[name] = one.to({"int": torch.int64, "bool": torch.bool}.get(way, torch.float64))
        elif way == "shape":
            tensors[name] = torch.cat([one.reshape(-1), one.reshape(-1)[:1]])
        elif way == "gone":
            del tensors[name]
        elif way == "more":
            tensors["more"] = one.clone()
        elif way in ("huge", "minus"):
            tensors[name] = torch.full_like(one, 2**30 if way == "huge" else -1)
        save_file(tensors, path, metadata=header)
        return f"{name} {way}"

    def columns_of(self, path: Path) -> str:
        """Change a column."""
        table = pq.read_table(path)
        place = self.random.randrange(table.num_columns)
        name, rows = table.column_names[place], len(table)
        columns = {
            "null": pa.nulls(rows),
            "none": pa.array([None] * rows, table.schema.field(place).type),
            "large": pa.array([2**62] * rows),
            "minus": pa.array([-1] * rows),
            "nan": pa.array([math.nan] * rows),
            "text": pa.array(["x" * 2000] * rows),
            "lists": pa.array([[]] * rows, pa.list_(pa.string())),
        }
        way = self.random.choice([*columns, "gone", "no rows", "no metadata", "many rows"])
        if way in columns:
            table = table.set_column(place, name, columns[way])
        elif way == "gone":
            table = table.remove_column(place)
        elif way == "no rows":
            table = table.slice(0, 0)
        elif way == "many rows":
            table = pa.concat_tables([table] * 50)
        else:
            table = table.replace_schema_metadata(None)
        pq.write_table(table, path)
        return f"{name} {way}"


def fuzz(folder: Path, seed: int, *, tries: int, seconds: float = math.inf) -> list[str]:
    """Break runs as often as said, or for as long; return what should not have been."""
    one = Fuzz(folder, random.Random(0))
    one.train()
    begun, found = time.monotonic(), []
    for number in range(tries):
        if time.monotonic() - begun > seconds:
            break
        one.random = random.Random(f"{seed} {number}")
        done, faults = one.once()
        found += [f"{seed} {number}: {done} <- {', '.join(faults)}"] if faults else []
        if seconds < math.inf:
            told = found[-1] if faults else f"{number} {done}"[:200]
            print(told.encode("utf-8", "replace").decode(), flush=True)  # noqa: T201
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        broke = fuzz(Path(name), given.seed, tries=10**9, seconds=given.seconds)
    print("\n".join(["", *broke, f"{len(broke)} broke"]))  # noqa: T201
