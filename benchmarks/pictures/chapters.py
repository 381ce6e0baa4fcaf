"""The drawings of the sentiment tutorial: what gates buy, and how far a gradient reaches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.pictures.tasks import BLUE, GREY, RED, save

COLORS = (RED, GREY, BLUE)


def gates(reached: Mapping[str, float], out: Path) -> None:
    """Draw the test accuracy of each cell over the share that guessing gets."""
    figure = Figure(figsize=(5.2, 2.0), layout="constrained")
    axes = figure.add_subplot()
    names = [name.upper() for name in reached]
    bars = axes.barh(names, list(reached.values()), color=COLORS, height=0.6)
    axes.bar_label(bars, fmt="%.3f", padding=4)
    axes.axvline(0.5, color="black", lw=0.8, ls=":")
    axes.text(0.505, -0.62, "guessing", fontsize=8, va="center")
    axes.set_xlim(0, 1.1)
    axes.set_xlabel("test accuracy after two epochs")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, out)


def gradients(shares: Mapping[str, np.ndarray], out: Path) -> None:
    """Draw how much of the gradient of the last output reaches each step."""
    figure = Figure(figsize=(6.2, 2.8), layout="constrained")
    axes = figure.add_subplot()
    for color, (name, share) in zip(COLORS, shares.items(), strict=True):
        axes.plot(np.arange(1, len(share) + 1), share, color=color, lw=1.6, label=name)
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("gradient that arrives,\nas a share of the last step's")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, out)
