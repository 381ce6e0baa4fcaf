"""What readers take at most, so that a small file cannot fill a machine; each limit can be raised.

A limit is raised by the environment variable of its name, as in ``OSTINATO_MAX_COLUMNS=200000``.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from ostinato._errors import ConfigError


class Limit(NamedTuple):
    """One limit.

    Args:
        default: The number in force if the variable is not set.
        what: What it is a number of.
    """

    default: int
    what: str


BOMB_TIMES, BOMB_SHARE = 200, 8
"""Texts shrink to a third or a tenth: what grows so many times has but such a share of the limit."""

LIMITS: dict[str, Limit] = {
    "OSTINATO_MAX_UNPACKED_MB": Limit(
        2048,
        "megabytes that a compressed file may unpack to, an eighth of them if over 200 times its own",
    ),
    "OSTINATO_MAX_COLUMNS": Limit(65_536, "columns of a table"),
    "OSTINATO_MAX_ROWS": Limit(1 << 24, "rows of a Parquet file that has fewer bytes than rows"),
    "OSTINATO_MAX_TEXT_MB": Limit(64, "megabytes of one text, as UTF-8"),
}


def limit(variable: str) -> int:
    """Return a limit: that of the environment, else its default.

    Args:
        variable: Name of one of `LIMITS`.

    Raises:
        ConfigError: The variable is no whole number above 0.

    Example:
        >>> limit("OSTINATO_MAX_COLUMNS")
        65536
    """
    given = os.environ.get(variable, "").strip()
    if not given:
        return LIMITS[variable].default
    if given.isascii() and given.isdecimal() and len(given) < 19 and int(given):
        return int(given)
    raise ConfigError(
        f"{variable}: must be a whole number of at least 1, the {LIMITS[variable].what}; "
        f"got `{given[:40]}`. Correct it or unset it."
    )
