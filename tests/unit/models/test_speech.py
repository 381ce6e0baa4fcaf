import itertools
from collections.abc import Sequence
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.paths import needs_native
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

from ostinato import ConfigError, Recurrent
from ostinato.models import SpeechNetwork
from ostinato.models.speech import BandConvolution

BANDS, CONTEXT, SYMBOLS = 12, 3, 7
CELLS = ("gru", "lstm", "rnn")

every_cell = pytest.mark.parametrize("cell", CELLS)
every_front = pytest.mark.parametrize("channels", [None, 5])


def make(cell: str = "gru", channels: int | None = 5, **options: Any) -> SpeechNetwork:
    torch.manual_seed(0)
    recurrent = Recurrent(
        cell=cell,  # type: ignore[arg-type]
        hidden_size=options.pop("hidden_size", 12),
        num_layers=options.pop("num_layers", 2),
        bidirectional=options.pop("bidirectional", False),
    )
    return SpeechNetwork(
        BANDS, CONTEXT, SYMBOLS, channels=channels, recurrent=recurrent, **options
    ).eval()


def rows_of(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    torch.manual_seed(seed)
    return [torch.randn(length, CONTEXT * BANDS) for length in lengths]


@torch.inference_mode()
def whole(model: SpeechNetwork, rows: Sequence[Tensor]) -> list[Tensor]:
    """The scores of rows of one batch."""
    return unpack_sequence(model(pack_sequence(list(rows), enforce_sorted=False)))


@every_cell
@every_front
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_batch_is_each_utterance_by_itself(
    cell: str, channels: int | None, bidirectional: bool
) -> None:
    model = make(cell, channels, bidirectional=bidirectional)
    rows = rows_of([9, 40, 1, 17])
    for row, found in zip(rows, whole(model, rows), strict=True):
        (alone,) = whole(model, [row])
        # Measured: no difference, and 4.8e-7 without the native library.
        torch.testing.assert_close(found, alone, atol=5e-6, rtol=0)


lengths = st.lists(st.integers(1, 40), min_size=1, max_size=6)
kinds = {
    "cell": st.sampled_from(CELLS),
    "channels": st.sampled_from([None, 5, 32]),
    "hidden_size": st.sampled_from([4, 12, 64]),
}


@needs_native
@settings(max_examples=40)
@given(
    lengths=lengths,
    bidirectional=st.booleans(),
    spoil=st.sampled_from([0.0, 1e6, float("nan"), float("inf")]),
    **kinds,
)
def test_batch_mates_change_nothing_to_the_bit(
    lengths: list[int], bidirectional: bool, spoil: float, **kind: Any
) -> None:
    model = make(bidirectional=bidirectional, **kind)
    first, *others = rows_of(lengths)
    (alone,) = whole(model, [first])
    assert torch.equal(whole(model, [first, *others])[0], alone)
    spoiled = [torch.full_like(other, spoil) for other in others]
    assert torch.equal(whole(model, [*spoiled, first])[-1], alone)


@torch.inference_mode()
def streamed(model: SpeechNetwork, row: Tensor, cuts: Sequence[int]) -> Tensor:
    """The scores of an utterance that comes in chunks, none of them empty."""
    state, found = None, []
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(row)}), len(row)]
    for start, end in itertools.pairwise(edges):
        scores, state = model.next(row[start:end], state)
        assert scores.shape == (end - start, SYMBOLS)
        found.append(scores)
    return torch.cat(found)


@needs_native
@settings(max_examples=60)
@given(length=st.integers(1, 90), cuts=st.lists(st.integers(1, 90), max_size=20), **kinds)
def test_chunks_give_what_the_whole_gives_to_the_bit(
    length: int, cuts: list[int], **kind: Any
) -> None:
    model = make(**kind)
    (row,) = rows_of([length])
    assert torch.equal(streamed(model, row, cuts), whole(model, [row])[0])


@needs_native
@every_cell
@every_front
def test_steps_one_by_one_give_what_a_batch_gives_to_the_bit(
    cell: str, channels: int | None
) -> None:
    model = make(cell, channels)
    rows = rows_of([33, 20, 5])
    for row, found in zip(rows, whole(model, rows), strict=True):
        assert torch.equal(streamed(model, row, range(len(row))), found)


@needs_native
@pytest.mark.parametrize("hidden_size", [5, 10, 30])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_any_number_of_units_keeps_the_promise_to_the_bit(
    hidden_size: int, bidirectional: bool
) -> None:
    model = make(channels=None, hidden_size=hidden_size, bidirectional=bidirectional)
    rows = rows_of([33, 20, 5])
    for row, found in zip(rows, whole(model, rows), strict=True):
        (alone,) = whole(model, [row])
        assert torch.equal(found, alone)
        assert bidirectional or torch.equal(streamed(model, row, range(len(row))), alone)


