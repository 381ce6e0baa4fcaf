"""Reader of ``.ts`` files, the format of sktime and of the UCR and UEA archives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError, did_you_mean, named, shown
from ostinato.datasets.files import read_lines
from ostinato.datasets.records.sequences import Sequences

MISSING = ("?", "nan", "")


@dataclass
class Header:
    """What the lines before ``@data`` say.

    Args:
        classes: The classes; none if there are no labels.
        has_label: Whether a line ends with a class or a number.
        has_values: Whether that is a number to be told, not a class.
        dimensions: Features of each sequence; None where it does not say.
    """

    classes: tuple[str, ...] = ()
    has_label: bool = False
    has_values: bool = False
    dimensions: int | None = None


def read_ts(path: Path, *, labelled: bool = True) -> Sequences:
    r"""Read a ``.ts`` file: a sequence a line, features parted by colons, values by commas.

    Features may be one or many, lengths may differ, ``?`` and ``NaN`` are missing values. The last
    field of a line is its class or, with ``@targetLabel``, its value: a number, and no class.

    Args:
        path: The file, plain or compressed.
        labelled: Whether there must be labels; if not, they may be missing, and are not read.

    Raises:
        DatasetError: The file is missing, or a line is malformed; the message names the line.

    Example:
        >>> path = getfixture("tmp_path") / "a.ts"
        >>> _ = path.write_text("@classLabel true up down\n@data\n1,2,3:4,5,6:up\n3,?:4,5:down\n")
        >>> sequences = read_ts(path)
        >>> sequences.lengths, sequences.labels, sequences[1].tolist()
        (array([3, 2]), ['up', 'down'], [[3.0, 4.0], [nan, 5.0]])

    Source: https://www.sktime.net/en/stable/api_reference/file_specifications/ts.html.
    """
    lines = read_lines(path)
    header, first = _header(lines, path)
    rows: list[npt.NDArray[np.float64]] = []
    labels: list[str | float] = []
    names: list[str] = []
    for number, line in enumerate(lines[first:], first + 1):
        text = line.strip()
        if not text or text.startswith(("#", "%")):
            continue
        where = f"{path}: line {number}"
        fields = text.split(":")
        if header.has_label and labelled:
            labels.append(_label(fields.pop() if len(fields) > 1 else None, header, where))
        elif header.has_label and len(fields) > (header.dimensions or 1):
            fields.pop()
        rows.append(_values(fields, header, where))
        header.dimensions = header.dimensions or len(fields)
        names.append(f"line {number}")
    if not rows:
        raise DatasetError(
            f"{path}: there must be a sequence below @data; got none. Add one a line."
        )
    used_labels = labels if header.has_label and labelled else None
    split = Sequences.make(rows, used_labels, str(path), names=names)
    return replace(split, has_values=used_labels is not None and header.has_values)


def _header(lines: Sequence[str], path: Path) -> tuple[Header, int]:
    """Return the header, and the index of the line below ``@data``."""
    header = Header()
    for number, line in enumerate(lines):
        text = line.strip()
        if not text or text.startswith(("#", "%")):
            continue
        if not text.startswith("@"):
            break
        key, _, value = text[1:].partition(" ")
        if key.lower() == "data":
            return header, number + 1
        _note(header, key.lower(), value.split(), f"{path}: line {number + 1}")
    raise DatasetError(
        f"{path}: a .ts file must have a line @data before its sequences; got none. Add it, or name "
        "another file."
    )


def _note(header: Header, key: str, words: list[str], where: str) -> None:
    is_true = bool(words) and words[0].lower() == "true"
    if key == "timestamps" and is_true:
        raise DatasetError(
            f"{where}: sequences must come without time stamps; got @timeStamps true. "
            "Write the values alone, at equal steps."
        )
    if key in ("classlabel", "targetlabel"):
        header.has_label = is_true
        header.has_values = is_true and key == "targetlabel"
        header.classes = tuple(words[1:]) if is_true and key == "classlabel" else ()
    elif key in ("dimension", "dimensions"):
        if not words or not words[0].isdecimal() or int(words[0]) < 1:
            raise DatasetError(
                f"{where}: @dimensions must be a whole number from 1 up; got "
                f"`{' '.join(words)}`. Correct it."
            )
        header.dimensions = int(words[0])
    elif key == "univariate" and is_true:
        header.dimensions = 1


def _label(label: str | None, header: Header, where: str) -> str | float:
    text = "" if label is None else label.strip()
    if text.lower() in MISSING:
        raise DatasetError(
            f"{where}: the last field must be the label of the sequence; got none. "
            "Add it after a colon, or leave the line out."
        )
    if header.classes and text not in header.classes:
        hint = did_you_mean(text, header.classes) or "."
        raise DatasetError(
            f"{where}: the label must be one of those of @classLabel, {named(header.classes)}; got "
            f"{shown(text)}{hint} Correct it, or add it to that line."
        )
    return _value(text, where) if header.has_values else text


def _value(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DatasetError(
            f"{where}: the last field must be a number, as @targetLabel says; got {shown(text)}. Correct "
            "it, or write @classLabel with the classes."
        )
    return value


def _values(fields: Sequence[str], header: Header, where: str) -> npt.NDArray[np.float64]:
    if header.dimensions is not None and len(fields) != header.dimensions:
        raise DatasetError(
            f"{where}: a sequence must have {header.dimensions} features, parted by colons; "
            f"got {len(fields)}. Correct the line."
        )
    columns = [_numbers(text, feature, where) for feature, text in enumerate(fields, 1)]
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise DatasetError(
            f"{where}: all features of a sequence must have as many values; got "
            f"{', '.join(map(str, sorted(lengths)))}. Write ? for those that are missing."
        )
    return np.stack(columns, axis=1)


def _numbers(text: str, feature: int, where: str) -> npt.NDArray[np.float64]:
    if not text.strip():
        raise DatasetError(f"{where}: feature {feature} must have a value; got none.")
    words = [word.strip() for word in text.split(",")]
    try:
        return np.array([_number(word) for word in words])
    except ValueError:
        step = next(step for step, word in enumerate(words, 1) if not _is_number(word))
        raise DatasetError(
            f"{where}: feature {feature} must have numbers, or ? where one is missing; got "
            f"`{words[step - 1]}` at step {step}. Correct it."
        ) from None


def _number(word: str) -> float:
    return float("nan") if word.lower() in MISSING else float(word)


def _is_number(word: str) -> bool:
    try:
        _number(word)
    except ValueError:
        return False
    return True


def write_ts(path: Path, split: Sequences, remarks: Mapping[str, str]) -> None:
    """Write labelled sequences as a ``.ts`` file, with four decimals.

    Args:
        path: The file.
        split: The sequences.
        remarks: Further header lines by their key, such as ``problemName``.

    Example:
        >>> path = getfixture("tmp_path") / "a.ts"
        >>> sequences = Sequences.make([[[1.0, 4.0], [2.0, 5.0]]], ["up"], "a list")
        >>> write_ts(path, sequences, {"problemName": "Little"})
        >>> print(path.read_text())
        @problemName Little
        @dimensions 2
        @classLabel true up
        @data
        1.0000,2.0000:4.0000,5.0000:up
    """
    labels = split.labels or []
    lines = [f"@{key} {value}" for key, value in remarks.items()]
    lines += [
        f"@dimensions {len(split.features)}",
        " ".join(["@classLabel true", *sorted(set(labels))]),
    ]
    lines.append("@data")
    for row, label in enumerate(labels):
        features = (",".join(f"{value:.4f}" for value in column) for column in split[row].T)
        lines.append(":".join([*features, label]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
