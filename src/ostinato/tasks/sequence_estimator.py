"""What every task of sequences of numbers has: where they are read, how they are scaled and described."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ostinato import datasets
from ostinato._errors import DatasetError
from ostinato._kinds import AS_WRITTEN, SEQUENCES, DataKind
from ostinato.data.ragged import Ragged
from ostinato.datasets import Sequences
from ostinato.datasets.records.sequences import numbered
from ostinato.tasks import summary
from ostinato.tasks.answers import joined
from ostinato.tasks.columns import scores_of
from ostinato.tasks.estimator import Estimator, Splits
from ostinato.tasks.sequence_inputs import Scaling, labelled, sequences_of

logger = logging.getLogger("ostinato")


class SequenceEstimator(Estimator[Iterable[Any], Iterable[Any] | None]):
    """Abstract base of a task of sequences of numbers, each with a label or a number to learn.

    Attributes:
        scaling_: The features that it was trained on, and their scales.
    """

    data: ClassVar[DataKind] = SEQUENCES
    takes_files: ClassVar[bool] = True
    line_fields: ClassVar[tuple[str, ...]] = ("value", "sequence")

    scaling_: Scaling

    @property
    def n_features_in_(self) -> int:
        """How many features a step of the training sequences had."""
        return len(self.scaling_.features)

    @property
    def feature_names_in_(self) -> npt.NDArray[Any]:
        """The names of these features, if they had any."""
        names = self.scaling_.features
        if names == numbered(len(names)):
            raise AttributeError("The features of the training sequences have no names.")
        return np.array(names, dtype=object)

    def load_splits(self, **arguments: Any) -> Splits:
        """Load data by the arguments of `ostinato.datasets.load_sequences`."""
        return datasets.load_sequences(**_given(arguments))

    def read_split(self, path: str, **columns: Any) -> Sequences:
        """Read one labelled file, by the arguments of `ostinato.datasets.read_sequences`."""
        return datasets.read_sequences(path, **_given(self._columns(columns)))

    def inputs_and_targets(self, split: Sequences) -> tuple[Any, Sequence[Any]]:
        """Return the sequences of a split, and their labels."""
        return split, split.labels or ()

    def read_inputs(self, path: str, **columns: Any) -> Sequence[Any]:
        """Read the sequences of a file, by the arguments of `ostinato.datasets.read_sequences`."""
        wanted = {**self._columns(columns), "label_column": None}
        split = datasets.read_sequences(path, labelled=False, **_given(wanted))
        return [split.take([row]) for row in range(len(split))]

    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return the value of an answer of `predict_details`, a tab, and its sequence."""
        return joined(f"{answer['value']:.6g}", answer["sequence"])

    def _split(self, X: Any, y: Any, name: str) -> Sequences:
        return sequences_of(X, y, name)

    def _labelled(self, X: Any, y: Any) -> Sequences:
        return labelled(X, y, "evaluate")

    def _fit_labels(self, splits: Splits) -> None:
        for name, split in splits.items():
            if split.labels is None:
                raise DatasetError(
                    f"{split.source}: {name} must have labels; got none. Give them, or name their column."
                )

    def _strata(self, split: Sequences) -> tuple[Sequence[Any], Sequence[Hashable]]:
        return [""] * len(split), split.keys

    def _read(self, X: Any) -> Sequences:
        """Return sequences to be predicted."""
        self._check_fitted()
        return sequences_of(X, None, "predict", self.scaling_.features)

    def _scaled(self, splits: Splits) -> dict[str, Ragged]:
        """Learn the scales of train, and return each split by them."""
        self.scaling_ = Scaling.fit(splits["train"])
        return {name: self.scaling_.column(split) for name, split in splits.items()}

    def _described(self, splits: Splits, labels: Mapping[str, Any]) -> summary.DataSummary:
        """Return the facts on each split, and log them.

        Args:
            splits: The splits.
            labels: The classes of the sequences of each; nothing for numbers.
        """
        facts = summary.describe(
            splits,
            labels={name: labels.get(name, ()) for name in splits},
            lengths={name: split.lengths for name, split in splits.items()},
            unknown_rate={k: float(np.isnan(split.values).mean()) for k, split in splits.items()},
        )
        description = summary.lines(facts, "sequences", unit="step")
        for line in (*description, *(summary.imbalance(facts) if labels else ())):
            logger.info(line)
        return facts

    @property
    def _num_outputs(self) -> int:
        """Numbers that the network gives for each sequence."""
        return 1

    def _scores(self, column: Ragged) -> npt.NDArray[np.float32]:
        """Return what the network gives for each sequence, ``(sequences, outputs)``."""
        return scores_of(self.module_, column, self._num_outputs, self.sized_.training).numpy()

    def _columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of a table: those given, else those of train."""
        arguments = self.provenance_.get("arguments") or {}
        saved = {name: value for name, value in arguments.items() if name not in AS_WRITTEN}
        columns = {name: given.get(name) or saved.get(name) for name in self.data.names}
        features = self.scaling_.features
        if not columns["feature_columns"] and features != numbered(len(features)):
            columns["feature_columns"] = features
        return columns

    def _save_preprocessing(self, run: Path) -> None:
        self.scaling_.save(run)

    def _load_preprocessing(self, run: Path) -> None:
        self.scaling_ = Scaling.load(run)

    def _example(self, run: Path) -> str:
        shape = f"[np.zeros((20, {len(self.scaling_.features)}))]"
        return (
            "import numpy as np\nimport ostinato\n\n"
            f'ostinato.load("{run.name}").predict({shape})  # (time, features) each'
        )


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not None, as a command leaves out what was not given."""
    return {name: value for name, value in arguments.items() if value is not None}
