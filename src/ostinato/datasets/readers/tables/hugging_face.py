"""The splits of Hugging Face's ``datasets``, without importing that library."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ostinato._errors import DatasetError
from ostinato.datasets.file_names import SPLITS

logger = logging.getLogger("ostinato")

NOT_GIVEN = -1
"""The class of a row whose label is held back."""


def splits_of(dataset: Any) -> dict[str, tuple[str, Any]]:
    """Return the name for messages and the rows of each split of a data set, train first.

    Splits of other names than train, validation (valid, val, dev) and test are left out, which is logged.

    Args:
        dataset: A ``datasets.Dataset``, which is train, or a ``datasets.DatasetDict``.

    Raises:
        DatasetError: It is another kind of object, or there is no train split.
    """
    given = dict(dataset) if isinstance(dataset, Mapping) else {"train": dataset}
    found = {}
    for name, rows in given.items():
        if str(name) not in SPLITS:
            logger.info("Hugging Face dataset: split `%s` is left out.", name)
            continue
        if not (
            hasattr(rows, "features") and hasattr(rows, "with_format") and hasattr(rows, "num_rows")
        ):
            raise DatasetError(
                "Data: it must be a path, a registered name or a Hugging Face Dataset or DatasetDict; "
                f"got {type(rows).__name__}. Load it whole (streaming=False), or write it to a file."
            )
        found[SPLITS[str(name)]] = (f"Hugging Face dataset, {name}", rows)
    if "train" not in found:
        names = ", ".join(map(str, given)) or "none"
        raise DatasetError(
            f"Hugging Face dataset: there must be a split named train; got {names}. Rename one of them."
        )
    return {split: found[split] for split in ("train", "validation", "test") if split in found}


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
            if any(not (one is None or one == NOT_GIVEN) for one in labels):
                return True
    logger.warning("%s: no row has a label in column `%s`; the split is left out.", where, column)
    return False
