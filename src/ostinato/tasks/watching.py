"""Whether ``fit`` shows what it does: where somebody watches, and not for each of many fits."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from ostinato._console import Console
from ostinato._doing import is_first_process
from ostinato.training import Callback

CALLERS = ("sklearn", "joblib")
"""Packages that fit estimators for others: pipelines, searches, folds."""


@contextmanager
def watched(callbacks: Sequence[Callback], *, verbose: bool | None) -> Iterator[Sequence[Callback]]:
    """Yield the callbacks of a training, with a console among them if it is to be shown.

    Args:
        callbacks: Those that were given.
        verbose: Whether it is shown; None for what `is_shown` says.

    Example:
        >>> with watched([], verbose=False) as callbacks:
        ...     print(callbacks)
        []
    """
    if not (is_shown(callbacks) if verbose is None else verbose):
        yield callbacks
        return
    with Console(lasting=True) as console:
        yield [console, *callbacks]


def is_shown(callbacks: Sequence[Callback]) -> bool:
    """Return whether a training is shown if nobody says: in a terminal or notebook, once.

    It is not if a console is among the callbacks, and not in a pipeline, a search or folds of scikit-learn,
    which fit many times, several at once.

    Args:
        callbacks: Those that were given.
    """
    if not is_first_process() or any(isinstance(one, Console) for one in callbacks):
        return False
    shown = Console()
    return (shown.console.is_terminal or shown.is_notebook) and not _is_called_by(CALLERS)


def _is_called_by(packages: Sequence[str]) -> bool:
    """Return whether a function of one of some packages is being run, from which this one is called."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in packages:
            return True
        frame = frame.f_back
    return False
