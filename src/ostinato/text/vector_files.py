"""Files of word vectors: GloVe and fastText text, word2vec text and binary, plain or compressed."""

from __future__ import annotations

import contextlib
import itertools
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError, shown
from ostinato.datasets.files import check_file, open_binary

Entry: TypeAlias = tuple[bytes, bytes, int]
"""A word, its numbers as they stand in the file, and the line or entry they stand in."""

_BLOCK_BYTES = 1 << 22
_MOST_DIM = 10_000
_TEXT_BYTES = frozenset(b"0123456789+-.eE \tnaifNAIF\r\n")
_FASTTEXT_MAGIC = b"\xba\x16\x4f\x2f"


class VectorFile:
    """One opened file of vectors: its width, its entries, and their numbers.

    Args:
        stream: The decompressed bytes, at their beginning.
        where: Name of the file for messages.

    Raises:
        DatasetError: The beginning is not that of a file of vectors.

    Source: GloVe 1.2, word2vec (rev. 42, ``distance.c``), fastText 0.9.2 (``saveVectors``).
    """

    def __init__(self, stream: IO[bytes], where: str) -> None:
        self._stream = stream
        self._where = where
        first = stream.readline(_BLOCK_BYTES)
        if first.startswith(_FASTTEXT_MAGIC):
            raise DatasetError(
                f"{where}: vectors must be in a text or word2vec file; this is a whole fastText "
                "model. Take the .vec file beside it."
            )
        self._count, self.dim, self.is_binary = None, 0, False
        self._first, self._head = first, b""
        header = first.split()
        if len(header) == 2 and all(part.isdigit() and len(part) < 19 for part in header):
            self._count, self.dim = int(header[0]), int(header[1])
            self._first, self._head = b"", stream.read(_BLOCK_BYTES)
            self.is_binary = not _looks_like_text(self._head)
        else:
            self.dim = first.rstrip().count(b" ")
        if not 0 < self.dim <= _MOST_DIM:
            raise DatasetError(
                f"{where}: line 1 must be a word and its vector, or the number of words and the "
                f"width; got {shown(first, 40)}. Give a GloVe, word2vec or fastText .vec file."
            )

    def entries(self) -> Iterator[Entry]:
        """Give every word with its numbers still unread.

        Raises:
            DatasetError: A line has another width, or the file ends too early.
        """
        entries = self._binary_entries() if self.is_binary else self._text_entries()
        found = 0
        for entry in entries:
            yield entry
            found += 1
        if self._count is not None and found < self._count:
            raise DatasetError(
                f"{self._where}: its first line promises {self._count} words; it has {found}. "
                "The file is cut short: fetch it anew."
            )

    def numbers(self, entry: Entry) -> npt.NDArray[np.float32]:
        """Read the vector of an entry.

        Raises:
            DatasetError: It has something else than finite numbers.
        """
        _, raw, place = entry
        try:
            if self.is_binary:
                vector = np.frombuffer(raw, "<f4").astype(np.float32)
            else:
                vector = np.array(raw.split(b" "), dtype=np.bytes_).astype(np.float32)
        except ValueError:
            vector = np.array([np.nan], np.float32)
        if len(vector) != self.dim or not np.isfinite(vector).all():
            what = "entry" if self.is_binary else "line"
            raise DatasetError(
                f"{self._where}: {what} {place} must hold {self.dim} finite numbers; "
                f"got {shown(raw, 40)}. Mend or remove it."
            )
        return vector

    def _text_entries(self) -> Iterator[Entry]:
        dim = self.dim
        for place, line in enumerate(self._lines(), start=1):
            stripped = line.rstrip()
            spaces = stripped.count(b" ")
            if spaces == dim:
                word, _, raw = stripped.partition(b" ")
                yield word, raw, place
            elif stripped:
                yield self._uncommon_entry(stripped, spaces, place)

    def _uncommon_entry(self, line: bytes, spaces: int, place: int) -> Entry:
        """Read a line whose word has spaces, as a few of GloVe 840B have; refuse another width."""
        fields = line.rsplit(b" ", self.dim)
        inside = fields[0].split(b" ")[1:]
        if spaces < self.dim or all(_is_number(part) for part in inside):
            raise DatasetError(
                f"{self._where}: line {place} must have {self.dim} numbers like the first line; "
                f"got {spaces}. Mend or remove the line."
            )
        return fields[0], b" ".join(fields[1:]), place

    def _lines(self) -> Iterator[bytes]:
        """Give all lines; the one that the opening read into is put together again."""
        if self._first:
            return itertools.chain([self._first], self._stream)
        head = self._head.split(b"\n")
        torn = head.pop() + self._stream.readline()
        return itertools.chain([b""], head, [torn], self._stream)

    def _binary_entries(self) -> Iterator[Entry]:
        block, start, width = self._head, 0, 4 * self.dim
        for place in range(1, (self._count or 0) + 1):
            space = block.find(b" ", start)
            while space < 0 or space + 1 + width > len(block):
                more = self._stream.read(_BLOCK_BYTES)
                if not more:
                    return
                block, start = block[start:] + more, 0
                space = block.find(b" ", start)
            end = space + 1 + width
            yield block[start:space].lstrip(b"\n"), block[space + 1 : end], place
            start = end


@contextlib.contextmanager
def open_vectors(path: Path, embedding_size: int | None = None) -> Iterator[VectorFile]:
    """Open a file of vectors, plain, compressed or in an archive.

    Args:
        path: The file: plain, ``.gz``, ``.bz2``, ``.xz``, ``.zst`` or ``.zip``.
        embedding_size: Width that is wanted; chooses among the files of GloVe's archives.

    Raises:
        DatasetError: The file is missing or damaged, or an archive leaves the choice open.
    """
    if path.suffix.lower() != ".zip":
        with open_binary(path, bounded=False) as stream:
            yield VectorFile(stream, path.name)
        return
    check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            member = _member(archive, path, embedding_size)
            with archive.open(member) as stream:
                yield VectorFile(stream, f"{path.name}/{member}")
    except (zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
        raise DatasetError(
            f"{path}: the file must be a whole zip archive; got {error}. Fetch it anew."
        ) from error


def _member(archive: zipfile.ZipFile, path: Path, embedding_size: int | None) -> str:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    fitting = [name for name in names if f".{embedding_size}d." in name]
    if len(names) != 1 and len(fitting) != 1:
        raise DatasetError(
            f"{path}: an archive must hold one file of vectors, or name the width in its files; "
            f"got {', '.join(names) or 'none'}. Unpack it, or set embedding_size."
        )
    return names[0] if len(names) == 1 else fitting[0]


def _looks_like_text(head: bytes) -> bool:
    numbers = head.partition(b" ")[2].partition(b"\n")[0]
    return _TEXT_BYTES.issuperset(numbers[:64])


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
