"""A task of one's own, whole: how many events there are in a sequence of numbers.

It is what docs/how-to/add-a-task.md is about. As a part of ostinato it would be
``src/ostinato/tasks/counting/counter.py``; here the tables that know the tasks get their rows at the
end, so that the commands and the report know it too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato import Recurrent, Training, datasets, models, tasks
from ostinato._arrays import rows_of
from ostinato._files import read_json, write_json
from ostinato._kinds import DataKind, SequenceColumns
from ostinato.cli.settings import TASKS as COMMANDS
from ostinato.cli.settings import TaskEntry
from ostinato.data.batches import collate, length_buckets
from ostinato.data.ragged import Ragged
from ostinato.datasets import Sequences
from ostinato.metrics import correlation_z, regression_metrics
from ostinato.report.classification.regression import Regression
from ostinato.report.sections import TASKS as SECTIONS
from ostinato.runs.classification import read_values, write_values
from ostinato.runs.reader import READERS, PredictionsReader
from ostinato.runs.run import Labels
from ostinato.tasks import saved, summary
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.estimator import Estimator, Splits
from ostinato.tasks.unseen import unseen_figures
from ostinato.tasks.verdict import Compared
from ostinato.training import Figures, Objective, Split

COUNTED = DataKind(
    verb="count",
    content="one of counted sequences",
    columns=SequenceColumns,
    source="A .ts file of sktime whose labels are counts, or a table with a step a row.",
)


@dataclass(frozen=True)
class CountedSplit:
    """Sequences and their counts, as the training loop wants them."""

    column: Ragged
    counts: Tensor  # (sequences,)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each sequence."""
        return self.column.lengths

    def batch(self, rows: npt.NDArray[np.int64]) -> tuple[PackedSequence, Tensor]:
        """Return the packed steps and the counts of some rows."""
        return collate(self.column, rows), self.counts[rows]


