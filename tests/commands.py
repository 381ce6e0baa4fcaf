"""Commands as the tests of whole tasks run them: in this process, killed, or in two processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from ostinato.cli.main import run
from ostinato.training import Console, load_tensors

FRESH = multiprocessing.get_context("forkserver")
"""Processes of their own, that have imported everything when they start and computed nothing."""
FRESH.set_forkserver_preload(["ostinato.cli.train", "ostinato.cli.commands"])


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
    """Run a training command in a process of its own that is killed after a step."""
    command = [str(part) for part in arguments]
    process = FRESH.Process(
        target=run_until, args=(step, signal.SIGKILL, command, dict(os.environ), Path.cwd())
    )
    process.start()
    process.join(timeout=120)
    assert process.exitcode == -signal.SIGKILL


def run_until(
    step: int, number: signal.Signals, command: list[str], environment: dict[str, str], folder: Path
) -> None:
    """Run a command that sends its own process a signal after a step of training."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    before = Console.step

    def then_die(self: Console, progress: Any, steps_per_epoch: int, loss: float) -> None:
        before(self, progress, steps_per_epoch, loss)
        if progress.step == step:
            os.kill(os.getpid(), number)

    Console.step = then_die
    sys.argv = ["ostinato", *command]
    sys.exit(run(command))


def weights_of_one_and_of_two(
    task: str, data: Path, folder: Path, options: Sequence[str]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights that one process trains, and two."""
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch += ["--num_cpu_threads_per_process", "1"]
    command = ["train", task, str(data), *options, "--out"]
    assert run([*command, str(folder / "one")]) == 0
    launched = [sys.executable, *launch, "-m", "ostinato", *command, str(folder / "two")]
    done = subprocess.run(launched, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    found = [load_tensors(folder / name / "model.safetensors")[0] for name in ("one", "two")]
    return found[0], found[1]
