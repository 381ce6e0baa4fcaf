"""Tags of spans as people write them, read as letter, hyphen and type, and written back.

==========  ======================  ================================================
order       a person of two tokens  what else is read
==========  ======================  ================================================
``prefix``  B-PER I-PER             b-per, B_PER, B:PER, B.PER
``suffix``  PER-B PER-I             per-b, PER_B
``bare``    PER PER                 nothing: types alone, as Stanford's tagger has them
==========  ======================  ================================================

Outside of spans is ``O``; ``o``, ``0``, ``-``, ``_``, ``none``, ``nan`` and ``[PAD]`` are read as it. A
few tags of the other order are read as well, if their type is known or their letter a capital.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from ostinato.datasets.records.schemes import LETTERS, OUTSIDE, SCHEMES, split_tag

Order = Literal["prefix", "suffix", "bare"]
Rows = Sequence[Sequence[str]]


class Form(NamedTuple):
    """How a data set writes its tags.

    Args:
        order: Where the letter stands.
        separator: What stands between letter and type.
        lower: Whether the letter is a small one.
        outside: The tag of a token outside of every span.
    """

    order: Order = "prefix"
    separator: str = "-"
    lower: bool = False
    outside: str = OUTSIDE

    def write(self, tag: str) -> str:
        """Write a tag of letter, hyphen and type in this form.

        Example:
            >>> Form("suffix", "_").write("B-PER"), Form(outside="0").write("O")
            ('PER_B', '0')
        """
        letter, kind = split_tag(tag)
        if letter == OUTSIDE and not kind:
            return self.outside
        letter = letter.lower() if self.lower else letter
        if self.order == "bare":
            return kind
        parts = (letter, kind) if self.order == "prefix" else (kind, letter)
        return self.separator.join(parts) if kind else letter


PLAIN = Form()
"""A letter, a hyphen and a type, and ``O``: the form that is read into."""


class Reading(NamedTuple):
    """Tags as they are read.

    Args:
        rows: The tags of each sentence: a letter, a hyphen and a type, or ``O``, if they are of spans.
        form: How they are written; none if they are not of spans.
        spans: The commonest tag that stands for a span, as it is written; none if none does.
        strangers: Tags that stand for none among others that do, the commonest first; if there is a form,
            they cannot be right.
        odd: Tags that are written in another form than most, the commonest first.
    """

    rows: list[list[str]]
    form: Form | None
    spans: str | None
    strangers: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


def read(rows: Rows) -> Reading:
    """Find the form of tags, and read them.

    Example:
        >>> found = read([["b_per", "i_per", "0"]])
        >>> found.rows, found.form
        ([['B-per', 'I-per', 'O']], Form(order='prefix', separator='_', lower=True, outside='0'))
        >>> read([["NOUN", "VERB"]]).form is None
        True
        >>> read([["B-PER", "I-PER", "O", "Q-PER"]]).strangers
        ('Q-PER',)
    """
    counts = Counter(tag for row in rows for tag in row)
    plain = [list(row) for row in rows]
    if all(tag == OUTSIDE or _is_plain(tag) for tag in counts):
        common = _commonest(counts, lambda tag: tag != OUTSIDE)
        return Reading(plain, PLAIN if counts else None, common)
    if _is_bare(counts):
        form = Form("bare", outside=_commonest(counts, _is_outside) or OUTSIDE)
        tags = {tag: OUTSIDE if _is_nothing(tag) else f"I-{tag}" for tag in counts}
        return _reading(plain, counts, tags, form)
    order = _order(counts)
    tags = _readings(counts, order)
    strangers = tuple(tag for tag, _ in counts.most_common() if tag not in tags)
    evidence = {tag: counts[tag] for tag in tags if tags[tag] != OUTSIDE}
    if not _are_tags_of_spans(evidence, tags, order):
        return Reading(plain, None, None)
    if strangers:
        if all(len(tag) == 1 and tag.islower() for tag in evidence):
            return Reading(plain, None, None)
        few = sum(counts[tag] for tag in strangers) < sum(evidence.values())
        are_sure = not {"O", "0"}.isdisjoint(counts) and any(len(tag) > 1 for tag in evidence)
        common = _commonest(counts, evidence.__contains__)
        return Reading(plain, PLAIN if few or are_sure else None, common, strangers)
    return _reading(plain, counts, tags, _form(counts, tags, order))


def of_spans(tag: str, form: Form = PLAIN) -> str | None:
    """Return a tag that is known to be of spans as it is read; None if it stands for none.

    Args:
        tag: The tag of a split whose other tags may tell nothing, as where all are outside of spans.
        form: How such tags are written.

    Example:
        >>> of_spans("B-PER"), of_spans("0"), of_spans("NN"), of_spans("PER", Form("bare"))
        ('B-PER', 'O', None, 'I-PER')
    """
    if _is_plain(tag):
        return tag
    if form.order == "bare":
        return OUTSIDE if _is_nothing(tag) else f"I-{tag}"
    return _read(tag, form.order)


_SIGNS = "-_:.|/\u2010\u2011\u2013\u2014\u2212"
_PREFIX = re.compile(rf"([{LETTERS}{LETTERS.lower()}])([{_SIGNS}])(.+)", re.DOTALL)
_SUFFIX = re.compile(rf"(.+)([{_SIGNS}])([{LETTERS}{LETTERS.lower()}])", re.DOTALL)
_NOTHING = frozenset(
    (
        *("o", "0", "-", "_", "\u043e", "\u03bf", "\uff4f"),
        *("none", "null", "nil", "nan", "<na>", "outside"),
    )
)
_FILLING = frozenset(("[pad]", "<pad>", "pad", "[cls]", "[sep]", "<s>", "</s>"))
_WORDS = frozenset(
    ("NOUN", "VERB", "ADJ", "ADV", "PRON", "DET", "ADP", "NN", "VB", "JJ", "DT", "IN", "PRP")
)  # parts of speech, which `O` may stand among
_NAME = re.compile(r"[\w .&-]+")
_LEAST_LETTERS = 2  # of a type that stands alone


@lru_cache(maxsize=1 << 14)
def _parts(tag: str, order: Order) -> tuple[str, str, str] | None:
    """Return letter, separator and type of a tag; none if it has none."""
    if len(tag) == 1 and tag.upper() in LETTERS:
        return tag, "", ""
    found = (_PREFIX if order == "prefix" else _SUFFIX).fullmatch(tag)
    if found is None:
        return None
    letter, kind = (found[1], found[3]) if order == "prefix" else (found[3], found[1])
    return letter, found[2], kind


def _readings(counts: Mapping[str, int], order: Order) -> dict[str, str]:
    """Return the tags that are read: those of one order, and of the other one what is meant without doubt."""
    tags = {tag: read for tag in counts if (read := _read(tag, order)) is not None}
    kinds = {split_tag(read)[1].casefold() for read in tags.values()}
    for tag in counts.keys() - tags.keys():
        parts = _parts(tag, "prefix" if order == "suffix" else "suffix")
        if parts is not None and (parts[0].isupper() or parts[2].casefold() in kinds):
            tags[tag] = _joined(parts)
    return tags


def _read(tag: str, order: Order) -> str | None:
    """Return a tag of one order as letter, hyphen and type, or as ``O``; none if it is neither."""
    if _is_nothing(tag):
        return OUTSIDE
    if _has_no_type(tag):
        return tag[:-1]
    parts = _parts(tag, order)
    return None if parts is None else _joined(parts)


def _joined(parts: tuple[str, str, str]) -> str:
    letter, _, kind = parts
    return f"{letter.upper()}-{kind}" if kind else letter.upper()


def _has_no_type(tag: str) -> bool:
    """Tell whether a tag is a letter and a hyphen, without a type after it."""
    return len(tag) == 2 and tag[0] in LETTERS and tag[1] == "-"


def _is_plain(tag: str) -> bool:
    """Tell whether a tag is written as here; a letter alone is, too."""
    letter, kind = split_tag(tag)
    return (
        len(letter) == 1 and letter in LETTERS and tag == (f"{letter}-{kind}" if kind else letter)
    )


def _is_outside(tag: str) -> bool:
    return tag.lower() in _NOTHING


def _is_nothing(tag: str) -> bool:
    """Tell whether a tag is of a token outside of every span, or of one that fills a row up."""
    return _is_outside(tag) or tag.lower() in _FILLING


def _is_bare(counts: Mapping[str, int]) -> bool:
    """Tell whether tags are types alone: an ``O``, 0 or none, and names of which none is a part of speech."""
    types = [tag for tag in counts if not _is_nothing(tag)]
    return (
        bool(types)
        and any(_is_outside(tag) and tag not in _SIGNS for tag in counts)
        and not any(tag in _WORDS or len(tag) < _LEAST_LETTERS for tag in types)
        and all(tag[0].isalpha() and _NAME.fullmatch(tag) for tag in types)
        and not any(
            _has_no_type(tag) or _parts(tag, "prefix") or _parts(tag, "suffix") for tag in types
        )
    )


def _order(counts: Mapping[str, int]) -> Order:
    """Return the order that more tokens are written in."""
    orders: tuple[Order, ...] = ("prefix", "suffix")
    prefix, suffix = (
        sum(count for tag, count in counts.items() if len(tag) > 1 and _parts(tag, order))
        for order in orders
    )
    return "suffix" if suffix > prefix else "prefix"


def _are_tags_of_spans(evidence: Mapping[str, int], tags: Mapping[str, str], order: Order) -> bool:
    """Tell whether tags that may stand for spans are likely to: they begin some, or some are outside.

    Letters without a type stand for spans only if they are those of one scheme, a B among them:
    the parts of speech of some languages are single letters, too.
    """
    letters = {split_tag(tags[tag])[0] for tag in evidence}
    if all(len(tag) == 1 for tag in evidence):
        return "B" in letters and any(letters <= {*scheme} for scheme in SCHEMES.values())
    has_outside = any(tag.lower() in ("o", "0") for tag in tags)
    return has_outside or ("B" in letters and (order == "prefix" or len(letters) > 1))


def _form(counts: Counter[str], tags: Mapping[str, str], order: Order) -> Form:
    separators, lower = Counter[str](), Counter[bool]()
    for tag, count in counts.items():
        parts = _parts(tag, order)
        if tags[tag] != OUTSIDE and parts is not None:
            separators[parts[1]] += count if parts[1] else 0
            lower[parts[0].islower()] += count
    separator = separators.most_common(1)[0][0] if separators else ""
    outside = _commonest(counts, _is_outside) or OUTSIDE
    return Form(order, separator or "-", lower[True] > lower[False], outside)


def _reading(
    rows: list[list[str]], counts: Counter[str], tags: Mapping[str, str], form: Form
) -> Reading:
    odd = tuple(tag for tag, _ in counts.most_common() if form.write(tags[tag]) != tag)
    common = _commonest(counts, lambda tag: tags[tag] != OUTSIDE)
    return Reading([[tags[tag] for tag in row] for row in rows], form, common, (), odd)


def _commonest(counts: Counter[str], which: Callable[[str], bool]) -> str | None:
    return next((tag for tag, _ in counts.most_common() if which(tag)), None)
