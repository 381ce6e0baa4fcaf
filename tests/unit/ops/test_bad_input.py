"""What does not fit gives a status or a sentence, never a crash: in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.paths import PATHS, needs_native

HERE = Path(__file__).parent


def run(script: str, path: str) -> None:
    environment = {**os.environ, "OSTINATO_NATIVE": path, "PYTHONPATH": str(HERE.parents[2])}
    command = [sys.executable, "-W", "ignore", str(HERE / script)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr}"
    assert done.stdout.count("test_") >= 4


@needs_native
def test_the_c_interface_withstands_anything() -> None:
    run("fuzz_abi.py", "")


@pytest.mark.parametrize("path", PATHS)
def test_the_layers_withstand_anything(path: str) -> None:
    run("fuzz_layers.py", path)
