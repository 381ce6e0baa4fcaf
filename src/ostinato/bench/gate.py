"""No ratio without right results: what each contestant computed, against torch in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from ostinato.bench.peers import Results

TOLERANCES = {
    "float64": {"output": 1e-12, "gradient": 1e-12},
    "float32": {"output": 1e-5, "gradient": 1e-5},
    "bfloat16": {"output": 3e-2, "gradient": 5e-2},
}
"""Largest error by dtype, relative to the largest value of the tensor."""


@dataclass(frozen=True)
class Check:
    """The outcome for one contestant.

    Args:
        passed: Every tensor is there and within its tolerance.
        worst: Name of the tensor that is furthest from its tolerance.
        error: Its largest error, relative to its largest value.
        tolerance: What that error may be.
    """

    passed: bool
    worst: str
    error: float
    tolerance: float

    def as_json(self) -> dict[str, Any]:
        """Return the fields for a row of results."""
        return asdict(self)

    def __str__(self) -> str:
        if self.passed:
            return "passed"
        return f"failed: {self.worst} is off by {self.error:.1e}, {self.tolerance:.1e} allowed"


def check(found: Results, right: Results, dtype: str, *, own_error: float = 0.0) -> Check:
    """Compare what a contestant computed with what is right.

    Args:
        found: Outputs and gradients of the contestant.
        right: The same in float64.
        dtype: The arithmetic that was asked for; it sets the tolerance.
        own_error: Error that is allowed for the contestant's own reasons, if it is larger.
    """
    tolerances = TOLERANCES[dtype]
    checks = []
    for name, exact in right.items():
        kind = "output" if name == "output" else "gradient"
        tolerance = max(tolerances[kind], own_error)
        error = relative_error(found, name, exact)
        checks.append(Check(error <= tolerance, name, error, tolerance))
    return max(checks, key=lambda one: one.error / one.tolerance)


def relative_error(found: Mapping[str, torch.Tensor], name: str, exact: torch.Tensor) -> float:
    """Return the largest error relative to the largest value; infinite for NaN or no tensor.

    Example:
        >>> relative_error({"a": torch.tensor([1.0, 3.0])}, "a", torch.tensor([1.0, 4.0]))
        0.25
        >>> relative_error({}, "a", torch.tensor([1.0]))
        inf
    """
    if name not in found or found[name].shape != exact.shape:
        return float("inf")
    error = (found[name].double() - exact).abs().max() / exact.abs().max().clamp_min(1e-30)
    return float(error) if bool(torch.isfinite(error)) else float("inf")
