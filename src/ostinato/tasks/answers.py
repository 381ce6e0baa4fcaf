"""What a tagger says of sentences, how sure it is, and where it stands in the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ostinato.datasets import SCHEMES, Span, schemes
from ostinato.nn import Chain, decode, posterior
from ostinato.tasks.tagging import unpacked
from ostinato.tasks.tags import Tags

Token = tuple[str, int, int]
"""A token, and where its characters begin and end in the text."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The tags of one sentence.

    Args:
        tags: Index of each token's tag, ``(tokens,)``.
        confidence: Probability of each, ``(tokens,)``.
        spans: The spans that they stand for.
        span_confidence: Probability of just that span, for each.
    """

    tags: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]
    spans: list[Span]
    span_confidence: list[float]


NOTHING = Answer(np.empty(0, np.int64), np.empty(0, np.float32), [], [])
"""The answer to a sentence without a token."""


def answers_of(scores: Chain, tags: Tags) -> list[Answer]:
    """Return the likeliest tags of each row of a packed batch, the longest row first.

    The probability of a span is that of its tags, one after another, times that of its not going
    on, given the last of them.
    """
    packed = decode(scores)
    path, chances = packed.data, posterior(scores)
    alone = chances.of(path)
    before = torch.cat([path[: chances.layout.batch_size], path[chances.layout.previous]])
    follows = chances.of_pair(before, path)
    goes_on = chances.of_pair(before, _inside(tags).to(path.device)[before])
    columns = (path, alone, follows, goes_on)
    rows = zip(*(unpacked(part.cpu(), packed.batch_sizes) for part in columns), strict=True)
    return [_answer(tags, *row) for row in rows]


def _inside(tags: Tags) -> torch.Tensor:
    """Return for each tag the one by which a span of its type goes on; itself if there is none."""
    places = {tag: place for place, tag in enumerate(tags.classes)}
    if tags.scheme is None:
        return torch.arange(len(places))
    letter = SCHEMES[tags.scheme].inside
    kinds = [schemes.split(tag)[1] for tag in tags.classes]
    return torch.tensor([places.get(f"{letter}-{k}" if k else letter, 0) for k in kinds])


def _answer(tags: Tags, path: Any, alone: Any, follows: Any, goes_on: Any) -> Answer:
    spans = tags.spans(path) if tags.are_spans else []
    given = follows[1:] / np.maximum(alone[:-1], 1e-300)  # each tag, given the one before it
    leave = 1 - np.append(goes_on[1:] / np.maximum(alone[:-1], 1e-300), 0.0)
    sure = [
        alone[span.start] * given[span.start : span.end - 1].prod() * leave[span.end - 1]
        for span in spans
    ]
    confidence = np.clip(alone, 0, 1).astype(np.float32)
    return Answer(path, confidence, spans, np.clip(sure, 0, 1).tolist())


def located(
    text: str | Sequence[str], cut: Callable[[str], list[Token]]
) -> tuple[str, list[Token]]:
    """Return a text and its tokens with their places; a list of tokens is joined by spaces.

    Args:
        text: A raw text, or the tokens of a sentence.
        cut: Cuts a raw text.

    Example:
        >>> located(["Hi", "!"], lambda text: [])
        ('Hi !', [('Hi', 0, 2), ('!', 3, 4)])
    """
    if isinstance(text, str):
        return text, [(text[a:b], a, b) for _, a, b in cut(text) if not text[a:b].isspace()]
    tokens, place = [], 0
    for token in text:
        tokens.append((token, place, place + len(token)))
        place += len(token) + 1
    return " ".join(text), tokens


def described(text: str, tokens: Sequence[Token], answer: Answer, tags: Tags) -> dict[str, Any]:
    """Return an answer ready for JSON: tokens with their tags, and spans, by characters."""
    names = tags.decode([answer.tags])[0]
    found: dict[str, Any] = {
        "text": text,
        "tokens": [
            {"text": token, "start": start, "end": end, "tag": tag, "confidence": float(sure)}
            for (token, start, end), tag, sure in zip(tokens, names, answer.confidence, strict=True)
        ],
    }
    if tags.are_spans:
        found["spans"] = [
            {
                "text": text[tokens[span.start][1] : tokens[span.end - 1][2]],
                "start": tokens[span.start][1],
                "end": tokens[span.end - 1][2],
                "type": span.type,
                "confidence": float(sure),
            }
            for span, sure in zip(answer.spans, answer.span_confidence, strict=True)
        ]
    return found


def line_of(answer: dict[str, Any] | Any) -> str:
    """Return an answer as a line: spans in brackets, or a tag after each token.

    Example:
        >>> spans = [{"start": 0, "end": 4, "type": "PER"}]
        >>> line_of({"text": "Anna sings.", "spans": spans})
        '[Anna PER] sings.'
        >>> line_of({"text": "Hi", "tokens": [{"text": "Hi", "tag": "INTJ"}]})
        'Hi/INTJ'
    """
    if "spans" not in answer:
        return " ".join(f"{token['text']}/{token['tag']}" for token in answer["tokens"])
    parts, done = [], 0
    for span in answer["spans"]:
        start, end = span["start"], span["end"]
        parts += [answer["text"][done:start], f"[{answer['text'][start:end]} {span['type']}]"]
        done = end
    return " ".join("".join([*parts, answer["text"][done:]]).split())
