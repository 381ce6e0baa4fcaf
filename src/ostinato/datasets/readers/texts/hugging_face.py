"""Hugging Face ``datasets`` objects as examples, without importing that library."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ostinato._errors import DatasetError
from ostinato.datasets.readers.columns import check_column, find_columns, label_strings
from ostinato.datasets.readers.tables import table_examples
from ostinato.datasets.readers.trees import PARTS
from ostinato.datasets.records.texts import Examples

logger = logging.getLogger("ostinato")

_NOT_GIVEN = -1  # the class of a row whose label is held back


def from_hugging_face(
    dataset: Any, text_column: str | None = None, label_column: str | None = None
) -> dict[str, Examples]:
    """Turn a ``datasets.Dataset`` or ``datasets.DatasetDict`` into parts.

    Labels of type ``ClassLabel`` become their names. Splits of other names than train, validation
    (valid, val, dev) and test are left out, and so are validation and test if no row has a label, which
    is logged.

    Args:
        dataset: The object; a single ``Dataset`` is the train part.
        text_column: Column of the texts, if it has no usual name.
        label_column: Column of the labels, if it has no usual name.

    Returns:
        The parts by name.

    Raises:
        DatasetError: It is another kind of object, or a column is missing or wrong.

    Example:
        >>> import datasets
        >>> reviews = datasets.Dataset.from_dict({"text": ["good", "bad"], "label": [1, 0]})
        >>> from_hugging_face(reviews)["train"].labels
        ['1', '0']
    """
    parts: dict[str, Examples] = {}
    for part, (where, rows) in splits_of(dataset).items():
        if part == "train":
            text, label = find_columns(
                list(rows.features),
                text_column=text_column,
                label_column=label_column,
                labelled=True,
                where=where,
            )
        if part == "train" or label is None or is_labelled(rows, label, where):
            parts[part] = _part(rows, where, text, label)
    return parts


def splits_of(dataset: Any) -> dict[str, tuple[str, Any]]:
    """Return the name for messages and the rows of each part of a data set, train first.

    Splits of other names than train, validation (valid, val, dev) and test are left out, which is logged.

    Args:
        dataset: A ``datasets.Dataset``, which is train, or a ``datasets.DatasetDict``.

    Raises:
        DatasetError: It is another kind of object, or there is no train split.
    """
    splits = dict(dataset) if isinstance(dataset, Mapping) else {"train": dataset}
    parts = {}
    for split, rows in splits.items():
        if str(split) not in PARTS:
            logger.info("Hugging Face dataset: split `%s` is left out.", split)
            continue
        if not (
            hasattr(rows, "features") and hasattr(rows, "with_format") and hasattr(rows, "num_rows")
        ):
            raise DatasetError(
                "Data: it must be a path, a registered name or a Hugging Face Dataset or DatasetDict; "
                f"got {type(rows).__name__}. Load it whole (streaming=False), or write it to a file."
            )
        parts[PARTS[str(split)]] = (f"Hugging Face dataset, {split}", rows)
    if "train" not in parts:
        names = ", ".join(map(str, splits)) or "none"
        raise DatasetError(
            f"Hugging Face dataset: there must be a split named train; got {names}. Rename one of them."
        )
    return {part: parts[part] for part in ("train", "validation", "test") if part in parts}


def is_labelled(rows: Any, column: str, where: str) -> bool:
    """Return whether some row has a label; a split without any, as GLUE's test, is told.

    Args:
        rows: The split.
        column: Column of the labels, or of lists of them.
        where: Name for messages.
    """
    if column in rows.features:
        for label in rows.with_format("arrow")[:][column].to_pylist():
            labels = label if isinstance(label, list) else [label]
            if any(not (one is None or one == _NOT_GIVEN) for one in labels):
                return True
    logger.warning("%s: no row has a label in column `%s`; the split is left out.", where, column)
    return False


def _part(rows: Any, where: str, text: str, label: str | None) -> Examples:
    check_column("text", text, list(rows.features), where)
    table = rows.with_format("arrow")[:]
    classes = None if label is None else _class_names(rows.features[label])
    if classes is None:
        return table_examples(where, table, text, label)
    texts = table_examples(where, table, text, None).texts
    values = [_named(value, classes) for value in table[label].to_pylist()]
    return Examples.make(texts, label_strings(values, where), where)


def _class_names(feature: Any) -> list[str] | None:
    inner = getattr(feature, "feature", feature)  # of a list of labels
    names = getattr(inner, "names", None)
    return None if names is None else list(names)


def _named(value: Any, classes: list[str]) -> Any:
    if isinstance(value, list):
        return [_named(item, classes) for item in value]
    return None if value is None or value == _NOT_GIVEN else classes[value]
