import math
import sys
from collections import Counter

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError, ShapeError
from ostinato.metrics import (
    Edit,
    Errors,
    alignments,
    character_errors,
    confusions,
    transcription_metrics,
    word_errors,
)

words = st.sampled_from(["one", "two", "too", "a", "你好", "你", "é", "x" * 30, "🙂", "ß."])
texts = st.lists(words, max_size=6).map(" ".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)
pairs = st.lists(st.tuples(texts, texts), min_size=1, max_size=5).map(
    lambda rows: [list(column) for column in zip(*rows, strict=True)]
)


def distance(reference, prediction):
    """Levenshtein's distance by dynamic programming."""
    row = list(range(len(prediction) + 1))
    for i, said in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, written in enumerate(prediction, 1):
            diagonal, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, diagonal + (said != written)),
            )
    return row[-1]


def characters(text):
    return list(" ".join(text.split()))


@pytest.mark.parametrize(
    ("count", "cut"), [(word_errors, str.split), (character_errors, characters)]
)
@settings(max_examples=150)
@given(columns=pairs)
def test_errors_are_the_least_edits_of_each_recording(count, cut, columns):
    references, predictions = columns
    errors = count(references, predictions)
    expected = [distance(cut(r), cut(p)) for r, p in zip(references, predictions, strict=True)]
    assert errors.total.tolist() == expected
    assert errors.units.tolist() == [len(cut(reference)) for reference in references]
    assert errors.rate == sum(expected) / max(sum(errors.units), 1)
    longer = [len(cut(p)) - len(cut(r)) for r, p in zip(references, predictions, strict=True)]
    assert (errors.insertions - errors.deletions).tolist() == longer
    assert {column.dtype for column in vars(errors).values()} == {np.dtype(np.int64)}


@pytest.mark.parametrize(
    ("count", "rate"), [(word_errors, jiwer.wer), (character_errors, jiwer.cer)]
)
@given(columns=pairs)
def test_the_rate_is_that_of_jiwer(count, rate, columns):
    references, predictions = ([" ".join(text.split()) for text in column] for column in columns)
    errors = count(references, predictions)
    if errors.units.sum():
        assert errors.rate == pytest.approx(rate(references, predictions), rel=1e-12)
    assert errors.rate == count(*columns).rate  # spaces more or less are no errors


@pytest.mark.parametrize(
    ("reference", "prediction", "wer", "cer"),
    [
        ("", "", 0.0, 0.0),
        ("", "one two", 2.0, 7.0),
        ("one two", "", 1.0, 1.0),
        ("你好 世界", "你号 世界", 0.5, 0.2),
        ("你好世界", "你好", 1.0, 0.5),
        ("one", "one two three", 2.0, 10 / 3),
        ("One", "one", 1.0, 1 / 3),
    ],
)
def test_rates_of_some_pairs(reference, prediction, wer, cer):
    figures = transcription_metrics([reference], [prediction])
    assert (figures["wer"], figures["cer"]) == (wer, pytest.approx(cer))
    assert figures["accuracy"] == float(reference == prediction)


@given(columns=pairs, unit=st.sampled_from(["word", "character"]))
def test_an_alignment_has_both_texts_and_the_kind_tells_them_apart(columns, unit):
    cut = str.split if unit == "word" else characters
    found = alignments(*columns, unit=unit)
    for row, reference, prediction in zip(found, *columns, strict=True):
        assert [edit.reference for edit in row if edit.reference is not None] == cut(reference)
        assert [edit.prediction for edit in row if edit.prediction is not None] == cut(prediction)
        for edit in row:
            kind = (
                "insert"
                if edit.reference is None
                else "delete"
                if edit.prediction is None
                else "equal"
                if edit.reference == edit.prediction
                else "substitute"
            )
            assert edit.kind == kind


@given(columns=pairs)
def test_confusions_add_up_to_the_errors_the_commonest_first(columns):
    edits = alignments(*columns)
    found = confusions(edits)
    assert sum(count for _, count in found) == word_errors(*columns).total.sum()
    assert dict(found) == Counter(edit for row in edits for edit in row if edit.kind != "equal")
    assert [count for _, count in found] == sorted((count for _, count in found), reverse=True)
    assert found == confusions(edits[::-1])  # equals have an order of their own


