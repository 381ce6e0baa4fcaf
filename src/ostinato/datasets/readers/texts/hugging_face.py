"""Texts of Hugging Face's ``datasets``, without importing that library."""

from __future__ import annotations

from typing import Any

from ostinato.datasets.readers.tables.columns import check_column, find_columns, label_strings
from ostinato.datasets.readers.tables.hugging_face import NOT_GIVEN, is_labelled, splits_of
from ostinato.datasets.readers.texts.files import table_examples
from ostinato.datasets.records.texts import Examples


def from_hugging_face(
    dataset: Any, text_column: str | None = None, label_column: str | None = None
) -> dict[str, Examples]:
    """Turn a ``datasets.Dataset`` or ``datasets.DatasetDict`` into splits.

    Labels of type ``ClassLabel`` become their names. Splits of other names than train, validation
    (valid, val, dev) and test are left out, and so are validation and test if no row has a label, which
    is logged.

    Args:
        dataset: The object; a single ``Dataset`` is the train split.
        text_column: Column of the texts, if it has no usual name.
        label_column: Column of the labels, if it has no usual name.

    Returns:
        The splits by name.

    Raises:
        DatasetError: It is another kind of object, or a column is missing or wrong.

    Example:
        >>> import datasets
        >>> reviews = datasets.Dataset.from_dict({"text": ["good", "bad"], "label": [1, 0]})
        >>> from_hugging_face(reviews)["train"].labels
        ['1', '0']
    """
    splits: dict[str, Examples] = {}
    for split, (where, rows) in splits_of(dataset).items():
        if split == "train":
            text, label = find_columns(
                list(rows.features),
                text_column=text_column,
                label_column=label_column,
                labelled=True,
                where=where,
            )
        if split == "train" or label is None or is_labelled(rows, label, where):
            splits[split] = _split(rows, where, text, label)
    return splits


def _split(rows: Any, where: str, text: str, label: str | None) -> Examples:
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
    return None if value is None or value == NOT_GIVEN else classes[value]
