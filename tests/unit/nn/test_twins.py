"""Where torch, or a tool for it, wants torch's own layers, it finds or gets them."""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.cells import CELLS, Cell, assert_close, every_cell, make_rows, tensors
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence

import ostinato.nn
from ostinato._errors import ConfigError
from ostinato.nn import Conversion, convert

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),  # of torch's own checks
    pytest.mark.filterwarnings("ignore::UserWarning"),  # of the exporters and of quantization
]


class Model(nn.Module):
    """A model that pads, as others write it."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.rnn = layer
        self.head = nn.Linear(10, 2).to(next(layer.parameters()).dtype)

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.rnn(x)
        return self.head(output)


class Ragged(Model):
    """The same of packed rows."""

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:  # type: ignore[override]
        output, _ = self.rnn(pack_padded_sequence(x, lengths))
        return self.head(pad_packed_sequence(output)[0])


def make(cell: Cell, kind: type[Model] = Model, **options: Any) -> Model:
    return kind(cell.make(bidirectional=True, dtype=torch.float32, **options)).eval()


SHORT, LONG = torch.randn(4, 2, 3), torch.randn(7, 3, 3)
LENGTHS = torch.tensor([4, 2]), torch.tensor([7, 7, 1])

# Written down ------------------------------------------------------------------------------------


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("without_grad", [False, True])
@every_cell
def test_a_trace_follows_its_input(cell: Cell, frozen: bool, without_grad: bool) -> None:
    model = make(cell, num_layers=2)
    model.requires_grad_(not frozen)
    ragged = Ragged(model.rnn)
    ragged.head = model.head
    with torch.set_grad_enabled(not without_grad):
        traced = torch.jit.trace(model, (SHORT,))
        traced_ragged = torch.jit.trace(ragged, (SHORT, LENGTHS[0]))
    saved = io.BytesIO()
    torch.jit.save(traced, saved)
    assert b"ostinato::" not in saved.getvalue()  # it runs where ostinato is not
    assert_close(traced(LONG), model(LONG))
    assert_close(traced_ragged(LONG, LENGTHS[1]), ragged(LONG, LENGTHS[1]))


@pytest.mark.parametrize("without_grad", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@every_cell
def test_onnx_follows_its_input(
    cell: Cell, batch_first: bool, without_grad: bool, tmp_path: Path
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    if batch_first != without_grad:  # half the table is enough
        pytest.skip("the other half")
    model = make(cell, batch_first=batch_first)
    path = tmp_path / "model.onnx"
    axes = {"x": {0: "a", 1: "b"}}
    with torch.set_grad_enabled(not without_grad):
        torch.onnx.export(model, (SHORT,), path, dynamo=False, input_names=["x"], dynamic_axes=axes)
    (found,) = onnxruntime.InferenceSession(path).run(None, {"x": LONG.numpy()})
    np.testing.assert_allclose(found, model(LONG).detach().numpy(), atol=1e-5)


@every_cell
def test_a_scripted_model_has_layers_of_torch(cell: Cell) -> None:
    model = make(cell, num_layers=2)
    expected = model(LONG)
    scripted = torch.jit.script(copy.deepcopy(model))
    assert_close(scripted(LONG), expected)
    torch.jit.script(model.rnn)
    assert type(model.rnn) is cell.layer


def test_what_is_derived_from_a_layer_is_not_scripted_as_if_it_were_one() -> None:
    class Doubled(ostinato.nn.LSTM):
        def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
            return 2 * super().forward(x)[0]

    layer = Doubled(3, 5)
    with pytest.raises(ConfigError, match=r"^Doubled: torch.jit.script .*torch\.nn\.LSTM\.$"):
        torch.jit.script(layer)
    with pytest.raises(ConfigError, match=r"^Doubled: torch.fx.symbolic_trace .*hold a layer"):
        torch.fx.symbolic_trace(nn.Sequential(layer))
    traced = torch.jit.trace(layer, (SHORT,))
    assert_close(traced(LONG), layer(LONG))


@every_cell
def test_a_symbolic_trace_calls_the_module(cell: Cell) -> None:
    model = make(cell)
    graph = torch.fx.symbolic_trace(model)
    assert [node.target for node in graph.graph.nodes if node.op == "call_module"] == [
        "rnn",
        "head",
    ]
    assert torch.equal(graph(LONG), model(LONG))
    with_state = torch.fx.symbolic_trace(WithState(model.rnn))
    state = model.rnn(LONG)[1]
    assert torch.equal(with_state(LONG, state), model.rnn(LONG, state)[0])


class WithState(nn.Module):
    """A model that hands a state on."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.rnn = layer

    def forward(self, x: Tensor, state: Any) -> Tensor:
        output: Tensor = self.rnn(x, state)[0]
        return output


