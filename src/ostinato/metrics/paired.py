"""Whether two models differ on the same examples: exact and randomised tests, and intervals.

A figure such as accuracy, F1 or a word error rate is a function of sums over examples. With what each
example adds to them, a :class:`Tally`, every figure is tested in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import bdtr

from ostinato._arrays import Float64s, Int64s
from ostinato._errors import ShapeError
from ostinato.metrics.classification import wilson_interval

FEWEST = 6
"""Examples below which nothing is tested: of 5, no result is rarer by luck than 1 in 16."""

DRAWS, SWAPS = 2000, 9999
INTERVAL = 0.95
MOST_AT_ONCE = 2**22  # numbers that are drawn together
SPARSE = 0.02  # share of numbers other than 0, below which they are multiplied alone

Of = Callable[[Float64s], Float64s]
"""A figure as a function of sums, ``(..., columns)`` to ``(...)``."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """What each example adds to the sums of which the figures of a model are functions.

    Args:
        outcome: Which row of ``counts`` each example is.
        counts: What an example with each outcome adds.
        figures: By name, functions of the sums; the main one first.
        binary: Those of which each example is either right or wrong.
        examples: A checksum of the examples and their right answers; empty where only the data know.
        units: By name, checksums of what figures are divided by that the examples do not tell.

    Shape:
        outcome: ``(n,)``, int64.
        counts: ``(outcomes, columns)``.

    Example:
        >>> accuracy = {"accuracy": lambda sums: sums[..., 0] / sums[..., 1]}
        >>> tally = Tally.of([[1, 1], [1, 1], [0, 1]], accuracy)
        >>> round(tally.value("accuracy"), 4), len(tally.counts)
        (0.6667, 2)
    """

    outcome: Int64s
    counts: Float64s
    figures: Mapping[str, Of]
    binary: Collection[str] = ()
    examples: str = ""
    units: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(
        rows: ArrayLike,
        figures: Mapping[str, Of],
        *,
        binary: Collection[str] = (),
        examples: str = "",
        units: Mapping[str, str] | None = None,
    ) -> Tally:
        """Return the tally of what each example adds, ``(n, columns)``."""
        counts, outcome = np.unique(np.asarray(rows, np.float64), axis=0, return_inverse=True)
        return Tally(
            outcome=outcome.reshape(-1).astype(np.int64),
            counts=counts,
            figures=figures,
            binary=binary,
            examples=examples,
            units=units or {},
        )

    def __len__(self) -> int:
        return len(self.outcome)

    def value(self, name: str) -> float:
        """Return a figure of all examples."""
        size = np.bincount(self.outcome, minlength=len(self.counts))
        return float(self.figures[name](size @ self.counts))

    def interval(self, name: str, *, seed: int = 0) -> tuple[float, float] | None:
        """Return the 95 percent interval of a figure; None where none is known.

        That is of too few examples, and where all draws agree, as of a model without a mistake.

        Of a share of right examples it is Wilson's, of other figures the percentiles of 2,000 draws
        of as many examples.

        Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953; Efron and Tibshirani
        1993, https://doi.org/10.1201/9780429246593.
        """
        if len(self) < FEWEST:
            return None
        if name in self.binary:
            share, count = np.array([self.value(name)]), np.array([len(self)])
            low, high = wilson_interval(share, count)
            return float(low[0]), float(high[0])
        size = np.bincount(self.outcome, minlength=len(self.counts))
        counts = _compact(self.counts)
        drawn = [self.figures[name](draw @ counts) for draw in _draws(size, seed)]
        return _percentiles(np.concatenate(drawn))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """By how much a figure of one model is above that of another, on the same examples.

    Args:
        value: The difference.
        low: Lower end of its 95 percent interval; None of too few examples, and where all draws agree.
        high: The upper end.
        p: How often models that are alike would differ by as much; None of too few examples, and of a
            figure that is no number.
        test: By which test: McNemar's, or random swaps.
    """

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    test: Literal["McNemar", "random swaps"] = "random swaps"

    def __neg__(self) -> Difference:
        low, high = (None if end is None else -end for end in (self.high, self.low))
        return replace(self, value=-self.value, low=low, high=high)


def difference(tally: Tally, other: Tally, name: str, *, seed: int = 0) -> Difference:
    """Return by how much a figure of one model is above another's, and whether by luck.

    The interval is that of 2,000 draws of as many examples, of both models the same. A share of right
    examples is tested by McNemar's test, exactly; another figure by swapping the two models' answers
    to each example at random, 9,999 times, and counting how often they then differ by as much.

    Args:
        tally: Of one model.
        other: Of the other, on the same examples in the same order, with the same figures.
        name: The figure.
        seed: Of what is drawn.

    Raises:
        ShapeError: They are not of as many examples, or count other things.

    Example:
        >>> accuracy = {"accuracy": lambda sums: sums[..., 0] / sums[..., 1]}
        >>> right, wrong = (Tally.of([[x, 1]] * 8, accuracy, binary=["accuracy"]) for x in (1, 0))
        >>> difference(right, wrong, "accuracy").p
        0.0078125

    Source: McNemar 1947, https://doi.org/10.1007/BF02295996; swaps: Noreen 1989, "Computer-intensive
    methods for testing hypotheses", and Yeh 2000, https://aclanthology.org/C00-2137.
    """
    shapes = [(len(one), one.counts.shape[1]) for one in (tally, other)]
    if shapes[0] != shapes[1]:
        raise ShapeError(
            "difference: both must count the same of the same examples; got (examples, columns) "
            f"{shapes[0]} and {shapes[1]}."
        )
    if _order(other) < _order(tally):  # so that the same is drawn whichever comes first
        return -difference(other, tally, name, seed=seed)
    value = tally.value(name) - other.value(name)
    is_binary = name in tally.binary
    test: Literal["McNemar", "random swaps"] = "McNemar" if is_binary else "random swaps"
    if len(tally) < FEWEST or not np.isfinite(value):
        return Difference(value=value, test=test)
    pairs = np.stack([tally.outcome, other.outcome], axis=1)
    kinds, size = np.unique(pairs, axis=0, return_counts=True)
    counts = tally.counts[kinds[:, 0]], other.counts[kinds[:, 1]]
    of = tally.figures[name]
    one, two = map(_compact, counts)
    drawn = [of(draw @ one) - of(draw @ two) for draw in _draws(size, seed)]
    low, high = _percentiles(np.concatenate(drawn)) or (None, None)
    if is_binary:
        p = mcnemar(*(of(one.counts)[one.outcome] > 0.5 for one in (tally, other)))
    else:
        p = _swapped(size, *counts, of, seed)
    return Difference(value=value, low=low, high=high, p=p, test=test)


def mcnemar(right: ArrayLike, other: ArrayLike) -> float:
    """Return the exact p-value of McNemar's test, two-sided.

    Of the examples that one of two models alone has right, each has half, if they are alike.

    Args:
        right: Whether a model has each example right, ``(n,)``.
        other: The same of the other model.

    Raises:
        ShapeError: They are not of as many examples.

    Example:
        >>> mcnemar([True] * 9 + [False], [False] * 9 + [True])
        0.021484375

    Source: McNemar 1947, https://doi.org/10.1007/BF02295996.
    """
    one, two = np.asarray(right, bool), np.asarray(other, bool)
    if one.shape != two.shape or one.ndim != 1:
        raise ShapeError(
            f"mcnemar: both must say of the same examples whether they are right, (n,); got shapes "
            f"{one.shape} and {two.shape}."
        )
    alone = int((one & ~two).sum()), int((two & ~one).sum())
    return float(min(1.0, 2 * bdtr(min(alone), sum(alone), 0.5))) if any(alone) else 1.0


def holm(p_values: ArrayLike) -> Float64s:
    """Return p-values of several tests, each raised so that all together err as seldom as one.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]

    Source: Holm 1979, https://www.jstor.org/stable/4615733.
    """
    given = np.asarray(p_values, np.float64)
    order = np.argsort(given, kind="stable")
    raised = np.minimum(np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1)), 1)
    return raised[np.argsort(order, kind="stable")]


def _swapped(size: Int64s, one: Float64s, other: Float64s, of: Of, seed: int) -> float:
    """Return how often the figures differ as much, if answers are swapped at random."""
    sums = size @ one, size @ other
    values = float(of(sums[0])), float(of(sums[1]))
    least = abs(values[0] - values[1]) - 1e-9 * max(map(abs, values))  # sums are rounded
    differs = (one != other).any(axis=1)
    size, gains = size[differs], _compact((other - one)[differs])
    rng = np.random.default_rng(seed)
    count = 0
    for rows in _chunks(SWAPS, len(size)):
        moved = _halves(rng, size, rows) @ gains
        count += int((np.abs(of(sums[0] + moved) - of(sums[1] - moved)) >= least).sum())
    return (1 + count) / (1 + SWAPS)


def _halves(rng: np.random.Generator, size: Int64s, rows: int) -> NDArray[Any]:
    """Return how many of each kind are swapped, each example with a chance of half, ``(rows, kinds)``."""
    if len(size) and size.max() > 1:
        return rng.binomial(size, 0.5, (rows, len(size)))
    bits = np.frombuffer(rng.bytes(rows * (-(-len(size) // 8))), np.uint8).reshape(rows, -1)
    return np.unpackbits(bits, axis=1, count=len(size)).astype(np.float64)


def _draws(size: Int64s, seed: int) -> Iterator[NDArray[Any]]:
    """Yield how many of each kind there are in as many examples drawn anew, ``(draws, kinds)``."""
    rng, total = np.random.default_rng(seed), int(size.sum())
    for rows in _chunks(DRAWS, len(size)):
        if len(size) < total:
            yield rng.multinomial(total, size / total, rows)
        else:  # all are different: as multinomial draws, and many times faster
            drawn = rng.integers(total, size=(rows, total)) + np.arange(rows)[:, None] * total
            counts = np.bincount(drawn.ravel(), minlength=rows * total)
            yield counts.reshape(rows, total).astype(np.float64)


def _compact(counts: Float64s) -> Any:
    """Return counts to multiply by; of thousands of classes, nearly all of them 0, as a sparse matrix."""
    is_sparse = np.count_nonzero(counts) < SPARSE * counts.size
    return csr_array(counts) if is_sparse else counts


def _chunks(total: int, width: int) -> Iterator[int]:
    most = max(MOST_AT_ONCE // max(width, 1), 1)
    for start in range(0, total, most):
        yield min(most, total - start)


def _percentiles(drawn: Float64s) -> tuple[float, float] | None:
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return None
    low, high = np.quantile(known, [0.5 - INTERVAL / 2, 0.5 + INTERVAL / 2])
    return (float(low), float(high)) if low < high else None


def _order(tally: Tally) -> bytes:
    return tally.outcome.tobytes() + tally.counts.tobytes()


def ratio(top: Any, bottom: Any, *, nothing: float = 0.0) -> Float64s:
    """Return a quotient of sums, and ``nothing`` where there is nothing to divide by.

    Example:
        >>> ratio([1.0, 2.0], [2.0, 0.0]).tolist()
        [0.5, 0.0]
    """
    above, below = np.asarray(top, np.float64), np.asarray(bottom, np.float64)
    is_known = below > 0
    return np.where(is_known, above / np.where(is_known, below, 1.0), nothing)
