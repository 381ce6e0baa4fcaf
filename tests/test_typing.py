"""What type checkers say of programs that use the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ostinato

ROOT = Path(__file__).parent.parent


def test_mypy_accepts_right_programs_and_refuses_wrong_ones(tmp_path: Path) -> None:
    """In refused.py every mistake has an ignore, and an ignore that is not needed is an error.

    A third program imports every public name, some of which are imported when they are first used.
    """
    whole = tmp_path / "whole.py"
    whole.write_text(f"from ostinato import {', '.join(ostinato.__all__)}\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "tests/typing", str(whole)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 source files" in done.stdout
