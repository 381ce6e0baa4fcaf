"""The tables of README and docs say what the committed rows say, and equal bits are told from others."""

import json
import math
import subprocess
import sys
from pathlib import Path

from benchmarks.cases.new_shapes import first_calls
from benchmarks.memory import measure_here, peak_of_step
from ostinato.bench import Workload

ROOT = Path(__file__).parent.parent
TINY = Workload(input_size=3, hidden_size=4, batch_size=3, lengths="2-5")


def run(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{command}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tables_are_up_to_date() -> None:
    done = run("table", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_last_bit_is_named_and_a_new_name_is_none(tmp_path: Path) -> None:
    row = {"run": "r", "commit": "c", "metrics": {"loss": 0.1}, "weights": {"w": "ab"}}
    row |= {"history": [{"mae": 0.2}, {"mae": 0.3}], "predictions": {"text": "cd", "label": "ef"}}
    moved = {**row, "metrics": {"cost": 0.1}, "predictions": {"label": "ef", "said": "cd"}}
    other = {**row, "history": [{"mae": 0.2}, {"mae": math.nextafter(0.3, 1)}]}
    for name, rows in (("before", row), ("moved", moved), ("other", other)):
        (tmp_path / name).write_text(json.dumps(rows), encoding="utf-8")
    for after, code, said in (
        ("moved", 0, "are equal"),
        ("other", 1, "history[1].mae: 0.3 became"),
    ):
        done = run("same_bits", "compare", tmp_path / "before", tmp_path / after)
        assert done.returncode == code, done.stderr
        assert said in done.stdout


def test_memory_is_measured_in_a_process_of_its_own() -> None:
    workload = TINY.replace(hidden_size=64, batch_size=64, lengths="50-100")
    taken = peak_of_step(workload, "torch padded")
    assert taken is None or taken > 64 * 50 * 64 * 4
    assert measure_here(TINY, "ours") >= 0


def test_first_calls_are_on_new_shapes() -> None:
    calls = first_calls(TINY, "ours", shapes=2)
    assert calls.ratio.median > 0
    assert calls.first_ms.q1 <= calls.first_ms.median <= calls.first_ms.q3
