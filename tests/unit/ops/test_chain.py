"""Chains with the native library and without it, against every path added up one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.paths import BEST, needs_native, path
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence, unpack_sequence

from ostinato.ops import chain, chain_reference

# The largest differences over 300 seeds were 1.5e-14 with scores of about 2, 2.8e-13 of about 100
# (of a share; of a sum 4.3e-15 of its value, up to scores of 10,000).
TOLERANCE = {"atol": 1e-10, "rtol": 1e-10}

each_path = pytest.mark.parametrize("name", dict.fromkeys(["off", BEST]))


class Scores(NamedTuple):
    """The arguments of the operations."""

    emissions: Tensor
    batch_sizes: Tensor
    start: Tensor
    transition: Tensor
    end: Tensor


def make(
    lengths: Sequence[int], num_tags: int, seed: int, *, scale: float = 1.0, forbidden: float = 0.0
) -> Scores:
    """Random scores of rows, the longest first, with a share of the moves forbidden."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return scale * torch.randn(*shape, dtype=torch.float64, generator=generator)

    packed = pack_sequence([draw(n, num_tags) for n in sorted(lengths, reverse=True)])
    start, transition, end = draw(num_tags), draw(num_tags, num_tags), draw(num_tags)
    for part in (start, transition, end):
        part[torch.rand(part.shape, generator=generator) < forbidden] = -math.inf
    return Scores(packed.data, packed.batch_sizes, start, transition, end)


def rows_of(scores: Scores, data: Tensor) -> list[Tensor]:
    return list(unpack_sequence(PackedSequence(data, scores.batch_sizes)))


def every_score(scores: Scores, row: Tensor) -> dict[tuple[int, ...], float]:
    """The score of every path of a row, added up as the definition says."""
    start, transition, end = (part.numpy() for part in scores[2:])
    return {
        tags: start[tags[0]]
        + sum(float(row[t, tag]) for t, tag in enumerate(tags))
        + sum(transition[a, b] for a, b in itertools.pairwise(tags))
        + end[tags[-1]]
        for tags in itertools.product(range(len(start)), repeat=len(row))
    }


def shares(each: dict[tuple[int, ...], float], log_z: float, num_tags: int) -> tuple[Any, Any]:
    """The share of each tag at each step, and of each pair at each step but the last."""
    length = len(next(iter(each)))
    tags_share = np.zeros((length, num_tags))
    pairs_share = np.zeros((length - 1, num_tags, num_tags))
    for tags, score in each.items() if log_z > -math.inf else ():
        share = math.exp(score - log_z)
        tags_share[range(length), tags] += share
        pairs_share[range(length - 1), tags[:-1], tags[1:]] += share
    return tags_share, pairs_share


def assert_as_defined(scores: Scores) -> None:
    log_z, *others = chain.sum_paths(*scores)
    best, best_score = chain.best_paths(*scores)
    step, num_tags = scores.transition.exp(), len(scores.start)
    columns = [rows_of(scores, data) for data in (scores.emissions, *others, best)]
    for b, (row, marginals, before, onward, tags) in enumerate(zip(*columns, strict=True)):
        each = every_score(scores, row)
        total = float(np.logaddexp.reduce(list(each.values())))
        torch.testing.assert_close(log_z[b].item(), total, **TOLERANCE)
        tags_share, pairs_share = shares(each, total, num_tags)
        pairs = before[:-1, :, None] * step * onward[1:, None, :]
        torch.testing.assert_close(marginals.numpy(), tags_share, **TOLERANCE)
        torch.testing.assert_close(pairs.numpy(), pairs_share, **TOLERANCE)
        highest = max(each.values())
        torch.testing.assert_close(best_score[b].item(), highest, **TOLERANCE)
        torch.testing.assert_close(each[tuple(tags.tolist())], highest, **TOLERANCE)


def derivatives(scores: Scores) -> list[Tensor]:
    """The gradients of the rows' sums, each row with a weight of its own."""
    leaves = {
        name: part.detach().clone().requires_grad_()
        for name, part in scores._asdict().items()
        if name != "batch_sizes"
    }
    log_z = chain.sum_paths(*scores._replace(**leaves))[0]
    weights = torch.arange(1.0, len(log_z) + 1, dtype=torch.float64)
    return list(torch.autograd.grad(log_z @ weights, list(leaves.values())))


