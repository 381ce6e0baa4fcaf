"""What is kept of long texts: their head and tail, as classifiers read them."""

from __future__ import annotations

import re

EXCERPT = 600
"""Characters of a text that are kept at most; earlier versions kept so many from its beginning."""

GAP = " […] "
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
LONGEST_WORD = 40  # characters; where there are no spaces, such as in Chinese, words are cut


def excerpt(text: str) -> str:
    r"""Return a text, or its head and tail cut between words; breaks of HTML are line ends.

    Example:
        >>> excerpt("A fine film.<br /><br />See it.").splitlines()
        ['A fine film.', 'See it.']
        >>> long = excerpt("first " + "word " * 1000 + "last")
        >>> long[:10], long[-10:], GAP in long, len(long) < EXCERPT
        ('first word', ' word last', True, True)
    """
    text = _broken_into_lines(text)
    if len(text) < EXCERPT:
        return text
    half = (EXCERPT - len(GAP)) // 2
    return _whole_words(text[:half]) + GAP + _whole_words(text[: -half - 1 : -1])[::-1]


def mended(kept: str) -> str:
    r"""Return an excerpt of an earlier version cut at a word, breaks of HTML as line ends.

    Example:
        >>> mended("word " * 119 + "cutof")[-12:], mended("fine<br />film").splitlines()
        (' word word …', ['fine', 'film'])
    """
    text = _broken_into_lines(kept)
    return f"{_whole_words(text)} …" if len(kept) == EXCERPT else text


def _broken_into_lines(text: str) -> str:
    """Return a text in which breaks of HTML, however many in a row, are one line end."""
    return "\n".join(line for line in map(str.strip, _BREAK.split(text)) if line)


def _whole_words(text: str) -> str:
    """Return a text without its last word, of which the end may be missing."""
    found = re.search(r"\s\S*$", text)
    return (
        text[: found.start()].rstrip()
        if found and found.end() - found.start() <= LONGEST_WORD
        else text
    )
