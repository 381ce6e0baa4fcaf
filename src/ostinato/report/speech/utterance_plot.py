"""One recording over time as SVG: waveform, spectrogram, and what the network thought.

It is not drawn by matplotlib, as the symbols in it are a user's: in any script, and hostile maybe.
Colours and fonts are those of the page, by class.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from ostinato.runs.speech import Picture

WIDTH, HEIGHT = 960, 298
LEFT, RIGHT = 84, 952

SHORT_SECONDS, SHORT_WIDTH = 1.5, 480
"""A recording up to so long is drawn so wide: it fits on a phone, and its few steps are not stretched."""

WAVE = (4, 60)
"""Top and bottom of the waveform."""

MEL = (70, 150)
"""Top and bottom of the spectrogram."""

CTC = (178, 268)
"""Top and bottom of the probabilities: 1 and 0."""

SHOWN = 0.1
"""Probability from which a symbol is named."""

DRAWN = 0.01
"""Probability down to which its line is drawn."""

NUM_BANDS = 100
"""Stretches of steps of which the pointer shows the likeliest symbols, at most."""

NAMED = 3  # symbols that it shows
NUM_COLUMNS = 320  # of the spectrogram, at most
NUM_SHADES = 24
MOST_TICKS = 10  # after 0
LETTER = 8.0  # width of a letter in a name, about
WIDE_LETTER = 13.0  # the same in Chinese
MAX_LETTERS = 12  # of a name

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Peak:
    """Where a symbol is likelier than elsewhere.

    Args:
        symbol: Its class.
        step: The step where it is likeliest.
        probability: How likely it is there.
        is_likeliest: Whether no other class is likelier there.
    """

    symbol: int
    step: int
    probability: float
    is_likeliest: bool


def draw(picture: Picture, symbols: Sequence[str], name: str, labelled_by: str) -> str:
    """Draw waveform, spectrogram and probabilities of a recording over one axis; returns SVG.

    Args:
        picture: What there is to see.
        symbols: Those of the classes after the blank.
        name: What ids in the drawing begin with.
        labelled_by: Ids of the elements that name and describe it.
    """
    is_short = picture.seconds <= SHORT_SECONDS
    width = SHORT_WIDTH if is_short else WIDTH
    right = width - (WIDTH - RIGHT)
    root = ET.Element(
        "svg",
        {
            "viewBox": f"0 0 {width} {HEIGHT}",
            "class": "sound short" if is_short else "sound",
            "role": "img",
            "aria-labelledby": labelled_by,
        },
    )
    _axis(root, picture.seconds, right)
    for label, (top, bottom) in (("waveform", WAVE), ("log-mel", MEL)):
        _text(root, label, LEFT - 10, (top + bottom) / 2 + 4, "end")
    for label, y in (("100%", CTC[0]), ("50%", sum(CTC) / 2), ("0%", CTC[1])):
        _text(root, label, LEFT - 10, y + 4, "end")
    if len(picture.waveform):
        ET.SubElement(root, "path", {"class": "wave", "d": _waveform(picture.waveform, right)})
    if len(picture.frames):
        _spectrogram(root, picture.frames, name, right)
    if len(picture.probabilities):
        _probabilities(root, picture.probabilities, symbols, right)
        for band in _bands(picture, symbols, right):
            root.append(band)
    return ET.tostring(root, encoding="unicode")


def peaks(probabilities: Floats) -> list[Peak]:
    """Return the top of each stretch in which a symbol is likelier than 10 %.

    Args:
        probabilities: Those of the classes at each step, the blank first.

    Shape:
        probabilities: ``(steps, classes)``.

    Example:
        >>> peaks(np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [1.0, 0.0]]))
        [Peak(symbol=1, step=1, probability=0.8, is_likeliest=True)]
    """
    found = []
    for symbol in range(1, probabilities.shape[1]):
        for start, end in _stretches(probabilities[:, symbol] > SHOWN):
            inside = probabilities[start:end, symbol]
            step = start + int(inside.argmax())
            found.append(
                Peak(
                    symbol=symbol,
                    step=step,
                    probability=float(inside.max()),
                    is_likeliest=bool(probabilities[step].max() <= inside.max()),
                )
            )
    return found


def named(
    found: Sequence[Peak], symbols: Sequence[str], num_steps: int, right: float = RIGHT
) -> list[Peak]:
    """Return the peaks that have room for a name; the highest of each symbol go first.

    Args:
        found: As of :func:`peaks`.
        symbols: Those of the classes after the blank.
        num_steps: Steps that the axis has.
        right: Where the axis ends.
    """
    highest: dict[int, float] = {}
    for peak in found:
        highest[peak.symbol] = max(highest.get(peak.symbol, 0), peak.probability)
    taken: list[tuple[float, float, float]] = []
    kept = []
    for peak in sorted(found, key=lambda p: (p.probability < highest[p.symbol], -p.probability)):
        half = _width(name_of(symbols[peak.symbol - 1])) / 2
        x, y = _name_x(peak, num_steps, right, half), _y(peak.probability)
        if all(
            abs(x - other_x) >= half + other_half or abs(y - other_y) >= 12
            for other_x, other_y, other_half in taken
        ):
            taken.append((x, y, half))
            kept.append(peak)
    return kept


def name_of(symbol: str) -> str:
    """Return how a symbol is written in the drawing.

    Example:
        >>> name_of("a"), name_of(" "), name_of("incomprehensibilities")
        ('a', '␣', 'incomprehens…')
    """
    if not symbol.strip():
        return "␣"
    return symbol if len(symbol) <= MAX_LETTERS else f"{symbol[:MAX_LETTERS]}…"


def png(shades: NDArray[np.uint8]) -> bytes:
    r"""Return shades of grey as a PNG file.

    Args:
        shades: 0 for black, 255 for white.

    Shape:
        shades: ``(height, width)``.

    Example:
        >>> png(np.zeros((2, 3), np.uint8))[:4]
        b'\x89PNG'

    Source: https://www.w3.org/TR/png-3/.
    """
    height, width = shades.shape
    rows = b"".join(b"\0" + row.tobytes() for row in shades)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def shades_of(frames: Floats) -> NDArray[np.uint8]:
    """Return log-mel frames as shades, louder ones lighter, the lowest band at the bottom.

    Args:
        frames: Log-mel energies.

    Shape:
        frames: ``(frames, bands)``.
        output: ``(bands, columns)``, as many columns as frames, or fewer.
    """
    size = min(len(frames), NUM_COLUMNS)
    edges = np.arange(size) * len(frames) // size
    columns = np.maximum.reduceat(frames, edges, axis=0)
    low, high = np.quantile(columns, 0.3), columns.max()
    share = np.clip((columns - low) / max(high - low, 1e-9), 0, 1)
    shades = np.round(share * NUM_SHADES) * (255 / NUM_SHADES)
    return np.ascontiguousarray(shades.T[::-1]).astype(np.uint8)


def _axis(root: ET.Element, seconds: float, right: float) -> None:
    """Draw the seconds below, and a line at each through all drawings."""
    for tick in _ticks(seconds, MOST_TICKS if right == RIGHT else MOST_TICKS // 2):
        x = _x(tick, seconds, right)
        ET.SubElement(
            root,
            "path",
            {"class": "grid-line", "d": f"M{x:.1f} {WAVE[0]}V{WAVE[1]}M{x:.1f} {CTC[0]}V{CTC[1]}"},
        )
        _text(root, f"{tick:g}{' s' if tick == 0 else ''}", x, HEIGHT - 10, "middle")
    ET.SubElement(root, "path", {"class": "grid-line", "d": f"M{LEFT} {CTC[1]}H{right}"})


def _ticks(seconds: float, most: int) -> list[float]:
    """Return round times from 0 on, at most so many after it."""
    if seconds <= 0:
        return [0.0]
    power = 10.0 ** math.floor(math.log10(seconds / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if seconds / (power * factor) <= most)
    return [round(number * step, 9) for number in range(int(seconds / step + 1e-9) + 1)]


def _waveform(waveform: Floats, right: float) -> str:
    """Return the outline of lowest and highest samples, as loud as there is room for."""
    middle, half = sum(WAVE) / 2, (WAVE[1] - WAVE[0]) / 2
    heights = middle - waveform / max(np.abs(waveform).max(), 1e-9) * half
    heights[:, 0] += 0.4  # so that silence is a line
    heights[:, 1] -= 0.4
    xs = _x(np.arange(len(waveform)) + 0.5, len(waveform), right)
    there = zip(xs, heights[:, 1], strict=True)
    back = zip(xs[::-1], heights[::-1, 0], strict=True)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (*there, *back)) + "Z"


def _spectrogram(root: ET.Element, frames: Floats, name: str, right: float) -> None:
    """Draw frames in the page's ink: an image is the mask of a rectangle."""
    place = {
        "x": str(LEFT),
        "y": str(MEL[0]),
        "width": str(right - LEFT),
        "height": str(MEL[1] - MEL[0]),
    }
    mask = ET.SubElement(root, "mask", {"id": f"{name}-mel"})
    data = base64.b64encode(png(shades_of(frames))).decode("ascii")
    image = {"href": f"data:image/png;base64,{data}", "preserveAspectRatio": "none"}
    ET.SubElement(mask, "image", {**place, **image})
    ET.SubElement(root, "rect", {**place, "class": "mel", "mask": f"url(#{name}-mel)"})


