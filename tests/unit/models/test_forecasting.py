"""The networks that give all steps at once are what plain PyTorch gives, window by window."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from tests.windows import ahead_of, every_cell, rows_of, twin_of, windows_of
from torch import Tensor, nn

from ostinato import Recurrent
from ostinato.models import DirectForecaster, SegmentForecaster
from ostinato.models.forecasting import Attributes

INPUTS, FUTURE, HORIZON, QUANTILES, HIDDEN = 5, 3, 7, 3, 6
SEGMENT = 3  # does not divide the horizon
CATEGORIES = (4, 1, 3)


def make(method: str, cell: str = "gru", categories=CATEGORIES, **options) -> nn.Module:
    torch.manual_seed(0)
    shared = {
        "horizon": HORIZON,
        "num_outputs": QUANTILES,
        "recurrent": Recurrent(
            cell=cell,
            hidden_size=HIDDEN,
            num_layers=options.pop("num_layers", 2),
            bidirectional=options.pop("bidirectional", False),
        ),
        "dropout": options.pop("dropout", 0.0),
        "seasons": options.pop("seasons", 1),
    }
    if method == "direct":
        return DirectForecaster(INPUTS, FUTURE, categories, **shared)
    return SegmentForecaster(INPUTS, FUTURE, categories, segment=SEGMENT, **shared)


def embedded(twin: nn.Module, codes: Tensor) -> Tensor:
    """The embeddings of one window; an attribute of one category has none."""
    tables = dict(
        zip(twin.encoder.attributes.places, twin.encoder.attributes.embeddings, strict=True)
    )
    assert list(tables) == [0, 2]
    return torch.cat([table.weight[codes[place]] for place, table in tables.items()])


def direct(twin: nn.Module, context: Tensor, future: Tensor, codes: Tensor) -> Tensor:
    """The direct network on one window, written out."""
    told = embedded(twin, codes)
    output, _ = twin.encoder.recurrent(torch.cat([context, told.expand(len(context), -1)], 1))
    whole = F.relu(twin.whole.weight @ output[-1] + twin.whole.bias)
    steps = F.relu(twin.steps.weight @ output[-1] + twin.steps.bias).view(HORIZON, -1)
    rows = []
    for step in range(HORIZON):
        inputs = torch.cat([steps[step], whole, told, future[step]])
        hidden = F.relu(twin.decoder[0].weight @ inputs + twin.decoder[0].bias)
        found = twin.head.weight @ hidden + twin.head.bias
        rows.append(found + twin.season[step] * future[step, 0])
    return torch.stack(rows)


def segment(twin: nn.Module, context: Tensor, future: Tensor, codes: Tensor) -> Tensor:
    """The segment-wise network on one window, written out."""
    told = embedded(twin, codes)
    projection = twin.encoder.projection[0]
    read = F.relu(context @ projection.weight.T + projection.bias)
    _, state = twin.encoder.recurrent(torch.cat([read, told.expand(len(read), -1)], 1))
    rows = []
    for place in range(0, HORIZON, SEGMENT):
        told_of = future[place : place + SEGMENT]
        padded = F.pad(told_of, (0, 0, 0, SEGMENT - len(told_of))).flatten()
        step = twin.position[place // SEGMENT] + twin.future.weight @ padded + twin.future.bias
        output, _ = twin.encoder.recurrent(torch.cat([step, told])[None], state)
        found = (twin.head.weight @ output[0] + twin.head.bias).view(SEGMENT, QUANTILES)
        rows.append(found[: len(told_of)] + twin.season[place : place + SEGMENT] * told_of[:, :1])
    return torch.cat(rows)


REFERENCE = {"direct": direct, "segment": segment}
every_method = pytest.mark.parametrize("method", REFERENCE)


@every_method
@every_cell
def test_outputs_and_gradients_are_those_of_plain_pytorch(method, cell):
    model = make(method, cell).eval()
    twin = twin_of(model)
    rows, future, codes = (
        rows_of(INPUTS),
        ahead_of(HORIZON, FUTURE),
        torch.tensor([[0, 0, 2], [3, 0, 1], [1, 0, 0], [1, 0, 2]]),
    )
    found = model(windows_of(rows, future, codes))
    expected = torch.stack(
        [REFERENCE[method](twin, *window) for window in zip(rows, future, codes, strict=True)]
    )
    # Measured: 1.5e-6 at most, in the gradients, which are sums over all windows.
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)
    weights = torch.randn_like(found)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    for (name, ours), theirs in zip(model.named_parameters(), twin.parameters(), strict=True):
        assert ours.grad is not None, name
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-4, msg=name)


@every_method
@every_cell
@torch.inference_mode()
def test_a_window_does_not_depend_on_those_beside_it(method, cell):
    model = make(method, cell).eval()
    rows, future, codes = rows_of(INPUTS), ahead_of(HORIZON, FUTURE), torch.ones(4, 3).long()
    together = model(windows_of(rows, future, codes))
    for place, row in enumerate(rows):
        at = slice(place, place + 1)
        alone = model(windows_of([row], future[at], codes[at]))
        # Measured: 2.4e-7, with the native library and without.
        torch.testing.assert_close(alone, together[at], atol=2e-6, rtol=1e-5)


@torch.inference_mode()
def test_both_directions_read_the_context_of_their_own_window():
    model = make("direct", bidirectional=True).eval()
    rows, future, codes = rows_of(INPUTS), ahead_of(HORIZON, FUTURE), torch.ones(4, 3).long()
    together = model(windows_of(rows, future, codes))
    alone = [
        model(windows_of([row], future[n : n + 1], codes[n : n + 1])) for n, row in enumerate(rows)
    ]
    torch.testing.assert_close(torch.cat(alone), together, atol=2e-6, rtol=1e-5)


@every_method
def test_every_weight_learns_and_every_input_is_read(method):
    model = make(method)
    rows = [row.requires_grad_() for row in rows_of(INPUTS)]
    future = ahead_of(HORIZON, FUTURE).requires_grad_()
    codes = torch.tensor([[1, 0, 1], [2, 0, 2], [3, 0, 0], [0, 0, 1]])
    model(windows_of(rows, future, codes)).square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name
    assert all(row.grad.abs().sum(1).gt(0).all() for row in rows)
    assert future.grad.abs().gt(0).any(2).all()


@every_method
def test_at_first_the_season_before_goes_on(method):
    model = make(method).eval()
    for part in (model.head,):
        nn.init.zeros_(part.weight)
        nn.init.zeros_(part.bias)
    future = ahead_of(HORIZON, FUTURE)
    found = model(windows_of(rows_of(INPUTS), future, torch.zeros(4, 3).long()))
    assert torch.equal(found, future[..., :1].expand(-1, -1, QUANTILES))


@every_method
def test_at_first_two_seasons_before_go_on_half_and_half(method):
    model = make(method, seasons=2).eval()
    nn.init.zeros_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    future = ahead_of(HORIZON, FUTURE)
    found = model(windows_of(rows_of(INPUTS), future, torch.zeros(4, 3).long()))
    expected = future[..., :2].mean(dim=2, keepdim=True).expand(-1, -1, QUANTILES)
    torch.testing.assert_close(found, expected)


@every_method
def test_dropping_is_for_training(method):
    model = make(method, dropout=0.5)
    given = windows_of(rows_of(INPUTS), ahead_of(HORIZON, FUTURE), torch.ones(4, 3).long())
    assert not torch.equal(model(given), model(given))
    model.eval()
    kept = copy.deepcopy(model)
    assert torch.equal(model(given), kept(given))
    assert torch.equal(model(given), make(method).eval()(given))


def test_an_attribute_of_one_category_has_no_embedding():
    assert Attributes([1, 1]).size == 0
    assert Attributes([1, 1])(torch.zeros(3, 2).long()).shape == (3, 0)
    assert Attributes([2, 1, 100]).size == 1 + 16
