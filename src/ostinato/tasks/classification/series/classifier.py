"""Sequences of numbers in, classes or values out: gestures, sensors, sounds already in features."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import r2_score
from sklearn.utils import RegressorTags
from torch import Tensor
from typing_extensions import Self, Unpack

from ostinato import models
from ostinato._config import Recurrent, Training
from ostinato._doing import doing
from ostinato.datasets import Sequences
from ostinato.nn.pooling import PoolingName
from ostinato.runs.classification import write_predictions, write_values
from ostinato.tasks import saved
from ostinato.tasks.answers import joined, label_text
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.classification.label_inputs import classes_of
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.objective import (
    ClassificationObjective,
    classification_figures,
    explained,
)
from ostinato.tasks.classification.regression import RegressionObjective, Values, regression_figures
from ostinato.tasks.classification.series.baselines import class_baselines, value_baselines
from ostinato.tasks.classification.series.ridge import FILE as RIDGE_FILE
from ostinato.tasks.classification.series.ridge import JoinedRidge, RidgeData
from ostinato.tasks.classification.series.sizing import sized
from ostinato.tasks.classification.weighting import check_no_class_weight, weights_of, with_weights
from ostinato.tasks.columns import ColumnSplit
from ostinato.tasks.contract import Fitting
from ostinato.tasks.conventions import ClassifierMixin
from ostinato.tasks.estimator import Splits
from ostinato.tasks.sequence_estimator import SequenceEstimator
from ostinato.tasks.sequence_inputs import Scaling, labelled
from ostinato.tasks.summary import DataSummary
from ostinato.tasks.targets import label_names, numbers_of
from ostinato.tasks.verdict import ACCURACY, MACRO_F1, Compared
from ostinato.training import Figures, Objective, Split

logger = logging.getLogger("ostinato")


@dataclass(kw_only=True, eq=False, repr=False)
class SeriesClassifier(ClassifierMixin, SequenceEstimator):
    """Classifier of sequences of numbers: recurrent stack, pooling over time, linear head.

    Sequences have one feature or many and any lengths. Each feature is told from its mean in train; NaN
    is a missing value, read as that mean, and the network is told of it if train has some too.

    Args:
        recurrent: The recurrent stack.
        training: How it is trained.
        pooling: How the outputs over time become one vector.
        noise: Standard deviation of the noise added to each feature while training, in units of the
            feature's own.
        head_dropout: Probability of dropping a feature of the pooled vector.
        regression: Whether labels are values instead of classes.
        convolutions: Join a ridge on random convolutions to the network, each weighted by validation.
        class_weight: balanced lets each class count the same in the loss, however many sequences it has.
        baseline: Measure simple models beside it.

    Raises:
        ConfigError: A setting is outside its rule (on fit).

    Example:
        >>> import numpy as np
        >>> from ostinato import Recurrent, SeriesClassifier, Training
        >>> steps = np.linspace(0, 1, 12)
        >>> sequences = [steps[: 6 + n % 6] * (n if n % 2 else -n - 1) for n in range(40)]
        >>> labels = ["up" if n % 2 else "down" for n in range(40)]
        >>> settings = Training(epochs=5, batch_size=8, learning_rate=2e-2)
        >>> model = SeriesClassifier(recurrent=Recurrent(hidden_size=8), training=settings)
        >>> model.fit(sequences, labels).predict([9 * steps, -9 * steps]).tolist()
        ['up', 'down']
    """

    task: ClassVar[str] = "series-classification"
    pipeline_tag: ClassVar[str] = "time-series-classification"
    line_fields: ClassVar[tuple[str, ...]] = ("label", "confidence", "value", "sequence")
    recurrent: Recurrent = field(default_factory=lambda: Recurrent(cell="gru", hidden_size=64))
    training: Training = field(default_factory=Training)
    pooling: PoolingName = "last-max-mean"
    noise: float = 0.5
    head_dropout: float = 0.3
    regression: bool = False
    convolutions: bool = True
    class_weight: Literal["balanced"] | None = None
    baseline: bool = True

    classes_: npt.NDArray[Any] = field(init=False)
    labels_: Labels = field(init=False)
    values_: Values = field(init=False)
    scaling_: Scaling = field(init=False)
    joined_: JoinedRidge | None = field(init=False)
    weights_: dict[str, Tensor | None] = field(init=False)

    def fit(
        self,
        X: Iterable[Any],
        y: Iterable[Any] | None,
        *,
        sample_weight: npt.ArrayLike | None = None,
        validation: tuple[Iterable[Any], Iterable[Any] | None] | None = None,
        **fitting: Unpack[Fitting],
    ) -> Self:
        """Train on sequences and their labels, as `ostinato.tasks.Estimator.fit`.

        Args:
            X: Arrays ``(time, features)`` or ``(time,)`` of any lengths, or one array
                ``(sequences, time, features)``; NaN for a missing value.
            y: A class each, or for ``regression`` a number each.
            sample_weight: How much each of ``X`` counts in the loss; none for all the same.
            validation: Sequences and labels that choose the best epoch.
            fitting: The run folder, and who is told of epochs.
        """
        splits = self._splits(X, y, validation)
        splits["train"] = with_weights(splits["train"], sample_weight)
        return self.fit_splits(splits, **fitting)

    def predict(self, X: Iterable[Any]) -> npt.NDArray[Any]:
        """Return the likeliest class of each sequence; for ``regression`` its value."""
        outputs = self._outputs(self._read(X))
        if self.sized_.regression:
            return outputs
        return np.asarray(self.labels_.answers(outputs))

    def predict_proba(self, X: Iterable[Any]) -> npt.NDArray[np.float32]:
        """Return the probability of each of ``classes_``, ``(sequences, classes)``.

        Raises:
            AttributeError: It is a regression, which has none.
        """
        self._check_fitted()
        if self.sized_.regression:
            raise AttributeError(
                "SeriesClassifier: a regression has no probabilities. Call predict."
            )
        return self._outputs(self._read(X))

    def predict_details(self, X: Iterable[Any]) -> list[dict[str, Any]]:
        """Return of each sequence its class, how surely, and all probabilities; or its value."""
        split = self._read(X)
        outputs = self._outputs(split)
        answers: list[dict[str, Any]] = (
            [{"value": value} for value in outputs.tolist()]
            if self.sized_.regression
            else explained(self.labels_, outputs)
        )
        return [
            {"sequence": name, **answer} for name, answer in zip(split.names, answers, strict=True)
        ]

    def score(
        self,
        X: Iterable[Any],
        y: Iterable[Any] | None,
        sample_weight: Any = None,
    ) -> float:
        """Return the accuracy, for ``regression`` R2; higher is better, at most 1."""
        self._check_fitted()
        split = labelled(X, y, "score")
        outputs, labels = self._outputs(split), split.labels or ()
        if self.sized_.regression:
            y_true = numbers_of(labels, "score", split.names)
            return float(r2_score(y_true, outputs, sample_weight=sample_weight))
        is_right = self.labels_.agreement(outputs, labels, "score")
        return float(np.average(is_right, weights=sample_weight))

    def format_prediction(self, answer: Mapping[str, Any]) -> str:
        """Return label and confidence, or value, and sequence of an answer, parted by tabs."""
        if "value" in answer:
            return super().format_prediction(answer)
        return joined(label_text(answer), f"{answer['confidence']:.4f}", answer["sequence"])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.regression:
            tags.estimator_type, tags.classifier_tags = "regressor", None
            tags.regressor_tags = RegressorTags()
        return tags

    def _check(self) -> None:
        super()._check()
        if self.regression:
            check_no_class_weight("SeriesClassifier", self.class_weight, "a regression")

    def _fit_labels(self, splits: Splits) -> None:
        super()._fit_labels(splits)
        train = splits["train"]
        if self.regression:
            self.values_ = Values.fit(train.labels, train.names)
            return
        self._set_labels(classes_of(train))

    def _prepare(self, splits: Splits) -> tuple[dict[str, Split], Objective, DataSummary]:
        self.joined_ = None
        columns = self._scaled(splits)
        targets = {name: self._targets(split, name) for name, split in splits.items()}
        labels = {} if self.regression else {k: label_names(p.labels) for k, p in splits.items()}
        facts = self._described(splits, labels)
        self.module_ = self._network()
        self.weights_ = weights_of(splits, targets, self.labels_ if self.class_weight else None)
        loop_splits: dict[str, Split] = {
            name: ColumnSplit(columns[name], targets[name], self.weights_[name]) for name in splits
        }
        if self.sized_.regression:
            return loop_splits, RegressionObjective(self.values_.deviation), facts
        objective = ClassificationObjective(multi_label=False, monitor="log_likelihood")
        return loop_splits, objective, facts

    def _sizes(self, splits: Splits) -> Mapping[str, Any]:
        return sized(splits["train"])

    def _baselines(self, train: Sequences) -> Iterator[Baseline]:
        ridge = self.joined_.ridge if self.joined_ is not None else None
        if self.sized_.regression:
            return value_baselines(train, self.scaling_, self.values_, ridge)
        return class_baselines(train, self.scaling_, self.labels_, ridge)

    def _compared(self) -> Compared:
        if self.sized_.regression:
            return Compared("r2", "R2", is_share=False)
        return MACRO_F1 if self.class_weight else ACCURACY

    def _strata(self, split: Sequences) -> tuple[Sequence[Any], Sequence[Hashable]]:
        labels, keys = super()._strata(split)
        return labels if self.regression else label_names(split.labels or ()), keys

    def _targets(self, split: Sequences, name: str) -> Tensor:
        if self.sized_.regression:
            return self.values_.encode(split.labels or (), name, split.names)
        return self.labels_.encode(split.labels or (), name)

    def _network(
        self, weights: Mapping[str, Tensor] | None = None
    ) -> models.SeriesClassifierNetwork:
        return models.SeriesClassifierNetwork(
            self.scaling_.num_inputs,
            self._num_outputs,
            recurrent=self.sized_.recurrent,
            pooling=self.sized_.pooling,
            noise=self.sized_.noise,
            head_dropout=self.sized_.head_dropout,
        )

    @property
    def _num_outputs(self) -> int:
        return 1 if self.sized_.regression else len(self.labels_.classes)

    def _set_labels(self, labels: Labels) -> None:
        self.labels_ = labels
        self.classes_ = labels.array

    def _outputs(self, split: Sequences) -> npt.NDArray[Any]:
        """Return the values of sequences, or the probabilities of their classes."""
        column = self.scaling_.column(split)
        scores = self._scores(column)
        if self.joined_ is not None:
            scores = self.joined_.join(scores, column)
        if self.sized_.regression:
            return self.values_.decode(scores[:, 0])
        return torch.from_numpy(scores).softmax(dim=1).numpy()

    def _finish(self, splits: Splits, out: Path | None) -> None:
        if self.convolutions:
            doing("fitting random convolutions to join")
            self.joined_ = self._joined(splits)
            logger.debug(self.joined_.description)
            if out:
                self.joined_.save(out)
        super()._finish(splits, out)

    def _joined(self, splits: Splits) -> JoinedRidge:
        """Fit the ridge on train, and the weights of both parts on validation."""
        train, validation = (
            RidgeData(
                self.scaling_.column(splits[name]),
                self._targets(splits[name], name).numpy(),
                self.weights_[name],
            )
            for name in ("train", "validation")
        )
        classes = None if self.sized_.regression else len(self.labels_.classes)
        return JoinedRidge.fit(train, validation, self._scores(validation.column), classes)

    def _measure(
        self, examples: Sequences, split: str, *, seen: Sequence[str], run: Path | None
    ) -> Figures:
        outputs = self._outputs(examples)
        labels = examples.labels or ()
        if run and self.sized_.regression:
            write_values(
                run,
                split=split,
                names=examples.names,
                labels=numbers_of(labels, split, examples.names),
                predictions=outputs,
                lengths=examples.lengths,
            )
        elif run:
            write_predictions(
                run,
                split=split,
                texts=examples.names,
                labels=labels,
                predictions=self.labels_.decode(outputs),
                confidence=self.labels_.confidence(outputs),
                probabilities=outputs,
                num_tokens=examples.lengths,
            )
        return self._figures(examples, outputs, split, seen)

    def _figures(
        self, examples: Sequences, outputs: npt.NDArray[Any], split: str, seen: Sequence[str]
    ) -> Figures:
        labels = examples.labels or ()
        if not self.sized_.regression:
            return classification_figures(self.labels_, outputs, examples.keys, labels, seen, split)
        y_true = numbers_of(labels, split, examples.names)
        return regression_figures(self.values_, y_true, outputs, examples.keys, seen)

    def _save_preprocessing(self, run: Path) -> None:
        super()._save_preprocessing(run)
        (self.values_ if self.sized_.regression else self.labels_).save(run)
        if self.joined_ is not None:
            self.joined_.save(run)

    def _load_preprocessing(self, run: Path) -> None:
        super()._load_preprocessing(run)
        if self.sized_.regression:
            self.values_ = Values.load(run)
        else:
            self._set_labels(Labels.load(run))
        width = self.scaling_.num_inputs
        self.joined_ = (
            JoinedRidge.load(run, width) if saved.has_optional_file(run / RIDGE_FILE) else None
        )
