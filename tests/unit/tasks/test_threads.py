"""What an estimator comes to depends on its seed and its data, and on nothing else in the process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests import tiny
from torch import nn

from ostinato.nn import GRU, LockedDropout, WordDropout
from ostinato.nn.dropout import Dropout
from ostinato.ops import randomness

DROPS = {
    "text": {"word_dropout": 0.1, "head_dropout": 0.2, "locked_dropout": 0.2},
    "tags": {"word_dropout": 0.1, "head_dropout": 0.2, "locked_dropout": 0.2},
    "series": {"head_dropout": 0.2, "noise": 0.1},
    "speech": {"head_dropout": 0.2},
    "forecast": {"head_dropout": 0.2},
}


def weights(task: str, **settings: Any) -> list[bytes]:
    more = {"recurrent__num_layers": 2, "recurrent__dropout": 0.2, **DROPS[task], **settings}
    model = tiny.make(task)
    model = model.set_params(**{name: value for name, value in more.items() if _has(model, name)})
    fitted = tiny.fit(task, model)
    return [tensor.numpy().tobytes() for tensor in fitted.module_.state_dict().values()]


def _has(model: Any, name: str) -> bool:
    return name.partition("__")[0] in model.get_params(deep=False)


@pytest.mark.parametrize("task", tiny.TASKS)
def test_a_fit_neither_asks_nor_moves_the_global_random_state(task: str) -> None:
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        found.append(weights(task))
        assert torch.equal(torch.get_rng_state(), before)
    assert found[0] == found[1]


def test_another_seed_is_another_model() -> None:
    assert weights("text") != weights("text", training__seed=1)


def test_fits_in_threads_are_the_fit_alone() -> None:
    alone = {task: weights(task) for task in ("text", "series")}
    found: dict[int, Any] = {}

    def work(number: int, task: str) -> None:
        found[number] = (task, weights(task))

    jobs = list(enumerate(list(alone) * 2))
    threads = [threading.Thread(target=work, args=job) for job in jobs]
    noise = threading.Event()

    def draw() -> None:
        while not noise.wait(0.001):
            torch.rand(3)

    threads.append(threading.Thread(target=draw))
    for thread in threads:
        thread.start()
    for thread in threads[:-1]:
        thread.join()
    noise.set()
    threads[-1].join()
    assert len(found) == len(jobs)
    for task, weight in found.values():
        assert weight == alone[task], task


def test_a_sampled_forecast_is_its_seeds() -> None:
    options = {"num_samples": 20, "likelihood": "negative-binomial"}
    model = tiny.make("forecast", method="autoregressive", **options)
    model = tiny.fit("forecast", model)
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
from tests import tiny
models = {"text": tiny.fit("text")}
torch.set_num_threads(2)
x = torch.ones(400, 400)
(x @ x).exp().sum()  # with all threads
before = {task: tiny.answers(task, model) for task, model in models.items()}
def child():
    for task, model in models.items():
        for one, other in zip(tiny.answers(task, model), before[task], strict=True):
            assert (one == other).all()
        tiny.fit(task)
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
