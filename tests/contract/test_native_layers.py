"""The native kernels against float64 on shapes that are no multiple of anything, and their laws."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.cells import (
    CELLS,
    NATIVE_DRIFT,
    NATIVE_GRADIENT_TOLERANCE,
    NATIVE_TOLERANCE,
    Cell,
    every_cell,
    make_state,
    states,
    tensors,
    weights_of,
)
from tests.covering import Case, covering
from tests.paths import INSTRUCTION_SETS, needs_native, path, threads
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato.ops import calls, reference

pytestmark = [needs_native, pytest.mark.paths("best")]

KERNELS = [
    ("portable", torch.float32),
    ("avx2", torch.float32),
    ("avx512", torch.float32),
    ("portable", torch.float64),
    ("avx2", torch.bfloat16),  # in float32, then rounded
    ("avx512_bf16", torch.bfloat16),
]
PARAMETERS: dict[str, Any] = {
    "kernel": [kernel for kernel in KERNELS if kernel[0] in INSTRUCTION_SETS] or KERNELS[:1],
    "num_threads": [1, 2, 4],
    "bidirectional": [False, True],
    "bias": [False, True],
    "has_state": [False, True],
    "hidden_size": [1, 7, 33, 257],
    "input_size": [1, 7, 33, 257],
    "batch_size": [1, 3, 65],
    "num_steps": [1, 21, 1000],
    "lengths": ["equal", "different", "ones"],
}


def lengths_of(case: Case) -> list[int]:
    """Lengths from the longest down: all equal, all different as far as they go, or many of 1."""
    batch_size, longest = case["batch_size"], case["num_steps"]
    if case["lengths"] == "equal":
        return [longest] * batch_size
    if case["lengths"] == "ones":
        return [longest] + [1] * (batch_size - 1)
    return [max(1, longest - row * max(1, longest // batch_size)) for row in range(batch_size)]


def is_quick(case: Case) -> bool:
    """Whether padded rows in float64 take well under a second."""
    units = case["hidden_size"] * (case["hidden_size"] + case["input_size"])
    places = case["batch_size"] * case["num_steps"]
    return bool(places * units * (1 + case["bidirectional"]) < 1.2e8)


CASES = covering(PARAMETERS, is_quick)


def make_problem(cell: Cell, case: Case) -> tuple[Any, PackedSequence, tuple[Tensor, ...] | None]:
    """Return a layer, a packed batch with gradient and the states, all of the case's dtype."""
    dtype = case["kernel"][1]
    options = {name: case[name] for name in ("bidirectional", "bias")}
    layer = cell.make(case["input_size"], case["hidden_size"], dtype=dtype, **options)
    rows = [torch.randn(length, case["input_size"], dtype=dtype) for length in lengths_of(case)]
    packed = pack_sequence(rows)
    packed = packed._replace(data=packed.data.requires_grad_())
    if not case["has_state"]:
        return layer, packed, None
    state = states(make_state(cell, layer, len(rows), dtype))
    return layer, packed, tuple(part.requires_grad_() for part in state)


