"""Calls the C interface with what no caller should give; run as a process of its own.

A layer or a chain has every buffer of exactly the size that the header asks for, between guards. It
is then spoiled in one place or more: each call must return a status, and not a byte may have changed.
"""

from __future__ import annotations

import ctypes
from ctypes import byref
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st

import ostinato._native
from ostinato._native import bindings, library

GUARD, FILL = 64, 0xA5
GATES = (1, 1, 3, 4)
WIDTH = (4, 8, 2)
HUGE = (-(2**63), -(2**40), -1, 0, 2**20 + 1, 2**31, 2**40, 2**62, 2**63 - 1)
WRONG_NUMBERS = (-(2**31), -1, 4, 99, 2**31 - 1)

hypothesis.settings.register_profile(
    "fuzz", deadline=None, max_examples=200, database=None, derandomize=True
)
hypothesis.settings.load_profile("fuzz")

LIBRARY = ctypes.CDLL(str(library.find(ostinato._native.__path__)))
bindings.bind(LIBRARY)
BEST = bindings.INSTRUCTION_SETS.index(bindings.instruction_set(LIBRARY))
for _name in bindings.SIGNATURES:
    getattr(LIBRARY, _name).errcheck = lambda status, *_: status


class Guarded:
    """Buffers between guards."""

    def __init__(self) -> None:
        self.memory: list[np.ndarray] = []
        self.guards: list[np.ndarray] = []

    def take(self, count: int) -> int:
        made = np.full(count + 2 * GUARD + 63, FILL, np.uint8)
        offset = (made.ctypes.data + GUARD + 63) // 64 * 64 - made.ctypes.data
        made[offset : offset + count] = 0
        self.memory.append(made)
        self.guards += [made[:offset], made[offset + count :]]
        return int(made.ctypes.data + offset)


class Problem(Guarded):
    """A layer and its buffers."""

    def __init__(self, cell: int, dtype: int, set_: int, directions: int, sizes: list[int]) -> None:
        super().__init__()
        i, h, steps, batch = sizes
        self.batch_sizes = np.sort(np.arange(steps) % batch + 1)[::-1].astype(np.int64).copy()
        batch, places = int(self.batch_sizes[0]), int(self.batch_sizes.sum())
        pointer = self.batch_sizes.ctypes.data
        self.layer = bindings.Layer(cell, dtype, set_, directions, 2, i, h, steps, pointer)
        found = bindings.Sizes()
        assert LIBRARY.ostinato_layer_sizes(byref(self.layer), byref(found)) == 0
        self.sizes = found
        rows, width, state = GATES[cell] * h, WIDTH[dtype], directions * batch * h
        each = [rows * i, rows * h, rows, rows]

        def take(count: int) -> int:
            return self.take(count * width)

        is_lstm = cell == 3
        weights = [bindings.Weights(*map(take, each)) for _ in range(directions)]
        self.weights = (bindings.Weights * directions)(*weights)
        packed, data, h_0 = self.take(found.packed), take(places * i), take(state)
        c_0 = take(state) if is_lstm else None
        output = take(places * directions * h)
        saved = self.take(places * found.saved_row) if found.saved_row else None
        self.forward = bindings.ForwardBuffers(
            packed,
            data,
            h_0,
            c_0,
            output,
            take(state),
            take(state) if is_lstm else None,
            saved,
            self.take(found.forward_workspace),
            found.forward_workspace,
        )
        d_weights = [bindings.Weights(*map(take, each)) for _ in range(directions)]
        self.d_weights = (bindings.Weights * directions)(*d_weights)
        self.backward = bindings.BackwardBuffers(
            self.weights,
            data,
            h_0,
            c_0,
            output,
            saved,
            take(places * directions * h),
            take(state),
            take(state) if is_lstm else None,
            take(places * i),
            take(state),
            take(state) if is_lstm else None,
            self.d_weights,
            self.take(found.backward_workspace),
            found.backward_workspace,
        )

    def calls(self) -> dict[str, Any]:
        layer = byref(self.layer)
        return {
            "pack": lambda: LIBRARY.ostinato_pack(layer, self.weights, self.forward.packed),
            "forward": lambda: LIBRARY.ostinato_forward(layer, byref(self.forward)),
            "backward": lambda: LIBRARY.ostinato_backward(layer, byref(self.backward)),
        }


