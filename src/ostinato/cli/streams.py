"""Standard input and output as the commands need them: open, UTF-8, and not the end of a training."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO

NAMES = ("stdin", "stdout", "stderr")


def prepare(*, lasting: bool) -> None:
    """Open what was closed, set UTF-8, and let standard error outlive those who read it.

    A closed stream (``<&-``) becomes the null device: its number would be the next file's that is
    opened, and what is printed would go into that file.

    Args:
        lasting: Let standard output outlive its reader too, as a training must; otherwise writing
            to nobody is a BrokenPipeError, which ends what would go on for nothing.
    """
    for number, name in enumerate(NAMES):
        mode = "r" if number == 0 else "w"
        _open(number, mode)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="strict" if number == 0 else "replace")
    sys.stderr = _lasting(sys.stderr)
    if lasting:
        sys.stdout = _lasting(sys.stdout)


def let_go(stream: TextIO) -> None:
    """Let all that is yet to be written to a stream go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def flush() -> None:
    """Write what is left to write, if somebody reads it; else Python would fail in its exit."""
    try:
        sys.stdout.flush()
    except OSError:
        let_go(sys.stdout)


class _Lasting(io.TextIOWrapper):
    """A stream that goes on into nothing when nobody reads it any more.

    Args:
        stream: What it writes to; it is kept, for it would close its buffer when it goes.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        super().__init__(
            stream.buffer,
            encoding="utf-8",
            errors="replace",
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        self.stream = stream

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            let_go(self)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            let_go(self)


def _lasting(stream: Any) -> Any:
    is_plain = isinstance(stream, io.TextIOWrapper) and not isinstance(stream, _Lasting)
    return _Lasting(stream) if is_plain else stream


def _open(number: int, mode: str) -> None:
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)  # takes the lowest number
