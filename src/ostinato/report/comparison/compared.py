"""What is found when runs are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostinato.metrics.paired import Difference
from ostinato.report import formatting
from ostinato.runs.run import Run


@dataclass(frozen=True, kw_only=True)
class Figure:
    """How a figure is called, and which way is better.

    Args:
        name: What it is called.
        is_share: Whether it is a share in [0, 1].
        lower_is_better: Which way is better.
    """

    name: str
    is_share: bool = True
    lower_is_better: bool = False


def _error(name: str) -> Figure:
    return Figure(name=name, is_share=False, lower_is_better=True)


FIGURES: Mapping[str, Figure] = {
    "accuracy": Figure(name="Accuracy"),
    "f1": Figure(name="F1"),
    "f1_macro": Figure(name="F1, mean of classes"),
    "f1_micro": Figure(name="F1, all labels"),
    "wer": Figure(name="Word error rate", lower_is_better=True),
    "cer": Figure(name="Character error rate", lower_is_better=True),
    "r2": Figure(name="R²"),
    "mase": Figure(name="MASE", lower_is_better=True),
    **{
        name + tail: _error(title + words)
        for name, title in (
            ("rmse", "RMSE"),
            ("mae", "MAE"),
            ("smape", "sMAPE"),
            ("crps", "CRPS"),
        )
        for tail, words in (("", ""), ("_standardised", ", standardised"))
    },
    "loss": Figure(name="Loss", lower_is_better=True),
}
"""How the figures of all tasks are called and written; of those that runs have in common."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure of one run, and its 95 percent interval where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class FigureRow:
    """A figure of each run.

    Args:
        key: Its name in ``metrics.json``.
        figure: How it is called and written.
        measured: That of each run; None where a run has none.
        differences: By how much each run but the first is above the first; None where nothing is tested.
    """

    key: str
    figure: Figure
    measured: tuple[Measured | None, ...]
    differences: tuple[Difference | None, ...]

    @property
    def decimals(self) -> int:
        """Decimals of all its numbers: four of a share, else three digits of the smallest value."""
        sizes = [abs(one.value) for one in self.measured if one is not None and one.value]
        if self.figure.is_share or not sizes:
            return 4
        return min(max(2 - math.floor(math.log10(min(sizes))), 0), 6)

    def written(self, of: Measured | Difference | None) -> str:
        """Write a value, or a difference with its sign; nothing where there is none."""
        return "" if of is None else self._written(of.value, sign=isinstance(of, Difference))

    def span(self, of: Measured | Difference | None) -> str:
        """Write an interval; nothing where there is none."""
        if of is None or of.low is None or of.high is None:
            return ""
        low, high = (
            self._written(end, sign=isinstance(of, Difference)) for end in (of.low, of.high)
        )
        return f"{low} to {high}"

    @property
    def has_intervals(self) -> bool:
        """Whether a run has an interval."""
        return any(one is not None and one.low is not None for one in self.measured)

    @property
    def is_tested(self) -> bool:
        """Whether runs are compared with the first."""
        return any(one is not None for one in self.differences)

    @property
    def ranges(self) -> tuple[tuple[float, float, float] | None, ...]:
        """Low, value and high of each run, from 0 for the lowest of all to 1 for the highest."""
        ends = [
            None
            if one is None or one.low is None or one.high is None
            else (min(one.low, one.value), one.value, max(one.high, one.value))
            for one in self.measured
        ]
        known = [end for one in ends if one is not None for end in one]
        if not known:
            return (None,) * len(ends)
        lowest, width = min(known), (max(known) - min(known)) or 1.0
        return tuple(
            None
            if one is None
            else ((one[0] - lowest) / width, (one[1] - lowest) / width, (one[2] - lowest) / width)
            for one in ends
        )

    def _written(self, value: float, *, sign: bool) -> str:
        text = formatting.number(value + 0.0, self.decimals)
        return f"+{text}" if sign and value > 0 else text


def written_p(p: float | None) -> str:
    """Write a p-value; nothing where there is none.

    Example:
        >>> written_p(0.0312), written_p(1e-9), written_p(1.0), written_p(None)
        ('0.031', '< 0.001', '1', '')
    """
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """A setting, or a fact about the data or the machine, that is not the same in all runs."""

    group: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Several runs side by side; the first is the one that the others are compared with.

    Args:
        runs: What each run folder says.
        paths: The folders.
        names: What they are called here; no two are called the same.
        split: Which split they were measured on, test, or validation.
        example: What one of them is called: a text, a window.
        n: How many there are, the same in every run; None if they are not the same.
        is_same: Whether all were measured on the same examples; only then differences are tested.
        figures: The figures, the main one first.
        settings: What differs between the runs.
        verdicts: Of each run but the first, in a sentence.
        notes: What to know about the figures, in sentences.
    """

    runs: tuple[Run, ...]
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    split: str
    example: str
    n: int | None
    is_same: bool
    figures: tuple[FigureRow, ...]
    settings: tuple[SettingRow, ...]
    verdicts: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values: runs, figures with intervals and tests, settings, sentences."""
        return {
            "runs": [
                {"name": name, "run": str(path)}
                for name, path in zip(self.names, self.paths, strict=True)
            ],
            "task": self.runs[0].task,
            "split": self.split,
            "n": self.n,
            "same_examples": self.is_same,
            "figures": {
                row.key: {
                    "lower_is_better": row.figure.lower_is_better,
                    "runs": [None if one is None else vars(one) for one in row.measured],
                    "differences": [None if one is None else vars(one) for one in row.differences],
                }
                for row in self.figures
            },
            "settings": [
                {"group": row.group, "name": row.name, "values": list(row.values)}
                for row in self.settings
            ],
            "verdicts": list(self.verdicts),
            "notes": list(self.notes),
        }
