"""The network that feeds on its own samples is the one that was trained on what came."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from tests.windows import ahead_of, every_cell, rows_of, twin_of, windows_of
from torch import Tensor, nn

from ostinato import Recurrent
from ostinato.models import AutoregressiveForecaster, Windows
from ostinato.models.likelihoods import LIKELIHOODS, SMALLEST, Gaussian, Likelihood

FUTURE, HORIZON, HIDDEN, BATCH = 3, 6, 5, 4
CODES = torch.tensor([[0, 2], [3, 1], [1, 0], [1, 2]])


class Recorded(Gaussian):
    """Remembers the outputs that it was asked to draw from."""

    def __init__(self) -> None:
        self.told: list[Tensor] = []

    def sample(self, outputs: Tensor, scale: Tensor) -> Tensor:
        self.told.append(outputs)
        return super().sample(outputs, scale)


def make(
    cell: str = "gru", likelihood: Likelihood | None = None, horizon: int = HORIZON, dropout=0.0
) -> AutoregressiveForecaster:
    torch.manual_seed(0)
    return AutoregressiveForecaster(
        FUTURE,
        (4, 3),
        horizon=horizon,
        likelihood=likelihood or Gaussian(),
        recurrent=Recurrent(cell=cell, hidden_size=HIDDEN, num_layers=2, bidirectional=False),
        dropout=dropout,
    )


def batch(horizon: int = HORIZON, missing: bool = False) -> tuple[list[Tensor], Windows]:
    rows = rows_of(FUTURE + 2)
    paths = torch.randn(BATCH, horizon)
    if missing:
        paths[0, 1] = paths[2, 0] = torch.nan
    return rows, windows_of(rows, ahead_of(horizon, FUTURE), CODES, paths)


def by_hand(
    twin: nn.Module, context: Tensor, future: Tensor, codes: Tensor, path: Tensor
) -> Tensor:
    """One window: a single pass over the context and the steps ahead but the last."""
    told = torch.cat(
        [
            table.weight[code]
            for table, code in zip(twin.encoder.attributes.embeddings, codes, strict=True)
        ]
    )
    observed = path.isfinite()
    ahead = torch.stack([torch.where(observed, path, 0.0), observed.float()], 1)
    steps = torch.cat([context, torch.cat([ahead, future], 1)[:-1]])
    output, _ = twin.encoder.recurrent(torch.cat([steps, told.expand(len(steps), -1)], 1))
    read = torch.cat([output[len(context) - 1 :], future], 1)
    mixed = F.relu(read @ twin.mix.weight.T + twin.mix.bias)
    return mixed @ twin.head.weight.T + twin.head.bias


@every_cell
@pytest.mark.parametrize("horizon", [1, HORIZON])
def test_outputs_and_gradients_are_those_of_plain_pytorch(cell, horizon):
    model = make(cell, horizon=horizon).eval()
    twin = twin_of(model)
    rows, given = batch(horizon, missing=horizon > 1)
    found = model(given)
    expected = torch.stack(
        [
            by_hand(twin, *one)
            for one in zip(rows, given.future, given.codes, given.paths, strict=True)
        ]
    )
    # Measured: 1.5e-6 at most, in the gradients, which are sums over all windows.
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)
    weights = torch.randn_like(found)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    for (name, ours), theirs in zip(model.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-4, msg=name)


@every_cell
@torch.inference_mode()
def test_a_window_does_not_depend_on_those_beside_it(cell):
    model = make(cell).eval()
    rows, given = batch(missing=True)
    together = model(given)
    for place, row in enumerate(rows):
        at = slice(place, place + 1)
        alone = model(windows_of([row], given.future[at], given.codes[at], given.paths[at]))
        # Measured: 2.4e-7, with the native library and without.
        torch.testing.assert_close(alone, together[at], atol=2e-6, rtol=1e-5)


@torch.inference_mode()
def test_a_step_is_told_what_came_before_it_and_nothing_else():
    model = make().eval()
    _, given = batch()
    found = model(given)
    for step in range(HORIZON):
        paths = given.paths.clone()
        paths[:, step:] = 1e6
        other = model(given._replace(paths=paths))
        torch.testing.assert_close(other[:, : step + 1], found[:, : step + 1], atol=0, rtol=0)
        assert step + 1 == HORIZON or not torch.allclose(other[:, step + 1], found[:, step + 1])


@every_cell
@pytest.mark.parametrize("count", [1, 3])
@torch.inference_mode()
def test_sampling_by_steps_is_reading_the_path_at_once(cell, count):
    """Fed with its samples, the whole network tells of every step what it drew it from."""
    likelihood = Recorded()
    model = make(cell, likelihood).eval()
    rows, given = batch()
    paths = model.sample(given, torch.ones(BATCH), count)
    assert paths.shape == (BATCH, count, HORIZON)
    again = windows_of(
        [row for row in rows for _ in range(count)],
        given.future.repeat_interleave(count, 0),
        given.codes.repeat_interleave(count, 0),
        paths.flatten(0, 1),
    )
    # Measured: no difference, and 6e-8 without the native library.
    torch.testing.assert_close(torch.stack(likelihood.told, 1), model(again), atol=2e-6, rtol=1e-5)
    assert count == 1 or not torch.equal(paths[:, 0], paths[:, 1])


@torch.inference_mode()
def test_without_a_spread_samples_are_means():
    model = make().eval()
    model.head.weight[1] = 0
    model.head.bias[1] = -50.0
    _, given = batch()
    paths = model.sample(given, torch.ones(BATCH), 1)[:, 0]
    means = model(given._replace(paths=paths))[..., 0]
    assert (paths - means).abs().max() < 6 * SMALLEST


@torch.inference_mode()
def test_paths_of_counts_are_counts_in_the_units_of_their_window():
    model = make(likelihood=LIKELIHOODS["negative-binomial"]).eval()
    _, given = batch()
    scale = torch.tensor([1.0, 10.0, 100.0, 0.5])
    paths = model.sample(given, scale, 50) * scale[:, None, None]
    torch.testing.assert_close(paths, paths.round(), atol=1e-4, rtol=0)
    means = paths.mean((1, 2))
    assert means[2] > 5 * means[1] > 10 * means[0]
    assert paths.min() >= 0


@torch.inference_mode()
def test_samples_follow_the_seed():
    model = make().eval()
    _, given = batch()
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(model.sample(given, torch.ones(BATCH), 2))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
