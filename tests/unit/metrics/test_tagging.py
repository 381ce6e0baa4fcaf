"""The figures are seqeval's and conlleval's, on legal and illegal tags; counts obey their laws."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import sequence_labeling as seqeval

from ostinato._errors import DatasetError, ShapeError
from ostinato.datasets.records.schemes import SCHEMES, convert
from ostinato.metrics import span_confusion, span_f1_by_length, span_scores, tagging_metrics

TYPES = ("LOC", "PER")
TO_BIOES = {"M": "I", "W": "S", "L": "E", "U": "S"}  # the letters that seqeval knows
COUNTS = ("support", "predicted", "correct")
RATES = ("precision", "recall", "f1")


def tagged(*sentences):
    return [sentence.split() for sentence in sentences]


def tags_in(letters):
    return st.sampled_from(["O", *(f"{letter}-{kind}" for letter in letters for kind in TYPES)])


@st.composite
def corpora(draw, letters="BIES", legal_in=None):
    """Labels and predictions that often agree; legal in a scheme, or in none."""
    tag = tags_in(letters)
    pair = st.one_of(tag.map(lambda same: (same, same)), st.tuples(tag, tag))
    sentences = draw(st.lists(st.lists(pair, max_size=8), min_size=1, max_size=6).filter(any))
    sides = [[[both[side] for both in row] for row in sentences] for side in (0, 1)]
    if legal_in is not None:
        sides = [[convert(row, legal_in) for row in side] for side in sides]
    return sides


def assert_equals_seqeval(*sides):
    ours = tagging_metrics(*sides, are_spans=True)
    seen = [[[TO_BIOES.get(t[0], t[0]) + t[1:] for t in row] for row in side] for side in sides]
    score = seqeval.precision_recall_fscore_support
    micro = score(*seen, average="micro", zero_division=0)
    assert [ours[name] for name in (*RATES, "n_spans")] == pytest.approx([float(x) for x in micro])
    assert ours["accuracy"] == pytest.approx(seqeval.accuracy_score(*seen))
    if not ours["per_type"]:
        assert ours["f1_macro"] == 0  # seqeval warns of a mean of nothing
        return
    macro = score(*seen, average="macro", zero_division=0)
    assert ours["f1_macro"] == pytest.approx(macro[2])
    each = score(*seen, average=None, zero_division=0)
    for name, theirs in zip((*RATES, "n"), each, strict=True):
        mine = [figures[name] for figures in ours["per_type"].values()]
        assert mine == pytest.approx(theirs.tolist())


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_figures_of_legal_tags_equal_seqeval(scheme, data):
    assert_equals_seqeval(*data.draw(corpora(legal_in=scheme)))


@pytest.mark.parametrize("letters", ["BI", "BIES", "BMES", "BMEW", "BILU"])
@given(data=st.data())
def test_figures_of_illegal_tags_equal_seqeval(letters, data):
    assert_equals_seqeval(*data.draw(corpora(letters)))


def begins(before, now):
    same_type = before.partition("-")[2] == now.partition("-")[2]
    return now != "O" and (before == "O" or now.startswith("B") or not same_type)


def ends(before, now):
    same_type = before.partition("-")[2] == now.partition("-")[2]
    return before != "O" and (now == "O" or now.startswith("B") or not same_type)


def conlleval(labels, predictions):
    """Chunks labelled, found and right, and right tags, counted in one pass as conlleval.pl does.

    It compares no spans: it follows a chunk that began right on both sides until one side ends.
    """
    labelled = found = right = right_tags = 0
    right_so_far = False
    last, last_guess = "O", "O"
    for row, guesses in zip(labels, predictions, strict=True):
        for place, (tag, guess) in enumerate(zip([*row, "O"], [*guesses, "O"], strict=True)):
            if right_so_far:
                both = ends(last, tag), ends(last_guess, guess)
                right += all(both)
                right_so_far = not any(both)
            starts = begins(last, tag), begins(last_guess, guess)
            labelled += starts[0]
            found += starts[1]
            right_so_far |= all(starts) and tag.partition("-")[2] == guess.partition("-")[2]
            right_tags += place < len(row) and tag == guess
            last, last_guess = tag, guess
    return labelled, found, right, right_tags


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", None])
@given(data=st.data())
def test_counts_are_those_of_conlleval(scheme, data):
    labels, predictions = data.draw(corpora("BI", legal_in=scheme))
    scores = span_scores(labels, predictions)
    figures = tagging_metrics(labels, predictions, are_spans=True)
    totals = [getattr(scores, name).sum() for name in COUNTS]
    right_tags = round(figures["accuracy"] * figures["n_tokens"])
    assert (*totals, right_tags) == conlleval(labels, predictions)


def test_the_table_in_the_documentation_of_conlleval():
    table = {  # labelled, found, right: precision, recall and FB1 in percent
        "ADJP": ((6, 1, 0), (0.00, 0.00, 0.00)),
        "ADVP": ((8, 11, 5), (45.45, 62.50, 52.63)),
        "NP": ((262, 317, 206), (64.98, 78.63, 71.16)),
        "PP": ((90, 107, 89), (83.18, 98.89, 90.36)),
        "SBAR": ((6, 3, 2), (66.67, 33.33, 44.44)),
        "VP": ((87, 100, 69), (69.00, 79.31, 73.80)),
    }
    labels, predictions = [], []
    for kind, ((labelled, found, right), _) in table.items():
        tag, none = [f"B-{kind}"], ["O"]
        missed, extra = labelled - right, found - right
        labels += right * [tag] + missed * [tag] + extra * [none]
        predictions += right * [tag] + missed * [none] + extra * [tag]
    figures = tagging_metrics(labels, predictions, are_spans=True)
    assert figures["n_spans"] == 459
    assert [round(100 * figures[name], 2) for name in RATES] == [68.83, 80.83, 74.35]
    assert {
        kind: tuple(round(100 * row[name], 2) for name in RATES)
        for kind, row in figures["per_type"].items()
    } == {kind: percent for kind, (_, percent) in table.items()}


def test_the_example_of_seqeval():
    labels = tagged("O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O")
    predictions = tagged("O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O")
    figures = tagging_metrics(labels, predictions, are_spans=True)
    assert (figures["f1"], figures["accuracy"]) == (0.5, 0.8)
    assert [row["f1"] for row in figures["per_type"].values()] == [0, 1]


@given(corpora())
def test_swapping_labels_and_predictions_swaps_precision_and_recall(sides):
    labels, predictions = sides
    there, back = span_scores(labels, predictions), span_scores(predictions, labels)
    assert there.precision.tolist() == back.recall.tolist()
    assert there.support.tolist() == back.predicted.tolist()
    assert there.f1.tolist() == back.f1.tolist()
    confusion = span_confusion(labels, predictions, TYPES)
    np.testing.assert_array_equal(confusion.T, span_confusion(predictions, labels, TYPES))


@given(corpora())
def test_perfect_predictions_score_one(sides):
    labels, _ = sides
    figures = tagging_metrics(labels, labels, are_spans=True)
    assert figures["accuracy"] == 1
    assert {figures[name] for name in (*RATES, "f1_macro")} == {float(figures["n_spans"] > 0)}


@given(corpora(), st.randoms(use_true_random=False))
def test_the_order_of_sentences_changes_nothing(sides, shuffler):
    known = [[tag in ("O", "B-PER") for tag in row] for row in sides[0]]
    before = tagging_metrics(*sides, are_spans=True, known=known)
    rows = list(zip(*sides, known, strict=True))
    shuffler.shuffle(rows)
    labels, predictions, known = zip(*rows, strict=True)
    assert tagging_metrics(labels, predictions, are_spans=True, known=known) == before


@given(corpora(), corpora())
def test_the_counts_of_two_splits_add_up_to_those_of_the_whole(first, second):
    def counts(labels, predictions):
        scores = span_scores(labels, predictions)
        lengths = span_f1_by_length(labels, predictions)
        rows = zip(*(getattr(scores, name) for name in COUNTS), strict=True)
        by_type = dict(zip(scores.types, rows, strict=True))
        return np.concatenate(
            [
                span_confusion(labels, predictions, TYPES).ravel(),
                np.ravel([by_type.get(kind, (0, 0, 0)) for kind in TYPES]),
                np.ravel([getattr(lengths, name) for name in COUNTS]),
            ]
        )

    whole = [a + b for a, b in zip(first, second, strict=True)]
    np.testing.assert_array_equal(counts(*first) + counts(*second), counts(*whole))


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_the_scheme_of_the_tags_changes_no_figure_of_spans(scheme, data):
    sides = data.draw(corpora())
    others = [[convert(row, scheme) for row in side] for side in sides]
    before = tagging_metrics(*sides, are_spans=True)
    after = tagging_metrics(*others, are_spans=True)
    del before["accuracy"], after["accuracy"]
    assert after == before


@given(corpora())
def test_the_confusion_holds_every_span_once(sides):
    cells = span_confusion(*sides, TYPES)
    scores = span_scores(*sides)
    which = [TYPES.index(kind) for kind in scores.types]
    assert np.diag(cells)[which].tolist() == scores.correct.tolist()
    assert cells.sum(axis=1)[which].tolist() == scores.support.tolist()
    assert cells.sum(axis=0)[which].tolist() == scores.predicted.tolist()
    assert cells[-1, -1] == 0
    assert cells.sum() <= scores.support.sum() + scores.predicted.sum()


def test_the_confusion_tells_another_type_from_other_bounds():
    labels = tagged("B-PER I-PER O B-LOC", "B-ORG")
    predictions = tagged("B-LOC I-LOC O B-LOC", "O")
    cells = span_confusion(labels, predictions, ["PER", "LOC", "ORG"])
    assert cells.tolist() == [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    bounds = span_confusion([["B-PER", "I-PER"]], [["B-PER", "O"]], ["PER"])
    assert bounds.tolist() == [[0, 1], [1, 0]]


@given(corpora(), st.integers(min_value=1, max_value=9))
def test_the_lengths_hold_every_span_once(sides, num_bins):
    bins = span_f1_by_length(*sides, num_bins=num_bins)
    scores = span_scores(*sides)
    assert bins.num_tokens.tolist() == list(range(1, num_bins + 1))
    for name in COUNTS:
        assert getattr(bins, name).sum() == getattr(scores, name).sum()


def test_spans_of_each_length_have_their_own_figures():
    labels = tagged("B-PER O B-PER I-PER O", "B-LOC I-LOC I-LOC I-LOC I-LOC I-LOC")
    predictions = tagged("B-PER O B-PER O B-PER", "B-LOC I-LOC I-LOC I-LOC I-LOC I-LOC")
    bins = span_f1_by_length(labels, predictions)
    assert bins.support.tolist() == [1, 1, 0, 0, 1]
    assert bins.predicted.tolist() == [3, 0, 0, 0, 1]
    assert bins.precision.tolist() == pytest.approx([1 / 3, 0, 0, 0, 1])
    assert bins.recall.tolist() == [1, 0, 0, 0, 1]
    assert bins.f1.tolist() == [0.5, 0, 0, 0, 1]


def test_known_and_unknown_words_are_told_apart():
    labels = tagged("B-PER I-PER O B-LOC", "B-LOC O")
    predictions = tagged("B-PER I-PER O O", "B-LOC B-LOC")
    known = [np.array([True, False, True, True]), np.array([True, True])]
    figures = tagging_metrics(labels, predictions, are_spans=True, known=known)
    assert (figures["recall_known"], figures["recall_unknown"]) == (0.5, 1.0)
    assert (figures["accuracy_known"], figures["accuracy_unknown"]) == (0.6, 1.0)
    assert figures["n_unknown"] == 1


@given(st.data())
def test_known_and_unknown_words_together_are_all_words(data):
    labels, predictions = data.draw(corpora())
    known = [data.draw(st.lists(st.booleans(), min_size=len(r), max_size=len(r))) for r in labels]
    figures = tagging_metrics(labels, predictions, are_spans=False, known=known)
    unknown = figures["n_unknown"]
    right = figures.get("accuracy_unknown", 0) * unknown
    right += figures.get("accuracy_known", 0) * (figures["n_tokens"] - unknown)
    assert right / figures["n_tokens"] == pytest.approx(figures["accuracy"])
    assert ("accuracy_unknown" in figures) == (unknown > 0)


def test_a_share_of_nothing_is_left_out():
    figures = tagging_metrics([["O", "B-X"]], [["O", "O"]], are_spans=True, known=[[True, True]])
    assert figures["n_unknown"] == 0
    assert not {"accuracy_unknown", "recall_unknown"} & figures.keys()
    assert {"accuracy_known", "recall_known"} <= figures.keys()


def test_tags_without_spans_have_an_accuracy_alone():
    figures = tagging_metrics([["NOUN", "VERB"], []], [["NOUN", "NOUN"], []], are_spans=False)
    assert figures == {"n": 2, "n_tokens": 2, "accuracy": 0.5}


def test_figures_are_plain_and_in_the_order_of_a_reader():
    figures = tagging_metrics([["B-X", "O"]], [["B-X", "O"]], are_spans=True, known=[[True, False]])
    assert list(json.loads(json.dumps(figures))) == [
        *("n", "n_tokens", "n_spans", "f1", "precision", "recall", "f1_macro", "accuracy"),
        *("recall_known", "accuracy_known", "accuracy_unknown", "n_unknown", "per_type"),
    ]
    assert figures["per_type"] == {"X": {"f1": 1.0, "precision": 1.0, "recall": 1.0, "n": 1}}


EVERY = {
    "tagging_metrics": lambda a, b: tagging_metrics(a, b, are_spans=True),
    "span_scores": span_scores,
    "span_f1_by_length": span_f1_by_length,
    "span_confusion": lambda a, b: span_confusion(a, b, TYPES),
}


@pytest.mark.parametrize("name", EVERY)
def test_tags_that_do_not_fit_are_refused(name):
    function = EVERY[name]
    with pytest.raises(ShapeError, match=f"{name}: sentence 2 .* got 1 labels and 2 predictions"):
        function([["O"], ["O"]], [["O"], ["O", "O"]])
    with pytest.raises(ShapeError, match=f"{name}: .* as many sentences; got 2 and 1"):
        function([["O"], ["O"]], [["O"]])
    with pytest.raises(ShapeError, match=f"{name}: .* got a string as sentence 1"):
        function(["O", "B-PER"], ["O", "B-PER"])
    for nothing in ([], [[], []]):
        with pytest.raises(DatasetError, match=f"{name}: labels must have at least one tag"):
            function(nothing, nothing)


def test_known_words_that_do_not_fit_are_refused():
    rows = [["O"], ["O", "O"]]
    with pytest.raises(ShapeError, match=r"known must be \(2,\) in sentence 2, .* shape \(1,\)"):
        tagging_metrics(rows, rows, are_spans=False, known=[[True], [True]])
    with pytest.raises(ShapeError, match="as many sentences; got 2 and 1"):
        tagging_metrics(rows, rows, are_spans=False, known=[[True]])


def test_a_type_without_a_row_is_refused():
    with pytest.raises(DatasetError, match=r"got no 'PER'; did you mean `PERS`\?"):
        span_confusion([["B-PER"]], [["O"]], ["LOC", "PERS"])


def test_no_bins_are_refused():
    with pytest.raises(ShapeError, match="num_bins must be at least 1; got 0"):
        span_f1_by_length([["O"]], [["O"]], num_bins=0)
