import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato._config import AudioAugmentation, AudioFeatures
from ostinato.audio import Augmenter, Frontend
from ostinato.audio.augmentation import MOST_JOINED, SNR_RANGE_DB

FEATURES = AudioFeatures(bands=20)
RATE = 8000


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def make():
    """Augmenters of any settings that share their noises, which take a while."""
    first = Augmenter(AudioAugmentation(), FEATURES, RATE)

    def make(**settings):
        augmenter = Augmenter.__new__(Augmenter)
        augmenter.__dict__ |= first.__dict__
        augmenter.settings = AudioAugmentation(**settings)
        return augmenter

    return make


def frames(count=200, seed=0, level=10.0):
    return (level + 2 * rng(seed).standard_normal((count, 20))).astype(np.float32)


def energy(frames):
    """Mean over the frames of the sum over the bands."""
    return np.exp(frames.astype(np.float64)).sum(axis=1).mean()


def test_speeds_are_the_own_and_one_slower_and_one_faster(make):
    assert make(speed=0.1).speeds == (1.0, 0.9, 1.1)
    assert make(speed=0).speeds == (1.0,)


@given(
    count=st.integers(0, 200),
    join=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 2**16),
)
def test_groups_are_a_partition_in_random_order(make, count, join, seed):
    groups = make(join=join).groups(count, rng(seed))
    assert sorted(row for group in groups for row in group) == list(range(count))
    sizes = [len(group) for group in groups]
    assert all(1 <= size <= MOST_JOINED for size in sizes)
    if join == 0:
        assert set(sizes) <= {1}
    if join == 1:
        assert 1 not in sizes[:-1]


def test_groups_have_the_asked_share_of_joined_ones_of_every_size_and_are_shuffled(make):
    groups = make(join=0.3).groups(20_000, rng())
    sizes = np.bincount([len(group) for group in groups], minlength=6)
    # Of some 11,000 groups; the deviation of a share is 0.005 at most.
    assert sizes[2:].sum() / len(groups) == pytest.approx(0.3, abs=0.02)
    np.testing.assert_allclose(sizes[2:] / sizes[2:].sum(), 0.25, atol=0.03)
    assert abs(np.corrcoef(np.concatenate(groups), np.arange(20_000))[0, 1]) < 0.05


def is_louder(heard, utterance):
    """Whether frames are an utterance, louder or softer in all bands alike."""
    return len(heard) == len(utterance) and np.ptp(heard - utterance) < 1e-4


def test_joined_utterances_are_as_loud_as_the_first_give_or_take_the_gain(make):
    source, loud, soft = rng(2), frames(40) + np.float32(3), frames(60, 1) - np.float32(5)
    for gain_db in (0.0, 6.0):
        found = []
        for _ in range(200):
            joined = make(pause=0.0, gain_db=gain_db).joined([loud, soft], source)
            assert is_louder(joined[40:], soft)
            found.append(10 * np.log10(energy(joined[40:]) / energy(loud)))
        assert max(np.abs(found)) <= gain_db + 1e-3
        assert max(np.abs(found)) >= 0.9 * gain_db


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    pause=st.sampled_from([0.0, 0.005, 0.1, 0.5]),
    seed=st.integers(0, 2**16),
)
def test_joined_utterances_stand_one_after_another_with_pauses_no_longer_than_asked(
    make, lengths, pause, seed
):
    utterances = [frames(n, i) for i, n in enumerate(lengths)]
    joined = make(pause=pause).joined(utterances, rng(seed))
    assert joined.dtype == np.float32
    longest, place = int(pause / FEATURES.hop), 0
    for utterance in utterances:
        starts = range(place, place + longest + 1)
        place = next(
            s for s in starts if is_louder(joined[s : s + len(utterance)], utterance)
        ) + len(utterance)
    assert place <= len(joined) <= place + longest
    assert np.isfinite(joined).all()


def test_one_recording_alone_has_pauses_around_it_as_often_as_several_are_joined(make):
    augmenter, source, one = make(join=0.3, pause=0.2), rng(5), frames(50)
    longer = [len(augmenter.joined([one], source)) > 50 for _ in range(2000)]
    # A pause has no frame in 1 of 20 cases, so both in 1 of 400; the deviation of the share is 0.01.
    assert np.mean(longer) == pytest.approx(0.3, abs=0.03)
    assert make(join=0.0).joined([one], source) is one


