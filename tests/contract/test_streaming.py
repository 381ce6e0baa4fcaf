"""A streaming session gives what the whole sequence gives, on every path."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.cells import TOLERANCE, Cell, assert_close, every_cell, make_state, states
from torch import Tensor

from ostinato._errors import ConfigError, ShapeError

DTYPES = [torch.float32, torch.float64, torch.bfloat16]


def session_of(layer: Any, batch_size: int) -> Any:
    return layer.stream(batch_size=batch_size)


@pytest.mark.parametrize("batch_size", [1, 3, 17])
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("hidden_size", [1, 7, 130])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@every_cell
def test_steps_equal_the_whole_sequence(
    cell: Cell, num_layers: int, hidden_size: int, batch_size: int, dtype: torch.dtype
) -> None:
    layer = cell.make(5, hidden_size, num_layers=num_layers, dtype=dtype)
    sequence = torch.randn(6, batch_size, 5, dtype=dtype)
    session = session_of(layer, batch_size)
    outputs = torch.stack([session.step(part) for part in sequence])
    with torch.no_grad():
        whole, state = layer(sequence)
    assert_close(outputs, whole)
    for ours, theirs in zip(session.state, states(state), strict=True):
        torch.testing.assert_close(ours, theirs, atol=2 * TOLERANCE[dtype], rtol=0)


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=str)
@every_cell
def test_a_state_is_taken_and_given_back(cell: Cell, dtype: torch.dtype) -> None:
    layer = cell.make(num_layers=2, dtype=dtype)
    hx = make_state(cell, layer, 2, dtype)
    steps = torch.randn(3, 2, 3, dtype=dtype)
    session = session_of(layer, 2)
    session.reset(states(hx))
    for given, kept in zip(states(hx), session.state, strict=True):
        assert torch.equal(given, kept)
    first = [session.step(part) for part in steps]
    with torch.no_grad():
        assert_close(torch.stack(first), layer(steps, hx)[0])
    middle = session.state
    ahead = session.step(steps[0])
    session.reset(middle)
    assert torch.equal(session.step(steps[0]), ahead)
    session.reset()
    assert not any(bool(part.any()) for part in session.state)


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=str)
@every_cell
def test_what_it_gave_out_stays_as_it_was(cell: Cell, dtype: torch.dtype) -> None:
    """Outputs and states are copies, the input is left alone and need not be contiguous."""
    session = session_of(cell.make(dtype=dtype), 2)
    step = torch.randn(3, 2, dtype=dtype).T
    before = step.clone()
    output, state = session.step(step), session.state
    kept = [output.clone(), *(part.clone() for part in state)]
    session.step(step)
    session.reset()
    assert torch.equal(step, before)
    for now, then in zip([output, *state], kept, strict=True):
        assert torch.equal(now, then)
    assert not output.requires_grad
    assert torch.equal(session.step(before.contiguous().requires_grad_()), output)


@pytest.mark.parametrize("dtype", DTYPES[:1], ids=str)
@every_cell
def test_sessions_and_batch_mates_do_not_mix(cell: Cell, dtype: torch.dtype, path: str) -> None:
    layer = cell.make(dtype=dtype)
    one, other, both = session_of(layer, 1), session_of(layer, 1), session_of(layer, 2)
    for step in torch.randn(5, 2, 3, dtype=dtype):
        together = both.step(step)
        apart = torch.cat([one.step(step[:1]), other.step(step[1:])])
        torch.testing.assert_close(together, apart, atol=0 if path != "off" else 1e-6, rtol=0)


@pytest.mark.parametrize("dtype", DTYPES[:1], ids=str)
@every_cell
def test_it_holds_the_weights_of_its_beginning(cell: Cell, dtype: torch.dtype, path: str) -> None:
    if path == "off":
        pytest.skip("without kernels the session calls the layer")
    layer = cell.make(dtype=dtype)
    session, step = session_of(layer, 1), torch.randn(1, 3, dtype=dtype)
    before = session.step(step)
    with torch.no_grad():
        layer.weight_ih_l0.neg_()
    session.reset()
    assert torch.equal(session.step(step), before)
    assert not torch.equal(session_of(layer, 1).step(step), before)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("batch_first", [False, True])
def test_a_projection_and_batch_first_stream_too(*, batch_first: bool) -> None:
    from tests.cells import CELLS

    layer = CELLS[-1].make(proj_size=2, batch_first=batch_first)
    session, sequence = session_of(layer, 2), torch.randn(4, 2, 3, dtype=torch.float64)
    outputs = torch.stack([session.step(part) for part in sequence])
    with torch.no_grad():
        whole = layer(sequence.transpose(0, 1) if batch_first else sequence)[0]
    assert_close(outputs, whole.transpose(0, 1) if batch_first else whole)


@every_cell
def test_what_cannot_stream_is_refused(cell: Cell) -> None:
    name = cell.layer.__name__
    with pytest.raises(ConfigError, match=rf"^{name}\.stream: the layer must have one direction"):
        cell.make(bidirectional=True).stream()
    with pytest.raises(ConfigError, match=r"must not drop units; got dropout=0\.5"):
        cell.make(num_layers=2, dropout=0.5).stream()
    with pytest.raises(ConfigError, match="batch_size must be at least 1; got 0"):
        cell.make().stream(0)
    cell.make(num_layers=2, dropout=0.5).eval().stream()


@every_cell
def test_wrong_steps_and_states_are_refused_and_change_nothing(cell: Cell) -> None:
    session = session_of(cell.make(num_layers=2), 2)
    session.step(torch.randn(2, 3, dtype=torch.float64))
    before = session.state

    def doubles(*shape: int) -> Tensor:
        return torch.ones(shape, dtype=torch.float64)

    with pytest.raises(ShapeError, match=r"stream: input must have 3 features .*\(2, 4\)"):
        session.step(doubles(2, 4))
    with pytest.raises(ShapeError, match=r"stream: input must have 2 dimensions; got shape \(3,\)"):
        session.step(doubles(3))
    with pytest.raises(ShapeError, match=r"input must have shape \(2, 3\); got \(5, 3\)"):
        session.step(doubles(5, 3))
    with pytest.raises(ShapeError, match=r"input must have dtype torch\.float64"):
        session.step(torch.ones(2, 3))
    right = (doubles(2, 2, 5),) * len(before)
    with pytest.raises(ShapeError, match=r"h_0 must have shape \(2, 2, 5\); got \(2, 1, 5\)"):
        session.reset((doubles(2, 1, 5), *right[1:]))
    with pytest.raises(ShapeError, match=r"h_0 must have dtype torch\.float64"):
        session.reset((right[0].float(), *right[1:]))
    with pytest.raises(ShapeError, match=r"must be on cpu, where the weights are; got meta"):
        session.step(doubles(2, 3).to("meta"))
    match = rf"the state must be a tuple of {len(right)}; got tuple of {len(right) + 1}\."
    with pytest.raises(ShapeError, match=match):
        session.reset((*right, right[0]))
    with pytest.raises(ShapeError, match=rf"must be a tuple of {len(right)}; got Tensor\."):
        session.reset(right[0])
    if cell.has_cell_state:
        with pytest.raises(ShapeError, match=r"c_0 must have shape"):
            session.reset((right[0], doubles(2, 1, 5)))
    for now, then in zip(session.state, before, strict=True):
        assert torch.equal(now, then)


@pytest.mark.parametrize("dtype", DTYPES[:1], ids=str)
@every_cell
def test_autocast_takes_another_dtype(cell: Cell, dtype: torch.dtype, path: str) -> None:
    layer, step = cell.make(dtype=dtype), torch.randn(2, 3).bfloat16()
    expected = session_of(layer, 2).step(step.float())
    with torch.autocast("cpu", torch.bfloat16):
        found = session_of(layer, 2).step(step)
    allowed = TOLERANCE[torch.bfloat16] if path == "off" else 0
    torch.testing.assert_close(found.float(), expected, atol=allowed, rtol=0)


@pytest.mark.paths("best")
def test_parameters_that_do_not_fit_are_refused() -> None:
    from tests.cells import CELLS

    layer = CELLS[-1].make(dtype=torch.float32)
    layer.weight_hh_l0 = torch.nn.Parameter(torch.zeros(20, 4))
    with pytest.raises(ShapeError, match=r"weight_hh must have shape \(20, 5\); got \(20, 4\)"):
        session_of(layer, 1)
