"""Sentences as Python users hand them over."""

from __future__ import annotations

from typing import Any

from ostinato._arrays import rows_of
from ostinato._errors import DatasetError, shown
from ostinato.tasks.inputs import string_of


def as_sentences(X: Any, where: str = "predict") -> list[list[str]]:
    """Return sentences as lists, checked to be lists of strings."""
    sentences = as_texts(X, where)
    for number, sentence in enumerate(sentences, start=1):
        if isinstance(sentence, str):
            raise DatasetError(
                f"{where}: sentence {number} must be a list of tokens; got the string "
                f"{shown(sentence, 20)}. Split it, or call predict_spans or predict_details for raw text."
            )
    return [list(sentence) for sentence in sentences]


def as_texts(X: Any, where: str = "predict") -> list[str | list[str]]:
    """Return raw texts as they are, and sentences as lists, checked to be lists of strings."""
    return [
        string_of(text, f"{where}: a text", number)
        if isinstance(text, str)
        else _tokens(text, f"{where}: sentence {number}")
        for number, text in enumerate(rows_of(X, where, "text"), start=1)
    ]


def _tokens(sentence: Any, where: str) -> list[str]:
    is_one = isinstance(sentence, bytes) or not hasattr(sentence, "__iter__")
    tokens = [sentence] if is_one else rows_of(sentence, where, "token")
    for token in tokens:
        if not isinstance(token, str):
            raise DatasetError(
                f"{where} must be of strings; got {type(token).__name__}. "
                "Leave it out, or turn it into a string."
            )
    return [str.__str__(token) for token in tokens]
