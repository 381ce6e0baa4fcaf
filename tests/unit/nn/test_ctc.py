import itertools
import math
from collections.abc import Iterator, Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato import ShapeError
from ostinato.nn import CTCTargets, ctc_loss, steps_needed

CLASSES = 4

symbols = st.lists(st.integers(1, CLASSES - 1), max_size=4)
rows = st.tuples(st.integers(1, 6), symbols)


def collapsed(path: Sequence[int]) -> tuple[int, ...]:
    """The symbols for which a path stands."""
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol)


def paths_of(target: Sequence[int], steps: int) -> Iterator[tuple[int, ...]]:
    every = itertools.product(range(CLASSES), repeat=steps)
    return (path for path in every if collapsed(path) == tuple(target))


def by_every_path(log_probs: Tensor, target: Sequence[int]) -> Tensor:
    """The loss of a row as its definition says, in the precision of the input."""
    paths = torch.tensor(list(paths_of(target, len(log_probs))))
    if not len(paths):
        return log_probs.new_zeros(())
    each = log_probs[torch.arange(len(log_probs)), paths].sum(dim=1)
    return -torch.logsumexp(each, dim=0)


def scores_of(
    lengths: Sequence[int], seed: int, dtype: torch.dtype = torch.float32
) -> list[Tensor]:
    torch.manual_seed(seed)
    return [2 * torch.randn(length, CLASSES, dtype=dtype) for length in lengths]


def transcripts(targets: Sequence[Sequence[int]]) -> CTCTargets:
    flat = torch.tensor([symbol for target in targets for symbol in target], dtype=torch.int64)
    return CTCTargets(flat, torch.tensor([len(target) for target in targets]))


def packed(scores: Sequence[Tensor]) -> PackedSequence:
    return pack_sequence([row.log_softmax(dim=1) for row in scores])


def longest_first(cases: list[tuple[int, list[int]]]) -> tuple[list[int], list[list[int]]]:
    ordered = sorted(cases, key=lambda case: -case[0])
    return [length for length, _ in ordered], [target for _, target in ordered]


@settings(max_examples=40)
@given(cases=st.lists(rows, min_size=1, max_size=4).map(longest_first), seed=st.integers(0, 999))
def test_the_loss_is_the_sum_over_every_path(
    cases: tuple[list[int], list[list[int]]], seed: int
) -> None:
    lengths, targets = cases
    scores = scores_of(lengths, seed)
    found = ctc_loss(packed(scores), transcripts(targets))
    assert found.shape == (len(lengths),)
    for value, row, target in zip(found, scores, targets, strict=True):
        expected = by_every_path(row.double().log_softmax(dim=1), target)
        # Measured over 500 rows: 2.0e-6, of losses up to 21 in float32.
        torch.testing.assert_close(value.double(), expected, atol=1e-5, rtol=1e-6)


@settings(max_examples=30)
@given(case=rows, seed=st.integers(0, 999))
def test_the_gradient_is_that_of_the_sum_over_every_path(
    case: tuple[int, list[int]], seed: int
) -> None:
    # Of scores before the softmax: torch's gradient of the log-probabilities supposes that.
    steps, target = case
    (row,) = scores_of([steps], seed)
    row.requires_grad_()
    ctc_loss(packed([row]), transcripts([target])).sum().backward()
    wide = row.detach().double().requires_grad_()
    loss = by_every_path(wide.log_softmax(dim=1), target)
    expected = torch.zeros_like(wide)
    if loss.requires_grad:
        (expected,) = torch.autograd.grad(loss, wide)
    # Measured over 500 rows: 2.9e-6.
    torch.testing.assert_close(row.grad.double(), expected, atol=2e-5, rtol=0)


@settings(max_examples=40)
@given(cases=st.lists(rows, min_size=1, max_size=5).map(longest_first), seed=st.integers(0, 999))
def test_a_batch_is_each_row_by_itself(cases: tuple[list[int], list[list[int]]], seed: int) -> None:
    lengths, targets = cases
    scores = scores_of(lengths, seed)
    together = ctc_loss(packed(scores), transcripts(targets))
    for value, row, target in zip(together, scores, targets, strict=True):
        alone = ctc_loss(packed([row]), transcripts([target]))
        # Measured over 500 batches: no difference.
        torch.testing.assert_close(value, alone[0], atol=1e-6, rtol=1e-6)


def test_probabilities_of_all_symbols_that_fit_sum_to_one() -> None:
    (row,) = scores_of([4], 0)
    every = [
        target
        for size in range(5)
        for target in itertools.product(range(1, CLASSES), repeat=size)
        if int(steps_needed(transcripts([target]))[0]) <= 4
    ]
    losses = [float(ctc_loss(packed([row]), transcripts([target]))[0]) for target in every]
    assert math.fsum(map(math.exp, (-loss for loss in losses))) == pytest.approx(1, abs=1e-5)


