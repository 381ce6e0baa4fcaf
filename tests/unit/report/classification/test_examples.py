"""A classifier's page shows what went wrong and what went right, in the texts' own words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.unit.conftest import write_json
from tests.unit.report.pages import Page

from ostinato import report
from ostinato.report.classification.examples import NUM_RIGHT, confident_mistakes, sure_answers
from ostinato.runs.classification import KEPT_OF_ANSWER, write_predictions

CLASSES = ("bad", "fair", "good")


def written(folder, *, n=60, texts=None, wrong=()):
    """A run whose predictions are written as a classifier writes them."""
    rng = np.random.default_rng(0)
    labels = [CLASSES[row % 3] for row in range(n)]
    answers = [CLASSES[(row + (row in wrong)) % 3] for row in range(n)]
    confidence = rng.uniform(0.4, 1, n).astype(np.float32)
    probabilities = np.repeat((1 - confidence)[:, None] / 2, 3, axis=1)
    probabilities[np.arange(n), [CLASSES.index(answer) for answer in answers]] = confidence
    write_json(folder / "labels.json", {"classes": list(CLASSES), "multi_label": False})
    write_predictions(
        folder,
        split="test",
        texts=texts or [f"text {row}" for row in range(n)],
        labels=labels,
        predictions=answers,
        confidence=confidence,
        probabilities=probabilities,
        num_tokens=np.full(n, 900),
    )
    return folder


@pytest.fixture
def run(make_run):
    return make_run("english", n=60)


def test_the_texts_of_all_mistakes_and_of_the_surest_right_answers_are_kept(run):
    read = report.collect(written(run, wrong=(3, 4, 30)))
    predictions = read.predictions
    kept = np.array(predictions.texts.is_valid())
    assert kept[~predictions.is_right].all()
    for answer in range(3):
        mine = np.flatnonzero(predictions.is_right & (predictions.predictions == answer))
        surest = mine[np.argsort(-predictions.confidence[mine])][:KEPT_OF_ANSWER]
        assert set(mine[kept[mine]]) == set(surest)


def test_right_answers_begin_with_the_surest_of_each_class(run):
    predictions = report.collect(written(run, wrong=(3, 4, 30))).predictions
    shown = sure_answers(predictions, CLASSES)
    assert len(shown) == 3 * KEPT_OF_ANSWER <= NUM_RIGHT
    assert all(example.labels == example.predictions for example in shown)
    assert {example.predictions for example in shown[:3]} == {(name,) for name in CLASSES}
    for name in CLASSES:
        sure = [example.confidence for example in shown if example.predictions == (name,)]
        assert sure == sorted(sure, reverse=True)
    wrong = confident_mistakes(predictions, CLASSES)
    assert all(example.labels != example.predictions for example in wrong)
    assert {example.text for example in wrong} == {"text 3", "text 4", "text 30"}


def test_the_page_shows_both_and_says_what_of_a_long_text_was_read(run):
    texts = [f"begin{row} " + "word<br />" * 900 + f"end{row}" for row in range(60)]
    written(run, texts=texts, wrong=(3,))
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    config["settings"]["max_length"] = 400
    write_json(run / "config.json", config)
    read = report.render(report.collect(run))
    text = Page(read).text
    assert text.count("The model read its first and last 200 tokens.") == 10
    assert "1 of 60 answers on the test split is wrong; look whether its label is right." in text
    assert "9 of the 59 right answers: the surest of each class first." in text
    assert "begin3 word" in text
    assert "word end3" in text
    assert "[…]" in text
    assert "&lt;br" not in read


def test_a_model_without_a_right_answer_says_so(run):
    text = Page(report.render(report.collect(written(run, wrong=range(60))))).text
    assert "No answer on the test split is right." in text
    assert "60 of 60 answers on the test split are wrong" in text
