"""What a run's history says: curves, gradients, and what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ostinato.report import learning_plots, plots
from ostinato.report.section import Curve
from ostinato.runs.run import Epoch, Run

VANISHING_NORM = 1e-6
EXPLODING_NORM = 1e3


@dataclass(frozen=True, kw_only=True)
class Learning:
    """How the figures and the gradients moved from epoch to epoch.

    Args:
        curves: Figures that were followed.
        columns: Each split with each figure that was followed on it.
        norm_limit: Norm to which gradients were clipped, None if they were not.
        warnings: Sentences about gradients that vanished or exploded.
        remark: A sentence about epochs in which all were clipped; empty if there are none.
        plots: Drawings by name, SVG.
    """

    curves: tuple[Curve, ...]
    columns: tuple[tuple[str, Curve], ...]
    norm_limit: float | None
    warnings: tuple[str, ...]
    remark: str
    plots: Mapping[str, str]


def learning(run: Run, curves: Sequence[Curve]) -> Learning | None:
    """Return what the history of a run says; None if there is none yet.

    Args:
        run: The run.
        curves: The figures of its task.
    """
    history = run.history
    if not history:
        return None
    columns = tuple(
        (split, curve)
        for split in plots.SERIES
        for curve in curves
        if any(curve.key in epoch.scores.get(split, ()) for epoch in history)
    )
    followed = tuple(curve for curve in curves if any(curve == found for _, found in columns))
    limit = _norm_limit(run.settings)
    drawn = {curve.key: learning_plots.learning_curve(history, curve) for curve in followed}
    if any(epoch.norm_mean > 0 for epoch in history):  # norms were measured
        drawn["gradients"] = learning_plots.gradient_norms(history, limit)
        drawn["clipped"] = learning_plots.clipped_share(history)
    return Learning(
        curves=followed,
        columns=columns,
        norm_limit=limit,
        warnings=gradient_warnings(history),
        remark=_clipping(history),
        plots=drawn,
    )


def gradient_warnings(history: tuple[Epoch, ...]) -> tuple[str, ...]:
    """Return sentences about gradients that vanished or exploded, if any did.

    Example:
        >>> gradient_warnings(())
        ()
    """
    vanished = [
        epoch
        for epoch in history
        if epoch.norm_mean < VANISHING_NORM and not _has_learnt(epoch, history[0])
    ]
    exploded = [e for e in history if e.norm_max > EXPLODING_NORM or math.isinf(e.norm_mean)]
    found = []
    if vanished:
        found.append(
            f"Gradients vanished in {_first(vanished)}: their mean norm is "
            f"{vanished[0].norm_mean:.1g}, and the loss has not fallen. Try a gated cell or a higher "
            "learning rate."
        )
    if exploded:
        found.append(
            f"Gradients exploded in {_first(exploded)}: their largest norm is "
            f"{exploded[0].norm_max:.1g}. Clip them, or lower the learning rate."
        )
    return tuple(found)


def _clipping(history: tuple[Epoch, ...]) -> str:
    clipped = [epoch for epoch in history if epoch.clipped > 0.99]
    if not clipped:
        return ""
    return (
        f"Every step of {_first(clipped)} was clipped: the limit on the norm, more than "
        "the learning rate, decides how far a step goes."
    )


def _has_learnt(epoch: Epoch, first: Epoch) -> bool:
    """Return whether the loss has fallen far since the first epoch, when a small gradient is no fault."""
    now, then = (one.scores.get("train", {}).get("loss", math.nan) for one in (epoch, first))
    return now < then / 2


def _first(epochs: Sequence[Epoch]) -> str:
    """Return the first of some epochs in words, and how many more there are."""
    more = len(epochs) - 1
    others = f" and {more} more epoch{'s' if more > 1 else ''}" if more else ""
    return f"epoch {epochs[0].number}{others}"


def _norm_limit(settings: Mapping[str, Any]) -> float | None:
    training = settings.get("training")
    limit = training.get("max_grad_norm") if isinstance(training, Mapping) else None
    return float(limit) if isinstance(limit, (int, float)) and limit > 0 else None
