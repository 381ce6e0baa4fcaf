import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_sequence, unpack_sequence

from ostinato import ConfigError, ShapeError
from ostinato.datasets.records import schemes
from ostinato.nn import (
    CRF,
    Chain,
    Convolution,
    LockedDropout,
    Pooling,
    WordDropout,
    decode,
    log_likelihood,
    log_likelihood_and_marginals,
    n_best,
    posterior,
)
from ostinato.ops import chain

# Of sums in float64 over at most 4 ** 5 sequences: 3e-14 was the largest difference in 300 runs.
TOLERANCE = {"atol": 1e-11, "rtol": 1e-11}
TAGS = 4


def make(lengths: Sequence[int], seed: int, *, forbid: bool = False) -> tuple[Chain, list]:
    """A chain of random scores, and the emissions of each row in the user's order."""
    torch.manual_seed(seed)
    rows = [2 * torch.randn(length, TAGS, dtype=torch.float64) for length in lengths]
    allowed = None
    if forbid:
        transition = np.ones((TAGS, TAGS), bool)
        transition[0, 1] = transition[2, 2] = False
        start, end = np.ones(TAGS, bool), np.ones(TAGS, bool)
        start[3] = end[0] = False
        allowed = (start, transition, end)
    crf = CRF(TAGS, allowed).double()
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf(pack_sequence(rows, enforce_sorted=False)), rows


def every_score(scores: Chain, row: torch.Tensor) -> dict[tuple[int, ...], float]:
    """The score of every tag sequence of a row, added up as the definition says."""
    start, transition, end = (part.detach().numpy() for part in scores[1:])
    emissions = row.numpy()
    return {
        tags: start[tags[0]]
        + sum(emissions[t, tag] for t, tag in enumerate(tags))
        + sum(transition[a, b] for a, b in itertools.pairwise(tags))
        + end[tags[-1]]
        for tags in itertools.product(range(TAGS), repeat=len(row))
    }


def total(scores: Sequence[float]) -> float:
    return float(np.logaddexp.reduce(list(scores)))


