"""The page holds what it promises, shows hostile text as text, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import re
import subprocess
import sys

import pytest
from tests.unit.report.pages import OWN_SCRIPT, Page, without_script

from ostinato import report
from ostinato._errors import CheckpointError
from ostinato.report.sections import TASKS

KINDS = [
    "english",
    "chinese",
    "many",
    "multi-label",
    "unfinished",
    "entities",
    "chinese-entities",
    "parts-of-speech",
    "unfinished-entities",
    "speech",
    "chinese-speech",
    "unfinished-speech",
    "forecasts",
    "one-series",
    "unfinished-forecasts",
]

CARDS = re.compile(r'<div class="card( wide)?">\s*<h3[^>]*>([^<]*)</h3>')


@pytest.fixture(scope="module")
def pages():
    """The pages that were drawn already, by kind and options."""
    return {}


@pytest.fixture
def page_of(make_run, pages):
    def read(kind, **options):
        key = (kind, *options.items())
        if key not in pages:
            pages[key] = report.write(make_run(kind, **options)).read_text(encoding="utf-8")
        return pages[key]

    return read


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_well_formed_and_accessible(page_of, kind):
    page = Page(page_of(kind))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    assert dict(page.tags)["html"] == {"lang": "en"}
    drawings = [found for tag, found in page.tags if tag == "svg"]
    assert drawings
    assert all(found["role"] == "img" and found["aria-labelledby"] for found in drawings)
    assert all(found.get("scope") for tag, found in page.tags if tag == "th")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_loads_nothing(page_of, kind):
    text = page_of(kind)
    page = Page(text)
    assert not {"link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert not re.search(r"@import|url\((?!#)|expression\(", text)
    assert not any(name.startswith("on") for _, found in page.tags for name in found)
    links = [
        value for _, found in page.tags for name, value in found.items() if name in ("src", "href")
    ]
    has_images = kind in ("speech", "chinese-speech", "unfinished-speech")
    assert all(
        value.startswith(("#", "data:image/png;base64,") if has_images else "#") for value in links
    )
    assert ("img-src data:" in text) == has_images
    assert "default-src 'none'" in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_only_script_is_the_one_that_the_policy_names(page_of, kind):
    page = Page(page_of(kind))
    policy = next(found["content"] for _, found in page.tags if "http-equiv" in found)
    (script,) = page.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert not any("src" in found for tag, found in page.tags if tag == "script")
    assert not re.search(r"fetch|XMLHttp|import|eval|http|innerHTML|Function", script)


def test_a_finished_run_shows_every_section(page_of):
    text = Page(page_of("english")).text
    for words in (
        "Test accuracy 95.65% 1,913 of 2,000 texts",
        "F1, mean of classes 0.9555",
        "Training time 4 min 12 s peak memory 1.2 GiB",
        "Best epoch 3 of 4",
        "bidirectional LSTM 1 × 128 · trained on imdb · 1 March 2026, 12:00 UTC",
        "Gradient norm",
        "Clipped steps",
        "Confusion matrix",
        "neg 95.2% 95.7% 95.5%",
        "Expected calibration error 6.56%",
        "Accuracy by length",
        "87 of 2,000 answers on the test split are wrong; first those that the model was surest of",
        "Show 79 more",
        "1,913 answers are right; their texts were not kept.",
        "Also in train",
        "123",
        "1.61%",
        "max_grad_norm 1.0",
        "torch 2.13.0+cpu",
        "ostinato train classify imdb --cell lstm",
    ):
        assert words in text
    assert "has not finished" not in text


def test_hostile_text_is_shown_as_text(page_of, make_run):
    text = page_of("english")
    assert "<script" not in without_script(text)
    assert (
        html.escape("<script>alert('gotcha')</script>", quote=False).replace("'", "&#39;") in text
    )
    page = Page(page_of("multi-label"))
    assert "i" not in [tag for tag, found in page.tags if found.get("class") == "name"]
    assert "camera <i>work</i>" in page.text


def test_hostile_settings_and_names_are_shown_as_text(make_run):
    folder = make_run("english", n=30)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    bad = "</style></dd><script>alert(1)</script>\ud800"
    config["settings"][bad] = {bad: bad}
    config["data"]["source"] = config["command"] = config["created"] = bad
    config["environment"][bad] = [bad]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    page = Page(report.write(folder).read_text(encoding="utf-8"))
    assert page.scripts == [OWN_SCRIPT]
    assert page.open == []


def test_chinese_stands_as_text_in_its_language(page_of):
    text = page_of("chinese")
    assert '<bdi lang="zh">非常满意</bdi>' in text
    assert '<blockquote dir="auto" lang="zh">房间很小' in text
    assert "DejaVu Sans'" not in text  # drawings take the page's font


@pytest.mark.parametrize(("num_classes", "is_wide"), [(5, False), (6, True), (17, True)])
def test_a_matrix_of_more_than_five_classes_has_the_width_of_the_page(
    make_run, num_classes, is_wide
):
    text = report.write(make_run("many", n=400, num_classes=num_classes)).read_text("utf-8")
    cards = {title: "wide" in opened for opened, title in CARDS.findall(text)}
    assert cards["Confusion matrix"] == is_wide
    assert cards["Class by class"] != is_wide  # beside the confusions, where the matrix is not


@pytest.mark.parametrize("kind", ["english", "chinese", "entities", "parts-of-speech"])
def test_no_card_of_classes_leaves_a_hole_beside_it(kind, page_of):
    cards = CARDS.findall(page_of(kind))
    titles = [title for _, title in cards]
    start = titles.index("Confusion matrix")
    end = next(n for n, title in enumerate(titles) if n > start and " by " in title)
    row = [bool(opened) for opened, _ in cards[start : end + 1]]
    halves = [list(group) for is_wide, group in itertools.groupby(row) if not is_wide]
    assert all(len(group) % 2 == 0 for group in halves)


def test_many_classes_are_drawn_and_listed_weakest_first(page_of):
    text = page_of("many")
    page = Page(text)
    assert 'class="confusion"' not in text
    assert "confusion-title" in page.ids
    assert "Weakest first" in page.text
    assert "Most frequent confusions" in page.text
    assert len(text) < 400_000


def test_multi_label_counts_each_label_and_draws_no_matrix(page_of):
    text = Page(page_of("multi-label")).text
    assert "False alarms" in text
    assert "0.8100 over all labels" in text
    assert "Confusion matrix" not in text
    assert "how far the probability of a label is from being right" in text


@pytest.mark.parametrize("num_epochs", [0, 1, 2])
def test_an_unfinished_run_says_so(make_run, num_epochs):
    text = Page(report.render(report.collect(make_run("unfinished", num_epochs=num_epochs)))).text
    assert "This run has not finished." in text
    assert ("after epoch" in text) == (num_epochs > 0)
    assert "Calibration" not in text


def test_accuracy_on_unseen_texts_is_shown(make_run):
    folder = make_run("english", n=50)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    metrics["test"].update(accuracy_unseen=0.875, n_unseen=40)
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert "87.50% of the 40 not also in train" in Page(report.render(report.collect(folder))).text


@pytest.mark.parametrize(
    ("norm", "message"),
    [
        ({"mean": 1e-9, "max": 1e-8, "clipped": 0}, "Gradients vanished in epoch 1"),
        ({"mean": 10, "max": 1e5, "clipped": 0.5}, "Gradients exploded in epoch 1"),
        ({"mean": float("inf"), "max": float("inf"), "clipped": 0}, "largest norm is inf"),
        ({"mean": 10, "max": 20, "clipped": 1.0}, "Every step of epoch 1 was clipped"),
    ],
)
def test_sick_gradients_are_pointed_out(make_run, norm, message):
    folder = make_run("unfinished", num_epochs=1)
    line = {"epoch": 1, "train": {"loss": 1.0, "accuracy": 0.5}, "grad_norm": norm}
    (folder / "history.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert message in Page(report.render(report.collect(folder))).text


def test_gradients_that_are_sick_in_many_epochs_are_pointed_out_once(make_run):
    folder = make_run("unfinished", num_epochs=3)
    norm = {"mean": 10, "max": 20, "clipped": 1.0}
    lines = [
        json.dumps({"epoch": n, "train": {"loss": 1.0, "accuracy": 0.5}, "grad_norm": norm}) + "\n"
        for n in (1, 2, 3)
    ]
    (folder / "history.jsonl").write_text("".join(lines), encoding="utf-8")
    text = Page(report.render(report.collect(folder))).text
    assert text.count("Every step of") == 1
    assert "Every step of epoch 1 and 2 more epochs was clipped" in text


def test_a_model_without_mistakes_is_told_so(make_run):
    folder = make_run("english", n=12, right=1.0)
    assert "Every answer on the test split is right" in report.render(report.collect(folder))


@pytest.mark.parametrize("kind", ["english", "many", "entities", "speech"])
def test_the_same_run_gives_the_same_characters(make_run, kind):
    run = report.collect(make_run(kind, n=300))
    assert report.render(run) == report.render(run)


def test_a_users_matplotlib_settings_change_nothing(make_run):
    import matplotlib as mpl

    run = report.collect(make_run("english", n=50))
    plain = report.render(run)
    with mpl.rc_context({"font.size": 30, "axes.grid": False, "svg.fonttype": "path"}):
        assert report.render(run) == plain


def test_a_folder_that_cannot_be_written_is_told(make_run, monkeypatch):
    folder = make_run("unfinished")

    def refuse(path, text):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ostinato.report.page.write_text", refuse)
    with pytest.raises(CheckpointError, match=r"report\.html cannot be written: .*Permission"):
        report.write(folder)


def test_the_report_needs_no_torch():
    code = "import sys, ostinato.report; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_stands_first_and_diagnostics_stand_last(page_of, kind):
    text = page_of(kind)
    page = Page(text)
    ids = [found.get("id") for tag, found in page.tags if tag == "section"]
    if kind.startswith("unfinished"):
        assert ids == ["learning", "data", "settings"]
    else:
        assert ids[-3:] == ["data", "settings", "learning"]
        assert tuple(ids[:-3]) in [tuple(dict(task.sections)) for task in TASKS.values()]
    places = [
        text.index(mark) for mark in ('id="verdict"', 'class="headlines"', "<nav", "<section")
    ]
    assert places == sorted(places)
    first = text[places[0] : places[1]]
    assert re.search(r'<p class="notice[^>]*><strong>[^<]{10,}</strong>', first)
    links = [found["href"][1:] for tag, found in page.tags if tag == "a"]
    assert links == ids


@pytest.mark.parametrize("kind", KINDS)
def test_curves_are_folded_away_where_there_are_results(page_of, kind):
    text = page_of(kind)
    section = text[text.index('<section id="learning"') :]
    fold = re.search("<details[^>]*>", section)
    assert fold.start() < section.index("<svg")
    assert ("open" in fold.group()) == kind.startswith("unfinished")


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_script_a_page_lacks_nothing_but_its_controls(page_of, kind):
    page = Page(page_of(kind))
    hidden = [found for _, found in page.tags if "hidden" in found]
    assert all(found.get("class") == "search" for found in hidden)
    assert not any("display:none" in found.get("style", "") for _, found in page.tags)
