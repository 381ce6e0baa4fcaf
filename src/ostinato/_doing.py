"""What is being done now, for whoever watches: a terminal, a notebook, or nobody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_WATCHERS: ContextVar[tuple[Callable[[str], None], ...]] = ContextVar("watchers", default=())


def is_first_process() -> bool:
    """Return whether this is the one process that talks, of those that a launcher started."""
    return os.environ.get("RANK", "0") == "0"


def doing(what: str) -> None:
    """Tell those who watch what begins now.

    Args:
        what: In a few words, as "reading own.csv".
    """
    for watcher in _WATCHERS.get():
        watcher(what)


@contextmanager
def watched_by(watcher: Callable[[str], None]) -> Iterator[None]:
    """Tell one more what is being done.

    Args:
        watcher: It takes the words.

    Example:
        >>> heard = []
        >>> with watched_by(heard.append):
        ...     doing("reading own.csv")
        >>> doing("what nobody watches")
        >>> heard
        ['reading own.csv']
    """
    token = _WATCHERS.set((*_WATCHERS.get(), watcher))
    try:
        yield
    finally:
        _WATCHERS.reset(token)
