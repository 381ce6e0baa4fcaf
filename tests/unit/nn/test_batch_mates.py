"""What a layer makes of a row is the same bits alone and beside any others."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from ostinato._native import library
from ostinato.nn import Pooling
from ostinato.nn.linear import RowLinear

pytestmark = pytest.mark.skipif(not library.status().loaded, reason="the kernels are not in use")


@pytest.mark.parametrize("depth", [1, 7, 64, 300])
@pytest.mark.parametrize("columns", [1, 3, 64, 70])
def test_a_row_of_a_linear_layer_is_the_same_in_any_batch(depth: int, columns: int) -> None:
    layer = RowLinear(depth, columns).eval()
    rows = torch.randn(130, depth)
    with torch.no_grad():
        whole = layer(rows)
        torch.testing.assert_close(whole, nn.functional.linear(rows, layer.weight, layer.bias))
        for size in (1, 2, 5, 16, 64):
            assert torch.equal(torch.cat([layer(part) for part in rows.split(size)]), whole)
        assert torch.equal(layer(rows.view(13, 10, depth)), whole.view(13, 10, columns))
    layer(rows).sum().backward()
    assert layer.weight.grad is not None


@pytest.mark.parametrize("kind", ["mean", "attention", "last-max-mean"])
def test_a_pooled_row_is_the_same_in_any_batch(kind: Any) -> None:
    pooling = Pooling(kind, 6).eval()
    rows = [torch.randn(length, 6) for length in (1, 2, 3, 9, 17, 40, 100, 333)]
    h_n = torch.randn(2, len(rows), 3)

    def pooled(chosen: list[int]) -> torch.Tensor:
        packed = nn.utils.rnn.pack_sequence([rows[n] for n in chosen], enforce_sorted=False)
        return pooling(packed, h_n[:, chosen])

    with torch.no_grad():
        whole = pooled(list(range(len(rows))))
        for n in range(len(rows)):
            assert torch.equal(pooled([n])[0], whole[n])
            assert torch.equal(pooled([n, 0])[0], whole[n])
    torch.testing.assert_close(pooled(list(range(len(rows)))), whole)
