"""A run's predictions.parquet, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ostinato._errors import CheckpointError

COLUMNS = ("label", "prediction", "confidence", "probabilities", "num_tokens", "text")


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What the model said about each text of one part.

    Args:
        split: The part: test or validation.
        labels: Right answers, ``(n,)`` class indices; multi-label: ``(n, classes)`` booleans.
        predictions: Predicted answers in the same form.
        confidence: Probability of the predicted answer, ``(n,)``.
        probabilities: ``(n, classes)``.
        num_tokens: Length of each text in tokens, ``(n,)``.
        texts: Excerpts of the texts that were predicted wrong; null for others.
    """

    split: str
    labels: NDArray[Any]
    predictions: NDArray[Any]
    confidence: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    num_tokens: NDArray[np.int64]
    texts: Any

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """Whether each text's answer is right (multi-label: every label), ``(n,)``."""
        same = np.equal(self.labels, self.predictions).reshape(len(self.labels), -1)
        return np.asarray(same.all(axis=1))


def read_predictions(path: Path, classes: tuple[str, ...], *, multi_label: bool) -> Predictions:
    """Read and check predictions.parquet.

    Args:
        path: The file.
        classes: Class names in the order of the probabilities.
        multi_label: Whether label and prediction are lists of names.

    Returns:
        Its columns as arrays.

    Raises:
        CheckpointError: The file is broken or does not fit the classes.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise CheckpointError(
            f"report: {path} must be a Parquet file; it is broken or cut short ({error}). "
            "Train again, or delete the file for a page without predictions."
        ) from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise _misfit(path, f"must have the columns {', '.join(COLUMNS)}", f"no {missing[0]}")
    split = (table.schema.metadata or {}).get(b"split", b"test").decode("utf-8", "replace")
    columns = {name: table[name].combine_chunks() for name in COLUMNS}
    try:
        encode = _encode_lists if multi_label else _encode_names
        probabilities = _matrix(columns["probabilities"], len(classes), path)
        return Predictions(
            split=split,
            labels=encode(columns["label"], classes, path),
            predictions=encode(columns["prediction"], classes, path),
            confidence=_unit_interval(_floats(columns["confidence"]), "confidence", path),
            probabilities=_unit_interval(probabilities, "probabilities", path),
            num_tokens=columns["num_tokens"].cast(pa.int64()).to_numpy(zero_copy_only=False),
            texts=columns["text"].cast(pa.string()),
        )
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise _misfit(path, "must have columns of the right types", str(error)) from error


def _encode_names(column: Any, classes: tuple[str, ...], path: Path) -> NDArray[Any]:
    names = pa.array(classes, pa.string())
    indices = pc.index_in(column.cast(pa.string()), value_set=names)
    if indices.null_count:
        stranger = column.filter(pc.is_null(indices))[0].as_py()
        raise _misfit(path, "must have labels of labels.json only", repr(stranger))
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _encode_lists(column: Any, classes: tuple[str, ...], path: Path) -> NDArray[Any]:
    matrix = np.zeros((len(column), len(classes)), dtype=np.bool_)
    rows = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    matrix[rows, _encode_names(column.flatten(), classes, path)] = True
    return matrix


def _matrix(column: Any, width: int, path: Path) -> NDArray[np.float64]:
    widths = pc.unique(pc.fill_null(pc.list_value_length(column), 0)).to_pylist()
    if widths not in ([], [width]):
        raise _misfit(path, f"must have {width} probabilities in each row", f"{widths} in a row")
    return _floats(column.flatten()).reshape(-1, width)


def _floats(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _unit_interval(array: NDArray[np.float64], name: str, path: Path) -> NDArray[np.float64]:
    outside = ~((array >= 0) & (array <= 1))  # so that NaN is outside too
    if outside.any():
        raise _misfit(path, f"must have {name} from 0 to 1", f"{array[outside].flat[0]:.4g}")
    return array


def _misfit(path: Path, rule: str, got: str) -> CheckpointError:
    return CheckpointError(
        f"report: {path} {rule}; got {got}. "
        "Train again, or delete the file for a page without predictions."
    )
