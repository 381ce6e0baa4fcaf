"""Strings as Python users hand them over."""

from __future__ import annotations

from typing import Any

from ostinato._errors import DatasetError


def string_of(value: Any, what: str, row: int) -> str:
    """Return a plain string.

    Args:
        value: What a user gave for one.
        what: What it is, for messages.
        row: Its number, from 1.

    Raises:
        DatasetError: It is no string.

    Example:
        >>> string_of("good", "predict: a text", 1)
        'good'
    """
    if not isinstance(value, str):
        raise DatasetError(
            f"{what} must be a string; got {type(value).__name__} in row {row}. "
            "Turn it into a string or leave the row out."
        )
    return value if type(value) is str else str.__str__(value)
