"""Calls the layers with what does not fit; run as a process of its own.

What torch takes our layers take, with the same result; what torch refuses they refuse in the words
of the house, as an error that handlers written for torch catch.
"""

from __future__ import annotations

import os
from typing import Any

import hypothesis
import torch
from hypothesis import strategies as st
from tests.cells import CELLS, Cell, tensors
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato._errors import ShapeError

hypothesis.settings.register_profile(
    "fuzz", deadline=None, max_examples=400, database=None, derandomize=True
)
hypothesis.settings.load_profile("fuzz")
torch.set_num_threads(1)

INPUT, HIDDEN = 3, 2
DTYPES = [torch.float32] * 4 + [torch.float64, torch.bfloat16, torch.int64]
cells = st.sampled_from(CELLS)
sizes = st.sampled_from([0, 1, 2, 2, HIDDEN, INPUT, INPUT, 4])


@st.composite
def any_tensor(draw: st.DrawFn, *likely: int) -> Tensor:
    """Tensors, half of them of a likely shape but for one number."""
    shape = list(likely)
    if draw(st.booleans()):
        shape = draw(st.lists(sizes, min_size=0, max_size=4))
    elif draw(st.booleans()):
        shape[draw(st.integers(0, len(shape) - 1))] = draw(sizes)
    made = torch.randn(shape).to(draw(st.sampled_from(DTYPES)))
    return made.to("meta") if draw(st.integers(0, 9)) == 0 else made


@st.composite
def any_state(draw: st.DrawFn, *likely: int) -> Any:
    one = any_tensor(*likely)
    kinds = [st.none(), one, st.tuples(one), st.tuples(one, one), st.tuples(one, one, one)]
    return draw(st.one_of(*kinds, st.just((None, None))))


def call(layer: Any, *arguments: Any) -> list[Tensor] | Exception:
    try:
        return tensors(layer(*arguments))
    except Exception as error:
        return error


def pair_of(cell: Cell, *, bidirectional: bool, batch_first: bool) -> Any:
    options = {"bidirectional": bidirectional, "batch_first": batch_first}
    return cell.pair(INPUT, HIDDEN, dtype=torch.float32, **options)


@hypothesis.given(st.data(), cells, st.booleans(), st.booleans())
def test_dense(data: st.DataObject, cell: Cell, both: bool, batch_first: bool) -> None:
    layer, twin = pair_of(cell, bidirectional=both, batch_first=batch_first)
    value = data.draw(any_tensor(*((4, 2, INPUT) if data.draw(st.booleans()) else (4, INPUT))))
    state = (1 + both, HIDDEN) if value.dim() == 2 else (1 + both, 2, HIDDEN)
    hx = data.draw(any_state(*state))
    ours, theirs = call(layer, value, hx), call(twin, value, hx)
    if isinstance(ours, Exception):
        assert isinstance(ours, ShapeError), repr(ours)
        is_ignored_by_torch = isinstance(hx, tuple) and len(hx) > 2
        assert isinstance(theirs, Exception) or is_ignored_by_torch, (value, hx, ours)
        return
    assert not isinstance(theirs, Exception), (value, hx, theirs)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


@hypothesis.given(st.data(), cells, st.booleans())
def test_packed(data: st.DataObject, cell: Cell, both: bool) -> None:
    """Only what is well-formed is taken; torch itself reads past the end for some of the rest."""
    layer, twin = pair_of(cell, bidirectional=both, batch_first=False)
    batch_sizes = data.draw(st.lists(st.integers(-1, 4), min_size=0, max_size=5))
    is_well = bool(batch_sizes) and batch_sizes == sorted(batch_sizes, reverse=True)
    is_well = is_well and batch_sizes[-1] > 0
    places = max(0, sum(batch_sizes)) + data.draw(st.sampled_from([0, 0, 0, -1, 1]))
    value = data.draw(any_tensor(max(0, places), INPUT))
    dtype = data.draw(st.sampled_from([torch.int64] * 4 + [torch.int32, torch.float32]))
    packed = PackedSequence(value, torch.tensor(batch_sizes, dtype=dtype))
    hx = data.draw(any_state(1 + both, max([1, *batch_sizes]), HIDDEN))
    ours = call(layer, packed, hx)
    if isinstance(ours, Exception):
        assert isinstance(ours, ShapeError), repr(ours)
    fits = is_well and dtype == torch.int64 and value.shape == (sum(batch_sizes), INPUT)
    if fits and value.device.type == "cpu":
        theirs = call(twin, packed, hx)
        is_ignored_by_torch = isinstance(hx, tuple) and len(hx) > 2
        same = isinstance(ours, Exception) == isinstance(theirs, Exception)
        assert same or is_ignored_by_torch, (packed, hx, ours)
        if not isinstance(ours, Exception) and not isinstance(theirs, Exception):
            for one, other in zip(ours, theirs, strict=True):
                torch.testing.assert_close(one, other)
    else:
        assert isinstance(ours, ShapeError), (packed, hx)


@hypothesis.given(st.data(), cells)
def test_parameters(data: st.DataObject, cell: Cell) -> None:
    """A parameter of another shape or dtype is refused, with and without gradients."""
    if os.environ.get("OSTINATO_NATIVE") == "off":
        return  # there torch decides
    layer = cell.make(INPUT, HIDDEN, dtype=torch.float32)
    name = data.draw(st.sampled_from([name for name, _ in layer.named_parameters()]))
    right = getattr(layer, name)
    wrong = data.draw(any_tensor(*right.shape))
    hypothesis.assume(wrong.is_floating_point() and wrong.device.type == "cpu")
    same = (wrong.shape, wrong.dtype) == (right.shape, right.dtype)
    setattr(layer, name, torch.nn.Parameter(wrong, requires_grad=data.draw(st.booleans())))
    ours = call(layer, torch.randn(4, 2, INPUT))
    assert isinstance(ours, list) if same else isinstance(ours, ShapeError), (name, wrong, ours)


@hypothesis.given(st.data(), cells)
def test_streams(data: st.DataObject, cell: Cell) -> None:
    layer = cell.make(INPUT, HIDDEN, dtype=torch.float32)
    session = layer.stream(2)
    value = data.draw(any_tensor(2, INPUT))
    fits = (value.shape, value.dtype) == ((2, INPUT), torch.float32) and not value.is_meta
    try:
        output = session.step(value)
    except ShapeError:
        assert not fits
    else:
        assert fits
        assert output.shape == (2, HIDDEN)
    try:
        session.reset(data.draw(any_state(1, 2, HIDDEN)))
    except ShapeError:
        assert not any(bool(part.isnan().any()) for part in session.state)


if __name__ == "__main__":
    for _name, _test in list(globals().items()):
        if _name.startswith("test_"):
            _test()
            print(_name)  # noqa: T201
