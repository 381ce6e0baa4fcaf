import logging

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ostinato import DatasetError
from ostinato._config import AudioFeatures
from ostinato.audio import features, features_cached, features_of, files, levels, rates_of
from ostinato.data.ragged import Ragged
from ostinato.datasets import Recordings


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("OSTINATO_HOME", str(folder))
    return folder


@pytest.fixture
def recordings(tmp_path):
    """Sound files of several rates, one of them in stereo, one a sample long."""
    rng = np.random.default_rng(0)
    paths = []
    for number, (count, rate, channels) in enumerate(
        [(4000, 8000, 1), (1, 8000, 1), (9000, 16000, 2), (3000, 44100, 1)]
    ):
        paths.append(tmp_path / f"{number}.wav")
        soundfile.write(paths[-1], rng.uniform(-0.5, 0.5, (count, channels)), rate)
    return Recordings.make(paths, None, "a list")


def same(one, other):
    assert np.array_equal(one.frames.offsets, other.frames.offsets)
    assert np.array_equal(one.frames.values, other.frames.values)
    assert np.array_equal(one.seconds, other.seconds)
    assert one.frames.values.dtype == other.frames.values.dtype == np.float32


def refuse(*_):
    raise AssertionError("a recording was read again")


@pytest.mark.parametrize("speed", [1.0, 0.9, 1.1])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_frames_from_disk_are_those_in_memory_to_the_bit(recordings, speed, rate):
    settings = AudioFeatures(bands=23, hop=0.0125)
    for _ in range(2):  # made, then found
        same(
            features_cached(recordings, settings, rate, speed=speed),
            features_of(recordings, settings, rate, speed=speed),
        )


def test_a_row_is_what_its_recording_gives_alone(recordings):
    together = features_of(recordings, AudioFeatures(), 8000)
    for row in range(len(recordings)):
        alone = features_of(recordings.take([row]), AudioFeatures(), 8000)
        assert np.array_equal(together.frames[row], alone.frames[0])
        assert together.seconds[row] == alone.seconds[0]
    assert len(together) == len(recordings)


@pytest.mark.parametrize("function", [features_of, features_cached])
def test_seconds_are_those_of_the_file_at_any_speed_and_blocks_do_not_matter(
    recordings, monkeypatch, function
):
    expected = [0.5, 1 / 8000, 9 / 16, 3000 / 44100]
    faster = function(recordings, AudioFeatures(), 8000, speed=1.1)
    whole = function(recordings, AudioFeatures(), 8000)
    monkeypatch.setattr(files, "BLOCK", 700)
    monkeypatch.setattr(features, "_VERSION", -1)  # so that the cache does not know them
    in_blocks = function(recordings, AudioFeatures(), 8000)
    # The sum of a few blocks in float64.
    for found in (faster, whole, in_blocks):
        np.testing.assert_allclose(found.seconds, expected, rtol=1e-14)
    assert np.array_equal(in_blocks.frames.values, whole.frames.values)
    assert faster.frames.lengths[0] < whole.frames.lengths[0] == 50


def test_frames_from_disk_are_mapped_and_cannot_be_changed(recordings):
    values = features_cached(recordings, AudioFeatures(), 8000).frames.values
    assert type(values) is np.ndarray
    base = values
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    assert not values.flags.writeable


def test_frames_that_are_on_disk_are_found_without_the_recordings(recordings, monkeypatch):
    made = features_cached(recordings, AudioFeatures(), 8000)
    monkeypatch.setattr(features, "blocks", refuse)
    for path in recordings.audio:
        path.unlink()
    same(features_cached(recordings, AudioFeatures(), 8000), made)


def test_frames_are_found_by_content_and_by_no_name(recordings, monkeypatch, tmp_path):
    made = features_cached(recordings, AudioFeatures(), 8000)
    monkeypatch.setattr(features, "blocks", refuse)
    moved = [path.rename(tmp_path / f"moved-{path.name}") for path in recordings.audio]
    same(features_cached(Recordings.make(moved, None, "elsewhere"), AudioFeatures(), 8000), made)
    same(features_cached(recordings, AudioFeatures(context=3, subsampling=1), 8000), made)
    soundfile.write(moved[0], np.zeros(4000), 8000)
    with pytest.raises(AssertionError, match="read again"):
        features_cached(Recordings.make(moved, None, "elsewhere"), AudioFeatures(), 8000)


@pytest.mark.parametrize(
    ("settings", "rate", "speed"),
    [
        (AudioFeatures(bands=41), 8000, 1.0),
        (AudioFeatures(window=0.03), 8000, 1.0),
        (AudioFeatures(hop=0.011), 8000, 1.0),
        (AudioFeatures(), 11025, 1.0),
        (AudioFeatures(), 8000, 1.1),
    ],
)
def test_whatever_changes_frames_makes_them_anew(recordings, settings, rate, speed):
    first = features_cached(recordings, AudioFeatures(), 8000).frames.values
    found = features_cached(recordings, settings, rate, speed=speed)
    same(found, features_of(recordings, settings, rate, speed=speed))
    assert not np.array_equal(found.frames.values, first)


def test_a_recording_that_cannot_be_read_is_told_and_nothing_is_kept(recordings, home):
    content = recordings.audio[2].read_bytes()
    recordings.audio[2].write_bytes(content[:-10])
    for function in (features_of, features_cached):
        with pytest.raises(DatasetError, match=r"2\.wav: the file must be whole"):
            function(recordings, AudioFeatures(), 8000)
    assert list(home.rglob("*.f32")) == []
    recordings.audio[2].write_bytes(content)
    again = Recordings.make(recordings.audio, None, "a list")
    same(
        features_cached(again, AudioFeatures(), 8000),
        features_of(recordings, AudioFeatures(), 8000),
    )


@given(
    values=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 30), st.integers(1, 4)),
        elements=st.floats(-20, 20, width=32),
    ),
    at_once=st.integers(1, 31),
)
def test_levels_are_mean_and_deviation_of_each_band_however_many_are_taken_at_once(values, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "_AT_ONCE", at_once)
        mean, deviation = levels(Ragged(values, np.array([0, len(values)])))
    assert mean.dtype == deviation.dtype == np.float64
    wide = values.astype(np.float64)
    np.testing.assert_allclose(mean, wide.mean(axis=0), atol=1e-13)
    # A difference of squares up to 400 in float64, and its root: below 1e-6 where it is zero.
    np.testing.assert_allclose(deviation, wide.std(axis=0), atol=2e-6)


def test_the_common_rate_is_that_of_most_and_of_equals_the_higher(recordings, tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="ostinato"):
        assert rates_of(recordings) == (8000, None)  # two of four
        assert "a list: the recordings have 3 rates; all are brought to 8000 Hz" in caplog.text
        caplog.clear()
        assert rates_of(recordings.take([0, 1])) == (8000, 8000)
        assert caplog.text == ""
    assert rates_of(recordings.take([0, 2])) == (16000, None)
    assert rates_of(recordings.take([3])) == (16000, 44100)  # no more than speech has
    (tmp_path / "0.wav").write_text("no sound")
    with pytest.raises(DatasetError, match=r"0\.wav"):
        rates_of(recordings)