@each_path
@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    num_tags=st.integers(1, 4),
    seed=st.integers(0, 999),
    scale=st.sampled_from([0.1, 2.0, 100.0]),
    forbidden=st.sampled_from([0.0, 0.3, 0.9]),
)
def test_sums_shares_and_the_best_path_are_those_of_the_definition(
    name: str, lengths: list[int], num_tags: int, seed: int, scale: float, forbidden: float
) -> None:
    with path(name):
        assert_as_defined(make(lengths, num_tags, seed, scale=scale, forbidden=forbidden))


@needs_native
@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    num_tags=st.integers(1, 37),
    seed=st.integers(0, 999),
    forbidden=st.sampled_from([0.0, 0.2]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_the_library_and_plain_torch_give_the_same(
    lengths: list[int], num_tags: int, seed: int, forbidden: float, dtype: torch.dtype
) -> None:
    made = make(lengths, num_tags, seed, scale=3, forbidden=forbidden)
    scores = Scores(*(part.to(dtype) if part.is_floating_point() else part for part in made))
    found = []
    for name in (BEST, "off"):
        with path(name):
            found.append(
                (*chain.sum_paths(*scores), *chain.best_paths(*scores), *derivatives(scores))
            )
    for ours, theirs in zip(*found, strict=True):
        assert ours.dtype == theirs.dtype
        bound = TOLERANCE if ours.dtype == torch.float64 else {"atol": 1e-5, "rtol": 1e-5}
        torch.testing.assert_close(ours, theirs, **bound)


def test_off_is_plain_torch_and_the_library_does_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called = []
    plain = chain_reference.best_paths
    monkeypatch.setattr(
        chain_reference, "best_paths", lambda *parts: called.append(1) or plain(*parts)
    )
    scores = make((3, 2), 4, 0)
    for name in dict.fromkeys(["off", BEST]):
        with path(name):
            chain.best_paths(*scores)
        assert len(called) == 1


@each_path
@pytest.mark.parametrize("forbidden", [0.0, 0.2])
def test_gradients_are_those_of_finite_differences(name: str, forbidden: float) -> None:
    scores = make((3, 2, 1), 3, 5, forbidden=forbidden)
    leaves = [part.requires_grad_() for part in (scores.emissions, *scores[2:])]
    with path(name):
        assert chain.sum_paths(*scores)[0].isfinite().all()
        assert torch.autograd.gradcheck(
            lambda data, *rest: chain.sum_paths(data, scores.batch_sizes, *rest)[0], leaves
        )


@each_path
def test_scores_need_not_be_contiguous(name: str) -> None:
    scores = make((4, 2), 3, 6)
    strided = Scores(
        scores.emissions.T.contiguous().T,
        torch.stack([scores.batch_sizes] * 2, 1)[:, 0],
        torch.stack([scores.start] * 2, 1)[:, 0],
        scores.transition.T.contiguous().T,
        scores.end.expand(2, 3)[1],
    )
    with path(name):
        found = (*chain.sum_paths(*strided), *chain.best_paths(*strided))
        expected = (*chain.sum_paths(*scores), *chain.best_paths(*scores))
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, **TOLERANCE)


@each_path
@pytest.mark.parametrize("spoil", [math.nan, math.inf, -math.inf])
def test_batch_mates_change_nothing(name: str, spoil: float) -> None:
    scores = make((5, 5, 3), 4, 7)
    rows = rows_of(scores, scores.emissions)
    rows[1] = torch.full_like(rows[1], spoil)
    spoiled = scores._replace(emissions=pack_sequence(rows).data)
    found = []
    with path(name):
        for each in (scores, spoiled):
            log_z, *others = chain.sum_paths(*each)
            best, best_score = chain.best_paths(*each)
            found.append([list(log_z), list(best_score)])
            found[-1] += [rows_of(scores, data) for data in (*others, best)]
    for a, b in zip(*found, strict=True):
        for row in (0, 2):
            assert torch.equal(a[row], b[row])


@each_path
def test_a_batch_is_each_row_by_itself(name: str) -> None:
    scores = make((6, 4, 4, 1), 5, 8)
    with path(name):
        together = chain.sum_paths(*scores)[0]
        best = rows_of(scores, chain.best_paths(*scores)[0])
        for b, row in enumerate(rows_of(scores, scores.emissions)):
            alone = Scores(row, torch.ones(len(row), dtype=torch.int64), *scores[2:])
            torch.testing.assert_close(chain.sum_paths(*alone)[0][0], together[b], **TOLERANCE)
            assert torch.equal(chain.best_paths(*alone)[0], best[b])


