"""What a sound file lacks or has too much, told by its headers: decoders pass over it in silence."""

from __future__ import annotations

import mmap
import re
import zlib
from pathlib import Path
from typing import BinaryIO, Literal

from ostinato.audio.lengths import is_known

CUT = "fewer bytes than its header tells"
JOINED = "several files one after another, of which only the first would be heard"
HOLE = "a page that is damaged or missing"
CONTRARY = "a header whose bits, channels and bytes of a sample contradict each other"

_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_NIST = b"NIST_1A\n"
_AGAIN = (b"fLaC", b"RF64", b"caff", b".snd")  # first bytes of what plays its first file alone
_OGG_PAGE, _OGG_NEXT, _OGG_FIRST, _OGG_LAST = 27, 1, 2, 4  # bytes of a header; flags of a page
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def flaw_of(path: Path) -> str | None:
    """Return in words what is wrong with a file, by its headers; None if nothing is.

    Args:
        path: A file that is not empty.

    Raises:
        OSError: It cannot be read.

    Example:
        >>> path = getfixture("tmp_path") / "a.au"
        >>> _ = path.write_bytes(b".snd" + (24).to_bytes(4, "big") + (8).to_bytes(4, "big") + bytes(12))
        >>> flaw_of(path)
        'fewer bytes than its header tells'
    """
    with path.open("rb") as stream:
        size = path.stat().st_size
        head = stream.read(40)
        if head[:4] in _AGAIN or head[:4] == b"OggS":
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                if head[:4] == b"OggS":
                    return _flaw_of_ogg(data)
                if data.find(head[:8], 8) > 0:
                    return JOINED
        if head[:4] == b"RIFF" and head[12:16] == b"fmt " and not is_consistent(head[20:36]):
            return CONTRARY
        return CUT if _missing(stream, head, size) > 0 else None


def is_consistent(form: bytes) -> bool:
    """Return whether the bytes of a sample are those that its bits take, in a wav.

    24 bits may stand in 32. What is packed, such as ADPCM, is not judged.

    Args:
        form: The first 16 bytes of the chunk.

    Example:
        >>> [is_consistent(bytes([1, 0, 2, 0, *bytes(8), width, 0, 16, 0])) for width in (4, 2)]
        [True, False]
    """
    tag, channels, align, bits = (
        int.from_bytes(form[at : at + 2], "little") for at in (0, 2, 12, 14)
    )
    if tag not in (1, 3, 0xFFFE):
        return True
    width = -(-bits // 8)
    return bits > 0 and align in {channels * width, channels * (4 if width == 3 else width)}


def _missing(stream: BinaryIO, head: bytes, size: int) -> int:
    """Return how many bytes a file lacks in the end; 0 or less if none."""
    if head[:4] == b".snd":
        length = int.from_bytes(head[8:12], "big")
        return _beyond(int.from_bytes(head[4:8], "big"), length, size)
    if head[:4] in (b"RIFF", b"RIFX", b"FORM", b"RF64"):
        stream.seek(12)
        order: Literal["little", "big"] = "big" if head[:4] in (b"RIFX", b"FORM") else "little"
        return _missing_of_chunks(stream, size, order)
    if head.startswith(_W64):
        return _missing_of_w64(stream, size)
    if head.startswith(_NIST):
        stream.seek(0)
        return _missing_of_nist(stream.read(1 << 14), size)
    return 0


def _missing_of_chunks(stream: BinaryIO, size: int, order: Literal["little", "big"]) -> int:
    """Return what the samples' chunk of a wav, RF64 or aiff file lacks."""
    long = 0  # of RF64, whose lengths do not fit into a chunk's own
    while len(chunk := stream.read(8)) == 8:
        length = int.from_bytes(chunk[4:], order)
        if chunk[:4] in (b"data", b"SSND"):
            start = stream.tell()
            return start + long - size if long else _beyond(start, length, size)
        if chunk[:4] == b"ds64":
            body = stream.read(16)
            long = int.from_bytes(body[8:], "little") % (1 << 64 - 1)  # all ones stand for none
            length -= len(body)
        stream.seek(length + length % 2, 1)
    return 0


def _missing_of_w64(stream: BinaryIO, size: int) -> int:
    stream.seek(40)
    while len(chunk := stream.read(24)) == 24:
        length = int.from_bytes(chunk[16:], "little")  # with these 24 bytes
        start = stream.tell() - 24
        if chunk[:4] == b"data":
            return start + length - size if 24 < length < 1 << 62 else 0
        if length < 24:
            break
        stream.seek(start + length + -length % 8)
    return 0


def _missing_of_nist(head: bytes, size: int) -> int:
    """Return what a file of NIST, as of TIMIT, lacks; one whose samples are packed tells nothing."""
    fields = dict(
        re.findall(rb"^(\w+) -(?:i|s\d+) (\d{1,15})\s*$", head.partition(b"end_head")[0], re.M)
    )
    start = head[8:16].strip()
    names = (b"sample_count", b"sample_n_bytes")
    is_packed = re.search(rb"^sample_coding -s\d+ .*embedded", head, re.M) is not None
    if is_packed or not start.isdigit() or not all(name in fields for name in names):
        return 0
    count, width = (int(fields[name]) for name in names)
    return int(start) + count * width * int(fields.get(b"channel_count", 1)) - size


def _beyond(start: int, length: int, size: int) -> int:
    return start + length - size if is_known(length) else 0


def _flaw_of_ogg(data: mmap.mmap) -> str | None:
    """Return what is wrong with the pages of an ogg file, by their checksums and numbers."""
    at, numbers = 0, dict[bytes, int]()
    flags, has_sound = 0, False
    while len(header := data[at : at + _OGG_PAGE]) == _OGG_PAGE and header[:4] == b"OggS":
        end = at + _OGG_PAGE + header[26]
        end += sum(data[at + _OGG_PAGE : end])
        if end > len(data):
            return CUT
        flags, stream, number = header[5], header[14:18], int.from_bytes(header[18:22], "little")
        if flags & _OGG_FIRST and has_sound:
            return JOINED
        has_sound = has_sound or not flags & _OGG_FIRST
        is_next = number == numbers.get(stream, number - 1) + 1
        if not is_next or not _is_as_written(data[at:end]):
            return HOLE
        numbers[stream] = number
        at = end
    if data.find(b"OggS", at) >= 0:
        return HOLE
    return None if flags & _OGG_LAST else CUT


def _is_as_written(page: bytes) -> bool:
    """Return whether a page has the checksum that it tells: a CRC whose bits run the other way."""
    bare = page[:22] + bytes(4) + page[26:]
    mirrored = zlib.crc32(bare.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    crc = int(f"{mirrored:032b}"[::-1], 2)
    return crc == int.from_bytes(page[22:26], "little")