def test_confusions_tell_what_became_what():
    found = confusions(alignments(["four one", "four", "two"], ["for one", "for", "two too"]))
    assert found == [
        (Edit("substitute", "four", "for"), 2),
        (Edit("insert", None, "too"), 1),
    ]
    assert confusions([]) == []


def errors_of(errors, units):
    zeros = np.zeros(len(units), np.int64)
    return Errors(np.array(errors), zeros, zeros, np.array(units))


def test_the_interval_holds_the_rate_and_is_the_same_each_time():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        units = rng.integers(1, 12, 50)
        errors = errors_of(rng.binomial(units, rng.uniform(0.02, 0.9)), units)
        low, high = errors.interval()
        assert 0 <= low <= errors.rate <= high
        assert low < high
        assert errors.interval() == (low, high)
        assert errors.interval(seed=1) != (low, high)


@pytest.mark.parametrize("number", [200, 2000])
def test_the_interval_of_single_words_is_that_of_a_share(number):
    errors = errors_of([1, 0, 0, 0] * (number // 4), [1] * number)
    low, high = errors.interval()
    half = 1.96 * math.sqrt(0.25 * 0.75 / number)
    # A quantile of 1,000 draws: measured within 8.4 percent of the half width.
    assert low == pytest.approx(0.25 - half, abs=0.2 * half)
    assert high == pytest.approx(0.25 + half, abs=0.2 * half)


def test_the_interval_of_recordings_that_are_all_alike_is_a_point():
    assert errors_of([1] * 9, [4] * 9).interval() == (0.25, 0.25)
    assert errors_of([0, 0], [0, 0]).interval() == (0.0, 0.0)


def test_figures_add_up_and_speakers_have_their_own():
    references = ["one two", "three", "four five six", ""]
    predictions = ["one too", "three", "four six", "oh"]
    speakers = ["ann", "bob", "ann", "bob"]
    figures = transcription_metrics(references, predictions, speakers=speakers)
    counts = {name: figures[name] for name in ("substitutions", "insertions", "deletions")}
    assert counts == {"substitutions": 1, "insertions": 1, "deletions": 1}
    assert (figures["words"], figures["n"], figures["wer"]) == (6, 4, 0.5)
    assert figures["accuracy"] == 0.25
    assert (figures["wer_low"], figures["wer_high"]) == word_errors(
        references, predictions
    ).interval()
    assert list(figures["speakers"]) == ["ann", "bob"]
    for name, own in figures["speakers"].items():
        rows = [row for row, who in enumerate(speakers) if who == name]
        alone = transcription_metrics([references[r] for r in rows], [predictions[r] for r in rows])
        assert own == {key: alone[key] for key in own}
        assert {"wer", "cer", "accuracy", "words", "n"} <= own.keys()
    assert "speakers" not in transcription_metrics(["a", "b"], ["a", "b"], speakers=["x", "x"])
    assert "speakers" not in transcription_metrics(["a", "b"], ["a", "b"])


def test_some_recordings_are_taken_with_all_their_counts():
    errors = word_errors(["a b", "c", "d e"], ["a", "c c", "x e"])
    taken = errors.take(np.array([True, False, True]))
    assert taken.units.tolist() == [2, 2]
    assert (taken.deletions.tolist(), taken.substitutions.tolist()) == ([1, 0], [0, 1])
    assert (taken.rate, errors.rate) == (0.5, 0.6)


@pytest.mark.parametrize("function", [word_errors, character_errors, transcription_metrics])
def test_references_and_predictions_must_be_as_many(function):
    with pytest.raises(ShapeError, match=r"as many; got 2 and 1\. Give both of the same"):
        function(["a", "b"], ["a"])


def test_without_recordings_there_are_no_figures():
    assert alignments([], []) == []
    with pytest.raises(DatasetError, match=r"there must be a recording; got none"):
        transcription_metrics([], [])


@pytest.mark.parametrize("speakers", [["ann"], ["ann", "bob", "cy"]])
def test_speakers_must_be_as_many_as_recordings(speakers):
    with pytest.raises(ShapeError, match="speakers"):
        transcription_metrics(["a", "b"], ["a", "b"], speakers=speakers)


def test_without_jiwer_the_extra_to_install_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(ConfigError, match=r'jiwer is needed .* "ostinato\[audio\]"'):
        word_errors(["a"], ["a"])
