"""What the page asks of a task; one subclass and one template each answer it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from ostinato.metrics.paired import Tally
from ostinato.report import formatting
from ostinato.runs.run import Labels, Predictions, Run, SplitFacts, Verdict

Balances = tuple[tuple[str, tuple[tuple[int, float], ...]], ...]
P = TypeVar("P", bound=Predictions)


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One of the figures at the top."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A figure that the history follows.

    Args:
        key: Its name in history.jsonl.
        name: Its name in a sentence.
        hint: What it is and which way is better.
        is_share: Whether it is a share, written as a percentage.
        lower_is_better: Whether the best value is 0, from which it is then drawn.
    """

    key: str
    name: str
    hint: str
    is_share: bool = True
    lower_is_better: bool = False

    @property
    def title(self) -> str:
        """The name at the beginning of a sentence."""
        return self.name[:1].upper() + self.name[1:]

    def written(self, value: float | None) -> str:
        """Write a value of the figure."""
        return formatting.percent(value, 2) if self.is_share else formatting.number(value, 4)


def loss_curve(hint: str) -> Curve:
    """Return the curve of a loss, told what it is and which way is better."""
    return Curve(key="loss", name="loss", hint=hint, is_share=False, lower_is_better=True)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """How often each class stands in each split.

    Args:
        title: Heading of the table.
        hint: What is counted.
        head: Heading of the column of names.
        rows: ``(class, [(count, share) of each split])``.
    """

    title: str
    hint: str
    head: str
    rows: Balances


class Task(ABC, Generic[P]):
    """How runs of one task are judged and shown.

    Attributes:
        template: The template of its results, which gets ``results``, ``labels`` and ``split``.
        sections: Id and heading of each section of that template.
        example: What one row of the data is called: a text, a sentence.
        unit: What its length is counted in.
        unknown: What ``unknown_rate`` is a share of, and which of them are unknown.
        units_per_second: How many there are in a second, if lengths are drawn in seconds.
        has_lengths: Whether the length of the examples is drawn.
        lists_baselines: Whether its template shows the simple models beside it.
        has_images: Whether drawings hold images, inside the page like everything.
        curves: The figures to follow over the epochs; the last one that there is judges the run.
    """

    template: ClassVar[str]
    sections: ClassVar[tuple[tuple[str, str], ...]]
    example: ClassVar[str]
    unit: ClassVar[str] = "token"
    unknown: ClassVar[str] = "tokens that are not in the vocabulary"
    units_per_second: ClassVar[int | None] = None
    has_lengths: ClassVar[bool] = True
    lists_baselines: ClassVar[bool] = False
    has_images: ClassVar[bool] = False
    curves: tuple[Curve, ...]

    @abstractmethod
    def title(self, labels: Labels) -> str:
        """Return what the model does, in a few words."""

    @abstractmethod
    def results(self, predictions: P, labels: Labels) -> Any:
        """Return what predictions say about the model, with the drawings of the template."""

    def results_of(self, run: Run) -> Any:
        """Return what a run's predictions say, None if it has none yet.

        A task that shows figures of the run beside them overrides it.
        """
        predictions: Any = run.predictions  # of the form that this task has read
        return None if predictions is None else self.results(predictions, run.labels)

    def verdict_of(self, run: Run) -> Verdict | None:
        """Return what the figures of a run mean; None if nothing was judged."""
        return run.verdict

    @abstractmethod
    def headlines(
        self, labels: Labels, split: str, figures: Mapping[str, Any]
    ) -> Iterator[Headline]:
        """Yield the final figures of a split that stand at the top, the most important first."""

    @abstractmethod
    def tally(self, predictions: P, labels: Labels, names: Sequence[str]) -> Tally:
        """Return what each example adds to the figures by which runs are compared.

        Args:
            predictions: What the model said.
            labels: Classes of the run.
            names: Classes of all runs that are compared, for which columns are made.
        """

    def balance(self, splits: Sequence[SplitFacts], labels: Labels) -> Balance:
        """Return how often each class stands in each split; no rows where there are no classes."""
        return Balance(title="", hint="", head="", rows=())


def balance_rows(
    splits: Sequence[SplitFacts], names: Sequence[str], totals: Sequence[int]
) -> Balances:
    """Return each class's count in each split and its share of the split's total.

    Args:
        splits: Splits of the data.
        names: Classes that come first; those that only the splits know follow.
        totals: What the counts of each split are a share of.
    """
    everything = dict.fromkeys([*names, *(name for split in splits for name in split.labels)])
    counts = {name: [split.labels.get(name, 0) for split in splits] for name in everything}
    return tuple(
        (
            name,
            tuple((n, min(n / max(total, 1), 1.0)) for n, total in zip(row, totals, strict=True)),
        )
        for name, row in counts.items()
    )


def note(template: str, value: str) -> str:
    """Write a value into a sentence; nothing if it is not known.

    Example:
        >>> note("peak memory {}", "1.2 GiB"), note("peak memory {}", "–")
        ('peak memory 1.2 GiB', '')
    """
    return "" if value == formatting.NOT_KNOWN else template.format(value)
