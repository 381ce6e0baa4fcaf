"""What `convert` promises of every layer it turns: nothing changes but the class."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from tests.cells import (
    HIDDEN,
    INPUT,
    Cell,
    assert_close,
    assert_gradients_close,
    every_cell,
    every_stack,
    gradients,
    make_rows,
    make_state,
    packed_with_grad,
    tensors,
)
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.rnn import PackedSequence

import ostinato.nn
from ostinato._errors import ConfigError
from ostinato.nn import Conversion, convert

UNSORTED = (2, 7, 1, 7, 4)


def make_twin(cell: Cell, **options: Any) -> Any:
    return cell.twin(INPUT, HIDDEN, dtype=torch.float64, **cell.options, **options)


def make_packed() -> PackedSequence:
    return packed_with_grad(make_rows(UNSORTED))


def assert_same(actual: tuple[Any, Any], expected: tuple[Any, Any]) -> None:
    for ours, theirs in zip(tensors(actual), tensors(expected), strict=True):
        assert_close(ours, theirs)


class Scale(nn.Module):
    """A parametrization."""

    def forward(self, weight: Tensor) -> Tensor:
        return 0.5 * weight


class Tagger(nn.Module):
    """A model as others write it, its layers reachable from two places."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(INPUT, INPUT, dtype=torch.float64)
        self.layers = nn.ModuleList(
            [
                nn.LSTM(INPUT, HIDDEN, bidirectional=True, dtype=torch.float64),
                nn.GRU(2 * HIDDEN, HIDDEN, dtype=torch.float64),
            ]
        )
        self.top = self.layers[1]

    def forward(self, packed: PackedSequence) -> tuple[PackedSequence, Tensor]:
        packed = packed._replace(data=self.embed(packed.data))
        return self.top(self.layers[0](packed)[0])


# The same model ----------------------------------------------------------------------------------


@every_stack
@every_cell
def test_results_and_gradients_stay(cell: Cell, options: dict[str, Any]) -> None:
    layer = make_twin(cell, **options)
    twin = copy.deepcopy(layer)
    convert(layer)
    assert type(layer) is cell.layer
    packed, hx = make_packed(), make_state(cell, layer, len(UNSORTED))
    assert_same(layer(packed), twin(packed))
    assert_same(layer(packed, hx), twin(packed, hx))
    dense = torch.randn(6, 4, INPUT, dtype=torch.float64)
    assert_same(layer(dense), twin(dense))
    assert_gradients_close(
        gradients(layer, lambda: layer(packed), [packed.data]),
        gradients(twin, lambda: twin(packed), [packed.data]),
    )


@every_stack
@every_cell
def test_nothing_but_the_class_changes(cell: Cell, options: dict[str, Any]) -> None:
    layer = make_twin(cell, **options).eval()
    before = dict(vars(layer))
    parameters, shown = dict(layer.named_parameters()), repr(layer)
    convert(layer)
    assert vars(layer).keys() == before.keys()
    assert all(value is before[name] for name, value in vars(layer).items())
    assert all(layer.get_parameter(name) is one for name, one in parameters.items())
    assert repr(layer) == shown
    assert not layer.training
    assert vars(layer).keys() == vars(cell.make(**options)).keys()


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_a_projection_stays() -> None:
    layer = nn.LSTM(INPUT, HIDDEN, proj_size=2, batch_first=True, dtype=torch.float64)
    twin = copy.deepcopy(layer)
    convert(layer)
    packed = make_packed()
    assert_same(layer(packed), twin(packed))


def test_every_layer_of_a_model_is_converted_once() -> None:
    model = Tagger()
    twin = copy.deepcopy(model)
    result = convert(model)
    assert result == Conversion(
        {
            "layers.0": "ostinato.nn.LSTM(3, 5, bidirectional=True)",
            "layers.1": "ostinato.nn.GRU(10, 5)",
        },
        {},
    )
    assert model.top is model.layers[1]
    assert type(model.top) is ostinato.nn.GRU
    packed = make_packed()
    assert_same(model(packed), twin(packed))
    assert list(model.state_dict()) == list(twin.state_dict())
    model.load_state_dict(twin.state_dict())
    twin.load_state_dict(model.state_dict())


def test_a_second_call_finds_nothing() -> None:
    model = nn.Sequential(nn.GRU(3, 5), nn.GRUCell(5, 5))
    first = convert(model)
    assert list(first.converted) == ["0"]
    second = convert(model)
    assert second == Conversion({}, first.left)


def test_the_optimizer_goes_on() -> None:
    model, twin = Tagger(), Tagger()
    twin.load_state_dict(model.state_dict())
    optimizers = [torch.optim.Adam(one.parameters(), lr=0.1) for one in (model, twin)]
    packed = make_packed()
    for step in range(4):
        for one, optimizer in zip((model, twin), optimizers, strict=True):
            optimizer.zero_grad()
            one(packed)[0].data.square().sum().backward()
            optimizer.step()
        if step == 1:
            convert(model)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=0)


