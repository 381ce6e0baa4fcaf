"""A training in a terminal: what is being done in a line that is replaced, each epoch in one that stays."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import IO, Any, TextIO, cast

from rich.console import Console as RichConsole
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from typing_extensions import Self

from ostinato._doing import is_first_process, watched_by
from ostinato._figures import TITLES, duration, figure

MAIN = (("f1",), ("accuracy",), ("wer", "cer"), ("rmse", "r2"), ("mae",))
"""Figures of an epoch that people look at beside the loss: the first of these that there are."""


class _Enduring:
    """A stream that falls silent, once its reader, terminal or disk is gone, where it would raise."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with self._silence():
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._silence():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _silence(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            pass
        except ValueError:
            if not self._stream.closed:
                raise


class Columns:
    r"""The table that the epochs of a training are the rows of, in 80 columns.

    Args:
        record: The record of an epoch, which tells the figures that there are.
        epochs: Epochs that are to come at most.

    Example:
        >>> figures = {"loss": 0.4797, "accuracy": 0.8583}
        >>> record = {"epoch": 2, "train": figures, "validation": figures, "seconds": 0.6, "best": True}
        >>> table = Columns(record, epochs=30)
        >>> print(table.head, table.row(record), sep="\n")
        epoch  train loss  valid loss   accuracy    time
         2/30      0.4797      0.4797     0.8583   0.6 s  best
    """

    def __init__(self, record: Mapping[str, Any], *, epochs: int) -> None:
        self.epochs = epochs
        there = record.get("validation", {})
        names = next((names for names in MAIN if names[0] in there), ())
        names = names[:1] if "test" in record else names
        self.figures = [("train", "loss", "train loss"), ("validation", "loss", "valid loss")]
        self.figures += [("validation", name, TITLES[name]) for name in names]
        if "test" in record:
            name = names[0] if names else "loss"
            self.figures.append(("test", name, f"test {TITLES[name]}"))
        count = len(f"{epochs}/{epochs}")
        self.widths = [max(5, count), *(max(len(title), 9) for *_, title in self.figures)]
        self.head = self._line(["epoch", *(title for *_, title in self.figures)], "time")

    def row(self, record: Mapping[str, Any]) -> str:
        """Return the line of an epoch.

        Args:
            record: Its record.
        """
        values = [record[split].get(name) for split, name, _ in self.figures if split in record]
        cells = ["" if value is None else figure(value) for value in values]
        mark = "  best" if record["best"] else ""
        line = self._line([f"{record['epoch']}/{self.epochs}", *cells], duration(record["seconds"]))
        return f"{line}{mark}"

    def _line(self, cells: list[str], time: str) -> str:
        padded = [cell.rjust(width) for cell, width in zip(cells, self.widths, strict=True)]
        return "  ".join([*padded, time.rjust(6)]).rstrip()


class Console:
    """What a training does, on standard error; a callback, and a context manager.

    In a terminal what is being done, and how far an epoch is, stands in a line that is replaced.
    An epoch is a line that stays, everywhere; in a notebook among what its cell prints. A stream that can no
    longer be written, as after ``2>&1 | head``, ends no training.

    Args:
        console: Where to write; standard error if it is not given.
        lasting: Whether what is being done is also written where no line can be replaced, as in a file.

    Example:
        >>> from ostinato import TextClassifier  # doctest: +SKIP
        >>> with Console() as console:  # doctest: +SKIP
        ...     TextClassifier().fit(texts, labels, callbacks=[console])
    """

    def __init__(self, console: RichConsole | None = None, *, lasting: bool = False) -> None:
        stream = cast(IO[str], _Enduring(sys.stderr)) if sys.stderr else None  # None: no console
        self.console = console or RichConsole(file=stream, stderr=True)
        self.is_notebook = self.console.is_jupyter
        if self.is_notebook:  # which would make a block of each line
            self.console = RichConsole(file=sys.stdout, force_jupyter=False, force_terminal=False)
        self.lasting = lasting and is_first_process()
        self.epochs = 0
        self.columns: Columns | None = None
        self.last = 0  # epoch that was printed
        self.told = ""  # what is being done, as last heard
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TextColumn("{task.fields[rate]:,.0f} tokens/s"),
            TimeRemainingColumn(),
            console=self.console,
        )
        self.phase = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        )
        self.shown = self.phase
        self.live = (
            Live(
                console=self.console,
                transient=True,
                get_renderable=lambda: self.shown,
                redirect_stdout=bool(sys.stdout and sys.stdout.isatty()),
            )
            if self.console.is_terminal and is_first_process()
            else None
        )
        self.watching = ExitStack()

    def __enter__(self) -> Self:
        self.watching.enter_context(watched_by(self.doing))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.watching.close()
        self.hide()

    def hide(self) -> None:
        """Take away the line that is replaced, until there is something to tell again."""
        for progress in (self.phase, self.bar):
            for task in progress.task_ids:
                progress.remove_task(task)
        if self.live is not None:
            self.live.stop()

    def doing(self, what: str) -> None:
        """Tell what begins now.

        Args:
            what: In a few words, as "reading own.csv".
        """
        if self.live is None:
            is_told = what == self.told or self.columns is not None  # a table is not interrupted
            if self.lasting and not is_told:
                self._print(f"{what} ...")
            self.told = what
            return
        self.hide()
        self.phase.add_task(escape(what), total=None)
        self.shown = self.phase
        self.live.start(refresh=True)

    def step(self, progress: Any, steps_per_epoch: int, loss: float) -> None:
        """Move the bar.

        Args:
            progress: Where the training is.
            steps_per_epoch: How many steps an epoch has.
            loss: Loss of the step.
        """
        self.epochs = progress.epochs
        if self.live is None:
            return
        fields: dict[str, Any] = {
            "epoch": progress.epoch + 1,
            "epochs": self.epochs,
            "loss": loss,
            "rate": progress.tokens / max(progress.seconds, 1e-9),
        }
        if not self.bar.task_ids:
            self.hide()
            self.bar.add_task("", total=steps_per_epoch, **fields)
            self.shown = self.bar
            self.live.start()
        self.bar.update(
            self.bar.task_ids[0], completed=progress.batch, total=steps_per_epoch, **fields
        )

    def epoch(self, record: Mapping[str, Any]) -> None:
        """Print the figures of an epoch.

        Args:
            record: Its record.
        """
        for task in self.bar.task_ids:
            self.bar.remove_task(task)
        if self.columns is None or record["epoch"] <= self.last:
            self.columns = Columns(record, epochs=max(self.epochs, record["epoch"]))
            self._print(self.columns.head)
        self.last = record["epoch"]
        self._print(self.columns.row(record))

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)
