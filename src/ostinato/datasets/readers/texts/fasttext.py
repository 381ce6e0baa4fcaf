"""fastText's lines: a text and its labels, the words that begin with ``__label__``."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from ostinato._errors import DatasetError

logger = logging.getLogger("ostinato")

PREFIX = "__label__"
_LABEL = re.compile(rf"(?<!\S){PREFIX}(\S+)\s*")


def read_fasttext(
    lines: Sequence[str], where: str, *, labelled: bool = True
) -> tuple[list[str], list[str] | list[list[str]] | None]:
    """Return the texts of lines, and the label of each; lists of labels if a line has several.

    Args:
        lines: The lines; blank ones are left out if there must be labels.
        where: File for messages.
        labelled: Whether there must be labels; if not, they are left out.

    Raises:
        DatasetError: A line has no label.

    Example:
        >>> read_fasttext(["__label__pos so good", "__label__neg so bad"], "a.txt")
        (['so good', 'so bad'], ['pos', 'neg'])
    """
    texts, labels = [], []
    for number, line in enumerate(lines, 1):
        if labelled and not line.strip():
            continue
        found = list(dict.fromkeys(_LABEL.findall(line)))
        if labelled and not found:
            raise DatasetError(
                f"{where}: a line must have a label, a word that begins with {PREFIX}; line {number} "
                "has none. Give it one, or leave it out."
            )
        texts.append(_LABEL.sub("", line).strip())
        labels.append(found)
    logger.info(
        "%s: lines of fastText; words that begin with %s are %s.",
        *(where, PREFIX, "labels" if labelled else "labels, and left out"),
    )
    if not labelled:
        return texts, None
    is_single = all(len(found) == 1 for found in labels)
    return texts, [found[0] for found in labels] if is_single else labels
