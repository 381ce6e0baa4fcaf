"""The learning rate is a pure function of progress."""

import pytest
import torch

from ostinato import ConfigError, Training
from ostinato.training.schedule import learning_rate, make_optimizer


def test_one_cycle_equals_torch():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    steps = 101
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.004, total_steps=steps, cycle_momentum=False
    )
    settings = Training(learning_rate=0.004)
    for step in range(steps):
        # torch's phases end at 0.3 * total - 1, one step before ours: within a step's change
        ours = learning_rate(settings, step / (steps - 1))
        assert ours == pytest.approx(theirs.get_last_lr()[0], abs=0.004 * 0.06)
        optimizer.step()
        theirs.step()


def test_constant_stays():
    settings = Training(schedule="constant", learning_rate=0.1)
    assert {learning_rate(settings, share / 10) for share in range(11)} == {0.1}


def test_frozen_parameters_are_left_out():
    model = torch.nn.Linear(2, 3)
    model.bias.requires_grad_(False)
    optimizer = make_optimizer(model, Training(optimizer="adam", learning_rate=0.01))
    assert optimizer.param_groups[0]["params"] == [model.weight]


def test_an_open_learning_rate_is_refused_without_a_task():
    match = "learning_rate must be set to train without a task; got None"
    with pytest.raises(ConfigError, match=match):
        learning_rate(Training(), 0.5)
    with pytest.raises(ConfigError, match=match):
        make_optimizer(torch.nn.Linear(2, 3), Training())
