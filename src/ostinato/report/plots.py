"""Plots as SVG text that takes its colours and fonts from the page around it.

Colours are drawn as stand-ins and then replaced by CSS variables, so that one drawing serves light
and dark. No text of a user's enters a drawing: class names and reviews stand in HTML beside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from ostinato.metrics.classification import Calibration, LengthBins
from ostinato.runs.run import Epoch

INK, MUTED, LINE = "#000001", "#000002", "#000003"
SERIES = {"train": "#000004", "validation": "#000005", "test": "#000006"}
ACCENT = SERIES["validation"]
VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    SERIES["train"]: "var(--train)",
    SERIES["validation"]: "var(--accent)",
    SERIES["test"]: "var(--test)",
}
DASHES = {"train": (0, (4, 2)), "validation": "solid", "test": (0, (1, 1.5))}
MAX_MARKERS = 30
WIDTH_INCHES = 5.0
NUM_SHADES = 10
PERCENT = FuncFormatter(lambda share, _: f"{share * 100:.4g}%")
COUNT = FuncFormatter(lambda count, _: f"{count:,.0f}")
STYLE = {
    "svg.fonttype": "none",
    "font.size": 10.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.color": LINE,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "xtick.major.size": 3,
    "text.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "lines.linewidth": 2,
    "lines.markersize": 5,
}


def learning_curve(
    history: Sequence[Epoch], figure: str, *, is_share: bool, from_zero: bool
) -> str:
    """Draw a figure of each part over the epochs; returns SVG.

    Args:
        history: Epochs, at least one.
        figure: Its key in the scores: ``"loss"``, ``"accuracy"`` and the like.
        is_share: Whether it is a share, written as a percentage.
        from_zero: Whether it is drawn from 0.
    """
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        epochs = [epoch.number for epoch in history]
        for part, colour in SERIES.items():
            values = [epoch.scores.get(part, {}).get(figure, np.nan) for epoch in history]
            if not np.isnan(values).all():
                _line(axes, epochs, values, color=colour, linestyle=DASHES[part])
        _mark_best(axes, history)
        if is_share:
            axes.yaxis.set_major_formatter(PERCENT)
        if from_zero:
            axes.set_ylim(bottom=0)
        _epoch_axis(axes, epochs)
        return page_svg(canvas, figure)


def gradient_norms(history: Sequence[Epoch], limit: float | None) -> str:
    """Draw the mean and the largest gradient norm of each epoch; returns SVG.

    Args:
        history: Epochs, at least one.
        limit: Norm to which gradients were clipped, drawn as a line; none if they were not.
    """
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        epochs = [epoch.number for epoch in history]
        largest = [epoch.norm_max for epoch in history]
        _line(axes, epochs, largest, color=SERIES["train"], linestyle=DASHES["train"])
        _line(axes, epochs, [epoch.norm_mean for epoch in history], color=ACCENT)
        if limit is not None:
            axes.axhline(limit, color=SERIES["test"], linewidth=1.2, linestyle=(0, (4, 3)))
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        _epoch_axis(axes, epochs)
        return page_svg(canvas, "gradients")


def clipped_share(history: Sequence[Epoch]) -> str:
    """Draw the share of steps whose gradient was clipped in each epoch; returns SVG."""
    with page_style():
        canvas, (axes,) = page_axes(height=2.9)
        epochs = [epoch.number for epoch in history]
        clipped = np.nan_to_num([epoch.clipped for epoch in history])
        axes.bar(epochs, clipped, color=ACCENT, width=0.45)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PERCENT)
        _epoch_axis(axes, epochs)
        return page_svg(canvas, "clipped")


def reliability(bins: Calibration) -> str:
    """Draw how often probabilities came true, and how many there are of each; returns SVG."""
    with page_style():
        canvas, (curve, counts) = page_axes(height=4.2, ratios=(4, 1))
        filled = bins.count > 0
        curve.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        curve.plot(
            bins.probability[filled], bins.frequency[filled], color=ACCENT, linewidth=2, marker="o"
        )
        curve.set_ylim(0, 1.02)
        curve.set_ylabel("share that came true")
        curve.tick_params(labelbottom=False)
        share = bins.count / bins.count.sum()
        counts.bar(
            bins.edges[:-1], share, width=np.diff(bins.edges) * 0.9, align="edge", color=ACCENT
        )
        counts.yaxis.set_major_locator(MaxNLocator(2))
        counts.set_ylabel("share of all")
        counts.set_xlabel("probability given by the model")
        for axes in (curve, counts):
            axes.set_xlim(0, 1.005)
            axes.xaxis.set_major_formatter(PERCENT)
            axes.yaxis.set_major_formatter(PERCENT)
        return page_svg(canvas, "calibration")


def accuracy_by_length(bins: LengthBins, unit: str = "token", example: str = "text") -> str:
    """Draw the accuracy of short to long examples with its 95 % interval; returns SVG."""
    with page_style():
        canvas, (axes,) = page_axes(height=1.0 + 0.4 * max(len(bins.count), 3))
        rows = np.arange(len(bins.count))
        names = [
            f"{low:,}" if low == high else f"{low:,}–{high:,}"
            for low, high in zip(bins.shortest, bins.longest, strict=True)
        ]
        spread = np.abs(np.array([bins.accuracy - bins.low, bins.high - bins.accuracy]))
        axes.errorbar(
            bins.accuracy, rows, xerr=spread, fmt="o", color=ACCENT, elinewidth=2, markersize=6
        )
        axes.set_yticks(rows, names)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_ylabel(f"{unit}s in the {example}")
        axes.xaxis.set_major_formatter(PERCENT)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel("accuracy")
        return page_svg(canvas, "length-accuracy")


def length_histogram(
    num_tokens: NDArray[Any],
    example: str,
    *,
    unit: str = "token",
    units_per_second: int | None = None,
) -> str:
    """Draw, as SVG, how many examples have each length; the longest hundredth is one bar.

    Args:
        num_tokens: Length of each example.
        example: What they are called: ``"text"``, ``"sentence"``.
        unit: What their length is counted in.
        units_per_second: Units of length in a second, if the axis shows seconds.
    """
    with page_style():
        canvas, (axes,) = page_axes(height=2.4)
        longest = max(int(np.quantile(num_tokens, 0.99)), 1)
        num_bins = min(40, longest + 1)
        axes.hist(
            np.minimum(num_tokens, longest), bins=num_bins, color=ACCENT, rwidth=0.9, linewidth=0
        )
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(COUNT)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        if units_per_second is None:
            axes.xaxis.set_major_formatter(COUNT)
            axes.set_xlabel(f"{unit}s in the {example}")
        else:
            seconds = FuncFormatter(lambda length, _: f"{length / units_per_second:g}")
            axes.xaxis.set_major_formatter(seconds)
            axes.set_xlabel(f"seconds of the {example}")
        axes.set_ylabel(f"{example}s")
        return page_svg(canvas, "lengths")


def confusion_map(matrix: NDArray[Any]) -> str:
    """Draw a confusion matrix of many classes, darker = larger share of the row; returns SVG."""
    with page_style():
        canvas, (axes,) = page_axes(height=WIDTH_INCHES * 0.94)
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        shades = np.ceil(shares * NUM_SHADES).astype(int)
        for shade in range(1, NUM_SHADES + 1):
            cells = np.argwhere(shades == shade)
            if len(cells):
                outline = Outline.make_compound_path(*(_square(x, y) for y, x in cells))
                patch = PathPatch(outline, facecolor=ACCENT, alpha=shade / NUM_SHADES, linewidth=0)
                axes.add_patch(patch)
        size = len(matrix)
        axes.set(xlim=(0, size), ylim=(size, 0), aspect="equal", xlabel="predicted", ylabel="right")
        ticks = np.unique(np.linspace(1, size, 6).astype(int))
        axes.set_xticks(ticks - 0.5, [str(tick) for tick in ticks])
        axes.set_yticks(ticks - 0.5, [str(tick) for tick in ticks])
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(True)
        return page_svg(canvas, "confusion")


def _square(x: int, y: int) -> Outline:
    return Outline([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)], closed=True)


def page_style() -> Any:
    """Return the context in which drawings for a page are made, whatever a user has set."""
    return matplotlib.style.context(["default", STYLE])


def page_axes(*, height: float, ratios: tuple[int, ...] = (1,)) -> tuple[Figure, list[Axes]]:
    """Return an empty drawing and its axes, one below the other.

    Args:
        height: Height in inches.
        ratios: That of each, beside the others.
    """
    figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
    FigureCanvasSVG(figure)
    grid = figure.subplots(len(ratios), 1, squeeze=False, height_ratios=ratios)
    return figure, list(grid[:, 0])


def _line(axes: Axes, epochs: Sequence[int], values: Sequence[float], **look: Any) -> None:
    finite = np.where(np.isfinite(values), values, np.nan)
    axes.plot(epochs, finite, marker="o" if len(epochs) <= MAX_MARKERS else None, **look)


def _mark_best(axes: Axes, history: Sequence[Epoch]) -> None:
    best = [epoch.number for epoch in history if epoch.best]
    if best:
        axes.axvline(best[-1], color=INK, linewidth=1, linestyle=(0, (1, 2)), zorder=0.5)


def _epoch_axis(axes: Axes, epochs: Sequence[int]) -> None:
    axes.set_xlim(min(epochs) - 0.4, max(epochs) + 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.grid(visible=False, axis="x")
    axes.set_xlabel("epoch")


def page_svg(figure: Figure, name: str) -> str:
    """Return a drawing as an SVG element without namespaces, sizes, dates or foreign fonts.

    It is named and described by the page's elements ``<name>-title`` and ``<name>-hint``.
    """
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(buffer.getvalue())
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {
            key.rpartition("}")[2]: _for_page(value, key, name)
            for key, value in element.attrib.items()
        }
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("metadata", "style"):
                parent.remove(child)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "class": "plot",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-hint",
        "stroke-linejoin": "round",
    }
    return ET.tostring(root, encoding="unicode")


def _for_page(value: str, key: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    value = re.sub(r"url\(#", f"url(#{name}-", value)
    if key.endswith("href"):
        return re.sub(r"^#", f"#{name}-", value)
    value = re.sub(r"font: ([\d.]+px) [^;]*", r"font: \1 var(--font)", value)
    value = re.sub(r"font-family: [^;]*", "font-family: var(--font)", value)
    return re.sub(r"#00000\d", lambda match: VARIABLES[match.group()], value)