def _probabilities(
    root: ET.Element, probabilities: Floats, symbols: Sequence[str], right: float
) -> None:
    num_steps = len(probabilities)
    blank = _line(probabilities[:, 0], 0, num_steps, right)
    start, end = (f"{_x(step + 0.5, num_steps, right):.1f} {CTC[1]}" for step in (0, num_steps - 1))
    ET.SubElement(root, "path", {"class": "blank", "d": f"M{start}L{blank}L{end}Z"})
    found = peaks(probabilities)
    for symbol in sorted({peak.symbol for peak in found}):
        column = probabilities[:, symbol]
        for start_step, end_step in _stretches(column >= DRAWN):
            inside = [p for p in found if p.symbol == symbol and start_step <= p.step < end_step]
            if inside:
                kind = "likeliest" if any(peak.is_likeliest for peak in inside) else "other"
                first, last = max(start_step - 1, 0), min(end_step + 1, num_steps)
                line = _line(column, first, last, right)
                ET.SubElement(root, "path", {"class": kind, "d": f"M{line}"})
    for peak in sorted(named(found, symbols, num_steps, right), key=lambda peak: peak.step):
        kind = "name" if peak.is_likeliest else "name other-name"
        name = name_of(symbols[peak.symbol - 1])
        x = _name_x(peak, num_steps, right, _width(name) / 2)
        _text(root, name, x, _y(peak.probability) - 5, "middle", kind)


