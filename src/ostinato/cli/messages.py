"""What the package logs, on standard error: of messages that are alike the first few, and their number."""

from __future__ import annotations

import logging
from collections import Counter

from ostinato.cli.console import say, shortened

MOST = 5  # messages of one place in the code that are written
LONG = 60  # characters of a message that is named again


class Messages(logging.Handler):
    """Writes messages a line each, warnings that are alike a few times, and then their number.

    Warnings are counted by the place in the code that logs them: thousands of broken recordings have
    thousands of texts.

    Example:
        >>> import sys
        >>> sys.stderr, before = sys.stdout, sys.stderr
        >>> messages = Messages()
        >>> for number in [1, 1, *range(9)]:
        ...     messages.emit(logging.makeLogRecord({"msg": f"skipped: {number}.wav", "levelno": 30}))
        skipped: 1.wav
        skipped: 0.wav
        skipped: 2.wav
        skipped: 3.wav
        skipped: 4.wav
        >>> messages.finish()
        and 6 more like "skipped: 1.wav"
        >>> sys.stderr = before
    """

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[tuple[str, int], dict[str, None]] = {}
        self.left: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message, or count it."""
        try:
            text = shortened(self.format(record))
            written = self.written.setdefault((record.pathname, record.lineno), {})
            if record.levelno >= logging.WARNING and (text in written or len(written) >= MOST):
                self.left[next(iter(written))] += 1
                return
            written[text] = None
            say(text)
        except Exception:  # as logging's own handlers: a message never ends the program
            self.handleError(record)

    def finish(self) -> None:
        """Tell how many messages were left out."""
        for text, count in self.left.items():
            shown = text if len(text) <= LONG else f"{text[:LONG]}…"
            say(f'and {count:,} more like "{shown}"')
        self.left.clear()
