"""Files as bytes and text: compression by the file's name, UTF-8 checked, errors that name the place."""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import io
import logging
import lzma
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from ostinato._errors import ConfigError, DatasetError, did_you_mean
from ostinato.datasets.limits import BOMB_SHARE, BOMB_TIMES, limit

logger = logging.getLogger("ostinato")

_SHORT = {".tgz": (".tar", ".gz"), ".tbz2": (".tar", ".bz2"), ".txz": (".tar", ".xz")}
_BUFFER_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_MARKS = {  # those of UTF-32 first, as they begin with those of UTF-16
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_OF_NO_FILES = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7")

#: What the decompressors raise for truncated or damaged data.
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, pa.ArrowException, OSError)


def format_of(path: Path) -> tuple[str, str]:
    """Return the format and compression suffixes of a file name, each possibly empty.

    Args:
        path: Path of a file.

    Returns:
        Both in lower case, with their dots.

    Example:
        >>> format_of(Path("train.csv.gz")), format_of(Path("a.TGZ")), format_of(Path("notes"))
        (('.csv', '.gz'), ('.tar', '.gz'), ('', ''))
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last in _SHORT:
        return _SHORT[last]
    if last in _OPENERS:
        return (suffixes[-2] if len(suffixes) > 1 else "", last)
    return (last, "")


@contextlib.contextmanager
def open_binary(path: Path, *, bounded: bool = True) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, decompressed; a broken one raises DatasetError.

    Args:
        path: Path of a file; its suffix tells the compression.
        bounded: Whether what a compressed file unpacks to is limited; not where it never is in
            memory at once.

    Raises:
        DatasetError: The file is missing, is no regular file, cannot be read, or its compressed data
            is truncated, damaged, or unpacks to more than the limit.

    Example:
        >>> with open_binary(Path(__file__)) as stream:
        ...     stream.read(3).decode()
        '\"\"\"'
    """
    check_file(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise DatasetError(
            f"{path}: the file must be readable; got: {error.strerror}. Change its permissions."
        ) from error
    try:
        with file, _decompressed(file, format_of(path)[1], str(path) if bounded else "") as stream:
            yield stream
    except DAMAGED as error:
        raise DatasetError(
            f"{path}: the file must be whole; got: {reason(error)}. "
            "It may be truncated or damaged: fetch or make it anew."
        ) from error


def _open_zstd(file: IO[bytes]) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")


_OPENERS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": _open_zstd,
}


