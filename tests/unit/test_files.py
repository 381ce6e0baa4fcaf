"""Files are replaced whole or left alone."""

import errno
import stat
from pathlib import Path

import pytest

from ostinato import CheckpointError
from ostinato._files import read_json, replacing, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail_half_way() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_is_written(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    write_text(tmp_path / "a.txt", "new")
    mode = stat.S_IMODE((tmp_path / "a.txt").stat().st_mode)
    assert mode == stat.S_IMODE(plain.stat().st_mode)


def test_json_round_trip_and_broken_json(tmp_path):
    write_json(tmp_path / "a.json", {"名": [1, None]})
    assert read_json(tmp_path / "a.json") == {"名": [1, None]}
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(CheckpointError, match=r"a\.json: must be a whole JSON file"):
        read_json(tmp_path / "a.json")
    with pytest.raises(CheckpointError, match=r"b\.json: must be a whole JSON file"):
        read_json(tmp_path / "b.json")


def test_a_full_disk_is_told_with_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match=r"No space left on device.*figures\.json"),
        replacing(tmp_path / "figures.json"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())
