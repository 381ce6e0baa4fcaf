"""A task of one's own, whole: how many events there are in a sequence of numbers.

It is what docs/how-to/add-a-task.md is about. In ostinato it would be ``src/ostinato/tasks/counting/counter.py``,
and the rows at its end would stand in their tables; here `register` puts them there, so that the commands and the
report know the task too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from ostinato import DatasetError, Recurrent, Training, tasks
from ostinato._kinds import DataKind, SequenceColumns
from ostinato.cli.tasks import TASKS as COMMANDS
from ostinato.cli.tasks import Demo, TaskEntry
from ostinato.datasets import REGISTRY, Sequences
from ostinato.datasets.dataset import GENERATED, Dataset
from ostinato.datasets.readers.sequences.ts import read_ts, write_ts
from ostinato.metrics import correlation_z, regression_metrics
from ostinato.models import SeriesClassifierNetwork
from ostinato.report.classification.regression import Regression
from ostinato.report.sections import TASKS as SECTIONS
from ostinato.runs.classification import read_values, write_values
from ostinato.runs.reader import READERS, PredictionsReader
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.columns import ColumnSplit
from ostinato.tasks.estimator import Splits
from ostinato.tasks.sequence_estimator import SequenceEstimator
from ostinato.tasks.summary import DataSummary
from ostinato.tasks.targets import numbers_of
from ostinato.tasks.unseen import unseen_figures
from ostinato.tasks.verdict import Compared
from ostinato.training import Figures, Objective, Split

COUNTED = DataKind(
    verb="count",
    content="one of counted sequences",
    columns=SequenceColumns,
    source="A .ts file of sktime whose labels are counts, or a table with a step a row.",
)


class CountObjective:
    """Counts of a Poisson distribution, of which the network gives the logarithm of the mean."""

    monitor = "log_likelihood"

    def sums(self, output: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of a batch in nats, and how many sequences it has: ``(2,)``."""
        loss = F.poisson_nll_loss(output.squeeze(1), targets, full=True, reduction="sum")
        return torch.stack([loss, loss.new_tensor(len(targets))])

    def figures(self, sums: Tensor) -> Figures:
        """Return the mean loss."""
        loss, count = sums.tolist()
        return {"loss": loss / count, "log_likelihood": -loss / count}