def _bands(picture: Picture, symbols: Sequence[str], right: float) -> Iterator[ET.Element]:
    """Yield strips over the drawing, each with the likeliest symbols where the network is surest of one."""
    names = ["blank", *map(name_of, symbols)]
    num_steps = len(picture.probabilities)
    edges = np.unique(np.linspace(0, num_steps, NUM_BANDS + 1).astype(int))
    for start, end in pairwise(edges.tolist()):
        step = start + int(picture.probabilities[start:end, 1:].max(axis=1, initial=0).argmax())
        shares = picture.probabilities[step]
        likeliest = [n for n in np.argsort(-shares, kind="stable")[:NAMED] if shares[n] >= DRAWN]
        said = ", ".join(f"{names[n]} {shares[n]:.0%}" for n in likeliest)
        band = ET.Element("g", {"class": "hover"})
        title = ET.SubElement(band, "title")
        title.text = f"{(step + 0.5) / num_steps * picture.seconds:.2f} s: {said}"
        first, last = (_x(edge, num_steps, right) for edge in (start, end))
        corners = f"M{first:.1f} {WAVE[0]}H{last:.1f}V{CTC[1]}H{first:.1f}Z"
        ET.SubElement(band, "path", {"d": corners})
        yield band


def _line(column: Floats, start: int, end: int, right: float) -> str:
    """Return the points of a line, without those inside level stretches."""
    heights = np.round(_y(column[start:end]), 1)
    is_bend = np.ones(len(heights), dtype=np.bool_)
    is_bend[1:-1] = (heights[1:-1] != heights[:-2]) | (heights[1:-1] != heights[2:])
    xs = _x(np.arange(start, end) + 0.5, len(column), right)
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs[is_bend], heights[is_bend], strict=True))


def _stretches(is_inside: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_inside, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _x(place: float | Floats, whole: float, right: float) -> Any:
    return LEFT + place / max(whole, 1e-9) * (right - LEFT)


def _name_x(peak: Peak, num_steps: int, right: float, half: float) -> float:
    """Return the middle of a name, which ends inside the drawing."""
    return min(float(_x(peak.step + 0.5, num_steps, right)), right + (WIDTH - RIGHT) - half)


def _y(probability: float | Floats) -> Any:
    return CTC[1] - probability * (CTC[1] - CTC[0])


def _width(text: str) -> float:
    return sum(LETTER if letter < "\u2e80" else WIDE_LETTER for letter in text)


def _text(
    root: ET.Element, text: str, x: float, y: float, anchor: str, kind: str | None = None
) -> None:
    look = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    element = ET.SubElement(root, "text", {**look, **({"class": kind} if kind else {})})
    element.text = text
