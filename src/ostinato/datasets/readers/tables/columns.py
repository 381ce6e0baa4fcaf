"""Which column is the text and which the label, and labels of any type as strings."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any, cast

from ostinato._errors import DatasetError, did_you_mean, named
from ostinato.datasets.records.texts import Labels

logger = logging.getLogger("ostinato")

TEXT_NAMES = (
    *("text", "review", "sentence", "content", "text_a", "comment", "document", "body"),
    *("review_body", "review_text", "message", "tweet", "文本", "内容", "评论"),
)
LABEL_NAMES = (
    *("label", "labels", "sentiment", "class", "target", "category", "polarity", "rating"),
    *("stars", "score", "标签", "类别"),
)
_MISSING = frozenset({"", "nan", "NaN", "NAN", "null", "NULL", "N/A", "<NA>"})
_WHOLE_FLOAT = re.compile(r"[+-]?\d+(\.0*)?")
_NUMBER_DECIMALS = re.compile(r"\.0*$")


def find_columns(
    names: Sequence[str],
    *,
    text_column: str | None,
    label_column: str | None,
    labelled: bool,
    where: str,
) -> tuple[str, str | None]:
    """Return the names of the text and label columns: those given, else the usual ones.

    If there are just two columns, and one of them is known, the other one is the other.

    Args:
        names: Columns there are.
        text_column: Name of the text column, if given.
        label_column: Name of the label column, if given.
        labelled: Whether a label column must be found; if not, only a given one is used.
        where: File or object for the message.

    Raises:
        DatasetError: A given column does not exist, or none with a usual name does.

    Example:
        >>> find_columns(["id", "Review", "sentiment"], text_column=None, label_column=None,
        ...              labelled=True, where="a.csv")
        ('Review', 'sentiment')
    """
    for kind, given in (("text", text_column), ("label", label_column)):
        if given is not None:
            check_column(kind, given, names, where)
    if text_column is not None and text_column == label_column:
        raise DatasetError(
            f"{where}: text and label must be two columns; got `{text_column}` for both. "
            f"The columns are {named(names)}."
        )
    text = text_column or _usual(names, TEXT_NAMES, taken=label_column)
    label = label_column or (_usual(names, LABEL_NAMES, taken=text) if labelled else None)
    if text is None and len(names) - (label is not None) == 1:
        text = next(name for name in names if name != label)
    if text is None:
        raise _not_found("text", TEXT_NAMES, names, where)
    if label is None and labelled and len(names) == 2:
        label = next(name for name in names if name != text)
    if label is None and labelled:
        raise _not_found("label", LABEL_NAMES, names, where)
    for kind, found in (("text", text), ("label", label)):
        if found is not None:
            check_column(kind, found, names, where)
    labels = f", label column `{label}`" if label is not None else ""
    others = [name for name in names if name not in (text, label)] if labelled else []
    left_out = f"; not read: {named(others, 4)}" if others else ""
    logger.info("%s: text column `%s`%s%s.", where, text, labels, left_out)
    return text, label


def check_column(kind: str, given: str, names: Sequence[str], where: str) -> None:
    """Raise DatasetError, with the nearest name, unless a column is there, and once.

    Args:
        kind: What it is the column of, for the message.
        given: Name of the column.
        names: Columns there are.
        where: File or object for the message.

    Raises:
        DatasetError: There is no such column, or there are several.

    Example:
        >>> check_column("tag", "ner", ["word", "pos", "ner"], "eng.train")
    """
    if names.count(given) == 1:
        return
    if given in names:
        raise DatasetError(
            f"{where}: the {kind} column `{given}` must be there once; "
            f"got it {names.count(given)} times. Rename one of them."
        )
    hint = did_you_mean(given, names) or "."
    raise DatasetError(
        f"{where}: there is no {kind} column {named([given])}{hint} {_columns(names)}"
    )


def _usual(names: Sequence[str], usual: Sequence[str], taken: str | None) -> str | None:
    by_lower = {name.strip().lower(): name for name in names if name != taken}
    return next((by_lower[name] for name in usual if name in by_lower), None)


def named_column(
    kind: str,
    given: str | None,
    names: Sequence[str],
    usual: Sequence[str],
    where: str,
    *,
    needed: bool,
) -> str | None:
    """Return the column that is given, checked to be there, else the one with a usual name.

    Args:
        kind: What it is the column of, for the message.
        given: Name of the column, or None.
        names: Columns there are.
        usual: Usual names, the likeliest first.
        where: File or object for the message.
        needed: Whether there must be one.

    Raises:
        DatasetError: The one that is given is not there, it is there twice, or one is needed and there is
            none.

    Example:
        >>> named_column("time", None, ["id", "Date"], ["time", "date"], "a.csv", needed=True)
        'Date'
    """
    found = _usual(names, usual, taken=None) if given is None else given
    if found is not None:
        check_column(kind, found, names, where)
    elif needed:
        raise _not_found(kind, usual, names, where)
    return found


def nothing_in(name: str, row: int, kind: str, where: str) -> DatasetError:
    """Return the error about a row in whose column nothing stands.

    Args:
        name: The column.
        row: The row, counted from 0.
        kind: What must stand there, with its article.
        where: File or object for the message.
    """
    return DatasetError(
        f"{where}: every row must have {kind} in column `{name}`; row {row + 1} has none. "
        "Fill it in, or leave the row out."
    )


def _not_found(kind: str, usual: Sequence[str], names: Sequence[str], where: str) -> DatasetError:
    article = "an" if kind[0] in "aeiou" else "a"
    return DatasetError(
        f"{where}: {article} {kind} column must be named or have a usual name ({', '.join(usual[:4])}, …). "
        f"{_columns(names)} Give {kind}_column (--{kind}-column), from 1 where columns have no names."
    )


def _columns(names: Sequence[str]) -> str:
    return f"The columns are {named(names)}."


def label_strings(values: Sequence[Any], where: str, *, untyped: bool = False) -> Labels:
    """Turn labels of any type into strings, or lists of strings.

    Whole floats lose their decimals (1.0 becomes ``"1"``), booleans become ``"true"`` and
    ``"false"``, strings lose surrounding blanks, lists stay lists (multi-label).

    Args:
        values: A label for each row.
        where: File or object for the message.
        untyped: The values come from a format without types (csv): a column of ``1.0``, ``0.0``
            loses its decimals, and words such as ``NaN`` and ``null`` are missing labels.

    Raises:
        DatasetError: Labels are missing, of another type, or lists in some rows only.

    Example:
        >>> label_strings([1.0, 0.0], "a.parquet"), label_strings([["a"], []], "a.jsonl")
        (['1', '0'], [['a'], []])
    """
    is_list = [isinstance(value, (list, tuple)) for value in values]
    if any(is_list):
        _check_lists(values, is_list, where)
        return [
            cast("list[str]", label_strings(list(v), f"{where}, row {i}"))
            for i, v in enumerate(values, 1)
        ]
    missing = [row for row, value in enumerate(values, 1) if _is_missing(value, untyped=untyped)]
    if missing:
        raise DatasetError(
            f"{where}: every row must have a label; {len(missing)} of {len(values)} have none "
            f"(empty, null or NaN), the first is row {missing[0]}. Fill them in or leave the rows out."
        )
    _check_unicode(values, where)
    if untyped and all(_WHOLE_FLOAT.fullmatch(value.strip()) for value in values):
        return [_NUMBER_DECIMALS.sub("", value.strip()) for value in values]
    whole = all(value.is_integer() for value in values if isinstance(value, float))
    return [_as_string(value, row, where, whole=whole) for row, value in enumerate(values, 1)]


def _check_lists(values: Sequence[Any], is_list: Sequence[bool], where: str) -> None:
    for row, (value, is_one) in enumerate(zip(values, is_list, strict=True), 1):
        if not is_one and _is_missing(value, untyped=False):
            raise DatasetError(
                f"{where}: labels must be lists in every row, as they are in row {is_list.index(True) + 1}; "
                f"row {row} has none (empty, null or NaN). Write [] if none fits, or leave the row out."
            )
        if is_one and any(isinstance(label, (list, tuple)) for label in value):
            raise DatasetError(
                f"{where}: a label must be a single value; got a list within a list in row {row}. "
                "Write one list of labels a row."
            )
    if not all(is_list):
        row = is_list.index(not is_list[0]) + 1
        raise DatasetError(
            f"{where}: labels must be lists in every row or in none; they change in row {row}. "
            "Write a single label as a list of one."
        )


def _check_unicode(values: Sequence[Any], where: str) -> None:
    strings = [value if isinstance(value, str) else "" for value in values]
    try:
        "".join(strings).encode()
    except UnicodeEncodeError:
        row = next(n for n, one in enumerate(strings, 1) if re.search("[\ud800-\udfff]", one))
        raise DatasetError(
            f"{where}: a label must be valid Unicode; got half a surrogate pair in row {row}. "
            "Write the character itself or both halves."
        ) from None


def _is_missing(value: Any, *, untyped: bool) -> bool:
    if isinstance(value, str):
        return value.strip() in _MISSING if untyped else not value.strip()
    return value is None or value != value  # only NaN differs from itself


def _as_string(value: Any, row: int, where: str, *, whole: bool) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and whole:
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    raise DatasetError(
        f"{where}: a label must be a string, a number, a boolean or a list of these; "
        f"got {type(value).__name__} in row {row}. Name another label column, or convert it."
    )
