"""Decode CTC: greedily or by prefix beam search; and align symbols with steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ostinato._config import check_range
from ostinato._errors import ShapeError

Floats = npt.NDArray[np.floating]
Symbols = tuple[int, ...]
Score = Callable[[Symbols], float]
"""Log-score added to a prefix, as by a language model; called once a prefix, the empty one too."""

LEAST = 1e-3  # probability below which the search does not extend by a symbol, by default


class AlignedSymbol(NamedTuple):
    """A symbol and the steps it is aligned with.

    Args:
        symbol: Its class, from 1 on.
        start: First step.
        end: The step after the last.
        confidence: Its highest probability in these steps.
    """

    symbol: int
    start: int
    end: int
    confidence: float


@dataclass(frozen=True)
class Hypothesis:
    """A candidate transcript.

    Args:
        symbols: Classes from 1 on.
        log_prob: Log of their probability, summed over the paths in the beam.
        score: ``log_prob`` plus the score of the symbols.
    """

    symbols: Symbols
    log_prob: float
    score: float


class GreedyDecoder:
    """Greedy (best path) decoding, in chunks of any size.

    Example:
        >>> greedy = GreedyDecoder()
        >>> steps = np.log(np.array([[0.1, 0.9], [0.3, 0.7], [0.8, 0.2], [0.4, 0.6]]))
        >>> [place.symbol for place in greedy.push(steps[:3]) + greedy.push(steps[3:]) + greedy.finish()]
        [1, 1]
    """

    def __init__(self) -> None:
        self._step = 0
        self._open: AlignedSymbol | None = None
        self.log_silence = 0.0
        """Log of the probability of blanks alone so far."""

    @property
    def pending(self) -> AlignedSymbol | None:
        """The symbol of the last step, which may continue."""
        return self._open

    def push(self, log_probs: Floats) -> list[AlignedSymbol]:
        """Take the next steps and return the symbols that have ended.

        Shape:
            log_probs: ``(steps, classes)``.
        """
        if not len(log_probs):
            return []
        best = log_probs.argmax(axis=1)  # (steps,)
        sure = np.exp(log_probs.max(axis=1))  # (steps,)
        cuts = np.flatnonzero(np.diff(best, prepend=-1)).tolist()
        ended = []
        for start, end in zip(cuts, [*cuts[1:], len(best)], strict=True):
            symbol, confidence = int(best[start]), float(sure[start:end].max())
            if self._open is not None and self._open.symbol == symbol:
                confidence = max(confidence, self._open.confidence)
                self._open = self._open._replace(end=self._step + end, confidence=confidence)
                continue
            ended += self.finish()
            if symbol:
                self._open = AlignedSymbol(symbol, self._step + start, self._step + end, confidence)
        self._step += len(best)
        quiet = np.concatenate([[self.log_silence], log_probs[:, 0].astype(np.float64)])
        self.log_silence = float(
            np.cumsum(quiet)[-1]
        )  # in order, so that chunks do not change the bits
        return ended

    def finish(self) -> list[AlignedSymbol]:
        """Return the symbol that was still open at the end, if any."""
        ended = [] if self._open is None else [self._open]
        self._open = None
        return ended


def beam_search(
    log_probs: Floats,
    *,
    beam_width: int = 16,
    least: float = LEAST,
    score: Score | None = None,
    final_score: Score | None = None,
) -> list[Hypothesis]:
    """Return the best hypotheses, the best first.

    With a wide enough beam and ``least=0`` their probabilities are exact; else they are lower bounds,
    as paths were pruned.

    Args:
        log_probs: Log-probabilities of the classes at each step.
        beam_width: Hypotheses kept at each step.
        least: No prefix is extended by a symbol less likely than this at a step.
        score: Log-score added to prefixes, as by hot words or a language model.
        final_score: The same for complete hypotheses, where it differs.

    Shape:
        log_probs: ``(steps, classes)``.

    Raises:
        ConfigError: ``beam_width`` is below 1.
        ShapeError: ``log_probs`` does not have two dimensions.

    Example:
        >>> steps = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))
        >>> [(best.symbols, round(math.exp(best.log_prob), 2)) for best in beam_search(steps)]
        [((1,), 0.64), ((), 0.36)]

    Source: Hannun et al. 2014, https://arxiv.org/abs/1408.2873, algorithm 1; Graves and Jaitly 2014,
    https://proceedings.mlr.press/v32/graves14.html, algorithm 1.
    """
    check_range("beam_search", "beam_width", beam_width, low=1)
    if np.ndim(log_probs) != 2:
        raise ShapeError(
            f"beam_search: log_probs must be (steps, classes); got shape {np.shape(log_probs)}."
        )
    tree = _Prefixes(score)
    beams: dict[int, tuple[float, float]] = {0: (1.0, 0.0)}
    scale = 0.0
    probs = np.exp(np.asarray(log_probs, np.float64))  # (steps, classes)
    for step in probs:
        beams = _advanced(beams, step, least, tree)
        if len(beams) > beam_width:
            kept = sorted(beams, key=lambda node: -tree.rank(node, sum(beams[node])))
            beams = {node: beams[node] for node in kept[:beam_width]}
        total = math.fsum(blank + other for blank, other in beams.values())
        scale += math.log(total)
        beams = {node: (blank / total, other / total) for node, (blank, other) in beams.items()}
    found = []
    for node, (blank, other) in beams.items():
        if blank + other > 0:
            log_prob = math.log(blank + other) + scale
            symbols = tree.symbols(node)
            worth = tree.worth[node] if final_score is None else final_score(symbols)
            found.append(Hypothesis(symbols, log_prob, log_prob + worth))
    return sorted(found, key=lambda one: -one.score)


class _Prefixes:
    """The tree (trie) of prefixes in the search; node 0 is the empty one."""

    def __init__(self, score: Score | None) -> None:
        self.last = [0]
        self.parent = [-1]
        self.score = score
        self.worth = [0.0 if score is None else score(())]
        self._children: dict[tuple[int, int], int] = {}

    def child(self, node: int, symbol: int) -> int:
        key = (node, symbol)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = len(self.last)
            self.last.append(symbol)
            self.parent.append(node)
            self.worth.append(0.0 if self.score is None else self.score(self.symbols(found)))
        return found

    def rank(self, node: int, prob: float) -> float:
        """Return the key that prefixes are sorted by: probability, or its log plus the score."""
        if self.score is None:
            return prob
        return math.log(prob) + self.worth[node] if prob else -math.inf

    def symbols(self, node: int) -> Symbols:
        symbols = []
        while node:
            symbols.append(self.last[node])
            node = self.parent[node]
        return tuple(symbols[::-1])


def _advanced(
    beams: dict[int, tuple[float, float]], step: Floats, least: float, tree: _Prefixes
) -> dict[int, tuple[float, float]]:
    """Return the prefixes after one more step: node to (ending in blank, not ending in blank)."""
    tried = [(int(s), float(step[s])) for s in np.flatnonzero(step[1:] >= least) + 1]
    row = step.tolist()
    quiet = row[0]
    last = tree.last
    after: dict[int, tuple[float, float]] = {}
    for node, (blank, other) in beams.items():
        total, end = blank + other, last[node]
        again = other * row[end] if end else 0.0
        old = after.get(node, (0.0, 0.0))
        after[node] = (old[0] + total * quiet, old[1] + again)
        for symbol, prob in tried:
            gain = (blank if symbol == end else total) * prob
            if gain:
                child = tree.child(node, symbol)
                old = after.get(child, (0.0, 0.0))
                after[child] = (old[0], old[1] + gain)
    return after


def align(log_probs: Floats, symbols: Sequence[int]) -> list[AlignedSymbol]:
    """Return the steps of each symbol on the likeliest path (forced alignment).

    Args:
        log_probs: Log-probabilities of the classes at each step.
        symbols: Classes from 1 on.

    Shape:
        log_probs: ``(steps, classes)``.

    Raises:
        ShapeError: There are fewer steps than the symbols need.

    Example:
        >>> steps = np.log(np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.9, 0.1]]))
        >>> [(place.start, place.end) for place in align(steps, [1])]
        [(1, 3)]
    """
    if not len(symbols):
        return []
    repeats = sum(a == b for a, b in itertools.pairwise(symbols))
    if len(log_probs) < len(symbols) + repeats:
        raise ShapeError(
            f"align: {len(symbols)} symbols need more than {len(log_probs)} steps. "
            "Subsample less, or leave them out."
        )
    states = np.zeros(2 * len(symbols) + 1, np.int64)  # (states,): blanks between symbols
    states[1::2] = symbols
    may_skip = np.zeros(len(states), bool)
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    emitted = np.asarray(log_probs, np.float64)[:, states]  # (steps, states)
    came_from = np.zeros(emitted.shape, np.int8)  # (steps, states)
    best = np.full(len(states), -np.inf)  # (states,)
    best[:2] = emitted[0, :2]
    for step in range(1, len(emitted)):
        one = np.concatenate([[-np.inf], best[:-1]])
        two = np.where(may_skip, np.concatenate([[-np.inf] * 2, best[:-2]]), -np.inf)
        ways = np.stack([best, one, two])  # (3, states)
        came_from[step] = ways.argmax(axis=0)
        best = ways.max(axis=0) + emitted[step]
    state = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    path = np.empty(len(emitted), np.int64)  # (steps,)
    for step in range(len(emitted) - 1, -1, -1):
        path[step] = state
        state -= int(came_from[step, state])
    places = []
    for number, symbol in enumerate(symbols):
        steps = np.flatnonzero(path == 2 * number + 1)
        confidence = float(np.exp(log_probs[steps, symbol].max()))
        places.append(AlignedSymbol(int(symbol), int(steps[0]), int(steps[-1]) + 1, confidence))
    return places