def test_pauses_are_of_any_length_up_to_the_asked_and_softer_than_speech(make):
    augmenter, source = make(pause=0.2, gain_db=0.0), rng(3)
    one = frames(50)
    lengths = []
    for _ in range(300):
        joined = augmenter.joined([one, one], source)
        places = [
            start for start in range(len(joined) - 49) if is_louder(joined[start : start + 50], one)
        ]
        pause = joined[places[0] + 50 : places[1]]
        lengths.append(len(pause))
        assert places[0] <= 19
        assert len(joined) - places[1] - 50 <= 19
        # The softest twentieth of each band, added up, or less, on average. Measured: 1.1 times.
        limit = np.exp(np.quantile(one, 0.05, axis=0)).sum()
        assert not len(pause) or energy(pause) < 1.5 * limit < energy(one) / 50
    assert min(lengths) == 0
    assert max(lengths) == 19
    assert np.mean(lengths) == pytest.approx(9.5, abs=1)


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 25.0])
def test_noise_has_the_asked_signal_to_noise_on_average(make, snr_db):
    augmenter = make(noise=1.0, snr_db=snr_db, gain_db=0.0)
    speech, source, found = frames(400), rng(1), []
    for _ in range(500):
        noise = np.exp(augmenter.changed(speech, source).astype(np.float64)) - np.exp(
            speech.astype(np.float64)
        )
        found.append(10 * np.log10(energy(speech) / noise.sum(axis=1).mean()))
    # Any of 30 dB. Measured over 6,000: single ones up to 0.04 dB outside, as noise is not even.
    assert snr_db - 0.2 < min(found) < snr_db + 1
    assert snr_db + SNR_RANGE_DB - 1 < max(found) < snr_db + SNR_RANGE_DB + 0.2
    # The deviation of such a mean is 0.39.
    assert np.mean(found) == pytest.approx(snr_db + SNR_RANGE_DB / 2, abs=1.2)


def test_noise_added_to_frames_is_noise_added_to_the_sound(make):
    def heard(sound):
        frontend = Frontend(FEATURES, sample_rate_hz=RATE, input_rate_hz=RATE)
        return np.concatenate([frontend.push(sound.astype(np.float32)), frontend.finish()])

    sound = rng(0).standard_normal(4 * RATE) * np.sin(np.arange(4 * RATE) / 900) * 0.1
    white = 0.1 * rng(1).standard_normal(4 * RATE)
    together, added = heard(sound + white), np.logaddexp(heard(sound), heard(white))
    # Measured with 5 pairs: up to 0.014 nats.
    assert np.log(np.exp(together).mean() / np.exp(added).mean()) == pytest.approx(0, abs=0.05)


def test_some_examples_have_noise_as_many_as_asked(make):
    augmenter, speech, source = make(noise=0.25, gain_db=0.0), frames(20), rng()
    changed = [not np.array_equal(augmenter.changed(speech, source), speech) for _ in range(1000)]
    assert np.mean(changed) == pytest.approx(0.25, abs=0.05)  # the deviation is 0.014
    never = make(noise=0.0, gain_db=0.0)
    assert all(np.array_equal(never.changed(speech, source), speech) for _ in range(50))


def test_all_frames_get_louder_by_the_same_up_to_the_asked(make):
    augmenter, speech, source, gains = make(noise=0.0, gain_db=6.0), frames(), rng(), []
    for _ in range(300):
        difference = augmenter.changed(speech, source) - speech
        assert np.ptp(difference) < 4e-6  # two units of float32 near 16; measured: one
        gains.append(difference.mean() * 10 / np.log(10))
    assert -6.001 < min(gains) < -5.5
    assert 5.5 < max(gains) < 6.001


def test_white_pink_and_brown_noise_are_all_used_and_have_energy_one(make):
    augmenter = make()
    # Measured: 9e-7, as the level is rounded to float32.
    assert [energy(row) for row in augmenter._noises] == pytest.approx([1.0] * 3, rel=1e-5)
    spectra = [np.exp(row).mean(axis=0) for row in augmenter._noises]
    tilts = [spectrum[0] / spectrum[-1] for spectrum in spectra]
    assert tilts == sorted(tilts)
    source, met = rng(), set()
    for _ in range(30):
        spectrum = np.exp(augmenter._noise(500, source, 1.0)).mean(axis=0)
        met.add(int(np.argmin([np.abs(spectrum - one).sum() for one in spectra])))
    assert met == {0, 1, 2}


