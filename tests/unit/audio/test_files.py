import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ostinato import ConfigError, DatasetError
from ostinato.audio import files, readable, waveform
from ostinato.audio.files import blocks, rate_of
from ostinato.datasets import Recordings

RATE = 8000


def whole_numbers(count=4000, channels=None, seed=0):
    """Samples that 16 bits hold as they are."""
    rng = np.random.default_rng(seed)
    shape = (count,) if channels is None else (count, channels)
    return (rng.integers(-(2**15), 2**15, shape) / 2**15).astype(np.float32)


def recordings_of(*paths, **options):
    return Recordings.make(paths, None, "a list", **options)


def write(path, samples=None, rate=RATE, **options):
    soundfile.write(path, whole_numbers() if samples is None else samples, rate, **options)
    return path


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_24"),
        ("a.wav", "PCM_32"),
        ("a.wav", "FLOAT"),
        ("a.wav", "DOUBLE"),
        ("a.flac", "PCM_16"),
        ("a.aiff", "PCM_16"),
        ("a.au", "PCM_16"),
    ],
)
@pytest.mark.parametrize("rate", [8000, 11025, 48000])
def test_formats_that_lose_nothing_give_the_samples_to_the_bit(tmp_path, name, subtype, rate):
    path = write(tmp_path / name, rate=rate, subtype=subtype)
    found, samples = waveform(path)
    assert found == rate == rate_of(recordings_of(path), 0)
    assert samples.dtype == np.float32
    assert np.array_equal(samples, whole_numbers())


@pytest.mark.parametrize(
    ("name", "subtype"), [("a.ogg", "VORBIS"), ("a.ogg", "OPUS"), ("a.mp3", "MPEG_LAYER_III")]
)
def test_formats_that_lose_something_give_the_same_sound(tmp_path, name, subtype):
    tone = (0.5 * np.sin(2 * np.pi * 440 / RATE * np.arange(2 * RATE))).astype(np.float32)
    rate, samples = waveform(write(tmp_path / name, tone, subtype=subtype))
    assert (rate, len(samples)) == (RATE, len(tone))
    # Measured, at the amplitude 0.5: 0.019, 0.065 and 0.065.
    assert np.abs(samples - tone).max() < 0.1


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@pytest.mark.parametrize("channels", [2, 3, 6])
def test_channels_are_mixed_to_their_mean(tmp_path, name, channels):
    samples = whole_numbers(channels=channels)
    found = waveform(write(tmp_path / name, samples))[1]
    assert np.array_equal(found, samples.mean(axis=1, dtype=np.float32))
    assert np.array_equal(waveform(samples, RATE)[1], found)


@pytest.mark.parametrize("channels", [None, 2])
@pytest.mark.parametrize("size", [1, 700, 4000, 4001])
def test_the_size_of_blocks_changes_nothing(tmp_path, monkeypatch, channels, size):
    path = write(tmp_path / "a.flac", whole_numbers(channels=channels))
    expected = waveform(path)[1]
    monkeypatch.setattr(files, "BLOCK", size)
    found = list(blocks(recordings_of(path), 0)[1])
    assert len(found) == -(-4000 // size)
    assert np.array_equal(np.concatenate(found), expected)


def test_an_array_is_a_recording_too():
    recordings = recordings_of(whole_numbers(), sample_rate_hz=11025)
    rate, (block,) = blocks(recordings, 0)
    assert (rate, rate_of(recordings, 0)) == (11025, 11025)
    assert np.array_equal(block, whole_numbers())


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
@pytest.mark.parametrize("count", [1, 5])
def test_a_sound_may_be_one_sample_long(tmp_path, name, count):
    path = write(tmp_path / name, whole_numbers(count))
    assert len(waveform(path)[1]) == count


def test_silence_is_a_sound(tmp_path):
    path = write(tmp_path / "a.wav", np.zeros(100))
    assert np.array_equal(waveform(path)[1], np.zeros(100))
    assert readable(recordings_of(path))[1] == {}


def cut(data, share):
    return data[: int(len(data) * share)]


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_U8"),
        ("a.wav", "FLOAT"),
        ("a.flac", "PCM_16"),
        ("a.mp3", "MPEG_LAYER_III"),
        ("a.ogg", "VORBIS"),
        ("a.ogg", "OPUS"),
        ("a.aiff", "PCM_16"),
        ("a.au", "PCM_16"),
    ],
)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused_by_its_name(tmp_path, name, subtype, share):
    path = write(tmp_path / name, whole_numbers(40_000) / 8, subtype=subtype)
    path.write_bytes(cut(path.read_bytes(), share))
    with pytest.raises(DatasetError, match=re.escape(str(path))):
        waveform(path)


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.au", "a.ogg"])
def test_a_file_that_lacks_bytes_is_refused_before_it_is_read(tmp_path, name):
    path = write(tmp_path / name)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DatasetError, match=r"must be whole; got fewer bytes than its header tells"):
        waveform(path)
    with pytest.raises(DatasetError, match="fewer bytes"):
        rate_of(recordings_of(path), 0)