def run(layer: Any, packed: PackedSequence, state: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Return the results and every gradient, under gradients that every dtype has exactly."""
    hx = state if state is None or len(state) == 2 else state[0]
    results = tensors(layer(packed, hx))
    generator = torch.Generator().manual_seed(1)
    gradients = [
        (torch.randint(-2, 3, result.shape, generator=generator) / 2).to(result)
        for result in results
    ]
    inputs = [packed.data, *(state or ()), *layer.parameters()]
    return results, list(torch.autograd.grad(results, inputs, gradients))


def run_in_float64(
    cell: Cell, layer: Any, packed: PackedSequence, state: Any
) -> tuple[list[Tensor], list[Tensor]]:
    """The same of torch; of our padded path where torch's would take a time quadratic in steps."""
    exact = [part.detach().double().requires_grad_() for part in (packed.data, *(state or ()))]
    options = {name: getattr(layer, name) for name in ("bidirectional", "bias")}
    make = cell.make if len(packed.batch_sizes) > 100 else cell.twin
    if make is cell.twin:
        options |= {**cell.options, "dtype": torch.float64}
    twin = make(layer.input_size, layer.hidden_size, **options)
    twin.load_state_dict(layer.state_dict())
    with path("off"):
        return run(twin, packed._replace(data=exact[0]), tuple(exact[1:]) or None)


def worst(actual: list[Tensor], expected: list[Tensor], least: float) -> float:
    """Return the largest difference, as a share of each tensor's largest value or `least`."""
    return max(
        float((one.detach().double() - other.detach()).abs().max())
        / max(float(other.detach().abs().max()), least)
        for one, other in zip(actual, expected, strict=True)
    )


def errors(cell: Cell, case: Case, name: str | None = None) -> tuple[float, float]:
    """Return the worst error of the results and of the gradients, on a path of that name."""
    torch.manual_seed(0)
    with path(name or case["kernel"][0]), threads(case["num_threads"]):
        layer, packed, state = make_problem(cell, case)
        results, gradients = run(layer, packed, state)
    assert all(result.dtype == packed.data.dtype for result in (*results, *gradients))
    expected, expected_gradients = run_in_float64(cell, layer, packed, state)
    return worst(results, expected, 1.0), worst(gradients, expected_gradients, 1e-3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values())))
@every_cell
def test_results_and_gradients_equal_float64(cell: Cell, case: Case) -> None:
    """A bfloat16 gradient that cancels, or a ReLU near its kink, is no better in torch's steps."""
    dtype = case["kernel"][1]
    error, gradient_error = errors(cell, case)
    assert error < NATIVE_TOLERANCE[dtype]
    allowed = NATIVE_GRADIENT_TOLERANCE[dtype]
    if dtype == torch.bfloat16 and gradient_error > allowed:
        allowed = 1.5 * errors(cell, case, "off")[1]
    assert gradient_error < allowed


def test_every_kernel_meets_every_value_of_what_changes_its_code() -> None:
    for kernel in PARAMETERS["kernel"]:
        for name in ("num_threads", "bidirectional", "bias", "has_state", "hidden_size"):
            for value in PARAMETERS[name]:
                assert any(case["kernel"] == kernel and case[name] == value for case in CASES)


@pytest.mark.parametrize("lengths", [(7, 7, 4, 2, 1), (5,), (3, 3, 3)], ids=str)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both"])
@every_cell
def test_equals_the_reference_in_float64(
    cell: Cell, lengths: tuple[int, ...], *, bidirectional: bool
) -> None:
    layer = cell.make(9, 11, bidirectional=bidirectional)
    packed = pack_sequence([torch.randn(n, 9, dtype=torch.float64) for n in lengths])
    packed = packed._replace(data=packed.data.requires_grad_())
    state = states(make_state(cell, layer, len(lengths)))
    inputs = [packed.data, *layer.parameters()]
    ours = tensors(layer(packed, state if len(state) == 2 else state[0]))
    theirs = tensors(
        reference.run_layers(cell.mode, packed.data, packed.batch_sizes, state, weights_of(layer))
    )
    gradients = [torch.randn_like(one) for one in theirs]
    assert worst(ours, theirs, 1.0) < 1e-12
    d_ours = list(torch.autograd.grad(ours, inputs, gradients))
    assert worst(d_ours, list(torch.autograd.grad(theirs, inputs, gradients)), 1.0) < 1e-12


# Bits --------------------------------------------------------------------------------------------

SHAPES: dict[str, dict[str, Any]] = {
    "rows": {"hidden_size": 33, "batch_size": 65, "num_steps": 40},
    "units": {"hidden_size": 257, "batch_size": 2, "num_steps": 40},
    "one-row": {"hidden_size": 257, "batch_size": 1, "num_steps": 9},
}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
every_kernel = pytest.mark.parametrize(
    "kernel", PARAMETERS["kernel"], ids=lambda kernel: f"{kernel[0]}-{str(kernel[1])[6:]}"
)
BASE: Case = {"bidirectional": True, "bias": True, "has_state": True, "input_size": 21}


