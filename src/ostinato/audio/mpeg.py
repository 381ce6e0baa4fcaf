"""Frames of MPEG layer III: how many an mp3 has, where its encoder did not write it down.

Live encoders and streams write no Xing or Info frame; decoders then guess a length from the rate of
the first frame, and hear no further than that.
"""

from __future__ import annotations

from dataclasses import dataclass

_KBITS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)
_VERSIONS = {3: 1.0, 2: 2.0, 0: 2.5}  # bits of the header
_SHARES = {1.0: 1, 2.0: 2, 2.5: 4}  # of the rate
_TAGS = (b"Xing", b"Info", b"VBRI")
_REACH = 1 << 16  # bytes in which a frame is looked for
_ROOM = 64  # bytes of an Info frame of ours, at least


@dataclass(frozen=True)
class Header:
    """The header of a frame of layer III.

    Args:
        bits: Its four bytes.
        version: 1, 2 or 2.5.
        length: Bytes of the frame.
        kind: What all frames of a stream share: version, layer, rate, and whether it is of one channel.
    """

    bits: bytes
    version: float
    length: int
    kind: tuple[int, int, bool]

    @property
    def samples(self) -> int:
        """Samples of each channel in the frame."""
        return 1152 if self.version == 1 else 576

    @property
    def side_bytes(self) -> int:
        """Bytes between the header and the main data."""
        is_mono = self.bits[3] >> 6 == 3
        if self.version == 1:
            return 17 if is_mono else 32
        return 9 if is_mono else 17


def header_at(data: memoryview, at: int) -> Header | None:
    """Return the header at a place; None if none of layer III stands there.

    Example:
        >>> header_at(memoryview(bytes.fromhex("fffb90c4")), 0).length
        417
    """
    bits = bytes(data[at : at + 4])
    if len(bits) < 4 or bits[0] != 0xFF or bits[1] & 0xE6 != 0xE2:  # synchronised, of layer III
        return None
    version = _VERSIONS.get(bits[1] >> 3 & 3)
    index, rate = bits[2] >> 4, bits[2] >> 2 & 3
    if version is None or rate == 3 or not 0 < index < 15:
        return None
    return _header(bits, version, index, rate)


def _header(bits: bytes, version: float, index: int, rate: int) -> Header:
    hertz = _RATES[rate] // _SHARES[version]
    kbits = _KBITS[1 if version == 1 else 2][index]
    length = (144 if version == 1 else 72) * kbits * 1000 // hertz + (bits[2] >> 1 & 1)
    return Header(bits, version, length, (bits[1] & 0x1E, rate, bits[3] >> 6 == 3))


def first_frame(data: memoryview) -> int | None:
    """Return where the first frame begins, after tags, before another of its kind."""
    return _next(data, _after_tags(data, 0), None, _REACH)


def _after_tags(data: memoryview, at: int) -> int:
    """Return where the ID3 tags that begin at a place end."""
    while bytes(data[at : at + 3]) == b"ID3" and len(data) >= at + 10:
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte & 0x7F
        at += size + (20 if data[at + 5] & 0x10 else 10)
    return at


def _next(data: memoryview, at: int, kind: tuple[int, int, bool] | None, reach: int) -> int | None:
    """Return the next place of a header that another of its kind follows, or that ends the data."""
    for place in range(at, min(at + reach, len(data) - 3)):
        header = header_at(data, place) if data[place] == 0xFF else None
        if header is None or (kind is not None and header.kind != kind):
            continue
        end = place + header.length
        after = header_at(data, end)
        if (after is not None and after.kind == header.kind) or end == len(data):
            return place
    return None


def length_fix(data: memoryview) -> tuple[int, int, bytes] | None:
    """Return what to write into an mp3, and where, so that it tells its frames; or None.

    That is an Info frame where it has none, and the right number where the one of its first frame is too
    small, as in files put one after another. None if nothing is to be written.

    Args:
        data: The whole file.

    Raises:
        ValueError: Rate or channels change within.
    """
    start = first_frame(data)
    if start is None:
        return None
    first = header_at(data, start)
    assert first is not None
    place = _place_of_number(bytes(data[start : start + first.length]))
    if place is None:
        return start, start, _info(first, _frames_from(data, start, first))
    if place < 0:
        return None
    count = _frames_from(data, start, first) - 1  # its first has no sound
    at = start + place
    stated = int.from_bytes(data[at : at + 4], "big")
    return (at, at + 4, count.to_bytes(4, "big")) if count > stated + 1 else None


def _place_of_number(frame: bytes) -> int | None:
    """Return where a first frame tells how many follow; None if it tells nothing; -1 if in another way."""
    if b"VBRI" in frame:
        return -1
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    return at + 8 if at >= 0 and frame[at + 7 : at + 8] and frame[at + 7] & 1 else None


def _frames_from(data: memoryview, at: int | None, first: Header) -> int:
    """Return how many whole frames of a kind there are from a place on."""
    count = 0
    while at is not None:
        header = header_at(data, at)
        if header is None or header.kind != first.kind:
            at = _after_tags(data, at)
            other = _next(data, at, None, 1)
            found = header_at(data, at) if other is not None else None
            if found is not None and found.kind != first.kind:
                raise ValueError("a sound whose rate or number of channels changes")
            at = _next(data, at, first.kind, _REACH)
            continue
        if at + header.length > len(data):
            break
        count += 1
        at += header.length
    return count


def _info(first: Header, count: int) -> bytes:
    """Return a frame without sound that tells how many follow."""
    bits = bytearray(first.bits)
    bits[1] |= 1  # no checksum
    rate = bits[2] & 0x0C
    each = (bytes([*bits[:2], index << 4 | rate, bits[3]]) for index in range(1, 15))
    headers = (header_at(memoryview(one), 0) for one in each)
    header = next(one for one in headers if one is not None and one.length >= _ROOM)
    stated = b"Info" + (1).to_bytes(4, "big") + count.to_bytes(4, "big")
    return (header.bits + bytes(header.side_bytes) + stated).ljust(header.length, b"\0")
