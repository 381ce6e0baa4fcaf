"""Ids that stand in several columns, such as a store and an item."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError
from ostinato.datasets.readers.tables.columns import check_column
from ostinato.datasets.readers.tables.typed_columns import ids_of, words

logger = logging.getLogger("ostinato")

SEPARATOR = "/"


def with_one_id(
    data: pa.Table, given: str | Sequence[str] | None, where: str, kept: Collection[str] = ()
) -> tuple[pa.Table, str | None]:
    r"""Return a table whose ids stand in one column, instead of several, and the name of that.

    Ids of several columns are joined by ``/``. No two become one: before a ``/``, and a ``\``, that stands in
    a value, a ``\`` is written.

    Args:
        data: The table.
        given: The column of the ids, or several, or none.
        where: File or object for messages.
        kept: Columns that stay whatever is joined of them.

    Raises:
        DatasetError: One of several is not there, or is there or named twice, or an id is missing.

    Example:
        >>> data = pa.table({"store": ["a", "a/b"], "item": [1, 2]})
        >>> joined, name = with_one_id(data, ["store", "item"], "a.csv")
        >>> name, joined.to_pydict()
        ('store/item', {'store/item': ['a/1', 'a\\/b/2']})
        >>> with_one_id(data, "store", "a.csv")[1]
        'store'
    """
    parts = (given,) if isinstance(given, str) else tuple(given or ())
    if len(parts) < 2:
        return data, next(iter(parts), None)
    columns = []
    for part in parts:
        check_column("id", part, data.column_names, where)
        if parts.count(part) > 1:
            raise DatasetError(
                f"{where}: id columns must differ; got `{part}` twice. Name it once."
            )
        ids_of(data[part], part, where)
        marked = pc.replace_substring(words(data[part]), "\\", "\\\\")
        columns.append(pc.replace_substring(marked, SEPARATOR, f"\\{SEPARATOR}"))
    name = SEPARATOR.join(parts)
    while name in data.column_names:
        name += SEPARATOR
    logger.info(
        "%s: the id of a series is %s, joined by `%s`.",
        where,
        " and ".join(f"`{part}`" for part in parts),
        SEPARATOR,
    )
    joined = pc.binary_join_element_wise(*columns, pa.scalar(SEPARATOR, pa.large_string()))
    rest = data.drop_columns([part for part in parts if part not in kept])
    return rest.append_column(name, joined), name