def bits_of(cell: Cell, case: Case, num_threads: int) -> list[Tensor]:
    torch.manual_seed(0)
    with path(case["kernel"][0]), threads(num_threads):
        results, gradients = run(*make_problem(cell, case))
    return [*results, *gradients]


def assert_same_bits(actual: list[Tensor], expected: list[Tensor]) -> None:
    for one, other in zip(actual, expected, strict=True):
        assert torch.equal(one, other)


@every_shape
@every_kernel
@every_cell
def test_the_number_of_threads_changes_no_bit(cell: Cell, kernel: Any, shape: Case) -> None:
    for bidirectional in (False, True):
        case = {**BASE, **shape, "kernel": kernel, "lengths": "different"}
        case["bidirectional"] = bidirectional
        alone = bits_of(cell, case, 1)
        for num_threads in (1, 2, 3, 4):
            assert_same_bits(bits_of(cell, case, num_threads), alone)


@every_kernel
@every_cell
def test_a_row_has_the_same_bits_in_any_batch(cell: Cell, kernel: Any) -> None:
    """Alone, beside longer and shorter rows, and with other numbers of threads."""
    name, dtype = kernel
    layer = cell.make(13, 37, dtype=dtype, bidirectional=True)
    row = torch.randn(30, 13, dtype=dtype)
    mates = [torch.randn(length, 13, dtype=dtype) for length in (60, 40, 31, 30, 29, 8, 1)]
    with path(name):
        alone, alone_state = layer(pack_sequence([row]))
        for count in range(1, len(mates) + 1):
            for others in (mates[:count], mates[-count:]):
                packed = pack_sequence([*others, row], enforce_sorted=False)
                with threads(1 + count % 4):
                    output, state = layer(packed)
                place = len(others)
                assert torch.equal(torch.nn.utils.rnn.unpack_sequence(output)[place], alone.data)
                for one, other in zip(states(state), states(alone_state), strict=True):
                    assert torch.equal(one[:, place], other[:, 0])


@every_kernel
@every_cell
def test_what_scratch_memory_holds_does_not_matter(cell: Cell, kernel: Any) -> None:
    case = {**BASE, **SHAPES["rows"], "kernel": kernel, "lengths": "different"}
    expected = bits_of(cell, case, 2)
    calls._memory.scratch.fill_(0xFF)  # NaN in every dtype
    assert_same_bits(bits_of(cell, case, 2), expected)
    torch.use_deterministic_algorithms(True)
    try:
        assert torch.utils.deterministic.fill_uninitialized_memory
        assert_same_bits(bits_of(cell, case, 1), expected)
    finally:
        torch.use_deterministic_algorithms(False)
    assert all(bool(part.isfinite().all()) for part in expected)


# Tensors of every kind ---------------------------------------------------------------------------


@every_kernel
@every_cell
def test_tensors_need_not_be_contiguous(cell: Cell, kernel: Any) -> None:
    name, dtype = kernel
    layer = cell.make(7, 9, dtype=dtype, bidirectional=True)
    dense = torch.randn(5, 3, 7, dtype=dtype)
    state = states(make_state(cell, layer, 3, dtype))
    strided = torch.empty(7, 3, 5, dtype=dtype).permute(2, 1, 0).copy_(dense).requires_grad_()
    bent = tuple(part.mT.contiguous().mT.requires_grad_() for part in state)
    contiguous = dense.clone().requires_grad_()
    straight = tuple(part.clone().requires_grad_() for part in state)
    assert not strided.is_contiguous()
    with path(name):
        found = []
        for data, hx in ((contiguous, straight), (strided, bent)):
            results = tensors(layer(data, hx if len(hx) == 2 else hx[0]))
            loss = sum(part.sum() for part in results)  # an expanded gradient
            assert isinstance(loss, Tensor)
            grads = torch.autograd.grad(loss, [data, *hx, *layer.parameters()])
            found.append([*results, *grads])
            if data is contiguous:
                for parameter in layer.parameters():
                    if parameter.dim() == 2:
                        parameter.data = parameter.data.mT.contiguous().mT
                assert not layer.weight_hh_l0.is_contiguous()
    assert_same_bits(found[1], found[0])