SPOILED_LAYER = {
    "cell": WRONG_NUMBERS,
    "dtype": (*WRONG_NUMBERS[:2], 3, 99),
    "instruction_set": WRONG_NUMBERS,
    "num_directions": (-1, 0, 3, 2**31 - 1),
    "num_threads": (-(2**31), -1, 0),
    "input_size": HUGE,
    "hidden_size": HUGE,
    "num_steps": (-(2**63), -1, 0),
}
NEEDED = {
    "forward": ("packed", "input", "h_0", "output", "h_n", "workspace"),
    "backward": (
        "weights",
        "input",
        "h_0",
        "output",
        "d_output",
        "d_h_n",
        "d_h_0",
        "d_weights",
        "workspace",
    ),
}
LSTM_NEEDS = {"forward": ("c_0", "c_n"), "backward": ("c_0", "d_c_n", "d_c_0", "saved")}


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    dtype = draw(st.sampled_from([0, 1, 2] if BEST == 3 else [0, 1]))
    set_ = 3 if dtype == 2 else draw(st.integers(0, BEST))
    sizes = [
        draw(st.integers(1, 40)),
        draw(st.integers(1, 40)),
        draw(st.integers(1, 12)),
        draw(st.integers(1, 9)),
    ]
    return Problem(draw(st.integers(0, 3)), dtype, set_, draw(st.integers(1, 2)), sizes)


@hypothesis.given(problem=problems(), threads=st.integers(1, 5))
def test_good_calls_stay_between_the_guards(problem: Problem, threads: int) -> None:
    problem.layer.num_threads = threads
    for call in problem.calls().values():
        assert call() == 0
    assert all((guard == FILL).all() for guard in problem.guards)


@hypothesis.given(problem=problems(), data=st.data())
def test_a_spoiled_layer_is_refused(problem: Problem, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(SPOILED_LAYER)), min_size=1, max_size=3))
    for name in names:
        setattr(problem.layer, name, data.draw(st.sampled_from(SPOILED_LAYER[name])))
    before = [part.copy() for part in problem.memory]
    for name, call in problem.calls().items():
        status = call()
        if name == "pack" and set(names) == {"num_steps"}:
            continue  # not read
        assert status in (1, 2, 3), (name, names, status)
    needed = ctypes.c_size_t(7)
    if set(names) != {"num_steps"}:
        arguments = (byref(problem.layer), 1, 1, byref(needed))
        assert LIBRARY.ostinato_step_workspace(*arguments) in (1, 2, 3)
        assert needed.value == 7
        _assert_untouched(problem, before)


@hypothesis.given(problem=problems(), data=st.data())
def test_spoiled_batch_sizes_are_refused(problem: Problem, data: st.DataObject) -> None:
    sizes = problem.batch_sizes
    index = data.draw(st.integers(0, len(sizes) - 1))
    wrong = data.draw(st.sampled_from([-(2**63), -1, 0, 2**63 - 1]))
    sizes[index] = wrong
    before = [part.copy() for part in problem.memory]
    for name in ("forward", "backward"):
        assert problem.calls()[name]() == 3
    size = bindings.Sizes(1, 2, 3, 4)
    assert LIBRARY.ostinato_layer_sizes(byref(problem.layer), byref(size)) == 3
    assert [getattr(size, name) for name, _ in size._fields_] == [1, 2, 3, 4]
    _assert_untouched(problem, before)


