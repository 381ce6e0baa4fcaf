"""The symbols that a recogniser writes: transcripts to classes and back."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from ostinato._errors import ConfigError, DatasetError
from ostinato._files import read_json, write_json
from ostinato.data.ragged import Ragged
from ostinato.datasets import Recordings
from ostinato.tasks import saved

logger = logging.getLogger("ostinato")

Unit = Literal["character", "word"]

FIRST_OF_HAN = "\u2e80"  # from here on, scripts that are written without spaces


@dataclass(frozen=True)
class Alphabet:
    """Characters or words, numbered from 1; class 0 is the blank.

    Args:
        symbols: The symbols in the order of their classes.
        unit: What a symbol is.
        keywords: The transcripts of which each recording says one; none if anything may be said.

    Example:
        >>> alphabet = Alphabet((" ", "a", "b"), "character")
        >>> alphabet.encode(["ab a"])[0].tolist(), alphabet.decode([2, 1, 3])
        ([2, 3, 1, 2], 'a b')
    """

    symbols: tuple[str, ...]
    unit: Unit
    keywords: tuple[str, ...] = ()

    @staticmethod
    def fit(
        split: Recordings,
        unit: Unit,
        given: str | None,
        *,
        joins: bool,
        keywords: Sequence[str] = (),
    ) -> Alphabet:
        """Learn the symbols of the training transcripts, or take those that are given.

        Args:
            split: The training split.
            unit: What a symbol is.
            given: The characters, or the words parted by spaces; none for those of the transcripts.
            joins: Whether transcripts will be joined, which takes a space.
            keywords: The transcripts of which each recording says one, if it does.

        Raises:
            ConfigError: A given symbol stands there twice.
            DatasetError: There is no symbol at all, or a transcript has one that was not given.
        """
        transcripts = split.transcripts or []
        if given is None:
            symbols = set().union(*(_cut(text, unit) for text in transcripts))
            if symbols and joins and unit == "character" and _has_spaces(symbols):
                symbols.add(" ")
        else:
            listed = given.split() if unit == "word" else list(given)
            symbols = set(listed)
            if len(symbols) < len(listed):
                twice = next(symbol for symbol, count in Counter(listed).items() if count > 1)
                raise ConfigError(f"alphabet: a symbol must stand there once; got `{twice}` twice.")
            _check_known(split, symbols, unit)
        if not symbols:
            raise DatasetError(
                f"{split.source}: some transcript must have a {unit}; all are empty. "
                "Check the column of the transcripts."
            )
        return Alphabet(tuple(sorted(symbols)), unit, tuple(keywords))

    @property
    def separator(self) -> int | None:
        """Class of the space between words; none if there is no space or a symbol is a word."""
        is_there = self.unit == "character" and " " in self.symbols
        return self.symbols.index(" ") + 1 if is_there else None

    def encode(self, transcripts: Iterable[str]) -> Ragged:
        """Return the classes of each transcript, without symbols that are not in the alphabet."""
        classes = {symbol: number for number, symbol in enumerate(self.symbols, 1)}
        return Ragged.from_rows(
            [
                [classes[symbol] for symbol in _cut(text, self.unit) if symbol in classes]
                for text in transcripts
            ],
            np.int64,
        )

    @cached_property
    def keyword_symbols(self) -> list[tuple[int, ...]]:
        """The classes of each keyword."""
        return [tuple(row.tolist()) for row in self.encode(self.keywords)]

    def unknown_rate(self, transcripts: Iterable[str]) -> float:
        """Return the share of symbols that are not in the alphabet."""
        known = set(self.symbols)
        symbols = [symbol for text in transcripts for symbol in _cut(text, self.unit)]
        return sum(symbol not in known for symbol in symbols) / max(len(symbols), 1)

    def decode(self, classes: Sequence[int]) -> str:
        """Return the text of some classes."""
        symbols = [self.symbols[number - 1] for number in classes]
        return " ".join(
            " ".join(symbols).split() if self.unit == "word" else "".join(symbols).split()
        )

    def save(self, run: Path) -> None:
        """Write ``labels.json``."""
        content = {"classes": list(self.symbols), "unit": self.unit}
        write_json(run / "labels.json", {**content, "keywords": list(self.keywords)})

    @staticmethod
    def load(run: Path) -> Alphabet:
        """Read ``labels.json``.

        Raises:
            CheckpointError: It is missing, broken or of another kind.
        """
        path = run / "labels.json"
        content = read_json(path)
        keywords = saved.texts({"keywords": [], **content}, "keywords", path)  # none in runs of 0.1
        unit = saved.one_of(content, "unit", path, ("character", "word"))
        return Alphabet(saved.texts(content, "classes", path), unit, keywords)


def _cut(text: str, unit: Unit) -> list[str]:
    return text.split() if unit == "word" else list(" ".join(text.split()))


def _has_spaces(symbols: set[str]) -> bool:
    return " " in symbols or all(symbol < FIRST_OF_HAN for symbol in symbols)


def _check_known(split: Recordings, symbols: set[str], unit: Unit) -> None:
    for name, text in zip(split.names, split.transcripts or (), strict=True):
        strange = [symbol for symbol in _cut(text, unit) if symbol not in symbols]
        if strange:
            raise DatasetError(
                f"{split.source}: {name}: a transcript must have symbols of the alphabet only; got "
                f"`{strange[0]}` in `{text[:60]}`. Add it to the alphabet, or mend the transcript."
            )