@every_kernel
@every_cell
def test_the_forms_of_dense_input_agree(cell: Cell, kernel: Any) -> None:
    """Time first, batch first, one by one without a batch, and packed: the same bits."""
    name, dtype = kernel
    layer = cell.make(7, 9, dtype=dtype, bidirectional=True)
    other = cell.make(7, 9, dtype=dtype, bidirectional=True, batch_first=True)
    other.load_state_dict(layer.state_dict())
    dense = torch.randn(5, 3, 7, dtype=dtype)
    with path(name):
        output, state = layer(dense)
        packed, packed_state = layer(pack_sequence(list(dense.unbind(1))))
        turned, turned_state = other(dense.transpose(0, 1))
        assert torch.equal(turned, output.transpose(0, 1))
        assert torch.equal(packed.data, output.flatten(0, 1))
        for one, two, three in zip(
            states(state), states(packed_state), states(turned_state), strict=True
        ):
            assert torch.equal(one, two)
            assert torch.equal(one, three)
        for row in range(3):
            alone, alone_state = layer(dense[:, row])
            assert torch.equal(alone, output[:, row])
            for one, two in zip(states(alone_state), states(state), strict=True):
                assert torch.equal(one, two[:, row])


@every_kernel
@every_cell
def test_nan_stays_with_its_row(cell: Cell, kernel: Any) -> None:
    """NaN weights or NaN input give NaN, in the rows they reach and in no other."""
    name, dtype = kernel
    layer = cell.make(7, 9, dtype=dtype)
    rows = [torch.randn(6, 7, dtype=dtype) for _ in range(3)]
    with path(name):
        well, _ = layer(torch.stack(rows, 1))
        rows[1][2, 3] = torch.nan
        ill, _ = layer(torch.stack(rows, 1))
        assert torch.equal(ill[:, [0, 2]], well[:, [0, 2]])
        assert torch.equal(ill[:2], well[:2])
        assert bool(ill[2:, 1].isnan().all())
        with torch.no_grad():
            layer.weight_hh_l0[0, 0] = torch.nan
        broken, _ = layer(torch.stack(rows, 1))
        assert bool(broken[1:, :, 0].isnan().all())


@every_kernel
@every_cell
def test_an_infinite_input_harms_no_more_than_in_torch(cell: Cell, kernel: Any) -> None:
    """A gate that it shuts has a gradient of zero; the lanes beyond the last unit stay out of it."""
    name, dtype = kernel
    options = {"bidirectional": True}
    layer = cell.make(3, 5, dtype=dtype, **options)
    data = torch.randn(6, 2, 3, dtype=dtype)
    data[3, 0, 1] = torch.inf
    found = []
    for path_name in (name, "off"):
        given = data.clone().requires_grad_()
        with path(path_name):
            output, _ = layer(given)
            wanted = [given, layer.weight_hh_l0, layer.bias_hh_l0, layer.weight_hh_l0_reverse]
            grads = torch.autograd.grad(output[torch.isfinite(output)].sum(), wanted)
        found.append([output.detach(), *grads])
    for ours, theirs in zip(*found, strict=True):
        assert torch.equal(ours.isnan(), theirs.isnan())
        assert torch.equal(ours.isinf(), theirs.isinf())


# Long runs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
@every_cell
def test_float32_does_not_drift(cell: Cell, name: str) -> None:
    """After 5000 steps the error is that of a few."""
    layer = cell.make(3, 20, dtype=torch.float32)
    data = torch.randn(5000, 2, 3)
    with path(name), torch.no_grad():
        ours, state = layer(data)
        exact, exact_state = layer.double()(data.double())
    results, expected = [ours, *states(state)], [exact, *states(exact_state)]
    assert worst(results, expected, 1.0) < NATIVE_DRIFT


