"""Rows as annotation tools write them (Prodigy, Label Studio, spaCy, CLUENER), made plain ones.

A plain row has a text or tokens, and tags or spans, under the names that `tagged_json` reads.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ostinato._errors import DatasetError

logger = logging.getLogger("ostinato")

ANSWER = "answer"
ANSWERS = ("accept", "reject", "ignore")
REFUSED = ("reject", "ignore")
DATA = "data"
_OF_TASKS = ("annotations", "predictions", "completions")
"""Fields of a task of Label Studio beside its `data`, one of which it has."""
_MARKS = ("_input_hash", "_task_hash", ANSWER, "annotation_id", "annotator", "lead_time")
"""Fields of rows of Prodigy and of Label Studio's JSON-MIN, where no spans may mean no field."""


class Row(NamedTuple):
    """A row of a file.

    Args:
        where: File and line, or element, for messages.
        values: Its fields.
        is_bare: Whether a row without a field of spans has none, and is not malformed.
    """

    where: str
    values: dict[str, Any]
    is_bare: bool = False


def plain_rows(rows: Iterable[tuple[str, Any]], source: str, *, labelled: bool = True) -> list[Row]:
    """Return plain rows; those that must not be learnt from are left out, and told.

    Args:
        rows: Place and JSON value of each.
        source: File for messages.
        labelled: Whether tags are wanted; if not, only rows that say that they are refused are left out.

    Raises:
        DatasetError: A row is no object, or has no text.

    Example:
        >>> rows = [{"text": "Hi Al", "spans": [], "answer": "accept"}, {"text": "x", "answer": "reject"}]
        >>> [row.values["text"] for row in plain_rows([("1", rows[0]), ("2", rows[1])], "a.jsonl")]
        ['Hi Al']
    """
    notes = _RowNotes(source)
    found = []
    for where, value in rows:
        values = _object(value, where)
        if _is_refused(values.get(ANSWER)):
            notes.add("are answered reject or ignore, and left out", where)
        elif _is_task(values):
            if (row := _of_task(values, where, notes, labelled=labelled)) is not None:
                found.append(row)
        else:
            if values.get("relations"):
                notes.add("have relations, which are not read", where)
            found.append(Row(where, values, any(mark in values for mark in _MARKS)))
    notes.log()
    return found


def accepted(answers: Sequence[Any], source: str) -> list[int] | None:
    """Return which rows a person has accepted, in files of Prodigy; the others are told.

    Args:
        answers: The answer of each row, if it has one: accept, reject or ignore.
        source: File for messages.

    Returns:
        Their places; none if the answers are others, or all are to be kept.

    Example:
        >>> accepted(["reject", "accept", None], "a.jsonl"), accepted(["42", "reject"], "a.jsonl")
        ([1, 2], None)
    """
    kept = [place for place, answer in enumerate(answers) if not _is_refused(answer)]
    if len(kept) == len(answers) or any(
        a is not None and not (isinstance(a, str) and a in ANSWERS) for a in answers
    ):
        return None
    notes = _RowNotes(source)
    for number, answer in enumerate(answers, 1):
        if _is_refused(answer):
            notes.add("are answered reject or ignore, and left out", f"row {number}")
    notes.log()
    return kept


def are_tasks(names: Collection[str]) -> bool:
    """Tell by the names of their fields whether rows are tasks of Label Studio.

    Args:
        names: The names.

    Example:
        >>> are_tasks(["id", "data", "annotations"]), are_tasks(["text", "annotations"])
        (True, False)
    """
    return DATA in names and any(name in names for name in _OF_TASKS)


def task_texts(data: Sequence[Any], source: str) -> list[str]:
    """Return the texts of tasks of Label Studio, whether they are annotated or not.

    Args:
        data: What stands in the field `data` of each.
        source: File for messages.

    Raises:
        DatasetError: A task has no text.

    Example:
        >>> task_texts([{"text": "Hi Al", "id": 7}, {"note": "x"}], "a.json")
        ['Hi Al', 'x']
    """
    logger.info("%s: tasks of Label Studio, whose texts are read and no annotations.", source)
    return [
        _text_of(one if isinstance(one, Mapping) else {}, f"{source}: element {number}")
        for number, one in enumerate(data, 1)
    ]


