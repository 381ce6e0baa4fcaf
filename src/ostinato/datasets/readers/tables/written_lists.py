"""Lists that stand in a cell of a table of text, as JSON or as Python prints them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

_NO_COMMA = re.compile(r"""['"]\\?\s+['"]""")


def list_in(text: str) -> list[Any] | None:
    """Return the list, tuple or set that a text is; None if it is none.

    Args:
        text: The text, without blanks around it.

    Example:
        >>> list_in('["a", "b"]'), list_in("['a', 1]"), list_in("['a' 'b']"), list_in("[a]")
        (['a', 'b'], ['a', 1], None, None)
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if _NO_COMMA.search(text):  # Python would join them
            return None
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    if isinstance(value, set):
        return sorted(value, key=str)
    return list(value) if isinstance(value, (list, tuple)) else None
