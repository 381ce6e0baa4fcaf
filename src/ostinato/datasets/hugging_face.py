"""Hugging Face ``datasets`` objects as examples, without importing that library."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ostinato._errors import DatasetError
from ostinato.datasets.columns import find_columns, label_strings
from ostinato.datasets.examples import Examples
from ostinato.datasets.tables import table_examples
from ostinato.datasets.trees import PARTS

logger = logging.getLogger("ostinato")


def from_hugging_face(
    dataset: Any, text_column: str | None = None, label_column: str | None = None
) -> dict[str, Examples]:
    """Turn a ``datasets.Dataset`` or ``datasets.DatasetDict`` into parts.

    Labels of type ``ClassLabel`` become their names. Splits of other names than train, validation
    (valid, val, dev) and test are left out, which is logged.

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
        part = PARTS[str(split)]
        parts[part] = _part(rows, f"Hugging Face dataset, {split}", text_column, label_column)
    if "train" not in parts:
        names = ", ".join(map(str, splits)) or "none"
        raise DatasetError(
            f"Hugging Face dataset: there must be a split named train; got {names}. Rename one of them."
        )
    return parts


def _part(rows: Any, where: str, text: str | None, label: str | None) -> Examples:
    names = list(rows.features)
    text, label = find_columns(
        names, text_column=text, label_column=label, labelled=True, where=where
    )
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
    return None if value is None or value < 0 else classes[value]  # -1 stands for an unknown label
