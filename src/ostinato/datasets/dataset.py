"""What is known about a registered data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostinato._kinds import DataKind
from ostinato.datasets.records.tagged import Tagged

Cut = Callable[[str], list[tuple[str, int, int]]]
"""A tokeniser: the tokens of a text, each with the character it starts at and the one it ends before."""

TaggedReader = Callable[[Path, str | int | None, Cut | None], dict[str, Tagged]]
"""Reads the parts in a folder; None stands for the usual column, and for no tokeniser."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a data set as its owner serves it.

    Args:
        url: Address.
        name: Name under which it is kept.
        sha256: SHA-256 (hex) of its bytes; none where its owner packs it anew at any time, and the
            reader checks what is in it.
        size_bytes: Number of bytes.

    Example:
        >>> File(url="https://example.org/a.csv", name="a.csv", sha256="0" * 64, size_bytes=3).name
        'a.csv'
    """

    url: str
    name: str
    sha256: str | None
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A registered data set: of texts, tagged sentences, recordings, sequences or series.

    Args:
        name: Name in the registry.
        description: What it is, in a line.
        source: Page of its owner.
        files: Files to fetch; none if it is generated.
        licence: Licence as its owner states it.
        citation: What its owner asks to cite.
        languages: Language codes of its texts.
        is_present: Whether a folder holds its files, in any form that is understood.
        kind: The kind of its data.
        read: Reads the parts from the folder in which the files lie: of texts, recordings and sequences
            by their names, of series the one table. That of tagged sentences is a `TaggedReader`.
        generate: Writes the files into a folder, for a data set that is generated.
        version: Raised with every change of what is generated.

    Example:
        >>> from ostinato.datasets import REGISTRY
        >>> REGISTRY["imdb"].languages, REGISTRY["imdb"].kind.verb
        (('en',), 'classify')
    """

    name: str
    description: str
    source: str
    files: tuple[File, ...]
    licence: str
    citation: str
    languages: tuple[str, ...]
    is_present: Callable[[Path], bool]
    kind: DataKind
    read: Callable[..., Any]
    generate: Callable[[Path], None] | None = None
    version: int = 1
