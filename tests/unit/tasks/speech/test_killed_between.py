"""Killed after the checksum of a part was noted and before the part was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import tiny

from ostinato import load
from ostinato._errors import CheckpointError
from ostinato.cli.main import run
from ostinato.tasks.speech.averaged_frames import FILE


def written(folder: Path) -> list[str]:
    """A manifest of two words, and the command that trains on it."""
    import soundfile

    lines = ["path,text"]
    for number, sound in enumerate(tiny.CASES["speech"].X):
        soundfile.write(folder / f"{number}.wav", sound, 8000)
        lines.append(f"{number}.wav,{('lo', 'hi')[number % 2]}")
    (folder / "all.csv").write_text("\n".join(lines) + "\n")
    options = ["--epochs", "1", "--hidden-size", "4", "--features-bands", "8", "--batch-size", "8"]
    return ["train", "transcribe", str(folder / "all.csv"), "--out", str(folder / "run"), *options]


def test_a_part_whose_checksum_alone_was_written_is_told_and_resume_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(written(tmp_path)) == 0
    whole = (tmp_path / "run" / FILE).read_bytes()
    sound = [tmp_path / "0.wav"]
    answer = load(tmp_path / "run").predict_details(sound)
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if Path(target).name == FILE:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        assert run([*written(tmp_path), "--overwrite"]) != 0
    assert FILE in (tmp_path / "run" / "SHA256SUMS").read_text()
    assert not (tmp_path / "run" / FILE).exists()
    with pytest.raises(CheckpointError, match=r"it is missing\. Finish the run with"):
        load(tmp_path / "run")
    assert run(["resume", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / FILE).read_bytes() == whole
    assert load(tmp_path / "run").predict_details(sound) == answer
