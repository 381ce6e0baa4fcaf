"""What every recurrent layer promises, over the table in ``tests/cells.py``."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from tests import strategies
from tests.cells import (
    CELLS,
    HIDDEN,
    INPUT,
    LENGTHS,
    Cell,
    assert_close,
    assert_gradients_close,
    every_cell,
    every_direction,
    every_stack,
    gradients,
    make_rows,
    make_state,
    packed_with_grad,
    rows_of,
    states,
    tensors,
    weights_of,
)
from tests.paths import PATHS
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_sequence
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ostinato._errors import ShapeError
from ostinato.ops import dispatch, reference

LSTM_CELL = CELLS[-1]
UNSORTED = (2, 7, 1, 7, 4)
DTYPES = [torch.float64, torch.float32]


def assert_same_call(layer: Any, twin: Any, *arguments: Any) -> None:
    for ours, theirs in zip(tensors(layer(*arguments)), tensors(twin(*arguments)), strict=True):
        assert_close(ours, theirs)


# Equal to torch ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", [LENGTHS, UNSORTED, (4, 4, 4), (1,), (6,)], ids=str)
@every_stack
@every_cell
def test_packed_equals_torch(
    cell: Cell, options: dict[str, Any], lengths: tuple[int, ...], dtype: torch.dtype
) -> None:
    layer, twin = cell.pair(dtype=dtype, **options)
    packed = pack_sequence(make_rows(lengths, dtype=dtype), enforce_sorted=False)
    assert_same_call(layer, twin, packed)
    assert_same_call(layer, twin, packed, make_state(cell, layer, len(lengths), dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", [UNSORTED, (4, 4, 4)], ids=str)
@every_stack
@every_cell
def test_packed_gradients_equal_torch(
    cell: Cell, options: dict[str, Any], lengths: tuple[int, ...], dtype: torch.dtype
) -> None:
    layer, twin = cell.pair(dtype=dtype, **options)
    packed = packed_with_grad(make_rows(lengths, dtype=dtype))
    hx = make_state(cell, layer, len(lengths), dtype)
    inputs = [packed.data, *(state.requires_grad_() for state in states(hx))]
    assert_gradients_close(
        gradients(layer, lambda: layer(packed, hx), inputs),
        gradients(twin, lambda: twin(packed, hx), inputs),
    )


@pytest.mark.parametrize("batch_first", [False, True])
@every_stack
@every_cell
def test_dense_equals_torch(cell: Cell, options: dict[str, Any], *, batch_first: bool) -> None:
    layer, twin = cell.pair(batch_first=batch_first, **options)
    dense = torch.randn(6, 4, INPUT, dtype=torch.float64)
    batch_size = dense.shape[0 if batch_first else 1]
    assert_same_call(layer, twin, dense)
    assert_same_call(layer, twin, dense, make_state(cell, layer, batch_size))


@pytest.mark.parametrize("batch_first", [False, True])
@every_cell
def test_unbatched_equals_torch(cell: Cell, *, batch_first: bool) -> None:
    layer, twin = cell.pair(batch_first=batch_first, num_layers=2, bidirectional=True)
    sequence = torch.randn(6, INPUT, dtype=torch.float64)
    assert_same_call(layer, twin, sequence)
    squeezed = [state.squeeze(1) for state in states(make_state(cell, layer, 1))]
    hx = tuple(squeezed) if cell.has_cell_state else squeezed[0]
    assert_same_call(layer, twin, sequence, hx)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@every_stack
def test_projection_equals_torch(options: dict[str, Any], dtype: torch.dtype) -> None:
    layer, twin = LSTM_CELL.pair(dtype=dtype, proj_size=2, **options)
    packed = packed_with_grad(make_rows(UNSORTED, dtype=dtype))
    hx = make_state(LSTM_CELL, layer, len(UNSORTED), dtype)
    assert_same_call(layer, twin, packed, hx)
    assert_gradients_close(
        gradients(layer, lambda: layer(packed, hx), [packed.data]),
        gradients(twin, lambda: twin(packed, hx), [packed.data]),
    )
    assert_same_call(layer, twin, torch.randn(6, 4, INPUT, dtype=dtype))


@pytest.mark.paths("off")
@every_stack
@every_cell
def test_what_is_left_to_torch_equals_torch(
    cell: Cell, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "RULES", dispatch.RULES[-1:])
    layer, twin = cell.pair(**options)
    packed = packed_with_grad(make_rows(UNSORTED))
    hx = make_state(cell, layer, len(UNSORTED))
    assert_same_call(layer, twin, packed, hx)
    assert_gradients_close(
        gradients(layer, lambda: layer(packed, hx), [packed.data]),
        gradients(twin, lambda: twin(packed, hx), [packed.data]),
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA")
@every_stack
@every_cell
def test_cuda_equals_torch(cell: Cell, options: dict[str, Any]) -> None:
    layer, twin = cell.pair(**options)
    packed = pack_sequence(make_rows(UNSORTED), enforce_sorted=False).to("cuda")
    hx = make_state(cell, layer, len(UNSORTED))
    on_device = tuple(state.cuda() for state in states(hx))
    given_state = on_device if cell.has_cell_state else on_device[0]
    assert_same_call(layer.cuda(), twin.cuda(), packed, given_state)


@every_cell
def test_a_long_float32_batch_equals_torch(cell: Cell) -> None:
    layer, twin = cell.pair(16, 64, dtype=torch.float32, num_layers=2, bidirectional=True)
    packed = pack_sequence(make_rows((128, 121, 64, 3, 1), 16, torch.float32))
    assert_same_call(layer, twin, packed)


@pytest.mark.parametrize("scale", [1.0, 20.0], ids=["usual", "huge"])
@pytest.mark.parametrize("dtype", [*DTYPES, torch.bfloat16, torch.float16], ids=str)
def test_the_cell_state_stays_past_the_end_of_a_short_row(
    dtype: torch.dtype, scale: float, path: str
) -> None:
    """A row beside a longer one ends as it does beside its like, to the last bit.

    The padded path has some room in float32: oneDNN may choose another product for another number
    of steps.
    """
    layer = LSTM_CELL.make(dtype=dtype)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.mul_(scale)
    short, long = make_rows((4, 40), dtype=dtype)
    _, (_, beside_longer) = layer(pack_sequence([long, short]))
    _, (_, beside_like) = layer(pack_sequence([long[:4], short]))
    if path == "off" and dtype == torch.float32:
        torch.testing.assert_close(beside_longer[:, 1], beside_like[:, 1], atol=1e-6, rtol=1e-6)
    else:
        assert torch.equal(beside_longer[:, 1], beside_like[:, 1])


# Equal to the reference --------------------------------------------------------------------------


@every_stack
@every_cell
def test_equals_the_reference_with_every_gradient(cell: Cell, options: dict[str, Any]) -> None:
    layer = cell.make(**options)
    packed = packed_with_grad(make_rows(LENGTHS))
    hx = make_state(cell, layer, len(LENGTHS))
    inputs = [packed.data, *(state.requires_grad_() for state in states(hx))]

    def specification() -> tuple[Any, Any]:
        weights = [
            [one if layer.bias else one._replace(bias_ih=None, bias_hh=None) for one in directions]
            for directions in weights_of(layer)
        ]
        return reference.run_layers(cell.mode, packed.data, packed.batch_sizes, states(hx), weights)

    for ours, theirs in zip(tensors(layer(packed, hx)), tensors(specification()), strict=True):
        assert_close(ours, theirs)
    assert_gradients_close(
        gradients(layer, lambda: layer(packed, hx), inputs),
        gradients(layer, specification, inputs),
    )


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_projection_equals_the_reference() -> None:
    layer = LSTM_CELL.make(proj_size=2, bidirectional=True, num_layers=2)
    packed = pack_sequence(make_rows())
    hx = states(make_state(LSTM_CELL, layer, len(LENGTHS)))
    theirs = reference.run_layers("LSTM", packed.data, packed.batch_sizes, hx, weights_of(layer))
    for actual, expected in zip(tensors(layer(packed, hx)), tensors(theirs), strict=True):
        assert_close(actual, expected)


@pytest.mark.parametrize("lengths", [(3, 2), (2, 2)], ids=str)
@every_direction
@every_cell
def test_gradcheck(cell: Cell, *, bidirectional: bool, lengths: tuple[int, ...]) -> None:
    layer = cell.make(2, 2, bidirectional=bidirectional)
    packed = packed_with_grad(make_rows(lengths, 2))
    parameters = dict(layer.named_parameters())

    def call(data: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        named = dict(zip(parameters, values, strict=True))
        replaced = packed._replace(data=data)
        return tuple(tensors(torch.func.functional_call(layer, named, (replaced,))))

    assert torch.autograd.gradcheck(call, (packed.data, *parameters.values()))


# Laws of sequences -------------------------------------------------------------------------------


@pytest.mark.parametrize("split", [1, 3, 6])
@pytest.mark.parametrize("packed", [False, True], ids=["dense", "packed"])
@every_cell
def test_state_carries_across_chunks(cell: Cell, *, packed: bool, split: int) -> None:
    layer = cell.make(num_layers=2)
    sequence = torch.randn(7, 2, INPUT, dtype=torch.float64)

    def run(part: Tensor, hx: Any = None) -> tuple[Tensor, Any]:
        if not packed:
            return layer(part, hx)
        output, state = layer(pack_sequence(list(part.unbind(1))), hx)
        return torch.stack(list(rows_of(output)), dim=1), state

    whole, last = run(sequence)
    head, state = run(sequence[:split])
    tail, end = run(sequence[split:], state)
    assert_close(torch.cat([head, tail]), whole)
    for actual, expected in zip(states(end), states(last), strict=True):
        assert_close(actual, expected)


@every_direction
@every_cell
@settings(max_examples=15, deadline=None)
@given(rows=strategies.rows())
def test_packed_equals_one_by_one(cell: Cell, *, bidirectional: bool, rows: list[Tensor]) -> None:
    layer = cell.make(bidirectional=bidirectional)
    output, state = layer(pack_sequence(rows, enforce_sorted=False))
    for place, (row, together) in enumerate(zip(rows, rows_of(output), strict=True)):
        alone, alone_state = layer(row)
        assert_close(together, alone)
        for actual, expected in zip(states(state), states(alone_state), strict=True):
            assert_close(actual[:, place], expected)


@every_direction
@every_cell
def test_batch_mates_change_nothing(cell: Cell, *, bidirectional: bool) -> None:
    layer = cell.make(bidirectional=bidirectional)
    row, *others = make_rows((4, 9, 4, 2))
    first, state = layer(pack_sequence([row, *others], enforce_sorted=False))
    mates = [other * 1e6 for other in others]
    second, other_state = layer(pack_sequence([row, *mates], enforce_sorted=False))
    assert torch.equal(next(rows_of(first)), next(rows_of(second)))
    for actual, expected in zip(states(state), states(other_state), strict=True):
        assert torch.equal(actual[:, 0], expected[:, 0])


@every_stack
@every_cell
def test_a_broken_batch_mate_harms_nobody(cell: Cell, options: dict[str, Any]) -> None:
    """A row of NaN, longer or shorter, leaves the others as they are."""
    layer = cell.make(**options)
    rows = make_rows((6, 5, 3, 1))
    for broken in (0, 2):
        harmed = [torch.full_like(r, torch.nan) if i == broken else r for i, r in enumerate(rows)]
        well, _ = layer(pack_sequence(rows))
        ill, _ = layer(pack_sequence(harmed))
        for place, (one, other) in enumerate(zip(rows_of(well), rows_of(ill), strict=True)):
            assert bool(other.isnan().all()) if place == broken else torch.equal(one, other)


@every_stack
@every_cell
def test_padding_may_be_nan(cell: Cell, options: dict[str, Any]) -> None:
    layer = cell.make(**options)
    rows = make_rows()
    padded = pad_sequence(rows, padding_value=torch.nan).requires_grad_()
    packed = pack_padded_sequence(padded, torch.tensor(LENGTHS))
    results = gradients(layer, lambda: layer(packed), [padded])
    assert all(bool(result.isfinite().all()) for result in results)
    for actual, expected in zip(
        tensors(layer(packed)), tensors(layer(pack_sequence(rows))), strict=True
    ):
        assert torch.equal(actual, expected)


@every_cell
def test_fresh_memory_is_never_read(cell: Cell) -> None:
    """With ``torch.empty`` full of NaN, as deterministic mode fills it, all results are finite."""
    layer = cell.make(num_layers=2, bidirectional=True)
    packed = packed_with_grad(make_rows())
    torch.use_deterministic_algorithms(True)
    try:
        assert torch.utils.deterministic.fill_uninitialized_memory
        results = gradients(layer, lambda: layer(packed), [packed.data])
    finally:
        torch.use_deterministic_algorithms(False)
    assert all(bool(result.isfinite().all()) for result in results)


@every_cell
def test_bidirectional_is_forward_beside_reversed(cell: Cell) -> None:
    both = cell.make(bidirectional=True)
    forward, backward = cell.make(), cell.make()
    forward.load_state_dict({k: v for k, v in both.state_dict().items() if "reverse" not in k})
    backward.load_state_dict(
        {k.removesuffix("_reverse"): v for k, v in both.state_dict().items() if "reverse" in k}
    )
    rows = make_rows(UNSORTED)
    output, state = both(pack_sequence(rows, enforce_sorted=False))
    ahead, ahead_state = forward(pack_sequence(rows, enforce_sorted=False))
    flipped = pack_sequence([row.flip(0) for row in rows], enforce_sorted=False)
    behind, behind_state = backward(flipped)
    for pair, one, other in zip(rows_of(output), rows_of(ahead), rows_of(behind), strict=True):
        assert_close(pair, torch.cat([one, other.flip(0)], dim=-1))
    for pair, one, other in zip(
        states(state), states(ahead_state), states(behind_state), strict=True
    ):
        assert_close(pair, torch.cat([one, other]))


@every_stack
@every_cell
def test_the_same_bits_on_a_second_run(cell: Cell, options: dict[str, Any]) -> None:
    layer = cell.make(dtype=torch.float32, **options)
    packed = packed_with_grad(make_rows(dtype=torch.float32))
    for one, other in zip(tensors(layer(packed)), tensors(layer(packed)), strict=True):
        assert torch.equal(one, other)
    first = gradients(layer, lambda: layer(packed), [packed.data])
    second = gradients(layer, lambda: layer(packed), [packed.data])
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one, other)


@every_cell
def test_the_order_of_the_batch_is_kept(cell: Cell) -> None:
    layer = cell.make(num_layers=2, bidirectional=True)
    rows = make_rows(UNSORTED)
    order = sorted(range(len(rows)), key=lambda place: -UNSORTED[place])
    _, state = layer(pack_sequence(rows, enforce_sorted=False))
    _, in_order = layer(pack_sequence([rows[place] for place in order]))
    for actual, expected in zip(states(state), states(in_order), strict=True):
        assert torch.equal(actual[:, order], expected)


# Modules -----------------------------------------------------------------------------------------


@every_stack
@every_cell
def test_state_dict_goes_both_ways(cell: Cell, options: dict[str, Any]) -> None:
    layer, twin = cell.pair(**options)
    assert list(layer.state_dict()) == list(twin.state_dict())
    other = cell.make(**options)
    other.load_state_dict(twin.state_dict())
    assert_same_call(other, layer, pack_sequence(make_rows()))


@pytest.mark.paths("best")
@every_stack
@every_cell
def test_it_starts_and_looks_like_its_twin(cell: Cell, options: dict[str, Any]) -> None:
    torch.manual_seed(3)
    layer = cell.make(**options)
    torch.manual_seed(3)
    twin = cell.twin(INPUT, HIDDEN, dtype=torch.float64, **cell.options, **options)
    assert repr(layer) == repr(twin)
    for ours, theirs in zip(layer.parameters(), twin.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@every_cell
def test_copies_and_pickles_work(cell: Cell) -> None:
    layer = cell.make(num_layers=2, bidirectional=True)
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    packed = pack_sequence(make_rows())
    for other in (copy.deepcopy(layer), torch.load(file, weights_only=False)):
        for ours, theirs in zip(tensors(other(packed)), tensors(layer(packed)), strict=True):
            assert torch.equal(ours, theirs)


@every_cell
def test_it_can_be_converted_to_another_dtype(cell: Cell) -> None:
    layer, twin = cell.pair(num_layers=2)
    assert_same_call(layer.float(), twin.float(), pack_sequence(make_rows(dtype=torch.float32)))


@every_cell
def test_dropout_between_layers(cell: Cell) -> None:
    layer = cell.make(num_layers=2, dropout=0.5)
    packed = pack_sequence(make_rows())

    def run(seed: int) -> list[Tensor]:
        torch.manual_seed(seed)
        return tensors(layer(packed))

    first, again, other = run(1), run(1), run(2)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    layer.eval()
    assert torch.equal(run(1)[0], run(2)[0])
    undropped = cell.make(num_layers=2)
    undropped.load_state_dict(layer.state_dict())
    assert torch.equal(run(1)[0], undropped(packed)[0].data)


@every_cell
def test_dropout_reaches_every_layer_but_the_first(cell: Cell) -> None:
    """With everything dropped the second layer sees zeros, the first its input."""
    layer = cell.make(num_layers=2, dropout=1.0)
    packed = pack_sequence(make_rows())
    top = cell.make(HIDDEN, HIDDEN)
    names = {name: name.replace("l0", "l1") for name in top.state_dict()}
    top.load_state_dict({low: layer.state_dict()[high] for low, high in names.items()})
    _, state = layer(packed)
    zeros = packed._replace(data=torch.zeros(len(packed.data), HIDDEN, dtype=torch.float64))
    _, top_state = top(zeros)
    bottom = cell.make()
    bottom.load_state_dict({name: layer.state_dict()[name] for name in top.state_dict()})
    _, bottom_state = bottom(packed)
    for both, low, high in zip(states(state), states(bottom_state), states(top_state), strict=True):
        assert_close(both, torch.cat([low, high]))


@pytest.mark.paths(*PATHS)
@every_direction
@every_cell
def test_autocast_to_bfloat16(cell: Cell, *, bidirectional: bool) -> None:
    layer = cell.make(dtype=torch.float32, num_layers=2, bidirectional=bidirectional)
    packed = packed_with_grad(make_rows(dtype=torch.float32))
    exact = tensors(layer(packed))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = tensors(layer(packed))
        again = layer(packed, layer(packed)[1])  # a rounded state is taken back
    for ours, theirs in zip(rounded, exact, strict=True):
        assert bool((ours.float() - theirs).abs().max() < 2e-2)
    assert all(bool(result.isfinite().all()) for result in tensors(again))
    loss = sum(result.float().sum() for result in rounded)
    assert isinstance(loss, Tensor)
    loss.backward()
    assert packed.data.grad is not None
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in layer.parameters())


# Speed that must not be lost ---------------------------------------------------------------------


class ElementsMade(TorchDispatchMode):
    """Counts the elements of every tensor that an op returns, forward and backward."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.count += sum(leaf.numel() for leaf in tree_leaves(result) if isinstance(leaf, Tensor))
        return result


