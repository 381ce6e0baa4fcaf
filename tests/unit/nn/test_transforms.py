"""Under every transform of torch a layer is what the equations are, or a sentence says what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given as each_of
from hypothesis import settings
from hypothesis import strategies as st
from tests.cells import CELLS, Cell, every_cell, every_direction, make_rows, tensors, weights_of
from tests.strategies import packed_batches
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato._errors import NativeError
from ostinato.nn import CRF, GRU, LSTM, CTCTargets, ctc_loss, decode, log_likelihood, posterior
from ostinato.nn.crf import n_best
from ostinato.ops import chain, reference
from ostinato.ops.transforms import constant

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own use
Function = Callable[[Tensor], Tensor]
CLOSE = {"atol": 1e-9, "rtol": 1e-9}


def vectorised(function: Function, x: Tensor) -> Tensor:
    jacobian = torch.autograd.functional.jacobian
    found: Tensor = jacobian(function, x, vectorize=True)
    return found


def dual(function: Function, x: Tensor) -> Tensor:
    """Forward mode, as ``torch.autograd.forward_ad`` has it."""
    with forward_ad.dual_level():
        result = function(forward_ad.make_dual(x, x.cos()))
        tangent = forward_ad.unpack_dual(result).tangent
    assert tangent is not None
    return tangent


def batched_pull(function: Function, x: Tensor) -> Tensor:
    """The gradients of many losses at once, of one forward pass."""
    leaf = x.clone().requires_grad_()
    result = function(leaf)
    each = torch.eye(result.numel(), dtype=x.dtype)[:4].view(-1, *result.shape)
    return torch.autograd.grad(result, leaf, each, is_grads_batched=True)[0]


def mapped_pull(function: Function, x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    result = function(leaf)
    each = torch.eye(result.numel(), dtype=x.dtype)[:4].view(-1, *result.shape)
    return torch.func.vmap(lambda v: torch.autograd.grad(result, leaf, v, retain_graph=True)[0])(
        each
    )


def third(function: Function, x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    value = function(leaf).square().sum()
    for _ in range(3):
        (value,) = torch.autograd.grad(value, leaf, create_graph=True)
        found, value = value, value.square().sum()
    return found


TRANSFORMS: dict[str, Callable[[Function, Tensor], Any]] = {
    "func.grad": lambda f, x: torch.func.grad(lambda x: f(x).square().sum())(x),
    "func.vjp": lambda f, x: torch.func.vjp(f, x)[1](f(x).cos())[0],
    "func.jvp": lambda f, x: torch.func.jvp(f, (x,), (x.cos(),))[1],
    "func.jacrev": lambda f, x: torch.func.jacrev(f)(x),
    "func.jacfwd": lambda f, x: torch.func.jacfwd(f)(x),
    "func.hessian": lambda f, x: torch.func.hessian(lambda x: f(x).square().sum())(x),
    "vmap": lambda f, x: torch.func.vmap(f)(torch.stack([x, x.cos()])),
    "gradient of each": lambda f, x: torch.func.vmap(
        torch.func.grad(lambda x: f(x).square().sum())
    )(torch.stack([x, x.cos()])),
    "forward_ad": dual,
    "jacobian": torch.autograd.functional.jacobian,
    "jacobian(vectorize=True)": vectorised,
    "hessian": lambda f, x: torch.autograd.functional.hessian(lambda x: f(x).square().sum(), x),
    "is_grads_batched": batched_pull,
    "vmap of autograd.grad": mapped_pull,
    "third derivatives": third,
}

every_transform = pytest.mark.parametrize("name", TRANSFORMS)


def by_the_equations(cell: Cell, layer: Any, batch_sizes: Tensor, data: Tensor) -> Tensor:
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    zeros = data.new_zeros(count, int(batch_sizes[0]), layer.hidden_size)
    state = (zeros, zeros) if cell.has_cell_state else (zeros,)
    output, final = reference.run_layers(cell.mode, data, batch_sizes, state, weights_of(layer))
    return torch.cat([output.flatten(), *(part.flatten() for part in final)])


def flat(result: Any) -> Tensor:
    return torch.cat([part.flatten() for part in tensors(result)])


@every_transform
@every_cell
def test_a_packed_layer_under_a_transform_is_its_equations(cell: Cell, name: str) -> None:
    layer = cell.make(bidirectional=True)
    packed = pack_sequence(make_rows((3, 2, 1)))
    found = TRANSFORMS[name](lambda x: flat(layer(packed._replace(data=x))), packed.data)
    expected = TRANSFORMS[name](
        lambda x: by_the_equations(cell, layer, packed.batch_sizes, x), packed.data
    )
    torch.testing.assert_close(found, expected, **CLOSE)


@every_transform
@every_cell
def test_a_dense_layer_under_a_transform_is_its_equations(cell: Cell, name: str) -> None:
    layer = cell.make(batch_first=True)
    data = torch.randn(2, 3, 3, dtype=torch.float64)

    def run(x: Tensor) -> Tensor:
        output, state = layer(x)
        return flat((output.transpose(0, 1), state))

    def expected(x: Tensor) -> Tensor:
        sizes = torch.tensor([2, 2, 2])
        return by_the_equations(cell, layer, sizes, x.transpose(0, 1).reshape(6, 3))

    torch.testing.assert_close(
        TRANSFORMS[name](run, data), TRANSFORMS[name](expected, data), **CLOSE
    )


@pytest.mark.parametrize("name", ["func.jacrev", "func.jvp", "func.hessian", "third derivatives"])
def test_so_is_a_stack_with_projection_and_state(name: str) -> None:
    layer = LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2, dtype=torch.float64)
    twin = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2, dtype=torch.float64)
    twin.load_state_dict(layer.state_dict())
    hx = (torch.randn(4, 2, 2).double(), torch.randn(4, 2, 4).double())
    data = torch.randn(3, 2, 3, dtype=torch.float64)
    found, expected = (
        TRANSFORMS[name](lambda x, one=one: flat(one(x, hx)), data) for one in (layer, twin)
    )
    torch.testing.assert_close(found, expected, **CLOSE)


@every_cell
def test_parameters_are_followed_too(cell: Cell) -> None:
    """Ensembles by vmap, and the gradient of each sample."""
    layers = [cell.make(bidirectional=True) for _ in range(3)]
    x = torch.randn(4, 2, 3, dtype=torch.float64)
    parameters, buffers = torch.func.stack_module_state(layers)
    call = torch.func.functional_call
    together = torch.func.vmap(lambda p, b: call(layers[0], (p, b), (x,))[0])(parameters, buffers)
    torch.testing.assert_close(together, torch.stack([one(x)[0] for one in layers]), **CLOSE)

    def loss(p: dict[str, Tensor], row: Tensor) -> Tensor:
        return call(layers[0], p, (row,))[0].square().sum()

    own = dict(layers[0].named_parameters())
    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 1))(own, x)
    whole = torch.func.grad(loss)(own, x)
    for name, gradient in each.items():
        torch.testing.assert_close(gradient.sum(0), whole[name], **CLOSE)


@settings(max_examples=15)
@each_of(packed=packed_batches(), cell=st.sampled_from(CELLS), bidirectional=st.booleans())
def test_second_derivatives_of_any_batch(
    packed: PackedSequence, cell: Cell, bidirectional: bool
) -> None:
    """By the input, by a weight and by both, of a graph that the kernels made."""
    layer = cell.make(bidirectional=bidirectional)
    data = packed.data.requires_grad_()
    found = []
    for run in (
        lambda: flat(layer(packed._replace(data=data, sorted_indices=None, unsorted_indices=None))),
        lambda: by_the_equations(cell, layer, packed.batch_sizes, data),
    ):
        wanted = [data, layer.weight_hh_l0]
        first = torch.autograd.grad(run().square().sum(), wanted, create_graph=True)
        found.append(torch.autograd.grad(sum(one.square().sum() for one in first), wanted))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, **CLOSE)


@every_cell
def test_autocast_and_a_transform_go_together(cell: Cell) -> None:
    layer = cell.make(dtype=torch.float32)
    x = torch.randn(4, 2, 3)
    with torch.autocast("cpu", torch.bfloat16):
        value, tangent = torch.func.jvp(lambda x: layer(x)[0], (x,), (x,))
        plain = layer(x)[0]
    assert value.dtype == tangent.dtype == plain.dtype == torch.bfloat16
    torch.testing.assert_close(value, plain, atol=2e-2, rtol=0)


# Changes in place --------------------------------------------------------------------------------

IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {
    "relu_": lambda y: F.relu(y, inplace=True),
    "mul_": lambda y: y.mul_(2.0),
    "add_": lambda y: y.add_(1.0).mul_(y.detach().clone()),
    "masked_fill_": lambda y: y.masked_fill_(y < 0, 0.5),
    "slice": lambda y: y[:1].zero_() * 0 + y,
    "data": lambda y: (y.data.mul_(5.0), y)[1],  # of these two autograd hears nothing
    "numpy": lambda y: (y.detach().numpy().fill(7.0), y)[1],
}


@pytest.mark.parametrize("name", IN_PLACE)
@pytest.mark.parametrize("form", ["packed", "dense"])
@every_direction
@every_cell
def test_an_output_may_be_changed_in_place(
    cell: Cell, form: str, name: str, *, bidirectional: bool
) -> None:
    layer = cell.make(bidirectional=bidirectional)
    packed = pack_sequence(make_rows((3, 2, 1)))
    data = packed.data.requires_grad_() if form == "packed" else torch.randn(3, 2, 3).double()
    data.requires_grad_()

    def loss(data: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
        output, state = layer(packed._replace(data=data) if form == "packed" else data)
        output = change(output.data if form == "packed" else output)
        first = state[0] if cell.has_cell_state else state
        return output.square().sum() + first.mul_(3.0).sum()

    def by_copy(y: Tensor) -> Tensor:
        return IN_PLACE[name](y.clone())

    wanted = [data, *layer.parameters()]
    found = loss(data, IN_PLACE[name])
    kept = torch.autograd.grad(found, wanted, retain_graph=True)
    again = torch.autograd.grad(found, wanted)
    expected = torch.autograd.grad(loss(data, by_copy), wanted)
    for one, two, three in zip(kept, again, expected, strict=True):
        torch.testing.assert_close(one, three, **CLOSE)
        assert torch.equal(one, two)


@pytest.mark.parametrize("cell", CELLS[-2:], ids=["gru", "lstm"])
def test_so_may_that_of_a_compiled_layer(cell: Cell) -> None:
    torch.compiler.reset()
    layer = cell.make(bidirectional=True)
    data = torch.randn(3, 2, 3, dtype=torch.float64, requires_grad=True)

    def loss(data: Tensor, *, inplace: bool) -> Tensor:
        return F.relu(layer(data)[0], inplace=inplace).square().sum()

    wanted = [data, *layer.parameters()]
    expected = torch.autograd.grad(loss(data, inplace=False), wanted)
    inside = torch.compile(loss, backend="aot_eager", fullgraph=True)(data, inplace=True)
    output = torch.compile(layer, backend="aot_eager", fullgraph=True)(data)[0]
    outside = output.relu().square().sum()
    output.mul_(5.0)
    for found in (inside, outside):
        for one, other in zip(torch.autograd.grad(found, wanted), expected, strict=True):
            torch.testing.assert_close(one, other, **CLOSE)


# Chains ------------------------------------------------------------------------------------------


def make_chain() -> tuple[CRF, PackedSequence, Tensor]:
    """A CRF that forbids some moves, a batch, and tags that it allows."""
    may = torch.ones(3, dtype=torch.bool), torch.ones(3, 3, dtype=torch.bool), torch.ones(3) > 0
    may[1][2, 0] = False
    crf = CRF(3, may).double()
    torch.nn.init.normal_(crf.transition)
    packed = pack_sequence(make_rows((4, 2), 3))
    return crf, packed, torch.tensor([1, 2, 0, 1, 1, 0])


@every_transform
@pytest.mark.parametrize("partial", [False, True])
def test_a_chain_under_a_transform_is_its_definition(name: str, partial: bool) -> None:
    crf, packed, tags = make_chain()
    given = F.one_hot(tags, 3).bool() | (torch.arange(6)[:, None] == 2) if partial else tags
    scores = crf(packed)
    moves = [part.detach().clamp_min(-1e4) for part in scores[1:]]

    def by_definition(x: Tensor) -> Tensor:
        """Each row's paths, added up one by one."""
        open_ones = F.one_hot(tags, 3).bool() if not partial else given
        result = []
        for places in ([0, 2, 4, 5], [1, 3]):
            paths = torch.cartesian_prod(*[torch.arange(3)] * len(places))
            score = moves[0][paths[:, 0]] + moves[2][paths[:, -1]]
            score = score + moves[1][paths[:, :-1], paths[:, 1:]].sum(1)
            score = score + x[torch.tensor(places)].gather(1, paths.T).sum(0)
            is_open = open_ones[torch.tensor(places)].gather(1, paths.T).all(0)
            result.append(score[is_open].logsumexp(0) - score.logsumexp(0))
        return torch.stack(result)

    def ours(x: Tensor) -> Tensor:
        return log_likelihood(scores._replace(emissions=packed._replace(data=x)), given)

    ours_found = TRANSFORMS[name](ours, packed.data)
    torch.testing.assert_close(ours_found, TRANSFORMS[name](by_definition, packed.data), **CLOSE)


