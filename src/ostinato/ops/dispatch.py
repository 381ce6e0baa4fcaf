"""Which implementation runs a recurrent layer, and why: one table, first match wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from ostinato._native import library
from ostinato.ops.calls import SERVED

CELLS = ("RNN_TANH", "RNN_RELU", "GRU", "LSTM")
DEVICES = ("cpu", "cuda")
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)

Implementation = Literal["native", "padded", "torch"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of the table; an empty tuple matches everything.

    Args:
        implementation: ``native``: `ostinato.ops.native`, packed and dense input; ``padded``:
            `ostinato.ops.padded`, packed input, with dense input left to torch; ``torch``: torch's
            own path, whole.
        why: Reason, for people.
        cells: Cells it serves.
        devices: Device types it serves.
        dtypes: Dtypes it serves.
        projected: Whether it serves an LSTM with ``proj_size``.
        available: Whether this machine can.
    """

    implementation: Implementation
    why: str
    cells: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    dtypes: tuple[torch.dtype, ...] = ()
    projected: bool = True
    available: Callable[[], bool] = lambda: True

    def serves(self, cell: str, device: str, dtype: torch.dtype, *, projected: bool) -> bool:
        """Return whether this row applies."""
        return (
            (self.projected or not projected)
            and (not self.cells or cell in self.cells)
            and (not self.devices or device in self.devices)
            and (not self.dtypes or dtype in self.dtypes)
            and self.available()
        )


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of `explain`: one cell on one device.

    Args:
        cell: Cell, named as torch names its modes.
        device: Device type.
        dtypes: Dtypes to which this row applies.
        implementation: What runs.
        why: Reason, for people.
    """

    cell: str
    device: str
    dtypes: tuple[str, ...]
    implementation: Implementation
    why: str


def _onednn_available() -> bool:
    return torch._C._has_mkldnn and torch._C._get_mkldnn_enabled()


def _onednn_bfloat16_available() -> bool:
    return _onednn_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _native_available() -> bool:
    return library.status().loaded


_ONEDNN = "one padded call per layer and direction on oneDNN"
RULES = (
    Rule(
        devices=("cpu",),
        dtypes=SERVED,
        projected=False,
        available=_native_available,
        implementation="native",
        why="one call per layer into the native library",
    ),
    Rule(
        cells=("LSTM",),
        devices=("cpu",),
        dtypes=(torch.float32,),
        available=_onednn_available,
        implementation="padded",
        why=_ONEDNN,
    ),
    Rule(
        cells=("LSTM",),
        devices=("cpu",),
        dtypes=(torch.bfloat16,),
        available=_onednn_bfloat16_available,
        implementation="padded",
        why=_ONEDNN,
    ),
    Rule(
        devices=("cpu",),
        implementation="padded",
        why="one padded call per layer and direction on torch's step loop: linear in time",
    ),
    Rule(implementation="torch", why="torch's own path, cuDNN where there is CUDA"),
)


def choose(cell: str, device: str, dtype: torch.dtype, *, projected: bool = False) -> Rule:
    """Return the row of the table for a layer; warn once if the native library is not usable.

    Example:
        >>> choose("LSTM", "cpu", torch.float64, projected=True).implementation
        'padded'
        >>> choose("GRU", "cuda", torch.float32).implementation
        'torch'
    """
    library.load()
    return _first(cell, device, dtype, projected=projected)


def _first(cell: str, device: str, dtype: torch.dtype, *, projected: bool = False) -> Rule:
    return next(rule for rule in RULES if rule.serves(cell, device, dtype, projected=projected))


def explain() -> list[Row]:
    """Return what runs each cell on each device of this machine, and why.

    Example:
        >>> {row.device for row in explain()} <= set(DEVICES)
        True
    """
    rows = []
    devices = [device for device in DEVICES if device == "cpu" or torch.cuda.is_available()]
    for cell in CELLS:
        for device in devices:
            groups: dict[str, tuple[Rule, list[str]]] = {}
            for dtype in DTYPES:
                rule = _first(cell, device, dtype)
                name = str(dtype).removeprefix("torch.")
                groups.setdefault(rule.why, (rule, []))[1].append(name)
            rows += [
                Row(
                    cell=cell,
                    device=device,
                    dtypes=tuple(names),
                    implementation=rule.implementation,
                    why=rule.why,
                )
                for rule, names in groups.values()
            ]
    return rows
