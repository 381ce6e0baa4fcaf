"""What ends a training and what does not: signals, and whoever watches it."""

from __future__ import annotations

import errno
import io
import signal
from collections.abc import Callable

import pytest
from rich.console import Console as RichConsole
from tests.unit.training.test_loop import run

from ostinato.training import Console
from ostinato.training.signals import stop_on_signal

HANDLERS = [signal.SIG_DFL, signal.default_int_handler, lambda number, frame: None]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("handler", HANDLERS)
def test_a_signal_is_a_question_and_its_handler_comes_back(
    number: int, handler: Callable[..., object]
) -> None:
    before = signal.signal(number, handler)
    try:
        with stop_on_signal() as stopped:
            assert not stopped()
            signal.raise_signal(number)
            assert stopped()
            assert signal.getsignal(number) is handler  # the second one acts as usual
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_ignored_signal_stays_ignored(number: int) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with stop_on_signal() as stopped:
            signal.raise_signal(number)
            assert signal.getsignal(number) is signal.SIG_IGN
            assert not stopped()
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


class Lost(io.StringIO):
    """A standard error whose other end goes away after some lines."""

    def __init__(self, lines: int, error: OSError, *, terminal: bool) -> None:
        super().__init__()
        self.left, self.error, self.terminal = lines, error, terminal

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        if self.left == 0:
            raise self.error
        self.left -= 1
        return super().write(text)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        BrokenPipeError(errno.EPIPE, "gone"),
        OSError(errno.EIO, "gone"),
        OSError(errno.ENOSPC, "full"),
    ],
)
@pytest.mark.parametrize("lines", [0, 1])
def test_a_lost_standard_error_ends_no_training(
    lines: int, error: OSError, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Lost(lines, error, terminal=terminal)
    monkeypatch.setattr("sys.stderr", stream)
    with Console() as console:
        _, records = run(callbacks=[console])
    assert len(records) == 4
    assert stream.left == 0


@pytest.mark.parametrize("stream", [None, "closed"])
def test_without_a_standard_error_it_trains(
    stream: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed if stream else None)
    with Console() as console:
        _, records = run(callbacks=[console])
    assert len(records) == 4


def test_what_a_console_of_the_users_own_raises_is_theirs() -> None:
    broken = RichConsole(file=Lost(0, OSError(errno.ENOSPC, "full"), terminal=False))
    with pytest.raises(OSError, match="full"), Console(broken) as console:
        run(callbacks=[console])
