"""Run the command line and send this very process a signal at one step: ``STEP ARGUMENTS...``."""

import os
import signal
import sys

from ostinato.cli.main import run
from ostinato.training import Console

at = int(sys.argv[1])
number = signal.Signals[os.environ.get("OSTINATO_TEST_SIGNAL", "SIGKILL")]
step_before = Console.step


def step(self, progress, steps_per_epoch, loss):
    step_before(self, progress, steps_per_epoch, loss)
    if progress.step == at:
        os.kill(os.getpid(), number)


Console.step = step
sys.argv = ["ostinato", *sys.argv[2:]]
sys.exit(run(sys.argv[1:]))
