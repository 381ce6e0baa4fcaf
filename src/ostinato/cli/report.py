"""``ostinato report``."""

from __future__ import annotations

from pathlib import Path

from ostinato.cli.console import show
from ostinato.runs.folder import check_exists


def report(run: Path, /) -> None:
    """Write a run's report page (curves, confusions, calibration, mistakes); print its path.

    Args:
        run: Run folder.
    """
    check_exists(run)  # before what draws is loaded
    from ostinato import report as pages

    show(str(pages.write(run)))
