"""A trained model for a command: torch is loaded once it is known that there is a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ostinato._doing import doing
from ostinato.runs.folder import read_config

if TYPE_CHECKING:
    from ostinato.tasks import Estimator


def loaded(run: Path) -> Estimator:
    """Load the model of a run folder.

    Args:
        run: The folder.

    Raises:
        CheckpointError: There is no run, or it is broken; the first is said without loading torch.
    """
    read_config(run)
    from ostinato._console import Console

    with Console():
        doing("loading torch")
        from ostinato.tasks import load

        return load(run)
