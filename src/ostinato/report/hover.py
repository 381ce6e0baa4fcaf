"""Values that a drawing shows under the pointer.

A band is an invisible strip over the drawing with its values as the SVG's own ``<title>``, which browsers
show without a script; the page's script shows it at once, and to fingers too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from xml.etree import ElementTree as ET

import numpy as np
from matplotlib.axes import Axes

MARK = "hover:"
"""What the id of a band begins with until `title_bands` has made a title of the rest."""

MAX_BANDS = 400


def add_bands(
    axes: Axes,
    bands: Iterable[tuple[float, float, str]],
    *,
    along: Literal["x", "y"] = "x",
) -> None:
    """Lay bands over a drawing; its limits stay as they are.

    Args:
        axes: What is drawn, with its final limits.
        bands: Where each begins and ends on the axis, and what to say of it.
        along: The axis.
    """
    limits = axes.get_xlim(), axes.get_ylim()
    draw = axes.axvspan if along == "x" else axes.axhspan
    for start, end, text in bands:
        draw(start, end, facecolor="none", linewidth=0).set_gid(MARK + text)
    axes.set(xlim=limits[0], ylim=limits[1])


def around(
    places: Sequence[float], texts: Sequence[str], ends: tuple[float, float]
) -> list[tuple[float, float, str]]:
    """Return a band around each place, up to halfway to the next; none if they are too many.

    Args:
        places: In ascending order.
        texts: What to say of each.
        ends: Where the first begins and the last ends.

    Example:
        >>> around([1, 2], ["one", "two"], (0.5, 2.5))
        [(0.5, 1.5, 'one'), (1.5, 2.5, 'two')]
    """
    if len(places) > MAX_BANDS:
        return []
    middles = (np.array(places[1:]) + np.array(places[:-1])) / 2
    borders = [float(border) for border in (ends[0], *middles, ends[1])]
    return list(zip(borders[:-1], borders[1:], texts, strict=True))


def title_bands(svg: ET.Element) -> None:
    """Turn the ids of bands into titles; ``svg`` is without namespaces."""
    for element in svg.iter("g"):
        if element.get("id", "").startswith(MARK):
            title = ET.Element("title")
            title.text = element.attrib.pop("id")[len(MARK) :]
            element.set("class", "hover")
            element.insert(0, title)