@hypothesis.given(problem=problems(), data=st.data())
def test_missing_buffers_are_refused(problem: Problem, data: st.DataObject) -> None:
    for name in ("forward", "backward"):
        buffers = getattr(problem, name)
        choices = NEEDED[name] + (LSTM_NEEDS[name] if problem.layer.cell == 3 else ())
        missing = data.draw(st.sampled_from((*choices, "workspace_bytes")))
        if missing == "workspace_bytes":
            buffers.workspace_bytes = data.draw(st.integers(0, buffers.workspace_bytes - 1))
        else:
            setattr(buffers, missing, None)
        before = [part.copy() for part in problem.memory]
        assert problem.calls()[name]() == 1, (name, missing)
        _assert_untouched(problem, before)
    problem.layer.batch_sizes = None
    assert problem.calls()["forward"]() == 1
    weight = data.draw(st.sampled_from(["weight_ih", "weight_hh", "bias_ih", "bias_hh"]))
    setattr(problem.weights[problem.layer.num_directions - 1], weight, None)
    before = [part.copy() for part in problem.memory]
    assert problem.calls()["pack"]() == 1
    number = ctypes.c_uint64(7)
    layer = byref(problem.layer)
    assert LIBRARY.ostinato_fingerprint(layer, problem.weights, byref(number)) == 1
    assert number.value == 7
    _assert_untouched(problem, before)


@hypothesis.given(
    numbers=st.tuples(
        st.integers(0, 3), st.integers(0, 1), st.integers(0, BEST), st.integers(1, 2)
    ),
    sizes=st.tuples(*[st.one_of(st.integers(1, 2**21), st.sampled_from(HUGE))] * 2),
    batch=st.one_of(st.integers(1, 2**50), st.sampled_from(HUGE)),
)
def test_sizes_never_overflow(numbers: tuple[int, ...], sizes: tuple[int, int], batch: int) -> None:
    batch_sizes = np.array([batch, 1], np.int64)
    layer = bindings.Layer(*numbers, 1, *sizes, 2, batch_sizes.ctypes.data)
    found = bindings.Sizes()
    status = LIBRARY.ostinato_layer_sizes(byref(layer), byref(found))
    assert status in (0, 3)
    width, gates = WIDTH[numbers[1]], GATES[numbers[0]]
    fits = all(1 <= size <= 2**20 for size in sizes) and 1 <= batch <= 2**46
    if status == 0:
        assert fits
        i, h = sizes
        assert found.packed >= gates * h * (i + h) * width * numbers[3]
        assert found.backward_workspace >= gates * h * (i + h) * width
        assert max(found.packed, found.forward_workspace, found.backward_workspace) < 2**52
        assert found.forward_workspace >= batch * h * gates * width
    elif fits:
        assert 8 * max(gates * max(sizes) ** 2, batch * (max(sizes) + 16) * 12) > 2**44


class ChainProblem(Guarded):
    """A chain of random scores and its buffers."""

    def __init__(self, num_tags: int, batch_sizes: list[int], numbers: np.random.Generator) -> None:
        super().__init__()
        places, batch = sum(batch_sizes), batch_sizes[0]
        self.batch_sizes = self.filled(np.array(batch_sizes, np.int64))
        scores = numbers.normal(scale=10, size=places * num_tags)
        scores[numbers.random(scores.size) < 0.1] = numbers.choice([np.nan, np.inf, -np.inf])
        counts = (num_tags, num_tags * num_tags, num_tags)
        rest = [self.filled(numbers.normal(size=count)).ctypes.data for count in counts]
        self.chain = bindings.Chain(
            num_tags,
            len(batch_sizes),
            self.batch_sizes.ctypes.data,
            self.filled(scores).ctypes.data,
            *rest,
        )
        each = [8 * places * num_tags] * 3
        workspace = 8 * num_tags * (2 * num_tags + 3)
        self.results = {
            "ostinato_chain_sum": [self.take(n) for n in (8 * batch, *each, workspace)],
            "ostinato_chain_best": [
                self.take(n) for n in (8 * places, 8 * batch, 16 * num_tags, 4 * places * num_tags)
            ],
        }

    def filled(self, values: np.ndarray) -> np.ndarray:
        self.take(values.nbytes)
        start = len(self.guards[-2])
        found = self.memory[-1][start : start + values.nbytes].view(values.dtype)
        found[:] = values
        return found

    def calls(self) -> dict[str, int]:
        return {
            name: getattr(LIBRARY, name)(byref(self.chain), *results)
            for name, results in self.results.items()
        }


