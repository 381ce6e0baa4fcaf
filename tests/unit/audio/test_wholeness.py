"""What a decoder would pass over in silence is heard, or refused: joined files, cut ones, lost pages."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato._errors import DatasetError
from ostinato.audio import waveform
from ostinato.audio.wholeness import CONTRARY, CUT, HOLE, JOINED

RATE = 16000


def written(path: Path, seconds: float = 1.5, rate: int = RATE, **options: Any) -> bytes:
    channels = options.pop("channels", 1)
    sound = 0.2 * np.random.default_rng(1).standard_normal((int(seconds * rate), channels))
    soundfile.write(path, sound, rate, **options)
    return path.read_bytes()


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\x00\x00\x00\x06\x00\x00" + bytes(6 << 14)])
@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_mp3s_put_one_after_another_are_heard_to_the_end(
    tmp_path: Path, mode: str, tag: bytes
) -> None:
    path = tmp_path / "a.mp3"
    one = written(path, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode=mode)
    count = len(waveform(path)[1])
    path.write_bytes(one + tag + one + tag + one)
    found = waveform(path)[1]
    assert 0 <= len(found) - 3 * count <= 3 * 3 * 1152  # and what the encoders padded
    assert np.abs(found[-count // 2 : -2000]).mean() > 0.1


@pytest.mark.parametrize("other", [{"rate": 44100}, {"channels": 2}])
@pytest.mark.parametrize("is_first", [True, False])
def test_mp3s_of_several_kinds_in_one_file_are_refused(
    tmp_path: Path, other: dict[str, Any], is_first: bool
) -> None:
    path = tmp_path / "a.mp3"
    parts = [written(path, format="MP3"), written(path, format="MP3", **other)]
    path.write_bytes(b"".join(parts[::-1] if is_first else parts))
    with pytest.raises(DatasetError, match="rate or number of channels changes"):
        waveform(path)


@pytest.mark.parametrize("ending", ["flac", "ogg", "opus", "rf64", "caf", "au"])
def test_files_of_which_only_the_first_would_be_heard_are_refused(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a.{ending}"
    options = {"format": "OGG", "subtype": "OPUS"} if ending == "opus" else {}
    one = written(path, **options)
    waveform(path)
    path.write_bytes(one + one)
    with pytest.raises(DatasetError, match=JOINED):
        waveform(path)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("RF64", {}),
        ("W64", {}),
        ("W64", {"subtype": "PCM_24", "channels": 2}),
        ("NIST", {}),
        ("NIST", {"subtype": "ULAW"}),
        ("NIST", {"channels": 2}),
        ("WAV", {"endian": "BIG"}),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.99])
def test_files_cut_short_are_refused_in_every_container(
    tmp_path: Path, kind: str, options: dict[str, Any], share: float
) -> None:
    path = tmp_path / "a"
    data = written(path, format=kind, **options)
    assert len(waveform(path)[1]) == 1.5 * RATE
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(DatasetError, match=CUT):
        waveform(path)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_of_an_ogg_file_is_told(
    tmp_path: Path, subtype: str, share: float, bit: int
) -> None:
    path = tmp_path / "a.ogg"
    data = bytearray(written(path, format="OGG", subtype=subtype))
    data[int(share * len(data))] ^= 1 << bit
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="must be"):
        waveform(path)


def test_a_page_of_an_ogg_file_that_is_missing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.opus"
    data = written(path, seconds=4, format="OGG", subtype="OPUS")
    pages = [b"OggS" + page for page in data.split(b"OggS")[1:]]
    path.write_bytes(b"".join(pages[:3] + pages[4:]))
    with pytest.raises(DatasetError, match=HOLE):
        waveform(path)


@pytest.mark.parametrize(("align", "bits"), [(4, 16), (1, 16), (2, 8), (3, 16), (1, 0)])
def test_a_wav_whose_header_contradicts_itself_is_refused(
    tmp_path: Path, align: int, bits: int
) -> None:
    path = tmp_path / "a.wav"
    form = struct.pack("<HHIIHH", 1, 1, RATE, align * RATE, align, bits)
    path.write_bytes(
        b"RIFF\x24\x20\x00\x00WAVEfmt \x10\x00\x00\x00"
        + form
        + b"data\x00\x20\x00\x00"
        + bytes(8192)
    )
    with pytest.raises(DatasetError, match=CONTRARY):
        waveform(path)


@pytest.mark.parametrize("kind", ["VOC", "HTK", "MAT5", "PAF", "AVR"])
def test_what_libsndfile_takes_for_sound_beyond_the_usual_is_refused(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "a.wav"
    written(path, format=kind, subtype="PCM_16")
    with pytest.raises(DatasetError, match=f"got one of the kind {kind}"):
        waveform(path)
