"""The entry point: finds the command, and turns errors into one line and an exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from ostinato._errors import ConfigError, OstinatoError, StoppedError
from ostinato._version import __version__
from ostinato.cli.console import is_first_process

# Before torch is loaded, which reads it then: its threads would go on spinning for milliseconds on
# the processors that the kernels' own are to use. A training step on IMDB took 92 ms instead of 103.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

COMMANDS = {
    "train": ("ostinato.cli.train:app", "Train a model: classify."),
    "resume": ("ostinato.cli.train:resume", "Go on with an interrupted run, exactly."),
    "evaluate": ("ostinato.cli.evaluate:evaluate", "Measure a trained model on data with labels."),
    "predict": ("ostinato.cli.predict:predict", "Predict texts, a file, or standard input."),
    "report": ("ostinato.cli.report:report", "Write a run's report page and name it."),
    "data": ("ostinato.cli.data:app", "List, fetch and find data sets."),
    "demo": ("ostinato.cli.demo:demo", "Train on the bundled samples, in a minute."),
    "bench": ("ostinato.cli.bench:bench", "Time our layers against others, on your shape."),
    "doctor": ("ostinato.cli.doctor:doctor", "Tell versions, devices and kernels, and why."),
}

app = App(
    name="ostinato",
    help="Recurrent networks on real sequences: from raw files to a trained, measured model.",
    version=__version__,
    help_on_error=False,
)
for name, (target, summary) in COMMANDS.items():
    app.command(target, name=name, help=summary)


def main() -> None:
    """Run the command line on the arguments of this process; texts are UTF-8 everywhere."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                encoding="utf-8", errors="strict" if stream is sys.stdin else "replace"
            )
    sys.exit(run(sys.argv[1:]))


def run(tokens: Sequence[str]) -> int:
    """Run one command; return its exit code: 2 usage, 1 data, 130 interrupted."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.WARNING, force=True)
    logging.getLogger("ostinato").setLevel(logging.INFO if is_first_process() else logging.ERROR)
    try:
        app(list(tokens), print_error=False, exit_on_error=False, result_action="return_none")
    except (CycloptsError, ConfigError) as error:
        return _fail(error, 2)
    except StoppedError as error:
        return _fail(error, 130)
    except OstinatoError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("Stopped.", 130)
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # no room, no right, no such place
        return _fail(error, 1)
    return 0


def _fail(error: BaseException | str, code: int) -> int:
    message = " ".join(str(error).split())
    sys.stderr.write(f"ostinato: {message}\n")
    return code
