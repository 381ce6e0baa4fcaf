"""What of a data folder is read: regular files that lie in it, not what links out of it lead to.

A folder that a stranger packed may hold a link to any file of this machine, or a pipe that never ends.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path

logger = logging.getLogger("ostinato")


def files_within(folder: Path, paths: Iterable[Path], *, is_told: bool = True) -> list[Path]:
    """Return the paths that are regular files of a folder, and tell how many are not.

    Links to files within are followed. Links out of the folder, pipes and devices are left out.

    Args:
        folder: The folder.
        paths: Paths in it.
        is_told: Whether a warning says what was left out.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "a.txt").touch()
        >>> (folder / "b.txt").symlink_to("/etc/hostname")
        >>> [path.name for path in files_within(folder, sorted(folder.iterdir()))]
        ['a.txt']
    """
    root, parents = os.path.realpath(folder), dict[Path, bool]()
    kept: list[Path] = []
    left: list[Path] = []
    for path in paths:
        if path.parent not in parents:
            parents[path.parent] = _is_within(root, path.parent)
        try:
            mode = path.lstat().st_mode
            is_inside = parents[path.parent]
            if stat.S_ISLNK(mode):
                mode, is_inside = path.stat().st_mode, _is_within(root, path)
        except OSError:  # a link to nothing, or to itself
            mode, is_inside = 0, False
        if stat.S_ISREG(mode) and is_inside:
            kept.append(path)
        elif not stat.S_ISDIR(mode):
            left.append(path)
    if left and is_told:
        logger.warning(
            "%s: %d files are left out, as they are links out of the folder or no regular files; the "
            "first is %s.",
            *(folder, len(left), left[0].name),
        )
    return kept


def _is_within(root: str, path: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)
