"""What is drawn at random in a training is drawn from its seed; a fork computes on one thread."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.tiny import CASES
from torch import nn

from ostinato.nn import GRU, LockedDropout, WordDropout
from ostinato.nn.dropout import Dropout
from ostinato.ops import randomness


def test_a_sampled_forecast_is_its_seeds() -> None:
    case = CASES["forecast"]
    options = {"num_samples": 20, "likelihood": "negative-binomial"}
    model = case.fit(case.make(method="autoregressive", **options))
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = model.predict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    np.testing.assert_array_equal(np.asarray(first["mean"]), np.asarray(model.predict()["mean"]))


LAYERS = {
    "dropout": (lambda: Dropout(0.5), lambda: torch.ones(50)),
    "between layers": (
        lambda: GRU(3, 4, num_layers=2, dropout=0.5),
        lambda: torch.ones(6, 2, 3),
    ),
    "locked": (
        lambda: LockedDropout(0.5),
        lambda: nn.utils.rnn.pack_sequence([torch.ones(3, 20), torch.ones(1, 20)]),
    ),
    "words": (
        lambda: WordDropout(0.5),
        lambda: nn.utils.rnn.pack_sequence([torch.arange(1, 60)]),
    ),
}


def flat(output: Any) -> torch.Tensor:
    while not isinstance(output, torch.Tensor):
        output = output[0]
    return output


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_draws_from_torchs_generator_unless_a_training_has_its_own(kind: str) -> None:
    make, data = LAYERS[kind]
    layer = make()
    torch.manual_seed(3)
    asked = flat(layer(data()))
    moved = torch.get_rng_state()
    torch.manual_seed(3)
    assert torch.equal(flat(layer(data())), asked)
    torch.manual_seed(4)
    assert not torch.equal(flat(layer(data())), asked)
    with randomness.drawing_from(torch.Generator().manual_seed(3)):
        before = torch.get_rng_state()
        assert torch.equal(flat(layer(data())), asked)  # the numbers that torch's would give
        assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(moved, before)


def test_what_torch_draws_is_drawn_the_same() -> None:
    def drawn() -> list[torch.Tensor]:
        made = [
            *nn.Linear(3, 4).parameters(),
            *nn.LSTM(3, 4).parameters(),
            nn.Embedding(3, 4).weight,
        ]
        normal = torch.distributions.Normal(torch.zeros(3), 1.0).sample()
        counts = torch.distributions.NegativeBinomial(torch.ones(3), torch.full((3,), 0.4)).sample()
        return [
            *made,
            *nn.Conv1d(3, 4, 2).parameters(),
            torch.rand(3),
            torch.randn(3),
            normal,
            counts,
        ]

    torch.manual_seed(5)
    expected = drawn()
    torch.manual_seed(6)
    with randomness.everything_drawing_from(torch.Generator().manual_seed(5)):
        found = drawn()
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


FORK = """
import os, sys, time
import torch
torch.set_num_threads(1)
from tests.tiny import CASES
case = CASES["text"]
model = case.fit()
torch.set_num_threads(2)
x = torch.ones(400, 400)
(x @ x).exp().sum()  # with all threads
before = case.answers(model)
def child():
    assert case.answers(model) == before
    case.fit()
pid = os.fork()
if pid == 0:
    child()
    os._exit(0)
for _ in range(1200):
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        sys.exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.05)
os.kill(pid, 9)
sys.exit("hangs")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_predicts_and_fits_on_one_thread() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == 0, done.stderr
    assert "forked from one that had computed with several threads" in done.stderr