@given(
    count=st.integers(1, 120),
    masks=st.integers(0, 3),
    mask_bands=st.integers(0, 30),
    mask_time=st.sampled_from([0.0, 0.03, 0.2, 5.0]),
    seed=st.integers(0, 2**16),
)
def test_masks_set_whole_bands_and_whole_times_to_zero_and_nothing_else(
    make, count, masks, mask_bands, mask_time, seed
):
    augmenter = make(masks=masks, mask_bands=mask_bands, mask_time=mask_time)
    before = frames(count)
    kept = before.copy()
    after = augmenter.masked(before, rng(seed))
    assert np.array_equal(before, kept)
    is_masked = after != before
    assert (after[is_masked] == 0).all()
    bands, times = is_masked.all(axis=0), is_masked.all(axis=1)
    assert np.array_equal(is_masked, bands[None] | times[:, None])
    longest = min(int(mask_time / FEATURES.hop), count // 5)
    assert times.sum() <= masks * longest or bands.all()
    assert bands.sum() <= masks * min(mask_bands, 19)
    assert runs(bands) <= masks
    assert runs(times) <= masks


def runs(flags):
    return int((np.diff(flags.astype(int), prepend=0) == 1).sum())


def test_masks_have_every_width_and_every_place(make):
    augmenter, source = make(masks=1, mask_bands=3, mask_time=0.04), rng()
    bands, times, widths, lengths = np.zeros(20), np.zeros(50), set(), set()
    for _ in range(600):
        is_masked = augmenter.masked(frames(50), source) == 0
        bands += is_masked.all(axis=0)
        times += is_masked.all(axis=1)
        widths.add(int(is_masked.all(axis=0).sum()))
        lengths.add(int(is_masked.all(axis=1).sum()))
    assert (bands > 0).all()
    assert (times > 0).all()
    assert widths == {0, 1, 2, 3}
    assert lengths == {0, 1, 2, 3, 4}


def test_the_same_generator_gives_the_same_and_another_does_not(make):
    masks = {"masks": 1, "mask_bands": 8, "mask_time": 0.05}
    augmenter = make(noise=1.0, join=0.5, filter_db=6.0, **masks)
    speech = [frames(60, 1), frames(80, 2), frames(40, 3)]

    def everything(seed):
        source = rng(seed)
        return [
            *augmenter.groups(20, source),
            augmenter.joined(speech, source),
            augmenter.changed(speech[0], source),
            augmenter.masked(speech[1], source),
        ]

    first = everything(0)
    assert all(map(np.array_equal, first, everything(0)))
    assert not any(map(np.array_equal, first[-3:], everything(1)[-3:]))
    anew = Augmenter(augmenter.settings, FEATURES, RATE)
    assert np.array_equal(anew.changed(speech[0], rng(5)), augmenter.changed(speech[0], rng(5)))


def test_what_goes_in_is_not_changed(make):
    augmenter, speech = make(noise=1.0), frames()
    kept = speech.copy()
    augmenter.changed(speech, rng())
    augmenter.joined([speech, speech], rng())
    augmenter.masked(speech, rng())
    assert np.array_equal(speech, kept)


@pytest.mark.parametrize("filter_db", [3.0, 10.0])
def test_a_filter_is_one_smooth_curve_over_the_bands_at_all_times(make, filter_db):
    augmenter, source = make(noise=0.0, gain_db=0.0, filter_db=filter_db), frames(50)
    heights = []
    for seed in range(30):
        curve = augmenter.changed(source, rng(seed)) - source
        np.testing.assert_allclose(curve, np.tile(curve[:1], (50, 1)), atol=1e-5)
        heights.append(curve[0] * 10 / np.log(10))
    assert 0.8 * filter_db < np.abs(heights).max() <= filter_db + 1e-3
    assert np.abs(np.diff(heights, axis=1)).max() < filter_db  # from one band to the next
    assert abs(np.mean(heights)) < filter_db / 5