@needs_native
def test_two_streams_do_not_disturb_one_another() -> None:
    model = make()
    one, two = rows_of([12, 12])
    found: list[Tensor] = []
    states: dict[int, Any] = {0: None, 1: None}
    with torch.inference_mode():
        for start in range(0, 12, 3):
            for number, row in enumerate((one, two)):
                scores, states[number] = model.next(row[start : start + 3], states[number])
                found.append(scores)
    assert torch.equal(torch.cat(found[::2]), whole(model, [one])[0])
    assert torch.equal(torch.cat(found[1::2]), whole(model, [two])[0])


@every_cell
def test_two_directions_cannot_be_streamed(cell: str) -> None:
    model = make(cell, bidirectional=True)
    with pytest.raises(ConfigError, match=r"SpeechNetwork\.next: .* one direction; got bidirect"):
        model.next(*rows_of([3]))


def test_one_direction_hears_nothing_of_what_comes_and_two_do() -> None:
    row, other = rows_of([30, 30])
    other[:20] = row[:20]
    for bidirectional in (False, True):
        model = make(bidirectional=bidirectional)
        before, after = whole(model, [row])[0][:20], whole(model, [other])[0][:20]
        assert torch.equal(before, after) != bidirectional


@every_cell
@every_front
def test_scores_are_log_probabilities(cell: str, channels: int | None) -> None:
    (scores,) = whole(make(cell, channels), rows_of([20]))
    assert scores.shape == (20, SYMBOLS)
    assert scores.dtype == torch.float32
    # Measured: 2.4e-7.
    torch.testing.assert_close(scores.exp().sum(dim=1), torch.ones(20), atol=2e-6, rtol=0)
    assert scores.std(dim=0).min() > 0  # they depend on what is heard


@every_front
def test_training_without_dropout_scores_as_evaluation_does(channels: int | None) -> None:
    model = make(channels=channels)
    packed = pack_sequence(rows_of([21, 5]))
    evaluated = model(packed).data
    # Products of other numbers of rows may be summed in another order. Measured: no difference.
    torch.testing.assert_close(model.train()(packed).data, evaluated, atol=5e-6, rtol=0)


@every_cell
@every_front
def test_gradients_of_a_batch_are_the_sums_of_those_of_its_utterances(
    cell: str, channels: int | None
) -> None:
    model = make(cell, channels).train()
    rows = rows_of([15, 6, 1])

    def gradients(batch: Sequence[Tensor]) -> list[Tensor]:
        loss = model(pack_sequence(list(batch))).data[:, 1].sum()
        return list(torch.autograd.grad(loss, list(model.parameters())))

    each = [gradients([row]) for row in rows]
    for together, *alone in zip(gradients(rows), *each, strict=True):
        assert together.abs().sum() > 0
        # Measured, as a share of the largest: 6.1e-7.
        allowed = 1e-5 * float(together.abs().max())
        torch.testing.assert_close(together, sum(alone), atol=allowed, rtol=0)


def test_dropout_of_the_head_is_the_same_at_all_steps_and_none_in_evaluation() -> None:
    model = make(head_dropout=0.5, num_layers=1)
    (row,) = rows_of([1])
    rows = row.expand(30, -1).contiguous()
    assert torch.equal(whole(model, [rows])[0], whole(model, [rows])[0])
    model.train()
    model.head = torch.nn.Identity()  # type: ignore[assignment]
    model._score = lambda output: output  # type: ignore[method-assign]
    dropped = model(pack_sequence([rows])).data
    is_zero = dropped == 0
    assert is_zero.any()
    assert torch.equal(is_zero, is_zero[:1].expand_as(is_zero))


@pytest.mark.parametrize("bands", [4, 7, 12, 40, 81])
@pytest.mark.parametrize("context", [1, 5])
def test_a_convolution_over_bands_has_the_size_it_tells(bands: int, context: int) -> None:
    layer = BandConvolution(bands, context, 3)
    assert layer(torch.randn(6, context * bands)).shape == (6, layer.output_size)


def test_a_convolution_over_bands_takes_the_frames_of_a_step_for_its_channels() -> None:
    layer = BandConvolution(16, 3, 4)
    frames = torch.randn(5, 3, 16)  # a step is its frames one after another

    def convolved(hidden: Tensor, first_or_second: Any) -> Tensor:
        weight = first_or_second.weight.reshape(4, hidden.shape[1], -1)
        found = F.conv1d(hidden, weight, first_or_second.bias, padding="same")
        return F.max_pool1d(found.relu(), 2)

    expected = convolved(convolved(frames, layer.first), layer.second)
    # The same sums, perhaps in another order. Measured: no difference.
    found = layer(frames.flatten(1))[:, : 4 * 4].view(5, 4, 4)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
    swapped = layer(frames[:, [1, 0, 2]].flatten(1))
    assert (swapped - layer(frames.flatten(1))).abs().max() > 0.01


def test_a_sound_moved_by_four_bands_moves_the_features_by_one() -> None:
    layer = BandConvolution(64, 1, 2)
    steps = torch.zeros(1, 64)
    steps[0, 30:34] = torch.randn(4)
    one, other = (layer(s)[0, :32].view(2, 16) for s in (steps, steps.roll(4, dims=1)))
    assert not torch.equal(one, other)
    torch.testing.assert_close(one.roll(1, dims=1)[:, 2:14], other[:, 2:14])