@each_path
def test_a_row_that_nothing_is_allowed_in_has_no_shares_and_no_gradient(name: str) -> None:
    scores = make((3, 1), 2, 9)
    scores.transition[:] = -math.inf
    with path(name):
        log_z, marginals, *_ = chain.sum_paths(*scores)
        gradients = derivatives(scores)
    assert log_z[0] == -math.inf
    assert log_z[1].isfinite()
    long, short = rows_of(scores, marginals)
    assert (long == 0).all()
    torch.testing.assert_close(short.sum().item(), 1.0)
    assert all(part.isfinite().all() for part in gradients)
    assert (rows_of(scores, gradients[0])[0] == 0).all()


@each_path
def test_very_large_scores_do_not_overflow(name: str) -> None:
    with path(name):
        for seed in range(5):
            scores = make((4, 3, 1), 3, seed, scale=1e4)
            log_z, marginals, *_ = chain.sum_paths(*scores)
            for b, row in enumerate(rows_of(scores, scores.emissions)):
                total = float(np.logaddexp.reduce(list(every_score(scores, row).values())))
                torch.testing.assert_close(log_z[b].item(), total, **TOLERANCE)
            torch.testing.assert_close(marginals.sum(1), torch.ones(8, dtype=torch.float64))


@cache
def long_chain() -> tuple[Scores, Tensor, Tensor]:
    """A long row, its sum, and its best score, each by a loop over its steps in logarithms."""
    scores = make((50_000,), 3, 10, scale=3)
    past, highest = (scores.start + scores.emissions[0] for _ in range(2))
    for emission in scores.emissions[1:]:
        past = (past[:, None] + scores.transition).logsumexp(0) + emission
        highest = (highest[:, None] + scores.transition).amax(0) + emission
    return scores, (past + scores.end).logsumexp(0), (highest + scores.end).max()


@each_path
def test_the_best_path_is_not_lost_for_being_far_behind_at_first(name: str) -> None:
    # Tag 0 starts 800 behind, of which the exponential is nothing in float64, and ends 200 ahead;
    # the shares of what is left, tag 1 throughout, sum to 1.
    emissions = torch.tensor([[500.0, 0.0], [500.0, 0.0]], dtype=torch.float64)
    start = torch.tensor([-800.0, 0.0], dtype=torch.float64)
    transition = torch.tensor([[0.0, 0.0], [-1500.0, 0.0]], dtype=torch.float64)
    steps = torch.ones(2, dtype=torch.int64)
    scores = Scores(emissions, steps, start, transition, torch.zeros(2, dtype=torch.float64))
    with path(name):
        log_z, marginals, *_ = chain.sum_paths(*scores)
        _, best_score = chain.best_paths(*scores)
    assert log_z.tolist() == best_score.tolist() == [200]
    torch.testing.assert_close(marginals, torch.eye(2, dtype=torch.float64)[[0, 0]])


@each_path
def test_fifty_thousand_steps_are_as_exact_as_a_few(name: str) -> None:
    scores, total, highest = long_chain()
    with path(name):
        log_z, marginals, *_ = chain.sum_paths(*scores)
        best, best_score = chain.best_paths(*scores)
    torch.testing.assert_close(log_z[0], total, rtol=1e-12, atol=0)
    torch.testing.assert_close(best_score[0], highest, rtol=1e-12, atol=0)
    torch.testing.assert_close(marginals.sum(1), torch.ones(50_000, dtype=torch.float64))
    moves = scores.transition[best[:-1], best[1:]].sum()
    places = scores.emissions.gather(1, best[:, None]).sum()
    reached = scores.start[best[0]] + moves + places + scores.end[best[-1]]
    torch.testing.assert_close(best_score[0], reached, rtol=1e-12, atol=0)


@each_path
def test_of_equal_paths_it_is_that_with_the_lower_tag_from_the_end(name: str) -> None:
    scores = make((3, 2), 3, 0, scale=0)
    scores.emissions[:, 0] = -1  # the tags 1 and 2 are equal
    with path(name):
        best, score = chain.best_paths(*scores)
    assert best.tolist() == [1] * 5
    assert score.tolist() == [0, 0]
