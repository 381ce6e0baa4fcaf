"""Files as bytes and text: compression by the file's name, UTF-8 checked, errors that name the place."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from ostinato._errors import DatasetError, did_you_mean

_SHORT = {".tgz": (".tar", ".gz"), ".tbz2": (".tar", ".bz2"), ".txz": (".tar", ".xz")}
_BUFFER_BYTES = 1 << 20

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
def open_binary(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, decompressed; a broken one raises DatasetError.

    Args:
        path: Path of a file; its suffix tells the compression.

    Raises:
        DatasetError: The file is missing, is a folder, cannot be read, or its compressed data is
            truncated or damaged.

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
        with file, _decompressed(file, format_of(path)[1]) as stream:
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


def _decompressed(
    file: IO[bytes], compression: str
) -> contextlib.AbstractContextManager[IO[bytes]]:
    if not compression:
        return contextlib.nullcontext(file)
    return cast("IO[bytes]", io.BufferedReader(_OPENERS[compression](file), _BUFFER_BYTES))


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
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DatasetError(f"{path}: the file must have rows; it is empty. Name a file with data.")
    return data


def decode(data: bytes, where: str) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Args:
        data: The bytes.
        where: File (and member) for the message.

    Raises:
        DatasetError: A byte is not UTF-8; the message names its line.

    Example:
        >>> decode("你好".encode("utf-8-sig"), "greeting.txt")
        '你好'
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _refuse(data, where)


def read_lines(path: Path) -> list[str]:
    r"""Return the lines of a text file without their ends, ``\n`` or ``\r\n``, mixed or not.

    Nothing else ends a line, whatever else Unicode and ``str.splitlines`` take for a line break.

    Args:
        path: Path of a file, plain or compressed.

    Raises:
        DatasetError: As :func:`read_bytes` and :func:`decode`, or a line has a ``\r`` within.

    Example:
        >>> path = getfixture("tmp_path") / "a.txt"
        >>> _ = path.write_bytes("a\r\nb\u2028c\n".encode())
        >>> read_lines(path)
        ['a', 'b\u2028c']
    """
    lines = [line.removesuffix("\r") for line in decode(read_bytes(path), str(path)).split("\n")]
    for number, line in enumerate(lines, 1):
        if "\r" in line:
            raise DatasetError(
                f"{path}: line {number} must end with \\n or \\r\\n; got a lone \\r in it. "
                "Save the file with the line ends of Unix or Windows."
            )
    return lines if lines[-1] else lines[:-1]


def _refuse(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{where}: the text must be UTF-8; got byte 0x{data[error.start]:02x} in line {line} "
            f"(byte {error.start} of the file). Save the file as UTF-8."
        ) from None


def check_file(path: Path) -> None:
    """Raise DatasetError, naming the nearest file, unless ``path`` is an existing file.

    Args:
        path: Path of a file.

    Raises:
        DatasetError: There is no such file.

    Example:
        >>> check_file(Path(__file__))
    """
    if path.is_dir():
        raise DatasetError(f"{path}: it must be a file; got a folder. Name a file in it.")
    if path.exists():
        return
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


def file_sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes as they lie on disk.

    Args:
        path: Path of a file.

    Example:
        >>> len(file_sha256(Path(__file__)))
        64
    """
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()
