"""Decode log-probabilities to transcripts: words with times and confidence, and alternatives."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ostinato._arrays import Float32s
from ostinato._config import check_range
from ostinato._errors import ConfigError, shown
from ostinato.nn import AlignedSymbol, GreedyDecoder, Hypothesis, align, beam_search
from ostinato.tasks.speech.alphabet import FIRST_OF_HAN, Alphabet
from ostinato.tasks.speech.averaged_frames import Scores
from ostinato.tasks.speech.keywords import choose

LanguageModel = Callable[[str], float]
"""Log-probability, in nats, that a text begins like this; called for every prefix of the search."""

HOT_WORD_BONUS = 3.0  # nats added for a hot word, by default


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """Settings of decoding.

    Args:
        beam_width: Hypotheses kept at each step; 1 for greedy decoding.
        n_best: Hypotheses returned.
        hot_words: Words to expect, with the nats added to the score for each.
        language_model: Scores prefixes of texts (shallow fusion).
        threshold: Words and keywords of lower confidence are left out.

    Raises:
        ConfigError: A number is outside its rule.

    Example:
        >>> Decoding(beam_width=16, n_best=3).is_greedy
        False
    """

    beam_width: int = 1
    n_best: int = 1
    hot_words: Mapping[str, float] = field(default_factory=dict)
    language_model: LanguageModel | None = None
    threshold: float = 0.0

    def __post_init__(self) -> None:
        check_range("Decoding", "threshold", self.threshold, low=0, below=1)
        for name in ("beam_width", "n_best"):
            value = getattr(self, name)
            if not isinstance(value, int):
                raise ConfigError(f"Decoding: {name} must be a whole number; got {shown(value)}.")
            check_range("Decoding", name, value, low=1)

    @property
    def is_greedy(self) -> bool:
        """Whether decoding is greedy, without alternatives."""
        return self.n_best == 1 and not self.is_search

    @property
    def is_search(self) -> bool:
        """Whether decoding is by beam search, not greedy or over keywords."""
        return self.beam_width > 1 or bool(self.hot_words) or self.language_model is not None

    def search(self, log_probs: Float32s, alphabet: Alphabet) -> list[Hypothesis]:
        """Return the best hypotheses, the best first."""
        has_worth = bool(self.hot_words) or self.language_model is not None

        def worth(symbols: tuple[int, ...], *, is_whole: bool = False) -> float:
            text = alphabet.decode(symbols)
            score = 0.0 if self.language_model is None else self.language_model(text)
            return score + hot_worth(text, self.hot_words, is_whole=is_whole)

        return beam_search(
            log_probs,
            beam_width=max(self.beam_width, self.n_best, 16 if has_worth else 1),
            score=worth if has_worth else None,
            final_score=functools.partial(worth, is_whole=True) if has_worth else None,
        )[: self.n_best]


def hot_worth(text: str, hot_words: Mapping[str, float], *, is_whole: bool = False) -> float:
    """Return the nats that hot words add to the score of a text; for a begun one, a share.

    Args:
        text: A prefix of a text.
        hot_words: Words or phrases, with the nats of each. Where words are not separated by spaces, as
            in Chinese, they are found anywhere.
        is_whole: Whether the text ends here, so that a begun word does not count.

    Example:
        >>> hot_worth("call anna", {"anna": 4.0}), hot_worth("call an", {"anna": 4.0})
        (4.0, 2.0)
    """
    padded, total, begun = f" {text}", 0.0, [0.0]
    for word, worth in hot_words.items():
        start = "" if word[:1] >= FIRST_OF_HAN else " "
        end = "" if word[-1:] >= FIRST_OF_HAN else r"(?=\s|$)"
        total += worth * len(re.findall(re.escape(start + word) + end, padded))
        if not is_whole and not padded.endswith(start + word):
            shares = [
                k
                for k in range(1, min(len(word), len(padded)))
                if padded.endswith(start + word[:k])
            ]
            begun.append(worth * max(shares, default=0) / len(word))
    return total + max(begun, key=abs)


def places_of(
    log_probs: Float32s, alphabet: Alphabet, decoding: Decoding
) -> tuple[list[AlignedSymbol], list[Hypothesis]]:
    """Return the decoded symbols with their steps, and the hypotheses; none if greedy.

    Args:
        log_probs: Log-probabilities of the classes at each step.
        alphabet: The symbols.
        decoding: How to search.

    Shape:
        log_probs: ``(steps, classes)``.
    """
    if decoding.is_greedy:
        greedy = GreedyDecoder()
        return greedy.push(log_probs) + greedy.finish(), []
    found = decoding.search(log_probs, alphabet)
    return align(log_probs, found[0].symbols), found


def words_of(
    places: Sequence[AlignedSymbol],
    alphabet: Alphabet,
    step: float,
    end: float = math.inf,
    *,
    delay: float = 0.0,
) -> list[dict[str, Any]]:
    """Return words with ``start`` and ``end`` in seconds and ``confidence``, ready for JSON.

    The confidence is the product of those of its symbols: the chance that all are right, if they
    were right or wrong independently.

    Args:
        places: Symbols with their steps.
        alphabet: The symbols.
        step: Seconds from one step to the next.
        end: Length of the recording in seconds.
        delay: Seconds of right context (lookahead) of the network.

    Example:
        >>> places = [AlignedSymbol(2, 3, 4, 0.5), AlignedSymbol(1, 4, 5, 1.0), AlignedSymbol(3, 6, 8, 1.0)]
        >>> [(w["word"], w["start"], w["confidence"]) for w in
        ...  words_of(places, Alphabet((" ", "a", "b"), "character"), step=0.25)]
        [('a', 0.75, 0.5), ('b', 1.5, 1.0)]
    """
    groups: list[list[AlignedSymbol]] = [[]]
    for place in places:
        if place.symbol == alphabet.separator:
            groups.append([])
        elif alphabet.unit == "word":
            groups.append([place])
        else:
            groups[-1].append(place)
    return [
        {
            "word": alphabet.decode([place.symbol for place in group]),
            "start": round(min(group[0].start * step + delay, end), 3),
            "end": round(min(group[-1].end * step + delay, end), 3),
            "confidence": math.prod(place.confidence for place in group),
        }
        for group in groups
        if group
    ]


def answer_of(
    log_probs: Float32s,
    alphabet: Alphabet,
    decoding: Decoding,
    *,
    step: float,
    seconds: float,
    beside: Scores | None = None,
    delay: float = 0.0,
) -> dict[str, Any]:
    """Return the transcript of a recording: ``text``, ``confidence``, ``seconds``, ``words``.

    With ``n_best`` above 1, ``alternatives`` has the text and the probability of each hypothesis; those
    that differ by leading, trailing or doubled spaces are one, so there may be fewer. With keywords
    these are the alternatives, unless a beam search is asked for.

    Args:
        log_probs: Log-probabilities of the classes at each step.
        alphabet: The symbols.
        decoding: How to search.
        step: Seconds from one step to the next.
        seconds: Length of the recording.
        beside: Scores of the keywords by a linear model, if one is joined.
        delay: Seconds of right context (lookahead) of the network.

    Shape:
        log_probs: ``(steps, classes)``.
    """
    where = {"step": step, "seconds": seconds, "delay": delay}
    if alphabet.keywords and not decoding.is_search:
        return _keyword(log_probs, alphabet, decoding, beside, **where)
    places, found = places_of(log_probs, alphabet, decoding)
    log_silence = float(np.cumsum(log_probs[:, 0], dtype=np.float64)[-1])
    answer = transcription(
        places, alphabet, log_silence=log_silence, threshold=decoding.threshold, **where
    )
    if decoding.n_best > 1:
        chances: dict[str, float] = {}
        for one in found:
            text = alphabet.decode(one.symbols)
            chances[text] = chances.get(text, 0.0) + math.exp(one.log_prob)
        answer["alternatives"] = _alternatives(chances)
    return answer


def _keyword(
    log_probs: Float32s,
    alphabet: Alphabet,
    decoding: Decoding,
    beside: Scores | None,
    **where: float,
) -> dict[str, Any]:
    """Return the likeliest keyword; an empty text if its confidence is below the threshold."""
    choice = choose(log_probs, alphabet.keyword_symbols, beside)
    is_sure = choice.confidence >= decoding.threshold
    places = align(log_probs, choice.symbols) if is_sure else []
    answer = transcription(places, alphabet, **where) | {"confidence": choice.confidence}
    for word in answer["words"]:  # the confidence of both models together
        word["confidence"] = choice.confidence
    if decoding.n_best > 1:
        chances = dict(zip(alphabet.keywords, choice.probabilities, strict=True))
        best = sorted(chances.items(), key=lambda one: -one[1])[: decoding.n_best]
        answer["alternatives"] = _alternatives(dict(best))
    return answer


def _alternatives(chances: Mapping[str, float]) -> list[dict[str, Any]]:
    return [{"text": text, "probability": chance} for text, chance in chances.items()]


def transcription(
    places: Sequence[AlignedSymbol],
    alphabet: Alphabet,
    *,
    step: float,
    seconds: float,
    delay: float = 0.0,
    log_silence: float = 0.0,
    threshold: float = 0.0,
) -> dict[str, Any]:
    """Return aligned symbols in the form of :func:`answer_of`.

    Args:
        places: Symbols with their steps.
        alphabet: The symbols.
        step: Seconds from one step to the next.
        seconds: Length of the recording.
        delay: Seconds of right context (lookahead) of the network.
        log_silence: Log-probability of silence, whose exponential is the confidence of an empty text.
        threshold: Words of lower confidence are left out.

    Example:
        >>> transcription([AlignedSymbol(1, 0, 1, 0.5)], Alphabet(("a",), "character"), step=0.02, seconds=1.0)["text"]
        'a'
    """
    found_words = words_of(places, alphabet, step, seconds, delay=delay)
    words = [word for word in found_words if word["confidence"] >= threshold]
    return {
        "text": alphabet.decode([place.symbol for place in places])
        if len(words) == len(found_words)
        else " ".join(word["word"] for word in words),
        "confidence": math.prod(word["confidence"] for word in words)
        if words
        else math.exp(log_silence),
        "seconds": round(seconds, 3),
        "words": words,
    }
