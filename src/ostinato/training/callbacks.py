"""Those who watch a training run: a terminal and TensorBoard."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from ostinato._console import Console as Console
from ostinato._errors import ConfigError
from ostinato.runs.history import Record
from ostinato.training import loop


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
