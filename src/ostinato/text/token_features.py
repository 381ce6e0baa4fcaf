"""Features of a word among its neighbours: what a linear tagger reads, hashed to numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from ostinato.data.ragged import Ragged
from ostinato.text.lexicon import key_of

Sentences = Sequence[Sequence[str]]

AFFIXES = 5  # characters of the longest prefix and suffix of a word
NGRAMS = (3, 4)  # lengths of the n-grams of characters within a word, its ends among them
NEIGHBOURS = 2  # words on either side
MOST_CHARACTERS = 32  # of a word


class _Word(NamedTuple):
    """What is computed once of each distinct word."""

    key: str
    shape: str
    own: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TokenFeatures:
    """The features of train: words, their affixes and shapes, neighbours, pairs with them.

    Args:
        hashes: Hashes of the features, rising, ``(features,)``.

    Example:
        >>> features, values = TokenFeatures.fit([["Anna", "sings"], ["Ben", "sings"]])
        >>> len(values), len(features.encode([["Clara", "sings", "."]]))
        (4, 3)

    Source: after Ratinov and Roth 2009, https://aclanthology.org/W09-1119, and Lafferty et al. 2001.
    """

    hashes: npt.NDArray[np.int64]

    @classmethod
    def fit(cls, sentences: Sentences, *, least: int = 2) -> tuple[TokenFeatures, Ragged]:
        """Learn the features of train; return them, and those of each token of train.

        Args:
            sentences: The tokens of each.
            least: Tokens that must have a feature.
        """
        rows = _hashed(sentences)
        found, counts = np.unique(rows.values, return_counts=True)
        features = cls(found[counts >= least])
        return features, features._known(rows)

    def encode(self, sentences: Sentences) -> Ragged:
        """Return the places of the known features of each token, one sentence after another."""
        return self._known(_hashed(sentences))

    def _known(self, rows: Ragged) -> Ragged:
        place = np.searchsorted(self.hashes, rows.values)
        place = np.minimum(place, max(len(self.hashes) - 1, 0))
        is_known = (
            self.hashes[place] == rows.values
            if len(self.hashes)
            else np.zeros(len(place), dtype=bool)
        )
        before = np.concatenate([[0], np.cumsum(is_known)]).astype(np.int64)
        return Ragged(place[is_known].astype(np.int32), before[rows.offsets])


def short_shape(form: str) -> str:
    """Return how a word is written, each run of like characters as one: X, x, 0, or the mark.

    Example:
        >>> [short_shape(form) for form in ("McDonald", "B-52", "U.S.", "好")]
        ['XxXx', 'X-0', 'X.X.', 'o']
    """
    return "".join(kind for kind, _ in groupby(map(_kind, form)))


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    if not character.isalpha():
        return character
    if character.isupper():
        return "X"
    return "x" if character.islower() else "o"


def _hashed(sentences: Sentences) -> Ragged:
    words: dict[str, _Word] = {}
    for tokens in sentences:
        for token in tokens:
            if token not in words:
                words[token] = _read(token)
    hashes, ends = [], [0]
    for tokens in sentences:
        for found in _of_sentence([words[token] for token in tokens]):
            hashes.extend([crc32(one.encode(errors="surrogatepass")) for one in found])
            ends.append(len(hashes))
    return Ragged(np.array(hashes, np.int64), np.array(ends, np.int64))


def _read(token: str) -> _Word:
    key, shape = key_of(token, lowercase=True)[:MOST_CHARACTERS], short_shape(token)
    ends = f"<{key}>"
    own = [f"W{token}", "P" + "".join(map(_kind, token))]
    for length in range(1, min(len(key), AFFIXES) + 1):
        own += [f"a{key[:length]}", f"z{key[-length:]}"]
    for length in NGRAMS:
        own += [f"n{ends[i : i + length]}" for i in range(len(ends) - length + 1)]
    return _Word(key, shape, tuple(own))


def _of_sentence(words: Sequence[_Word]) -> Iterator[Iterable[str]]:
    before, after = [_Word("<s>", "<s>", ())] * 2, [_Word("</s>", "</s>", ())] * 2
    around = [*before, *words, *after]
    is_upper = all("x" not in word.shape for word in words)
    keys, shapes = [word.key for word in around], [word.shape for word in around]
    for place, word in enumerate(words, NEIGHBOURS):
        a, b, c, d, e = keys[place - 2 : place + 3]
        p, q, r, s, t = shapes[place - 2 : place + 3]
        yield (
            *word.own,
            *(f"0{a}", f"1{b}", f"2{c}", f"3{d}", f"4{e}"),
            *(f"5{p}", f"6{q}", f"7{r}", f"8{s}", f"9{t}"),
            *(f"b{a} {b}", f"c{b} {c}", f"d{c} {d}", f"e{d} {e}", f"f{b} {d}"),
            *(f"g{a} {b} {c}", f"h{b} {c} {d}", f"i{c} {d} {e}"),
            *(f"j{b} {r}", f"k{r} {d}", f"l{b[-3:]}", f"m{d[-3:]}"),
            *(f"q{q} {r}", f"r{r} {s}", f"s{q} {r} {s}", f"t{is_upper}{r}"),
        )