def elements_of_training_step(layer: Any, num_steps: int) -> int:
    rows = make_rows((num_steps, num_steps // 2), 4, torch.float32)
    packed = packed_with_grad(rows)
    with ElementsMade() as made:
        torch.stack([result.sum() for result in tensors(layer(packed))]).sum().backward()
    return made.count


@pytest.mark.parametrize(
    ("cell", "options"),
    [*((cell, {}) for cell in CELLS), (LSTM_CELL, {"proj_size": 2})],
    ids=[*(cell.name for cell in CELLS), "lstm-projected"],
)
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_training_is_linear_in_time(
    cell: Cell, options: dict[str, Any], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never takes torch's packed path, which makes a gradient of all steps at every step.

    The native path takes none of torch's.
    """
    layer = cell.make(4, 4, bidirectional=True, dtype=torch.float32, **options)
    name = cell.mode.lower()
    real = getattr(torch._VF, name)
    is_packed = []

    def watched(*arguments: Any) -> Any:
        is_packed.append(isinstance(arguments[1], Tensor) and arguments[1].dtype == torch.int64)
        return real(*arguments)

    monkeypatch.setattr(torch._VF, name, watched, raising=False)
    half, whole = (elements_of_training_step(layer, num_steps) for num_steps in (300, 600))
    assert bool(is_packed) == (path == "off" or "proj_size" in options)
    assert not any(is_packed)
    assert whole < 2.1 * half


@pytest.mark.paths("off")
def test_the_gauge_sees_that_the_packed_path_of_torch_is_not_linear() -> None:
    twin = torch.nn.GRU(4, 4)
    half, whole = (elements_of_training_step(twin, num_steps) for num_steps in (100, 200))
    assert whole > 2.5 * half


@pytest.mark.paths("off")
def test_a_ragged_lstm_takes_onednn() -> None:
    layer = LSTM_CELL.make(dtype=torch.float32, bidirectional=True)
    packed = packed_with_grad(make_rows(dtype=torch.float32))
    with torch.profiler.profile() as profile:
        layer(packed)[0].data.sum().backward()
    names = [event.name for event in profile.events()]
    assert names.count("aten::mkldnn_rnn_layer") == 2
    assert names.count("aten::mkldnn_rnn_layer_backward") == 2


# Refusals ----------------------------------------------------------------------------------------


@every_cell
def test_wrong_input_is_refused(cell: Cell) -> None:
    layer = cell.make()
    name = type(layer).__name__
    wide = torch.zeros(7, 2, 4, dtype=torch.float64)
    match = rf"^{name}: input must have 3 features in its last dimension; got shape \(7, 2, 4\)\. "
    with pytest.raises(ShapeError, match=match + "Transpose it, or build the"):
        layer(wide)
    with pytest.raises(ShapeError, match=r"must have 3 features .* got shape \(5, 4\)"):
        layer(pack_sequence([wide[:3, 0], wide[:2, 0]]))
    with pytest.raises(ShapeError, match=r"must have 2 or 3 dimensions; got shape \(3,\)"):
        layer(wide[0, 0, :3])
    with pytest.raises(ShapeError, match=r"must have 2 dimensions; got shape \(9,\)"):
        layer(pack_sequence([torch.zeros(9)]))
    with pytest.raises(ShapeError, match=r"input must have dtype torch\.float64, .* torch\.int64"):
        layer(wide[:, :, :3].long())
    rows = [wide[:3, 0, :3], wide[:2, 0, :3]]
    refused: dict[str, Any] = {
        r"got list\. .* torch\.nn\.utils\.rnn\.pack_sequence": rows,
        r"got ndarray\. Make a tensor of it with torch\.as_tensor": wide.numpy(),
        r"got NoneType": None,
        r"got a nested tensor\. Give .*input\.unbind\(\)": torch.nested.nested_tensor(
            rows, layout=torch.jagged
        ),
        r"got a tensor of torch\.sparse_coo\. Give input\.to_dense\(\)": wide.to_sparse(),
    }
    for match, wrong in refused.items():
        with pytest.raises(ShapeError, match=f"^{name}: input must be a dense tensor.*{match}"):
            layer(wrong)
    with pytest.raises(ShapeError, match=r"got torch\.float32\. Convert it with input\.to\("):
        layer(pack_sequence([wide[:, 0, :3].float()]))


@every_cell
def test_empty_sequences_are_refused(cell: Cell) -> None:
    layer = cell.make()
    with pytest.raises(ShapeError, match="must have at least one time step; got 0"):
        layer(torch.zeros(0, 2, INPUT, dtype=torch.float64))
    with pytest.raises(ShapeError, match="must have at least one time step; got 0"):
        cell.make(batch_first=True)(torch.zeros(2, 0, INPUT, dtype=torch.float64))
    empty = PackedSequence(torch.zeros(0, INPUT, dtype=torch.float64), torch.tensor([], dtype=int))
    with pytest.raises(ShapeError, match="every sequence must have at least one step"):
        layer(empty)


@every_cell
def test_broken_packing_is_refused(cell: Cell) -> None:
    layer = cell.make()
    data = torch.zeros(5, INPUT, dtype=torch.float64)
    with pytest.raises(ShapeError, match=r"batch_sizes must never rise; got \[2, 3\]"):
        layer(PackedSequence(data, torch.tensor([2, 3])))
    with pytest.raises(ShapeError, match=r"must sum to the 5 steps of the data; got 4"):
        layer(PackedSequence(data, torch.tensor([2, 2])))
    with pytest.raises(ShapeError, match=r"at least one step; got batch_sizes \[5, 0\]"):
        layer(PackedSequence(data, torch.tensor([5, 0])))


@every_cell
def test_wrong_states_are_refused(cell: Cell) -> None:
    layer = cell.make()
    sequence = torch.zeros(4, 2, INPUT, dtype=torch.float64)
    right = torch.zeros(1, 2, HIDDEN, dtype=torch.float64)

    def state(h_0: Tensor) -> Any:
        return (h_0, right) if cell.has_cell_state else h_0

    match = r"h_0 must have shape \(1, 2, 5\); got \(1, 3, 5\)\. Give \(num_layers"
    with pytest.raises(ShapeError, match=match):
        layer(sequence, state(torch.zeros(1, 3, HIDDEN, dtype=torch.float64)))
    with pytest.raises(ShapeError, match=r"h_0 must have shape \(1, 5\); got \(1, 1, 5\)"):
        layer(sequence[:, 0], (right[:, :1],) * 2 if cell.has_cell_state else right[:, :1])
    with pytest.raises(ShapeError, match=r"h_0 must have dtype torch\.float64"):
        layer(sequence, state(right.float()))


def test_wrong_lstm_states_are_refused() -> None:
    layer = LSTM_CELL.make()
    sequence = torch.zeros(4, 2, INPUT, dtype=torch.float64)
    right = torch.zeros(1, 2, HIDDEN, dtype=torch.float64)
    with pytest.raises(ShapeError, match=r"hx must be a pair \(h_0, c_0\); got Tensor"):
        layer(sequence, right)
    with pytest.raises(ShapeError, match=r"hx must be a pair \(h_0, c_0\); got tuple of 1"):
        layer(sequence, (right,))
    with pytest.raises(ShapeError, match=r"c_0 must have shape \(1, 2, 5\); got \(1, 2, 4\)"):
        layer(sequence, (right, right[..., :4]))
    with pytest.raises(ShapeError, match=r"c_0 must be a tensor of shape .*; got NoneType"):
        layer(sequence, (right, None))


@pytest.mark.paths("best")
@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dropout": 1.5, "num_layers": 2}, "dropout should be a number"),
        ({"num_layers": 0}, "num_layers must be greater than zero"),
    ],
)
@every_cell
def test_the_constructor_refuses_what_torch_refuses(
    cell: Cell, options: dict[str, Any], match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        cell.make(**options)
