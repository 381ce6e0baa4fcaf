"""Tagged sentences as the readers hand them on: tokens, a tag each, and their fingerprint."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ostinato._arrays import rows_of, tell_order
from ostinato._errors import DatasetError, shown
from ostinato.datasets.records import schemes
from ostinato.datasets.records.schemes import Scheme
from ostinato.datasets.records.tag_forms import PLAIN, Form, Reading, read

logger = logging.getLogger("ostinato")

Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Tagged:
    """Sentences and their tags, as one split (train, validation or test) of a data set.

    Args:
        sentences: The tokens of each sentence.
        tags: A tag for each token, or none at all.
        source: Path or name they come from, for messages and records.
        fingerprint: SHA-256 (hex) of tokens and tags.
        scheme: Scheme of the tags; none if they are not of spans, as parts of speech are not.
        form: How tags of spans were written, where it is not as here: letter, hyphen and type.

    Example:
        >>> tagged = Tagged.make([["Angela", "sings"]], [["B-PER", "O"]], "a list")
        >>> tagged.scheme, tagged.texts
        ('IOB2', ['Angela sings'])
    """

    sentences: list[list[str]]
    tags: list[list[str]] | None
    source: str
    fingerprint: str
    scheme: Scheme | None
    form: Form = PLAIN

    @staticmethod
    def make(
        sentences: Sentences,
        tags: Sentences | None,
        source: str,
        *,
        lines: Sequence[Sequence[int]] | None = None,
    ) -> Tagged:
        """Check sentences and tags, find form and scheme, say which tags break them.

        Sentences without a token are left out, and tags of spans that are written in another form are
        read, which is logged.

        Args:
            sentences: The tokens of each sentence, in whatever holds a column of lists.
            tags: As many tags, or none.
            source: Path or name for messages.
            lines: Lines of the file in which the tokens of each sentence stand, for messages; a
                single one if they stand in one.

        Raises:
            DatasetError: There is no sentence, a token or tag is no string of valid Unicode, their
                counts differ, or a few tags stand for no span among others that do.

        Example:
            >>> Tagged.make([["a", "b"]], [["X"]], "a list")
            Traceback (most recent call last):
            ...
            ostinato._errors.DatasetError: a list: sentence 1 must have as many tags as tokens; got ...
        """
        places = _Places(source, lines)
        rows = enumerate(rows_of(sentences, source, "sentence"))
        tokens = [_strings(row, places, number, "token") for number, row in rows]
        labels = None
        if tags is not None:
            tell_order(sentences, tags, source)
            rows = enumerate(rows_of(tags, source, "tag"))
            labels = [_strings(row, places, number, "tag") for number, row in rows]
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
        scheme, form = None, PLAIN
        if labels is not None:
            labels, scheme, form = _read_tags(labels, places)
            if scheme is not None:
                _tell_faults(labels, scheme, places)
            labels = [labels[number] for number in kept]
        tokens = [tokens[number] for number in kept]
        return Tagged(tokens, labels, source, _fingerprint(tokens, labels), scheme, form)

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
        """Return some of the sentences as a split of their own."""
        tokens = [self.sentences[row] for row in rows]
        tags = None if self.tags is None else [self.tags[row] for row in rows]
        fingerprint = _fingerprint(tokens, tags)
        return Tagged(tokens, tags, self.source, fingerprint, self.scheme, self.form)


@dataclass(frozen=True)
class _Places:
    """How a message names a sentence or a token."""

    source: str
    lines: Sequence[Sequence[int]] | None

    def sentence(self, number: int) -> str:
        if self.lines is None:
            return f"sentence {number + 1}"
        return f"the sentence of line {self.lines[number][0]}"

    def token(self, number: int, position: int) -> str:
        if self.lines is None:
            return f"sentence {number + 1}, token {position + 1}"
        lines = self.lines[number]
        if position < len(lines):
            return f"line {lines[position]}"
        return f"line {lines[0]}, token {position + 1}"


def _strings(row: Sequence[str], places: _Places, number: int, what: str) -> list[str]:
    if isinstance(row, str | bytes) or not hasattr(row, "__iter__"):
        raise DatasetError(
            f"{places.source}: {places.sentence(number)} must be a list of {what}s; got {shown(row)}. "
            "Split it, or put it in a list."
        )
    values = rows_of(row, f"{places.source}: {places.sentence(number)}", what)
    strings = [str.__str__(value) if isinstance(value, str) else value for value in values]
    for position, value in enumerate(strings):
        if not isinstance(value, str):
            raise DatasetError(
                f"{places.source}: {places.token(number, position)}: a {what} must be a string; "
                f"got {type(value).__name__} {shown(value)}. "
                f"{'Give the name of the tag.' if what == 'tag' else 'Turn it into a string.'}"
            )
    if what == "tag":
        strings = [value.strip() for value in strings]
        if "" in strings:
            raise DatasetError(
                f"{places.source}: {places.token(number, strings.index(''))}: tag `` must be O, or a letter and "
                "a type, or the tag of a word; it is empty. Write O for a token outside of spans."
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


def _read_tags(
    tags: list[list[str]], places: _Places
) -> tuple[list[list[str]], Scheme | None, Form]:
    """Return tags as they are read, their scheme and their form; what is doubtful is told."""
    found = read(tags)
    _check_brackets(tags, places)
    if found.strangers:
        _tell_strangers(tags, found, places)
    if found.form is None:
        return tags, None, PLAIN
    scheme = schemes.detect(found.rows)
    if scheme is None:
        return tags, None, PLAIN
    if found.form.order == "bare":
        logger.warning(
            "%s: tags such as `%s` have no B- or I- before the type; tokens of one type in a row are "
            "read as one span. If tags are of words and not of spans, rename `%s`.",
            *(places.source, found.spans, found.form.outside),
        )
    elif (*found.form[:3],) != (*PLAIN[:3],):
        logger.info("%s: tags are written as `%s`.", places.source, found.spans)
    if found.odd:
        place, tag = _first(tags, frozenset(found.odd), places)
        number = next(n for n, row in enumerate(tags) if tag in row)
        meant = found.form.write(found.rows[number][tags[number].index(tag)])
        logger.warning(
            "%s: %s: tag `%s` is read as `%s`, which is how most are written%s.",
            *(places.source, place, tag, meant),
            f"; so are {', '.join(f'`{other}`' for other in found.odd[:5] if other != tag)}"
            if len(found.odd) > 1
            else "",
        )
    _tell_types(found.rows, places)
    return found.rows, scheme, found.form


def _tell_strangers(tags: list[list[str]], found: Reading, places: _Places) -> None:
    """Raise if few tags stand for no span among many that do; tell it if they are many."""
    if found.form is not None:
        place, tag = _first(tags, frozenset(found.strangers), places)
        raise DatasetError(
            f"{places.source}: {place}: tag `{tag[:40]}` must be O, or a letter and a type as in "
            f"`{found.spans}`, since other tags are of spans. Correct it, or rename `{found.spans}` if all "
            "are tags of words."
        )
    place, tag = _first(tags, frozenset([str(found.spans)]), places)
    logger.warning(
        "%s: %s: tag `%s` is written as for a span, but most are not, such as `%s`; all are taken "
        "for tags of words.",
        *(places.source, place, tag, found.strangers[0]),
    )


def _check_brackets(tags: list[list[str]], places: _Places) -> None:
    """Raise DatasetError if spans are written in brackets, as by CoNLL-2005 and CoNLL-2012."""
    found = frozenset(tag for row in tags for tag in row if _BRACKET.fullmatch(tag))
    if found:
        place, tag = _first(tags, found, places)
        raise DatasetError(
            f"{places.source}: {place}: spans must be tags of their tokens, as in `B-PER I-PER O`; got "
            f"the bracket `{tag[:40]}`. Convert the column, or name another one (--column)."
        )


_BRACKET = re.compile(r"\([^()*]+(\([^()*]+)*\*\)*|\*\)+")


def _first(tags: list[list[str]], which: frozenset[str], places: _Places) -> tuple[str, str]:
    """Return place and tag of the first token whose tag is one of some."""
    return next(
        (places.token(number, position), tag)
        for number, row in enumerate(tags)
        for position, tag in enumerate(row)
        if tag in which
    )


def _tell_types(tags: list[list[str]], places: _Places) -> None:
    kinds = {schemes.split_tag(tag)[1] for row in tags for tag in row}
    for a, b in pairwise(sorted(kinds, key=lambda kind: (kind.lower(), kind))):
        if a.lower() == b.lower():
            logger.warning(
                "%s: types `%s` and `%s` differ in case alone, and are two types.",
                *(places.source, a, b),
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
