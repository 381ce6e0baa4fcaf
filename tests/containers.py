"""What holds rows in Python, by name: a function from a list to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import datasets as hugging_face
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import torch

Container = Callable[[list[Any]], Any]


def objects(rows: list[Any]) -> Any:
    """An array of objects, which may be lists."""
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


ANY: dict[str, Container] = {
    "list": list,
    "tuple": tuple,
    "generator": lambda rows: (row for row in rows),
    "iterator": iter,
    "objects": objects,
    "pandas series": lambda rows: pd.Series(objects(rows), index=range(5, 5 + len(rows))),
    "pandas table": lambda rows: pd.DataFrame({"one": objects(rows)}),
    "polars series": lambda rows: pl.Series("one", rows),
    "polars table": lambda rows: pl.DataFrame({"one": rows}),
    "arrow array": pa.array,
    "arrow chunks": lambda rows: pa.chunked_array([pa.array(rows[:1]), pa.array(rows[1:])]),
    "arrow table": lambda rows: pa.table({"one": rows}),
    "arrow batch": lambda rows: pa.record_batch({"one": pa.array(rows)}),
    "hugging face column": lambda rows: hugging_face.Dataset.from_dict({"one": rows})["one"],
    "hugging face": lambda rows: hugging_face.Dataset.from_dict({"one": rows}),
}
"""Of anything, lists too."""

SINGLE: dict[str, Container] = {
    "numpy": np.array,
    "numpy column": lambda rows: np.array(rows)[:, None],
    "categories": lambda rows: pd.Series(rows, dtype="category"),
    "pandas index": pd.Index,
    "pandas nullable": lambda rows: pd.Series(rows).convert_dtypes(),
    "pandas array": lambda rows: pd.Series(rows).convert_dtypes().array,
    "pandas arrow": lambda rows: pd.Series(
        pa.array(rows), dtype=pd.ArrowDtype(pa.array(rows).type)
    ),
    "polars categories": lambda rows: (
        pl.Series(rows, dtype=pl.Categorical) if isinstance(rows[0], str) else pl.Series(rows)
    ),
    "arrow dictionary": lambda rows: pa.array(rows).dictionary_encode(),
}
"""Of single values."""

NUMBERS: dict[str, Container] = {
    "torch": torch.tensor,
    "torch column": lambda rows: torch.tensor(rows)[:, None],
    "numpy scalars": lambda rows: list(np.array(rows)),
    "torch scalars": lambda rows: list(torch.tensor(rows)),
    "masked": np.ma.masked_array,
    "gradient": lambda rows: (
        torch.tensor(rows, requires_grad=True) if isinstance(rows[0], float) else torch.tensor(rows)
    ),
}
"""Of numbers and booleans."""


def each(*groups: dict[str, Container]) -> list[Any]:
    """Parameters of a test, a container each."""
    import pytest

    return [pytest.param(make, id=name) for group in groups for name, make in group.items()]
