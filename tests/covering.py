"""All pairs of values in few cases: a fault of two parameters together is met, not all of three."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Case = dict[str, Any]


def _pairs(case: Case) -> set[tuple[tuple[str, str], ...]]:
    items = sorted((name, repr(value)) for name, value in case.items())
    return set(itertools.combinations(items, 2))


def covering(
    parameters: Mapping[str, Sequence[Any]],
    allowed: Callable[[Case], bool] = lambda case: True,
    candidates: int = 60,
) -> list[Case]:
    """Return cases in which every two values that are allowed together meet; greedy, no luck.

    Each case is the best of some random ones that hold a pair still missing.
    """
    draw = random.Random(0)
    missing: set[tuple[tuple[str, str], ...]] = set()
    for one, other in itertools.combinations(sorted(parameters), 2):
        for values in itertools.product(parameters[one], parameters[other]):
            missing.add(tuple(zip((one, other), map(repr, values), strict=True)))
    cases: list[Case] = []
    while missing:
        pair = dict(min(missing))
        fixed = {
            name: next(value for value in parameters[name] if repr(value) == text)
            for name, text in pair.items()
        }
        drawn = [
            {**{name: draw.choice(values) for name, values in parameters.items()}, **fixed}
            for _ in range(candidates)
        ]
        drawn = [case for case in drawn if allowed(case)]
        if not drawn:
            missing.discard(min(missing))  # forbidden, or as good as
            continue
        best = max(drawn, key=lambda case: len(_pairs(case) & missing))
        missing -= _pairs(best)
        cases.append(best)
    return cases
