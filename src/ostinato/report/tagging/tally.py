"""What each sentence adds to the figures by which taggers are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ostinato._arrays import Float64s
from ostinato.datasets.records.schemes import split_tag
from ostinato.metrics.paired import Tally, ratio
from ostinato.metrics.tagging import located_spans
from ostinato.report.formatting import checksum
from ostinato.runs.run import Labels
from ostinato.runs.tagging import TagPredictions


def of_tags(predictions: TagPredictions, labels: Labels, names: Sequence[str]) -> Tally:
    """Return what each sentence adds to F1 of spans and to accuracy of tokens.

    Args:
        predictions: The tags.
        labels: Tags of the run, and their scheme.
        names: Tags of all runs that are compared.
    """
    sentences = predictions.sentences
    gold_tags = [sentence.labels for sentence in sentences]
    answers = [sentence.predictions for sentence in sentences]
    tokens = np.array(
        [
            (sum(a == b for a, b in zip(right, predicted, strict=True)), len(right))
            for right, predicted in zip(gold_tags, answers, strict=True)
        ]
    )
    examples = checksum([sentence.tokens for sentence in sentences], gold_tags)
    accuracy = {"accuracy": lambda sums: ratio(sums[..., 0], sums[..., 1])}
    if labels.scheme is None:
        return Tally.of(tokens, accuracy, examples=examples)
    gold, found = located_spans("compare", gold_tags, answers)
    types = sorted({split_tag(tag)[1] for tag in names} | {*gold.values(), *found.values()})
    place = {name: column for column, name in enumerate(types)}
    counts = np.zeros((len(sentences), 2 * len(types)))
    for (row, _, _), kind in gold.items() & found.items():
        counts[row, place[kind]] += 1
    for (row, _, _), kind in (*gold.items(), *found.items()):
        counts[row, len(types) + place[kind]] += 1

    def micro(sums: Float64s) -> Float64s:
        right, stated = np.split(sums[..., 2:], 2, axis=-1)
        return ratio(2 * right.sum(-1), stated.sum(-1))

    def macro(sums: Float64s) -> Float64s:
        right, stated = np.split(sums[..., 2:], 2, axis=-1)
        return ratio(ratio(2 * right, stated).sum(-1), (stated > 0).sum(-1))

    return Tally.of(
        np.column_stack([tokens, counts]),
        {"f1": micro, "f1_macro": macro, **accuracy},
        examples=examples,
    )