@given(symbols=symbols)
def test_symbols_need_as_many_steps_as_their_shortest_path_has(symbols: list[int]) -> None:
    needed = int(steps_needed(transcripts([symbols]))[0])
    assert needed == next(n for n in range(9) if any(True for _ in paths_of(symbols, n)))


@given(targets=st.lists(symbols, min_size=1, max_size=5))
def test_steps_needed_are_those_of_each_row_by_itself(targets: list[list[int]]) -> None:
    needed = steps_needed(transcripts(targets))
    assert needed.dtype == torch.int64
    assert needed.tolist() == [int(steps_needed(transcripts([target]))) for target in targets]


def test_a_row_with_too_few_steps_has_no_loss_and_no_gradient_and_the_others_have_theirs() -> None:
    scores = [row.requires_grad_() for row in scores_of([5, 3, 3, 2], 1)]
    targets = [[1, 2], [1, 1], [2, 2, 3], [3, 3]]  # the last two need 4 and 3 steps
    loss = ctc_loss(packed(scores), transcripts(targets))
    assert loss[2:].tolist() == [0, 0]
    loss.sum().backward()
    for row in scores[2:]:
        assert torch.equal(row.grad, torch.zeros_like(row))
    for value, row, target in zip(loss[:2], scores[:2], targets[:2], strict=True):
        assert value > 0
        alone = row.detach().clone().requires_grad_()
        ctc_loss(packed([alone]), transcripts([target])).sum().backward()
        torch.testing.assert_close(row.grad, alone.grad, atol=1e-6, rtol=0)


def test_silence_is_all_blank() -> None:
    scores = [row.requires_grad_() for row in scores_of([4, 2], 2)]
    loss = ctc_loss(packed(scores), transcripts([[], []]))
    blank = torch.stack([-row.log_softmax(dim=1)[:, 0].sum() for row in scores])
    torch.testing.assert_close(loss, blank)
    found = torch.autograd.grad(loss.sum(), scores)
    for one, other in zip(found, torch.autograd.grad(blank.sum(), scores), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_symbols_that_are_impossible_have_no_loss_rather_than_an_infinite_one() -> None:
    log_probs = torch.tensor([[0.0, -math.inf], [0.0, -math.inf]], requires_grad=True)
    loss = ctc_loss(pack_sequence([log_probs]), transcripts([[1]]))
    loss.sum().backward()
    assert loss.tolist() == [0]
    assert log_probs.grad.isfinite().all()


def test_a_long_recording_does_not_underflow() -> None:
    steps = 3000
    log_probs = torch.full((steps, 30), math.log(1 / 30))
    loss = ctc_loss(pack_sequence([log_probs]), transcripts([[1]]))
    # Every step the same: as many paths as there are beginnings and ends of the one symbol.
    expected = steps * math.log(30) - math.log(steps * (steps + 1) / 2)
    # Measured: 0.22 of 10,188, in float32 added up 3,000 times.
    assert float(loss[0]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_other_precisions_are_summed_in_float32_and_their_gradient_comes_back(
    dtype: torch.dtype,
) -> None:
    log_probs = scores_of([5], 3)[0].log_softmax(dim=1).to(dtype).requires_grad_()
    loss = ctc_loss(pack_sequence([log_probs]), transcripts([[1, 2]]))
    assert loss.dtype == torch.float32
    wide = log_probs.detach().float()
    assert torch.equal(loss, ctc_loss(pack_sequence([wide]), transcripts([[1, 2]])))
    loss.sum().backward()
    assert log_probs.grad.dtype == dtype
    assert log_probs.grad.abs().sum() > 0


def test_the_loss_is_one_of_rows_in_the_order_of_the_batch() -> None:
    scores = scores_of([5, 3], 4)
    both = ctc_loss(packed(scores), transcripts([[1], [2]]))
    swapped = ctc_loss(packed(scores), transcripts([[2], [1]]))
    assert not torch.isclose(both, swapped).any()


@pytest.mark.parametrize("number", [1, 3])
def test_there_must_be_as_many_targets_as_rows(number: int) -> None:
    with pytest.raises(ShapeError, match=rf"ctc_loss: .* as many targets .* got {number} and 2\."):
        ctc_loss(packed(scores_of([3, 2], 0)), transcripts([[1]] * number))


def test_what_is_not_packed_is_refused() -> None:
    with pytest.raises(ShapeError, match="ctc_loss: input must be a PackedSequence"):
        ctc_loss(torch.zeros(3, CLASSES), transcripts([[1]]))  # type: ignore[arg-type]
