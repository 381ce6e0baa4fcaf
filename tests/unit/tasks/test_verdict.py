"""What is said of figures, and of simple models beside them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from ostinato._errors import DatasetError
from ostinato.tasks.baselines import Baseline, measure_baselines
from ostinato.tasks.cross_validation import summarize, summary_text
from ostinato.tasks.verdict import ACCURACY, HARDER, Compared, Verdict, judge

BAG = {"title": "a bag of words", "test": {"accuracy": 0.9}}
MAJORITY = {"title": "the majority class", "test": {"accuracy": 0.5}}


def judged(value: float, *, n: int = 10_000, z: float = 9.0, **options) -> Verdict:
    settings = {
        "baselines": {"majority": MAJORITY, "bag": BAG},
        "compared": ACCURACY,
        "split": "test",
        "failure": None,
        "advice": "Try more.",
    }
    figures = {"accuracy": value, "n": n, "chance_z": z}
    return judge(figures, **{**settings, **options})


def test_a_model_that_beats_all_is_good_and_says_by_how_much():
    verdict = judged(0.912)
    assert verdict.is_good
    assert verdict.text == (
        "Beats the majority class by 41.2 and a bag of words by 1.2 points of accuracy on test "
        "(0.9120 against 0.5000, 0.9000)."
    )
    assert (verdict.advice, verdict.figure) == ("", "accuracy")


def test_a_gain_within_the_noise_says_so():
    assert "1.2 points are within the noise of 500 examples." in judged(0.912, n=500).text
    assert "noise" not in judged(0.912).text


@pytest.mark.parametrize(("value", "words"), [(0.9, "As good as"), (0.8, "No better than")])
def test_a_model_that_a_simple_one_equals_is_not_good(value, words):
    verdict = judged(value)
    assert not verdict.is_good
    assert verdict.text.startswith(f"{words} a bag of words: accuracy {value:.4f} against")
    assert "It beats the majority class by" in verdict.text
    assert verdict.advice == "Try more."


def test_a_loss_within_the_noise_says_so_and_no_gain_of_one_text_is_sure():
    assert "within the noise of 500 examples" in judged(0.895, n=500).text
    assert "10.0 points are within the noise of 18 examples" in judged(1.0, n=18).text


def test_chance_comes_before_the_simple_models():
    verdict = judged(0.95, z=1.0)
    assert not verdict.is_good
    assert verdict.text.startswith("No better than chance: accuracy 0.9500 on test")
    assert verdict.advice == "Check that inputs and answers belong together. Try more."


def test_of_a_few_examples_nothing_can_be_told():
    verdict = judged(1.0, n=6, z=2.2)
    assert not verdict.is_good
    assert verdict.text.startswith("Cannot be told from chance: accuracy 1.0000 on test, and its 6")
    assert verdict.advice.startswith("Measure on more examples.")


@pytest.mark.parametrize("n", [20, 2000])
def test_a_network_that_learns_nothing_of_what_a_simple_model_does_is_told_so(n):
    verdict = judged(0.5, n=n, z=0.0)
    assert "But a bag of words has 0.9000, so something can be learnt." in verdict.text
    assert "belong together" not in verdict.advice
    said = judged(0.5, n=n, z=0.0, baselines={"empty": MAJORITY, "commonest": BAG})
    assert "learnt" not in said.text  # the commonest answer is learnt from no input
    lucky = {"title": "a bag of words", "test": {"accuracy": 0.52}}
    verdict = judged(0.5, n=300, z=0.0, baselines={"majority": MAJORITY, "bag": lucky})
    assert "learnt" not in verdict.text
    assert verdict.advice.startswith("Check that inputs and answers belong together.")


def test_one_example_is_one_and_not_several():
    assert "and its 1 example is too few to tell" in judged(1.0, n=1, z=0.0).text


def test_of_simple_models_that_are_better_the_best_is_named():
    best = {"title": "the first", "test": {"accuracy": 0.95}}
    verdict = judged(0.8, baselines={"best": best, "bag": BAG})
    assert verdict.text.startswith("No better than the first: accuracy 0.8000 against 0.9500")


def test_where_nothing_is_wrong_nothing_is_to_be_mended_but_the_test():
    bag = {"title": "a bag of words", "test": {"accuracy": 1.0}}
    verdict = judged(1.0, baselines={"bag": bag})
    assert (verdict.is_good, verdict.advice) == (False, HARDER)


def test_a_failure_comes_first():
    verdict = judged(0.95, failure="Every transcript is empty.")
    assert verdict.text == "Every transcript is empty."
    assert not verdict.is_good


def test_lower_errors_are_better():
    wer = Compared("wer", "WER", lower_is_better=True)
    empty = {"title": "an empty transcript", "test": {"wer": 1.0}}
    good = judge({"wer": 0.4}, {"e": empty}, wer, split="test", failure=None, advice="")
    assert good.text.startswith("Beats an empty transcript by 60.0 points of WER on test")
    assert not judge({"wer": 1.0}, {"e": empty}, wer, split="test", failure=None, advice="").is_good


def test_without_simple_models_nothing_is_said():
    assert judged(0.9, baselines={}) == Verdict("", is_good=True, figure="accuracy")


def test_a_baseline_that_cannot_be_fitted_or_measured_is_left_out_and_said_so(caplog):
    def fail(split):
        raise ValueError("needs two classes")

    def found() -> Iterator[Baseline]:
        yield Baseline("first", "the first", lambda split: {"accuracy": 0.1 * len(split)})
        yield Baseline("second", "the second", fail)
        yield Baseline("third", "the third", lambda split: {"accuracy": 1.0})
        raise DatasetError("there is nothing to fit")

    with caplog.at_level(logging.WARNING):
        measured, seconds = measure_baselines(found(), {"validation": "ab", "test": "abc"})
    assert list(measured) == ["first", "third"]
    assert measured["first"]["title"] == "the first"
    assert measured["first"]["validation"] == {"accuracy": pytest.approx(0.2)}
    assert measured["first"]["test"] == {"accuracy": pytest.approx(0.3)}
    assert seconds > 0
    assert "left out: needs two classes" in caplog.text
    assert "there is nothing to fit" in caplog.text


def test_folds_are_summarised_with_their_baselines():
    def fold(accuracy: float, bag: float, **more: object) -> dict:
        figures = {"accuracy": accuracy, "n": 10, **more}
        return {"test": figures, "baselines": {"bag": {"title": "b", "test": {"accuracy": bag}}}}

    told = summarize([fold(0.7, 0.5, only_here=1.0), fold(0.9, 0.7, by_class={"a": 1})])
    assert told["mean"] == {
        "accuracy": pytest.approx(0.8),
        "n": 10.0,
        "bag": {"accuracy": pytest.approx(0.6)},
    }
    assert told["deviation"]["accuracy"] == pytest.approx(0.2 / 2**0.5)
    assert [one["accuracy"] for one in told["folds"]] == [0.7, 0.9]


@pytest.mark.parametrize(
    ("z", "n", "words"),
    [
        (2.0, 12, ""),  # three folds of it together are beyond chance
        (1.0, 12, "No better than chance: over all folds"),
        (1.0, 5, "Cannot be told from chance: 15 examples in all are too few to tell."),
    ],
)
def test_folds_that_are_no_better_than_chance_together_say_so(z, n, words):
    folds = [{"test": {"accuracy": 0.5, "n": n, "chance_z": z}}] * 3
    text = summary_text(folds, summarize(folds), ACCURACY)
    assert words in text
    assert ("chance" in text) == bool(words)
