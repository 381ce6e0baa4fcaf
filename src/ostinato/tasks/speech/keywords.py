"""Keyword spotting: choose among a closed set of transcripts by their CTC likelihoods."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato._arrays import Float32s
from ostinato.nn import CTCTargets, GreedyDecoder, ctc_loss, steps_needed
from ostinato.tasks.speech.averaged_frames import Scores

Symbols = tuple[int, ...]

MOST = 100  # different transcripts that count as keywords
LEAST_MEAN = 4  # recordings of each, on average
MOST_ALONE = 0.05  # share of recordings whose transcript occurs once, at most
COME_AGAIN = (
    2  # recordings of each transcript, on average, from which on they may be meant as keywords
)
DOUBT = 6.0
"""Nats by which other text must be likelier than the best keyword: training had keywords alone, but
real recordings may be silent or have several."""


def keywords_of(transcripts: Sequence[str], *, given: bool | None = None) -> tuple[str, ...]:
    """Return the distinct transcripts if they are few and frequent; else none.

    Args:
        transcripts: Those of the training recordings.
        given: Whether they are keywords; None to decide by their counts.

    Example:
        >>> keywords_of(["yes", "no", "no", "yes"] * 2), keywords_of(["good day", "bye", "good bye"])
        (('no', 'yes'), ())
    """
    counts = Counter(" ".join(text.split()) for text in transcripts)
    spoken = {text: count for text, count in counts.items() if text}
    is_closed = (
        2 <= len(counts) <= MOST
        and len(spoken) > 0
        and sum(spoken.values()) >= LEAST_MEAN * len(spoken)
        and sum(count == 1 for count in spoken.values()) <= MOST_ALONE * sum(spoken.values())
    )
    are_keywords = is_closed if given is None else given
    return tuple(sorted(counts)) if are_keywords else ()


def why_none(transcripts: Sequence[str]) -> str:
    """Return why repeated transcripts are no keywords; empty if they do not repeat.

    Args:
        transcripts: Transcripts in which `keywords_of` finds no keywords.

    Example:
        >>> why_none(["yes", "no"] * 3)
        '2 different transcripts in 6 recordings are no keywords: each must be said 4 times on average'
    """
    counts = Counter(" ".join(text.split()) for text in transcripts if text.strip())
    total = sum(counts.values())
    if not 2 <= len(counts) <= MOST or total < COME_AGAIN * len(counts):
        return ""
    found = f"{len(counts)} different transcripts in {total} recordings are no keywords:"
    if total < LEAST_MEAN * len(counts):
        return f"{found} each must be said {LEAST_MEAN} times on average"
    alone = [text for text, count in counts.items() if count == 1]
    return f"{found} too many are said once, such as `{alone[0]}`"


@dataclass(frozen=True)
class Choice:
    """The decoded keyword of a recording, by the likelihood of each.

    Args:
        symbols: Classes of the transcript; empty for silence.
        probabilities: Of each keyword, normalised over keywords, greedy decoding and silence.
        confidence: Probability of ``symbols``.
    """

    symbols: Symbols
    probabilities: tuple[float, ...]
    confidence: float


def choose(
    log_probs: Float32s, keywords: Sequence[Symbols], beside: Scores | None = None
) -> Choice:
    """Return the likeliest keyword, or the greedy transcript if that is far likelier.

    Args:
        log_probs: Log-probabilities of the classes at each step.
        keywords: Classes of each keyword; empty for silence.
        beside: Scores of the keywords by a linear model, if one is joined.

    Shape:
        log_probs: ``(steps, classes)``.

    Example:
        >>> steps = np.log(np.array([[0.8, 0.15, 0.05], [0.7, 0.2, 0.1]], np.float32))
        >>> choice = choose(steps, [(1,), (2,)])
        >>> choice.symbols, [round(share, 2) for share in choice.probabilities]
        ((1,), [0.71, 0.29])
    """
    greedy = GreedyDecoder()
    places = greedy.push(log_probs) + greedy.finish()
    symbols = tuple(place.symbol for place in places)
    texts, doubts = list(keywords), [0.0] * len(keywords)
    longest = max(map(len, texts))
    if len(symbols) > 2 * longest + 2:  # far from any: a long recording of several
        return Choice(symbols, (0.0,) * len(texts), 1.0)
    for other in (symbols, ()):
        if other not in texts:
            texts.append(other)
            doubts.append(DOUBT)
    log_prob = log_likelihoods(log_probs, texts)  # (texts,)
    if beside is not None:
        log_prob[: len(keywords)] = beside.join(log_prob[: len(keywords)])
    scores = log_prob - np.array(doubts)
    best = int(scores.argmax())
    if scores[best] == -math.inf:  # too short for any keyword, and for nothing else
        return Choice((), (0.0,) * len(keywords), 1.0)
    shares = np.exp(scores - np.logaddexp.reduce(scores))
    known = tuple(float(share) for share in shares[: len(keywords)])
    return Choice(texts[best], known, float(shares[best]))


def log_likelihoods(log_probs: Float32s, texts: Sequence[Symbols]) -> npt.NDArray[np.float64]:
    """Return the log-likelihood of each text, ``(texts,)``; -inf if it is too long.

    Args:
        log_probs: Log-probabilities of the classes at each step.
        texts: Their symbols.

    Shape:
        log_probs: ``(steps, classes)``.

    Example:
        >>> log_likelihoods(np.log(np.array([[0.4, 0.6]], np.float32)), [(), (1,), (1, 1)]).round(2)
        array([-0.92, -0.51,  -inf])
    """
    targets = CTCTargets(
        torch.tensor([symbol for text in texts for symbol in text], dtype=torch.int64),
        torch.tensor([len(text) for text in texts]),
    )
    steps = torch.from_numpy(np.ascontiguousarray(log_probs))
    found = -ctc_loss(pack_sequence([steps] * len(texts)), targets).double().numpy()
    found[steps_needed(targets).numpy() > len(steps)] = -np.inf
    return found
