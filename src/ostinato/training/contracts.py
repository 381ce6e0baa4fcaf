"""What a task hands to the training loop: splits of data, and what is minimised and measured."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

Rows = npt.NDArray[np.int64]
Figures = dict[str, Any]
"""Figures by name: numbers, or the figures of each class by its name."""


class Split(Protocol):
    """A split of the data (train, validation or test) as the loop sees it."""

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each sequence."""

    def batch(self, rows: Rows) -> tuple[Any, Any]:
        """Return inputs and targets, each with a method ``to(device)``, of rows by falling length."""


class Objective(Protocol):
    """What a task wants minimised and measured."""

    @property
    def monitor(self) -> str:
        """The validation figure whose highest value marks the best epoch."""

    def sums(self, output: Any, targets: Any) -> Tensor:
        """Return what adds up over batches: ``[loss, count, ...]``, the loss differentiable."""

    def figures(self, sums: Tensor) -> Figures:
        """Turn added-up sums into figures; ``loss`` is one of them."""
