"""The Large Movie Review Dataset (aclImdb): 50,000 English film reviews, negative or positive."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

from ostinato._errors import DatasetError
from ostinato._kinds import TEXTS
from ostinato._sums import digest_of
from ostinato.datasets.dataset import Dataset, File
from ostinato.datasets.readers.texts.trees import find_tree, read_archive, read_tree
from ostinato.datasets.records.texts import Examples

logger = logging.getLogger("ostinato")

ARCHIVE = File(
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    name="aclImdb_v1.tar.gz",
    sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    size_bytes=84125825,
)

_COUNTS = {"neg": 12500, "pos": 12500}


def find(folder: Path) -> Path | None:
    """Return the extracted tree or the archive of the labelled reviews in a folder, or None.

    Args:
        folder: Folder to look in; ``aclImdb/`` is preferred, then the original archive, then any
            ``aclImdb*.tar*`` but that of the unlabelled reviews.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "aclImdb_v1.tar.gz").touch()
        >>> find(folder).name
        'aclImdb_v1.tar.gz'
    """
    if not folder.is_dir():
        return None
    if (folder / "aclImdb").is_dir() and find_tree(folder / "aclImdb"):
        return folder / "aclImdb"
    if (folder / ARCHIVE.name).is_file():
        return folder / ARCHIVE.name
    archives = [path for path in folder.glob("aclImdb*.tar*") if "unsup" not in path.name]
    return min(archives, default=None)


def read(folder: Path) -> dict[str, Examples]:
    """Read the official train and test splits, labels ``"neg"`` and ``"pos"``.

    Another archive or tree than the original one is accepted, and told, if it has the right counts.

    Args:
        folder: Folder in which the tree or the archive lies.

    Raises:
        DatasetError: It is truncated or damaged, or does not have the right counts.
    """
    path = find(folder)
    if path is None:
        raise DatasetError(
            f"{folder}: it must hold aclImdb/ or {ARCHIVE.name}; got neither.{_ANEW}"
        )
    try:
        splits = _read_archive(path) if path.is_file() else read_tree(path)
    except DatasetError as error:
        raise DatasetError(f"Data set imdb: {error} {_EXPECTED}{_ANEW}") from error
    for name in ("train", "test"):
        got = Counter(map(str, splits[name].labels or [])) if name in splits else {}
        if got != _COUNTS:
            counts = ", ".join(f"{count} {label}" for label, count in sorted(got.items())) or "none"
            raise DatasetError(
                f"Data set imdb: {path}: {name} must have 12500 neg and 12500 pos reviews; "
                f"got {counts}. {_EXPECTED}{_ANEW}"
            )
    return {name: splits[name] for name in ("train", "test")}


_EXPECTED = f"Expected is {ARCHIVE.name}, {ARCHIVE.size_bytes} bytes, sha256 {ARCHIVE.sha256}."
_ANEW = " Remove what is there and fetch it anew: ostinato data get imdb."


def _read_archive(path: Path) -> dict[str, Examples]:
    sha256 = digest_of(path)
    if sha256 != ARCHIVE.sha256:
        logger.info("%s is not the original archive (its sha256 is %s); using it.", path, sha256)
    return read_archive(path, sha256)


DATASET = Dataset(
    name="imdb",
    description="Large Movie Review Dataset v1.0: film reviews, negative or positive; 25,000 + 25,000",
    source="https://ai.stanford.edu/~amaas/data/sentiment/",
    files=(ARCHIVE,),
    licence="none stated; the owner asks to cite the paper",
    citation=(
        "Maas, Daly, Pham, Huang, Ng and Potts (2011): Learning Word Vectors for Sentiment Analysis. "
        "ACL 2011, pages 142-150. https://aclanthology.org/P11-1015"
    ),
    languages=("en",),
    kind=TEXTS,
    read=read,
    is_present=lambda folder: find(folder) is not None,
)
