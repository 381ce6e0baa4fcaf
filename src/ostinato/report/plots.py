"""Plots as SVG text that takes its colours and fonts from the page around it.

Colours are drawn as stand-ins and then replaced by CSS variables, so that one drawing serves light
and dark. No text of a user's enters a drawing: class names and reviews stand in HTML beside it.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
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
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from ostinato.metrics.classification import Calibration, LengthBins
from ostinato.report.hover import add_bands, around, title_bands

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
FEW = 10  # examples, of which luck can make any share
ROOM = 0.025  # of an axis of shares, for the points at its ends
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


def reliability(bins: Calibration) -> str:
    """Draw how often probabilities came true, and how many there are of each; returns SVG."""
    with page_style():
        canvas, (curve, counts) = page_axes(height=4.2, ratios=(4, 1))
        filled = bins.count > 0
        start = _start(bins.edges[:-1][filled], bins.frequency[filled])
        curve.plot([start, 1], [start, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        many, few = bins.count >= FEW, filled & (bins.count < FEW)
        look: dict[str, Any] = {"color": ACCENT, "linewidth": 2, "marker": "o"}
        curve.plot(bins.probability[many], bins.frequency[many], **look)
        curve.plot(
            bins.probability[few], bins.frequency[few], **look, linestyle="", mfc="none", mew=1
        )
        curve.set_ylim(start - ROOM * (1 - start), 1 + ROOM * (1 - start))
        name_y(curve, "share that came true")
        curve.tick_params(labelbottom=False)
        share = bins.count / bins.count.sum()
        counts.bar(
            bins.edges[:-1][filled],
            share[filled],
            width=np.diff(bins.edges)[filled] * 0.9,
            align="edge",
            color=ACCENT,
        )
        counts.yaxis.set_major_locator(MaxNLocator(2))
        name_y(counts, "share of all")
        hollow = f"; hollow: of fewer than {FEW}" * bool(few.any())
        counts.set_xlabel(f"probability given by the model{hollow}")
        for axes in (curve, counts):
            axes.set_xlim(start - ROOM * (1 - start), 1 + ROOM * (1 - start))
            axes.xaxis.set_major_formatter(PERCENT)
            axes.yaxis.set_major_formatter(PERCENT)
            add_bands(axes, _calibration_bands(bins))
        return page_svg(canvas, "calibration")


def _start(*shares: NDArray[Any]) -> float:
    """Return the tenth from which an axis holds all shares."""
    return min(math.floor(10 * float(np.min(one))) / 10 for one in shares)


def _calibration_bands(bins: Calibration) -> Iterator[tuple[float, float, str]]:
    for start, end, count, predicted, true in zip(
        bins.edges[:-1], bins.edges[1:], bins.count, bins.probability, bins.frequency, strict=True
    ):
        if count:
            yield start, end, f"{count:,.0f} at {predicted:.1%} on average: {true:.1%} came true"


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
        name_y(axes, f"{unit}s in the {example}")
        axes.xaxis.set_major_formatter(PERCENT)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel("accuracy")
        low, high = axes.get_xlim()
        axes.set_xlim(max(low, -ROOM), min(high, 1 + ROOM))
        texts = [
            f"{name} {unit}s: {accuracy:.1%} of {count:,} right"
            for name, accuracy, count in zip(names, bins.accuracy, bins.count, strict=True)
        ]
        add_bands(axes, around(rows.tolist(), texts, (-0.5, len(rows) - 0.5)), along="y")
        return page_svg(canvas, "length-accuracy")


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


def most_bars(n: int) -> int:
    """Return how many bars a histogram of ``n`` values may have: few, if values are few."""
    return min(40, max(8, 2 * math.isqrt(n)))


def name_y(axes: Axes, name: str) -> None:
    """Write what the vertical axis counts above it, where nothing can run into it on a phone."""
    axes.set_title(name, loc="left", fontsize="medium", color=MUTED)


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
    title_bands(root)
    for element in root.iter():
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
