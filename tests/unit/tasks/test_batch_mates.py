"""An example's answer is the same bits alone and beside any others, in every task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests import tiny
from torch import nn

from ostinato._native import library
from ostinato.nn import Pooling
from ostinato.nn.linear import RowLinear

pytestmark = pytest.mark.skipif(not library.status().loaded, reason="the kernels are not in use")

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "text": ("text", {}),
    "text, attention": ("text", {"pooling": "attention", "recurrent__num_layers": 2}),
    "text, mean": ("text", {"pooling": "mean", "recurrent__cell": "gru", "members": 3}),
    "tags": ("tags", {}),
    "tags, convolution": ("tags", {"characters__reader": "convolution", "head": "softmax"}),
    "series": ("series", {}),
    "speech": ("speech", {}),
    "forecast": ("forecast", {}),
    "forecast, segments": ("forecast", {"method": "segment", "segment": 2}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_does_not_depend_on_batch_mates(kind: str) -> None:
    task, settings = KINDS[kind]
    wide = {"recurrent__hidden_size": 40, "training__epochs": 1, **settings}
    model = tiny.fit(task, tiny.make(task, **wide))
    whole = tiny.answers(task, model)
    count = len(whole)
    batches = [[0], [1], [count // 2], [count - 1], *np.array_split(range(count), 3)]
    for rows in batches:
        for row, answer in zip(rows, tiny.answers(task, model, rows), strict=True):
            np.testing.assert_array_equal(answer, whole[row], f"row {row} among {rows}")


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
