"""Checksums of the files of a run folder, so that a flipped bit is told and not computed with.

``SHA256SUMS`` has a line ``digest  name`` for each file, as ``sha256sum -c`` reads it. A line is added
before its file takes its place, so that a process that is killed between the two leaves a folder in
which every file, old or new, has its line; when a run is finished one line a file is left. A folder
without ``SHA256SUMS``, as older versions made them, is read without this check.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from ostinato._errors import CheckpointError

NAME = "SHA256SUMS"
CHECKPOINT = "checkpoint"  # the one folder in a run folder whose files are of the run too
MOST_BYTES = 64 * 2**20  # of SHA256SUMS itself
BLOCK = 2**20


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def folder_of(path: Path) -> Path:
    """Return the folder that a file is of: its own, or the one above that of checkpoints."""
    return path.parent.parent if path.parent.name == CHECKPOINT else path.parent


def are_kept(path: Path) -> bool:
    """Return whether the folder of a file keeps checksums, and the file is not their list."""
    return path.name != NAME and os.path.lexists(folder_of(path) / NAME)


def are_told(path: Path) -> bool:
    """Return whether the folder of a file keeps its checksum, be the file there or not."""
    return are_kept(path) and _name_of(path) in _read(folder_of(path))


def expect(path: Path, written: Path) -> None:
    """Add the line of what is about to take the place ``path``, and lies in ``written`` yet."""
    line = _line(digest_of(written), path)
    _check_is_file(folder_of(path) / NAME)
    flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(folder_of(path) / NAME, flags), "r+b") as sums:
        if line.encode() not in sums.read(MOST_BYTES):
            sums.write(line.encode())
            sums.flush()
            os.fsync(sums.fileno())


def check(path: Path) -> None:
    """Raise CheckpointError unless a file is as its folder's checksums say, if it keeps any."""
    if not are_kept(path):
        return
    for _ in range(2):  # again, should the file have been replaced in between
        digest = digest_of(path)
        known = _read(folder_of(path)).get(_name_of(path), [])
        if digest in known:
            return
    rule = "is not the one in" if known else "is missing in"
    raise CheckpointError(
        f"{path}: must be as it was written; its checksum {rule} {NAME}. Copy the run folder anew or "
        f"train again; if you changed the file on purpose, delete {NAME}."
    )


def listing(paths: list[Path]) -> str:
    """Return the lines of some files of a folder, as they are."""
    return "".join(_line(digest_of(path), path) for path in paths)


def settled(folder: Path) -> str:
    """Return the lines of a folder's files, one a file: the one that it has, or else the last."""
    lines = []
    for name, digests in _read(folder).items():
        path = folder / name
        if path.is_file():
            found = digest_of(path) if len(set(digests)) > 1 else digests[-1]
            lines.append(_line(found if found in digests else digests[-1], path))
    return "".join(lines)


def _read(folder: Path) -> dict[str, list[str]]:
    """Return the digests of each name; what is no line of them is of no file."""
    _check_is_file(folder / NAME)
    with (folder / NAME).open("rb") as sums:
        lines = sums.read(MOST_BYTES).decode("utf-8", "replace").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        digest, _, name = line.partition("  ")
        found.setdefault(name, []).append(digest)
    return found


def _check_is_file(path: Path) -> None:
    if not stat.S_ISREG(path.lstat().st_mode):  # a pipe would wait for ever
        raise CheckpointError(
            f"{path}: must be a regular file, the checksums of the run; it is another thing. "
            "Copy the run folder anew, with its files and not links to them."
        )


def _name_of(path: Path) -> str:
    return path.relative_to(folder_of(path)).as_posix()


def _line(digest: str, path: Path) -> str:
    return f"{digest}  {_name_of(path)}\n"
