import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

from ostinato import ConfigError, ShapeError
from ostinato.nn import Convolution


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    kernel_size=st.sampled_from([1, 3, 5]),
)
def test_it_is_torch_s_convolution_of_each_row(lengths: list[int], kernel_size: int) -> None:
    layer = Convolution(3, 4, kernel_size).double()
    twin = torch.nn.Conv1d(3, 4, kernel_size, padding="same").double()
    with torch.no_grad():
        twin.weight.copy_(layer.linear.weight.view(4, kernel_size, 3).transpose(1, 2))
        twin.bias.copy_(layer.linear.bias)
    rows = [torch.randn(n, 3, dtype=torch.float64, requires_grad=True) for n in lengths]
    ours = unpack_sequence(layer(pack_sequence(rows, enforce_sorted=False)))
    theirs = [twin(row.T[None])[0].T for row in rows]
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)
    sums = [sum(row.square().sum() for row in found) for found in (ours, theirs)]
    weight, bias, *ours_grad = torch.autograd.grad(sums[0], [*layer.parameters(), *rows])
    twin_weight, twin_bias, *theirs_grad = torch.autograd.grad(sums[1], [*twin.parameters(), *rows])
    torch.testing.assert_close(weight.view(4, kernel_size, 3).transpose(1, 2), twin_weight)
    torch.testing.assert_close(bias, twin_bias)
    for a, b in zip(ours_grad, theirs_grad, strict=True):
        torch.testing.assert_close(a, b)


def test_batch_mates_change_nothing() -> None:
    layer, row = Convolution(2, 3), torch.randn(4, 2)
    alone = layer(pack_sequence([row])).data
    beside = layer(pack_sequence([row, torch.full((3, 2), torch.nan)]))
    torch.testing.assert_close(unpack_sequence(beside)[0], alone, rtol=0, atol=0)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ConfigError, match="kernel_size must be odd; got 2"):
        Convolution(1, 1, 2)
    with pytest.raises(ConfigError, match="output_size must be at least 1"):
        Convolution(1, 0)
    with pytest.raises(ShapeError, match="Convolution"):
        Convolution(2, 1)(pack_sequence([torch.zeros(2, 3)]))
