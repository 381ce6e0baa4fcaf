"""Tagged sentences as JSON: tokens and their tags, or texts and spans of their characters."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError, named, shown
from ostinato.datasets.dataset import Cut
from ostinato.datasets.files import decode, open_binary, read_bytes
from ostinato.datasets.json_files import json_object, json_text
from ostinato.datasets.readers.tables.annotations import Row, inner_rows, plain_rows
from ostinato.datasets.readers.tables.columns import check_column
from ostinato.datasets.readers.tagged.character_spans import read_spans, tag_text, within_words
from ostinato.datasets.records.tagged import Tagged

logger = logging.getLogger("ostinato")

TOKENS, TEXT = "tokens", "text"
TOKEN_NAMES = (TOKENS, "words", "sentence", TEXT)
TAG_NAMES = ("tags", "ner_tags", "labels", "label", "ner", "pos_tags", "upos")
SPAN_NAMES = ("spans", "entities", "label", "labels", "ner", "annotations")


def read_rows(
    path: Path,
    column: str | None = None,
    *,
    cut: Cut | None = None,
    labelled: bool = True,
    token_column: str | None = None,
    encoding: str | None = None,
) -> Tagged:
    r"""Read a file of JSON Lines, or of one JSON array, a sentence a row.

    A row is ``{"tokens": […], "tags": […]}``, or a text and spans of its characters:
    ``{"text": "…", "spans": [{"start": 0, "end": 6, "type": "PER"}]}`` or
    ``{"text": "…", "label": [[0, 6, "PER"]]}``, as spaCy, doccano, Prodigy, Label Studio, CLUENER and
    others write them. Tags of spans are written in IOB2. A token through which the edge of a span goes
    is cut there; white space at the edge of a span is no part of it. Rows that were rejected, ignored
    or skipped are left out, which is logged.

    Args:
        path: The file, plain or compressed.
        column: Name of the tags or spans; None for the one with a usual name.
        cut: Tokeniser of texts with spans, where the file has no tokens.
        labelled: Whether there must be tags. If not, they are read only if ``column`` is given.
        token_column: Name of the tokens or the text; None for the one with a usual name.
        encoding: Encoding of the file, if it is not UTF-8.

    Raises:
        DatasetError: A row is malformed, or a span has no token, lies outside of the text or
            overlaps another; the message names the line.

    Example:
        >>> path = getfixture("tmp_path") / "a.jsonl"
        >>> _ = path.write_text('{"text": "Hi Al!", "spans": [{"start": 3, "end": 5, "type": "PER"}]}')
        >>> tagged = read_rows(path, cut=lambda text: [("Hi", 0, 2), ("Al!", 3, 6)])
        >>> tagged.sentences, tagged.tags
        ([['Hi', 'Al', '!']], [['O', 'B-PER', 'O']])
    """
    rows = plain_rows(
        json_values(path, encoding), str(path), labelled=labelled or column is not None
    )
    name = _name(rows, column, token_column, labelled=labelled)
    sentences: list[list[str]] = []
    tags: list[list[str]] = []
    cut_through: list[tuple[str, str]] = []
    for row in rows:
        values = row.values if name is None or not row.is_bare else {name: [], **row.values}
        if name is not None and name not in values:
            check_column("tag", name, list(values), row.where)
        field = _token_field(values, token_column, row.where)
        if isinstance(values[field], list) and not _has_places(values):
            tokens, labels = _tokens(values, field, name, row.where)
        else:
            tokens, labels = _cut_row(values, field, name, cut, row.where, cut_through)
        sentences.append(tokens)
        tags.append(labels)
    _tell_cuts(cut_through, path)
    return Tagged.make(sentences, None if name is None else tags, str(path))


def _tell_cuts(cut_through: Sequence[tuple[str, str]], path: Path) -> None:
    if cut_through:
        where, mention = cut_through[0]
        logger.warning(
            "%s: %d spans begin or end within a word, the first is %s in %s; words are cut there. If ends "
            "are the places of last characters, add 1.",
            *(path, len(cut_through), shown(mention, 40), where),
        )


def json_values(path: Path, encoding: str | None = None) -> list[tuple[str, Any]]:
    r"""Return place and value of each row of a file of JSON Lines, or of one JSON array.

    Args:
        path: The file, plain or compressed.
        encoding: Encoding of the file, if it is not UTF-8.

    Raises:
        DatasetError: Something is no JSON; the message names the line.

    Example:
        >>> path = getfixture("tmp_path") / "a.json"
        >>> _ = path.write_text('[{"text": "Hi"},\n {"text": "Ho"}]')
        >>> [value["text"] for _, value in json_values(path)]
        ['Hi', 'Ho']
    """
    text = decode(read_bytes(path), str(path), encoding)
    lines = [
        (f"{path}: line {number}", line)
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip()
    ]
    first = _parsed(lines[0][1])
    if first is not None and len(lines) > 1:
        return [(where, _parsed(line) or json_object(line, where)) for where, line in lines]
    whole = first if len(lines) == 1 else _parsed(text)
    if whole is None:  # which raises, with the place
        return [(where, json_object(line, where)) for where, line in lines]
    return inner_rows(whole, str(path)) or [(lines[0][0], whole)]


def _parsed(text: str) -> Any:
    """Return a JSON value, none if it is none; what is wrong is told by another."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def has_tokens(path: Path) -> bool:
    r"""Tell whether the first row of a JSON Lines file has a list of tokens instead of a text.

    Args:
        path: The file, plain or compressed.

    Raises:
        DatasetError: The file cannot be read.

    Example:
        >>> path = getfixture("tmp_path") / "a.jsonl"
        >>> _ = path.write_text('{"tokens": ["Hi", "Al"]}\n')
        >>> has_tokens(path)
        True
    """
    with open_binary(path) as stream:
        first = next((line for line in stream if line.strip()), b"")
    row = _parsed(first.decode("utf-8", "replace"))
    if row is None and first.lstrip()[:1] == b"[":
        rows = json_values(path)
        row = rows[0][1] if rows else None
    row = row[0] if isinstance(row, list) and row else row
    return isinstance(row, dict) and any(isinstance(row.get(name), list) for name in TOKEN_NAMES)


