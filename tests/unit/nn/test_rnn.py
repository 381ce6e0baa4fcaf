from __future__ import annotations

import pytest
import torch

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
