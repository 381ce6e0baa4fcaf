import logging
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import Recordings
from ostinato.datasets.records.recordings import merged

SOUND = np.array([0.5, -0.25, 0.0, 1.0], np.float32)


def of(*sounds, transcripts=None, rate=8000, **options):
    return Recordings.make(sounds, transcripts, "a list", sample_rate_hz=rate, **options)


def test_files_are_called_by_their_paths_and_arrays_by_their_numbers():
    split = of("b.wav", SOUND, Path("a/c.wav"))
    assert split.names == ["b.wav", "recording 2", str(Path("a/c.wav"))]
    assert split.audio[0] == Path("b.wav")
    assert of("b.wav", names=["row 1"]).names == ["row 1"]
    assert len(split) == 3


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_integers_are_shares_of_full_scale(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    (sound,) = of(np.array([low, 0, low // 2, high], dtype)).audio
    assert sound.dtype == np.float32
    assert sound[:3].tolist() == [-1.0, 0.0, -0.5]
    assert sound[3] == pytest.approx(1, abs=2**-15)


def test_integers_of_64_bits_which_no_sound_has_are_not_taken_for_silence():
    with pytest.raises(DatasetError, match="recording 1"):
        of([1000, -2000, 300])  # 16-bit samples as numbers of Python


def test_floats_stay_what_they_are_and_get_32_bits():
    (mono, stereo) = of(SOUND.astype(np.float64), SOUND.reshape(2, 2).T).audio
    assert mono.dtype == stereo.dtype == np.float32
    assert np.array_equal(mono, SOUND)
    assert np.array_equal(stereo, SOUND.reshape(2, 2).T)
    assert stereo.flags.c_contiguous


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros((2, 2, 2)),
        np.float32(0.5),
        np.array(["a"]),
        np.array([True]),
        np.array([1j]),
        np.array([1], np.uint8),
        np.array([1], np.int8),
        [None],
        object(),
    ],
    ids=["3d", "0d", "text", "bool", "complex", "unsigned", "8-bits", "none", "object"],
)
def test_what_is_no_sound_is_refused_with_its_number(sound):
    with pytest.raises(DatasetError, match=r"a list: recording 2 must be a path or an array of"):
        of(SOUND, sound)


def test_an_array_without_channels_is_refused():
    with pytest.raises(DatasetError, match="recording 1"):
        of(np.zeros((5, 0)))


def test_arrays_need_a_rate_and_files_do_not():
    with pytest.raises(DatasetError, match=r"recording 1: an array of samples needs its rate"):
        of(SOUND, rate=None)
    assert of("a.wav", rate=None).sample_rate_hz is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(6,), (3, 2)])
def test_the_first_sample_that_is_not_finite_is_named(value, shape):
    sound = np.zeros(6)
    sound[[3, 4]] = value
    place = 3 if len(shape) == 1 else 1
    with pytest.raises(DatasetError, match=rf"recording 1: .* finite .* at sample {place}\."):
        of(sound.reshape(shape))


def test_a_number_too_large_for_32_bits_is_refused():
    with pytest.raises(DatasetError, match="recording 1"):
        of(np.array([0.0, 1e300]))


@pytest.mark.parametrize("number", [1, 3])
def test_each_recording_needs_a_transcript_and_a_speaker(number):
    with pytest.raises(DatasetError, match=rf"as many transcripts as .* got {number} and 2\."):
        of("a", "b", transcripts=["x"] * number)
    with pytest.raises(DatasetError, match=rf"as many speakers as .* got {number} and 2\."):
        of("a", "b", speakers=["x"] * number)


def test_there_must_be_a_recording():
    with pytest.raises(DatasetError, match=r"a list: there must be a recording; got none"):
        of()


@pytest.mark.parametrize("value", [None, 1, b"one", ["one"]])
def test_a_transcript_that_is_no_string_is_named(value):
    with pytest.raises(DatasetError, match=rf"a list: b: .* string; got {type(value).__name__}\."):
        of("a", "b", transcripts=["one", value])


def test_empty_transcripts_are_counted_and_the_first_is_named(caplog):
    of("a", "b", "c", transcripts=["one", " \t", ""])
    assert "2 of 3 transcripts are empty, the first is that of b;" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        of("a", transcripts=["one"])
    assert caplog.text == ""