def _name(
    rows: Sequence[Row], column: str | None, token_column: str | None, *, labelled: bool
) -> str | None:
    """Return the name of the tags or spans, which is that of the first row that has them."""
    if column is not None or not labelled or not rows:
        return column
    for row in rows:
        values, places = row.values, _has_places(row.values)
        field = token_column or next((name for name in TOKEN_NAMES if name in values), None)
        is_list = isinstance(values.get(field), list) if field else TOKENS in values
        usual = TAG_NAMES if is_list and not places else SPAN_NAMES
        found = [name for name in usual if name in values and name != field]
        name = next(iter(found), None)
        if len(found) > 1:
            logger.info("%s: tags are read from %s; not read: %s.", row.where, *_parted(found))
        if name is None and row.is_bare:
            name = next((name for name in values if _are_spans(values[name])), None)
        if name is not None:
            return name
        if not row.is_bare:
            raise DatasetError(
                f"{row.where} must have tags or spans with a usual name ({', '.join(usual)}); got "
                f"{_names(values)}. Give column (--column)."
            )
    return SPAN_NAMES[0]  # no row has a span


def _parted(found: Sequence[str]) -> tuple[str, str]:
    return named(found[:1]), named(found[1:], 4)


def _are_spans(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(isinstance(one, dict) and {"start", "end"} <= {*one} for one in value)


def _has_places(values: Mapping[str, Any]) -> bool:
    """Tell whether the tokens of a row have their places in its text, as those of Prodigy."""
    tokens = values.get(TOKENS)
    is_list = isinstance(tokens, list) and bool(tokens) and isinstance(values.get(TEXT), str)
    return is_list and _are_spans(tokens)


def _names(values: Mapping[str, Any]) -> str:
    return ", ".join(f"`{key[:40]}`" for key in list(values)[:8]) or "nothing"


def _token_field(values: Mapping[str, Any], column: str | None, where: str) -> str:
    if column is not None:
        check_column("token", column, list(values), where)
        return column
    lists = (name for name in TOKEN_NAMES if isinstance(values.get(name), list))
    strings = (name for name in (TEXT,) if isinstance(values.get(name), str))
    found = next(iter((*lists, *strings)), None)
    if found is None:
        raise DatasetError(
            f"{where} must have `{TOKENS}`, a list of strings, or `{TEXT}`, a string; got "
            f"{_names(values)}. Rename the fields, or give token_column (--token-column)."
        )
    return found


def _cut_row(
    values: Mapping[str, Any],
    field: str,
    name: str | None,
    cut: Cut | None,
    where: str,
    cut_through: list[tuple[str, str]],
) -> tuple[list[str], list[str]]:
    text = values[TEXT if isinstance(values[field], list) else field]
    if not isinstance(text, str):
        raise DatasetError(
            f"{where}: `{field}` must be a string or a list of strings; got "
            f"{type(text).__name__}. Name another token column."
        )
    text = json_text(text, where)
    if _has_places(values):
        cut = _cut_as_given(values[TOKENS], text, where)
    if cut is None:
        raise DatasetError(
            f"{where}: the text of a JSON row must be cut into tokens, and there is no tokeniser. "
            "Give cut, or write the tokens and their tags."
        )
    chars = [] if name is None else read_spans(values[name], text, where)
    place = where.rpartition(": ")[2]
    cut_through += [(place, mention) for mention in within_words(text, chars)]
    return tag_text(text, chars, cut, where)


def _cut_as_given(tokens: Sequence[Mapping[str, Any]], text: str, where: str) -> Cut:
    places: list[tuple[str, int, int]] = []
    for token in tokens:
        start, end = token["start"], token["end"]
        done = places[-1][2] if places else 0
        if type(start) is not int or type(end) is not int or not done <= start <= end <= len(text):
            raise DatasetError(
                f"{where}: a token must stand in its text of {len(text)} characters, after the one "
                f"before; got {str(dict(token))[:80]}. Correct it, or leave `{TOKENS}` out."
            )
        places.append((text[start:end], start, end))
    return lambda _: [place for place in places if place[1] < place[2]]


def _tokens(
    row: Mapping[str, Any], field: str, name: str | None, where: str
) -> tuple[list[str], list[str]]:
    tokens = _strings(row[field], field, where)
    tags = [] if name is None else _strings(row[name], name, where)
    if name is not None and len(tags) != len(tokens):
        raise DatasetError(
            f"{where} must have as many tags as tokens; got {len(tags)} tags and {len(tokens)} "
            "tokens. Give each token one tag."
        )
    return tokens, tags


def _strings(values: Any, name: str, where: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        wrong = values
        if isinstance(values, list):
            wrong = next(value for value in values if not isinstance(value, str))
        advice = "Write names of tags, not their numbers."
        if wrong is None:
            advice = "Write O for a token without one, or leave the row out."
        raise DatasetError(
            f"{where}: `{name}` must be a list of strings; got {shown(str(wrong), 40)} "
            f"({type(wrong).__name__}). {advice}"
        )
    return [json_text(value, where) for value in values]
