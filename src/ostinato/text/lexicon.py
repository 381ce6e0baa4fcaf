"""What a tagger knows of words: ids of words, of pairs of them and of characters, and shapes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._config import check_range
from ostinato._errors import CheckpointError, DatasetError
from ostinato._files import read_json, write_json
from ostinato.data.ragged import Ragged
from ostinato.text.vocabulary import UNK

Ids = npt.NDArray[np.int32]
Sentences = Sequence[Sequence[str]]

FILE = "lexicon.json"
SHAPES = ("mark", "number", "with digit", "lower", "UPPER", "Title", "miXed", "no case")
MOST_CHARACTERS = 32  # of a word; of a longer one the head and the tail are read
RARE_CHARACTER = 2  # distinct words of train that a character must stand in
_DIGIT = re.compile(r"\d")
_END = ""  # stands after the last word of a sentence, in a pair


@dataclass(frozen=True, eq=False)
class EncodedWords:
    """Sentences as numbers: each token is one of the distinct forms.

    Args:
        column: Form of each token, a sentence a row.
        pairs: Id of each token with the next one, a sentence a row; none if pairs are not read.
        ids: Id of each form in the vocabulary, ``(forms,)``.
        shapes: Shape of each form, ``(forms,)``.
        characters: Characters of each form, a form a row.
        is_known: Whether each form occurred in train often enough, ``(forms,)``.
    """

    column: Ragged
    pairs: Ragged | None
    ids: Ids
    shapes: Ids
    characters: Ragged
    is_known: npt.NDArray[np.bool_]

    def unknown_rate(self) -> float:
        """Return the share of the tokens that are not in the vocabulary."""
        return float((self.ids[self.column.values] == 0).mean())

    def known(self) -> list[npt.NDArray[np.bool_]]:
        """Return for each sentence which of its tokens are known words."""
        return [self.is_known[row] for row in self.column]


@dataclass(frozen=True, eq=False)
class Lexicon:
    r"""Vocabularies of words, pairs of words and characters; id 0 is the unknown one.

    A word is looked up lower-cased (if so set) with every digit as 0; its shape and its characters
    tell how it was written.

    Args:
        words: The words of train, by falling frequency, then those known from elsewhere.
        num_trained: How many of them are of train, the unknown one among them.
        characters: The characters.
        pairs: Pairs of neighbours, as ``first\0second``; only the unknown one if none are read.
        lowercase: Whether words are lower-cased.

    Example:
        >>> lexicon = Lexicon.fit([["Room", "12"], ["room", "34"]], min_freq=1)
        >>> lexicon.words
        ['<unk>', '00', 'room']
        >>> encoded = lexicon.encode([["ROOM", "!"]])
        >>> encoded.ids, [SHAPES[shape] for shape in encoded.shapes]
        (array([2, 0], dtype=int32), ['UPPER', 'mark'])
    """

    words: list[str]
    num_trained: int
    characters: list[str]
    pairs: list[str]
    lowercase: bool

    @classmethod
    def fit(
        cls, sentences: Sentences, *, min_freq: int = 1, lowercase: bool = True, pairs: bool = False
    ) -> Lexicon:
        """Learn the vocabularies of training sentences.

        Args:
            sentences: The tokens of each.
            min_freq: Words and pairs seen less often are unknown.
            lowercase: Whether to look words up in lower case.
            pairs: Whether to read pairs of neighbours; such as are seen twice are kept.

        Raises:
            ConfigError: ``min_freq`` is below 1.
            DatasetError: There is no sentence.
        """
        check_range("Lexicon", "min_freq", min_freq, low=1)
        if not sentences:
            raise DatasetError("Lexicon: there must be sentences to learn from; got none.")
        forms = Counter(token for sentence in sentences for token in sentence)
        words: Counter[str] = Counter()
        characters: Counter[str] = Counter()
        for form, count in forms.items():
            words[key_of(form, lowercase=lowercase)] += count
            characters.update(set(form))
        found = cls([UNK], 1, _kept(characters, RARE_CHARACTER), [UNK], lowercase)
        counted: Counter[str] = Counter()
        if pairs:
            counted.update(pair for sentence in sentences for pair in found._pairs_of(sentence))
        kept = _kept(words, min_freq)
        return cls(kept, len(kept), found.characters, _kept(counted, 2), lowercase)

    def extended(self, words: Iterable[str]) -> Lexicon:
        """Return a lexicon that knows more words, which train does not have."""
        forms = {word.lower() for word in words} if self.lowercase else set(words)
        more = sorted(forms - set(self.words))
        return Lexicon(
            [*self.words, *more], self.num_trained, self.characters, self.pairs, self.lowercase
        )

    def encode(self, sentences: Sentences) -> EncodedWords:
        """Return sentences as numbers."""
        number: dict[str, int] = {}
        rows = [
            np.fromiter((number.setdefault(t, len(number)) for t in s), np.int32, len(s))
            for s in sentences
        ]
        word_ids = {word: place for place, word in enumerate(self.words)}
        character_ids = {character: place for place, character in enumerate(self.characters)}
        keys = (key_of(form, lowercase=self.lowercase) for form in number)
        ids = np.fromiter((word_ids.get(key, 0) for key in keys), np.int32, len(number))
        shapes = np.fromiter(map(shape_of, number), np.int32, len(number))
        spelt = ([character_ids.get(c, 0) for c in form] or [0] for form in number)
        characters = Ragged.from_rows(spelt).head_and_tail(MOST_CHARACTERS)
        is_known = (ids > 0) & (ids < self.num_trained)
        pairs = self._encode_pairs(sentences) if len(self.pairs) > 1 else None
        return EncodedWords(Ragged.from_rows(rows), pairs, ids, shapes, characters, is_known)

    def save(self, run: Path) -> None:
        """Write ``lexicon.json``."""
        write_json(
            run / FILE,
            {
                "lowercase": self.lowercase,
                "num_trained": self.num_trained,
                "characters": self.characters,
                "pairs": self.pairs,
                "words": self.words,
            },
        )

    @classmethod
    def load(cls, run: Path) -> Lexicon:
        """Read ``lexicon.json``.

        Raises:
            CheckpointError: It is missing, broken or of another kind.
        """
        saved = read_json(run / FILE)
        try:
            found = cls(**saved)
            lists = (found.words, found.characters, found.pairs)
            if not all(isinstance(one, list) and set(map(type, one)) <= {str} for one in lists):
                raise TypeError("words, characters and pairs must be lists of texts")
            if type(found.lowercase) is not bool or type(found.num_trained) is not int:
                raise TypeError("lowercase must be true or false, num_trained a whole number")
            if not 1 <= found.num_trained <= len(found.words):
                raise TypeError(f"num_trained must be from 1 to {len(found.words)}")
        except TypeError as error:
            raise CheckpointError(
                f"{run / FILE}: must be the lexicon of a tagger; {error}. Copy the run folder anew."
            ) from error
        return found

    def _encode_pairs(self, sentences: Sentences) -> Ragged:
        ids = {pair: place for place, pair in enumerate(self.pairs)}
        return Ragged.from_rows([ids.get(p, 0) for p in self._pairs_of(s)] for s in sentences)

    def _pairs_of(self, sentence: Sequence[str]) -> list[str]:
        keys = [key_of(token, lowercase=self.lowercase) for token in sentence]
        return [f"{a}\0{b}" for a, b in zip(keys, [*keys[1:], _END], strict=True)]


def key_of(form: str, *, lowercase: bool) -> str:
    """Return how a word is looked up: digits as 0, lower-cased if so set.

    Example:
        >>> key_of("B-52", lowercase=True)
        'b-00'
    """
    key = form.lower() if lowercase else form
    return key if key.isalpha() else _DIGIT.sub("0", key)


def shape_of(form: str) -> int:
    """Return the place in `SHAPES` of how a word is written.

    Example:
        >>> [SHAPES[shape_of(form)] for form in ("Seoul", "USA", "eBay", "3.5", "B-52", "好", "!")]
        ['Title', 'UPPER', 'miXed', 'number', 'with digit', 'no case', 'mark']
    """
    if not any(map(str.isalnum, form)):
        return SHAPES.index("mark")
    if any(map(str.isdigit, form)):
        return SHAPES.index("with digit" if any(map(str.isalpha, form)) else "number")
    if form == form.lower():
        return SHAPES.index("no case" if form == form.upper() else "lower")
    if form[0].isupper() and form[1:] == form[1:].lower():
        return SHAPES.index("Title")
    return SHAPES.index("UPPER" if form == form.upper() else "miXed")


def _kept(counts: Counter[str], least: int) -> list[str]:
    frequent = sorted((-count, key) for key, count in counts.items() if count >= least)
    return [UNK, *(key for _, key in frequent if key != UNK)]
