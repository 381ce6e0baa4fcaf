"""What is known about a registered data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ostinato.datasets.examples import Examples


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a data set as its owner serves it.

    Args:
        url: Address.
        name: Name under which it is kept.
        sha256: SHA-256 (hex) of its bytes.
        size_bytes: Number of bytes.

    Example:
        >>> File(url="https://example.org/a.csv", name="a.csv", sha256="0" * 64, size_bytes=3).name
        'a.csv'
    """

    url: str
    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A registered data set.

    Args:
        name: Name in the registry.
        description: What it is, in a line.
        source: Page of its owner.
        files: Files to fetch; none if it is generated.
        licence: Licence as its owner states it.
        citation: What its owner asks to cite.
        languages: Language codes of its texts.
        read: Reads the parts from the folder in which the files lie.
        is_present: Whether a folder holds its files, in any form that ``read`` understands.
        generate: Writes the files into a folder, for a data set that is generated.

    Example:
        >>> from ostinato.datasets import REGISTRY
        >>> REGISTRY["imdb"].languages
        ('en',)
    """

    name: str
    description: str
    source: str
    files: tuple[File, ...]
    licence: str
    citation: str
    languages: tuple[str, ...]
    read: Callable[[Path], dict[str, Examples]]
    is_present: Callable[[Path], bool]
    generate: Callable[[Path], None] | None = None
