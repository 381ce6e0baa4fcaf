"""Which implementation runs a recurrent layer, and why: one table, first match wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

CELLS = ("RNN_TANH", "RNN_RELU", "GRU", "LSTM")
DEVICES = ("cpu", "cuda")
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)

Implementation = Literal["padded", "torch"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of the table; an empty tuple matches everything.

    Args:
        implementation: ``padded``: `ostinato.ops.padded`; ``torch``: torch's own path, whole.
        why: Reason, for people.
        cells: Cells it serves.
        devices: Device types it serves.
        dtypes: Dtypes it serves.
        available: Whether this machine can.
    """

    implementation: Implementation
    why: str
    cells: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    dtypes: tuple[torch.dtype, ...] = ()
    available: Callable[[], bool] = lambda: True

    def serves(self, cell: str, device: str, dtype: torch.dtype) -> bool:
        """Return whether this row applies."""
        return (
            (not self.cells or cell in self.cells)
            and (not self.devices or device in self.devices)
            and (not self.dtypes or dtype in self.dtypes)
            and self.available()
        )


@dataclass(frozen=True, kw_only=True)
class Row:
    """What `explain` tells of one cell on one device.

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


_ONEDNN = "one padded call per layer and direction on oneDNN"
RULES = (
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
    Rule(
        implementation="torch",
        why="torch's own path, cuDNN where there is CUDA",
    ),
)


def choose(cell: str, device: str, dtype: torch.dtype) -> Rule:
    """Return the row of the table for a packed batch.

    Example:
        >>> choose("GRU", "cpu", torch.float64).implementation
        'padded'
        >>> choose("GRU", "cuda", torch.float32).implementation
        'torch'
    """
    return next(rule for rule in RULES if rule.serves(cell, device, dtype))


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
                rule = choose(cell, device, dtype)
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
