"""Files that are written whole or not at all, and read only if they are files and as they were written."""

from __future__ import annotations

import json
import math
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ostinato import _sums
from ostinato._errors import CheckpointError, ConfigError, OstinatoError, shown

MOST_JSON_BYTES = 256 * 2**20  # of a JSON file of a run folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that takes its place in one step on success.

    Whoever reads ``path`` sees the old file or the new one, never a part; after an error the
    temporary file is gone and the old file is untouched. Where the folder keeps checksums (see
    `ostinato._sums`), that of the new file is among them first.

    Example:
        >>> target = Path(tempfile.mkdtemp()) / "figures.json"
        >>> with replacing(target) as temporary:
        ...     _ = temporary.write_text("{}")
        >>> target.read_text()
        '{}'
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_UMASK)
        if _sums.are_kept(path):
            _sums.expect(path, temporary)
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:  # a full disk: no more is known than that
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def check_out(path: Path, suffixes: Sequence[str]) -> None:
    """Raise ConfigError unless a file that ``--out`` names can be made.

    Args:
        path: The file.
        suffixes: What its name may end in, in small letters.

    Example:
        >>> check_out(Path("a.xlsx"), (".csv", ".jsonl"))
        Traceback (most recent call last):
        ...
        ostinato._errors.ConfigError: --out: must end in .csv or .jsonl; got 'a.xlsx'.
    """
    if path.suffix.lower() not in suffixes:
        known = " or ".join(filter(None, [", ".join(suffixes[:-1]), suffixes[-1]]))
        raise ConfigError(f"--out: must end in {known}; got {shown(path.name)}.")
    if not path.parent.is_dir():
        raise ConfigError(
            f"--out: {shown(str(path.parent))} must be a folder; there is none. Make it."
        )
    if path.is_dir():
        raise ConfigError(f"--out: {shown(str(path))} must be a file; it is a folder.")


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, whole or not at all; lone surrogates as `?`."""
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "replace"))


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` to ``path`` as readable JSON, whole or not at all; see `json_of`."""
    write_text(path, json_of(value, indent=2) + "\n")


def json_of(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON, in which NaN and infinities, which JSON has not, are null.

    Example:
        >>> json_of({"loss": float("nan"), "levels": (80,)})
        '{"loss": null, "levels": [80]}'
    """
    return json.dumps(_finite(value), ensure_ascii=False, indent=indent, allow_nan=False)


def read_json(path: Path) -> Any:
    """Read a JSON file of a run folder.

    Raises:
        CheckpointError: It is missing, no regular file, not whole JSON, or not as it was written.
    """
    text = read_text(path, kind="JSON")
    try:
        return parse_json(text)
    except ValueError as error:
        raise _broken(path, "JSON", error) from error


def parse_json(text: str) -> Any:
    """Return what JSON says; NaN and infinities, which it has not, are null.

    Raises:
        ValueError: It is none, or nested deeper than can be read.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise ValueError("it has an integer of thousands of digits") from None


def read_text(path: Path, kind: str = "text") -> str:
    """Read a text file of a run folder.

    Args:
        path: The file.
        kind: What it is, for messages.

    Raises:
        CheckpointError: It is missing, no regular file, no UTF-8, or not as it was written.
    """
    check_regular(path)
    try:
        size = path.stat().st_size
        if size > MOST_JSON_BYTES:
            raise ValueError(f"it has {size:,} bytes, and at most {MOST_JSON_BYTES:,} are read")
        text = path.read_text(encoding="utf-8")
        _sums.check(path)
    except (OSError, ValueError) as error:
        raise _broken(path, kind, error) from error
    return text


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Give the path of a file of a run folder to a library that reads it, and check it.

    Raises:
        CheckpointError: It is no regular file, or not as it was written.
    """
    check_regular(path)
    yield path
    _sums.check(path)


def check_regular(path: Path) -> None:
    """Raise CheckpointError where what stands at a path is no regular file inside its folder.

    A named pipe would wait for ever, a device never end, and a link out of the folder read what is
    nobody's model. That nothing stands there is for those to tell who open it.
    """
    try:
        found, kind = path.resolve(), path.stat().st_mode
        is_inside = found.is_relative_to(_sums.folder_of(path).resolve())
    except FileNotFoundError:
        return
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links, a name too long
        raise CheckpointError(
            f"{path}: must be a regular file of its folder; got {error}."
        ) from error
    if stat.S_ISREG(kind) and is_inside:
        return
    got = "a link out of it" if stat.S_ISREG(kind) else "a folder" if stat.S_ISDIR(kind) else ""
    raise CheckpointError(
        f"{path}: must be a regular file inside its folder; it is {got or 'a pipe or a device'}. "
        "Copy the run folder anew, with its files and not links to them."
    )


@contextmanager
def misfits_as_errors(what: str) -> Iterator[None]:
    """Turn whatever is raised by files that do not fit together into one error.

    They may hold any values in any types: what is not checked by name is caught here.

    Args:
        what: The file or folder, what it must be, and what failed.
    """
    try:
        yield
    except OstinatoError:
        raise
    except Exception as error:  # whatever such values break
        raise CheckpointError(
            f"{what} ({type(error).__name__}: {str(error)[:200]}). "
            "Copy the run folder anew, or train again."
        ) from error


@contextmanager
def tensors_read(path: Path) -> Iterator[None]:
    """Turn what a broken safetensors file raises, while it is read, into a CheckpointError."""
    try:
        yield
    except (
        OSError,
        SafetensorError,
        ValueError,
        LookupError,
        RecursionError,
        MemoryError,
    ) as error:
        raise CheckpointError(
            f"{path}: must be a whole safetensors file; reading it failed ({error}). "
            "Train again, or copy the run folder anew."
        ) from error


def check_tensors(path: Path) -> None:
    """Raise CheckpointError unless a safetensors file is of the size that it tells."""
    check_regular(path)
    with tensors_read(path), safe_open(path, framework="numpy"):
        pass


def _broken(path: Path, kind: str, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path}: must be a whole {kind} file of a run folder; reading it failed ({error}). "
        "Copy the run folder anew, or train again."
    )


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _read_umask()
