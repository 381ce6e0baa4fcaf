import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

from ostinato._config import AudioFeatures
from ostinato.audio import Normalizer, Steps, packed_steps, steps_of
from ostinato.audio.steps import PRIOR_SECONDS, SMALLEST_DEVIATION

BANDS = 6
cuts = st.lists(st.integers(0, 300), max_size=9).map(sorted)


def frames(count, seed=0, bands=BANDS):
    rng = np.random.default_rng(seed)
    level = rng.normal(12, 3, bands)
    return (level + 2 * rng.standard_normal((count, bands))).astype(np.float32)


def normalizer(kind, hop=0.01):
    training = frames(500, seed=99).astype(np.float64)
    return Normalizer(kind, training.mean(axis=0), training.std(axis=0), hop=hop)


@given(
    count=st.integers(1, 300),
    cuts=cuts,
    hop=st.sampled_from([0.01, 0.003, 0.0125, 0.007]),
    seed=st.integers(0, 99),
)
def test_running_normalisation_does_not_depend_on_chunks_to_the_bit(count, cuts, hop, seed):
    heard = frames(count, seed)
    running = normalizer("running", hop)
    whole = running.all(heard)
    assert whole.dtype == np.float32
    running.reset()
    chunks = [running.next(chunk) for chunk in np.split(heard, cuts)]
    assert np.array_equal(np.concatenate(chunks), whole)


def test_running_normalisation_is_that_of_its_definition():
    running, heard = normalizer("running"), frames(40)
    found = running.all(heard)
    told = (heard - running.mean) / running.deviation
    weight = PRIOR_SECONDS / 0.01  # frames of mean 0 and mean square 1
    for t in range(len(heard)):
        mean = told[: t + 1].mean(axis=1).sum() / (weight + t + 1)
        square = (weight + (told[: t + 1] ** 2).mean(axis=1).sum()) / (weight + t + 1)
        expected = (told[t] - mean) / np.sqrt(square - mean**2)
        # Measured: 1.2e-7, half a unit of float32 near 2.
        np.testing.assert_allclose(found[t], expected, atol=1e-6)


def test_running_normalisation_of_a_whole_begins_anew_each_time():
    running = normalizer("running")
    first = running.all(frames(30))
    running.next(frames(50, seed=1))
    assert np.array_equal(running.all(frames(30)), first)
    assert running.next(frames(0)).shape == (0, BANDS)


def test_what_comes_later_changes_nothing_of_what_was_running():
    running = normalizer("running")
    other = frames(60)
    other[30:] += 40
    assert np.array_equal(running.all(frames(60))[:30], running.all(other)[:30])
    whole = normalizer("utterance")
    assert not np.array_equal(whole.all(frames(60))[:30], whole.all(other)[:30])


@given(count=st.integers(2, 300), gain=st.floats(-20, 20), scale=st.sampled_from([0.3, 1.0, 5.0]))
def test_an_utterance_has_mean_0_and_deviation_1_over_all_bands(count, gain, scale):
    found = normalizer("utterance").all(frames(count) * np.float32(scale) + np.float32(gain))
    assert found.dtype == np.float32
    # Measured over 1,000 utterances: 1.1e-8 and 1.6e-8, as each value is rounded once.
    assert abs(found.mean(dtype=np.float64)) < 1e-6
    assert found.std(dtype=np.float64) == pytest.approx(1, abs=1e-6)


def test_a_louder_utterance_is_the_same_to_an_utterances_normalisation():
    whole, heard = normalizer("utterance"), frames(50)
    deviation = whole.deviation.astype(np.float32)
    # Measured: 4.8e-7, as the louder frames have bits less for what tells them apart.
    np.testing.assert_allclose(whole.all(heard + 3 * deviation), whole.all(heard), atol=5e-6)
    # The means of single bands are left where they are.
    assert np.abs(whole.all(heard + np.eye(BANDS, dtype=np.float32)[0])[:, 0].mean()) > 0.05


