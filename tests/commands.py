"""Commands as the tests of whole tasks run them: in this process, killed, or in two processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from torch import Tensor

from ostinato.cli.main import run
from ostinato.training import load_tensors

TRAIN_AND_DIE = Path(__file__).parent / "end_to_end" / "train_and_die.py"


def ok(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, str]:
    """What a command that succeeds writes."""
    code = run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out, err


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """The last line of a command that fails with an exit code, and no traceback."""
    assert run([str(argument) for argument in arguments]) == code
    err = capsys.readouterr().err
    assert "Traceback" not in err
    return err.strip().splitlines()[-1]


def bits(folder: Path) -> dict[str, bytes]:
    """The weights of a run, to the bit."""
    weights, _ = load_tensors(folder / "model.safetensors")
    return {name: tensor.numpy().tobytes() for name, tensor in weights.items()}


def killed(step: int, *arguments: object) -> None:
    """Run a training command that is killed after a step."""
    command = [sys.executable, TRAIN_AND_DIE, step, *arguments]
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def weights_of_one_and_of_two(
    task: str, data: Path, folder: Path, options: Sequence[str]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights that one process trains, and two."""
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch += ["--num_cpu_threads_per_process", "1"]
    found = []
    for name, launcher in (("one", []), ("two", launch)):
        command = [sys.executable, *launcher, "-m", "ostinato", "train", task, str(data)]
        command += ["--out", str(folder / name), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
        found.append(load_tensors(folder / name / "model.safetensors")[0])
    return found[0], found[1]
