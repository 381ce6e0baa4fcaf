"""Whether a library file is as it was installed: loading a damaged one can end the process."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

SUM = ".sha256"
"""Ending of the file beside a library that installing wrote, with the SHA-256 of the library."""


def damage(path: Path) -> str | None:
    """Return what is wrong with a library file, or None.

    A file that was cut short is mapped into memory all the same, and the first touch of what is missing
    is a bus error. Without the sum beside it, of a library built by hand, only the size can tell.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "libostinato.so"
        >>> _ = path.write_bytes(b"")
        >>> damage(path)
        'it is empty'
    """
    content = path.read_bytes()
    if not content:
        return "it is empty"
    size = _size_of_elf(content)
    if size is not None and len(content) < size:
        return f"it must have {size:,} bytes; it has {len(content):,}"
    beside = path.with_name(path.name + SUM)
    if beside.is_file() and beside.read_text(encoding="ascii", errors="replace").strip() != (
        hashlib.sha256(content).hexdigest()
    ):
        return f"its bytes are not those that {beside.name} was written for"
    return None


def _size_of_elf(content: bytes) -> int | None:
    """Return the bytes that a 64-bit ELF file must have; None of another kind of file."""
    if content[:6] != b"\x7fELF\x02\x01":
        return None
    if len(content) < 64:
        return 64
    programs: int
    sections: int
    programs, sections = struct.unpack_from("<QQ", content, 32)
    program_size, programs_count, section_size, sections_count = struct.unpack_from(
        "<4H", content, 54
    )
    ends: list[int] = [
        sections + section_size * sections_count,
        programs + program_size * programs_count,
    ]
    if ends[1] > len(content):
        return max(ends)
    for number in range(programs_count):
        place, size = struct.unpack_from("<Q16xQ", content, programs + number * program_size + 8)
        ends.append(place + size)
    return max(ends)
