"""``ostinato report``."""

from __future__ import annotations

from pathlib import Path

from ostinato.cli.console import show


def report(run: Path, /) -> None:
    """Write a run's report page (curves, confusions, calibration, mistakes); print its path.

    Args:
        run: Run folder.
    """
    from ostinato import report as pages

    show(str(pages.write(run)))