def _is_refused(answer: Any) -> bool:
    return isinstance(answer, str) and answer in REFUSED


def inner_rows(value: Any, source: str) -> list[tuple[str, Any]]:
    """Return the rows in a JSON value: an array, or the only one in an object without a text.

    Args:
        value: What a file holds.
        source: File for messages.

    Returns:
        Place and value of each; none if the value is a row itself.

    Example:
        >>> inner_rows({"classes": ["PER"], "annotations": [["Al", {"entities": []}]]}, "a.json")
        [('a.json: element 1', ['Al', {'entities': []}])]
    """
    if isinstance(value, dict):
        if _is_task(value) or isinstance(value.get("text"), str):
            return []
        arrays = [one for one in value.values() if _are_rows(one)]
        value = arrays[0] if len(arrays) == 1 else []
    elif not _are_rows(value):
        return []
    return [(f"{source}: element {n}", one) for n, one in enumerate(value, 1) if one is not None]


def _are_rows(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(isinstance(one, (dict, list)) or one is None for one in value)


class _RowNotes:
    """What is left out or not read, counted, with the first place of each."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, what: str, where: str) -> None:
        self._counts[what] += 1
        self._first.setdefault(what, where.removeprefix(f"{self._source}: "))

    def log(self) -> None:
        for what, count in self._counts.items():
            logger.warning(
                "%s: %d rows %s; the first is %s.", self._source, count, what, self._first[what]
            )


def _object(value: Any, where: str) -> dict[str, Any]:
    """Return a row as an object; spaCy's is a text beside its spans."""
    is_pair = isinstance(value, list) and len(value) == 2
    if is_pair and isinstance(value[0], str) and isinstance(value[1], dict):
        return {"text": value[0], **value[1]}
    if not isinstance(value, dict):
        raise DatasetError(
            f'{where} must be one JSON object such as {{"text": "…", "label": "…"}}; '
            f"got {type(value).__name__}. Write an array of objects, or one a line."
        )
    return value


def _is_task(values: Mapping[str, Any]) -> bool:
    """Tell whether a row is a task of Label Studio."""
    return isinstance(values.get(DATA), dict) and are_tasks(values)


def _of_task(
    task: Mapping[str, Any], where: str, notes: _RowNotes, *, labelled: bool
) -> Row | None:
    text = _text_of(task[DATA], where)
    if not labelled:
        return Row(where, {"text": text}, is_bare=True)
    drawn = [*_list(task, "annotations"), *_list(task, "completions")]
    found = [one for one in drawn if not one.get("was_cancelled")]
    if drawn and not found:
        notes.add("were skipped by whoever annotated, and are left out", where)
        return None
    if not found and (found := _list(task, "predictions")):
        notes.add("have predictions of a model alone, which are read as tags", where)
    if not found:
        notes.add("are not annotated, and left out", where)
        return None
    found.sort(key=lambda one: not one.get("ground_truth"))
    if len(found) > 1:
        notes.add("have several annotations, of which one is read", where)
    spans = []
    for result in _list(found[0], "result"):
        span = _span_of(result)
        if span is None:
            notes.add("have annotations that are no spans of text, which are not read", where)
        else:
            spans.append(span)
    return Row(where, {"text": text, "spans": spans}, is_bare=True)


def _list(values: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = values.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text_of(data: Mapping[str, Any], where: str) -> str:
    strings = {name: value for name, value in data.items() if isinstance(value, str)}
    if "text" in strings or len(strings) == 1:
        return strings.get("text", next(iter(strings.values())))
    raise DatasetError(
        f"{where}: `data` must have the text as `text`, or as its only string; got "
        f"{', '.join(f'`{name[:40]}`' for name in list(data)[:8]) or 'nothing'}. Rename it."
    )


def _span_of(result: Mapping[str, Any]) -> dict[str, Any] | None:
    value = result.get("value")
    kind = str(result.get("type", "labels"))
    names = value.get(kind) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(names, list) or "start" not in value:
        return None
    places = value.get("globalOffsets")
    places = places if isinstance(places, dict) else value
    span = {"start": places.get("start"), "end": places.get("end"), "labels": names}
    return {**span, "text": value.get("text")}
