from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

REVIEWS = {
    "train/pos/1_9.txt": "A film to love.",
    "train/pos/0_8.txt": "好看 and moving.",
    "train/neg/7_1.txt": "Two hours I will not get back.<br />Never again.",
    "test/neg/3_2.txt": "Dull.",
    "test/pos/2_10.txt": "",
    "train/unsup/5_0.txt": "No label here.",
}


@pytest.fixture(autouse=True)
def home_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("OSTINATO_HOME", str(folder))
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small extracted aclImdb tree."""
    root = tmp_path / "aclImdb"
    for name, text in REVIEWS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def pack(tmp_path: Path) -> Callable[[Path, str], Path]:
    """Pack a folder into a tar archive of the given suffix."""

    def pack(root: Path, suffix: str) -> Path:
        path = tmp_path / f"packed{suffix}"
        mode = {".tar": "w", ".tar.gz": "w:gz", ".tar.xz": "w:xz", ".tgz": "w:gz"}[suffix]
        with tarfile.open(path, mode) as archive:
            archive.add(root, root.name)
        return path

    return pack
