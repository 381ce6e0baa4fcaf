"""Where a task of sequences of numbers finds them: in files and folders, in columns that have names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ostinato import datasets
from ostinato._kinds import AS_WRITTEN, SEQUENCES, DataKind
from ostinato.datasets import Sequences
from ostinato.datasets.records.sequences import numbered
from ostinato.tasks.classification.label_inputs import label_names
from ostinato.tasks.classification.series_inputs import Scaling
from ostinato.tasks.estimator import Estimator, Splits


class SequenceEstimator(Estimator):
    """Abstract base of a task of sequences of numbers: how they are read.

    Attributes:
        scaling_: The features that it was trained on.
    """

    data: ClassVar[DataKind] = SEQUENCES
    takes_files: ClassVar[bool] = True

    regression: bool = False
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

    def _strata(self, split: Sequences) -> tuple[Sequence[Any], Sequence[Hashable]]:
        labels = [""] * len(split) if self.regression else label_names(split.labels or ())
        return labels, split.keys

    def _columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of a table: those given, else those of train."""
        arguments = self.provenance_.get("arguments") or {}
        saved = {name: value for name, value in arguments.items() if name not in AS_WRITTEN}
        columns = {name: given.get(name) or saved.get(name) for name in self.data.names}
        features = self.scaling_.features
        if not columns["feature_columns"] and features != numbered(len(features)):
            columns["feature_columns"] = features
        return columns


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not None, as a command leaves out what was not given."""
    return {name: value for name, value in arguments.items() if value is not None}
