"""How long the examples of a split are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from ostinato.report.hover import add_bands
from ostinato.report.plots import ACCENT, COUNT, most_bars, name_y, page_axes, page_style, page_svg

LONG_TAIL = 2  # times the length of all but a hundredth: longer ones share the last bar


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """A histogram of lengths.

    Args:
        svg: The drawing.
        num_beyond: How many examples are longer than its axis and stand in the last bar; 0 if none is.
        longest: Length of the longest, as the axis counts it.
    """

    svg: str
    num_beyond: int
    longest: str


def length_histogram(
    lengths: NDArray[Any],
    example: str,
    *,
    unit: str = "token",
    units_per_second: int | None = None,
) -> Lengths:
    """Draw how many examples have each length.

    Args:
        lengths: Length of each example.
        example: What they are called: ``"text"``, ``"sentence"``.
        unit: What their length is counted in.
        units_per_second: Units of length in a second, if the axis shows seconds.
    """
    shortest, longest = int(lengths.min()), int(lengths.max())
    usual = max(int(np.quantile(lengths, 0.99)), 1)
    end = usual if longest > LONG_TAIL * usual else longest
    width = max(-(-(end - shortest + 1) // most_bars(len(lengths))), 1)
    edges = np.arange(shortest, end + width + 1, width)
    counts, _ = np.histogram(np.minimum(lengths, edges[-1] - 1), edges)

    def written(length: float) -> str:
        return f"{length / units_per_second:.3g}" if units_per_second else f"{length:,.0f}"

    with page_style():
        canvas, (axes,) = page_axes(height=2.4)
        axes.bar(edges[:-1], counts, width=width * 0.9, align="edge", color=ACCENT, linewidth=0)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(COUNT)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda length, _: written(length)))
        units = f"{unit}s in" if units_per_second is None else "seconds of"
        axes.set_xlabel(f"{units} the {example}")
        name_y(axes, f"{example}s")
        add_bands(axes, _bands(edges, counts, longest, written, example))
        return Lengths(
            svg=page_svg(canvas, "lengths"),
            num_beyond=int((lengths >= edges[-1]).sum()),
            longest=written(longest),
        )


def _bands(
    edges: NDArray[Any],
    counts: NDArray[Any],
    longest: int,
    written: Callable[[float], str],
    example: str,
) -> Iterator[tuple[float, float, str]]:
    lasts = [*(edges[1:-1] - 1), longest]
    for start, end, last, count in zip(edges[:-1], edges[1:], lasts, counts, strict=True):
        span = written(start) if start == last else f"{written(start)} to {written(last)}"
        yield start, end, f"{span}: {count:,} {example}{'s' if count != 1 else ''}"
