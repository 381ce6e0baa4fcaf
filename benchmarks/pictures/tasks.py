"""The small drawings of the table of tasks, each of what a trained model answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

INK, GREY, BLUE, RED = "#1c2330", "#8a93a0", "#1f6fb4", "#c2453c"
FILLS = {"PER": "#cfe3f7", "LOC": "#d6efd3", "ORG": "#fbe3c4", "DATE": "#eadcf5"}
SIZE = (3.3, 1.5)  # inches
LETTERS = 43  # of a line


def save(figure: Figure, out: Path) -> None:
    """Write a drawing as SVG, the same bytes each time, with its letters as letters."""
    with rc_context({"svg.hashsalt": out.stem, "svg.fonttype": "none"}):
        figure.savefig(out, metadata={"Date": None})


def empty() -> tuple[Figure, Any]:
    """Return a drawing without anything, and its only axes."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    return figure, axes


def classes(text: str, probabilities: dict[str, float], out: Path) -> None:
    """Draw a text over a bar for each class."""
    figure, axes = empty()
    axes.text(0, 2.35, text, fontsize=8.5, color=INK, wrap=True, va="center")
    for place, (name, share) in enumerate(sorted(probabilities.items(), key=lambda one: -one[1])):
        color = BLUE if place == 0 else GREY
        axes.barh(1 - place, 1, color="#eef1f5", height=0.6)
        axes.barh(1 - place, share, color=color, height=0.6)
        axes.text(
            0.02, 1 - place, name, fontsize=8.5, va="center", color="white" if share > 0.3 else INK
        )
        axes.text(1.02, 1 - place, f"{share:.2f}", fontsize=8.5, va="center", color=INK)
    axes.set_xlim(0, 1.15)
    axes.set_ylim(-0.5, 3)
    save(figure, out)


def spans(text: str, found: list[dict[str, Any]], out: Path) -> None:
    """Draw a sentence in which names are marked and named."""
    figure, axes = empty()
    axes.set_xlim(0, LETTERS)
    axes.set_ylim(-3, 1)
    left, line = 0.0, 0
    pieces, end = [], 0
    for span in found:
        pieces += [(word, "") for word in text[end : span["start"]].split()]
        pieces.append((span["text"], span["type"]))
        end = span["end"]
    pieces += [(word, "") for word in text[end:].split()]
    for word, kind in pieces:
        width = len(word) + (len(kind) * 0.75 + 1.6 if kind else 0)
        if left + width > LETTERS:
            left, line = 0.0, line - 2
        box = {"boxstyle": "round,pad=0.3", "fc": FILLS.get(kind, "white"), "lw": 0}
        axes.text(left + (0.6 if kind else 0), line, word, fontsize=9, family="DejaVu Sans Mono",
                  color=INK, va="center", bbox=box if kind else None)  # fmt: skip
        if kind:
            axes.text(left + 1.2 + len(word), line, kind, fontsize=6, color=INK, va="center",
                      weight="bold", family="DejaVu Sans Mono", bbox=box)  # fmt: skip
        left += width + (1.4 if kind else 0.9)
    save(figure, out)


def sound(samples: np.ndarray, rate: int, words: list[dict[str, Any]], out: Path) -> None:
    """Draw a wave with the words that were heard, at their times."""
    figure, axes = empty()
    pieces = np.array_split(samples, 400)
    times = np.arange(len(pieces)) * len(samples) / rate / len(pieces)
    low, high = [piece.min() for piece in pieces], [piece.max() for piece in pieces]
    axes.fill_between(times, low, high, color=BLUE, lw=0)
    top = max(high)
    for word in words:
        middle = (word["start"] + word["end"]) / 2
        axes.annotate("", (word["start"], 1.25 * top), (word["end"], 1.25 * top),
                      arrowprops={"arrowstyle": "|-|,widthA=0.25,widthB=0.25", "color": GREY})  # fmt: skip
        label = f"{word['word']}  {word['confidence']:.2f}"
        axes.text(middle, 1.42 * top, label, fontsize=10, ha="center", va="bottom", color=INK)
    axes.set_ylim(min(low) * 1.05, 2.1 * top)
    save(figure, out)


def forecast(past: np.ndarray, ahead: Any, out: Path) -> None:
    """Draw the end of a series, what is forecast, and its intervals."""
    figure, axes = empty()
    axes.plot(np.arange(-len(past), 0), past, color=INK, lw=1.1)
    steps = np.arange(len(ahead))
    for level, shade in ((95, 0.18), (80, 0.3)):
        axes.fill_between(
            steps, ahead[f"lo-{level}"], ahead[f"hi-{level}"], color=BLUE, alpha=shade, lw=0
        )
    axes.plot(steps, ahead["mean"], color=BLUE, lw=1.6)
    axes.axvline(-0.5, color=GREY, lw=0.8, ls=":")
    save(figure, out)


def curves(rows: list[np.ndarray], labels: list[str], out: Path) -> None:
    """Draw measured sequences under one another, each with the class that it was given."""
    figure = Figure(figsize=SIZE, layout="constrained")
    for place, (row, label) in enumerate(zip(rows, labels, strict=True), start=1):
        axes = figure.add_subplot(len(rows), 1, place)
        axes.set_axis_off()
        for column, color in zip(row.T[:3], (BLUE, RED, GREY), strict=False):
            axes.plot(column, lw=1.1, color=color)
        axes.set_xlim(0, max(map(len, rows)) * 1.35)
        axes.text(
            max(map(len, rows)) * 1.04, row[-5:].mean(), label, fontsize=9, va="center", color=INK
        )
    save(figure, out)
