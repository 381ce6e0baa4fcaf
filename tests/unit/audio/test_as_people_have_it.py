"""Sound as people have it: lengths nobody wrote down, axes and scales of arrays, pipes."""

from __future__ import annotations

import io
import logging
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato._errors import DatasetError
from ostinato.audio import waveform
from ostinato.audio.lengths import Spliced
from ostinato.audio.mpeg import first_frame, header_at
from ostinato.audio.piped import chunks, form_of
from ostinato.datasets import Recordings
from ostinato.datasets.records.waves import LOUDEST, samples_of

RATE = 16000


def noise(seconds: float, seed: int = 0, rate: int = RATE) -> npt.NDArray[np.float32]:
    made = 0.2 * np.random.default_rng(seed).standard_normal(int(seconds * rate))
    return made.astype(np.float32)


def frames_of(data: bytes) -> list[int]:
    """Where the frames of an mp3 begin, one after another."""
    view, at, found = memoryview(data), first_frame(memoryview(data)), []
    while at is not None and (header := header_at(view, at)) is not None:
        found.append(at)
        at += header.length
    return found


# Lengths -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)])
@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize("rate", [44100, 22050, 11025])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_is_heard_to_its_end_without_its_info_frame(
    tmp_path: Path, channels: int, rate: int, mode: str, tag: bytes
) -> None:
    sound = np.concatenate([noise(1, rate=rate), 1e-3 * noise(1, rate=rate)])
    path = tmp_path / "a.mp3"
    subtype = {"format": "MP3", "subtype": "MPEG_LAYER_III"}
    soundfile.write(path, np.stack([sound] * channels, 1), rate, **subtype, bitrate_mode=mode)
    whole = path.read_bytes()
    frames = frames_of(whole)
    bare = whole[frames[1] :]
    path.write_bytes(tag + bare + b"TAG" + bytes(125))
    found = waveform(path)[1]
    each = header_at(memoryview(whole), frames[0]).samples  # type: ignore[union-attr]
    assert 0 <= (len(frames) - 1) * each - len(found) <= 529  # the decoder's own delay
    path.write_bytes(bare[: len(bare) // 2])  # a stream that was cut: all its whole frames
    assert 0 < len(waveform(path)[1]) <= (len(frames) // 2 + 2) * each * 2


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("count", [100, 4096, 8192, 20000])
def test_a_flac_of_unknown_length_is_whole(tmp_path: Path, count: int, channels: int) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.stack([noise(count / RATE)] * channels, 1), RATE)
    expected = waveform(path)[1]
    data = bytearray(path.read_bytes())
    told = int.from_bytes(data[18:26], "big") & ~((1 << 36) - 1)
    data[18:26] = told.to_bytes(8, "big")
    path.write_bytes(data)
    assert np.array_equal(waveform(path)[1], expected)
    if count == 20000:
        path.write_bytes(data[: len(data) - 50])
        with pytest.raises(DatasetError, match="must be whole"):
            waveform(path)


def wav_of(sound: npt.NDArray[Any], rate: int = RATE, subtype: str = "PCM_16") -> bytearray:
    made = io.BytesIO()
    soundfile.write(made, sound, rate, format="WAV", subtype=subtype)
    return bytearray(made.getvalue())


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 2_000_000_000])
def test_a_wav_with_a_placeholder_is_whole(tmp_path: Path, size: int) -> None:
    sound, path = noise(0.5), tmp_path / "a.wav"
    data = wav_of(sound)
    path.write_bytes(data)
    expected = waveform(path)[1]
    data[4:8] = struct.pack("<I", min(size + 36, 0xFFFFFFFF))
    data[40:44] = struct.pack("<I", size)
    path.write_bytes(data)
    assert np.array_equal(waveform(path)[1], expected)


def test_an_empty_wav_with_more_chunks_stays_empty_and_a_short_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_of(noise(0)) + b"LIST\x04\x00\x00\x00INFO")
    with pytest.raises(DatasetError, match="must have samples"):
        waveform(path)
    path.write_bytes(wav_of(noise(0.5))[:-100])
    with pytest.raises(DatasetError, match="fewer bytes than its header tells"):
        waveform(path)


