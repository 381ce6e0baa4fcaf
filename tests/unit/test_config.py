"""Settings are closed sets of names with checked values."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from sklearn.base import clone

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


@pytest.mark.parametrize("make", [np.int64, np.array, np.uint8, torch.tensor])
def test_numbers_of_numpy_and_torch_become_plain_ones(make):
    for name in ("hidden_size", "num_layers"):
        value = getattr(Recurrent(**{name: make(3)}), name)
        assert (type(value), value) == (int, 3)
    training = Training(learning_rate=np.float32(0.5), seed=make(2))
    assert (type(training.learning_rate), training.learning_rate) == (float, 0.5)
    assert json.dumps(training.get_params())
    assert Recurrent(bidirectional=np.bool_(False)).bidirectional is False
    with pytest.raises(ConfigError, match="hidden_size must be a whole number or None; got"):
        Recurrent(hidden_size=np.float64(3.5))


@pytest.mark.parametrize("word", ["LSTM", "Lstm", np.str_("lstm")])
def test_a_choice_is_known_in_any_case(word):
    assert Recurrent(cell=word).cell == "lstm"
    assert Recurrent().replace(cell=word) == Recurrent()
    assert clone(Recurrent(cell=word)) == Recurrent()


def test_a_value_is_never_shown_whole():
    with pytest.raises(ConfigError) as caught:
        Recurrent(cell="lstm" * 10**6)
    assert len(str(caught.value)) < 300


def test_unknown_names_offer_the_nearest_or_all():
    with pytest.raises(ConfigError, match="unknown setting `hiden_size`; did you mean `hidden_siz"):
        Recurrent().replace(hiden_size=3)
    with pytest.raises(ConfigError, match="unknown setting `q`; it has a, b"):
        check_names({"q": 1}, {"a": 1, "b": 2}, "here")
