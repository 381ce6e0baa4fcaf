"""Manifests and folders as people have them: every part is heard as it is told, and nothing is left out unsaid."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato._errors import DatasetError
from ostinato.audio.files import blocks
from ostinato.datasets import load_recordings, read_recordings
from ostinato.datasets.readers.recordings.segment_columns import segment_columns

RATE = 8000


def sound(path: Path, seconds: float = 4.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(round(seconds * RATE)), RATE)
    return path


def seconds_of(manifest: Path) -> list[float]:
    split = read_recordings(manifest)
    return [sum(map(len, blocks(split, row)[1])) / RATE for row in range(len(split))]


STARTS = ("start", "begin", "offset", "start_time", "StartTime", "audio_start", "segment_start")
STOPS = ("stop", "end", "end_time", "endTime", "audio_end", "Segment End")
UNITS = (("", 1), ("_s", 1), (" (sec)", 1), ("_seconds", 1), ("_ms", 1000), ("[ms]", 1000))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS),
    stop=st.sampled_from([*STOPS, "duration", "dur", "Duration"]),
    unit=st.sampled_from(UNITS),
    times=st.lists(st.integers(0, 3900), min_size=2, max_size=2, unique=True),
    kind=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
)
def test_a_part_is_heard_whatever_its_columns_are_called(
    tmp_path: Path, start: str, stop: str, unit: tuple[str, int], times: list[int], kind: str
) -> None:
    sound(tmp_path / "a.wav")
    first, last = sorted(times)
    end = last - first if stop.lower().startswith("dur") else last
    told = {
        "path": "a.wav",
        start + unit[0]: first / 1000 * unit[1],
        stop + unit[0]: end / 1000 * unit[1],
        "text": "one",
    }
    path = tmp_path / f"m.{kind}"
    if kind == "parquet":
        pa.parquet.write_table(pa.Table.from_pylist([told]), path)
    elif kind == "jsonl":
        path.write_text(json.dumps(told))
    else:
        bar = "," if kind == "csv" else "\t"
        path.write_text(bar.join(told) + "\n" + bar.join(map(str, told.values())) + "\n")
    assert seconds_of(path) == pytest.approx([(last - first) / 1000], abs=2 / RATE)


def test_beside_an_onset_an_offset_is_the_end(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav")
    (tmp_path / "m.csv").write_text("filename,onset,offset,text\na.wav,1,3,x\n")
    assert seconds_of(tmp_path / "m.csv") == [2.0]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["start", "offset"], "one column must tell the start"),
        (["start_sample", "end_sample"], "must be told in seconds or milliseconds"),
        (["end_frame"], "must be told in seconds or milliseconds"),
    ],
)
def test_columns_that_contradict_each_other_or_count_samples_are_refused(
    columns: list[str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        segment_columns(columns, "a list")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("path,from,to,text\na.wav,1,2,x\na.wav,2,3,y\n", "stand in several rows with other texts"),
        ("path,from,to,text\na.wav,1,2,x\n", "not read: `from`, `to`"),
        ("path,channel,text\na.wav,1,x\n", "all channels of a file are mixed to one"),
        ("path,duration,text\na.wav,3,x\n", "every duration is whole seconds"),
        ("path,text,speaker\na.wav,x,\nb.wav,y,bob\n", "1 of 2 rows have no speaker"),
        ("a.wav|hello there|\nb.wav|yes|\n", "texts in column 2"),
    ],
)
def test_what_a_manifest_does_not_tell_or_is_not_read_of_it_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, told: str
) -> None:
    (tmp_path / "m.csv").write_text(text)
    with caplog.at_level(logging.INFO, "ostinato"):
        read_recordings(tmp_path / "m.csv")
    assert told in caplog.text


def test_a_table_of_bars_whose_last_column_is_of_speakers_is_not_taken_for_ljspeech(
    tmp_path: Path,
) -> None:
    (tmp_path / "m.csv").write_text("".join(f"{n}.wav|text number {n}|{n % 2}\n" for n in range(8)))
    with pytest.raises(DatasetError, match="so it may be of speakers"):
        read_recordings(tmp_path / "m.csv")
    split = read_recordings(
        tmp_path / "m.csv", audio_column="1", text_column="2", speaker_column="3"
    )
    assert split.transcripts is not None
    assert (split.transcripts[3], split.speakers) == ("text number 3", ["0", "1"] * 4)


def test_numbers_and_missing_texts_of_a_column_of_floats_are_what_was_meant(tmp_path: Path) -> None:
    table = pa.table(
        {"path": ["a.wav", "b.wav"], "text": [7.0, float("nan")], "speaker": [1.0, 2.0]}
    )
    pa.parquet.write_table(table, tmp_path / "m.parquet")
    split = read_recordings(tmp_path / "m.parquet")
    assert (split.transcripts, split.speakers) == (["7", ""], ["1", "2"])


def test_sound_within_the_rows_is_taken_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = sound(tmp_path / "a.wav").read_bytes()
    row = {"audio": {"bytes": data, "path": "a.wav"}, "start": 0.2, "end": 4.1, "text": "x"}
    pa.parquet.write_table(pa.Table.from_pylist([row]), tmp_path / "m.parquet")
    assert seconds_of(tmp_path / "m.parquet") == [4.0]
    assert "it is taken whole; `start`, `end` is not read" in caplog.text


def test_a_column_of_paths_of_hugging_face_is_heard_in_parts() -> None:
    datasets = pytest.importorskip("datasets")
    rows = {
        "audio": ["a.wav"] * 2,
        "offset": [0.0, 1.0],
        "duration": [1.0, 0.5],
        "text": ["x", "y"],
    }
    split = load_recordings(datasets.Dataset.from_dict(rows))["train"]
    assert [str(one) for one in split.audio] == ["a.wav, 0 to 1 s", "a.wav, 1 to 1.5 s"]


# Folders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        ["84/121/84_1.wav", "84/121/84_1.normalized.txt", "85/121/85_1.wav"],  # LibriTTS
        ["DR1/FCJF0/SA1.WAV", "DR1/FCJF0/SA1.TXT", "DR2/FCJF0/SA1.WAV"],  # TIMIT
        ["wav48/p225/1.wav", "wav48/p226/2.wav", "txt/p225/1.txt"],  # VCTK
        ["anna/wav/1.wav", "anna/etc/PROMPTS", "ben/wav/1.wav"],  # VoxForge
        ["a/1.wav", "b/2.wav", "transcripts.csv"],
        ["a/1.wav", "a/1.lab", "b/2.wav"],
        ["a/1.wav", "b/2.wav", "metadata.parquet"],
    ],
)
def test_folders_of_speakers_are_no_words(tmp_path: Path, files: list[str]) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(DatasetError, match="its transcript must stand beside it"):
        load_recordings(tmp_path)


def commands(folder: Path) -> Path:
    for word in ("yes", "no", "_noise"):
        for number in range(3):
            (folder / word).mkdir(exist_ok=True)
            (folder / word / f"{number}.wav").touch()
    (folder / "LICENSE").touch()
    return folder


def test_the_lists_of_speech_commands_are_its_splits(tmp_path: Path) -> None:
    folder = commands(tmp_path)
    (folder / "validation_list.txt").write_text("yes/0.wav\nabsent/0.wav\n")
    (folder / "testing_list.txt").write_text("no/1.wav\nyes/1.wav\n")
    splits = load_recordings(folder)
    assert {name: split.names for name, split in splits.items() if name != "train"} == {
        "validation": ["yes/0.wav"],
        "test": ["no/1.wav", "yes/1.wav"],
    }
    assert len(splits["train"]) == 6
    (folder / "testing_list.txt").write_text("yes/0.wav\n")
    with pytest.raises(DatasetError, match=r"yes/0\.wav stands in both"):
        load_recordings(folder)


@pytest.mark.parametrize("kind", ["pairs", "librispeech"])
def test_two_sounds_of_one_text_are_refused(tmp_path: Path, kind: str) -> None:
    for name in ("1.wav", "1.mp3"):
        (tmp_path / name).touch()
    (tmp_path / "1.txt").write_text("one")
    if kind == "librispeech":
        (tmp_path / "a.trans.txt").write_text("1 ONE\n")
    with pytest.raises(DatasetError, match="a text must be of one recording"):
        read_recordings(tmp_path)


def test_a_recording_that_no_list_of_librispeech_is_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "a.trans.txt").write_text("1 ONE\n")
    (tmp_path / "1" / "1.flac").touch()
    (tmp_path / "x.wav").touch()
    with pytest.raises(DatasetError, match=r"every recording must have a list .* 1 have none"):
        read_recordings(tmp_path)


def test_what_is_left_out_of_a_folder_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("1.wav", "2.m4a", "3.webm"):
        (tmp_path / name).touch()
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text("one")
    assert read_recordings(tmp_path).names == ["1.wav"]
    assert (
        "2 files are left out, as sound of their kind is not read; the first is 2.m4a"
        in caplog.text
    )
    assert "3 texts have no recording beside them" in caplog.text
    (tmp_path / "4.wav").touch()
    (tmp_path / "metadata.csv").write_text("file_name,transcription\n./1.wav,one\n")
    assert len(read_recordings(tmp_path)) == 1
    assert "1 recordings have no row in its table" in caplog.text


def test_channels_of_kaldi_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines: dict[str, Any] = {
        "wav.scp": "c-A a.wav\nc-B a.wav\n",
        "text": "c-A one\nc-B two\n",
        "reco2file_and_channel": "c-A c A\nc-B c B\n",
    }
    for name, text in lines.items():
        (tmp_path / name).write_text(text)
    assert read_recordings(tmp_path).transcripts == ["one", "two"]
    assert "this file tells several (A, B)" in caplog.text
