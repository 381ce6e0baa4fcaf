"""Tagged sentences as the readers hand them on: tokens, a tag each, and their fingerprint."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError
from ostinato.datasets import schemes
from ostinato.datasets.schemes import Scheme

logger = logging.getLogger("ostinato")

Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Tagged:
    """Sentences and their tags, as one part (train, validation or test) of a data set.

    Args:
        sentences: The tokens of each sentence.
        tags: A tag for each token, or none at all.
        source: Path or name they come from, for messages and records.
        fingerprint: SHA-256 (hex) of tokens and tags.
        scheme: Scheme of the tags; none if they are not of spans, as parts of speech are not.

    Example:
        >>> part = Tagged.make([["Angela", "sings"]], [["B-PER", "O"]], "a list")
        >>> part.scheme, part.texts
        ('IOB2', ['Angela sings'])
    """

    sentences: list[list[str]]
    tags: list[list[str]] | None
    source: str
    fingerprint: str
    scheme: Scheme | None

    @staticmethod
    def make(
        sentences: Sentences,
        tags: Sentences | None,
        source: str,
        *,
        lines: Sequence[int] | None = None,
    ) -> Tagged:
        """Check sentences and tags, find the scheme, say which tags break it.

        Sentences without a token are left out, which is logged.

        Args:
            sentences: The tokens of each sentence.
            tags: As many tags, or none.
            source: Path or name for messages.
            lines: Line of the file in which each sentence begins, for messages; its tokens stand
                one a line.

        Raises:
            DatasetError: There is no sentence, a token or tag is no string of valid Unicode, or their
                counts differ.

        Example:
            >>> Tagged.make([["a", "b"]], [["X"]], "a list")
            Traceback (most recent call last):
            ...
            ostinato._errors.DatasetError: a list: sentence 1 must have as many tags as tokens; got 1 tags and 2 tokens. Give each token one tag.
        """
        places = _Places(source, lines)
        tokens = [_strings(row, places, number, "token") for number, row in enumerate(sentences)]
        labels = None
        if tags is not None:
            labels = [_strings(row, places, number, "tag") for number, row in enumerate(tags)]
            _check_counts(tokens, labels, places)
        kept = [number for number, row in enumerate(tokens) if row]
        if not kept:
            raise DatasetError(f"{source}: there must be a sentence with a token; got none.")
        if len(kept) < len(tokens):
            logger.warning(
                "%s: %d of %d sentences have no token and are left out, the first is %s.",
                *(source, len(tokens) - len(kept), len(tokens)),
                places.sentence(next(n for n, row in enumerate(tokens) if not row)),
            )
        scheme = None
        if labels is not None:
            scheme = schemes.detect(labels)
            if scheme is not None:
                _tell_faults(labels, scheme, places)
            labels = [labels[number] for number in kept]
        tokens = [tokens[number] for number in kept]
        return Tagged(tokens, labels, source, _fingerprint(tokens, labels), scheme)

    @cached_property
    def texts(self) -> list[str]:
        """Each sentence as one string, its tokens parted by spaces."""
        return [" ".join(sentence) for sentence in self.sentences]

    @property
    def keys(self) -> list[str]:
        """What tells the sentences from one another: their tokens."""
        return self.texts

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each sentence."""
        return np.array([len(sentence) for sentence in self.sentences], np.int64)

    def take(self, rows: npt.NDArray[np.int64]) -> Tagged:
        """Return some of the sentences as a part of their own."""
        tokens = [self.sentences[row] for row in rows]
        tags = None if self.tags is None else [self.tags[row] for row in rows]
        return Tagged(tokens, tags, self.source, _fingerprint(tokens, tags), self.scheme)


@dataclass(frozen=True)
class _Places:
    """How a message names a sentence or a token."""

    source: str
    lines: Sequence[int] | None

    def sentence(self, number: int) -> str:
        if self.lines is None:
            return f"sentence {number + 1}"
        return f"the sentence of line {self.lines[number]}"

    def token(self, number: int, position: int) -> str:
        if self.lines is None:
            return f"sentence {number + 1}, token {position + 1}"
        return f"line {self.lines[number] + position}"


def _strings(row: Sequence[str], places: _Places, number: int, what: str) -> list[str]:
    if isinstance(row, str) or not hasattr(row, "__iter__"):
        raise DatasetError(
            f"{places.source}: {places.sentence(number)} must be a list of {what}s; got {row!r}. "
            "Split it, or put it in a list."
        )
    strings = [str(value) if isinstance(value, str) else value for value in row]
    for position, value in enumerate(strings):
        if not isinstance(value, str):
            raise DatasetError(
                f"{places.source}: {places.token(number, position)}: a {what} must be a string; "
                f"got {type(value).__name__}. Turn it into a string."
            )
    try:
        "".join(strings).encode()
    except UnicodeEncodeError:
        raise DatasetError(
            f"{places.source}: {places.sentence(number)}: a {what} must be valid Unicode; got half "
            "a surrogate pair. Write the character itself or both halves."
        ) from None
    return strings


def _check_counts(tokens: list[list[str]], tags: list[list[str]], places: _Places) -> None:
    if len(tokens) != len(tags):
        raise DatasetError(
            f"{places.source}: there must be as many lists of tags as sentences; "
            f"got {len(tags)} and {len(tokens)}. Give each sentence its tags."
        )
    for number, (a, b) in enumerate(zip(tokens, tags, strict=True)):
        if len(a) != len(b):
            raise DatasetError(
                f"{places.source}: {places.sentence(number)} must have as many tags as tokens; "
                f"got {len(b)} tags and {len(a)} tokens. Give each token one tag."
            )


def _tell_faults(tags: list[list[str]], scheme: Scheme, places: _Places) -> None:
    count, first = 0, ""
    for number, row in enumerate(tags):
        for fault in schemes.faults(row, scheme):
            if not count:
                place = places.token(number, min(fault.position, len(row) - 1))
                before = f"`{fault.previous}`" if fault.previous else "the beginning"
                first = f"{place}: `{fault.tag}` cannot follow {before}"
                if fault.tag is None:
                    first = f"{place}: `{fault.previous}` cannot end a sentence"
            count += 1
    if count:
        logger.warning(
            "%s: %s in %s; %d such places are read as conlleval reads them.",
            *(places.source, first, scheme, count),
        )


def _fingerprint(tokens: list[list[str]], tags: list[list[str]] | None) -> str:
    digest = hashlib.sha256()
    for rows in (tokens, *([] if tags is None else [tags])):
        for row in rows:
            for value in row:
                data = value.encode()
                digest.update(len(data).to_bytes(4, "little") + data)
            digest.update(b"\xff\xff\xff\xff")
    return digest.hexdigest()