def test_an_ogg_file_that_ends_with_a_whole_page_before_the_last_is_refused(tmp_path):
    path = write(tmp_path / "a.ogg", whole_numbers(40_000))
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"OggS")])
    with pytest.raises(DatasetError, match="must be whole"):
        waveform(path)


def test_chunks_before_and_after_the_samples_of_a_wav_file_are_passed_over(tmp_path):
    data = write(tmp_path / "a.wav").read_bytes()
    place = data.index(b"data")
    note = b"note" + (5).to_bytes(4, "little") + b"hello\0"
    path = tmp_path / "b.wav"
    path.write_bytes(data[:place] + note + data[place:] + note)
    assert np.array_equal(waveform(path)[1], whole_numbers())
    path.write_bytes(data[:place] + note + data[place:-100])
    with pytest.raises(DatasetError, match="fewer bytes"):
        waveform(path)


@pytest.mark.parametrize(
    ("riff", "data"),
    [(0xFFFFFFFF, 0xFFFFFFFF), (8, 0), (0x7FFFF024, 0x7FFFF000)],
    ids=["ffmpeg", "not-closed", "sox"],
)
def test_a_wav_file_written_as_a_stream_is_read_to_its_end(tmp_path, riff, data):
    path = write(tmp_path / "a.wav")
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = data.to_bytes(4, "little")
    content[4:8] = riff.to_bytes(4, "little")
    path.write_bytes(content)
    assert np.array_equal(waveform(path)[1], whole_numbers())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.wav", b"", "must hold sound; it is empty"),
        ("a.wav", b"hello, this is a text\n" * 9, "must be a sound file"),
        ("a.flac", b"fLaC", "must be a sound file"),
        ("a.ogg", b"OggS" + bytes(100), "must be (a sound file|whole)"),
        ("a.wav", b"RIFF\0\0\0\0WAVE", "must be a sound file"),
        ("a.txt", b"hello", "must be a sound file"),
        ("a.raw", b"hello, this is a text\n" * 9, "must be a sound file"),
        ("a", b"hello", "must be a sound file"),
    ],
)
def test_what_is_no_sound_is_refused_by_its_name(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    for read in (lambda: waveform(path), lambda: rate_of(recordings_of(path), 0)):
        with pytest.raises(DatasetError, match=rf"{re.escape(str(path))}: .*{message}"):
            read()


@pytest.mark.parametrize("name", ["a.wav", "a.aiff"])
def test_a_file_without_samples_is_refused_by_its_name(tmp_path, name):
    path = write(tmp_path / name, np.zeros(0))
    with pytest.raises(DatasetError, match=rf"{re.escape(str(path))}: .* samples; got none"):
        waveform(path)
    with pytest.raises(DatasetError, match=r"recording 1: .* samples; got none"):
        list(blocks(recordings_of(np.zeros(0), sample_rate_hz=RATE), 0)[1])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_not_finite_are_refused_by_the_name_of_their_file(tmp_path, value):
    samples = whole_numbers()
    samples[-1] = value
    path = write(tmp_path / "a.wav", samples, subtype="FLOAT")
    with pytest.raises(DatasetError, match=rf"{re.escape(str(path))}: .* not finite"):
        waveform(path)


def test_a_missing_file_and_a_folder_are_refused_by_their_names(tmp_path):
    path = tmp_path / "a.wav"
    with pytest.raises(DatasetError, match=rf"{re.escape(str(path))}: the file must exist"):
        waveform(path)
    with pytest.raises(DatasetError, match=rf"{re.escape(str(tmp_path))}: .* readable; got Is a"):
        waveform(tmp_path)


def test_a_file_of_a_table_is_refused_by_its_row(tmp_path):
    recordings = Recordings.make([tmp_path / "a.wav"], None, "calls.csv", names=["row 3 (a.wav)"])
    with pytest.raises(DatasetError, match=r"^calls\.csv: row 3 \(a\.wav\): the file must exist"):
        rate_of(recordings, 0)


def test_every_recording_that_cannot_be_read_is_told_with_what_is_wrong(tmp_path, caplog):
    good, short = write(tmp_path / "good.wav"), write(tmp_path / "short.flac")
    short.write_bytes(cut(short.read_bytes(), 0.9))
    (tmp_path / "text.wav").write_text("hello")
    paths = [short, good, tmp_path / "text.wav", tmp_path / "missing.wav", str(good)]
    rows, problems = readable(recordings_of(*paths, whole_numbers(9), sample_rate_hz=RATE))
    assert rows.tolist() == [1, 4, 5]
    assert rows.dtype.kind == "i"
    assert list(problems) == [0, 2, 3]
    for row, problem in problems.items():
        assert Path(paths[row]).name in problem
        assert f"skipped: {problem}" in caplog.text
    rows, problems = readable(recordings_of(tmp_path / "missing.wav"))
    assert (len(rows), len(problems)) == (0, 1)
    assert rows.dtype.kind == "i"  # it can still be used as an index


def test_without_soundfile_the_extra_to_install_is_told(tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav")
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ConfigError, match=r'soundfile is needed .* "ostinato\[audio\]"'):
        waveform(path)
