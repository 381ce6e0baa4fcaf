"""Objects in JSON files: one a line, or an array of them; whatever is wrong is told with its place."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError, shown
from ostinato.datasets.files import decode, format_of, read_bytes

logger = logging.getLogger("ostinato")


def json_rows(path: Path, encoding: str | None = None) -> list[dict[str, Any]]:
    r"""Read the objects of a file: JSON Lines, an array, or an object with one array in it.

    Args:
        path: The file, plain or compressed, of whatever ending.
        encoding: As of `ostinato.datasets.files.decode`.

    Raises:
        DatasetError: Something is no JSON, or no object; the message names the line or the element.

    Example:
        >>> path = getfixture("tmp_path") / "a.json"
        >>> _ = path.write_text('[{"text": "good"},\n {"text": "bad"}]')
        >>> json_rows(path)
        [{'text': 'good'}, {'text': 'bad'}]
    """
    text, where = decode(read_bytes(path), str(path), encoding), str(path)
    if re.match(r"\s*\[", text) if format_of(path)[0] == ".json" else re.match(r"\s*\[\s*\{", text):
        return _objects(json_value(text, where), where)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > 1 and (format_of(path)[0] != ".json" or _is_whole(lines[0][1])):
        return [json_object(line, f"{where}: line {number}") for number, line in lines]
    return _of_one(text, f"{where}: line {lines[0][0]}", where)


def json_object(line: str, where: str) -> dict[str, Any]:
    """Return the object that a line of JSON Lines holds.

    Args:
        line: The line.
        where: File and line for the message.

    Raises:
        DatasetError: The line is not JSON, or no object.

    Example:
        >>> json_object('{"text": "good"}', "a.jsonl: line 1")
        {'text': 'good'}
    """
    try:
        row = _parsed(line, where)
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{where} must be one JSON object; got {error.msg} at character {error.pos + 1}. "
            "Correct the line."
        ) from None
    if not isinstance(row, dict):
        raise _no_object(f"{where} must be", row, "Write one object a line.")
    return row


def json_value(text: str, where: str) -> Any:
    """Return what a whole JSON text holds.

    Args:
        text: The text.
        where: File for the message.

    Raises:
        DatasetError: It is not JSON, nested too deeply, or has an integer of too many digits.

    Example:
        >>> json_value("[1, 2]", "a.json")
        [1, 2]
    """
    try:
        return _parsed(text, where)
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{where}: it must be JSON; got {error.msg} in line {error.lineno}, character "
            f"{error.colno}. Correct it."
        ) from None


def json_text(value: str, where: str) -> str:
    """Return a string of a JSON file, which must be valid Unicode.

    Args:
        value: The string.
        where: File and row for the message.

    Raises:
        DatasetError: It has half a surrogate pair.

    Example:
        >>> json_text("好", "a.jsonl: row 1")
        '好'
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DatasetError(
            f"{where}: a text must be valid Unicode; got half a surrogate pair. "
            "Write the character itself or both halves."
        ) from None
    return value


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError:
        raise
    except _TwiceError as error:
        raise DatasetError(
            f"{where}: a name must be there once in an object; got {shown(error.args[0])} twice. "
            "Rename one of them."
        ) from None
    except RecursionError:
        raise DatasetError(
            f"{where}: values must be nested at most {sys.getrecursionlimit()} deep; got deeper ones. "
            "Correct the file."
        ) from None
    except ValueError:  # the digits of an integer
        raise DatasetError(
            f"{where}: an integer must have at most 4300 digits, or as many as the environment variable "
            "PYTHONINTMAXSTRDIGITS says; got more. Write it as a string."
        ) from None


class _TwiceError(ValueError):
    """An object has a name twice, of which one value would be lost."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, each of whose names must be there once."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name)
        found[name] = value
    return found


def _is_whole(line: str) -> bool:
    """Return whether a line is a JSON value, so that the file has one a line."""
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return error.msg == "Extra data"
    except (RecursionError, ValueError):
        return True
    return True


def _objects(rows: Any, where: str) -> list[dict[str, Any]]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise _no_object(
                f"{where}: element {number} must be", row, "Write an array of objects."
            )
    if not rows:
        raise DatasetError(f"{where}: the file must have rows; it is empty. Name a file with data.")
    return list(rows)


def _of_one(text: str, place: str, where: str) -> list[dict[str, Any]]:
    """Return the rows of the only array of objects in an object, else the object as a row."""
    row = json_object(text, place)
    arrays = {name: one for name, one in row.items() if isinstance(one, list)}
    if len(arrays) == 1:
        (name, rows), *_ = arrays.items()
        if rows and all(isinstance(one, dict) for one in rows):
            logger.info("%s: the rows are the array `%s`.", where, name)
            return list(rows)
    return [row]


def _no_object(where: str, value: Any, advice: str) -> DatasetError:
    return DatasetError(
        f'{where} one JSON object such as {{"text": "…", "label": "…"}}; '
        f"got {type(value).__name__}. {advice}"
    )
