"""Ctrl-C and its like as a question that a loop asks between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Turn SIGINT and SIGTERM into a question that the loop asks after each step.

    A second signal acts as usual. A signal that is ignored, as SIGINT is after ``nohup`` or ``&`` in a
    script, stays so. Outside the main thread signals are left alone.

    Example:
        >>> with stop_on_signal() as stopped:
        ...     signal.raise_signal(signal.SIGINT)
        ...     stopped()
        True
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before: dict[int, Any] = {
        number: handler
        for number, handler in found.items()
        if handler
        not in (signal.SIG_IGN, None)  # None: not set from Python, and not ours to replace
    }

    def ask(number: int, frame: object) -> None:
        asked.set()
        signal.signal(number, before[number])

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
