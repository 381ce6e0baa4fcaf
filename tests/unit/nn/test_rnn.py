from __future__ import annotations

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato._errors import ConfigError
from ostinato.nn import RNN


def test_an_unknown_nonlinearity_is_refused() -> None:
    with pytest.raises(ConfigError, match="nonlinearity must be 'tanh' or 'relu'; got 'gelu'"):
        RNN(3, 5, nonlinearity="gelu")


def test_arguments_stand_in_the_order_of_torch() -> None:
    twin = torch.nn.RNN(3, 5, 2, "relu", False, True, 0.5, True)
    layer = RNN(3, 5, 2, "relu", False, True, 0.5, True)
    assert repr(layer) == repr(twin)
    assert layer.mode == twin.mode == "RNN_RELU"
    assert layer.nonlinearity == twin.nonlinearity


def test_a_growing_relu_state_does_not_overflow_in_the_padding() -> None:
    """Finite gradients stay finite: nothing runs on past the end of a short row."""
    twin = torch.nn.RNN(1, 1, nonlinearity="relu", bias=False)
    weights = {"weight_ih_l0": torch.ones(1, 1), "weight_hh_l0": torch.full((1, 1), 2.0)}
    gradients = []
    packed = pack_sequence([torch.zeros(200, 1), torch.ones(2, 1)])
    for layer in (twin, RNN(1, 1, nonlinearity="relu", bias=False)):
        layer.load_state_dict(weights)
        output, _ = layer(packed)
        output.data.sum().backward()
        gradients.append(layer.weight_hh_l0.grad)
    assert torch.equal(gradients[0], gradients[1])
    assert gradients[1].isfinite().all()