@dataclass(kw_only=True, eq=False, repr=False)
class EventCounter(SequenceEstimator):
    """Counter of events in sequences of numbers: recurrent stack, mean over time, one rate.

    It is fitted on arrays ``(time,)`` or ``(time, features)`` of any lengths, and a count for each.

    Args:
        recurrent: The recurrent stack.
        training: How it is trained.
        head_dropout: Probability of dropping a feature of the pooled vector.
        baseline: Measure the mean of train beside it.
    """

    task: ClassVar[str] = "event-counting"
    pipeline_tag: ClassVar[str] = "time-series-classification"
    data: ClassVar[DataKind] = COUNTED

    recurrent: Recurrent = field(default_factory=lambda: Recurrent(cell="gru", hidden_size=32))
    training: Training = field(default_factory=Training)
    head_dropout: float = 0.0
    baseline: bool = True

    # What a user calls, beside what every estimator has: fit, evaluate, score, save, load ------------

    def predict(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the expected count of each sequence."""
        return self._rates(self._read(X))

    def predict_details(self, X: Any) -> list[dict[str, Any]]:
        """Return the expected count of each sequence, ready for JSON."""
        split = self._read(X)
        rates = self._rates(split).tolist()
        return [{"sequence": n, "value": v} for n, v in zip(split.names, rates, strict=True)]

    # How counts are learnt ------------------------------------------------------------------------

    def _fit_labels(self, splits: Splits) -> None:
        super()._fit_labels(splits)
        for split in splits.values():
            _counts(split)  # raises now, not after training

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        return {
            "training__epochs": max(5, 6400 // len(splits["train"])),
            "training__batch_size": 16,
            "training__learning_rate": 1e-2,
        }

    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, DataSummary]:
        columns = self._scaled(splits)
        self.module_ = self._network()
        loop_splits: dict[str, Split] = {
            name: ColumnSplit(columns[name], torch.from_numpy(_counts(split)).float())
            for name, split in splits.items()
        }
        return loop_splits, CountObjective(), self._described(splits, labels={})

    def _network(self, weights: Mapping[str, Tensor] | None = None) -> SeriesClassifierNetwork:
        return SeriesClassifierNetwork(
            self.scaling_.num_inputs,
            1,
            recurrent=self.sized_.recurrent,
            pooling="mean",
            head_dropout=self.sized_.head_dropout,
        )

    def _rates(self, split: Sequences) -> npt.NDArray[np.float64]:
        """Return the expected count of each sequence, ``(sequences,)``."""
        return np.exp(self._scores(self.scaling_.column(split))[:, 0].astype(np.float64))

    # How they are measured ------------------------------------------------------------------------

    def _measure(
        self, examples: Sequences, split: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        rates, counts = self._rates(examples), _counts(examples)
        if run:
            write_values(
                run,
                split=split,
                names=examples.names,
                labels=counts,
                predictions=rates,
                lengths=examples.lengths,
            )
        figures = {**_figures(counts, rates), "chance_z": correlation_z(counts, rates)}
        return figures | unseen_figures(
            "mae", examples.keys, seen, lambda rows: _figures(counts[rows], rates[rows])["mae"]
        )

    def _baselines(self, train: Sequences) -> Iterator[Baseline]:
        mean = _counts(train).mean()
        yield Baseline(
            "mean",
            "the mean of train",
            lambda split: _figures(_counts(split), np.full(len(split), mean)),
        )

    def _compared(self) -> Compared:
        return Compared("mae", "mean absolute error", lower_is_better=True, is_share=False)


def _counts(split: Sequences) -> npt.NDArray[np.float64]:
    counts = numbers_of(split.labels or (), split.source, split.names)
    if (counts < 0).any() or (counts % 1).any():
        raise DatasetError(f"{split.source}: counts must be whole and at least 0; correct them.")
    return counts


def _figures(counts: npt.NDArray[np.float64], rates: npt.NDArray[np.float64]) -> Figures:
    """Return errors, and the loss of training instead of their mean square."""
    loss = F.poisson_nll_loss(
        torch.from_numpy(rates), torch.from_numpy(counts), log_input=False, full=True
    )
    return {**regression_metrics(counts, rates), "loss": loss.item()}


# Data to show it on: the peaks in noise -----------------------------------------------------------


def peaks(number: int, seed: int) -> Sequences:
    """Return sequences of noise, and how many peaks each has."""
    draw = np.random.default_rng(seed)
    sequences, counts = [], []
    for _ in range(number):
        sequence = draw.normal(0, 0.3, draw.integers(30, 60))
        places = draw.choice(len(sequence), draw.integers(0, 8), replace=False)
        sequence[places] += 3
        sequences.append(sequence)
        counts.append(str(len(places)))
    return Sequences.make(sequences, counts, "peaks")


def _write(folder: Path) -> None:
    write_ts(folder / "train.ts", peaks(400, seed=0), {})
    write_ts(folder / "test.ts", peaks(200, seed=1), {})


PEAKS = Dataset(
    name="peaks",
    description="Generated peaks in noise, to be counted; 400 + 200",
    languages=("zxx",),
    kind=COUNTED,
    read=lambda folder: {split: read_ts(folder / f"{split}.ts") for split in ("train", "test")},
    generate=_write,
    **GENERATED,
)

# The rows in the tables that know the tasks -------------------------------------------------------

ROWS: tuple[tuple[dict[str, Any], str, Any], ...] = (
    (tasks.TASKS, EventCounter.task, EventCounter),
    (
        COMMANDS,
        "EventCounter",
        TaskEntry(
            estimator="EventCounter",
            module=__name__,
            data=COUNTED,
            trained="a counter of events",
            demo=Demo(source="peaks", description="Generated peaks in noise, to be counted."),
        ),
    ),
    (REGISTRY, "peaks", PEAKS),
    (READERS, EventCounter.task, PredictionsReader(read_values, has_labels=False)),
    (
        SECTIONS,
        EventCounter.task,
        Regression("Event counting", "Negative log-likelihood of the counts, in nats."),
    ),
)


def register() -> None:
    """Put the rows into the tables."""
    for table, name, row in ROWS:
        table[name] = row


def main() -> None:
    """Count the peaks in noise, and compare with always saying the mean."""
    train, test = peaks(400, seed=0), peaks(200, seed=1)
    model = EventCounter().fit(train, train.labels)
    print(f"mean absolute error {model.evaluate(test, test.labels)['mae']:.2f} events")
    few = test.take([0, 1, 2])
    for count, expected in zip(few.labels or (), model.predict(few), strict=True):
        print(f"{count} events, {expected:.1f} expected")


if __name__ == "__main__":
    main()