def test_tied_weights_stay_tied() -> None:
    model = nn.ModuleList([nn.LSTM(5, 5), nn.LSTM(5, 5)])
    model[1].weight_hh_l0 = model[0].weight_hh_l0
    convert(model)
    assert model[1].weight_hh_l0 is model[0].weight_hh_l0
    assert len(list(model.parameters())) == 7


# Hooks and parametrizations ----------------------------------------------------------------------


@every_cell
def test_hooks_fire(cell: Cell) -> None:
    layer, fired = make_twin(cell), []

    def hook(name: str) -> Any:
        return lambda *_: fired.append(name)

    layer.register_forward_pre_hook(hook("before"))
    layer.register_forward_hook(hook("after"))
    layer.register_full_backward_hook(hook("backward"))
    layer.register_state_dict_post_hook(hook("saved"))
    layer.register_load_state_dict_post_hook(hook("loaded"))
    handle = layer.weight_ih_l0.register_hook(lambda gradient: fired.append("gradient"))
    convert(layer)
    dense = torch.randn(4, 2, INPUT, dtype=torch.float64, requires_grad=True)
    layer(dense)[0].sum().backward()
    layer.load_state_dict(layer.state_dict())
    assert sorted(fired) == ["after", "backward", "before", "gradient", "loaded", "saved"]
    handle.remove()


@every_cell
def test_a_parametrization_goes_on(cell: Cell) -> None:
    layer = make_twin(cell)
    parametrize.register_parametrization(layer, "weight_hh_l0", Scale())
    twin = copy.deepcopy(layer)
    original = layer.parametrizations.weight_hh_l0.original
    convert(layer)
    assert isinstance(layer, cell.layer)
    assert type(layer).__name__ == type(twin).__name__
    assert parametrize.type_before_parametrizations(layer) is cell.layer
    assert layer.parametrizations.weight_hh_l0.original is original
    assert torch.equal(layer.weight_hh_l0, 0.5 * original)
    packed = make_packed()
    assert_same(layer(packed), twin(packed))
    assert_same(copy.deepcopy(layer)(packed), twin(packed))
    assert_gradients_close(
        gradients(layer, lambda: layer(packed), [packed.data]),
        gradients(twin, lambda: twin(packed), [packed.data]),
    )
    with torch.no_grad():
        original.mul_(3.0)
        twin.parametrizations.weight_hh_l0.original.mul_(3.0)
    assert_same(layer(packed), twin(packed))
    assert convert(layer) == Conversion({}, {})


@every_cell
def test_a_parametrization_comes_and_goes_after_it(cell: Cell) -> None:
    layer = make_twin(cell)
    other = copy.deepcopy(layer)
    parametrize.register_parametrization(layer, "weight_hh_l0", Scale())
    convert(layer)
    parametrize.register_parametrization(layer, "weight_ih_l0", Scale())
    parametrize.remove_parametrizations(layer, "weight_hh_l0")
    assert torch.equal(layer.weight_hh_l0, 0.5 * other.weight_hh_l0)
    parametrize.remove_parametrizations(layer, "weight_ih_l0")
    assert type(layer) is cell.layer
    other.load_state_dict(layer.state_dict())
    parametrizations.weight_norm(layer, "weight_hh_l0")
    packed = make_packed()
    assert_same(layer(packed), other(packed))


def test_two_parametrized_layers_stay_apart() -> None:
    model = nn.ModuleList([nn.LSTM(3, 5), nn.LSTM(3, 5)])
    for layer in model:
        parametrizations.weight_norm(layer, "weight_hh_l0")
    convert(model)
    parametrize.remove_parametrizations(model[0], "weight_hh_l0")
    assert type(model[0]) is ostinato.nn.LSTM
    assert parametrize.is_parametrized(model[1], "weight_hh_l0")


# The model itself --------------------------------------------------------------------------------


@every_cell
def test_the_caller_s_reference_becomes_ours(cell: Cell) -> None:
    layer = make_twin(cell)
    reference = layer
    result = convert(layer)
    assert type(reference) is cell.layer
    assert list(result.converted) == [""]
    assert "(the model itself): now ostinato.nn." in str(result)
    assert isinstance(layer, nn.RNNBase)
    assert not isinstance(layer, cell.twin)


@every_cell
def test_copies_and_pickles_are_ours(cell: Cell) -> None:
    layer = make_twin(cell, num_layers=2)
    convert(layer)
    packed = make_packed()
    saved = io.BytesIO()
    torch.save(layer, saved)
    saved.seek(0)
    for again in (
        copy.deepcopy(layer),
        copy.copy(layer),
        pickle.loads(pickle.dumps(layer)),
        torch.load(saved, weights_only=False),
    ):
        assert type(again) is cell.layer
        assert_same(again(packed), layer(packed))
    twin = make_twin(cell, num_layers=2)
    twin.load_state_dict(layer.state_dict())
    assert_same(twin(packed), layer(packed))


