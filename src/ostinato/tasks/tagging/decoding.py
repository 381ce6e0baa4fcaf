"""Decode the scores of a tagger: tags and spans with confidence and character offsets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ostinato.data.batches import unpacked
from ostinato.datasets import SCHEMES, Scheme, Span
from ostinato.datasets.records import schemes
from ostinato.nn import Chain, Posterior, decode, posterior
from ostinato.ops import Layout
from ostinato.tasks.remarks import EMPTY
from ostinato.tasks.tagging.tags import Tags

Token = tuple[str, int, int]
"""A token, with the start and end of its characters in the text."""


@dataclass(frozen=True, eq=False)
class TaggingPrediction:
    """The tags of one sentence.

    Args:
        tags: Index of each token's tag, ``(tokens,)``.
        confidence: Marginal probability of each, ``(tokens,)``.
        spans: The spans that the tags encode.
        span_confidence: Probability of exactly that span, for each.
    """

    tags: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]
    spans: list[Span]
    span_confidence: list[float]


SMALLEST = 1e-300  # least divisor, for impossible tags

EMPTY_PREDICTION = TaggingPrediction(np.empty(0, np.int64), np.empty(0, np.float32), [], [])
"""The prediction for a sentence without tokens."""


def shifted(scores: Chain, outside: float) -> Chain:
    """Return the scores with a bias added to the emissions of the first tag, "no span".

    Example:
        >>> from ostinato.nn import CRF
        >>> scores = CRF(2)(torch.nn.utils.rnn.pack_sequence([torch.eye(2)]))
        >>> shifted(scores, -0.5).emissions.data.tolist()
        [[0.5, 0.0], [-0.5, 1.0]]
    """
    if not outside:
        return scores
    data = scores.emissions.data.clone()  # (places, tags)
    data[:, 0] += outside
    return scores._replace(emissions=scores.emissions._replace(data=data))


def answers_of(scores: Chain, tags: Tags, outside: float = 0.0) -> list[TaggingPrediction]:
    """Return the likeliest tags of each row of a packed batch, the longest row first.

    Args:
        scores: The scores.
        tags: The tag set.
        outside: Bias of "no span" when tags are decoded; probabilities are without it.

    The probability of a span is that of its tags in sequence, times that of not continuing after the
    last of them. In IOB1 a span may begin with either of two tags, whose probabilities add up.
    """
    packed = decode(shifted(scores, outside))
    path, chances = packed.data, posterior(scores)  # (places,), (places, tags)
    columns = [path, chances.of(path)]  # (places,) each
    if tags.scheme is not None:
        columns += _ways(chances, path, tags.classes, tags.scheme)
    rows = zip(*(unpacked(part.cpu(), packed.batch_sizes) for part in columns), strict=True)
    return [_answer(tags, *row) for row in rows]


def _ways(
    chances: Posterior, path: Tensor, classes: Sequence[str], scheme: Scheme
) -> Iterator[Tensor]:
    """Yield three ``(places,)`` columns for each tag that may begin a span of the type at a place.

    They are the probability that a span begins with that tag; and, given it one step before, those of
    the path's tag and of the span continuing. The last three also serve for a span's later tags.
    """
    layout = chances.layout
    inside = _of_type(classes, SCHEMES[scheme].inside).to(path.device)[path]  # (places,)
    ways = [(path, chances.of(path))]
    if (
        scheme == "IOB1"
    ):  # B begins a span right after one of its type, I any other; else I continues
        begin = _of_type(classes, "B").to(path.device)[path]  # (places,)
        goes_on = chances.of_pair(begin, inside) + chances.of_pair(inside, inside)  # (places,)
        goes_on[: layout.batch_size] = 0
        ways = [(begin, chances.of(begin)), (inside, chances.of(inside) - goes_on)]
    for first, begins in ways:
        given = _shifted(chances.of(first).clamp_min(SMALLEST), layout)  # (places,)
        yield begins
        for tag in (path, _shifted(inside, layout)):
            yield chances.of_pair(_shifted(first, layout), tag) / given


def _shifted(values: Tensor, layout: Layout) -> Tensor:
    """Return the value of the previous step at each place; at a row's first step, its own."""
    return torch.cat([values[: layout.batch_size], values.index_select(0, layout.previous)])


def _of_type(classes: Sequence[str], letter: str) -> Tensor:
    """Return, for each tag, the tag of its type with that letter, ``(tags,)``; else the first tag."""
    places = {tag: place for place, tag in enumerate(classes)}
    kinds = [schemes.split_tag(tag)[1] for tag in classes]
    return torch.tensor([places.get(f"{letter}-{k}" if k else letter, 0) for k in kinds])


def _answer(tags: Tags, path: Any, alone: Any, *ways: Any) -> TaggingPrediction:
    confidence = np.clip(alone, 0, 1).astype(np.float32)  # (tokens,)
    if not ways:
        return TaggingPrediction(path, confidence, [], [])
    spans = tags.spans(path)
    sure = np.zeros(len(spans))  # (spans,)
    later, leaves = ways[-2], 1 - np.append(ways[-1][1:], 0.0)
    for begins, second, goes_on in zip(ways[::3], ways[1::3], ways[2::3], strict=True):
        for number, (start, end, _) in enumerate(spans):
            chance = begins[start]
            if end > start + 1:
                chance *= second[start + 1] * later[start + 2 : end].prod() * leaves[end - 1]
            elif end < len(path):
                chance *= 1 - goes_on[end]
            sure[number] += chance
    return TaggingPrediction(path, confidence, spans, np.clip(sure, 0, 1).tolist())


def located(
    text: str | Sequence[str], cut: Callable[[str], list[Token]]
) -> tuple[str, list[Token]]:
    """Return a text and its tokens with character offsets; a list is joined by spaces.

    Args:
        text: A raw text, or the tokens of a sentence.
        cut: Tokenizes a raw text.

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


def described(
    text: str, tokens: Sequence[Token], answer: TaggingPrediction, tags: Tags
) -> dict[str, Any]:
    """Return a prediction ready for JSON: tokens with tags, and spans, with character offsets."""
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
    return found if tokens else {**found, "note": EMPTY}


def line_of(answer: dict[str, Any] | Any) -> str:
    """Return a prediction as one line: spans in brackets, or a tag after each token.

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
