"""From whatever names a data set to its splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError, named
from ostinato._kinds import TEXTS
from ostinato.datasets.file_names import expanded
from ostinato.datasets.files import format_of
from ostinato.datasets.loading.splits import (
    check_all_read,
    check_source,
    find_splits,
    read_registered,
    with_files,
)
from ostinato.datasets.readers.texts.files import FORMATS, read_texts
from ostinato.datasets.readers.texts.hugging_face import from_hugging_face
from ostinato.datasets.readers.texts.trees import find_tree, read_archive, read_tree
from ostinato.datasets.records.texts import Examples
from ostinato.datasets.registry import REGISTRY


def load_texts(
    source: str | Path | Any,
    *,
    text_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
    label_separator: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    validation: str | Path | None = None,
    test: str | Path | None = None,
) -> dict[str, Examples]:
    """Load the labelled splits of a data set.

    Args:
        source: Name of a registered data set; a file as :func:`read_texts` takes it (it is train); a folder
            with such files named train, dev (valid, validation) and test; a folder
            ``<split>/<label>/*.txt`` or a tar archive of one; or a Hugging Face ``datasets`` object.
        text_column: As of :func:`read_texts`, like the next four, which are for files.
        label_column: Column of the labels, or columns that are labels.
        label_separator: What separates several labels in one column.
        delimiter: What separates the fields of csv and tsv.
        encoding: Encoding of text that is not UTF-8.
        validation: File to use as the validation split.
        test: File to use as the test split.

    Returns:
        ``"train"`` and, where there, ``"validation"`` and ``"test"``.

    Raises:
        DatasetError: Something is missing or wrong; the message says what and where.

    Example:
        >>> {name: len(split.texts) for name, split in load_texts("samples").items()}
        {'train': 4000, 'validation': 500, 'test': 1000}
    """
    columns: dict[str, Any] = {
        "text_column": text_column,
        "label_column": label_column,
        "label_separator": label_separator,
        "delimiter": delimiter,
        "encoding": encoding,
    }

    def read_one(path: Path) -> Examples:
        return read_texts(path, **columns)

    if not isinstance(source, (str, Path)):
        if not isinstance(label_column, str | None):
            raise DatasetError(
                f"Hugging Face dataset: there must be one label column; got {named(label_column)}. "
                "Make one of lists."
            )
        splits = from_hugging_face(source, text_column, label_column)
    elif isinstance(source, str) and source in REGISTRY:
        check_all_read(source, columns, validation, test)
        splits = read_registered(source, TEXTS)
    else:
        splits = _load_path(expanded(source), read_one)
    return with_files(splits, read_one, validation=validation, test=test)


def _load_path(path: Path, read_one: Callable[[Path], Examples]) -> dict[str, Examples]:
    check_source(path)
    if path.is_dir():
        return _read_folder(path, read_one)
    if format_of(path)[0] == ".tar":
        return read_archive(path)
    return {"train": read_one(path)}


def _read_folder(folder: Path, read_one: Callable[[Path], Examples]) -> dict[str, Examples]:
    """Read the splits of a folder: files named train, dev and test, or a tree of text files."""
    if root := find_tree(folder):
        return read_tree(root)
    formats = f"({', '.join(FORMATS)}) or folders train/<label>/ of text files"
    return {split: read_one(path) for split, path in find_splits(folder, formats).items()}
