"""The entry point: finds the command, and turns errors into one line and an exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from ostinato._errors import ConfigError, OstinatoError, StoppedError
from ostinato._native import library
from ostinato._version import __version__
from ostinato.cli.console import is_first_process

COMMANDS = {
    "train": ("ostinato.cli.train:app", "Train a model: classify, tag or transcribe."),
    "resume": ("ostinato.cli.train:resume", "Go on with an interrupted run, exactly."),
    "evaluate": ("ostinato.cli.evaluate:evaluate", "Measure a trained model on data with labels."),
    "predict": (
        "ostinato.cli.predict:predict",
        "Predict texts, recordings, a file, or standard input.",
    ),
    "report": ("ostinato.cli.report:report", "Write a run's report page and name it."),
    "data": ("ostinato.cli.data:app", "List, fetch and find data sets."),
    "demo": ("ostinato.cli.demo:demo", "Train on the bundled samples, in a minute."),
    "bench": ("ostinato.cli.bench:bench", "Time our layers against others, on your shape."),
    "doctor": ("ostinato.cli.doctor:doctor", "Tell versions, devices and kernels, and why."),
}

TRAINING = ("train", "resume", "demo")

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
        if tokens and tokens[0] in TRAINING:
            _let_torch_rest()
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


def _let_torch_rest() -> None:
    """Let torch's threads sleep while they wait, unless it was set how they are to wait.

    They would go on spinning for milliseconds on the processors that the kernels' own threads are
    to use: a training step on IMDB took 103 ms instead of 92. Not without the kernels, as torch's
    own recurrent layers wait at every step. It must be before torch is loaded, which reads it then.
    """
    if library.status().loaded:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def _fail(error: BaseException | str, code: int) -> int:
    message = " ".join(str(error).split())
    sys.stderr.write(f"ostinato: {message}\n")
    return code
