"""Manifests whose rows are parts of files, and lists of transcripts as others write them."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from ostinato import AudioFeatures, DatasetError
from ostinato.audio import features_of, readable, waveform
from ostinato.datasets import Recordings, Segment, load_recordings, read_recordings
from ostinato.datasets.sets.morse import write_wav

RATE = 8000


def sound(path, seconds=4):
    """A file whose samples tell at which hundredth of a second they stand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(
        path, np.repeat(np.arange(seconds * 100) / 1000, RATE // 100).astype(np.float32), RATE
    )
    return path


def heard(split):
    """Where each recording begins and ends, in seconds."""
    ends = []
    for one in split.audio:
        samples = waveform(one)[1]
        ends.append((round(float(samples[0]) * 10, 2), round(float(samples[-1]) * 10 + 0.01, 2)))
    return ends


@pytest.mark.parametrize(
    ("rows", "ends"),
    [
        ([{"offset": 1, "duration": 1.5}, {"offset": 2.5, "duration": 0.5}], [(1, 2.5), (2.5, 3)]),
        ([{"start": "1", "stop": "2"}, {"start": "0", "stop": "4.3"}], [(1, 2), (0, 4)]),
        (
            [{"start_time": 3, "end_time": None}, {"start_time": None, "end_time": 2}],
            [(3, 4), (0, 2)],
        ),
        ([{"duration": 2}, {"duration": ""}], [(0, 2), (0, 4)]),
        ([{"start": 1, "end": 3, "duration": 2}, {}], [(1, 3), (0, 4)]),
    ],
)
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_row_is_the_part_of_its_file_that_it_tells(tmp_path, kind, rows, ends):
    sound(tmp_path / "long.wav")
    rows = [{"audio_filepath": "long.wav", "text": "a", **row} for row in rows]
    if kind == "jsonl":
        content = "".join(json.dumps(row) + "\n" for row in rows)
    else:
        values = [
            ["" if row.get(name) is None else str(row[name]) for name in rows[0]] for row in rows
        ]
        content = "".join(",".join(row) + "\n" for row in [list(rows[0]), *values])
    (tmp_path / f"a.{kind}").write_text(content)
    split = read_recordings(tmp_path / f"a.{kind}")
    assert heard(split) == ends
    seconds = features_of(split, AudioFeatures(), RATE).seconds
    assert np.allclose(seconds, [b - a for a, b in ends])
    assert len(set(split.keys)) == 2
    assert heard(Recordings.make(split.audio, None, "again")) == ends


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"start": "one"}, "row 1: the start of a segment must be a number of seconds"),
        ({"start": -1}, "row 1: the start of a segment must be a number of seconds"),
        ({"start": 2, "stop": 1}, "row 1: a segment must end after it begins; got 2 to 1 s"),
        ({"start": 1, "stop": 3, "duration": 1}, "between start and stop, 2 s; got 1"),
        ({"duration": True}, "the duration of a segment must be a number"),
    ],
)
def test_what_cannot_be_a_part_is_told(tmp_path, row, message):
    (tmp_path / "a.jsonl").write_text(json.dumps({"path": "a.wav", "text": "a", **row}) + "\n")
    with pytest.raises(DatasetError, match=message):
        read_recordings(tmp_path / "a.jsonl")
    with pytest.raises(DatasetError, match="must begin at 0 s or later"):
        Segment(tmp_path, 3.0, 3.0)


@pytest.mark.parametrize(("start", "stop"), [(0, 48000), (5, 6), (4, None), (3, 9)])
def test_a_part_outside_its_file_is_told_and_may_be_skipped(tmp_path, start, stop):
    place = sound(tmp_path / "a.wav")
    split = Recordings.make([Segment(place, start, stop), Segment(place, 1, 2)], None, "two")
    with pytest.raises(
        DatasetError, match=r"a segment must lie within its file of 4 s; got .*seconds"
    ):
        features_of(split, AudioFeatures(), RATE)
    rows, problems = readable(split)
    assert (rows.tolist(), list(problems)) == ([1], [0])


@pytest.mark.parametrize(
    "header", ["wav_filename,wav_filesize,transcript", "file_name,n,transcription"]
)
def test_columns_of_deepspeech_and_of_hugging_face_are_known(tmp_path, header):
    (tmp_path / "metadata.csv").write_text(f"{header}\na.wav,7,one\n")
    split = load_recordings(tmp_path)["train"]
    assert (split.audio, split.transcripts) == ([tmp_path / "a.wav"], ["one"])


def test_a_folder_of_ljspeech_is_read(tmp_path):
    sound(tmp_path / "wavs" / "LJ1.wav")
    text = 'LJ1|"Dr. Low" said|"Doctor Low" said\nLJ2|of "forty-two|of "forty-two\n'
    (tmp_path / "metadata.csv").write_text(text)
    split = load_recordings(tmp_path)["train"]
    assert split.transcripts == ['"Doctor Low" said', 'of "forty-two']
    assert split.audio == [tmp_path / "wavs" / "LJ1.wav", tmp_path / "LJ2"]
    split = read_recordings(tmp_path / "metadata.csv", audio_column="1", text_column="2")
    assert split.transcripts == ['"Dr. Low" said', 'of "forty-two']


def test_a_table_without_names_is_read_by_numbers(tmp_path):
    (tmp_path / "a.tsv").write_text("one\tann\ta.wav\ntwo\tbob\tb.wav\n")
    split = read_recordings(
        tmp_path / "a.tsv", audio_column="3", text_column="1", speaker_column="2"
    )
    assert (split.transcripts, split.speakers) == (["one", "two"], ["ann", "bob"])


