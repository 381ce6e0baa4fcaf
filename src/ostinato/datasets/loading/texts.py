"""From whatever names a data set to its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError, did_you_mean, named
from ostinato.datasets.examples import Examples
from ostinato.datasets.file_names import expanded
from ostinato.datasets.folders import files_within
from ostinato.datasets.hugging_face import from_hugging_face
from ostinato.datasets.registry import REGISTRY, locate
from ostinato.datasets.streams import check_file, format_of
from ostinato.datasets.tables import FORMATS, read
from ostinato.datasets.trees import PARTS, find_tree, read_archive, read_tree

PART_NAMES = ("train", "validation", "test")


def load(
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
    """Load the labelled parts of a data set.

    Args:
        source: Name of a registered data set; a file as :func:`read` takes it (it is train); a folder
            with such files named train, dev (valid, validation) and test; a folder
            ``<part>/<label>/*.txt`` or a tar archive of one; or a Hugging Face ``datasets`` object.
        text_column: As of :func:`read`, like the next four, which are for files.
        label_column: Column of the labels, or columns that are labels.
        label_separator: What parts several labels in one column.
        delimiter: What parts the fields of csv and tsv.
        encoding: Encoding of text that is not UTF-8.
        validation: File to use as the validation part.
        test: File to use as the test part.

    Returns:
        ``"train"`` and, where there, ``"validation"`` and ``"test"``.

    Raises:
        DatasetError: Something is missing or wrong; the message says what and where.

    Example:
        >>> {name: len(part.texts) for name, part in load("samples").items()}
        {'train': 4000, 'validation': 500, 'test': 1000}
    """

    def read_one(path: Path) -> Examples:
        return read(
            *(path, text_column, label_column),
            label_separator=label_separator,
            delimiter=delimiter,
            encoding=encoding,
        )

    if not isinstance(source, (str, Path)):
        if not isinstance(label_column, str | None):
            raise DatasetError(
                f"Hugging Face dataset: there must be one label column; got {named(label_column)}. "
                "Make one of lists."
            )
        parts = from_hugging_face(source, text_column, label_column)
    elif isinstance(source, str) and source in REGISTRY:
        parts = _read_registered(source)
    else:
        parts = _load_path(expanded(source), read_one)
    for name, path in (("validation", validation), ("test", test)):
        if path is not None:
            parts[name] = read_one(expanded(path))
    return {name: parts[name] for name in PART_NAMES if name in parts}


def _read_registered(name: str) -> dict[str, Examples]:
    dataset = REGISTRY[name]
    if dataset.read is None:
        raise DatasetError(
            f"Data set {name}: it must be one of labelled texts; got {dataset.content}. "
            f"Train on it: ostinato train {dataset.task} {name}."
        )
    return dataset.read(locate(name))


def _load_path(path: Path, read_one: Callable[[Path], Examples]) -> dict[str, Examples]:
    check_source(path)
    if path.is_dir():
        return _read_folder(path, read_one)
    if format_of(path)[0] == ".tar":
        return read_archive(path)
    return {"train": read_one(path)}


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


def _read_folder(folder: Path, read_one: Callable[[Path], Examples]) -> dict[str, Examples]:
    """Read the parts of a folder: files named train, dev and test, or a tree of text files."""
    if root := find_tree(folder):
        return read_tree(root)
    formats = f"({', '.join(FORMATS)}) or folders train/<label>/ of text files"
    return {part: read_one(path) for part, path in find_parts(folder, formats).items()}


def _part_of(path: Path) -> str | None:
    return PARTS.get(path.name.partition(".")[0].lower())


def find_parts(
    folder: Path, formats: str, suffixes: Sequence[str] | None = None
) -> dict[str, Path]:
    """Return the files of a folder that are named train, dev (valid, validation) and test.

    Args:
        folder: An existing folder.
        formats: What a train file may be, for the message.
        suffixes: Endings that the files may have; none for any.

    Raises:
        DatasetError: There is no train file, or there are two for one part.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "train.char.bmes").touch()
        >>> find_parts(folder, "in columns")["train"].name
        'train.char.bmes'
    """
    paths: dict[str, Path] = {}
    named = [path for path in sorted(folder.iterdir()) if _part_of(path) is not None]
    for path in files_within(folder, named):
        part = _part_of(path)
        assert part is not None  # these were chosen
        if suffixes is not None and format_of(path)[0] not in suffixes:
            continue
        if part in paths:
            raise DatasetError(
                f"{folder}: there must be one file of the {part} part; got {paths[part].name} and "
                f"{path.name}. Remove or rename one."
            )
        paths[part] = path
    if "train" not in paths:
        names = sorted(path.name for path in folder.iterdir())
        found = ", ".join(names[:8]) + (", …" if len(names) > 8 else "") or "nothing"
        raise DatasetError(
            f"{folder}: the folder must hold a train file {formats}; got {found}. "
            "Name the file itself, or rename it."
        )
    return paths
