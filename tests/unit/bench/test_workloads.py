from __future__ import annotations

import pytest
import torch

from ostinato import ConfigError
from ostinato.bench import roofline
from ostinato.bench.measure import Spread
from ostinato.bench.roofline import best_rate, flops
from ostinato.bench.workloads import Workload


def test_imdb_lengths_have_the_mean_and_the_range_of_imdb() -> None:
    lengths = Workload(batch_size=64).row_lengths()
    assert lengths == sorted(lengths, reverse=True)
    assert 230 < sum(lengths) / 64 < 250
    assert lengths[0] == 1000
    assert lengths[-1] >= 10
    assert Workload(batch_size=64).row_lengths() == lengths
    assert Workload(batch_size=64, seed=1).row_lengths() != lengths


def test_even_lengths_fill_their_range() -> None:
    lengths = Workload(batch_size=41, lengths="200-240").row_lengths()
    assert lengths == list(range(240, 199, -1))
    assert Workload(batch_size=3, lengths="7").row_lengths() == [7, 7, 7]


@pytest.mark.parametrize("lengths", ["imbd", "", "0", "9-3", "-4", "3-", "1.5"])
def test_other_lengths_are_refused(lengths: str) -> None:
    with pytest.raises(ConfigError, match="lengths must be imdb, a range like 200-240"):
        Workload(lengths=lengths)


def test_a_stream_has_one_direction() -> None:
    with pytest.raises(ConfigError, match="bidirectional must be False"):
        Workload(mode="step", bidirectional=True)


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_operations_are_counted_by_hand(cell: str, gates: int) -> None:
    sizes = {"cell": cell, "input_size": 3, "hidden_size": 5, "num_layers": 2}
    one = Workload(**sizes, mode="infer", batch_size=2, lengths="4")
    forward = 8 * (2 * gates * 5 * (3 + 5) + 2 * gates * 5 * (5 + 5))
    assert flops(one) == forward
    both = one.replace(bidirectional=True)
    assert flops(both) == 2 * 8 * (2 * gates * 5 * (3 + 5) + 2 * gates * 5 * (10 + 5))
    train = one.replace(mode="train")
    assert flops(train) == 3 * forward - 8 * 2 * gates * 5 * 3
    assert flops(train.replace(input_gradient=True)) == 3 * forward


def test_operations_are_what_torch_counts() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    layer = torch.nn.GRU(3, 5, num_layers=2)
    with FlopCounterMode(display=False) as counter:
        layer(torch.randn(4, 2, 3))[0].sum().backward()
    workload = Workload(cell="gru", input_size=3, hidden_size=5, num_layers=2, lengths="4")
    # torch leaves out the gradient of the first state, which is zero and asked for by nobody.
    unused = 2 * 2 * (2 * 3 * 5 * 5)
    assert counter.get_total_flops() == flops(workload.replace(batch_size=2)) - unused


def test_a_rate_is_that_of_the_best_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roofline, "SHAPES", ((64, 64, 64),))
    rate = best_rate(1, repeats=1)
    assert rate.flops > 1e6
    assert rate.where


def test_a_spread_of_one_value_is_that_value() -> None:
    assert Spread.of([2.0]) == Spread(2.0, 2.0, 2.0)
