"""The splits of a data set, found by the names of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ostinato._errors import DatasetError, did_you_mean, named
from ostinato._kinds import DataKind
from ostinato.datasets.file_names import SPLITS, expanded
from ostinato.datasets.files import check_file, format_of
from ostinato.datasets.folders import files_within
from ostinato.datasets.registry import REGISTRY, locate

PartT = TypeVar("PartT")
SPLIT_NAMES = ("train", "validation", "test")


def check_source(path: Path) -> None:
    """Raise DatasetError, with the nearest name, unless ``path`` is a folder or a file.

    Args:
        path: What a user named, and the registry does not know.

    Raises:
        DatasetError: There is neither.

    Example:
        >>> check_source(Path(__file__))
    """
    if path.is_dir():
        return
    if not path.exists() and path.name == str(path) and not path.suffix:
        raise DatasetError(
            f"{path}: a data set must be a file, a folder or one of {', '.join(REGISTRY)}; "
            f"got neither{did_you_mean(str(path), REGISTRY) or '.'}"
        )
    check_file(path)


def check_named(source: str, kind: DataKind) -> None:
    """Raise DatasetError unless there is what a user named, before it is read.

    Args:
        source: Name of a registered data set, of a folder or of a file.
        kind: The kind of data as which a registered one must be read.

    Raises:
        DatasetError: There is nothing of that name, or it is read in another way.

    Example:
        >>> from ostinato._kinds import TEXTS
        >>> check_named("samples", TEXTS)
    """
    if source in REGISTRY:
        _check_kind(source, kind)
    else:
        check_source(expanded(source))


def read_registered(name: str, kind: DataKind, *how: Any) -> Any:
    """Return what the reader of a registered data set reads.

    Args:
        name: Its name.
        kind: The kind of data as which it must be read.
        how: More arguments of its reader.

    Raises:
        DatasetError: It is read in another way, or its files are not there.

    Example:
        >>> from ostinato._kinds import TAGGED
        >>> read_registered("morse", TAGGED)
        Traceback (most recent call last):
        ...
        ostinato._errors.DatasetError: Data set morse: it must be one of tagged sentences; got one of recordings. ...
    """
    _check_kind(name, kind)
    return REGISTRY[name].read(locate(name), *how)


def check_all_read(name: str, columns: Mapping[str, Any], *files: object) -> None:
    """Raise DatasetError for names of columns that nothing is read by.

    Args:
        name: Name of a registered data set, of which they are known.
        columns: What was given of its columns and of how it is written, by argument.
        files: Files that are read beside it: for these they are meant.

    Raises:
        DatasetError: There are such names and no such file.

    Example:
        >>> check_all_read("gestures", {"label_column": "class"}, None, "test.csv")
        >>> check_all_read("gestures", {"label_column": "class"}, None, None)
        Traceback (most recent call last):
        ...
        ostinato._errors.DatasetError: Data set gestures: its columns are known; got label_column `class`. Leave it out.
    """
    given = [
        f"{key} {named([value] if isinstance(value, str) else value)}"
        for key, value in columns.items()
        if value
    ]
    if given and not any(files):
        raise DatasetError(
            f"Data set {name}: its columns are known; got {', '.join(given)}. Leave "
            f"{'them' if given[1:] else 'it'} out."
        )


def _check_kind(name: str, kind: DataKind) -> None:
    dataset = REGISTRY[name]
    if not dataset.kind.is_read_as(kind):
        raise DatasetError(
            f"Data set {name}: it must be {kind.content}; got {dataset.kind.content}. "
            f"Train on it: ostinato train {dataset.kind.verb} {name}."
        )


def with_files(
    splits: Mapping[str, PartT],
    read: Callable[[Path], PartT],
    *,
    validation: str | Path | None,
    test: str | Path | None,
) -> dict[str, PartT]:
    """Return the splits of a data set with those that are files of their own, train first.

    Args:
        splits: The splits that the source has.
        read: Reads a file as a split.
        validation: File of the validation split, in place of the source's own.
        test: File of the test split, likewise.

    Example:
        >>> with_files({"test": "3", "train": "1"}, str, validation="2", test=None)
        {'train': '1', 'validation': '2', 'test': '3'}
    """
    files = {"validation": validation, "test": test}
    given = {name: read(expanded(path)) for name, path in files.items() if path is not None}
    both = {**splits, **given}
    return {name: both[name] for name in SPLIT_NAMES if name in both}


def find_splits(
    folder: Path, formats: str, suffixes: Sequence[str] | None = None
) -> dict[str, Path]:
    """Return the files of a folder that are named train, dev (valid, validation) and test.

    Args:
        folder: An existing folder.
        formats: What a train file may be, for the message.
        suffixes: Endings that the files may have; none for any.

    Raises:
        DatasetError: There is no train file, or there are two for one split.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "train.char.bmes").touch()
        >>> find_splits(folder, "in columns")["train"].name
        'train.char.bmes'
    """
    paths: dict[str, Path] = {}
    named = [path for path in sorted(folder.iterdir()) if _split_of(path) is not None]
    for path in files_within(folder, named):
        split = _split_of(path)
        assert split is not None  # these were chosen
        if suffixes is not None and format_of(path)[0] not in suffixes:
            continue
        if split in paths:
            raise DatasetError(
                f"{folder}: there must be one file of the {split} split; got {paths[split].name} and "
                f"{path.name}. Remove or rename one."
            )
        paths[split] = path
    if "train" not in paths:
        names = sorted(path.name for path in folder.iterdir())
        found = ", ".join(names[:8]) + (", …" if len(names) > 8 else "") or "nothing"
        raise DatasetError(
            f"{folder}: the folder must hold a train file {formats}; got {found}. "
            "Name the file itself, or rename it."
        )
    return paths


def _split_of(path: Path) -> str | None:
    return SPLITS.get(path.name.partition(".")[0].lower())
