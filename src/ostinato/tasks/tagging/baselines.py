"""What stands beside a tagger: the commonest tag, and the most frequent tag of each word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from ostinato.datasets import Tagged
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.tagging.evaluation import tagging_figures
from ostinato.training import Figures


def tagging_baselines(train: Tagged) -> Iterator[Baseline]:
    """Yield the commonest tag for every word, and each word's own commonest tag.

    A word that train lacks gets the commonest tag of all.

    Args:
        train: The train split.

    Example:
        >>> train = Tagged.make([["Anna", "sings"], ["she", "sings"]], [["B-PER", "O"], ["O", "O"]], "")
        >>> [round(one.measure(train)["f1"], 1) for one in tagging_baselines(train)]
        [0.0, 1.0]
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for tokens, tags in zip(train.sentences, train.tags or (), strict=True):
        for token, tag in zip(tokens, tags, strict=True):
            counts[token][tag] += 1
    total = sum(counts.values(), Counter[str]())
    usual = {token: _commonest(found) for token, found in counts.items()}
    common = _commonest(total)
    are_spans = train.scheme is not None
    yield Baseline(
        "majority",
        "tagging nothing" if are_spans and common == "O" else f"the tag {common} everywhere",
        _measured(lambda token: common, are_spans=are_spans),
    )
    yield Baseline(
        "most_frequent_tag",
        "the most frequent tag of each word",
        _measured(lambda token: usual.get(token, common), are_spans=are_spans),
    )


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda tag: (-counts[tag], tag))


def _measured(tag_of: Callable[[str], str], *, are_spans: bool) -> Callable[[Tagged], Figures]:
    def measure(split: Tagged) -> Figures:
        tags: Sequence[Sequence[str]] = [list(map(tag_of, tokens)) for tokens in split.sentences]
        return tagging_figures(split.sentences, split.tags or (), tags, are_spans=are_spans)

    return measure