def test_a_row_without_a_path_stays_impossible_under_a_transform() -> None:
    crf, packed, tags = make_chain()
    scores = crf(packed)
    hopeless = packed.data.clone()
    hopeless[3] = -torch.inf  # the last step of the second row

    def log_z(x: Tensor) -> Tensor:
        return log_likelihood(scores._replace(emissions=packed._replace(data=x)), tags)

    gradient = torch.func.grad(lambda x: log_z(x)[0])(hopeless)
    plain = torch.autograd.functional.jacobian(lambda x: log_z(x)[0], hopeless)
    assert gradient.isfinite().all()
    torch.testing.assert_close(gradient, plain, **CLOSE)
    arguments = (hopeless, packed.batch_sizes, *(part.detach() for part in scores[1:]))
    log_sums = torch.func.vmap(lambda x: chain.log_sum_and_share(x, *arguments[1:])[0])(
        hopeless[None]
    )[0]
    assert log_sums[1] == -torch.inf


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_ctc_under_a_transform_is_itself_or_torch_says_why() -> None:
    packed = pack_sequence([row.log_softmax(1) for row in make_rows((4, 2))])
    targets = CTCTargets(torch.tensor([1, 2, 1]), torch.tensor([2, 1]))

    def loss(x: Tensor) -> Tensor:
        return ctc_loss(packed._replace(data=x), targets)

    expected = torch.autograd.functional.jacobian(loss, packed.data)
    for name in ("func.jacrev", "jacobian(vectorize=True)"):
        torch.testing.assert_close(TRANSFORMS[name](loss, packed.data), expected, **CLOSE)
    for name in ("func.jvp", "hessian", "forward_ad"):
        with pytest.raises((NotImplementedError, RuntimeError), match="ctc_loss"):
            TRANSFORMS[name](loss, packed.data)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_what_a_transform_or_a_trace_cannot_see_is_refused() -> None:
    crf, packed, _ = make_chain()
    session = GRU(3, 4, dtype=torch.float64).stream(6)
    calls: dict[str, Callable[[Tensor], Any]] = {
        "decode": lambda x: decode(crf(packed._replace(data=x))).data,
        "n_best": lambda x: n_best(crf(packed._replace(data=x)), 2),
        "posterior": lambda x: posterior(crf(packed._replace(data=x))).marginals,
        r"GRU\.stream": session.step,
    }
    transforms: list[Callable[[Any, Tensor], Any]] = [
        lambda f, x: torch.func.vmap(f)(x[None]),
        lambda f, x: torch.func.jvp(f, (x,), (x,)),
        dual,
        lambda f, x: torch.jit.trace(f, (x,), check_trace=False),
    ]
    crf.requires_grad_(False)
    for where, call in calls.items():
        call(packed.data)
        for transform in transforms:
            with pytest.raises(NativeError, match=rf"^{where}: it must be called outside"):
                transform(call, packed.data)


def test_a_constant_of_ours_is_one_of_the_compiler() -> None:
    """The mark is private to torch: here it is the one that its own function sets."""
    ours, theirs = constant(lambda: True), torch.compiler.assume_constant_result(lambda: True)
    assert vars(ours) == vars(theirs) != {}


def test_layers_are_imported_without_the_compiler() -> None:
    code = "import sys, ostinato.nn; raise SystemExit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
