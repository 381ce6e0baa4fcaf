"""What is shown of a long example: the stretches around some places in it."""

from __future__ import annotations

from collections.abc import Iterable

Window = tuple[int, int]


def windows_around(places: Iterable[int], length: int, margin: int) -> list[Window]:
    """Return start and end of the stretches around some places, those that touch as one.

    Args:
        places: Places in an example, in any order.
        length: How long it is.
        margin: How much is shown before and after each.

    Example:
        >>> windows_around([20, 3, 5], 100, 2)
        [(1, 8), (18, 23)]
    """
    windows: list[Window] = []
    for place in sorted(places):
        start, end = max(place - margin, 0), min(place + margin + 1, length)
        if windows and start <= windows[-1][1]:
            start = windows.pop()[0]
        windows.append((start, end))
    return windows
