"""The checksums of a run folder: a kill between two writes is nothing amiss, a flipped bit is."""

import os
import subprocess

import pytest

from ostinato import CheckpointError, _sums
from ostinato._files import check_regular, read_json, read_text, write_json, write_text


@pytest.fixture
def folder(tmp_path):
    run = tmp_path / "run"
    (run / "checkpoint").mkdir(parents=True)
    write_text(run / _sums.NAME, "")
    write_json(run / "a.json", {"b": 1})
    write_text(run / "checkpoint" / "c.txt", "d")
    return run


def test_what_is_written_has_its_checksum_and_a_flipped_bit_is_told(folder):
    assert read_json(folder / "a.json") == {"b": 1}
    assert read_text(folder / "checkpoint" / "c.txt") == "d"
    for name, path in (("a.json", folder / "a.json"), ("c.txt", folder / "checkpoint" / "c.txt")):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(CheckpointError, match=f"{name}: must be as it was written"):
            read_text(path)
        path.write_bytes(whole)
        read_text(path)


def test_a_file_that_is_not_of_the_run_is_told(folder):
    (folder / "e.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"e\.json: .* its checksum is missing"):
        read_json(folder / "e.json")


def test_a_kill_before_or_after_a_file_takes_its_place_leaves_all_as_it_should_be(folder):
    path = folder / "a.json"
    old = path.read_bytes()
    write_json(path, {"b": 2})
    assert read_json(path) == {"b": 2}
    path.write_bytes(old)  # as if killed when the line was there, and the file was not
    assert read_json(path) == {"b": 1}
    write_text(folder / _sums.NAME, _sums.settled(folder))
    assert read_json(path) == {"b": 1}
    assert len((folder / _sums.NAME).read_text().splitlines()) == 2


def test_settling_does_not_bless_what_is_amiss(folder):
    write_json(folder / "a.json", {"b": 2})
    (folder / "a.json").write_text('{"b": 3}')
    write_text(folder / _sums.NAME, _sums.settled(folder))
    with pytest.raises(CheckpointError, match=r"a\.json: must be as it was written"):
        read_json(folder / "a.json")


def test_sha256sum_reads_it(folder):
    write_text(folder / _sums.NAME, _sums.settled(folder))
    checked = subprocess.run(["sha256sum", "-c", _sums.NAME], cwd=folder, check=False)
    assert checked.returncode == 0


def test_a_broken_list_of_checksums_is_told_of_the_files_whose_lines_are_amiss(folder):
    sums = folder / _sums.NAME
    lines = sums.read_text().splitlines()
    sums.write_bytes(b"\xff" + "\n".join(lines).encode())
    with pytest.raises(CheckpointError, match=r"a\.json: must be as it was written"):
        read_json(folder / "a.json")
    assert read_text(folder / "checkpoint" / "c.txt") == "d"


@pytest.mark.parametrize("way", ["pipe", "link", "folder"])
def test_a_list_of_checksums_that_is_no_file_is_told(folder, tmp_path, way):
    sums = folder / _sums.NAME
    sums.rename(tmp_path / "sums")
    if way == "pipe":
        os.mkfifo(sums)
    elif way == "link":
        sums.symlink_to(tmp_path / "sums")
    else:
        sums.mkdir()
    for use in (lambda: read_json(folder / "a.json"), lambda: write_json(folder / "a.json", {})):
        with pytest.raises(CheckpointError, match=r"SHA256SUMS: must be a regular file"):
            use()


def test_only_regular_files_inside_the_folder_are_read(folder, tmp_path):
    (tmp_path / "outside.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "inner.json").symlink_to("a.json")
    (folder / "loop.json").symlink_to("loop.json")
    (folder / "null.json").symlink_to("/dev/zero")
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    check_regular(folder / "inner.json")
    check_regular(folder / "nothing.json")
    for name in ("link", "loop", "null", "folder", "pipe"):
        with pytest.raises(CheckpointError, match=f"{name}.json: must be a regular file"):
            read_json(folder / f"{name}.json")
    inner = folder / "checkpoint"
    (inner / "c.txt").unlink()
    inner.rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.txt").write_text("d")
    inner.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match=r"c\.txt: must be a regular file inside its folder"):
        read_text(inner / "c.txt")