@pytest.mark.parametrize("kind", ["utterance", "running"])
def test_silence_stays_as_it_is_and_is_finite(kind):
    silence = np.full((4000, BANDS), -15.942385, np.float32)
    found = normalizer(kind).all(silence)
    assert np.isfinite(found).all()
    if kind == "utterance":
        whole = normalizer(kind)
        told = (silence - whole.mean) / whole.deviation
        expected = (told - told.mean()) / max(told.std(), SMALLEST_DEVIATION)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.isfinite(
        Normalizer(kind, np.zeros(1), np.zeros(1), hop=0.01).all(silence[:, :1])
    ).all()


def test_noise_softer_than_the_smallest_deviation_is_not_blown_up():
    whole = Normalizer("utterance", np.zeros(BANDS), np.ones(BANDS), hop=0.01)
    soft = (frames(200) - 12) * np.float32(1e-4)
    found = whole.all(soft)
    # Divided by the smallest deviation, not by its own, 2.3e-4. Measured: 9e-10.
    np.testing.assert_allclose(found, (soft - soft.mean()) / SMALLEST_DEVIATION, atol=1e-7)


def expected_steps(heard, context, subsampling):
    """Every n-th frame with its neighbours, zeros past the ends, as the definition says."""
    side = context // 2
    padded = np.pad(heard, ((side, side), (0, 0)))
    return np.stack([padded[t : t + context].ravel() for t in range(0, len(heard), subsampling)])


overlapping = st.tuples(st.integers(0, 3), st.integers(1, 7)).map(
    lambda pair: AudioFeatures(
        context=2 * pair[0] + 1, subsampling=min(pair[1], 2 * pair[0] + 1), bands=BANDS
    )
)
with_gaps = st.tuples(st.integers(0, 2), st.integers(1, 4)).map(
    lambda pair: AudioFeatures(
        context=2 * pair[0] + 1, subsampling=2 * pair[0] + 1 + pair[1], bands=BANDS
    )
)


def in_chunks(heard, settings, cuts):
    steps = Steps(settings)
    return np.concatenate([*map(steps.push, np.split(heard, cuts)), steps.finish()])


@given(settings=overlapping, count=st.integers(1, 60), cuts=cuts)
def test_steps_are_those_of_their_definition_in_any_chunks(settings, count, cuts):
    heard = frames(count)
    expected = expected_steps(heard, settings.context, settings.subsampling)
    assert np.array_equal(steps_of(heard, settings), expected)
    assert np.array_equal(in_chunks(heard, settings, cuts), expected)


@given(settings=with_gaps, count=st.integers(1, 60), cuts=cuts)
def test_steps_that_leave_frames_out_are_those_of_their_definition_in_any_chunks(
    settings, count, cuts
):
    heard = frames(count)
    expected = expected_steps(heard, settings.context, settings.subsampling)
    assert np.array_equal(steps_of(heard, settings), expected)
    assert np.array_equal(in_chunks(heard, settings, cuts), expected)


def test_a_step_comes_as_soon_as_its_last_neighbour_is_there():
    steps = Steps(AudioFeatures(context=5, subsampling=2, bands=BANDS))
    assert [len(steps.push(frame[None])) for frame in frames(8)] == [0, 0, 1, 0, 1, 0, 1, 0]
    assert len(steps.finish()) == 1


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5), settings=overlapping)
def test_packed_steps_are_the_packed_steps_of_each(lengths, settings):
    utterances = [frames(n, seed) for seed, n in enumerate(sorted(lengths, reverse=True))]
    rows = [torch.from_numpy(steps_of(utterance, settings)) for utterance in utterances]
    found, expected = packed_steps(utterances, settings), pack_sequence(rows)
    assert torch.equal(found.data, expected.data)
    assert torch.equal(found.batch_sizes, expected.batch_sizes)
    assert all(map(torch.equal, unpack_sequence(found), rows))
