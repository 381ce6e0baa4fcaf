"""Run the command line and send this very process a signal at one step: ``STEP ARGUMENTS...``."""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for the code that tests share

from tests.commands import run_until

if __name__ == "__main__":
    number = signal.Signals[os.environ.get("OSTINATO_TEST_SIGNAL", "SIGKILL")]
    run_until(int(sys.argv[1]), number, sys.argv[2:], dict(os.environ), Path.cwd())
