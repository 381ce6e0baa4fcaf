"""A content-keyed cache of folders: made once, complete or absent, safe for several processes."""

from __future__ import annotations

import atexit
import contextlib
import errno
import functools
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ostinato._errors import DatasetError
from ostinato._files import write_text
from ostinato._sums import digest_of

logger = logging.getLogger("ostinato")

_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_MOST_FLUSHED = 16  # files
_STALE_AFTER = 24 * 3600.0


def home() -> Path:
    """Return the folder of downloads and caches: ``$OSTINATO_HOME``, or the user's own.

    Returns:
        The folder, which need not exist yet.

    Example:
        >>> home().is_absolute()
        True
    """
    if chosen := os.environ.get("OSTINATO_HOME"):
        return Path(chosen).expanduser().absolute()
    import pooch

    return Path(pooch.os_cache("ostinato"))


def cached(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """Return the cached folder of ``key``, and make it first if it is not there.

    ``make`` fills a temporary folder beside the final one, which is then renamed into place: another
    process sees the whole folder or none. If two processes make it at once, the first to finish wins.
    A folder that is no longer as it was written, by its checksums, is made anew.
    If the cache cannot be written, the folder lies in a temporary place until this process ends, and
    a warning is logged.

    Args:
        kind: Name of the group, a folder of the cache, such as ``"records"``.
        key: Digest of everything that the content depends on.
        make: Writes the content into the folder it is given; whatever it raises passes through.

    Returns:
        ``home() / "cache" / kind / key``, complete.

    Raises:
        DatasetError: There is no room, neither in the cache nor in the folder for temporary files.

    Example:
        >>> folder = cached("doctest", "greeting", lambda folder: (folder / "a").touch())
        >>> [path.name for path in folder.iterdir()]
        ['a']
    """
    root = home() / "cache"
    try:
        return _made(root, kind, key, make)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        logger.warning(
            "The cache %s cannot be written (%s); working in a temporary folder. "
            "Set OSTINATO_HOME to a folder that can be written.",
            root,
            error.strerror,
        )
    try:
        return _made(_temporary_root(), kind, key, make)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DatasetError(
            f"Neither the cache {root} nor the folder for temporary files {tempfile.gettempdir()} has "
            f"room for what is made of the data ({error.strerror or error}). Free some, or set "
            "OSTINATO_HOME or TMPDIR to a folder that has."
        ) from error


def _made(root: Path, kind: str, key: str, make: Callable[[Path], None]) -> Path:
    folder, sums = root / kind / key, root / "sums" / kind / key
    if folder.is_dir():
        if sums.is_file() and sums.read_text() == _sums_of(folder):
            return folder
        if sums.exists():  # else it is of a version that kept none
            logger.warning("The cache %s is not as it was written; it is made anew.", folder)
        _discard(folder)
    for parent in (folder.parent, sums.parent):
        parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(folder.parent)
    partial = _partial(folder)
    try:
        make(partial)
        partial.chmod(0o755)
        _flush(partial)
        write_text(sums, _sums_of(partial))
        if not _rename(partial, folder):
            write_text(sums, _sums_of(folder))
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _sums_of(folder: Path) -> str:
    """Return the checksum and the name of each file in a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(f"{digest_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)


def _flush(folder: Path) -> None:
    """Have few files on the disk before their folder is; of many, checksums alone must tell."""
    for path in [path for path in folder.rglob("*") if path.is_file()][:_MOST_FLUSHED]:
        with path.open("r+b") as file:
            os.fsync(file.fileno())


def _partial(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))


def _discard(folder: Path) -> None:
    """Remove a folder that others may be looking for: in one step, and then its files."""
    away = _partial(folder)
    with contextlib.suppress(FileNotFoundError):  # another process was faster
        folder.rename(away / "damaged")
    shutil.rmtree(away, ignore_errors=True)


def _rename(partial: Path, folder: Path) -> bool:
    """Put a folder into its place; return False if another process was faster."""
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        return False
    return True


def _remove_stale(parent: Path) -> None:
    """Remove what a killed process left behind; a folder younger than a day may still be in the making."""
    for path in parent.glob(".*.partial"):
        try:
            if time.time() - path.stat().st_mtime > _STALE_AFTER:
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:  # its maker finished meanwhile
            continue


@functools.cache
def _temporary_root() -> Path:
    root = tempfile.mkdtemp(prefix="ostinato-")
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return Path(root)
