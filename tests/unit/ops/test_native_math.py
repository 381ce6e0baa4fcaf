"""How exact the vector sigmoid and tanh are, seen through layers that compute nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from tests.paths import INSTRUCTION_SETS, needs_native, path
from torch import Tensor

from ostinato.nn import GRU, LSTM, RNN

pytestmark = needs_native
every_set = pytest.mark.parametrize("name", INSTRUCTION_SETS)


def grid() -> Tensor:
    """Numbers of every size, both signs, dense where the functions bend: 16 columns."""
    small = torch.logspace(-38, 0, 40_000, dtype=torch.float64)
    middle = torch.linspace(0, 20, 400_000, dtype=torch.float64)
    large = torch.logspace(1, 38, 2_000, dtype=torch.float64)
    positive = torch.cat([small, middle, large, torch.tensor([float("inf")])]).float()
    both = torch.cat([-positive, positive])
    return both[: len(both) // 16 * 16].view(-1, 16)


def through_rnn(x: Tensor) -> Tensor:
    """tanh, as the next state of an RNN with the identity for weight_ih and zero for weight_hh."""
    layer = RNN(1, 1, bias=False)
    return _run(layer, x, [[1.0]], [[0.0]])


def through_lstm(x: Tensor) -> Tensor:
    """sigmoid, as the forget gate: c_0 is 1, the gate g is 0."""
    layer = LSTM(1, 1, bias=False)
    return _run(layer, x, [[0.0], [1.0], [0.0], [0.0]], [[0.0]] * 4, cell=True)


def through_gru(x: Tensor) -> Tensor:
    """sigmoid, as the gate z: h_0 is 1, n is 0."""
    layer = GRU(1, 1, bias=False)
    return _run(layer, x, [[0.0], [1.0], [0.0]], [[0.0]] * 3, h_0=1.0)


def _run(
    layer: RNN | GRU | LSTM,
    x: Tensor,
    weight_ih: list[list[float]],
    weight_hh: list[list[float]],
    *,
    h_0: float = 0.0,
    cell: bool = False,
) -> Tensor:
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(weight_ih))
        layer.weight_hh_l0.copy_(torch.tensor(weight_hh))
        start = torch.full((1, x.numel(), 1), h_0)
        state = (start, torch.ones_like(start)) if isinstance(layer, LSTM) else start
        output, final = layer(x.view(1, -1, 1), state)
    return (final[1] if cell else output).view(x.shape)


def ulps(found: Tensor, exact: Tensor) -> Tensor:
    """Return the error in units of the last place of the exact value."""
    nearest = exact.float().abs()
    step = torch.nextafter(nearest, torch.tensor(torch.inf)).double() - nearest.double()
    return (found.double() - exact).abs() / step


FUNCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "rnn-tanh": (through_rnn, torch.tanh),
    "lstm-sigmoid": (through_lstm, torch.sigmoid),
    "gru-sigmoid": (through_gru, torch.sigmoid),
}
every_function = pytest.mark.parametrize(
    ("ours", "exact"), FUNCTIONS.values(), ids=FUNCTIONS.keys()
)


ABSOLUTE = {torch.tanh: 4e-7, torch.sigmoid: 1.2e-7}
"""Largest error. Measured: tanh 2.6e-7, without FMA (portable) 3.6e-7; sigmoid 9.0e-8."""

ULPS = {torch.tanh: 7.0, torch.sigmoid: 4.0}
"""The same in units of the last place, for results of 1e-30 and more in size.

Measured: tanh 4.3, portable 5.9; sigmoid 3.1, at -16.7.
"""


@every_function
@every_set
def test_the_worst_error_is_as_stated(
    name: str, ours: Callable[[Tensor], Tensor], exact: Callable[[Tensor], Tensor]
) -> None:
    x = grid().flatten()
    x = x[x.isfinite()]
    with path(name):
        found = ours(x)
    expected = exact(x.double())
    error = (found.double() - expected).abs()
    assert float(error.max()) < ABSOLUTE[exact]
    assert float(ulps(found, expected)[expected.abs() > 1e-30].max()) < ULPS[exact]
    assert bool((found.abs() <= 1).all())


@every_set
def test_the_ends_are_reached(name: str) -> None:
    """tanh ends 4 units in the last place before 1 (with FMA), sigmoid at 1 and next to 0."""
    infinity = float("inf")
    with path(name):
        ends = through_rnn(torch.tensor([-infinity, -1e38, -20.0, 20.0, 1e38, infinity]))
        assert ends[:3].tolist() == [-float(ends[3])] * 3
        assert ends[3:].tolist() == [float(ends[3])] * 3
        assert 1 - 4 * 2**-24 <= float(ends[3]) <= 1
        for sigmoid in (through_lstm, through_gru):
            ends = sigmoid(torch.tensor([-1e38, -200.0, 0.0, 200.0, 1e38]))
            assert ends[2:].tolist() == [0.5, 1, 1]
            assert bool((ends[:2] < torch.finfo(torch.float32).tiny).all())
        for function in (through_rnn, through_lstm, through_gru):
            assert bool(function(torch.tensor([torch.nan])).isnan())


@every_function
@every_set
def test_they_grow(
    name: str, ours: Callable[[Tensor], Tensor], exact: Callable[[Tensor], Tensor]
) -> None:
    """A larger argument never gives a result that is smaller by more than the errors of two."""
    x = torch.linspace(-30, 30, 300_001)
    with path(name):
        found = ours(x)
    assert bool((found.diff() >= -2 * ABSOLUTE[exact]).all())


@every_set
def test_tanh_of_a_small_number_is_that_number(name: str) -> None:
    """To a few units in the last place, down to where a product leaves the normal numbers."""
    x = torch.logspace(-35, -4, 100_000)
    with path(name):
        found = through_rnn(x)
    assert float(ulps(found, torch.tanh(x.double())).max()) < 3.0  # 2.0 measured
    tiny = torch.logspace(-45, -35, 1_000)
    with path(name):
        assert float((through_rnn(tiny) - tiny).abs().max()) < 1e-41