def test_lists_of_librispeech_are_read(tmp_path):
    for name in ("84/121/84-121-0000.flac", "84/121/84-121-0001.flac", "7/9/7-9-0000.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "84/121/84-121.trans.txt").write_text("84-121-0000 GO ON\n84-121-0001 WELL\n")
    (tmp_path / "7/9/7-9.trans.txt").write_text("7-9-0000 NO\n")
    split = load_recordings(tmp_path)["train"]
    assert (split.transcripts, split.speakers) == (["NO", "GO ON", "WELL"], ["7", "84", "84"])
    assert split.names[0] == "7/9/7-9-0000.flac"
    (tmp_path / "7/9/7-9-0001.flac").touch()
    with pytest.raises(DatasetError, match="every recording beside it must have a line; 7-9-0001"):
        load_recordings(tmp_path)
    (tmp_path / "7/9/7-9-0001.flac").unlink()
    (tmp_path / "7/9/7-9-0000.flac").unlink()
    with pytest.raises(DatasetError, match="the recording 7-9-0000 must stand beside it"):
        load_recordings(tmp_path)


def test_splits_of_librispeech_are_not_read_as_one(tmp_path):
    for split in ("train-clean-100", "dev-clean"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "1-1.trans.txt").write_text("1-1-0000 GO\n")
        (tmp_path / split / "1-1-0000.flac").touch()
    with pytest.raises(DatasetError, match="must be of one split; got dev-clean, train-clean-100"):
        load_recordings(tmp_path)
    splits = load_recordings(tmp_path / "train-clean-100", validation=tmp_path / "dev-clean")
    assert list(splits) == ["train", "validation"]


def test_a_folder_of_kaldi_is_read(tmp_path):
    place = sound(tmp_path / "call.wav")
    (tmp_path / "wav.scp").write_text(f"call call.wav\nfar {place}\n")
    (tmp_path / "text").write_text("far two  words\ncall\tone\n")
    (tmp_path / "utt2spk").write_text("call ann\nfar bob\n")
    split = load_recordings(tmp_path)["train"]
    assert (split.audio, split.names) == ([place, place], ["call", "far"])
    assert (split.transcripts, split.speakers) == (["one", "two words"], ["ann", "bob"])
    (tmp_path / "segments").write_text("a call 1 2.5\nb call 2.5 -1\n")
    (tmp_path / "text").write_text("a one\nb two\n")
    (tmp_path / "utt2spk").unlink()
    split = load_recordings(tmp_path)["train"]
    assert (heard(split), split.transcripts) == ([(1, 2.5), (2.5, 4)], ["one", "two"])


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "wav.scp",
            "a sph2pipe -f wav a.sph |\n",
            "must be a file; got a command for `a`, and none is",
        ),
        ("wav.scp", "a a.wav\na b.wav\n", "a name must stand once; got `a` again in line 2"),
        ("text", "b one\n", "every utterance must have a line; 1 of 1 have none, the first is `a`"),
        ("segments", "a c 0 1\n", "the recording `c` of `a` must stand in wav.scp"),
        ("segments", "a a 0 one\n", "a line must have an utterance, a recording"),
        ("segments", "a a 0 nan\n", "a line must have an utterance, a recording"),
        ("segments", "a a 2 1\n", "must begin at 0 s or later and end after that"),
    ],
)
def test_what_is_wrong_in_a_folder_of_kaldi_is_told(tmp_path, file, content, message):
    (tmp_path / "wav.scp").write_text("a a.wav\n")
    (tmp_path / "text").write_text("a one\n")
    (tmp_path / file).write_text(content)
    with pytest.raises(DatasetError, match=message):
        load_recordings(tmp_path)


def test_links_out_of_a_folder_and_pipes_are_left_out(tmp_path, caplog):
    outside = tmp_path / "outside"
    sound(outside / "secret.wav")
    (outside / "secret.txt").write_text("secret")
    folder = tmp_path / "folder"
    sound(folder / "a.wav")
    (folder / "a.txt").write_text("one")
    for name in ("secret.wav", "secret.txt"):
        (folder / name).symlink_to(outside / name)
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    os.mkfifo(folder / "pipe.wav")
    assert read_recordings(folder).transcripts == ["one"]
    assert "3 files are left out, as they are links out of the folder" in caplog.text
    (folder / "b.wav").symlink_to("a.wav")
    (folder / "b.txt").symlink_to("../outside/secret.txt")
    with pytest.raises(DatasetError, match="its transcript must stand beside it"):
        read_recordings(folder)
    with pytest.raises(DatasetError, match="it must be a file; got a pipe"):
        read_recordings(folder / "pipe.wav", labelled=False)


def test_names_that_no_system_has_are_told(tmp_path):
    for name in ("a\0.wav", "\ud800.wav"):
        (tmp_path / "a.jsonl").write_text(json.dumps({"path": name, "text": "a"}) + "\n")
        with pytest.raises(DatasetError, match="row 1 must name a file in column `path`"):
            read_recordings(tmp_path / "a.jsonl")
    (tmp_path / "a.csv").write_text("path,text\n~nosuchuser/x.wav,a\n")
    assert read_recordings(tmp_path / "a.csv").audio == [tmp_path / "~nosuchuser/x.wav"]
