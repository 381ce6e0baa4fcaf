"""The cases of `benchmarks.kernels`: what is measured, and what is asked of the figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ostinato.bench import Workload
from ostinato.bench.workloads import Cell

CELLS: tuple[Cell, ...] = ("rnn", "gru", "lstm")

Three = tuple[float, float, float]
"""A figure for each cell."""


@dataclass(frozen=True)
class Claim:
    """What is asked of a figure.

    Args:
        against: Contestants; of several, the best counts.
        must: The figure that must be reached.
        aim: The figure that is aimed at.
        kind: ``ratio``, their figure by ours, and ``share`` of the machine's best rate are to be
            at least this; ``cost``, our figure by theirs, at most.
    """

    against: tuple[str, ...]
    must: float
    aim: float
    kind: Literal["ratio", "cost", "share"] = "ratio"

    def outcome(self, figure: float) -> str:
        """Return ``aim``, ``must`` or ``no``: what a figure reaches."""
        sign = -1 if self.kind == "cost" else 1
        if sign * figure >= sign * self.aim:
            return "aim"
        return "must" if sign * figure >= sign * self.must else "no"


@dataclass(frozen=True)
class Case:
    """A workload, how it is measured, and what is asked of it.

    ``measure`` is ``compare`` (contestants in turns), ``bfloat16`` (against our own float32),
    ``equal`` (ragged against equal lengths), ``memory``, ``first-call`` or ``epoch``.
    """

    workload: Workload
    claims: tuple[Claim, ...]
    measure: str = "compare"


PACKED, PADDED = "torch packed", "torch padded"
TORCH = (PACKED, PADDED)
ONNX = "ONNX Runtime"
BEST_INFERENCE = (*TORCH, "pad and mask", ONNX, f"{ONNX} spinning")
STACK: dict[str, Any] = {"num_layers": 2, "hidden_size": 256, "threads": 2}


def _cases() -> Iterator[tuple[str, Case]]:
    for place, cell in enumerate(CELLS):
        yield from _training(place, cell)
        yield from _tagging(place, cell)
        yield from _inference(cell)
        yield from _costs(cell)
        yield from _epoch(place, cell)


def _training(place: int, cell: Cell) -> Iterator[tuple[str, Case]]:
    imdb = Workload(cell=cell, lengths="imdb", **STACK)
    yield (
        f"imdb-train-{cell}",
        Case(
            imdb,
            (
                _claim(PACKED, (6, 8, 12)[place], (12, 16, 25)[place]),
                _claim(PADDED, (4, 4, 2)[place], (7, 7, 3.5)[place]),
            ),
        ),
    )
    even = imdb.replace(lengths="200-240")
    yield (
        f"train-{cell}",
        Case(
            even,
            (
                _claim(PACKED, (2.5, 3, 5)[place], (4, 5, 8)[place]),
                Claim(TORCH, (1.1, 1.2, 0.85)[place], (1.6, 1.8, 1.15)[place]),
                Claim((), 0.65, 0.85, "share"),
            ),
        ),
    )
    for size in (256, 512):
        wide = even.replace(hidden_size=size, dtype="bfloat16")
        claims = (_claim("ours float32", 1.4, 2),)
        yield f"bfloat16-{size}-{cell}", Case(wide, claims, "bfloat16")


def _tagging(place: int, cell: Cell) -> Iterator[tuple[str, Case]]:
    asked: dict[int, tuple[Three, Three]] = {
        128: ((1.6, 1.6, 0.9), (2.5, 2.5, 1.3)),
        256: ((1.3, 1.3, 0.9), (2, 2, 1.2)),
    }
    for size, (must, aim) in asked.items():
        workload = Workload(
            cell=cell, hidden_size=size, bidirectional=True, lengths="5-60", threads=2
        )
        claims = (Claim(TORCH, must[place], aim[place]), _claim(PACKED, 1.6, 3))
        yield f"tagging-{size}-{cell}", Case(workload, claims)


def _inference(cell: Cell) -> Iterator[tuple[str, Case]]:
    for size in (128, 256):
        single = Workload(
            cell=cell,
            input_size=size,
            hidden_size=size,
            batch_size=1,
            lengths="100",
            mode="infer",
            threads=1,
        )
        yield f"infer-one-{size}-{cell}", Case(single, (_claim(ONNX, 1.2, 2),))
    ragged = Workload(cell=cell, lengths="20-200", mode="infer", threads=2)
    yield f"infer-ragged-{cell}", Case(ragged, (Claim(BEST_INFERENCE, 1.6, 2.2),))
    step = Workload(
        cell=cell, input_size=128, hidden_size=128, batch_size=1, mode="step", threads=1
    )
    yield f"step-{cell}", Case(step, (_claim(ONNX, 1.5, 3),))


def _costs(cell: Cell) -> Iterator[tuple[str, Case]]:
    imdb = Workload(cell=cell, lengths="imdb", **STACK)
    equal = (Claim(("ours, equal lengths",), 1.10, 1.03, "cost"),)
    yield f"ragged-{cell}", Case(imdb, equal, "equal")
    yield f"memory-{cell}", Case(imdb, (Claim((PADDED,), 0.5, 0.35, "cost"),), "memory")
    warm = (Claim(("ours, warm",), 1.5, 1.1, "cost"),)
    yield f"first-call-{cell}", Case(imdb.replace(lengths="200-240"), warm, "first-call")


def _epoch(place: int, cell: Cell) -> Iterator[tuple[str, Case]]:
    workload = Workload(cell=cell, input_gradient=True, **STACK)
    claims = (
        _claim(PACKED, (10, 15, 20)[place], (20, 30, 40)[place]),
        _claim(PADDED, (1.2, 1.1, 0.9)[place], (1.8, 1.5, 1.2)[place]),
    )
    yield f"imdb-epoch-{cell}", Case(workload, claims, "epoch")


def _claim(name: str, must: float, aim: float) -> Claim:
    return Claim((name,), must, aim)


CASES = dict(_cases())
"""Every case by its name."""