# Looked up ---------------------------------------------------------------------------------------


@every_cell
def test_a_class_is_found_where_its_twin_is_and_is_not_it(cell: Cell) -> None:
    ours, theirs = cell.layer, cell.twin
    assert ours == theirs == ours
    assert hash(ours) == hash(theirs)
    assert {ours, theirs} == {ours}
    assert ours is not theirs
    assert not issubclass(ours, theirs)  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(ours)) is ours
    assert copy.deepcopy({theirs: 1}) == {ours: 1}
    assert all(ours != other.layer for other in CELLS if other.layer is not ours)
    derived = type("Derived", (ours,), {})
    assert derived not in (ours, theirs)
    assert len({derived, ours}) == 2


@pytest.mark.parametrize("asked", ["class", "name", "default", "ours"])
@pytest.mark.parametrize("dtype", [torch.qint8, torch.float16], ids=str)
@pytest.mark.parametrize("cell", CELLS[-2:], ids=["gru", "lstm"])
def test_a_layer_is_quantized_as_that_of_torch(cell: Cell, dtype: torch.dtype, asked: str) -> None:
    quantization = pytest.importorskip("torch.ao.quantization")
    if not any(name in torch.backends.quantized.supported_engines for name in ("fbgemm", "onednn")):
        pytest.skip("torch has no kernels for quantized layers here")
    spec: Any = {
        "class": {cell.twin, nn.Linear},
        "name": {"rnn", "head"},
        "default": None,
        "ours": {cell.layer, nn.Linear},
    }[asked]
    model = make(cell)
    twin = copy.deepcopy(model)
    convert(twin, back=True)
    found, expected = (
        quantization.quantize_dynamic(one, spec, dtype=dtype) for one in (model, twin)
    )
    assert type(found.rnn).__module__.startswith("torch.ao.nn.quantized.dynamic")
    assert type(found.rnn) is type(expected.rnn)
    assert torch.equal(found(LONG), expected(LONG))
    if asked == "class":
        left = quantization.quantize_dynamic(model, {nn.Linear}, dtype=dtype)
        assert type(left.rnn) is cell.layer  # nobody asked for it


# Back --------------------------------------------------------------------------------------------


@every_cell
def test_there_and_back_is_where_it_was(cell: Cell) -> None:
    model = nn.ModuleDict({"rnn": cell.twin(3, 5, **cell.options), "head": nn.Linear(5, 2)})
    before = dict(vars(model["rnn"]))
    convert(model)
    result = convert(model, back=True)
    assert type(model["rnn"]) is cell.twin
    assert vars(model["rnn"]) == before
    assert list(result.converted) == ["rnn"]
    assert str(result).splitlines()[1].startswith(f"  rnn: now torch.nn.{cell.twin.__name__}(3, 5")
    assert convert(model, back=True) == Conversion({}, {}, "ostinato.nn")
    assert "ostinato.nn" in str(convert(model, back=True))
    assert list(convert(model).converted) == ["rnn"]


@every_cell
def test_a_parametrized_layer_comes_back_too(cell: Cell) -> None:
    layer = cell.make()
    parametrizations.weight_norm(layer, "weight_hh_l0")
    packed = pack_sequence(make_rows((3, 1)))
    expected = tensors(layer(packed))
    convert(layer, back=True)
    assert parametrize.type_before_parametrizations(layer) is cell.twin
    for one, other in zip(tensors(layer(packed)), expected, strict=True):
        assert_close(one, other)
    parametrize.remove_parametrizations(layer, "weight_hh_l0")
    assert type(layer) is cell.twin


def test_what_does_not_come_back_is_named() -> None:
    class Mine(ostinato.nn.GRU):
        pass

    replaced = ostinato.nn.LSTM(3, 5)
    replaced.forward = lambda *_: None  # type: ignore[assignment]
    model = nn.ModuleDict({"mine": Mine(3, 5), "replaced": replaced, "theirs": nn.GRU(3, 5)})
    result = convert(model, back=True)
    assert result.converted == {}
    assert result.left == {
        "mine": "Mine is a subclass of ostinato.nn.GRU with code of its own",
        "replaced": "its forward was replaced on the object; convert the model back before that",
    }