@settings(max_examples=50)
@given(pieces=st.lists(st.binary(max_size=5), max_size=5), data=st.data())
def test_pieces_are_one_file(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    spliced, plain = Spliced([memoryview(one) for one in pieces]), io.BytesIO(whole)
    for _ in range(5):
        place = data.draw(st.integers(0, len(whole)))
        count = data.draw(st.integers(0, len(whole) + 2))
        assert spliced.seek(place) == plain.seek(place)
        assert spliced.read(count) == plain.read(count)
        assert spliced.tell() == plain.tell()


# Arrays ------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(channels=st.integers(1, 8), count=st.integers(65, 200), kind=st.sampled_from("fih"))
def test_either_axis_may_be_that_of_the_channels(channels: int, count: int, kind: str) -> None:
    sound = np.random.default_rng(count).uniform(-0.9, 0.9, (count, channels)).astype(np.float32)
    if kind != "f":
        sound = (sound * np.iinfo("i4" if kind == "i" else "i2").max).astype(
            "i4" if kind == "i" else "i2"
        )
    first = samples_of(sound, "a call")
    assert first.shape == (count, channels)
    assert np.array_equal(samples_of(sound.T, "a call"), first)


@settings(max_examples=50)
@given(st.lists(st.integers(-32768, 32767), min_size=2, max_size=20))
def test_integers_as_floats_are_those_integers(values: list[int]) -> None:
    given_ints = np.array([*values, 2], np.int16)
    for dtype in (np.float16, np.float32, np.float64):
        if dtype is np.float16 and np.abs(given_ints).max() > 2048:
            continue
        found = samples_of(given_ints.astype(dtype), "a call")
        assert np.array_equal(found, samples_of(given_ints, "a call"))


def test_what_is_taken_for_integers_is_told_and_what_is_neither_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sound = noise(0.1)
    with caplog.at_level(logging.WARNING, logger="ostinato"):
        assert np.array_equal(samples_of(sound, "a call"), sound)
        assert not caplog.records
        samples_of(np.round(sound * 32767), "a call")
    assert "taken for 16-bit integers" in caplog.text
    with pytest.raises(DatasetError, match=r"^a call: samples must lie in \[-1, 1\]"):
        samples_of(sound * 32767, "a call")
    with pytest.raises(DatasetError, match=r"at most 64 channels; got the shape \(100, 200\)"):
        samples_of(np.zeros((100, 200)), "a call")


@pytest.mark.parametrize("loud", [1e38, -1e38, 2 * LOUDEST])
def test_a_file_far_too_loud_is_refused(tmp_path: Path, loud: float) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_of(np.full(100, loud, np.float32), subtype="FLOAT"))
    with pytest.raises(DatasetError, match=r"a\.wav: samples must lie in \[-1, 1\]"):
        waveform(path)


@pytest.mark.parametrize("rate", [1, 999, 1_000_001])
def test_a_rate_that_is_none_is_refused(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_of(noise(0.1), rate))
    with pytest.raises(DatasetError, match=r"a\.wav: sound must have 1,000 to 1,000,000 samples"):
        waveform(path)
    with pytest.raises(DatasetError, match="sound must have 1,000 to 1,000,000 samples"):
        waveform(noise(0.1), rate)


# Pipes -------------------------------------------------------------------------------------------


def piped(data: bytes) -> tuple[int | None, npt.NDArray[np.float32]]:
    stream = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
    form, begun = form_of(stream)
    parts = list(chunks(stream, form, begun, form.rate_hz or RATE))
    return form.rate_hz, np.concatenate([np.zeros(0, np.float32), *parts])


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("size", [None, 0xFFFFFFFF])
def test_a_wav_in_a_pipe_is_that_in_a_file(
    tmp_path: Path, subtype: str, channels: int, size: int | None
) -> None:
    sound, path = np.stack([noise(0.3, seed) for seed in range(channels)], 1), tmp_path / "a.wav"
    data = wav_of(sound.clip(-1, 1), 44100, subtype)
    if size is not None:
        place = data.index(b"data")
        data[place + 4 : place + 8] = struct.pack("<I", size)
    path.write_bytes(data)
    rate, expected = waveform(path)
    after = b"LIST\x04\x00\x00\x00INFO" if size is None else b""
    found_rate, found = piped(bytes(data) + after)
    assert found_rate == rate == 44100
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_raw_samples_in_a_pipe_stay_what_they_are(caplog: pytest.LogCaptureFixture) -> None:
    values = np.random.default_rng(0).integers(-32768, 32767, 5000).astype("<i2")
    for data in (values.tobytes(), values[:3].tobytes(), values.tobytes() + b"\0", b"", b"\0"):
        rate, found = piped(data)
        assert rate is None
        assert np.array_equal(found * 32768, np.frombuffer(data[: len(data) // 2 * 2], "<i2"))
    assert "in the middle of a sample" in caplog.text


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3", "aiff", "au"])
def test_another_file_in_a_pipe_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, noise(0.5), RATE)
    with pytest.raises(DatasetError, match=rf"^standard input: .*; got {ending} data.*ffmpeg"):
        piped(path.read_bytes())


def test_a_wav_in_a_pipe_that_cannot_be_read_is_refused() -> None:
    for data in (wav_of(noise(0.1), subtype="ULAW"), wav_of(noise(0.1))[:30]):
        with pytest.raises(DatasetError, match=r"^standard input: .*ffmpeg"):
            piped(bytes(data))


def test_arrays_as_torchaudio_has_them_are_one_recording() -> None:
    sound = noise(1)
    for array in (sound[None], np.stack([sound, sound]), sound[:, None]):
        recordings = Recordings.make([array], None, "a list", sample_rate_hz=RATE)
        assert np.allclose(waveform(recordings.audio[0], RATE)[1], sound)


@pytest.mark.parametrize(
    "head",
    [
        *(b"RIFX....WAVEfmt ", b"riff.\x91\xcf\x11....", b"NIST_1A\n   1024\n", b"#!AMR\n"),
        *(
            b"\xff\xf1\x50\x80....",
            b"\x1f\x8b\x08\x00....",
            b"PK\x03\x04....",
            b"calls/1.wav\ncalls/2.wav\n",
        ),
    ],
)
def test_what_is_no_sound_is_not_heard_as_raw_samples(head: bytes) -> None:
    with pytest.raises(DatasetError, match="must be a wav of whole numbers or floats, or raw"):
        form_of(io.BytesIO(head + bytes(64)))  # type: ignore[arg-type]


def test_a_wav_in_a_pipe_whose_header_contradicts_itself_is_refused() -> None:
    form = struct.pack("<HHIIHH", 1, 1, RATE, 4 * RATE, 4, 24)
    head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00" + form + b"data\xff\xff\xff\xff"
    with pytest.raises(DatasetError, match="contradict each other"):
        form_of(io.BytesIO(head + bytes(64)))  # type: ignore[arg-type]
