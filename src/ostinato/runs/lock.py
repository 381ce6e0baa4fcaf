"""One training at a time in a run folder: a lock that names who holds it and goes with its process."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from ostinato._errors import CheckpointError

FILE = ".lock"

_HELD_ELSEWHERE = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_held: set[Path] = set()  # by this process, whose threads the lock of the system does not part
_guard = threading.Lock()


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Hold the lock of a run folder, which is made if it is not there.

    The lock is the operating system's: that of a process that was killed is free. The file says which
    process on which host holds it, for people, and for a host that shares the folder and no locks.

    Raises:
        CheckpointError: Another training holds it, or the folder cannot be written.

    Example:
        >>> import tempfile
        >>> run = Path(tempfile.mkdtemp())
        >>> with held(run):
        ...     (run / FILE).exists()
        True
        >>> (run / FILE).exists()
        False
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        file, path = _taken(run)
    except OSError as error:
        raise CheckpointError(
            f"{run}: the run folder must be writable; {error.strerror or error}. "
            "Choose another folder with --out."
        ) from error
    owner = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == owner:  # a forked child has no part in it
            with _guard:
                _held.discard(path)
                with contextlib.suppress(
                    OSError
                ):  # Windows keeps an open file; free it is all the same
                    path.unlink()
                file.close()


def check(run: Path) -> None:
    """Raise CheckpointError if another training writes a run folder, or seems to."""
    if (run / FILE).exists():
        with held(run):
            pass


def _taken(run: Path) -> tuple[TextIOWrapper, Path]:
    path = run.resolve() / FILE
    me = {
        "process": os.getpid(),
        "host": platform.node(),
        "since": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    with _guard:
        if path in _held:
            raise _refusal(run, me)
        while True:
            file = path.open("a+", encoding="utf-8")
            is_mine = _lock(file)
            holder = _read(file)
            if is_mine and not _is_at(file, path):  # its holder removed it while it was opened
                file.close()
                continue
            if not is_mine or holder.get("host", me["host"]) != me["host"]:
                file.close()
                raise _refusal(run, holder, elsewhere=is_mine)
            file.truncate(0)
            file.write(json.dumps(me))
            file.flush()
            _held.add(path)
            return file, path


def _lock(file: TextIOWrapper) -> bool:
    """Lock an open file; return False if another process has, True where nothing can be locked."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1 << 20)  # the place alone is locked, and the words stay readable
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD_ELSEWHERE
    return True


def _is_at(file: TextIOWrapper, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _read(file: TextIOWrapper) -> dict[str, Any]:
    """Return who wrote the lock; nothing of a file that was cut short."""
    try:
        file.seek(0)
        found = json.loads(file.read(1000))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(run: Path, holder: dict[str, Any], *, elsewhere: bool = False) -> CheckpointError:
    who = f"process {holder.get('process', '?')} on {holder.get('host', 'this machine')}"
    if elsewhere:
        return CheckpointError(
            f"{run}: may be written by one training at a time; {who} has written it since "
            f"{holder.get('since', '?')}, and from here it cannot be seen whether it still does. "
            f"If it does not, remove {run / FILE}."
        )
    return CheckpointError(
        f"{run}: may be written by one training at a time; {who} is writing it. "
        "Wait for it, stop it, or choose another folder."
    )
