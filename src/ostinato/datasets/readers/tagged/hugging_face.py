"""Tagged sentences of Hugging Face's ``datasets``, without importing that library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ostinato.datasets.readers.tables.columns import named_column
from ostinato.datasets.readers.tables.hugging_face import is_labelled, splits_of
from ostinato.datasets.records.tagged import Tagged

TOKEN_NAMES = ("tokens", "words", "token")


def tagged_from_hugging_face(
    dataset: Any,
    column: str | int | None = None,
    tag_names: Sequence[str] = (),
    token_column: str | int | None = None,
) -> dict[str, Tagged]:
    """Turn a data set of tokens and tags into splits; classes become their names.

    Args:
        dataset: A ``datasets.Dataset``, which is train, or a ``datasets.DatasetDict``.
        column: Column of the tags, if it has no usual name.
        tag_names: Names that it usually has.
        token_column: Column of the tokens, if it has no usual name.

    Raises:
        DatasetError: It is another kind of object, or a column is missing or wrong.

    Example:
        >>> import datasets
        >>> rows = {"tokens": [["Anna", "sings"]], "ner_tags": [["B-PER", "O"]]}
        >>> split = tagged_from_hugging_face(datasets.Dataset.from_dict(rows), "ner_tags")["train"]
        >>> split.tags, split.scheme
        ([['B-PER', 'O']], 'IOB2')
    """
    splits, tags, tokens = {}, _name(column), _name(token_column)
    for split, (where, rows) in splits_of(dataset).items():
        names = list(rows.features)
        if split == "train":
            tags = named_column("tag", tags, names, tag_names, where, needed=True)
            tokens = named_column("token", tokens, names, TOKEN_NAMES, where, needed=True)
        assert tags is not None
        assert tokens is not None  # they were needed
        if split == "train" or is_labelled(rows, tags, where):
            splits[split] = Tagged.make(rows[tokens], rows[tags], where)
    return splits


def _name(column: str | int | None) -> str | None:
    return None if column is None else str(column)
