"""Runs of sequence labelling: their predictions, and what the page shows of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.datasets.records.schemes import spans_of
from ostinato.metrics.classification import Calibration, calibration, confusion, per_class
from ostinato.metrics.paired import Tally
from ostinato.metrics.tagging import (
    span_confusion,
    span_f1_by_length,
    span_scores,
    tagging_metrics,
)
from ostinato.report import formatting, plots
from ostinato.report.class_tables import (
    ClassRow,
    ConfusedPair,
    ConfusionRow,
    Name,
    Outcomes,
    Scores,
    class_rows,
    confusion_plot,
    confusion_rows,
    most_confused,
    num_confused,
)
from ostinato.report.section import Balance, Curve, Headline, Task, balance_rows, loss_curve, note
from ostinato.report.tagging.examples import Examples, examples
from ostinato.report.tagging.tally import of_tags
from ostinato.runs.run import Labels, SplitFacts
from ostinato.runs.tagging import Sentence, TagPredictions

FIRST_HUE = 210
GOLDEN_ANGLE = 137.508  # turns that never meet

Tags = Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class LengthRow:
    """Figures of the spans of one length; counts of labelled and of predicted ones."""

    name: str
    f1: float
    precision: float
    recall: float
    labelled: int
    predicted: int


@dataclass(frozen=True, kw_only=True)
class KnownRow:
    """Figures of known or unknown words, and of spans of such; None of nothing."""

    name: str
    num_tokens: int
    accuracy: float | None
    num_spans: int
    recall: float | None


@dataclass(frozen=True, kw_only=True)
class Results:
    """What the predictions of one split say.

    Args:
        class_rows: Precision, recall, F1 and support of each type, or of each tag.
        confusion: The confusion matrix, unless it is drawn; None is no span.
        confused: The most frequent confusions, most frequent first.
        num_confused: How many there are.
        calibration: Confidence of spans, or of tags, against accuracy; None without predicted spans.
        by_length: Figures of short to long spans; none if tags stand for no spans.
        by_known: Figures of known and of unknown words.
        mistakes: Sentences with mistakes, most confident ones first.
        right: Sentences without, those of the most types first.
        hues: The colour of each type, or tag, in degrees.
        plots: Drawings by name, SVG.
    """

    class_rows: tuple[ClassRow, ...]
    confusion: tuple[ConfusionRow, ...]
    confused: tuple[ConfusedPair, ...]
    num_confused: int
    calibration: Calibration | None
    by_length: tuple[LengthRow, ...]
    by_known: tuple[KnownRow, ...]
    mistakes: Examples
    right: Examples
    hues: Mapping[Name, int]
    plots: Mapping[str, str]


class Tagging(Task[TagPredictions]):
    """Sentences of which each token has a tag; tags may stand for spans."""

    template = "tagging/section.html"
    sections = (
        ("types", "Types"),
        ("mistakes", "Mistakes"),
        ("right", "Right answers"),
        ("trust", "Trust"),
    )
    example = "sentence"
    curves = (
        loss_curve("Mean negative log-likelihood of the tags in nats per token; lower is better."),
        Curve(
            key="accuracy",
            name="accuracy",
            hint="Share of tokens with the right tag; higher is better.",
        ),
        Curve(
            key="f1",
            name="F1",
            hint="Of spans with exactly the right tokens and type; higher is better.",
        ),
    )

    def title(self, labels: Labels) -> str:
        """Return what the model does, in a few words."""
        return "Sequence labelling" + (f", spans as {labels.scheme} tags" if labels.scheme else "")

    def results(self, predictions: TagPredictions, labels: Labels) -> Results:
        """Return what predictions say about the model, with the drawings of the template."""
        are_spans = labels.scheme is not None
        sentences = predictions.sentences
        gold = [sentence.labels for sentence in sentences]
        answers = [sentence.predictions for sentence in sentences]
        rows, names, matrix = (
            _types(gold, answers) if are_spans else _tags(gold, answers, labels.classes)
        )
        bins = _calibration(sentences, are_spans=are_spans)
        mistakes, right = examples(sentences, are_spans=are_spans)
        return Results(
            class_rows=rows,
            confusion=confusion_rows(matrix, names),
            confused=most_confused(matrix, names),
            num_confused=num_confused(matrix),
            calibration=bins,
            by_length=_by_length(gold, answers) if are_spans else (),
            by_known=_by_known(predictions, gold, answers, are_spans=are_spans),
            mistakes=mistakes,
            right=right,
            hues={name: hue(place) for place, name in enumerate(names)},
            plots={
                **({"calibration": plots.reliability(bins)} if bins else {}),
                **confusion_plot(matrix, names),
            },
        )

    def tally(self, predictions: TagPredictions, labels: Labels, names: Sequence[str]) -> Tally:
        """Return what each example adds to the figures by which runs are compared."""
        return of_tags(predictions, labels, names)

    def headlines(
        self, labels: Labels, split: str, figures: Mapping[str, float]
    ) -> Iterator[Headline]:
        """Yield F1 of spans and accuracy, or accuracy alone, and loss."""
        shares = {
            key: formatting.percent(figures.get(key), 2)
            for key in ("f1", "precision", "recall", "accuracy")
        }
        tokens = note("{} tokens", formatting.number(figures.get("n_tokens")))
        unseen = _unseen_note(figures, "accuracy" if labels.scheme is None else "f1")
        if labels.scheme is None:
            yield Headline(
                name=f"{split.capitalize()} accuracy",
                value=shares["accuracy"],
                note=(_known_note(figures) or tokens) + unseen,
            )
        else:
            yield Headline(
                name=f"{split.capitalize()} F1",
                value=shares["f1"],
                note=f"precision\N{NO-BREAK SPACE}{shares['precision']}, "
                f"recall\N{NO-BREAK SPACE}{shares['recall']}{unseen}",
            )
            yield Headline(name="Accuracy of tokens", value=shares["accuracy"], note=tokens)
        yield Headline(
            name="Loss", value=formatting.number(figures.get("loss"), 4), note="nats per token"
        )

    def balance(self, splits: Sequence[SplitFacts], labels: Labels) -> Balance:
        """Return how many spans of each split have each type, or how many tokens each tag."""
        are_spans = labels.scheme is not None
        what, each = (
            ("Spans of each type", "Type") if are_spans else ("Tokens with each tag", "Tag")
        )
        return Balance(
            title=f"{each} balance",
            hint=f"{what}, and their share of all in the split.",
            head=each,
            rows=balance_rows(
                splits,
                () if are_spans else labels.classes,
                [sum(split.labels.values()) for split in splits],
            ),
        )


def hue(place: int) -> int:
    """Return a colour for each place in a list, as degrees: neighbours are far apart.

    Example:
        >>> [hue(place) for place in range(4)]
        [210, 348, 125, 263]
    """
    return round(FIRST_HUE + place * GOLDEN_ANGLE) % 360


def _types(gold: Tags, answers: Tags) -> tuple[tuple[ClassRow, ...], list[Name], NDArray[Any]]:
    """Return table, names and confusion matrix of the types of spans; the last name is no span."""
    scores = span_scores(gold, answers)
    outcomes = Outcomes(
        found=scores.correct,
        missed=scores.support - scores.correct,
        false_alarms=scores.predicted - scores.correct,
    )
    matrix = span_confusion(gold, answers, scores.types)
    return class_rows(scores, scores.types, outcomes), [*scores.types, None], matrix


def _tags(
    gold: Tags, answers: Tags, classes: Sequence[str]
) -> tuple[tuple[ClassRow, ...], list[Name], NDArray[Any]]:
    """Return table, names and confusion matrix of the tags that occur."""
    labels, predictions = ([tag for row in rows for tag in row] for rows in (gold, answers))
    occurring = {*labels, *predictions}
    known = [tag for tag in classes if tag in occurring]
    tags = [*known, *sorted(occurring - set(known))]
    index = {tag: number for number, tag in enumerate(tags)}
    pair = [index[tag] for tag in labels], [index[tag] for tag in predictions]
    scores: Scores = per_class(*pair, num_classes=len(tags))
    return class_rows(scores, tags), list(tags), confusion(*pair, num_classes=len(tags))


def _calibration(sentences: Sequence[Sentence], *, are_spans: bool) -> Calibration | None:
    """Compare the confidence of spans, or of tags, with how often they are right."""
    is_right: list[bool] = []
    for sentence in sentences:
        if are_spans:
            gold = set(spans_of(sentence.labels))
            is_right += [span in gold for span in spans_of(sentence.predictions)]
        else:
            pairs = zip(sentence.labels, sentence.predictions, strict=True)
            is_right += [label == prediction for label, prediction in pairs]
    confidence = [
        sentence.span_confidence if are_spans else sentence.confidence for sentence in sentences
    ]
    return calibration(np.concatenate(confidence), is_right) if is_right else None


def _by_length(gold: Tags, answers: Tags) -> tuple[LengthRow, ...]:
    bins = span_f1_by_length(gold, answers)
    columns = (bins.num_tokens, bins.f1, bins.precision, bins.recall, bins.support, bins.predicted)
    longest = int(bins.num_tokens[-1])
    return tuple(
        LengthRow(
            name=f"{length}+" if length == longest else str(length),
            f1=f1,
            precision=precision,
            recall=recall,
            labelled=labelled,
            predicted=predicted,
        )
        for length, f1, precision, recall, labelled, predicted in zip(
            *(column.tolist() for column in columns), strict=True
        )
    )


def _by_known(
    predictions: TagPredictions, gold: Tags, answers: Tags, *, are_spans: bool
) -> tuple[KnownRow, ...]:
    known = np.split(predictions.known, np.cumsum(predictions.num_tokens)[:-1])
    figures = tagging_metrics(gold, answers, are_spans=are_spans, known=known)
    are_known = [
        bool(words[span.start : span.end].all())
        for words, tags in zip(known, gold, strict=True)
        for span in (spans_of(tags) if are_spans else ())
    ]
    num_known = int(predictions.known.sum())
    return tuple(
        KnownRow(
            name=name,
            num_tokens=num_tokens,
            accuracy=figures.get(f"accuracy_{name}"),
            num_spans=num_spans,
            recall=figures.get(f"recall_{name}"),
        )
        for name, num_tokens, num_spans in (
            ("known", num_known, sum(are_known)),
            ("unknown", figures["n_unknown"], len(are_known) - sum(are_known)),
        )
    )


def _unseen_note(figures: Mapping[str, float], key: str) -> str:
    """Return a figure of the sentences that are not in train too, if it was measured."""
    share = note("; {} on the ", formatting.percent(figures.get(f"{key}_unseen"), 2))
    count = formatting.number(figures.get("n_unseen"))
    return note(f"{share}{{}} sentences not also in train", count) if share else ""


def _known_note(figures: Mapping[str, float]) -> str:
    """Return the accuracy of known and unknown words in a few words, as far as there are any."""
    shares = [(name, figures.get(f"accuracy_{name}", math.nan)) for name in ("known", "unknown")]
    return ", ".join(
        f"{name} words {formatting.percent(share, 2)}"
        for name, share in shares
        if not math.isnan(share)
    )
