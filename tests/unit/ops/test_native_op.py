"""The native ops as torch sees them: schemas, compiler, export, module checks; and their refusals."""

from __future__ import annotations

import io
import pickle
import shutil
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.cells import (
    CELLS,
    NATIVE_TOLERANCE,
    Cell,
    every_cell,
    every_direction,
    gradients,
    make_rows,
    make_state,
    states,
    tensors,
)
from tests.paths import needs_native
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato._errors import NativeError, ShapeError
from ostinato.ops import native

pytestmark = needs_native
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]


@pytest.fixture(autouse=True)
def _in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OSTINATO_NATIVE", raising=False)


def arguments(cell: Cell, dtype: torch.dtype, num_directions: int, *, trains: bool) -> list[Any]:
    """Return arguments of the op ``recurrent``."""
    layer = cell.make(dtype=dtype, bidirectional=num_directions == 2)
    packed = pack_sequence(make_rows((4, 2, 1), dtype=dtype))
    state = [part.requires_grad_(trains) for part in states(make_state(cell, layer, 3, dtype))]
    weights = [part.detach().requires_grad_(trains) for part in layer.parameters()]
    data = packed.data.requires_grad_(trains)
    return [data, packed.batch_sizes, state, weights, cell.mode, num_directions, trains]


# Registration ------------------------------------------------------------------------------------


