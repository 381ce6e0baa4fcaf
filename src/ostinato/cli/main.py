"""The entry point: finds the command, and turns errors into one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence

from cyclopts import (
    App,
    CycloptsError,
    Parameter,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from ostinato._doing import is_first_process
from ostinato._errors import ConfigError, OstinatoError, StoppedError, named, shown
from ostinato._native import library
from ostinato._version import __version__
from ostinato.cli import streams
from ostinato.cli.console import LONGEST, say, shortened
from ostinato.cli.messages import Messages
from ostinato.cli.misplaced import advice, check_folder, commands_instead
from ostinato.cli.tasks import by_verb

COMMANDS = {
    "train": (
        "ostinato.cli.train:app",
        f"Train a model: {', '.join(by_verb())}.",
    ),
    "resume": ("ostinato.cli.train:resume", "Go on with an interrupted run, exactly."),
    "evaluate": ("ostinato.cli.evaluate:evaluate", "Measure a trained model on data with labels."),
    "predict": (
        "ostinato.cli.predict:predict",
        "Predict by any trained model: arguments, files, or standard input.",
    ),
    "plot": ("ostinato.cli.plot:plot", "Draw what a forecaster says of a series."),
    "report": ("ostinato.cli.report:report", "Write a run's report page and name it."),
    "compare": (
        "ostinato.cli.compare:compare",
        "Compare runs: settings, figures, whether they differ by luck.",
    ),
    "data": ("ostinato.cli.data:app", "List, describe, fetch and find data sets."),
    "demo": ("ostinato.cli.demo:demo", "Train on the bundled samples, in a minute."),
    "bench": ("ostinato.cli.bench:bench", "Time our layers against others, on your shape."),
    "doctor": ("ostinato.cli.doctor:doctor", "Tell versions, devices and kernels, and why."),
}

TRAINING = ("train", "resume", "demo")
DEBUG = "--debug"
SHORT = 250  # characters of a message about what was typed

app = App(
    name="ostinato",
    help="Recurrent networks on real sequences: from raw files to a trained, measured model. "
    "With --debug, anywhere on the line, an error also shows its traceback.",
    version=__version__,
    help_on_error=False,
    default_parameter=Parameter(negative_iterable=()),
)
for name, (target, summary) in COMMANDS.items():
    app.command(target, name=name, help=summary)


def main() -> None:
    """Run the command line on the arguments of this process; texts are UTF-8 everywhere."""
    tokens, _ = _parted(sys.argv[1:])
    streams.prepare(lasting=bool(tokens) and tokens[0] in TRAINING)
    code = run(sys.argv[1:])
    streams.flush()
    sys.exit(code)


def run(tokens: Sequence[str]) -> int:
    """Run one command; return its exit code: 2 usage, 1 data, 130 interrupted."""
    messages = Messages()
    logging.basicConfig(
        format="%(message)s", handlers=[messages], level=logging.WARNING, force=True
    )
    logging.getLogger("ostinato").setLevel(logging.INFO if is_first_process() else logging.ERROR)
    given, is_debugged = _parted(tokens)
    try:
        check_folder(given)
        if given and given[0] in TRAINING:
            _let_torch_rest()
        app(given, print_error=False, exit_on_error=False, result_action="return_none")
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # the door: whatever it is, what leaves is a sentence
        messages.finish()
        if is_debugged:
            traceback.print_exception(error)
        return _report(error)
    messages.finish()
    return 0


def _parted(tokens: Sequence[str]) -> tuple[list[str], bool]:
    """Return the tokens without ``--debug``, and whether it was there; after ``--`` all is data."""
    end = tokens.index("--") if "--" in tokens else len(tokens)
    before = [token for token in tokens[:end] if token != DEBUG]
    return [*before, *tokens[end:]], len(before) < end


def _report(error: BaseException) -> int:
    """Write an error as a sentence; return the exit code."""
    match error:
        case UnknownOptionError():
            return _fail(advice(error), 2, SHORT)
        case UnknownCommandError():
            return _fail(commands_instead(error), 2, SHORT)
        case UnusedCliTokensError():
            return _fail(_unused(error), 2, SHORT)
        case CycloptsError():  # which shows values whole
            return _fail(error, 2, SHORT)
        case ConfigError():
            return _fail(error, 2)
        case StoppedError():
            return _fail(error, 130)
        case KeyboardInterrupt():
            return _fail("Stopped.", 130)
        case BrokenPipeError():  # the reader of our output has gone, as `head` does
            streams.let_go(sys.stdout)
            return 0
        case OSError(filename=str(name) | bytes(name), strerror=str(reason)):
            target = os.fsdecode(error.filename2 or name)  # of a move, the place that it is to
            place = shown(target, most=SHORT // 2) if len(target) > SHORT // 2 else target
            return _fail(f"{place}: {reason}.", 1)
        case OstinatoError() | OSError():  # no room, no right, no such place
            return _fail(error, 1)
        case MemoryError():
            return _fail(f"There must be enough memory; there is not. {shortened(str(error))}", 1)
        case RuntimeError() if str(error).startswith("Storage size calculation overflowed"):
            return _fail(f"A size asks for more than any memory: {error}. Make it smaller.", 1)
        case TypeError() | OverflowError() if "verflow" in str(error) or "too large" in str(error):
            return _fail("A size asks for more than any memory: over 64 bits. Make it smaller.", 1)
    return _fail(
        f"A fault that has no sentence of its own: {type(error).__name__}: {error}. With {DEBUG} its "
        "traceback is shown; please report it.",
        1,
    )


def _unused(error: UnusedCliTokensError) -> str:
    return (
        f"There are more arguments than are taken: {named(error.unused_tokens or ())}. "
        "Leave them out, or put what has spaces into quotes."
    )


def _let_torch_rest() -> None:
    """Let torch's threads sleep while they wait, unless it was set how they are to wait.

    They would go on spinning for milliseconds on the processors that the kernels' own threads are
    to use: a training step on IMDB took 103 ms instead of 92. Not without the kernels, as torch's
    own recurrent layers wait at every step. It must be before torch is loaded, which reads it then.
    """
    if library.status().loaded:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def _fail(error: BaseException | str, code: int, longest: int = LONGEST) -> int:
    say(f"ostinato: {shortened(' '.join(str(error).split()), longest)}")
    return code
