"""Weights of examples in the loss: sample weights and balanced class weights."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ostinato._errors import ConfigError, DatasetError, shown
from ostinato.datasets import Examples, Sequences
from ostinato.tasks.classification.labels import Labels

logger = logging.getLogger("ostinato")

SHOWN = 8  # classes whose weights are logged, the rarest first
P = TypeVar("P", Examples, Sequences)


class HasWeights(Protocol):
    """A split of the data with sample weights."""

    @property
    def weights(self) -> list[float] | None:
        """Weight of each example; None if all are equal."""


def with_weights(split: P, sample_weight: ArrayLike | None) -> P:
    """Return a split with these sample weights; None for equal ones.

    Raises:
        DatasetError: There is not one for each example, one is negative or not finite, or all are 0.

    Example:
        >>> examples = Examples.make(["good", "bad"], ["1", "0"], "train")
        >>> with_weights(examples, [2, 1]).weights
        [2.0, 1.0]
    """
    if sample_weight is None:
        return split
    try:
        weights = np.asarray(sample_weight, np.float64)
    except (TypeError, ValueError) as error:
        raise DatasetError(
            f"fit: sample_weight must be numbers; {error}. Give one for each example."
        ) from error
    count = len(split.labels or ())
    if weights.shape != (count,):
        raise DatasetError(
            f"fit: sample_weight must have one number for each of {count} examples; got shape "
            f"{weights.shape}. Give as many."
        )
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise DatasetError(
            f"fit: sample_weight must be finite and at least 0; got {weights[wrong[0]]:g} for example "
            f"{wrong[0] + 1}. Correct it, or give 0 to leave the example out of the loss."
        )
    if not weights.any():
        raise DatasetError("fit: sample_weight must be above 0 for some example; got 0 for all.")
    return split.weighted(weights.tolist())


def weights_of(
    splits: Mapping[str, HasWeights], targets: Mapping[str, Tensor], labels: Labels | None = None
) -> dict[str, Tensor | None]:
    """Return the weight of each row in the loss, ``(rows,)`` by split, with mean 1 over train.

    Args:
        splits: The splits, with the weights that the user has given.
        targets: Class of each row; only for balanced classes.
        labels: The classes, to weight rows by the inverse frequency of their class in train.

    Returns:
        By split; None if all rows have equal weight.

    Example:
        >>> examples = Examples.make(["a", "b", "c"], ["x", "x", "y"], "train")
        >>> labels = Labels.fit(["x", "y"])
        >>> weights_of({"train": examples}, {"train": torch.tensor([0, 0, 1])}, labels)
        {'train': tensor([0.7500, 0.7500, 1.5000])}
    """
    if labels is None and splits["train"].weights is None:
        return dict.fromkeys(splits)
    found = {}
    of_class = None if labels is None else _class_weights(labels.classes, targets["train"])
    for name, split in splits.items():
        rows = len(targets[name])
        weights = torch.ones(rows) if split.weights is None else torch.tensor(split.weights)
        found[name] = weights if of_class is None else weights * of_class[targets[name]]
    mean = found["train"].mean()
    if not mean > 0:
        raise DatasetError(
            "train: some example must have a sample_weight above 0 when validation has been held out; "
            "got 0 for all. Give validation, or more examples a weight."
        )
    return {name: weights / mean for name, weights in found.items()}


def check_no_class_weight(where: str, class_weight: str | None, kind: str) -> None:
    """Raise ConfigError for a class weight where an example has no single class."""
    if class_weight is not None:
        raise ConfigError(
            f"{where}: class_weight must be None for {kind}; got {shown(class_weight)}. "
            "Give fit a sample_weight instead."
        )


def _class_weights(classes: Sequence[Any], targets: Tensor) -> Tensor:
    """Return the weight of each class, ``(classes,)``, by inverse frequency in train."""
    counts = torch.bincount(targets, minlength=len(classes))  # (classes,)
    weights = len(targets) / (len(classes) * counts.clamp(min=1).float())
    order = counts.argsort(stable=True).tolist()
    listed = ", ".join(f"{classes[k]} {weights[k]:.2f}" for k in order[:SHOWN])
    more = f" and {len(order) - SHOWN} more classes" if len(order) > SHOWN else ""
    logger.info("class weights: %s%s", listed, more)
    return weights
