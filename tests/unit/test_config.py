"""Settings are closed sets of names with checked values."""

import dataclasses

import numpy as np
import pytest

from ostinato import ConfigError, Recurrent, Training
from ostinato._config import check_names


def test_settings_are_frozen_and_replaced():
    settings = Recurrent(hidden_size=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.hidden_size = 4
    assert settings.replace(hidden_size=4) == Recurrent(hidden_size=4)
    assert Recurrent(**settings.get_params()) == settings


@pytest.mark.parametrize(
    ("kind", "values", "match"),
    [
        (Recurrent, {"cell": "lstn"}, "cell must be 'rnn' or 'gru' or 'lstm'; got 'lstn'; did you"),
        (Recurrent, {"num_layers": 0}, "num_layers must be at least 1; got 0"),
        (Recurrent, {"num_layers": 1.5}, "num_layers must be a whole number; got 1.5"),
        (Recurrent, {"num_layers": True}, "num_layers must be a whole number; got True"),
        (Recurrent, {"bidirectional": "yes"}, "bidirectional must be True or False; got 'yes'"),
        (Recurrent, {"dropout": 1}, "dropout must be at least 0 and below 1; got 1"),
        (Training, {"batch_size": 0}, "batch_size must be at least 1; got 0"),
        (Training, {"batch_tokens": 0}, "batch_tokens must be at least 1; got 0"),
        (Training, {"learning_rate": 0}, "learning_rate must be above 0; got 0"),
        (Training, {"seed": -1}, "seed must be at least 0 and below"),
        (Training, {"epochs": "4"}, "epochs must be a whole number or None; got '4'"),
    ],
)
def test_values_outside_their_rule_are_refused(kind, values, match):
    with pytest.raises(ConfigError, match=match):
        kind(**values)


def test_numbers_of_numpy_are_numbers():
    assert Training(epochs=np.int64(3), learning_rate=np.float32(0.5)).epochs == 3


def test_unknown_names_offer_the_nearest_or_all():
    with pytest.raises(ConfigError, match="unknown setting `hiden_size`; did you mean `hidden_siz"):
        Recurrent().replace(hiden_size=3)
    with pytest.raises(ConfigError, match="unknown setting `q`; it has a, b"):
        check_names({"q": 1}, {"a": 1, "b": 2}, "here")
