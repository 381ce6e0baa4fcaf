"""Lengths that a header does not tell, as its writer could not know them: found in the file.

A file that is written as a stream, or by a recorder that was switched off, has a placeholder where its
length should stand. Here the sound itself tells it, and a copy with that length is what is decoded.
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ostinato.audio.mpeg import length_fix

UNKNOWN_FROM = 0x7FFF0000 - (1 << 16)
"""Lengths in bytes that stand for none, as sox, ffmpeg and others write them."""
_ROUND = 10**9, 10**6, (0, 36)  # 2,000,000,000 and the like, with or without a header

Edit = tuple[int, int, bytes]
"""First byte and the one after the last to be replaced, and what by."""


class UnreadableError(Exception):
    """What is wrong with a sound file that no length could mend."""


class Spliced(io.RawIOBase):
    """Pieces of memory as one file that can be read.

    Example:
        >>> file = Spliced([memoryview(b"ab"), memoryview(b"cde")])
        >>> file.seek(1), file.read(3), file.seek(0, 2)
        (1, b'bcd', 5)
    """

    def __init__(self, pieces: Sequence[memoryview]) -> None:
        super().__init__()
        self._pieces, self._at = pieces, 0
        self._size = sum(map(len, pieces))

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, counted from the start, from here or from the end."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as there are bytes, and return how many."""
        view, filled, start = memoryview(buffer).cast("B"), 0, 0
        for piece in self._pieces:
            begin = self._at - start
            if 0 <= begin < len(piece) and filled < len(view):
                part = piece[begin : begin + len(view) - filled]
                view[filled : filled + len(part)] = part
                filled += len(part)
                self._at += len(part)
            start += len(piece)
        return filled


def is_known(length: int) -> bool:
    """Return whether a length in bytes is meant, and no placeholder.

    Example:
        >>> [is_known(n) for n in (32000, 0, 2_000_000_000, 0xFFFFFFFF)]
        [True, False, False, False]
    """
    least, unit, rests = _ROUND
    return 0 < length < UNKNOWN_FROM and not (length >= least and length % unit in rests)


def mended(path: Path) -> Spliced | None:
    """Return a file with the length that its header lacks; None if it lacks none.

    Args:
        path: A sound file that is not empty.

    Raises:
        OSError: It cannot be read.
        UnreadableError: It is several sounds, one after another.
    """
    with path.open("rb") as stream:
        kind = stream.read(12)
        is_wav = kind[:4] == b"RIFF" and kind[8:] == b"WAVE"
        if is_wav:
            edit = _edit_of_wav(stream, path.stat().st_size)
            if edit is None:
                return None
        elif kind[:4] != b"fLaC" and kind[:3] != b"ID3" and kind[:1] != b"\xff":
            return None
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    if not is_wav:
        edit = _edit_of_flac(data) if kind[:4] == b"fLaC" else _edit_of_mp3(data)
    if edit is None:
        return None
    start, stop, new = edit
    return Spliced([data[:start], memoryview(new), data[stop:]])


def _edit_of_wav(stream: BinaryIO, size: int) -> Edit | None:
    """Return the length of samples that have none; a chunk after an empty one is no sound."""
    while len(chunk := stream.read(8)) == 8:
        length, start = int.from_bytes(chunk[4:], "little"), stream.tell()
        if chunk[:4] == b"data":
            is_sound = length == 0 and size > start and not _are_chunks(stream, size)
            return (start - 4, start, (size - start).to_bytes(4, "little")) if is_sound else None
        stream.seek(length + length % 2, 1)
    return None


def _are_chunks(stream: BinaryIO, size: int) -> bool:
    """Return whether the rest of a file is made of chunks."""
    at = stream.tell()
    while len(chunk := stream.read(8)) == 8 and chunk[:4].isascii() and chunk[:4].strip().isalnum():
        length = int.from_bytes(chunk[4:], "little")
        at += 8 + length + length % 2
        stream.seek(at)
    return at >= size and at - size <= 1


def _edit_of_mp3(data: memoryview) -> Edit | None:
    try:
        return length_fix(data)
    except ValueError as error:
        raise UnreadableError(str(error)) from None


def _edit_of_flac(data: memoryview) -> Edit | None:
    """Return the number of samples, 0 where it is unknown, that the last frame tells."""
    stated = int.from_bytes(data[18:26], "big")
    if len(data) < 42 or data[4] & 0x7F or stated & ((1 << 36) - 1):
        return None
    total = _flac_samples(data)
    return None if total is None else (18, 26, (stated | total).to_bytes(8, "big"))


def _flac_samples(data: memoryview) -> int | None:
    """Return where the last frame ends; None if there is none."""
    block = int.from_bytes(data[10:12], "big")  # samples of each frame but the last
    tail = bytes(data[max(42, len(data) - (1 << 20)) :])
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        if tail[at + 1 : at + 2] in (b"\xf8", b"\xf9"):
            end = _flac_end(tail[at : at + 16], block)
            if end is not None and end < 1 << 36:
                return end
    return None


def _flac_end(head: bytes, block: int) -> int | None:
    """Return the sample after a frame, by its header; None if it is none."""
    if len(head) < 16 or head[3] & 1:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 15
    width = 1 if head[4] < 0x80 else 8 - (head[4] ^ 0xFF).bit_length()
    if width == 8 or (head[4] >= 0x80 and width < 2) or not size_code:
        return None
    number = head[4] if width == 1 else head[4] & (0x7F >> width)
    for byte in head[5 : 4 + width]:
        if byte >> 6 != 2:
            return None
        number = number << 6 | byte & 0x3F
    at = 4 + width
    samples, at = _flac_block(size_code, head, at)
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if rate_code == 15 or _crc8(head[:at]) != head[at]:
        return None
    return samples + (number if head[1] & 1 else number * block)


def _flac_block(code: int, head: bytes, at: int) -> tuple[int, int]:
    """Return the samples of a frame, and where its header goes on."""
    if code in (6, 7):
        width = code - 5
        return int.from_bytes(head[at : at + width], "big") + 1, at + width
    return (192 if code == 1 else 576 << code - 2 if code < 6 else 256 << code - 8), at


def _crc8(data: bytes) -> int:
    rest = 0
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = (rest << 1 ^ 0x07) & 0xFF if rest & 0x80 else rest << 1
    return rest