SPOILED_CHAIN = {
    "num_tags": (-(2**63), -1, 0, 2**15 + 1, 2**31, 2**62, 2**63 - 1),
    "num_steps": (-(2**63), -1, 0),
}


@st.composite
def chains(draw: st.DrawFn) -> ChainProblem:
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=9))
    numbers = np.random.default_rng(draw(st.integers(0, 999)))
    return ChainProblem(draw(st.integers(1, 20)), sorted(sizes, reverse=True), numbers)


@hypothesis.given(problem=chains())
def test_chains_stay_between_the_guards(problem: ChainProblem) -> None:
    assert set(problem.calls().values()) == {0}
    assert all((guard == FILL).all() for guard in problem.guards)


@hypothesis.given(problem=chains(), data=st.data())
def test_spoiled_chains_are_refused(problem: ChainProblem, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*SPOILED_CHAIN, "batch_sizes"]))
    if name == "batch_sizes":
        sizes = problem.batch_sizes
        place = data.draw(st.integers(0, len(sizes) - 1))
        rising = [int(sizes[place - 1]) + 1] if place else []
        wrong = [-(2**63), -1, 0, 2**40 + 1, 2**62, 2**63 - 1, *rising]
        sizes[place] = data.draw(st.sampled_from(wrong))
    else:
        setattr(problem.chain, name, data.draw(st.sampled_from(SPOILED_CHAIN[name])))
    before = [part.copy() for part in problem.memory]
    assert set(problem.calls().values()) == {3}, name
    _assert_untouched(problem, before)


@hypothesis.given(problem=chains(), data=st.data())
def test_chains_with_missing_buffers_are_refused(
    problem: ChainProblem, data: st.DataObject
) -> None:
    pointers = ("batch_sizes", "emissions", "start", "transition", "end")
    missing = data.draw(st.sampled_from(["result", *pointers]))
    if missing == "result":
        for results in problem.results.values():
            results[data.draw(st.integers(0, len(results) - 1))] = 0
    else:
        setattr(problem.chain, missing, None)
    before = [part.copy() for part in problem.memory]
    assert set(problem.calls().values()) == {1}, missing
    _assert_untouched(problem, before)


@hypothesis.given(
    numbers=st.tuples(st.sampled_from([-1, 4, 2**31 - 1]), st.integers(-3, 3)),
    sizes=st.tuples(*[st.sampled_from([-(2**63), -1, 0, 1])] * 3),
)
def test_products_are_refused(numbers: tuple[int, int], sizes: tuple[int, int, int]) -> None:
    one = np.ones(64, np.float32)
    pointers = [one.ctypes.data] * 4
    assert LIBRARY.ostinato_matrix_product(*numbers, *sizes, *pointers) == 1
    if numbers[1] < 1 or min(sizes) < 1:
        assert LIBRARY.ostinato_matrix_product(0, numbers[1], *sizes, *pointers) == 3
    assert LIBRARY.ostinato_matrix_product(0, 1, 1, 1, 1, None, *pointers[1:]) == 1
    assert (one == 1).all()


def test_null_structures_are_refused() -> None:
    for name, signature in bindings.SIGNATURES.items():
        if signature.status and name != "ostinato_matrix_product":
            zeros = [0 if kind in NUMBERS else None for kind in signature.argtypes]
            assert getattr(LIBRARY, name)(*zeros) == 1, name


NUMBERS = (ctypes.c_int32, ctypes.c_int64, ctypes.c_size_t)


def _assert_untouched(problem: Guarded, before: list[np.ndarray]) -> None:
    for part, was in zip(problem.memory, before, strict=True):
        assert np.array_equal(part, was)


if __name__ == "__main__":
    for _name, _test in list(globals().items()):
        if _name.startswith("test_"):
            _test()
            print(_name)  # noqa: T201
