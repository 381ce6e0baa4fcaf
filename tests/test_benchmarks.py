"""The tables of README and docs say what the committed rows say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_tables_are_up_to_date() -> None:
    table = ROOT / "benchmarks" / "table.py"
    done = subprocess.run(
        [sys.executable, table, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
