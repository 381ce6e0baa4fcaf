"""Peak memory of a training step, each measured in a process of its own.

    python -m benchmarks.memory '{"cell": "gru", ...}' 'torch padded'

prints how many bytes the peak rose above what the process held once everything was loaded, run once
on a tiny batch, and allocated.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ostinato._errors import OstinatoError
from ostinato.bench.compare import CONTESTANTS
from ostinato.bench.measure import threads_pinned
from ostinato.bench.peers import Peer
from ostinato.bench.problem import Problem
from ostinato.bench.workloads import Workload

ROOT = Path(__file__).parent.parent
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")

STEPS = 2
"""Steps that are run: the second holds what the first has left behind."""


def peak_of_step(workload: Workload, name: str) -> int | None:
    """Return the bytes that steps of a contestant took at their peak, in a new process.

    Returns:
        None where the system does not tell a peak (Windows).

    Raises:
        OstinatoError: The process failed.
    """
    if sys.platform == "win32":
        return None
    fields = json.dumps(dataclasses.asdict(workload))
    command = [sys.executable, "-m", "benchmarks.memory", fields, name]
    environment = {**os.environ, "OMP_NUM_THREADS": str(workload.threads)}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise OstinatoError(
            f"bench: a process must measure the memory of {name}; it ended with exit code "
            f"{done.returncode}: {last}"
        )
    return int(done.stdout)


def measure_here(workload: Workload, name: str) -> int:
    """Return by how many bytes the peak of this process rises in steps of a contestant."""
    with threads_pinned(workload.threads):
        _run(workload.replace(lengths="3", batch_size=2), name, steps=1)
        run = _prepare(workload, name)
        _forget_peak()
        before = _peak()
        for _ in range(STEPS):
            run()
        return _peak() - before


def _run(workload: Workload, name: str, *, steps: int) -> None:
    run = _prepare(workload, name)
    for _ in range(steps):
        run()


def _prepare(workload: Workload, name: str) -> Callable[[], object]:
    peer = CONTESTANTS[workload.mode][name](Problem.make(workload))
    if not isinstance(peer, Peer):
        raise OstinatoError(f"bench: {name} must take part; {peer}.")
    return peer.run


def _peak() -> int:
    """Return the most bytes that this process held since it began, or since `_forget_peak`."""
    if STATUS.exists():
        # Not ru_maxrss: on Linux a new process begins with that of the one that started it.
        lines = STATUS.read_text("utf-8").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    import resource

    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _forget_peak() -> None:
    """Let the peak be what the process holds now, where the system can: Linux."""
    with contextlib.suppress(OSError):
        if RESET.exists():
            RESET.write_text("5", "utf-8")


def _main(arguments: list[str]) -> None:
    fields: dict[str, Any] = json.loads(arguments[0])
    sys.stdout.write(f"{measure_here(Workload(**fields), arguments[1])}\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