@pytest.mark.parametrize("trains", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@every_cell
def test_torch_finds_no_fault_with_the_ops(cell: Cell, dtype: torch.dtype, *, trains: bool) -> None:
    given = arguments(cell, dtype, 2, trains=trains)
    torch.library.opcheck(native.recurrent, given)
    if trains:
        data, batch_sizes, state, weights, mode, num_directions, _ = given
        output, h_n, c_n, *kept = (part.detach() for part in native.recurrent(*given))
        d_state = [torch.randn_like(part) for part in (h_n, c_n)[: len(state)]]
        plain = [[part.detach() for part in parts] for parts in (state, weights)]
        head = (torch.randn_like(output), d_state, data.detach(), batch_sizes, *plain)
        for wants_d_input in (False, True):
            tail = (*kept, mode, num_directions, wants_d_input)
            torch.library.opcheck(native.recurrent_backward, (*head, *tail))


@every_direction
@every_cell
def test_gradcheck_on_the_op(cell: Cell, *, bidirectional: bool) -> None:
    given = arguments(cell, torch.float64, 1 + bidirectional, trains=True)
    data, batch_sizes, state, weights, *rest = given

    def call(data: Tensor, *parts: Tensor) -> tuple[Tensor, ...]:
        split = [list(parts[: len(state)]), list(parts[len(state) :])]
        return native.recurrent(data, batch_sizes, *split, *rest)[: 1 + len(state)]

    assert torch.autograd.gradcheck(call, (data, *state, *weights), fast_mode=False)


@every_cell
def test_unwanted_gradients_are_not_made(cell: Cell) -> None:
    """A frozen input, frozen weights, or a loss of the state alone give the same other gradients."""
    layer = cell.make(bidirectional=True)
    data = torch.randn(6, 2, 3, dtype=torch.float64, requires_grad=True)
    wanted = [data, *layer.parameters()]

    def loss(data: Tensor, which: int) -> Tensor:
        return tensors(layer(data))[which].square().sum()

    for which in range(3 if cell.has_cell_state else 2):
        everything = torch.autograd.grad(loss(data, which), wanted)
        for parameter, expected in zip(wanted[1:], everything[1:], strict=True):
            found = torch.autograd.grad(loss(data.detach(), which), parameter)
            assert torch.equal(found[0], expected)
        layer.requires_grad_(False)
        assert torch.equal(torch.autograd.grad(loss(data, which), data)[0], everything[0])
        assert not loss(data.detach(), which).requires_grad
        layer.requires_grad_(True)


# Compiler and export -----------------------------------------------------------------------------


class Graphs:
    """A backend that counts the nodes of what it is given and runs it as it is."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, module: Any, _: Any) -> Callable[..., Any]:
        self.sizes.append(len(module.graph.nodes))
        return module.forward


INPUTS: dict[str, Callable[[], Any]] = {
    "dense": lambda: torch.randn(5, 3, 3),
    "unbatched": lambda: torch.randn(5, 3),
    "sorted": lambda: pack_sequence(make_rows((4, 2, 1), dtype=torch.float32)),
    "unsorted": lambda: pack_sequence(make_rows((2, 4, 1), dtype=torch.float32), False),
}


def with_grad(value: Any) -> Any:
    if isinstance(value, PackedSequence):
        return value._replace(data=value.data.detach().requires_grad_())
    return value.detach().requires_grad_()


def data_of(value: Any) -> Tensor:
    return value.data if isinstance(value, PackedSequence) else value


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("make", INPUTS.values(), ids=INPUTS.keys())
@every_cell
def test_it_compiles_to_one_graph(cell: Cell, make: Callable[[], Any]) -> None:
    torch.compiler.reset()
    layer = cell.make(num_layers=2, bidirectional=True, dtype=torch.float32)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    value = with_grad(make())
    for ours, theirs in zip(tensors(compiled(value)), tensors(layer(value)), strict=True):
        assert torch.equal(ours, theirs)
    found = gradients(layer, lambda: compiled(value), [data_of(value)])
    expected = gradients(layer, lambda: layer(value), [data_of(value)])
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="inductor needs a C++ compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("make", INPUTS.values(), ids=INPUTS.keys())
def test_it_compiles_with_inductor(make: Callable[[], Any]) -> None:
    torch.compiler.reset()
    layer = CELLS[-1].make(bidirectional=True, dtype=torch.float32)
    compiled = torch.compile(layer, fullgraph=True)
    value = with_grad(make())
    found = gradients(layer, lambda: compiled(value), [data_of(value)])
    expected = gradients(layer, lambda: layer(value), [data_of(value)])
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


@every_cell
def test_the_graph_does_not_grow_with_time(cell: Cell) -> None:
    sizes = []
    for num_steps in (10, 1000):
        torch.compiler.reset()
        graphs = Graphs()
        layer = cell.make(bidirectional=True, dtype=torch.float32)
        torch.compile(layer, fullgraph=True, backend=graphs)(torch.randn(num_steps, 2, 3))
        sizes += graphs.sizes
    assert len(sizes) == 2
    assert sizes[0] == sizes[1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@every_cell
def test_it_can_be_exported(cell: Cell) -> None:
    layer = cell.make(num_layers=2, bidirectional=True, dtype=torch.float32).eval()
    data = torch.randn(5, 2, 3)
    with torch.no_grad():
        exported = torch.export.export(layer, (data,)).module()
        for ours, theirs in zip(tensors(exported(data)), tensors(layer(data)), strict=True):
            assert torch.equal(ours, theirs)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@every_direction
@every_cell
def test_autocast_equals_its_dtype(cell: Cell, dtype: torch.dtype, *, bidirectional: bool) -> None:
    layer = cell.make(dtype=torch.float32, bidirectional=bidirectional)
    data, hx = torch.randn(6, 2, 3), make_state(cell, layer, 2, torch.float32)
    with torch.autocast("cpu", dtype):
        found = tensors(layer(data, hx))
    rounded = [part.to(dtype) for part in states(hx)]
    given = tuple(rounded) if cell.has_cell_state else rounded[0]
    expected = tensors(_rounded(cell, layer, dtype)(data.to(dtype), given))
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == dtype
        assert torch.equal(ours, theirs)


def _rounded(cell: Cell, layer: Any, dtype: torch.dtype) -> Any:
    other = cell.make(dtype=dtype, bidirectional=layer.bidirectional)
    other.load_state_dict(layer.state_dict())
    return other


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@every_cell
def test_autocast_takes_input_and_state_of_any_dtype(cell: Cell, dtype: torch.dtype) -> None:
    layer = cell.make(dtype=dtype)
    expected = None
    for other in (torch.float32, torch.bfloat16):
        data = torch.ones(4, 2, 3, dtype=other)
        hx = tuple(torch.ones(1, 2, 5, dtype=other) for _ in range(1 + cell.has_cell_state))
        with torch.autocast("cpu", torch.bfloat16):
            found = tensors(layer(data, hx if cell.has_cell_state else hx[0]))
        expected = expected or found
        for ours, theirs in zip(found, expected, strict=True):
            assert ours.dtype == torch.bfloat16
            assert torch.equal(ours, theirs)


# PyTorch's own checks ----------------------------------------------------------------------------


def _module_inputs(cell: Cell, dtype: torch.dtype, *, training: bool) -> list[Any]:
    pytest.importorskip("expecttest")
    from torch.testing._internal.common_modules import module_db

    info = next(info for info in module_db if info.module_cls is cell.twin)
    return info.module_inputs_func(
        info, device="cpu", dtype=dtype, requires_grad=True, training=training
    )


@pytest.mark.filterwarnings("ignore")  # of what torch imports for its tests
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@every_cell
def test_the_module_checks_of_torch_pass(cell: Cell, dtype: torch.dtype, *, training: bool) -> None:
    inputs = _module_inputs(cell, dtype, training=training)
    assert len(inputs) >= 8
    for module_input in inputs:
        args, options = module_input.constructor_input.args, module_input.constructor_input.kwargs
        twin, layer = cell.twin(*args, **options), cell.layer(*args, **options)
        twin = twin.to(dtype).train(training)
        layer = layer.to(dtype).train(training)
        layer.load_state_dict(twin.state_dict())
        given, named = module_input.forward_input.args, module_input.forward_input.kwargs
        torch.manual_seed(0)
        theirs = twin(*given, **named)
        torch.manual_seed(0)
        ours = layer(*given, **named)
        wanted = [part for part in _leaves(given) if part.requires_grad and part.is_leaf]
        found = gradients(layer, lambda ours=ours: ours, wanted)
        expected = gradients(twin, lambda theirs=theirs: theirs, wanted)
        for one, other in zip([*tensors(ours), *found], [*tensors(theirs), *expected], strict=True):
            assert one.shape == other.shape
            torch.testing.assert_close(one, other, atol=NATIVE_TOLERANCE[dtype], rtol=1e-5)
        again = pickle.load(io.BytesIO(pickle.dumps(layer)))
        for one, other in zip(
            tensors(again.eval()(*given, **named)),
            tensors(layer.eval()(*given, **named)),
            strict=True,
        ):
            assert torch.equal(one, other)


def _leaves(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, PackedSequence):
        return [value.data]
    parts = value if isinstance(value, (tuple, list)) else ()
    return [leaf for part in parts for leaf in _leaves(part)]


# Refusals ----------------------------------------------------------------------------------------


@every_cell
def test_vmap_of_the_op_itself_is_refused(cell: Cell) -> None:
    data, *rest = arguments(cell, torch.float64, 1, trains=False)
    with pytest.raises(NativeError, match=r"vmap must not .*convert\(model, back=True\)"):
        torch.vmap(lambda x: native.recurrent(x, *rest)[0])(torch.stack([data, data]))


BREAKS: dict[str, tuple[Callable[[list[Any]], Any], str]] = {
    "sum": (lambda a: a.__setitem__(1, torch.tensor([3, 3, 2])), "must sum to the 7 steps"),
    "dtype of batch_sizes": (
        lambda a: a.__setitem__(1, a[1].int()),
        r"must be of one dimension and torch\.int64",
    ),
    "rank of batch_sizes": (lambda a: a.__setitem__(1, a[1][None]), "must be of one dimension"),
    "batch of a state": (lambda a: a[2].__setitem__(0, a[2][0][:, :1]), "state must have shape"),
    "units of a weight": (
        lambda a: a[3].__setitem__(1, a[3][1][:, :-1]),
        r"weight_hh must have shape \(\d+, 5\)",
    ),
    "inputs of a weight": (
        lambda a: a[3].__setitem__(0, a[3][0][:, :-1]),
        r"weight_ih must have shape \(\d+, 3\)",
    ),
    "bias": (lambda a: a[3].__setitem__(3, a[3][3][:-1]), "bias_hh must have shape"),
    "dtype of a weight": (
        lambda a: a[3].__setitem__(1, a[3][1].double()),
        r"weight_hh must have dtype torch\.float32",
    ),
    "dtype of a state": (
        lambda a: a[2].__setitem__(0, a[2][0].double()),
        r"state must have dtype torch\.float32",
    ),
}


@pytest.mark.parametrize(("change", "match"), BREAKS.values(), ids=BREAKS.keys())
@every_cell
def test_what_would_be_read_past_its_end_is_refused(
    cell: Cell, change: Callable[[list[Any]], Any], match: str
) -> None:
    given = arguments(cell, torch.float32, 1, trains=False)
    native.recurrent(*given)
    change(given)
    with pytest.raises(ShapeError, match=match):
        native.recurrent(*given)


@every_cell
def test_a_parameter_of_the_wrong_shape_is_refused_by_the_layer(cell: Cell) -> None:
    layer = cell.make(dtype=torch.float32)
    layer.weight_hh_l0 = torch.nn.Parameter(layer.weight_hh_l0[:, :4].detach().clone())
    for trains in (False, True):
        layer.requires_grad_(trains)
        with pytest.raises(RuntimeError, match="weight_hh must have shape"):
            layer(torch.zeros(4, 2, 3))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@every_cell
def test_a_compiled_layer_refuses_broken_packing(cell: Cell) -> None:
    """The graph has no look at the values of batch_sizes; the op has."""
    torch.compiler.reset()
    layer = cell.make(dtype=torch.float32)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    data = torch.zeros(5, 3)
    compiled(PackedSequence(data, torch.tensor([3, 2])))
    for wrong in ([3, 1], [3, 3]):
        with pytest.raises(RuntimeError, match="must sum to the 5 steps"):
            compiled(PackedSequence(data, torch.tensor(wrong)))
    for wrong, match in (([2, 3], "must never rise"), ([5, 0], "must have at least one step")):
        with pytest.raises(RuntimeError, match=match):
            compiled(PackedSequence(data, torch.tensor(wrong)))
