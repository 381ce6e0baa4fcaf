"""The files of a registered data set as its owner serves them: found, read, counted, compared."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ostinato._errors import DatasetError
from ostinato._sums import digest_of
from ostinato.datasets.dataset import Cut, File, TaggedReader
from ostinato.datasets.files import find_file, format_of
from ostinato.datasets.records.series import SeriesTable
from ostinato.datasets.records.tagged import Tagged
from ostinato.datasets.records.texts import Examples

logger = logging.getLogger("ostinato")

Splits = Mapping[str, tuple[File, Mapping[str, int]]]
"""The file of each split, and how many of what it must hold."""

Split = TypeVar("Split", Examples, Tagged, SeriesTable)


def served(url: str, *, sha256: str, size_bytes: int, **counts: int) -> tuple[File, dict[str, int]]:
    """Return the file of a split, called as at its address, and its counts: see `read_splits`.

    Example:
        >>> file, counts = served("https://a.org/dev.txt", sha256="0" * 64, size_bytes=9, rows=2)
        >>> file.name, counts
        ('dev.txt', {'rows': 2})
    """
    name = url.rpartition("/")[2]
    return File(url=url, name=name, sha256=sha256, size_bytes=size_bytes), counts


def files_of(splits: Splits) -> dict[str, Any]:
    """Return the files of splits, and what tells whether a folder holds them.

    Args:
        splits: The files.

    Returns:
        ``files`` and ``is_present`` of a `Dataset`; a file may be there plain or compressed.

    Example:
        >>> files_of({})["is_present"](getfixture("tmp_path"))
        True
    """
    files = tuple(file for file, _ in splits.values())
    return {
        "files": files,
        "is_present": lambda folder: all(find_file(folder, file.name) for file in files),
    }


def read_splits(
    name: str, splits: Splits, folder: Path, read: Callable[[Path], Split]
) -> dict[str, Split]:
    """Read each split from its file and check that it is whole.

    Another file than the owner's is accepted, and told, if it has the right counts.

    Args:
        name: Name of the data set, for messages.
        splits: The files and their counts: ``rows`` of examples or of series, ``sentences`` and
            ``tokens`` of tagged sentences.
        folder: Folder in which they lie, plain or compressed.
        read: Reads one file.

    Raises:
        DatasetError: A file is missing, damaged, or has other counts.

    Example:
        >>> read_splits("nothing", {}, getfixture("tmp_path"), Examples)
        {}
    """
    anew = f"Remove it and fetch it anew: ostinato data get {name}."
    found = {}
    for split, (file, counts) in splits.items():
        path = find_file(folder, file.name)
        if path is None:
            raise DatasetError(f"Data set {name}: {folder} must hold {file.name}. {anew}")
        found[split] = read(path)
        got = _counts(found[split])
        if any(got[unit] != count for unit, count in counts.items()):
            expected = " and ".join(f"{count} {unit}" for unit, count in counts.items())
            actual = " and ".join(str(got[unit]) for unit in counts)
            raise DatasetError(
                f"Data set {name}: {path} must have {expected}; got {actual}. {anew}"
            )
        if not format_of(path)[1] and digest_of(path) != file.sha256:
            logger.info("%s is not the original file (its sha256 differs); using it.", path)
    return found


def tagged_reader(
    name: str, splits: Splits, read: Callable[[Path, str | int | None], Tagged]
) -> TaggedReader:
    """Return the reader of a data set whose files are cut into tokens already.

    Args:
        name: Name of the data set, for messages.
        splits: As of `read_splits`.
        read: Reads the tags of a column of a file; None for the usual column.

    Example:
        >>> tagged_reader("nothing", {}, Tagged)(getfixture("tmp_path"), None, None)
        {}
    """

    def read_all(
        folder: Path, column: str | int | None = None, cut: Cut | None = None
    ) -> dict[str, Tagged]:
        return read_splits(name, splits, folder, lambda path: read(path, column))

    return read_all


def _counts(split: Examples | Tagged | SeriesTable) -> dict[str, int]:
    if isinstance(split, SeriesTable):
        return {"rows": len(split)}
    if isinstance(split, Examples):
        return {"rows": len(split.texts)}
    return {"sentences": len(split.sentences), "tokens": int(split.lengths.sum())}