@every_cell
def test_it_compiles_as_one_graph(cell: Cell) -> None:
    """Even what was compiled before; torch's own layers break the graph."""
    layer = make_twin(cell, num_layers=2, bidirectional=True)
    compiled = torch.compile(layer, backend="eager")
    dense = torch.randn(4, 2, INPUT, dtype=torch.float64)
    expected = layer(dense)
    assert_same(compiled(dense), expected)
    assert list(convert(compiled).converted) == ["_orig_mod"]
    assert type(layer) is cell.layer
    assert_same(compiled(dense), expected)
    assert_same(torch.compile(layer, backend="eager", fullgraph=True)(dense), expected)


@every_cell
def test_moving_it_keeps_it_ours(cell: Cell) -> None:
    layer = make_twin(cell)
    convert(layer)
    packed = make_packed()
    expected = layer(packed)
    layer.float().double()
    for ours, theirs in zip(tensors(layer(packed)), tensors(expected), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    layer.flatten_parameters()
    layer.reset_parameters()
    assert not torch.equal(layer(packed)[0].data, expected[0].data)


# Left alone --------------------------------------------------------------------------------------


class Doubled(nn.LSTM):
    """A subclass with a forward of its own."""

    def forward(self, *arguments: Any) -> Any:  # type: ignore[override]
        output, state = super().forward(*arguments)
        return 2 * output, state


def left_alone() -> Iterator[Any]:
    doubled = Doubled(3, 5)
    yield pytest.param(
        doubled, "Doubled is a subclass of torch.nn.LSTM with code of its own", id="subclass"
    )
    parametrized = Doubled(3, 5)
    parametrize.register_parametrization(parametrized, "weight_hh_l0", Scale())
    yield pytest.param(
        parametrized, "Doubled is a subclass of torch.nn.LSTM", id="parametrized-subclass"
    )
    yield pytest.param(
        nn.RNNBase("GRU", 3, 5), "RNNBase is a subclass of torch.nn.RNNBase", id="base"
    )
    replaced = nn.GRU(3, 5)
    replaced.forward = lambda *arguments: arguments  # type: ignore[method-assign]
    yield pytest.param(replaced, "its forward was replaced on the object", id="replaced-forward")
    for cell in (nn.RNNCell, nn.GRUCell, nn.LSTMCell):
        reason = f"{cell.__name__} runs one step a call and has no sequence to run over"
        yield pytest.param(cell(3, 5), reason, id=cell.__name__)


@pytest.mark.parametrize(("module", "reason"), list(left_alone()))
def test_it_is_left_alone_with_the_reason(module: nn.Module, reason: str) -> None:
    model = nn.ModuleDict({"it": module, "other": nn.LSTM(3, 5)})
    before = type(module)
    result = convert(model)
    assert type(module) is before
    assert list(result.left) == ["it"]
    assert result.left["it"].startswith(reason)
    assert f"  it: left, {reason}" in str(result)
    assert list(result.converted) == ["other"]


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
def test_torchscript_is_left_alone_with_the_reason() -> None:
    scripted = torch.jit.script(nn.Sequential(nn.LSTM(3, 5)))
    result = convert(nn.ModuleDict({"it": scripted}))
    assert result.converted == {}
    assert list(result.left) == ["it.0"]
    assert "it is TorchScript; convert the model before" in result.left["it.0"]


@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_quantized_layers_are_left_alone_with_the_reason() -> None:
    quantization = pytest.importorskip("torch.ao.quantization")
    if not any(name in torch.backends.quantized.supported_engines for name in ("fbgemm", "onednn")):
        pytest.skip("torch has no kernels for quantized layers here")
    quantized = quantization.quantize_dynamic(nn.Sequential(nn.LSTM(3, 5), nn.GRU(5, 5)))
    types = [type(one) for one in quantized]
    result = convert(quantized)
    assert [type(one) for one in quantized] == types
    assert result.converted == {}
    assert result.left["0"] == "quantized LSTM has kernels of its own"
    assert set(result.left) == {"0", "1"}


def test_a_subclass_of_ours_is_no_news() -> None:
    class Mine(ostinato.nn.LSTM):
        pass

    assert convert(nn.Sequential(Mine(3, 5))) == Conversion({}, {})


def test_a_model_without_layers_says_so() -> None:
    result = convert(nn.Linear(3, 5))
    assert result == Conversion({}, {})
    assert str(result) == "no recurrent layer of torch.nn found"


def test_what_it_says() -> None:
    model = nn.ModuleDict({"a": nn.LSTM(3, 5), "b": nn.RNN(3, 5, 2), "c": nn.LSTMCell(3, 5)})
    assert str(convert(model)).splitlines() == [
        "2 layers converted, 1 left alone",
        "  a: now ostinato.nn.LSTM(3, 5)",
        "  b: now ostinato.nn.RNN(3, 5, num_layers=2)",
        "  c: left, LSTMCell runs one step a call and has no sequence to run over",
    ]


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^convert: model must be a torch\.nn\.Module; got list"):
        convert([nn.LSTM(3, 5)])  # type: ignore[arg-type]
