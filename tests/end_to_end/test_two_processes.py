"""Two processes with half of every batch each train as one process does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ostinato.training import load_tensors

OPTIONS = [
    *("--hidden-size", "8", "--embedding-size", "8", "--min-freq", "1", "--epochs", "3"),
    *("--batch-size", "15", "--word-dropout", "0", "--locked-dropout", "0", "--head-dropout", "0"),
]
# Measured: losses differ by at most 1.8e-8 and weights by 3e-8 after three epochs: the two halves
# of a batch are added up in another order.
TOLERANCE = 1e-6


def train(source: Path, run: Path, *launcher: str) -> list[dict]:
    command = [
        *(sys.executable, *launcher, "-m", "ostinato"),
        *("train", "classify", str(source), "--out", str(run), *OPTIONS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("  1/3  ") == 1  # only the first process talks
    assert done.stdout.count("validation (n ") == 1
    return [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_two_processes_give_the_loss_curve_of_one(tmp_path: Path) -> None:
    source = tmp_path / "reviews.csv"
    rows = [  # 181 rows: the last batch is uneven, and one row is left for one process alone
        f"{'good' if n % 3 else 'poor'} {'film of note ' * (n % 5)}number {n},{int(n % 3 > 0)}"
        for n in range(201)
    ]
    source.write_text("text,label\n" + "\n".join(rows) + "\n")
    one = train(source, tmp_path / "one")
    launcher = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2")
    two = train(
        source,
        tmp_path / "two",
        *launcher,
        "--num_machines",
        "1",
        "--mixed_precision",
        "no",
        "--dynamo_backend",
        "no",
        "--num_cpu_threads_per_process",
        "1",
    )
    assert [record["steps"] for record in two] == [13, 26, 39]  # batches of 15 rows, one of 1
    for ours, theirs in zip(two, one, strict=True):
        for split in ("train", "validation"):
            assert ours[split]["loss"] == pytest.approx(theirs[split]["loss"], abs=TOLERANCE)
            assert ours[split]["accuracy"] == theirs[split]["accuracy"]
    ours, _ = load_tensors(tmp_path / "two" / "model.safetensors")
    theirs, _ = load_tensors(tmp_path / "one" / "model.safetensors")
    for name, tensor in theirs.items():
        assert (ours[name] - tensor).abs().max() < TOLERANCE, name
    state, _ = load_tensors(tmp_path / "two" / "checkpoint" / "last.safetensors")
    assert len(state["random.cpu"]) == 2  # there really were two processes
