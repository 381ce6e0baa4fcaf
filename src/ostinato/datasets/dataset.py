"""What is known about a registered data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ostinato.datasets.records.recordings import Recordings
from ostinato.datasets.records.sequences import Sequences
from ostinato.datasets.records.series import SeriesTable
from ostinato.datasets.records.tagged import Tagged
from ostinato.datasets.records.texts import Examples

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
        read: Reads the parts of labelled texts from the folder in which the files lie.
        read_tagged: The same for tagged sentences.
        read_speech: The same for recordings.
        read_sequences: The same for sequences of numbers.
        read_series: Reads the table of series. A data set has one of these readers.
        generate: Writes the files into a folder, for a data set that is generated.
        version: Raised with every change of what is generated.

    Example:
        >>> from ostinato.datasets import REGISTRY
        >>> REGISTRY["imdb"].languages, REGISTRY["imdb"].task
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
    read: Callable[[Path], dict[str, Examples]] | None = None
    read_tagged: TaggedReader | None = None
    read_speech: Callable[[Path], dict[str, Recordings]] | None = None
    read_sequences: Callable[[Path], dict[str, Sequences]] | None = None
    read_series: Callable[[Path], SeriesTable] | None = None
    generate: Callable[[Path], None] | None = None
    version: int = 1

    @property
    def task(self) -> Literal["classify", "tag", "transcribe", "classify-series", "forecast"]:
        """What ``ostinato train`` makes of it."""
        if self.read_speech is not None:
            return "transcribe"
        if self.read_sequences is not None:
            return "classify-series"
        if self.read_series is not None:
            return "forecast"
        return "classify" if self.read_tagged is None else "tag"

    @property
    def content(self) -> str:
        """What it is one of, in words."""
        words = {
            "classify": "labelled texts",
            "tag": "tagged sentences",
            "transcribe": "recordings",
            "classify-series": "labelled sequences",
        }
        return "one series table" if self.task == "forecast" else f"one of {words[self.task]}"