# Memory of weights -------------------------------------------------------------------------------


def _optimizer_step(layer: Any, _: Any) -> None:
    for parameter in layer.parameters():
        parameter.grad = torch.ones_like(parameter)
    torch.optim.SGD(layer.parameters(), lr=0.1).step()


def _swap(layer: Any, _: Any) -> None:
    if layer.weight_ih_l0.shape == layer.weight_hh_l0.shape:
        layer.weight_ih_l0, layer.weight_hh_l0 = layer.weight_hh_l0, layer.weight_ih_l0


def _parametrize(layer: Any, _: Any) -> None:
    class Negate(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return -x

    torch.nn.utils.parametrize.register_parametrization(layer, "weight_hh_l0", Negate())


def _write_through_numpy(layer: Any, _: Any) -> None:
    layer.weight_hh_l0.detach().numpy()[0, 0] = 3


def _write_to_data(layer: Any, other: Any) -> None:
    layer.weight_ih_l0.data.copy_(other.weight_ih_l0)


def _replace_data(layer: Any, other: Any) -> None:
    layer.weight_ih_l0.data = other.weight_ih_l0.data


def _fill_from_vector(layer: Any, other: Any) -> None:
    vector = torch.nn.utils.parameters_to_vector(other.parameters()).detach()
    torch.nn.utils.vector_to_parameters(vector, layer.parameters())


CHANGES: dict[str, Any] = {
    "optimizer": _optimizer_step,
    "data.copy_": _write_to_data,
    "data.neg_": lambda layer, other: layer.weight_hh_l0.data.neg_(),
    "data=": _replace_data,
    "numpy": _write_through_numpy,
    "load_state_dict": lambda layer, other: layer.load_state_dict(other.state_dict()),
    "vector_to_parameters": _fill_from_vector,
    "parametrize": _parametrize,
    "swap": _swap,
    "bias": lambda layer, other: layer.bias_hh_l0.data.add_(1),
    "replaced": lambda layer, other: setattr(layer, "weight_hh_l0", other.weight_hh_l0),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@every_cell
def test_changed_weights_are_seen_by_inference(cell: Cell, change: Any) -> None:
    """Packed weights are kept between calls, never beyond a change, whoever made it and how."""
    layer, other = cell.make(6, 6, dtype=torch.float32), cell.make(6, 6, dtype=torch.float32)
    data = torch.randn(4, 2, 6)
    with torch.no_grad():
        before, _ = layer(data)
        assert torch.equal(layer(data)[0], before)
        kept = calls._packed[layer.weight_ih_l0]
        layer(data)
        assert calls._packed[layer.weight_ih_l0] is kept
    change(layer, other)
    with torch.no_grad():
        after, _ = layer(data)
    trained, _ = layer(data)  # packs anew
    assert trained.requires_grad
    assert torch.equal(after, trained)
    assert not torch.equal(after, before)


def test_packed_weights_go_with_the_layer() -> None:
    layer = CELLS[0].make(6, 6)
    with torch.no_grad():
        layer(torch.zeros(4, 2, 6, dtype=torch.float64))
    count = len(calls._packed)
    del layer
    assert len(calls._packed) == count - 1


# Denormal numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
def test_every_thread_flushes_denormals_if_asked(name: str) -> None:
    """Zero in all rows where denormals are flushed, in none where they are not."""
    layer = CELLS[1].make(64, 64, dtype=torch.float32, bias=False)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.eye(64) * 1e-20)
        layer.weight_hh_l0.zero_()
    data = torch.full((2, 64, 64), 1e-20)  # the products are 1e-40
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush denormals")
    try:
        with path(name), threads(2):
            flushed, _ = layer(data)
            torch.set_flush_denormal(False)
            kept, _ = layer(data)
    finally:
        torch.set_flush_denormal(False)
    assert not flushed.any()
    assert bool((kept > 0).all())
