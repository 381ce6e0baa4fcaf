"""The optimizer and its learning rate, the latter a pure function of progress."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import nn

from ostinato._config import Training
from ostinato._errors import ConfigError

Number = TypeVar("Number", int, float)

WARM_UP = 0.3  # share of the training over which a one-cycle rate rises (torch's OneCycleLR)
START, END = 1 / 25, 1 / 250_000  # first and last rate of a one-cycle, as shares of the highest


def make_optimizer(model: nn.Module, settings: Training) -> torch.optim.Optimizer:
    """Return AdamW or Adam over the parameters of ``model`` that are to be trained."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    highest = sized(settings.learning_rate, "learning_rate")
    if settings.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=highest, fused=True)
    return torch.optim.AdamW(parameters, lr=highest, weight_decay=settings.weight_decay, fused=True)


def learning_rate(settings: Training, progress: float) -> float:
    """Return the learning rate after a share ``progress``, in [0, 1], of the training.

    One-cycle rises from 1/25 of the highest rate along a cosine over the first 30% and falls
    along another to nearly nothing. A function of progress alone has no state to save.

    Source: Smith and Topin 2018, https://arxiv.org/abs/1708.07120, with cosine annealing as in
    ``torch.optim.lr_scheduler.OneCycleLR``.

    Example:
        >>> [round(learning_rate(Training(learning_rate=0.01), share), 4) for share in (0, 0.3, 1)]
        [0.0004, 0.01, 0.0]
    """
    highest = sized(settings.learning_rate, "learning_rate")
    if settings.schedule == "constant":
        return highest
    if progress < WARM_UP:
        share = _cosine(START, 1, progress / WARM_UP)
    else:
        share = _cosine(1, END, (progress - WARM_UP) / (1 - WARM_UP))
    return highest * share


def sized(value: Number | None, name: str) -> Number:
    """Return a setting that a task has found by the size of its data, or that was given.

    Raises:
        ConfigError: It is still open.
    """
    if value is None:
        raise ConfigError(f"Training: {name} must be set to train without a task; got None.")
    return value


def _cosine(first: float, last: float, progress: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * progress)) / 2
