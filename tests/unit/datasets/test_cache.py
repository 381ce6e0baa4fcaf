from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ostinato import DatasetError
from ostinato.datasets import cached, home


def write_greeting(folder: Path) -> None:
    (folder / "greeting").write_text("hello")


def test_home_is_the_users_cache_folder_unless_told(monkeypatch, tmp_path):
    assert home() == Path(os.environ["OSTINATO_HOME"])
    monkeypatch.delenv("OSTINATO_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert home().name == "ostinato"


def test_a_folder_is_made_once():
    calls = []

    def make(folder: Path) -> None:
        calls.append(folder)
        write_greeting(folder)

    first = cached("kind", "key", make)
    assert cached("kind", "key", make) == first == home() / "cache" / "kind" / "key"
    assert len(calls) == 1
    assert (first / "greeting").read_text() == "hello"


def test_a_make_that_fails_leaves_nothing():
    def make(folder: Path) -> None:
        write_greeting(folder)
        raise ValueError("stopped half-way")

    with pytest.raises(ValueError, match=r"half-way"):
        cached("kind", "key", make)
    assert list((home() / "cache" / "kind").iterdir()) == []
    assert (cached("kind", "key", write_greeting) / "greeting").exists()


def test_a_key_made_meanwhile_by_somebody_else_is_used():
    def make(folder: Path) -> None:
        write_greeting(folder)
        cached("kind", "key", write_greeting)

    assert (cached("kind", "key", make) / "greeting").read_text() == "hello"
    assert [path.name for path in (home() / "cache" / "kind").iterdir()] == ["key"]


PROCESS = """
import sys, time
from pathlib import Path
from ostinato.datasets import cached

def make(folder):
    for number in range(20):
        (folder / str(number)).write_text(str(number) * 1000)
        time.sleep(0.01)

folder = cached("kind", "key", make)
assert len(list(folder.iterdir())) == 20
assert all((folder / str(n)).read_text() == str(n) * 1000 for n in range(20))
"""


def test_two_processes_at_once_both_see_the_whole_folder():
    processes = [subprocess.Popen([sys.executable, "-c", PROCESS]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert [path.name for path in (home() / "cache" / "kind").iterdir()] == ["key"]


def test_leftovers_of_a_killed_process_are_removed_after_a_day():
    parent = home() / "cache" / "kind"
    for name, age in ((".old.x.partial", 2), (".young.x.partial", 0)):
        (parent / name).mkdir(parents=True)
        then = time.time() - age * 24 * 3600
        os.utime(parent / name, (then, then))
    cached("kind", "key", write_greeting)
    assert {path.name for path in parent.iterdir()} == {".young.x.partial", "key"}


def test_a_cache_that_cannot_be_written_is_replaced_by_a_temporary_one(
    monkeypatch, tmp_path, caplog
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("OSTINATO_HOME", str(tmp_path / "file"))
    folder = cached("kind", "unwritable", write_greeting)
    assert (folder / "greeting").exists()
    assert "cannot be written (Not a directory); working in a temporary folder" in caplog.text
    assert cached("kind", "unwritable", write_greeting) == folder
    assert caplog.records[0].levelno == logging.WARNING


def test_a_full_disk_is_told_and_another_error_passes_through(caplog):
    attempts = []

    def fill(folder: Path) -> None:
        attempts.append(folder)
        if len(attempts) == 1:
            raise OSError(28, "No space left on device")
        write_greeting(folder)

    assert (cached("kind", "full", fill) / "greeting").exists()
    assert "No space left on device" in caplog.text

    def fail(folder: Path) -> None:
        raise FileNotFoundError(2, "No such file", "input.txt")

    with pytest.raises(FileNotFoundError):
        cached("kind", "other", fail)


def test_two_full_disks_are_told_with_their_names(monkeypatch, tmp_path, caplog):
    def fill(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("OSTINATO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with pytest.raises(DatasetError, match="No space left on device") as told:
        cached("kind", "both", fill)
    for name in ("home/cache", "temporary"):
        assert str(tmp_path / name) in str(told.value)
    assert str(tmp_path / "home") in caplog.text


@pytest.mark.parametrize("damage", ["empty", "flipped", "gone", "more", "sums"])
def test_a_folder_that_is_not_as_it_was_written_is_made_anew(damage, caplog):
    folder = cached("kind", damage, write_greeting)
    path = folder / "greeting"
    if damage == "empty":  # as after a power cut
        path.write_text("")
    elif damage == "flipped":
        path.write_text("hellp")
    elif damage == "gone":
        path.unlink()
    elif damage == "more":
        (folder / "farewell").write_text("bye")
    else:
        (home() / "cache" / "sums" / "kind" / damage).write_text("")
    assert cached("kind", damage, write_greeting) == folder
    assert [(one.name, one.read_text()) for one in folder.iterdir()] == [("greeting", "hello")]
    assert "is not as it was written; it is made anew" in caplog.text
    caplog.clear()
    cached("kind", damage, lambda folder: pytest.fail("it is there"))
    assert caplog.text == ""


def test_a_folder_of_a_version_without_checksums_is_made_anew(caplog):
    folder = cached("kind", "old", write_greeting)
    (home() / "cache" / "sums" / "kind" / "old").unlink()
    (folder / "greeting").write_text("")
    assert (cached("kind", "old", write_greeting) / "greeting").read_text() == "hello"
    assert caplog.text == ""
