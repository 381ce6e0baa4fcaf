"""The simple models that stand beside a classifier of sequences: nothing read, and a ridge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato.datasets import Sequences
from ostinato.metrics import classification_metrics, regression_metrics
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.regression import Values
from ostinato.tasks.classification.series.ridge import ConvolutionRidge, RidgeData
from ostinato.tasks.sequence_inputs import Scaling
from ostinato.tasks.targets import numbers_of
from ostinato.training import Figures

RIDGE = "a ridge on random convolutions"


def class_baselines(
    train: Sequences, scaling: Scaling, labels: Labels, ridge: ConvolutionRidge | None = None
) -> Iterator[Baseline]:
    """Yield the commonest class, and a ridge that tells the classes apart.

    Args:
        train: The sequences.
        scaling: How each feature is told from its mean.
        labels: The classes.
        ridge: The ridge, if there is one already.

    Example:
        >>> train = Sequences.make([[1.0, 2.0], [2.0, 1.0]] * 5, ["up", "down"] * 5, "a list")
        >>> *_, ridge = class_baselines(train, Scaling.fit(train), Labels.fit(train.labels))
        >>> ridge.title, ridge.measure(train)["accuracy"]
        ('a ridge on random convolutions', 1.0)
    """
    targets = labels.encode(train.labels or ()).numpy()
    classes = len(labels.classes)
    often = int(np.bincount(targets).argmax())

    def figures(split: Sequences, y_pred: npt.NDArray[Any]) -> Figures:
        y_true = labels.encode(split.labels or (), split.source).numpy()
        found = classification_metrics(y_true, np.eye(classes)[y_pred])
        return {name: found[name] for name in ("n", "accuracy", "f1_macro")}

    yield Baseline(
        "majority", "the majority class", lambda split: figures(split, np.full(len(split), often))
    )
    fitted = ridge or ConvolutionRidge.fit(RidgeData(scaling.column(train), targets), classes)

    def by_ridge(split: Sequences) -> Figures:
        return figures(split, fitted.scores(scaling.column(split)).argmax(axis=1))

    yield Baseline("ridge", RIDGE, by_ridge)


def value_baselines(
    train: Sequences, scaling: Scaling, values: Values, ridge: ConvolutionRidge | None = None
) -> Iterator[Baseline]:
    """Yield the mean of train, and a ridge that says values.

    Args:
        train: The sequences.
        scaling: How each feature is told from its mean.
        values: The scale of the values.
        ridge: The ridge, if there is one already, of values on that scale.
    """

    def figures(split: Sequences, y_pred: npt.NDArray[Any]) -> Figures:
        y_true = numbers_of(split.labels or (), split.source, split.names)
        found = regression_metrics(y_true, y_pred)
        return {name: found[name] for name in ("n", "rmse", "mae", "r2")}

    yield Baseline(
        "mean", "the mean of train", lambda split: figures(split, np.full(len(split), values.mean))
    )
    targets = values.encode(train.labels or (), "train", train.names).numpy()
    fitted = ridge or ConvolutionRidge.fit(RidgeData(scaling.column(train), targets), None)

    def by_ridge(split: Sequences) -> Figures:
        return figures(split, values.decode(fitted.scores(scaling.column(split))[:, 0]))

    yield Baseline("ridge", RIDGE, by_ridge)
