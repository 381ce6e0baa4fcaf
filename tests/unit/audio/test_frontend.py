import sys

import kaldi_native_fbank
import numpy as np
import pytest
import soxr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ostinato import ConfigError
from ostinato._config import AudioFeatures
from ostinato.audio import Frontend

RATES = [(8000, 8000), (16000, 16000), (8000, 16000), (16000, 8000), (8000, 44100), (11025, 22050)]


def noise(count, seed=0):
    """Noise whose loudness changes."""
    rng = np.random.default_rng(seed)
    loudness = np.exp(np.sin(np.arange(count) / 700)) / 10
    return (rng.standard_normal(count) * loudness).clip(-1, 1).astype(np.float32)


def frames_of(chunks, settings=None, *, rate=8000, input_rate=None, speed=1.0):
    frontend = Frontend(
        settings or AudioFeatures(),
        sample_rate_hz=rate,
        input_rate_hz=input_rate or rate,
        speed=speed,
    )
    return np.concatenate([*(frontend.push(chunk) for chunk in chunks), frontend.finish()])


def kaldi_frames(samples, rate, settings):
    """What Kaldi gives for the whole, all samples at once."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = rate
    options.frame_opts.frame_length_ms = 1000 * settings.window
    options.frame_opts.frame_shift_ms = 1000 * settings.hop
    options.frame_opts.dither = 0.0
    options.frame_opts.snip_edges = False
    options.mel_opts.num_bins = settings.bands
    fbank = kaldi_native_fbank.OnlineFbank(options)
    fbank.accept_waveform(rate, (samples * 32768).tolist())
    fbank.input_finished()
    return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])


@settings(max_examples=60)
@given(
    count=st.integers(0, 6000),
    cuts=st.lists(st.integers(0, 6000), max_size=12),
    rates=st.sampled_from(RATES),
    speed=st.sampled_from([1.0, 0.9, 1.1]),
    seed=st.integers(0, 99),
)
@example(count=400, cuts=list(range(400)), rates=(8000, 8000), speed=1.0, seed=0)
@example(count=300, cuts=list(range(300)), rates=(8000, 44100), speed=1.1, seed=0)
def test_frames_do_not_depend_on_chunks_to_the_bit(count, cuts, rates, speed, seed):
    rate, input_rate = rates
    samples = noise(count, seed)
    options = {"rate": rate, "input_rate": input_rate, "speed": speed}
    whole = frames_of([samples], **options)
    assert np.array_equal(frames_of(np.split(samples, sorted(cuts)), **options), whole)
    assert np.isfinite(whole).all()


@pytest.mark.parametrize("rate", [8000, 11025, 16000])
@pytest.mark.parametrize(
    "features",
    [
        AudioFeatures(),
        AudioFeatures(bands=23),
        AudioFeatures(window=0.02, hop=0.0125),
        AudioFeatures(hop=0.025),
    ],
    ids=["default", "bands", "hop", "no-overlap"],
)
@pytest.mark.parametrize("count", [200, 1000, 5003])
def test_frames_are_those_of_kaldi_to_the_bit(rate, features, count):
    samples = noise(count)
    found = frames_of(np.array_split(samples, 7), features, rate=rate)
    assert found.dtype == np.float32
    if count < rate * features.hop:
        samples = np.concatenate([samples, np.zeros(int(rate * features.hop) - count, np.float32)])
    assert np.array_equal(found, kaldi_frames(samples, rate, features))


@pytest.mark.parametrize("speed", [1.0, 0.9, 1.1])
@pytest.mark.parametrize(("rate", "input_rate"), RATES[2:])
def test_other_rates_and_speeds_are_those_of_soxr_to_the_bit(rate, input_rate, speed):
    samples = noise(6000)
    found = frames_of(np.array_split(samples, 5), rate=rate, input_rate=input_rate, speed=speed)
    played = soxr.resample(samples, input_rate * speed, rate)
    assert np.array_equal(found, kaldi_frames(played, rate, AudioFeatures()))


@given(count=st.integers(0, 3000), hop=st.sampled_from([0.01, 0.0125, 0.02]))
def test_there_is_a_frame_for_each_hop_and_at_least_one(count, hop):
    found = frames_of([noise(count)], AudioFeatures(hop=hop))
    shift = round(8000 * hop)
    assert found.shape == (max(1, (count + shift // 2) // shift), 40)


@pytest.mark.parametrize(("rate", "input_rate"), RATES)
@pytest.mark.parametrize("chunks", [[], [0], [1], [0, 3, 0]])
def test_the_shortest_sounds_have_one_frame(rate, input_rate, chunks):
    found = frames_of([noise(count) for count in chunks], rate=rate, input_rate=input_rate)
    assert found.shape == (1, 40)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("input_rate", [8000, 16000])
def test_silence_has_finite_frames_below_those_of_any_sound(input_rate):
    silent = frames_of([np.zeros(2000, np.float32)], input_rate=input_rate)
    assert np.isfinite(silent).all()
    assert np.ptp(silent) == 0
    soft = frames_of([noise(2000) * 0.01], input_rate=input_rate)
    assert silent.max() < soft.min()


def test_twice_the_amplitude_is_four_times_the_energy_in_every_band():
    samples = noise(4000)
    difference = frames_of([samples]) - frames_of([samples / 2])
    # Measured: 9.6e-7, a unit in the last place of logarithms near 15.
    np.testing.assert_allclose(difference, np.log(4), atol=1e-5)


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_a_tone_played_faster_is_shorter_and_higher(speed):
    def tone(frequency, count):
        return (0.5 * np.sin(2 * np.pi * frequency / 8000 * np.arange(count))).astype(np.float32)

    found = frames_of([tone(600, 8000)], speed=speed)
    expected = frames_of([tone(600 * speed, round(8000 / speed))])
    assert len(found) == len(expected)
    assert (found[5:-5].argmax(1) == expected[5:-5].argmax(1)).all()
    assert not (found[5:-5].argmax(1) == frames_of([tone(600, 8000)])[5].argmax()).any()


def test_frames_come_as_soon_as_their_samples_are_there():
    frontend = Frontend(AudioFeatures(), sample_rate_hz=8000, input_rate_hz=8000)
    counts = [len(frontend.push(noise(80))) for _ in range(20)]
    assert sum(counts) >= 17  # all but those that need what comes in the next 12.5 ms and a hop
    assert max(counts) == 1


@pytest.mark.parametrize(
    ("rate", "bands"), [(8000, 129), (8000, 500), (16000, 257), (8000, 100), (16000, 128)]
)
def test_bands_without_a_frequency_are_refused(rate, bands):
    with pytest.raises(
        ConfigError, match=rf"Features: bands must be fewer at {rate} Hz .* got {bands}\."
    ):
        frames_of([], AudioFeatures(bands=bands), rate=rate)


@pytest.mark.parametrize(("rate", "bands"), [(8000, 4), (8000, 80), (16000, 120)])
def test_as_many_bands_as_the_spectrum_has_room_for_are_allowed(rate, bands):
    found = frames_of([noise(1000)], AudioFeatures(bands=bands), rate=rate)
    assert found.shape[1] == bands
    assert np.isfinite(found).all()


@pytest.mark.parametrize("module", ["kaldi_native_fbank", "soxr"])
def test_without_its_packages_the_extra_to_install_is_told(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    name = module.replace("_", "-")
    with pytest.raises(ConfigError, match=rf'{name} is needed .* "ostinato\[audio\]"'):
        frames_of([], rate=8000, input_rate=16000)
