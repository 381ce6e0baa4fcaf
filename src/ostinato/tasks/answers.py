"""Answers of `predict_details` as rows of a table, and what stands above lines of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ostinato._files import json_of

SEPARATORS = (", ", "; ", " | ")
SINGULAR = {"probabilities": "probability", "quantiles": "quantile"}
SPACES = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"), " ")
MAY_LACK = ("id", "target", "time")  # which are empty where there is but one


def label_text(answer: Mapping[str, Any]) -> str:
    """Return the label of an answer as text; what joins several stands in none of them.

    Where all that joins stands in some class, several are a list of JSON, which is read back too.

    Example:
        >>> chances = {"food": 0.9, "service": 0.8, "price, tips": 0.1}
        >>> label_text({"label": ["food", "service"], "probabilities": chances})
        'food; service'
        >>> label_text({"label": [], "probabilities": chances}), label_text({"label": 3})
        ('', '3')
        >>> label_text({"label": ["a, b", "c; d"], "probabilities": {"e | f": 0.1}})
        '["a, b", "c; d"]'
    """
    label = answer["label"]
    if not isinstance(label, list | tuple):
        return str(label)
    names = list(map(str, (*answer.get("probabilities", ()), *label)))
    free = (mark for mark in SEPARATORS if not any(mark.strip() in name for name in names))
    separator = next(free, None)
    return json_of(label) if separator is None else separator.join(map(str, label))


def table_rows(
    answer: Mapping[str, Any], number: int, several: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yield an answer as rows of plain values by column: one, or one for each of its spans.

    Probabilities and quantiles are a column each; other lists, such as the words of a recording, are
    left out.

    Args:
        answer: The answer.
        number: Which it is, from 1.
        several: Names of lists, of the first of which that there is each item is a row.

    Example:
        >>> list(table_rows({"text": "so so", "label": "a", "probabilities": {"a": 0.7}}, 1))
        [{'text': 'so so', 'label': 'a', 'probability_a': 0.7}]
        >>> spans = [{"text": "Anna", "type": "PER"}]
        >>> list(table_rows({"text": "Anna sings", "spans": spans}, 1, ["spans"]))
        [{'row': 1, 'sentence': 'Anna sings', 'text': 'Anna', 'type': 'PER'}]
    """
    listed = next((name for name in several if name in answer), None)
    if listed is not None:
        for item in answer[listed]:
            yield {"row": number, "sentence": answer["text"], **item}
        return
    row: dict[str, Any] = {}
    for name, value in answer.items():
        if name == "label":
            row[name] = label_text(answer)
        elif isinstance(value, Mapping):
            row |= {f"{SINGULAR.get(name, name)}_{key}": inner for key, inner in value.items()}
        elif not isinstance(value, list):
            row[name] = value
    yield row


def joined(*cells: object) -> str:
    r"""Return cells as a line, parted by tabs; tabs and line ends in a cell are spaces.

    Example:
        >>> joined("one\tlabel", 0.5, "two\r\nlines")
        'one label\t0.5\ttwo  lines'
    """
    return "\t".join(str(cell).translate(SPACES) for cell in cells)


def header(answer: Mapping[str, Any], fields: Sequence[str]) -> str:
    r"""Return the names of what stands in a line about an answer, parted by tabs.

    Args:
        answer: The answer.
        fields: What stands in a line, if the answer has it.

    Example:
        >>> header({"id": "", "mean": 1.0, "quantiles": {"0.1": 0.5}}, ["id", "mean", "quantiles"])
        'mean\t0.1'
    """
    names: list[str] = []
    for field in fields:
        value = answer.get(field)
        if isinstance(value, Mapping):
            names += map(str, value)
        elif field in answer and (value != "" or field not in MAY_LACK):
            names.append(field)
    return joined(*names)
