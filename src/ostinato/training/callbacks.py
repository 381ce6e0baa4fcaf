"""Those who watch a training run: a terminal and TensorBoard."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TextIO, cast

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from typing_extensions import Self

from ostinato._errors import ConfigError
from ostinato.runs.history import Record
from ostinato.training import loop


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


class Console:
    """A live bar in a terminal, one plain line an epoch elsewhere; a context manager.

    A stream that can no longer be written, as after ``2>&1 | head``, ends no training.

    Example:
        >>> from ostinato import TextClassifier  # doctest: +SKIP
        >>> with Console() as console:  # doctest: +SKIP
        ...     TextClassifier().fit(texts, labels, callbacks=[console])
    """

    def __init__(self, console: RichConsole | None = None) -> None:
        stream = cast(IO[str], _Enduring(sys.stderr)) if sys.stderr else None  # None: no console
        self.console = console or RichConsole(file=stream, stderr=True)
        self.epochs = 0
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TextColumn("{task.fields[rate]:,.0f} tokens/s"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task: Any = None

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def step(self, progress: loop.Progress, steps_per_epoch: int, loss: float) -> None:
        """Move the bar."""
        self.epochs = progress.epochs
        if self.bar.disable:
            return
        shown: dict[str, Any] = {
            "epoch": progress.epoch + 1,
            "epochs": self.epochs,
            "loss": loss,
            "rate": progress.tokens / max(progress.seconds, 1e-9),
        }
        if self.task is None:
            self.task = self.bar.add_task("", total=steps_per_epoch, **shown)
        self.bar.update(self.task, completed=progress.batch, total=steps_per_epoch, **shown)

    def epoch(self, record: Record) -> None:
        """Print the figures of an epoch."""
        if self.task is not None:
            self.bar.remove_task(self.task)
            self.task = None
        parts = [
            f"{name} {' '.join(f'{figure} {value:.4f}' for figure, value in record[name].items())}"
            for name in ("train", "validation", "test")
            if name in record
        ]
        norm = record["grad_norm"]
        parts.append(
            f"gradient norm {norm['mean']:.2f}, at most {norm['max']:.2f}, "
            f"clipped {norm['clipped']:.0%}"
        )
        parts.append(f"{record['tokens_per_second']:,.0f} tokens/s, {record['seconds']:.1f} s")
        mark = "  (best so far)" if record["best"] else ""
        self.console.print(
            f"epoch {record['epoch']}/{self.epochs}: {'; '.join(parts)}{mark}",
            highlight=False,
            soft_wrap=True,
        )


class TensorBoard:
    """Writes the figures of every epoch, and the loss of every step, to a TensorBoard folder.

    Args:
        folder: Where the event files go.

    Raises:
        ConfigError: The package tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.package = importlib.import_module("torch.utils.tensorboard")
        except ImportError as error:
            raise ConfigError(
                "TensorBoard: the package tensorboard must be installed; it is not. "
                "Run: pip install 'ostinato[tensorboard]'"
            ) from error
        self.folder = folder

        self.writer: Any = None

    def step(self, progress: loop.Progress, steps_per_epoch: int, loss: float) -> None:
        """Write the loss of a step; the first one makes the folder, and drops what comes later."""
        if self.writer is None:
            self.writer = self.package.SummaryWriter(str(self.folder), purge_step=progress.step)
        self.writer.add_scalar("loss/step", loss, progress.step)

    def epoch(self, record: Record) -> None:
        """Write the figures of an epoch."""
        for split in ("train", "validation", "test"):
            for name, value in record.get(split, {}).items():
                self.writer.add_scalar(f"{name}/{split}", value, record["epoch"])
        for name, value in record["grad_norm"].items():
            self.writer.add_scalar(f"grad_norm/{name}", value, record["epoch"])
        self.writer.add_scalar("tokens_per_second", record["tokens_per_second"], record["epoch"])
        self.writer.flush()