def packed_tags(scores: Chain, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    return pack_sequence([torch.tensor(row) for row in rows], enforce_sorted=False).data


cases = pytest.mark.parametrize("forbid", [False, True])
LENGTHS = (3, 5, 1, 4)


@cases
def test_the_likelihood_is_that_of_the_definition(forbid: bool) -> None:
    scores, rows = make(LENGTHS, 0, forbid=forbid)
    tags = [[(3 * b + t) % TAGS for t in range(len(row))] for b, row in enumerate(rows)]
    found = log_likelihood(scores, packed_tags(scores, tags))
    for b, row in enumerate(rows):
        each = every_score(scores, row)
        torch.testing.assert_close(
            found[b].item(), each[tuple(tags[b])] - total(each.values()), **TOLERANCE
        )


@cases
def test_partial_labels_have_the_likelihood_of_all_that_they_leave_open(forbid: bool) -> None:
    scores, rows = make(LENGTHS, 1, forbid=forbid)
    open_ones = [torch.rand(len(row), TAGS) < 0.6 for row in rows]
    for row in open_ones:
        row[torch.arange(len(row)), torch.arange(len(row)) % 2 + 1] = True
    packed = pack_sequence([row.to(torch.uint8) for row in open_ones], enforce_sorted=False)
    found = log_likelihood(scores, packed.data.bool())
    for b, row in enumerate(rows):
        each = every_score(scores, row)
        fitting = [
            score
            for tags, score in each.items()
            if all(open_ones[b][t, tag] for t, tag in enumerate(tags))
        ]
        expected = total(fitting) - total(each.values())
        torch.testing.assert_close(found[b].item(), expected, **TOLERANCE)


@cases
def test_decoding_finds_the_best_sequence_and_n_best_the_others(forbid: bool) -> None:
    scores, rows = make(LENGTHS, 2, forbid=forbid)
    best = [tuple(row.tolist()) for row in unpack_sequence(decode(scores))]
    found = n_best(scores, 6)
    for b, row in enumerate(rows):
        each = every_score(scores, row)
        ranked = sorted(
            (tags for tags in each if each[tags] > -math.inf), key=each.__getitem__, reverse=True
        )
        assert best[b] == ranked[0]
        assert [tuple(tags) for tags, _ in found[b]] == ranked[:6]
        expected = [each[tags] - total(each.values()) for tags in ranked[:6]]
        torch.testing.assert_close([value for _, value in found[b]], expected, **TOLERANCE)


@cases
def test_marginals_and_pairs_are_those_of_the_definition(forbid: bool) -> None:
    scores, rows = make(LENGTHS, 3, forbid=forbid)
    chances = posterior(scores)
    marginals = unpack_sequence(scores.emissions._replace(data=chances.marginals))
    places = len(scores.emissions.data)
    pairs = {
        (i, j): unpack_sequence(
            scores.emissions._replace(
                data=chances.of_pair(torch.full((places,), i), torch.full((places,), j))
            )
        )
        for i in range(TAGS)
        for j in range(TAGS)
    }
    for b, row in enumerate(rows):
        each = every_score(scores, row)
        z = total(each.values())
        for t in range(len(row)):
            for j in range(TAGS):
                share = sum(math.exp(s - z) for tags, s in each.items() if tags[t] == j)
                torch.testing.assert_close(marginals[b][t, j].item(), share, **TOLERANCE)
                for i in range(TAGS) if t else ():
                    together = sum(
                        math.exp(s - z)
                        for tags, s in each.items()
                        if tags[t - 1] == i and tags[t] == j
                    )
                    torch.testing.assert_close(pairs[i, j][b][t].item(), together, **TOLERANCE)


def test_what_is_forbidden_has_no_probability_at_all() -> None:
    scores, _ = make((6, 4), 4, forbid=True)
    chances = posterior(scores)
    places = len(scores.emissions.data)
    first = scores.emissions.batch_sizes[0]
    forbidden = chances.of_pair(torch.full((places,), 2), torch.full((places,), 2))
    assert (forbidden[first:] == 0).all()
    assert (chances.marginals[:first, 3] == 0).all()


def test_gradients_are_those_of_finite_differences() -> None:
    scores, _ = make((3, 1, 2), 5)
    leaves = [part.detach().clone().requires_grad_() for part in scores[1:]]
    tags = torch.tensor([0, 1, 2, 3, 1, 0])
    batch_sizes = scores.emissions.batch_sizes

    def likelihood(data: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        return log_likelihood(Chain(PackedSequence(data, batch_sizes), *others), tags)

    data = scores.emissions.data.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(likelihood, (data, *leaves))


def test_the_op_is_as_torch_wants_it_and_has_second_derivatives() -> None:
    scores, _ = make((3, 2), 6)
    data = scores.emissions.data.requires_grad_()
    arguments = (
        data,
        scores.emissions.batch_sizes,
        *(p.detach().requires_grad_() for p in scores[1:]),
    )
    torch.library.opcheck(chain.sum_paths, arguments)
    wanted = [data, *arguments[2:]]
    assert torch.autograd.gradgradcheck(
        lambda data, *moves: chain.sum_paths(data, arguments[1], *moves)[0], wanted
    )


@pytest.mark.parametrize("spoil", [math.nan, math.inf])
def test_a_batch_is_each_row_by_itself_and_batch_mates_change_nothing(spoil: float) -> None:
    scores, rows = make(LENGTHS, 7)
    spoiled = [row.clone() for row in rows]
    spoiled[1][:] = spoil
    tags = [[t % TAGS for t in range(len(row))] for row in rows]
    together = log_likelihood(scores, packed_tags(scores, tags))
    beside = Chain(pack_sequence(spoiled, enforce_sorted=False), *scores[1:])
    spoiled_ones = log_likelihood(beside, packed_tags(scores, tags))
    for b, row in enumerate(rows):
        alone = Chain(pack_sequence([row]), *scores[1:])
        assert log_likelihood(alone, torch.tensor(tags[b])).item() == together[b].item()
        assert b == 1 or spoiled_ones[b].item() == together[b].item()


def test_without_transitions_it_is_cross_entropy() -> None:
    emissions = pack_sequence([torch.randn(5, TAGS), torch.randn(2, TAGS)])
    tags = torch.randint(TAGS, (7,))
    found = log_likelihood(CRF(TAGS)(emissions), tags).sum()
    expected = -F.cross_entropy(emissions.data.double(), tags, reduction="sum")
    torch.testing.assert_close(found, expected, **TOLERANCE)


def test_long_sequences_and_large_scores_stay_finite() -> None:
    torch.manual_seed(8)
    data = torch.randn(50_000, TAGS)
    scores = CRF(TAGS)(pack_sequence([data]))
    # Without transitions steps are independent, so that the sum is known.
    expected = data.double().logsumexp(1).sum()
    found = -log_likelihood(scores, data.argmax(1)) + data.double().amax(1).sum()
    torch.testing.assert_close(found.item(), expected.item(), rtol=1e-12, atol=0)
    huge = CRF(TAGS)(pack_sequence([1e4 * torch.randn(20, TAGS)]))
    assert posterior(huge).marginals.sum(1).allclose(torch.ones(20, dtype=torch.float64))
    assert log_likelihood(huge, decode(huge).data).isfinite().all()


def test_a_scheme_allows_only_its_own_sequences() -> None:
    tags = ["O", "B-X", "E-X", "I-X", "S-X"]
    crf = CRF(len(tags), schemes.allowed(tags, "BIOES"))
    path = decode(crf(pack_sequence([torch.randn(40, 5), torch.randn(7, 5)])))
    for row in unpack_sequence(path):
        assert schemes.faults([tags[tag] for tag in row.tolist()], "BIOES") == []


def test_wrong_arguments_are_refused() -> None:
    scores, _ = make((2,), 9)
    with pytest.raises(ShapeError, match="must be int64 of shape"):
        log_likelihood(scores, torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ConfigError, match="n must be at least 1"):
        n_best(scores, 0)
    with pytest.raises(ConfigError, match="num_tags must be at least 1"):
        CRF(0)
    with pytest.raises(ShapeError, match="what is allowed must have the shape"):
        CRF(3, (np.ones(2, bool), np.ones((3, 3), bool), np.ones(3, bool)))
    with pytest.raises(ShapeError, match="PackedSequence"):
        CRF(3)(torch.zeros(2, 3))  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"true or false, or 1 or 0, for start; got torch\.int64"):
        CRF(3, (np.array([1, 2, 0]), np.ones((3, 3), bool), np.ones(3, bool)))
    crf, packed = CRF(3), pack_sequence([torch.randn(4, 3), torch.randn(2, 3)])
    with pytest.raises(ShapeError, match=r"emissions must be real numbers; got torch\.complex64"):
        crf(packed._replace(data=packed.data + 0j))
    for wrong in ([0] * 6, np.zeros(6, int), packed, None):
        with pytest.raises(
            ShapeError, match=f"tags must be a tensor, .*got {type(wrong).__name__}"
        ):
            log_likelihood(crf(packed), wrong)  # type: ignore[arg-type]
    for low, high in ((-100, 2), (0, 3)):
        tags = torch.tensor([low, 0, 1, 2, 2, high])
        with pytest.raises(ShapeError, match=f"tags must be from 0 to 2; got {low} to {high}"):
            log_likelihood(crf(packed), tags)


def test_what_is_allowed_may_be_ones_and_zeros() -> None:
    may = np.array([True, False, True]), np.tri(3).astype(bool), np.array([False, True, True])
    expected = CRF(3, may)
    for dtype in (np.int64, np.uint8, np.float32):
        found = CRF(3, (may[0].astype(dtype), may[1].astype(dtype), may[2].astype(dtype)))
        for name, mask in expected.named_buffers():
            assert torch.equal(found.get_buffer(name), mask)


def test_what_is_done_to_the_marginals_changes_no_gradient() -> None:
    crf, packed = CRF(3), pack_sequence([torch.randn(4, 3), torch.randn(2, 3)])
    data, tags = packed.data.requires_grad_(), torch.tensor([0, 1, 2, 0, 1, 2])
    found = []
    for change in (lambda one: one, lambda one: one.mul_(5.0), lambda one: one.numpy().fill(7.0)):
        total, marginals = log_likelihood_and_marginals(crf(packed._replace(data=data)), tags)
        change(marginals)
        found.append(torch.autograd.grad(total.sum(), data)[0])
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_modules_of_packed_sequences_are_no_script() -> None:
    every = (CRF(3), Pooling("attention", 3), Convolution(3, 3), LockedDropout(), WordDropout())
    for module in every:
        match = f"^{type(module).__name__}: torch.jit.script cannot compile"
        with pytest.raises(ConfigError, match=match):
            torch.jit.script(torch.nn.Sequential(module))


def test_it_is_built_without_values_as_a_saved_one_is():
    may = (torch.tensor([True, False]), torch.tensor([[1, 0], [1, 1]]), torch.ones(2))
    with torch.device("meta"):
        assert CRF(2, may).transition_mask.is_meta
    assert CRF(2, may).transition_mask.tolist() == [[0.0, -torch.inf], [0.0, 0.0]]
