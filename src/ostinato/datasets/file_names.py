"""Names of files as people write them and systems have them: of splits, homes of nobody, bytes that are no UTF-8."""

from __future__ import annotations

import os
from pathlib import Path

SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
"""The split that a file or a folder is of, by its name."""


def expanded(path: str | Path) -> Path:
    """Return a path with the home folder in place of ``~``; one of nobody stays as it is.

    Args:
        path: The path.

    Example:
        >>> expanded("~nosuchuser/a.wav")
        PosixPath('~nosuchuser/a.wav')
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:  # there is no such user
        return Path(path)


def is_a_name(name: str) -> bool:
    r"""Return whether the system could have a file of this name.

    Args:
        name: The name, or a path.

    Example:
        >>> is_a_name("a.wav"), is_a_name("a\0.wav"), is_a_name("\ud800.wav")
        (True, False, False)
    """
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def path_text(path: str | Path) -> str:
    r"""Return a path as text, whose bytes that are no UTF-8 are written as escapes.

    Args:
        path: The path.

    Example:
        >>> path_text(os.fsdecode(b"caf\xe9.csv"))
        'caf\\udce9.csv'
    """
    return str(path).encode("utf-8", "backslashreplace").decode()
