from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from tests import strategies
from tests.cells import INPUT, Cell, every_cell, make_rows, states
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_sequence

from ostinato._errors import ConfigError, ShapeError
from ostinato.nn import AttentionPooling, Pooling, PoolingName, max_over_time, mean_over_time

KINDS = get_args(PoolingName)
every_kind = pytest.mark.parametrize("kind", KINDS)
UNSORTED = (2, 7, 1, 7, 4)

PLAIN: dict[str, Callable[[Tensor], Tensor]] = {
    "max": lambda row: row.amax(0),
    "mean": lambda row: row.mean(0),
    "max-mean": lambda row: torch.cat([row.amax(0), row.mean(0)]),
}


def make(kind: Any, size: int = INPUT) -> Pooling:
    return Pooling(kind, size).double()


def some_h_n(batch_size: int) -> Tensor:
    return torch.randn(1, batch_size, INPUT, dtype=torch.float64)


@pytest.mark.parametrize("kind", PLAIN)
@settings(max_examples=30, deadline=None)
@given(rows=strategies.rows())
def test_pooling_equals_pooling_each_row(kind: str, rows: list[Tensor]) -> None:
    packed = pack_sequence(rows, enforce_sorted=False)
    expected = torch.stack([PLAIN[kind](row) for row in rows])
    torch.testing.assert_close(make(kind)(packed, some_h_n(len(rows))), expected)


def test_attention_weighs_each_row_by_itself() -> None:
    rows = make_rows(UNSORTED)
    pooling = AttentionPooling(INPUT).double()
    expected = []
    for row in rows:
        weights = pooling.query(pooling.project(row).tanh()).softmax(0)
        expected.append((weights * row).sum(0))
    actual = pooling(pack_sequence(rows, enforce_sorted=False))
    torch.testing.assert_close(actual, torch.stack(expected))


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@every_cell
def test_last_is_what_each_direction_of_the_top_layer_ends_with(
    cell: Cell, *, bidirectional: bool, num_layers: int
) -> None:
    layer = cell.make(num_layers=num_layers, bidirectional=bidirectional)
    rows = make_rows(UNSORTED)
    output, state = layer(pack_sequence(rows, enforce_sorted=False))
    size = output.data.shape[1]
    pooled = make("last", size)(output, states(state)[0])
    half = layer.hidden_size
    for row, vector in zip(torch.nn.utils.rnn.unpack_sequence(output), pooled, strict=True):
        assert torch.equal(vector[:half], row[-1, :half])
        if bidirectional:
            assert torch.equal(vector[half:], row[0, half:])


def test_several_kinds_stand_side_by_side() -> None:
    packed, h_n = pack_sequence(make_rows((7, 4, 1))), some_h_n(3)
    each = [make(kind)(packed, h_n) for kind in ("last", "max", "mean")]
    assert torch.equal(make("last-max-mean")(packed, h_n), torch.cat(each, dim=1))


@every_kind
def test_padding_may_be_nan(kind: str) -> None:
    rows = make_rows((7, 4, 1))
    padded = pad_sequence(rows, padding_value=torch.nan).requires_grad_()
    packed = pack_padded_sequence(padded, torch.tensor([7, 4, 1]))
    pooling = make(kind)
    h_n = some_h_n(3).requires_grad_()
    pooled = pooling(packed, h_n)
    assert torch.equal(pooled, pooling(pack_sequence(rows), h_n))
    pooled.square().sum().backward()
    gradient = h_n.grad if kind == "last" else padded.grad
    assert gradient is not None
    assert bool(gradient.isfinite().all())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "last" not in kind])
def test_a_broken_batch_mate_harms_nobody(kind: str) -> None:
    rows = make_rows((7, 4, 2))
    harmed = [rows[0], torch.full_like(rows[1], torch.nan), rows[2]]
    pooling, h_n = make(kind), some_h_n(3)
    well, ill = pooling(pack_sequence(rows), h_n), pooling(pack_sequence(harmed), h_n)
    assert torch.equal(well[[0, 2]], ill[[0, 2]])
    assert bool(ill[1].isnan().all())


@pytest.mark.parametrize("lengths", [UNSORTED, (3, 3)], ids=str)
@every_kind
def test_gradcheck(kind: str, lengths: tuple[int, ...]) -> None:
    packed = pack_sequence(make_rows(lengths), enforce_sorted=False)
    pooling = make(kind)
    inputs = (packed.data.requires_grad_(), some_h_n(len(lengths)).requires_grad_())

    def call(data: Tensor, h_n: Tensor) -> Tensor:
        result: Tensor = pooling(packed._replace(data=data), h_n)
        return result

    assert torch.autograd.gradcheck(call, inputs)


def test_max_of_nothing_but_minus_infinity_stays_in_its_row() -> None:
    rows = [torch.zeros(3, 1), torch.full((1, 1), -torch.inf)]
    assert max_over_time(pack_sequence(rows)).tolist() == [[0.0], [-torch.inf]]


def test_mean_of_bfloat16_does_not_add_up_its_rounding() -> None:
    rows = [torch.full((n, 1), 0.1, dtype=torch.bfloat16) for n in (2000, 1999)]
    mean = mean_over_time(pack_sequence(rows)).float()
    assert mean.flatten().tolist() == pytest.approx([0.1, 0.1], rel=0.01)


@every_kind
def test_bfloat16_autocast(kind: str) -> None:
    packed = pack_sequence(make_rows(UNSORTED, dtype=torch.float32), enforce_sorted=False)
    rounded = packed._replace(data=packed.data.bfloat16())
    pooling, h_n = Pooling(kind, INPUT), some_h_n(5).float()  # type: ignore[arg-type]
    with torch.autocast("cpu", torch.bfloat16):
        actual = pooling(rounded, h_n)
    torch.testing.assert_close(actual.float(), pooling(packed, h_n), atol=3e-2, rtol=0)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"kind must be one of last, .*; got 'maxx'; did you mean"
    ):
        Pooling("maxx", 3)  # type: ignore[arg-type]


def test_wrong_outputs_are_refused() -> None:
    packed = pack_sequence(make_rows((2, 1)))
    with pytest.raises(ShapeError, match=r"Pooling: input must have 4 features in its last dim"):
        make("max", 4)(packed, some_h_n(2))
    with pytest.raises(ShapeError, match="Pooling: input must be a PackedSequence; got Tensor"):
        make("max")(packed.data, some_h_n(2))
    with pytest.raises(ShapeError, match=r"h_n must have shape \(1, 2, 3\); got \(1, 2, 2\)"):
        make("last")(packed, torch.zeros(1, 2, 2))


@every_kind
def test_the_size_of_the_result_is_told(kind: str) -> None:
    pooling = make(kind)
    packed = pack_sequence(make_rows((2, 1)))
    assert pooling(packed, some_h_n(2)).shape == (2, pooling.output_size)
    assert repr(pooling).startswith(f"Pooling('{kind}', 3" if kind != "attention" else "Pooling(")