class CountObjective:
    """Counts of a Poisson distribution, of which the network tells the logarithm of the mean."""

    monitor = "log_likelihood"

    def sums(self, output: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of a batch in nats, and how many sequences it has."""
        loss = F.poisson_nll_loss(output.squeeze(1), targets, full=True, reduction="sum")
        return torch.stack([loss, loss.new_tensor(len(targets))])

    def figures(self, sums: Tensor) -> Figures:
        """Return the mean loss."""
        loss, count = sums.tolist()
        return {"loss": loss / count, "log_likelihood": -loss / count}


@dataclass(kw_only=True, eq=False, repr=False)
class EventCounter(Estimator):
    """Counter of events in sequences of numbers: recurrent stack, mean over time, one rate.

    It is fitted on arrays ``(time,)`` or ``(time, features)`` of any lengths, and a count for each.

    Args:
        recurrent: The recurrent stack.
        training: How it is trained.
        baseline: Measure the mean of train beside it.
    """

    task: ClassVar[str] = "event-counting"
    pipeline_tag: ClassVar[str] = "time-series-classification"
    data: ClassVar[DataKind] = COUNTED
    takes_files: ClassVar[bool] = True

    recurrent: Recurrent = field(default_factory=lambda: Recurrent(cell="gru", hidden_size=32))
    training: Training = field(default_factory=Training)
    baseline: bool = True

    mean_: npt.NDArray[np.float64] = field(init=False)
    deviation_: npt.NDArray[np.float64] = field(init=False)

    # What a user calls, beside fit, evaluate, save and load ---------------------------------------

    def predict(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the expected count of each sequence."""
        self._check_fitted()
        return self._rates(self._split(X, None, "predict"))

    def predict_details(self, X: Any) -> list[dict[str, Any]]:
        """Return the expected count of each sequence, ready for JSON."""
        split = self._split(X, None, "predict")
        counts = self.predict(split).tolist()
        return [{"sequence": n, "value": c} for n, c in zip(split.names, counts, strict=True)]

    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return an answer of `predict_details` as a line."""
        return f"{answer['value']:.2f}\t{answer['sequence']}"

    # Where data come from -------------------------------------------------------------------------

    def load_splits(self, **arguments: Any) -> Splits:
        """Load the splits of a data set."""
        return datasets.load_sequences(**_given(arguments))

    def read_split(self, path: str, **columns: Any) -> Sequences:
        """Read one labelled file."""
        return datasets.read_sequences(path, **_given(columns))

    def read_inputs(self, path: str, **columns: Any) -> list[Sequences]:
        """Read the sequences of a file."""
        split = datasets.read_sequences(path, labelled=False, **_given(columns))
        return [split.take([row]) for row in range(len(split))]

    def inputs_and_targets(self, split: Sequences) -> tuple[Sequences, list[Any]]:
        """Return a split, and its counts."""
        return split, split.labels or []

    def _split(self, X: Any, y: Any, name: str) -> Sequences:
        if isinstance(X, Sequences):
            return X if y is None or not len(y) else replace(X, labels=list(y))
        rows = rows_of(X, name, "sequence")
        if rows and isinstance(rows[0], Sequences):  # as read_inputs gives them
            rows = [values for one in rows for values in one]
        return Sequences.make(rows, y, name)

    def _strata(self, split: Sequences) -> tuple[Sequence[Any], Sequence[Hashable]]:
        return [""] * len(split), split.keys

    # How they are learnt --------------------------------------------------------------------------

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        return {
            "training__epochs": max(5, 6400 // len(splits["train"])),
            "training__batch_size": 16,
            "training__learning_rate": 1e-2,
        }

    def _fit_labels(self, splits: Splits) -> None:
        for split in splits.values():
            _counts(split)  # raises now, not after training

    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, summary.DataSummary]:
        values = splits["train"].values
        self.mean_, self.deviation_ = values.mean(axis=0), values.std(axis=0) + 1e-12
        self.module_ = self._network()
        loop_splits: dict[str, Split] = {
            name: CountedSplit(self._column(split), torch.from_numpy(_counts(split)).float())
            for name, split in splits.items()
        }
        facts = summary.describe(
            splits,
            labels=dict.fromkeys(splits, ()),
            lengths={name: split.lengths for name, split in splits.items()},
            unknown_rate=dict.fromkeys(splits, 0.0),
        )
        return loop_splits, CountObjective(), facts

    def _network(
        self, weights: Mapping[str, Tensor] | None = None
    ) -> models.SeriesClassifierNetwork:
        return models.SeriesClassifierNetwork(
            len(self.mean_), 1, recurrent=self.recurrent, pooling="mean"
        )

    def _column(self, split: Sequences) -> Ragged:
        if split.values.shape[1] != len(self.mean_):
            raise datasets.DatasetError(
                f"{split.source}: a step must have {len(self.mean_)} features, as in train; "
                f"got {split.values.shape[1]}."
            )
        scaled = (split.values - self.mean_) / self.deviation_  # (steps of all, features)
        return Ragged(scaled.astype(np.float32), split.offsets)

    @torch.inference_mode()
    def _rates(self, split: Sequences) -> npt.NDArray[np.float64]:
        """Return the expected count of each sequence, ``(sequences,)``."""
        column, rates = self._column(split), np.empty(len(split))
        self.module_.eval()
        settings = self.sized_.training  # those given, and those found by _sizes
        size = {"batch_tokens": settings.batch_tokens, "batch_size": settings.batch_size}
        for rows in length_buckets(column.lengths, **size, seed=0, epoch=None):
            rates[rows] = self.module_(collate(column, rows)).squeeze(1).exp().numpy()
        return rates

    # How it is measured ---------------------------------------------------------------------------

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
        figures = {**regression_metrics(counts, rates), "chance_z": correlation_z(counts, rates)}
        return figures | unseen_figures(
            *("mae", examples.keys, seen),
            lambda rows: regression_metrics(counts[rows], rates[rows])["mae"],
        )

    def score(self, X: Any, y: Sequence[int]) -> float:
        """Return the share of the variance that is explained; 1 is best."""
        return float(self.evaluate(X, y)["r2"])

    def _baselines(self, train: Sequences) -> Iterator[Baseline]:
        mean = _counts(train).mean()
        yield Baseline(
            "mean",
            "the mean of train",
            lambda split: regression_metrics(_counts(split), np.full(len(split), mean)),
        )

    def _compared(self) -> Compared:
        return Compared("mae", "mean absolute error", lower_is_better=True, is_share=False)

    # What a run folder keeps ----------------------------------------------------------------------

    def _save_preprocessing(self, run: Path) -> None:
        scaling = {"means": self.mean_.tolist(), "deviations": self.deviation_.tolist()}
        write_json(run / "scaling.json", scaling)

    def _load_preprocessing(self, run: Path) -> None:
        path = run / "scaling.json"
        scaling = read_json(path)
        self.mean_ = np.array(saved.numbers(scaling, "means", path))
        self.deviation_ = np.array(saved.numbers(scaling, "deviations", path, positive=True))

    def _example(self, run: Path) -> str:
        return f'import ostinato\n\nostinato.load("{run.name}").predict([[0.0, 1.0, 0.0]])'


class Counting(Regression):
    """Its section of the report page: that of a regression, under its own title."""

    def title(self, labels: Labels) -> str:
        """Return what the model does, in a few words."""
        return "Event counting"


def _counts(split: Sequences) -> npt.NDArray[np.float64]:
    counts = np.array(split.labels or [], dtype=np.float64)
    if len(counts) != len(split) or (counts < 0).any() or (counts % 1).any():
        raise datasets.DatasetError(f"{split.source}: each sequence must have a count, 0 or more.")
    return counts


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


# The rows in the tables that know the tasks: in ostinato they stand in these tables ----------------

tasks.TASKS[EventCounter.task] = EventCounter
COMMANDS["EventCounter"] = TaskEntry(
    estimator="EventCounter", module=__name__, data=COUNTED, trained="a counter of events"
)
READERS[EventCounter.task] = PredictionsReader(read_values, has_labels=False)
SECTIONS[EventCounter.task] = Counting()


def main() -> None:
    """Count the peaks in noise, and compare with always saying the mean."""
    draw = np.random.default_rng(0)

    def made(number: int) -> tuple[list[npt.NDArray[Any]], list[int]]:
        sequences, counts = [], []
        for _ in range(number):
            sequence = draw.normal(0, 0.3, draw.integers(30, 60))
            places = draw.choice(len(sequence), draw.integers(0, 8), replace=False)
            sequence[places] += 3
            sequences.append(sequence)
            counts.append(len(places))
        return sequences, counts

    model = EventCounter().fit(*made(400))
    figures, test = model.evaluate(*made(200)), made(3)
    print(f"mean absolute error {figures['mae']:.2f} events")
    for count, said in zip(test[1], model.predict(test[0]), strict=True):
        print(f"{count} events, {said:.1f} expected")


if __name__ == "__main__":
    main()
