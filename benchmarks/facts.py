"""What every row of results says: of which code, on which machine, with which versions."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DATA = Path(os.environ.get("OSTINATO_DATA", "data"))


def state(*folders: str, root: Path = ROOT) -> dict[str, Any]:
    """Return the commit, and whether tracked files in these folders have changed since."""
    changes = git("status", "--porcelain", "--untracked-files=no", "--", *folders, root=root)
    return {"commit": git("rev-parse", "--short=12", "HEAD", root=root), "dirty": bool(changes)}


def version_or_none(package: str) -> str | None:
    """Return the version of a package, or None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def now() -> str:
    """Return the time of a row."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def machine() -> dict[str, Any]:
    """Return processor, vector instructions and versions, and a name for the file of its rows."""
    cpu = platform.processor() or platform.machine()
    flags: set[str] = set()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                cpu = value.strip()
            if key.strip() == "flags":
                flags = set(value.split())
    torch = version("torch")
    slug = "".join(letter if letter.isalnum() else "-" for letter in cpu.lower()).strip("-")
    return {
        "slug": f"{slug}-torch{torch}",
        "cpu": cpu,
        "cpus": os.cpu_count(),
        "isa": sorted(flags & {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"}),
        "python": platform.python_version(),
        "torch": torch,
        "ostinato": version("ostinato"),
    }


def stamp(*folders: str, root: Path = ROOT) -> dict[str, Any]:
    """Return what ends a row: commit, whether these folders have changed since, time, machine."""
    return {
        **state(*folders, root=root),
        "time": now(),
        **{key: value for key, value in machine().items() if key != "slug"},
    }


def append(row: dict[str, Any], results: Path | None) -> str:
    """Return a row as a line of JSON, and append it to a file if there is one."""
    line = json.dumps(row, ensure_ascii=False)
    if results is not None:
        with results.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    return line


def git(*arguments: str, root: Path = ROOT) -> str:
    """Return what a git command prints, nothing if it fails."""
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def today() -> str:
    """Return the date of a file of rows."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d")
