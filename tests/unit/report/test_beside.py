"""The verdict and the simple models on the page, and what is broken of them in the files."""

from __future__ import annotations

import html
import json

import pytest
from tests.unit.report.pages import Page
from tests.unit.runs.test_reader import change

from ostinato import report
from ostinato._errors import CheckpointError
from ostinato.report.beside import beside

BASELINES = {
    "majority": {"title": "the majority class", "test": {"accuracy": 0.5, "f1_macro": 0.3333}},
    "bag": {"title": "a bag of <words>", "test": {"accuracy": 0.8812, "f1_macro": 0.8811, "n": 9}},
}
VERDICT = {
    "text": "Beats a bag of <words> by 2 points.",
    "is_good": True,
    "advice": "",
    "figure": "f1_macro",
}


@pytest.fixture
def run(make_run):
    folder = make_run("english", n=100)
    change(folder / "metrics.json", verdict=VERDICT, baselines=BASELINES)
    return folder


def test_the_table_has_the_figure_that_judges_first_and_the_model_last(run):
    read = report.collect(run)
    table = beside(read)
    assert table.heads == ("F1, mean of classes", "Accuracy")
    ours = read.figures["test"]
    assert table.rows == (
        ("the majority class", (0.3333, 0.5)),
        ("a bag of <words>", (0.8811, 0.8812)),
        ("the model", (ours["f1_macro"], ours["accuracy"])),
    )


def test_the_page_shows_verdict_and_table_under_the_headlines(run):
    text = report.write(run).read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert set(page.references) <= set(page.ids)
    assert "beside" in page.ids
    assert html.escape(VERDICT["text"]) in text
    assert "<words>" not in text
    assert "0.8811" in page.text
    assert (
        text.index("Beats a bag") < text.index("Beside simple models") < text.index("Learning</h2>")
    )
    assert '<p class="notice"><strong>Beats' in text


def test_a_model_that_is_not_good_is_warned_of_with_what_to_try(run):
    change(run / "metrics.json", verdict={**VERDICT, "is_good": False, "advice": "Try more."})
    text = report.write(run).read_text(encoding="utf-8")
    assert '<p class="notice warning"><strong>Beats' in text
    assert "</strong> Try more.</p>" in text


@pytest.mark.parametrize("kind", ["english", "unfinished"])
def test_a_run_of_before_has_neither(make_run, kind):
    folder = make_run(kind)
    read = report.collect(folder)
    assert read.verdict is None
    assert read.baselines == ()
    assert beside(read) is None
    assert "Beside simple models" not in report.write(folder).read_text(encoding="utf-8")


def test_a_forecaster_of_before_is_judged_by_its_figures_and_lists_its_own(make_run):
    text = report.write(make_run("one-series")).read_text(encoding="utf-8")
    assert text.index("<strong>The model ") < text.index("Against the naive</h2>")
    assert "Beside simple models" not in text


def test_settings_found_for_the_data_are_marked(run):
    settings = json.loads((run / "config.json").read_text(encoding="utf-8"))["settings"]
    training = settings["training"]
    found = {**training, "epochs": 77}
    change(run / "config.json", sized={**settings, "training": found, "min_freq": 3})
    read = report.collect(run)
    assert read.settings["training"]["epochs"] == 77
    assert read.given["training"]["epochs"] == training["epochs"]
    text = report.write(run).read_text(encoding="utf-8")
    assert '<dt>epochs</dt><dd><bdi>77</bdi> <span class="hint">by the data</span></dd>' in text
    assert text.count("by the data") == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdict": "good"}, "`verdict` must be a JSON object; got good"),
        ({"verdict": {"text": 3, "is_good": True}}, "`verdict` must hold `text` and whether"),
        (
            {"verdict": {"text": "Good.", "is_good": "yes"}},
            "`verdict` must hold `text` and whether",
        ),
        ({"baselines": [1]}, r"`baselines` must be a JSON object; got \[1\]"),
        ({"baselines": {"bag": {"test": {}}}}, "`baselines` must hold the `title`.*for bag"),
        ({"baselines": {"bag": 1}}, "`baselines` must hold the `title`.*got 1 for bag"),
        ({"baselines": {"bag": {"title": "a", "test": 5}}}, "`test` must be a JSON object; got 5"),
    ],
)
def test_what_is_broken_is_named(run, changes, message):
    change(run / "metrics.json", **changes)
    with pytest.raises(CheckpointError, match=message):
        report.collect(run)


def test_figures_that_are_no_numbers_are_not_known(run):
    change(run / "metrics.json", baselines={"bag": {"title": "bag", "test": {"accuracy": "high"}}})
    assert "–" in report.write(run).read_text(encoding="utf-8")
