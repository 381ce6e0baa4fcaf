"""A recording that says one of a few known things: which of them, however faintly it was heard."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato.nn import CTCTargets, GreedyDecoder, ctc_loss, steps_needed
from ostinato.tasks.speech.averaged_frames import Scores

Floats = npt.NDArray[np.float32]
Symbols = tuple[int, ...]

MOST = 100  # different transcripts that count as keywords
LEAST_MEAN = 4  # recordings of each, on average
MOST_ALONE = 0.05  # share of the recordings of which no other says the same
COME_AGAIN = (
    2  # recordings of each transcript, on average, from which on they may be meant as keywords
)
DOUBT = 6.0
"""Nats by which anything else that was heard must be likelier than the best keyword: training had
nothing else, but a recording of the world may be silent, or say several."""


def keywords_of(transcripts: Sequence[str], *, given: bool | None = None) -> tuple[str, ...]:
    """Return the different transcripts if they are few and each comes often; else none.

    Args:
        transcripts: What is said in the training recordings.
        given: Whether they are such a set; none to see by them.

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
    """Return why transcripts that come again are no keywords; empty if they do not.

    Args:
        transcripts: What is said in recordings of which `keywords_of` finds no keywords.

    Example:
        >>> why_none(["yes", "no"] * 3)
        '2 different transcripts in 6 recordings are no keywords: each must be said 4 times on average'
    """
    counts = Counter(" ".join(text.split()) for text in transcripts if text.strip())
    total = sum(counts.values())
    if not 2 <= len(counts) <= MOST or total < COME_AGAIN * len(counts):
        return ""
    told = f"{len(counts)} different transcripts in {total} recordings are no keywords:"
    if total < LEAST_MEAN * len(counts):
        return f"{told} each must be said {LEAST_MEAN} times on average"
    alone = [text for text, count in counts.items() if count == 1]
    return f"{told} too many are said once, such as `{alone[0]}`"


@dataclass(frozen=True)
class Choice:
    """What a recording says, by the likelihood of each keyword.

    Args:
        symbols: Classes of what it says; empty for nothing.
        probabilities: How likely each keyword is, if it was one of them or what was heard freely.
        confidence: How likely ``symbols`` is.
    """

    symbols: Symbols
    probabilities: tuple[float, ...]
    confidence: float


def choose(log_probs: Floats, keywords: Sequence[Symbols], beside: Scores | None = None) -> Choice:
    """Return the likeliest keyword, or what was heard freely if that is far likelier.

    Args:
        log_probs: Log-probabilities of the classes at each step.
        keywords: Classes of each keyword; empty for silence.
        beside: What a linear model says of the recording, if one is joined.

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
    heard = tuple(place.symbol for place in places)
    texts, doubts = list(keywords), [0.0] * len(keywords)
    longest = max(map(len, texts))
    if len(heard) > 2 * longest + 2:  # far from any: a long recording of several
        return Choice(heard, (0.0,) * len(texts), 1.0)
    for other in (heard, ()):
        if other not in texts:
            texts.append(other)
            doubts.append(DOUBT)
    log_prob = log_likelihoods(log_probs, texts)
    if beside is not None:
        log_prob[: len(keywords)] = beside.join(log_prob[: len(keywords)])
    judged = log_prob - np.array(doubts)
    best = int(judged.argmax())
    if judged[best] == -math.inf:  # too short for any keyword, and for nothing else
        return Choice((), (0.0,) * len(keywords), 1.0)
    shares = np.exp(judged - np.logaddexp.reduce(judged))
    known = tuple(float(share) for share in shares[: len(keywords)])
    return Choice(texts[best], known, float(shares[best]))


def log_likelihoods(log_probs: Floats, texts: Sequence[Symbols]) -> npt.NDArray[np.float64]:
    """Return the log-likelihood of each text; minus infinity if it is too long.

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
