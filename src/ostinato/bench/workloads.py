"""What is measured: a cell, its sizes, the lengths of a batch, and what is done with it."""

from __future__ import annotations

import dataclasses
import math
import random
import re
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

from ostinato._config import Settings, check_range
from ostinato._errors import ConfigError, did_you_mean, shown

Cell = Literal["rnn", "gru", "lstm"]
Mode = Literal["train", "infer", "step"]
Dtype = Literal["float32", "float64", "bfloat16"]

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
"""Blocks of ``hidden_size`` rows in a weight matrix of each cell."""

IMDB_MEDIAN, IMDB_SPREAD = 185.0, 0.72
"""Of the logarithm of IMDB's token counts, a normal distribution near enough: their mean is 240."""

IMDB_RANGE = (10, 1000)


@dataclass(frozen=True, kw_only=True)
class Workload(Settings):
    """One thing to time.

    Args:
        cell: Recurrent cell.
        input_size: Features of each step.
        hidden_size: Units of each layer in each direction.
        num_layers: Layers stacked on each other.
        bidirectional: Read each row in both directions.
        batch_size: Rows.
        lengths: ``imdb``, drawn like the token counts of IMDB's reviews; ``200-240``, drawn evenly
            from these; ``100``, all equal.
        mode: A training step, inference, or one streamed step.
        dtype: Of parameters and input.
        autocast: Parameters and input are float32 and the forward pass runs under autocast to
            ``dtype``.
        input_gradient: A training step also computes the gradient of the input.
        threads: Threads of each contestant.
        seed: Seed of lengths, parameters and input.

    Raises:
        ConfigError: A value is outside its rule.

    Example:
        >>> Workload(batch_size=4, lengths="5-60").row_lengths()
        [50, 38, 29, 16]
    """

    cell: Cell = "lstm"
    input_size: int = 100
    hidden_size: int = 256
    num_layers: int = 1
    bidirectional: bool = False
    batch_size: int = 64
    lengths: str = "imdb"
    mode: Mode = "train"
    dtype: Dtype = "float32"
    autocast: bool = False
    input_gradient: bool = False
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("input_size", "hidden_size", "num_layers", "batch_size", "threads"):
            check_range("Workload", name, getattr(self, name), low=1)
        check_range("Workload", "seed", self.seed, low=0, below=2**32)
        length_range(self.lengths)
        if self.mode == "step" and self.bidirectional:
            raise ConfigError(
                "Workload: bidirectional must be False for mode 'step'; got True. "
                "A stream has no reverse direction."
            )

    @property
    def directions(self) -> int:
        """Directions in which each row is read."""
        return 2 if self.bidirectional else 1

    def row_lengths(self) -> list[int]:
        """Return the length of each row, in decreasing order; the same for the same seed.

        One is drawn from each of ``batch_size`` equal parts of the distribution, so that a batch
        of any seed has its mean.
        """
        rng = random.Random(self.seed)
        shares = [(row + rng.random()) / self.batch_size for row in range(self.batch_size)]
        return sorted((_quantile(self.lengths, share) for share in shares), reverse=True)

    def facts(self) -> dict[str, Any]:
        """Return the fields, and what the lengths came to, for a row of results."""
        lengths = [1] * self.batch_size if self.mode == "step" else self.row_lengths()
        return {
            **dataclasses.asdict(self),
            "tokens": sum(lengths),
            "longest": max(lengths),
            "mean_length": round(sum(lengths) / len(lengths), 1),
        }

    def describe(self) -> str:
        """Return the workload in one line."""
        kind = {"train": "training step", "infer": "inference", "step": "one streamed step"}
        sizes = f"{self.num_layers} x {self.hidden_size}"
        direction = ", both directions" if self.bidirectional else ""
        rows = "row" if self.batch_size == 1 else "rows"
        lengths = "" if self.mode == "step" else f" of lengths {self.lengths}"
        arithmetic = f"{self.dtype}{' by autocast' if self.autocast else ''}"
        threads = "thread" if self.threads == 1 else "threads"
        return (
            f"{kind[self.mode]}: {self.cell} {sizes}{direction}, input {self.input_size}, "
            f"{self.batch_size} {rows}{lengths}, {arithmetic}, {self.threads} {threads}"
        )


def length_range(lengths: str) -> tuple[int, int]:
    """Return the least and the greatest length of a distribution.

    Raises:
        ConfigError: It is not one of the three forms.

    Example:
        >>> length_range("imdb"), length_range("200-240"), length_range("100")
        ((10, 1000), (200, 240), (100, 100))
    """
    if lengths == "imdb":
        return IMDB_RANGE
    match = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", lengths)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= low <= high:
        hint = did_you_mean(lengths, ["imdb"]) or ". A length is at least 1."
        raise ConfigError(
            f"Workload: lengths must be imdb, a range like 200-240 or one number; got "
            f"{shown(lengths)}{hint}"
        )
    return low, high


def _quantile(lengths: str, share: float) -> int:
    low, high = length_range(lengths)
    if lengths != "imdb":
        return min(high, low + math.floor(share * (high - low + 1)))
    if not 0 < share < 1:
        return low
    spread = IMDB_SPREAD * NormalDist().inv_cdf(share)
    return min(high, max(low, round(IMDB_MEDIAN * math.exp(spread))))
