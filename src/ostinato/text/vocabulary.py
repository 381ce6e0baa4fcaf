"""A vocabulary and the ids of its training texts, learnt in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from ostinato._errors import DatasetError, shown
from ostinato.data.ragged import Ragged
from ostinato.text.splitters import Splitter

UNK = "<unk>"
"""Token of id 0, which stands for every token that is not in the vocabulary."""

_CHUNK = 1000  # texts that are in memory as Python objects at one time


def learn(
    splitter: Splitter, texts: Iterable[str], *, min_freq: int, max_size: int | None
) -> tuple[list[str], Ragged]:
    """Count the tokens of texts and number them: ``<unk>``, then by falling frequency.

    Each text is cut once: its tokens get numbers in the order of first sight, which are replaced by
    the final ids when all are counted.

    Args:
        splitter: Cuts the texts.
        texts: Training texts; they are read once, some at a time.
        min_freq: Keep tokens that occur this often.
        max_size: Most entries of the vocabulary, ``<unk>`` among them.

    Returns:
        The vocabulary, and the texts as a column of its ids.

    Raises:
        DatasetError: There is no text, one is not a string, or no token is frequent enough.

    Example:
        >>> from ostinato.text.splitters import WordSplitter
        >>> vocabulary, column = learn(
        ...     WordSplitter(lowercase=True), ["b a b", ""], min_freq=1, max_size=None
        ... )
        >>> vocabulary, list(column)
        (['<unk>', 'b', 'a'], [array([1, 2, 1], dtype=int32), array([0], dtype=int32)])
    """
    seen: defaultdict[str, int] = defaultdict()
    seen.default_factory = seen.__len__
    number = seen.__getitem__
    number(UNK)
    cut = splitter.words
    rows = []
    for chunk in text_chunks(texts):
        for text in chunk:
            words = cut(text) or (UNK,)
            rows.append(np.fromiter(map(number, words), np.int32, len(words)))
    if not rows:
        raise DatasetError("Tokenizer: there must be texts to learn from; got none.")
    column = Ragged.from_rows(rows)
    counts = np.bincount(column.values, minlength=len(seen)).tolist()
    frequent = [(-counts[i], word) for word, i in seen.items() if i and counts[i] >= min_freq]
    if not frequent:
        raise DatasetError(
            f"Tokenizer: some token must occur min_freq = {min_freq} times; none of the "
            f"{len(seen) - 1} different tokens of {len(rows)} texts does. Lower min_freq."
        )
    kept = sorted(frequent)[: None if max_size is None else max_size - 1]
    vocabulary = [UNK, *(word for _, word in kept)]
    final = np.zeros(len(seen), np.int32)
    final[[seen[word] for word in vocabulary]] = np.arange(len(vocabulary))
    return vocabulary, Ragged(final[column.values], column.offsets)


def text_chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    """Give texts in lists of some, checked to be strings.

    Args:
        texts: Texts.

    Raises:
        DatasetError: One is not a string, or there is one string where many are expected.
    """
    if isinstance(texts, str):
        raise DatasetError(
            f"Tokenizer: texts must be a list of strings; got the string {shown(texts, 20)}. "
            "Put it in a list."
        )
    remaining, done = iter(texts), 0
    while chunk := list(islice(remaining, _CHUNK)):
        for place, text in enumerate(chunk):
            if not isinstance(text, str):
                raise DatasetError(
                    f"Tokenizer: every text must be a string; got {shown(text)} of type "
                    f"{type(text).__name__} at position {done + place}. Fill it or leave it out."
                )
        yield chunk
        done += len(chunk)
