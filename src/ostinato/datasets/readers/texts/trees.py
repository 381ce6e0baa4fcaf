"""Trees of text files, ``<split>/<label>/<name>.txt``, extracted or in a tar archive.

This is the layout of aclImdb, with any names of labels. What was read is cached: reading the same
archive or tree again takes a fraction of a second.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ostinato._errors import DatasetError
from ostinato._sums import digest_of
from ostinato.datasets.cache import cached
from ostinato.datasets.file_names import SPLITS
from ostinato.datasets.files import decode, open_binary, reason
from ostinato.datasets.folders import files_within
from ostinato.datasets.records.texts import Examples, read_examples, write_examples

_READER_VERSION = 1
_UNLABELLED = "unsup"  # aclImdb's folder of reviews without a label
_MEMBER = re.compile(rf"(?:^|/)({'|'.join(SPLITS)})/([^/]+)/([^/.][^/]*\.txt)$")


def read_archive(path: Path, sha256: str | None = None) -> dict[str, Examples]:
    """Read the labelled texts of a tar archive of a tree, in one pass.

    Args:
        path: The archive: .tar, .tar.gz, .tar.xz, .tar.bz2 or .tar.zst.
        sha256: Digest of the file, if it is known already.

    Returns:
        The splits by name; the texts of a split are sorted by label, then by file name.

    Raises:
        DatasetError: The archive is truncated or damaged, or holds no such tree.

    Example:
        >>> import io
        >>> path = getfixture("tmp_path") / "reviews.tar.gz"
        >>> with tarfile.open(path, "w:gz") as archive:
        ...     archive.addfile(tarfile.TarInfo("aclImdb/train/pos/1_9.txt"), io.BytesIO())
        >>> read_archive(path)["train"].labels
        ['pos']
    """

    def make(folder: Path) -> None:
        write_examples(_splits(_members(path), str(path)), folder)

    key = f"{sha256 or digest_of(path)}-{_READER_VERSION}"
    return read_examples(cached("records", key, make), str(path))


def read_tree(root: Path) -> dict[str, Examples]:
    """Read the labelled texts of an extracted tree.

    The cache is keyed on the names, sizes and times of the files.

    Args:
        root: Folder with ``train/<label>/*.txt`` and, if there, ``test`` and ``validation``.

    Returns:
        The splits by name; the texts of a split are sorted by label, then by file name.

    Raises:
        DatasetError: A text is not UTF-8, or there are no texts.

    Example:
        >>> root = getfixture("tmp_path")
        >>> (root / "train" / "pos").mkdir(parents=True)
        >>> _ = (root / "train" / "pos" / "1_9.txt").write_text("A film to love.")
        >>> read_tree(root)["train"].texts[0]
        'A film to love.'
    """
    files = list(_files(root))
    digest = hashlib.sha256(os.fsencode(root.absolute()) + f"\0{_READER_VERSION}".encode())
    for _, _, _, path, stamp in files:
        digest.update(os.fsencode(path) + f"\0{stamp}\n".encode())

    def make(folder: Path) -> None:
        members = ((p, label, name, Path(path).read_bytes()) for p, label, name, path, _ in files)
        write_examples(_splits(members, str(root)), folder)

    return read_examples(cached("records", digest.hexdigest(), make), str(root))


def find_tree(folder: Path) -> Path | None:
    """Return ``folder``, or its only folder, if that is the root of a tree; else None.

    Args:
        folder: An existing folder.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "aclImdb" / "train" / "pos").mkdir(parents=True)
        >>> find_tree(folder).name
        'aclImdb'
    """
    inner = [path for path in folder.iterdir() if path.is_dir()]
    candidates = [folder, *(inner if len(inner) == 1 else [])]
    for root in candidates:
        train = root / "train"
        if train.is_dir() and any(path.is_dir() for path in train.iterdir()):
            return root
    return None


def _members(path: Path) -> Iterator[tuple[str, str, str, bytes]]:
    with open_binary(path) as stream:
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    found = _MEMBER.search(member.name)
                    if found and member.isfile() and found[2] != _UNLABELLED:
                        file = archive.extractfile(member)
                        yield SPLITS[found[1]], found[2], found[3], file.read() if file else b""
            while stream.read(1 << 20):  # to the end, where gzip and xz keep their checksum
                continue
        except tarfile.TarError as error:
            raise DatasetError(
                f"{path}: it must be a whole tar archive; got: {reason(error)}. "
                "It may be truncated or damaged: fetch or make it anew."
            ) from error


def _files(root: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield split, label, name, path and a stamp of size and time of each text file."""
    found: list[tuple[str, str, Path]] = []
    for folder, split in SPLITS.items():
        if not (root / folder).is_dir():
            continue
        for label in sorted(path.name for path in (root / folder).iterdir() if path.is_dir()):
            if label == _UNLABELLED or label.startswith("."):
                continue
            files = sorted((root / folder / label).glob("[!.]*.txt"))
            found.extend((split, label, path) for path in files)
    kept = set(files_within(root, (path for _, _, path in found)))
    for split, label, path in found:
        if path in kept:
            about = path.stat()
            yield split, label, path.name, str(path), f"{about.st_size}\0{about.st_mtime_ns}"


def _splits(members: Iterable[tuple[str, str, str, bytes]], source: str) -> dict[str, Examples]:
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for split, label, name, data in members:
        text = decode(data, f"{source}: {split}/{label}/{name}")
        rows.setdefault(split, []).append((label, name, text))
    if "train" not in rows:
        raise DatasetError(
            f"{source}: it must hold text files train/<label>/<name>.txt; got none. "
            "Name the archive or folder of such a tree."
        )
    splits = {}
    for split in rows:
        ordered = sorted(rows[split], key=lambda row: row[:2])
        texts, labels = [row[2] for row in ordered], [row[0] for row in ordered]
        splits[split] = Examples.make(texts, labels, f"{source}, {split}")
    return splits
