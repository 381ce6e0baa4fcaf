"""A run killed with SIGKILL at any step and resumed ends with the bits of one never killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.commands import bits, killed, ok, refused

SCRIPT = Path(__file__).with_name("train_and_die.py")
OPTIONS = [
    *("--hidden-size", "8", "--embedding-size", "8", "--min-freq", "1", "--epochs", "2"),
    *("--batch-size", "16", "--checkpoint-steps", "3"),
]


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    rows = [
        f"{'good fine' if n % 2 else 'bad poor'} film {'of note ' * (n % 7)}number {n},{n % 2}"
        for n in range(200)
    ]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    return path


def ostinato(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ostinato", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    return out, err


@pytest.fixture(scope="module")
def never_killed(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    finish(ostinato("train", "classify", reviews, "--out", run, *OPTIONS))
    return run


def test_there_are_twelve_batches_an_epoch(never_killed: Path) -> None:
    history = (never_killed / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["steps"] for line in history] == [12, 24]


@pytest.mark.parametrize("step", [1, 5, 12, 17])
def test_killed_at_a_step(
    step: int,
    reviews: Path,
    never_killed: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before the first checkpoint, between two, at an epoch's end, in the second epoch."""
    run = tmp_path / "run"
    killed(step, "train", "classify", reviews, "--out", run, *OPTIONS)
    out, _ = ok(capsys, "resume", run)
    assert bits(run) == bits(never_killed)
    assert out.startswith("validation (n 20)")
    for ours, theirs in zip(
        (run / "history.jsonl").read_text().splitlines(),
        (never_killed / "history.jsonl").read_text().splitlines(),
        strict=True,
    ):
        for part in ("epoch", "steps", "train", "validation", "best"):
            assert json.loads(ours)[part] == json.loads(theirs)[part]


def test_killed_with_two_threads(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    options = [*OPTIONS, "--hidden-size", "64"][2:]  # large enough that both threads have work
    finish(ostinato("train", "classify", reviews, "--out", tmp_path / "whole", *options))
    run = tmp_path / "run"
    subprocess.run(
        [sys.executable, SCRIPT, "14", "train", "classify", reviews, "--out", run, *options],
        capture_output=True,
        check=False,
        timeout=120,
    )
    finish(ostinato("resume", run))
    assert bits(run) == bits(tmp_path / "whole")


def test_killed_from_outside(reviews: Path, never_killed: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = ostinato("train", "classify", reviews, "--out", run, *OPTIONS)
    deadline = time.monotonic() + 60
    while not (run / "checkpoint" / "last.safetensors").exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.communicate()
    if (run / "metrics.json").exists():
        pytest.skip("it had finished before the signal came")
    finish(ostinato("resume", run))
    assert bits(run) == bits(never_killed)


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(
    reviews: Path, never_killed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    environment = os.environ | {"OSTINATO_TEST_SIGNAL": "SIGINT"}
    stopped = subprocess.run(
        [sys.executable, SCRIPT, "7", "train", "classify", reviews, "--out", run, *OPTIONS],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )
    assert stopped.returncode == 130
    assert f"Go on with: ostinato resume {run}" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    ok(capsys, "resume", run)
    assert bits(run) == bits(never_killed)


def test_a_finished_run_is_not_resumed(
    never_killed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, 2, "resume", never_killed)
    assert "is finished; there is nothing to resume" in line


def test_changed_data_are_not_resumed(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(reviews.read_bytes())
    run = tmp_path / "run"
    killed(5, "train", "classify", copy, "--out", run, *OPTIONS)
    copy.write_text(copy.read_text() + "one more film,1\n")
    line = refused(capsys, 1, "resume", run)
    assert "must be resumed with the data it was started with; the train split" in line