class _Bounded(io.RawIOBase):
    """Decompressed bytes, up to the limit; soon refused where they are far more than any text's."""

    def __init__(self, stream: Any, where: str, packed: int) -> None:
        self._stream, self._where, self._count = stream, where, 0
        most = limit("OSTINATO_MAX_UNPACKED_MB") << 20
        self._most = min(most, max(most // BOMB_SHARE, BOMB_TIMES * packed, 1 << 20))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._stream.readinto(buffer)
        self._count += count
        if self._count > self._most:
            raise too_large(self._where, self._most)
        return count


def too_large(where: str, most: int) -> DatasetError:
    """Return the error of what unpacks to more than the limit.

    Args:
        where: File for the message.
        most: Bytes that it may unpack to.

    Example:
        >>> str(too_large("a.gz", 2048 << 20))[:64]
        'a.gz: it must unpack to at most 2048 MB; it holds more. If it is'
    """
    return DatasetError(
        f"{where}: it must unpack to at most {most / 2**20:.0f} MB; it holds more. "
        "If it is what you take it for, unpack it yourself, or raise the environment variable "
        "OSTINATO_MAX_UNPACKED_MB."
    )


def _decompressed(
    file: IO[bytes], compression: str, where: str
) -> contextlib.AbstractContextManager[IO[bytes]]:
    if not compression:
        return contextlib.nullcontext(file)
    stream = _OPENERS[compression](file)
    bounded = _Bounded(stream, where, os.fstat(file.fileno()).st_size) if where else stream
    return cast("IO[bytes]", io.BufferedReader(bounded, _BUFFER_BYTES))


def reason(error: Exception) -> str:
    """Return the first line of what an exception says, without a full stop.

    Args:
        error: The exception.

    Example:
        >>> reason(EOFError("Compressed file ended.")), reason(EOFError())
        ('Compressed file ended', 'EOFError')
    """
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
    return text.splitlines()[0].rstrip(".")


def read_bytes(path: Path) -> bytes:
    """Return the whole decompressed content of a file.

    Args:
        path: Path of a file.

    Raises:
        DatasetError: As :func:`open_binary`, or the file is empty.

    Example:
        >>> read_bytes(Path(__file__))[:3]
        b'\"\"\"'
    """
    with open_binary(path) as stream:
        data = stream.read()
    if not data.strip(_BOM + b" \t\r\n"):
        raise DatasetError(f"{path}: the file must have rows; it is empty. Name a file with data.")
    return data


def decode(data: bytes, where: str, encoding: str | None = None) -> str:
    """Decode text, with or without byte order marks.

    Args:
        data: The bytes.
        where: File (and member) for the message.
        encoding: Name of the encoding; none for UTF-8, or for UTF-16 or UTF-32 where a byte order
            mark tells so.

    Raises:
        DatasetError: A byte is not of the encoding; the message names its line.
        ConfigError: There is no such encoding.

    Example:
        >>> decode("你好".encode("utf-8-sig"), "greeting.txt")
        '你好'
        >>> decode("你好".encode("gb18030"), "greeting.txt", "gb18030")
        '你好'
    """
    if encoding is None:
        encoding = _marked(data, where)
    elif not encoding_of(encoding).startswith("utf") and not data.isascii() and _is_utf_8(data):
        logger.warning("%s: is read as %s, as asked, though it looks like UTF-8.", where, encoding)
    try:
        text = data.decode(encoding_of(encoding))
    except UnicodeError as error:
        raise _refused(data, where, encoding, error) from None
    return text.lstrip("\ufeff")


def as_utf_8(data: bytes, where: str, encoding: str | None = None) -> bytes:
    """Return text as UTF-8 without a byte order mark; arguments and errors of `decode`.

    Example:
        >>> as_utf_8("好".encode("utf-16"), "greeting.txt").decode()
        '好'
    """
    text = decode(data, where, encoding)
    is_plain = encoding is None and not data.startswith((*_MARKS, _BOM))
    return data if is_plain else text.encode()


def encoding_of(name: str) -> str:
    """Return the usual name of an encoding of text.

    Args:
        name: A name of it.

    Raises:
        ConfigError: There is no encoding of that name.

    Example:
        >>> encoding_of("GB18030"), encoding_of("latin-1")
        ('gb18030', 'iso8859-1')
    """
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        found = None
    is_text = found is not None and getattr(found, "_is_text_encoding", True)
    if found is None or not is_text or found.name in _OF_NO_FILES:
        hint = (
            did_you_mean(name, ("utf-8", "utf-16", "gb18030", "big5", "latin-1", "cp1252")) or "."
        )
        raise ConfigError(
            f"encoding: must be an encoding of text, such as utf-16, gb18030 or latin-1; got "
            f"`{name[:40]}`{hint}"
        )
    return found.name


def _marked(data: bytes, where: str) -> str:
    """Return the encoding that a byte order mark tells; UTF-8 without one."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            logger.info("%s: is read as %s, as its byte order mark tells.", where, encoding)
            return encoding
    head = data[:1000]
    if head.count(0) > len(head) // 4:  # every other byte of English in UTF-16 is 0
        raise DatasetError(
            f"{where}: the text must be UTF-8; got bytes of 0, as UTF-16 has them. "
            "Give encoding='utf-16-le' or 'utf-16-be' (--encoding), or save the file as UTF-8."
        )
    return "utf-8"


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refused(data: bytes, where: str, encoding: str, error: UnicodeError) -> DatasetError:
    start = getattr(error, "start", 0)
    line = data.count(b"\n", 0, start) + 1
    is_utf_8 = encoding == "utf-8"
    advice = (
        "Save the file as UTF-8, or name its encoding (--encoding), such as gb18030 or latin-1."
    )
    return DatasetError(
        f"{where}: the text must be {'UTF-8' if is_utf_8 else encoding}; got byte "
        f"0x{data[start]:02x} in line {line} (byte {start} of the file). "
        f"{advice if is_utf_8 else 'Name another encoding.'}"
    )


def read_lines(path: Path, encoding: str | None = None) -> list[str]:
    r"""Return the lines of a text file without their ends, ``\n`` or ``\r\n``, mixed or not.

    Nothing else ends a line, whatever else Unicode and ``str.splitlines`` take for a line break.

    Args:
        path: Path of a file, plain or compressed.
        encoding: As of :func:`decode`.

    Raises:
        DatasetError: As :func:`read_bytes` and :func:`decode`, or a line has a ``\r`` within.

    Example:
        >>> path = getfixture("tmp_path") / "a.txt"
        >>> _ = path.write_bytes("a\r\nb\u2028c\n".encode())
        >>> read_lines(path)
        ['a', 'b\u2028c']
    """
    text = decode(read_bytes(path), str(path), encoding)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    for number, line in enumerate(lines, 1):
        if "\r" in line:
            raise DatasetError(
                f"{path}: line {number} must end with \\n or \\r\\n; got a lone \\r in it. "
                "Save the file with the line ends of Unix or Windows."
            )
    return lines if lines[-1] else lines[:-1]


def check_file(path: Path) -> None:
    """Raise DatasetError, naming the nearest file, unless ``path`` is an existing file.

    Args:
        path: Path of a file.

    Raises:
        DatasetError: There is no such file, or it is a folder, a pipe or a device.

    Example:
        >>> check_file(Path(__file__))
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # missing, a loop of links, too long a name, or one with a NUL
        mode = 0
    if stat.S_ISREG(mode):
        return
    if mode:
        what, advice = "a folder", "Name a file in it."
        if not stat.S_ISDIR(mode):
            what, advice = "a pipe, a socket or a device", "Write it to a file first."
        raise DatasetError(f"{path}: it must be a file; got {what}. {advice}")
    if not path.parent.is_dir():
        raise DatasetError(f"{path}: the file must exist; even its folder {path.parent} does not.")
    names = [other.name for other in path.parent.iterdir() if other.is_file()]
    hint = did_you_mean(path.name, names) or "; check the path."
    raise DatasetError(f"{path}: the file must exist; there is none of that name{hint}")


def find_file(folder: Path, name: str) -> Path | None:
    """Return the file ``name``, plain or compressed, in a folder, or None.

    Args:
        folder: Folder to look in.
        name: Name of the plain file.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "dev.txt.gz").touch()
        >>> find_file(folder, "dev.txt").name
        'dev.txt.gz'
    """
    paths = [folder / f"{name}{suffix}" for suffix in ("", *_OPENERS)]
    return next((path for path in paths if path.is_file()), None)
