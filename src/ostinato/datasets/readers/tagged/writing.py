"""What a tagger says, in the files of annotation tools: columns, doccano and Label Studio."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ostinato._errors import ConfigError, DatasetError, shown

logger = logging.getLogger("ostinato")

Answer = Mapping[str, Any]
"""A text, its tokens with a tag each, and its spans by characters, as `SequenceTagger.predict_details` has them."""


def conll(answers: Iterable[Answer]) -> Iterator[str]:
    r"""Yield the lines of a file of columns: a token and its tag, empty after a sentence.

    A sentence without a token has no line, which is logged.

    Args:
        answers: What a tagger says.

    Raises:
        DatasetError: A token has a tab or a line break in it.

    Example:
        >>> list(conll([{"tokens": [{"text": "Anna", "tag": "B-PER"}]}]))
        ['Anna\tB-PER', '']
    """
    empty = 0
    for number, answer in enumerate(answers, 1):
        for token in answer["tokens"]:
            text = token["text"]
            if any(sign in text for sign in "\t\n\r"):
                raise DatasetError(
                    f"predict: sentence {number}: a token in a file of columns must have no tab and no "
                    f"line break; got {shown(text, 40)}. Take --format doccano."
                )
            yield f"{text}\t{token['tag']}"
        if answer["tokens"]:
            yield ""
        else:
            empty += 1
    if empty:
        logger.warning("predict: %d sentences have no token, and no line.", empty)


def doccano(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield the lines of a JSON Lines file that doccano imports: a text and its spans.

    Args:
        answers: What a tagger says.

    Raises:
        ConfigError: Its tags are not of spans.

    Example:
        >>> spans = [{"start": 0, "end": 4, "type": "PER", "confidence": 0.9}]
        >>> list(doccano([{"text": "Anna sings", "spans": spans}]))
        ['{"text": "Anna sings", "label": [[0, 4, "PER"]]}']
    """
    for answer in answers:
        spans = [[span["start"], span["end"], span["type"]] for span in _spans(answer, "doccano")]
        yield _json({"text": answer["text"], "label": spans})


def label_studio(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield the lines of a JSON file that Label Studio imports: tasks with predictions.

    The labelling interface is one with ``<Labels name="label" toName="text">``.

    Args:
        answers: What a tagger says.

    Raises:
        ConfigError: Its tags are not of spans.

    Example:
        >>> lines = list(label_studio([{"text": "Anna sings", "spans": []}]))
        >>> json.loads("".join(lines))[0]["data"]
        {'text': 'Anna sings'}
    """
    yield "["
    last = None
    for answer in answers:
        if last is not None:
            yield f"{last},"
        last = _json(_task(answer))
    if last is not None:
        yield last
    yield "]"


FORMATS: dict[str, Callable[[Iterable[Answer]], Iterator[str]]] = {
    "conll": conll,
    "doccano": doccano,
    "label-studio": label_studio,
}
"""The lines of a file, by its format."""


def _task(answer: Answer) -> dict[str, Any]:
    text, results = answer["text"], []
    for number, span in enumerate(_spans(answer, "label-studio"), 1):
        start, end = span["start"], span["end"]
        value = {"start": start, "end": end, "text": text[start:end], "labels": [span["type"]]}
        named = {"id": str(number), "from_name": "label", "to_name": "text", "type": "labels"}
        results.append({**named, "score": span["confidence"], "value": value})
    score = min((result["score"] for result in results), default=1.0)
    prediction = {"model_version": "ostinato", "score": score, "result": results}
    return {"data": {"text": text}, "predictions": [prediction]}


def _spans(answer: Answer, name: str) -> Iterable[Mapping[str, Any]]:
    if "spans" not in answer:
        raise ConfigError(
            f"predict: --format {name} is for spans; the tags of this tagger are of words. Take "
            "--format conll."
        )
    found: Iterable[Mapping[str, Any]] = answer["spans"]
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
