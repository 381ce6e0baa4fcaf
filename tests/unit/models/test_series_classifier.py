"""The network reads real steps only, and noise is for training."""

from __future__ import annotations

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato import Recurrent
from ostinato.models import SeriesClassifierNetwork


def network(**options) -> SeriesClassifierNetwork:
    torch.manual_seed(0)
    return SeriesClassifierNetwork(3, 2, recurrent=Recurrent(cell="gru", hidden_size=4), **options)


@pytest.mark.parametrize("pooling", ["last", "max", "last-max-mean", "attention"])
def test_batch_mates_change_nothing(pooling):
    model = network(pooling=pooling).eval()
    rows = [torch.randn(length, 3) for length in (7, 4, 1)]
    together = model(pack_sequence(rows))
    alone = torch.cat([model(pack_sequence([row])) for row in rows])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)


def test_noise_is_added_while_training_and_then_only():
    steps = pack_sequence([torch.zeros(5, 3)])
    model = network(noise=1.0)
    assert not torch.equal(model(steps), model(steps))
    assert torch.equal(steps.data, torch.zeros(5, 3))
    model.eval()
    quiet = network().eval()
    assert torch.equal(model(steps), quiet(steps))


def test_every_weight_gets_a_gradient():
    model = network(pooling="attention")
    model(pack_sequence([torch.randn(5, 3), torch.randn(2, 3)])).sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())