def test_speakers_become_strings():
    assert of("a", "b", speakers=[3, "Ann"]).speakers == ["3", "Ann"]


def test_equal_bytes_have_equal_keys_wherever_they_lie(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"one")
    (tmp_path / "b.wav").write_bytes(b"two")
    shutil.copy(tmp_path / "a.wav", tmp_path / "c.flac")
    a, b, c = of(*(tmp_path / name for name in ("a.wav", "b.wav", "c.flac"))).keys
    assert a == c != b
    one, two, other = of(SOUND, SOUND.copy(), -SOUND).keys
    assert one == two != other


def test_one_channel_and_two_of_the_same_bytes_are_different_sounds():
    one, two = of(SOUND, SOUND.reshape(2, 2)).keys
    assert one != two
    assert of(SOUND).fingerprint != of(SOUND.reshape(2, 2)).fingerprint


def test_a_file_that_is_missing_is_told_by_its_keys(tmp_path):
    (tmp_path / "call1.wav").touch()
    path = tmp_path / "call2.wav"
    with pytest.raises(DatasetError, match=rf"{re.escape(str(path))}: .*did you mean `call1.wav`"):
        of(path).keys  # noqa: B018
    with pytest.raises(DatasetError, match=r"a list: row 7: .*call2\.wav: the file must exist"):
        of(path, names=["row 7"]).keys  # noqa: B018
    with pytest.raises(DatasetError, match="got a folder"):
        of(tmp_path).keys  # noqa: B018


texts = st.lists(st.text("ab1:", max_size=3), min_size=2, max_size=2)


@given(first=texts, second=texts, swap=st.booleans())
def test_fingerprints_are_equal_if_and_only_if_sounds_and_transcripts_are(first, second, swap):
    sounds = [SOUND, -SOUND]
    one = of(*sounds, transcripts=first)
    other = of(*sounds[:: -1 if swap else 1], transcripts=second, speakers=["a", "b"])
    assert (one.fingerprint == other.fingerprint) == (first == second and not swap)


def test_a_transcript_is_not_taken_for_another_recording():
    first, second = of(SOUND, -SOUND, transcripts=["", ""]).keys
    said = of(SOUND, transcripts=[second])
    assert said.keys == [first]
    assert said.fingerprint != of(SOUND, -SOUND, transcripts=["", ""]).fingerprint
    said = of(SOUND, transcripts=[f"{second}0:"])
    assert said.fingerprint != of(SOUND, -SOUND, transcripts=["", ""]).fingerprint


def test_the_fingerprint_knows_the_rate_but_no_names():
    assert of(SOUND).fingerprint != of(SOUND, rate=16000).fingerprint
    other = Recordings.make([SOUND], None, "elsewhere", sample_rate_hz=8000, names=["x"])
    assert of(SOUND).fingerprint == other.fingerprint


def test_rows_are_taken_in_the_order_in_which_they_are_named():
    split = of("a", "b", "c", transcripts=["1", "2", "3"], speakers=["x", "y", "z"])
    taken = split.take(np.array([2, 0, 2]))
    assert [str(path) for path in taken.audio] == ["c", "a", "c"] == taken.names
    assert (taken.transcripts, taken.speakers) == (["3", "1", "3"], ["z", "x", "z"])
    assert (taken.source, taken.sample_rate_hz) == ("a list", 8000)
    bare = of("a", "b").take([1])
    assert (bare.transcripts, bare.speakers) == (None, None)


def test_keys_that_are_known_are_taken_along_and_others_are_made_anew(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text(name)
    split = of(tmp_path / "a", tmp_path / "b")
    untouched = split.take([1])
    keys = split.keys
    assert untouched.keys == [keys[1]]
    (tmp_path / "b").unlink()
    assert split.take([1]).keys == [keys[1]]


def test_merged_splits_stand_one_after_another():
    one = of("a", transcripts=["1"], speakers=["x"])
    two = of("b", "c", transcripts=["2", "3"], speakers=["y", "z"])
    both = merged([one, two], "both")
    assert [str(path) for path in both.audio] == ["a", "b", "c"] == both.names
    assert (both.transcripts, both.speakers) == (["1", "2", "3"], ["x", "y", "z"])
    assert both.source == "both"


def test_merged_splits_have_speakers_only_if_all_have():
    both = merged([of("a", speakers=["x"]), of("b")], "both")
    assert both.speakers is None
    assert len(both) == 2
