"""N-grams of words, and of characters within words, weighted by TF-IDF: what a linear model reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize

Tokens: TypeAlias = Sequence[str]
Grams: TypeAlias = Callable[[Tokens], Iterable[str]]
Matrix: TypeAlias = Any
"""A sparse matrix of scipy, a row a text, which has no types."""

HASHES = 2**22  # cells that n-grams are hashed to: few collide, and no vocabulary is kept
CHARACTERS = (3, 5)  # lengths of the n-grams of characters, the word's ends among them
CHARACTER_WEIGHT = 0.5  # of the block of characters beside the block of words


def word_grams(longest: int) -> Grams:
    """Return a function from the tokens of a text to its n-grams of up to ``longest`` tokens.

    Example:
        >>> list(word_grams(2)(["not", "a", "bad", "film"]))[-3:]
        ['not a', 'a bad', 'bad film']
    """

    def grams(tokens: Tokens) -> Iterator[str]:
        yield from tokens
        for length in range(2, longest + 1):
            yield from map(" ".join, zip(*(tokens[k:] for k in range(length)), strict=False))

    return grams


def character_grams(shortest: int, longest: int) -> Grams:
    """Return a function from the tokens of a text to the n-grams of characters within them.

    Example:
        >>> list(character_grams(3, 4)(["bad"]))
        ['<ba', 'bad', 'ad>', '<bad', 'bad>']
    """
    known: dict[str, list[str]] = {}

    def grams(tokens: Tokens) -> Iterator[str]:
        for token in tokens:
            if token not in known:
                word = f"<{token}>"
                known[token] = [
                    word[place : place + length]
                    for length in range(shortest, longest + 1)
                    for place in range(len(word) - length + 1)
                ]
            yield from known[token]

    return grams


@dataclass(frozen=True)
class TfidfBlock:
    """One kind of n-grams: the hashes that train has, and how rare each is.

    A text's value of an n-gram is ``(1 + ln count) * (1 + ln((1 + texts) / (1 + texts with it)))``,
    the values of a text scaled to a length of 1; those that train lacks count nothing.

    Args:
        columns: Hashes of the n-grams of train, rising, ``(features,)``.
        idf: Their weights, ``(features,)``.

    Source: scikit-learn's ``TfidfTransformer(sublinear_tf=True)``.
    """

    columns: npt.NDArray[np.int64]
    idf: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, counts: Matrix, *, min_texts: int = 1) -> TfidfBlock:
        """Learn hashes and weights from the counts of train.

        Args:
            counts: N-grams of each text, ``(texts, HASHES)``.
            min_texts: Texts that an n-gram must be in.
        """
        texts = np.bincount(counts.indices, minlength=counts.shape[1])
        columns = np.flatnonzero(texts >= min_texts)
        idf = 1 + np.log((1 + counts.shape[0]) / (1 + texts[columns]))
        return cls(columns, idf.astype(np.float32))

    def transform(self, counts: Matrix) -> Matrix:
        """Return the values of some texts, ``(texts, features)``, from their counts."""
        place = np.searchsorted(self.columns, counts.indices)
        place = np.minimum(place, max(len(self.columns) - 1, 0))
        is_known = self.columns[place] == counts.indices if len(self.columns) else place < 0
        before = np.concatenate([[0], np.cumsum(is_known)])
        values = (1 + np.log(counts.data[is_known])) * self.idf[place[is_known]]
        rows = (values.astype(np.float32), place[is_known], before[counts.indptr])
        return normalize(sparse.csr_matrix(rows, shape=(counts.shape[0], len(self.columns))))


@dataclass(frozen=True)
class TfidfNgrams:
    """Word n-grams of texts and, where they were learnt, character n-grams within words.

    Args:
        longest: Tokens of the longest word n-gram.
        words: The block of words.
        characters: The block of characters; none to leave it out.

    Example:
        >>> texts = [["a", "good", "film"], ["a", "bad", "film"]]
        >>> ngrams, values = TfidfNgrams.fit(texts, longest=2, characters=False)
        >>> values.shape
        (2, 8)
    """

    longest: int
    words: TfidfBlock
    characters: TfidfBlock | None

    @classmethod
    def fit(
        cls, texts: Iterable[Tokens], *, longest: int, characters: bool, min_texts: int = 1
    ) -> tuple[TfidfNgrams, Matrix]:
        """Learn the n-grams of train; return them and the values of train.

        Args:
            texts: Tokens of each text.
            longest: Tokens of the longest word n-gram.
            characters: Whether to take n-grams of characters too.
            min_texts: Texts that an n-gram must be in.
        """
        texts = list(texts)
        counts = _counts(word_grams(longest), texts)
        words = TfidfBlock.fit(counts, min_texts=min_texts)
        values = words.transform(counts)
        if not characters:
            return cls(longest, words, None), values
        counts = _counts(character_grams(*CHARACTERS), texts)
        block = TfidfBlock.fit(counts, min_texts=min_texts)
        return cls(longest, words, block), _joined(values, block.transform(counts))

    def transform(self, texts: Iterable[Tokens]) -> Matrix:
        """Return the values of some texts, ``(texts, features)``."""
        texts = list(texts)
        if not texts:
            blocks = (self.words, self.characters)
            features = sum(len(block.columns) for block in blocks if block)
            return sparse.csr_matrix((0, features), dtype=np.float32)
        values = self.words.transform(_counts(word_grams(self.longest), texts))
        if self.characters is None:
            return values
        counts = _counts(character_grams(*CHARACTERS), texts)
        return _joined(values, self.characters.transform(counts))


def _counts(grams: Grams, texts: Sequence[Tokens]) -> Matrix:
    hashing = HashingVectorizer(
        analyzer=grams, n_features=HASHES, alternate_sign=False, norm=None, dtype=np.float32
    )
    counts = hashing.transform(texts)
    counts.sort_indices()
    return counts


def _joined(words: Matrix, characters: Matrix) -> Matrix:
    return sparse.hstack([words, CHARACTER_WEIGHT * characters], format="csr")
