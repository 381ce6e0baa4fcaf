"""A tagger's page tells what the metrics tell, and shows sentences as they are read."""

from __future__ import annotations

import html
import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.report.pages import Page, page_of, text_of, without_script

from ostinato import report
from ostinato._errors import CheckpointError
from ostinato.datasets.records.schemes import spans_of
from ostinato.metrics import (
    calibration,
    confusion,
    per_class,
    span_confusion,
    span_f1_by_length,
    span_scores,
    tagging_metrics,
)
from ostinato.report.formatting import number, percent
from ostinato.report.tagging.examples import examples
from ostinato.report.tagging.section import hue
from ostinato.report.tagging.sentences import MARGIN, MAX_FAULTS, faults, separators, show
from ostinato.runs.tagging import Sentence

LISTS = pa.list_(pa.string())
FLOATS = pa.list_(pa.float32())
TAGS = st.sampled_from(["O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "S-Y"])


def columns_of(folder):
    return pq.read_table(folder / "predictions.parquet").to_pydict()


def rewrite(folder, **columns):
    """Replace columns of predictions.parquet, or drop those that are None."""
    path = folder / "predictions.parquet"
    table = pq.read_table(path)
    for name, values in columns.items():
        place = table.column_names.index(name)
        table = (
            table.remove_column(place) if values is None else table.set_column(place, name, values)
        )
    pq.write_table(table, path)


def one_sentence(folder, tokens, labels, predictions, *, confidence=0.75):
    """Make the run's predictions those of one sentence."""
    scheme = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["scheme"]
    spans = spans_of(predictions) if scheme else []
    table = pa.table(
        {
            "tokens": pa.array([tokens], LISTS),
            "label": pa.array([labels], LISTS),
            "prediction": pa.array([predictions], LISTS),
            "confidence": pa.array([[confidence] * len(tokens)], FLOATS),
            "known": pa.array([[True] * len(tokens)], pa.list_(pa.bool_())),
            "span_confidence": pa.array([[confidence] * len(spans)], FLOATS),
        }
    )
    pq.write_table(table, folder / "predictions.parquet")


@pytest.fixture
def entities(make_run):
    return make_run("entities")


@pytest.fixture
def parts_of_speech(make_run):
    return make_run("parts-of-speech")


def test_the_headlines_are_f1_and_what_it_is_made_of(entities):
    figures = json.loads((entities / "metrics.json").read_text(encoding="utf-8"))["test"]
    text = text_of(entities)
    for words in (
        "Sequence labelling, spans as BIOES tags",
        f"Test F1 {percent(figures['f1'], 2)} precision {percent(figures['precision'], 2)}, "
        f"recall {percent(figures['recall'], 2)}",
        f"Accuracy of tokens {percent(figures['accuracy'], 2)} {number(figures['n_tokens'])} tokens",
        "Loss 0.0471 nats per token",
        "Training time 4 min 12 s peak memory 1.2 GiB",
        "Best epoch 3 of 4",
    ):
        assert words in text


def test_parts_of_speech_are_headed_by_accuracy_of_known_and_unknown_words(parts_of_speech):
    columns = columns_of(parts_of_speech)
    figures = tagging_metrics(
        columns["label"], columns["prediction"], are_spans=False, known=columns["known"]
    )
    known, unknown = figures["accuracy_known"], figures["accuracy_unknown"]
    text = text_of(parts_of_speech)
    assert (
        f"Test accuracy {percent(figures['accuracy'], 2)} known words {percent(known, 2)}, "
        f"unknown words {percent(unknown, 2)}"
    ) in text
    assert "Test F1" not in text
    assert "F1 by length" not in text
    unknown_tokens = number(figures["n_unknown"])
    assert f"Unknown {percent(unknown)} {unknown_tokens}" in text
    known_tokens = number(figures["n_tokens"] - figures["n_unknown"])
    assert f"Known {percent(known)} {known_tokens}" in text


@pytest.mark.parametrize(("kind", "figure"), [("entities", "f1"), ("parts-of-speech", "accuracy")])
def test_the_figure_on_unseen_sentences_is_shown(make_run, kind, figure):
    folder = make_run(kind)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    metrics["test"] |= {f"{figure}_unseen": 0.875, "n_unseen": 100}
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert "; 87.50% on the 100 sentences not also in train" in text_of(folder)


def test_each_type_has_its_figures(entities):
    columns = columns_of(entities)
    scores = span_scores(columns["label"], columns["prediction"])
    text = text_of(entities)
    for i, kind in enumerate(scores.types):
        found, support = int(scores.correct[i]), int(scores.support[i])
        shares = " ".join(percent(x[i]) for x in (scores.precision, scores.recall, scores.f1))
        counts = f"{found} {support - found} {scores.predicted[i] - found} {support}"
        assert f"{kind} {shares} {counts}" in text


def test_each_tag_has_its_figures(parts_of_speech):
    columns = columns_of(parts_of_speech)
    classes = json.loads((parts_of_speech / "labels.json").read_text(encoding="utf-8"))["classes"]
    pair = [
        [classes.index(tag) for row in columns[name] for tag in row]
        for name in ("label", "prediction")
    ]
    scores = per_class(*pair, num_classes=len(classes))
    matrix = confusion(*pair, num_classes=len(classes))
    text = text_of(parts_of_speech)
    for i, tag in enumerate(classes):
        shares = " ".join(percent(x[i]) for x in (scores.precision, scores.recall, scores.f1))
        assert f"{tag} {shares} {scores.support[i]}" in text
        cells = zip(matrix[i], matrix[i] / max(matrix[i].sum(), 1), strict=True)
        row = " ".join(f"{count} {percent(share)}" if count else "0" for count, share in cells)
        assert f"{tag} {row}" in text


def test_the_confusion_counts_spans_and_no_span(entities):
    columns = columns_of(entities)
    types = span_scores(columns["label"], columns["prediction"]).types
    matrix = span_confusion(columns["label"], columns["prediction"], types)
    text = text_of(entities)
    for name, counts in zip((*types, "no span"), matrix, strict=True):
        cells = zip(counts, counts / counts.sum(), strict=True)
        row = " ".join(f"{count} {percent(share)}" if count else "0" for count, share in cells)
        assert f"{name} {row}" in text
    wrong = matrix - np.diag(matrix.diagonal())
    label, prediction = np.unravel_index(wrong.argmax(), wrong.shape)
    names = (*types, "no span")
    first = f"Of the type {names[label]} {names[prediction]} {wrong.max()} "
    assert first in text


def test_many_tags_are_drawn_by_number(make_run):
    folder = make_run("parts-of-speech")
    tags = [f"T{i}" for i in range(40)]
    one_sentence(folder, ["a"] * 40, tags, [*tags[1:], tags[0]])
    (folder / "labels.json").write_text(json.dumps({"classes": tags, "scheme": None}))
    page = page_of(folder)
    assert 'class="confusion"' not in page
    assert "by number as in the table below" in page
    assert "Weakest first" in page


def test_the_calibration_is_that_of_whole_spans(entities):
    columns = columns_of(entities)
    is_right = [
        span in spans_of(labels)
        for labels, predictions in zip(columns["label"], columns["prediction"], strict=True)
        for span in spans_of(predictions)
    ]
    confidence = [sure for row in columns["span_confidence"] for sure in row]
    error = calibration(confidence, is_right).error
    text = text_of(entities)
    assert (
        f"Expected calibration error {percent(error, 2)}: how far the confidence of a span" in text
    )


def test_the_calibration_of_parts_of_speech_is_that_of_tags(parts_of_speech):
    columns = columns_of(parts_of_speech)
    flat = {name: [x for row in values for x in row] for name, values in columns.items()}
    is_right = [a == b for a, b in zip(flat["label"], flat["prediction"], strict=True)]
    error = calibration(flat["confidence"], is_right).error
    assert f"error {percent(error, 2)}: how far the confidence of a tag" in text_of(parts_of_speech)


def test_f1_is_shown_by_length_and_recall_by_known_words(entities):
    columns = columns_of(entities)
    bins = span_f1_by_length(columns["label"], columns["prediction"])
    text = text_of(entities)
    for i, name in ((0, "1"), (1, "2")):
        shares = " ".join(percent(x[i]) for x in (bins.f1, bins.precision, bins.recall))
        assert f"{name} {shares} {bins.support[i]} {bins.predicted[i]}" in text
    assert f"5+ – – – {bins.support[4]} {bins.predicted[4]}" in text
    figures = tagging_metrics(
        columns["label"], columns["prediction"], are_spans=True, known=columns["known"]
    )
    shares = re.search(r"Unknown (\S+) (\d+) (\S+) (\d+)", text).groups()
    assert shares[0] == percent(figures["recall_unknown"])
    assert shares[2:] == (percent(figures["accuracy_unknown"]), str(figures["n_unknown"]))
    num_known = int(re.search(r"Known \S+ (\d+) \S+ \d+", text).group(1))
    assert num_known + int(shares[1]) == figures["n_spans"]


def test_f1_is_followed_where_there_is_one(entities, parts_of_speech):
    page = Page(page_of(entities))
    assert {"loss-title", "accuracy-title", "f1-title"} <= set(page.ids)
    assert "F1, validation" in page.text
    assert "F1, train" not in page.text
    assert "How loss, accuracy, F1 and gradients moved" in page.text
    page = Page(page_of(parts_of_speech))
    assert "f1-title" not in page.ids
    assert "F1, validation" not in page.text


def test_the_balance_counts_spans_or_tokens(entities, parts_of_speech):
    columns = columns_of(entities)
    types = [span.type for row in columns["label"] for span in spans_of(row)]
    count, share = types.count("PER"), types.count("PER") / len(types)
    assert f"PER {count} {percent(share)}" in text_of(entities)
    text = text_of(parts_of_speech)
    assert "Tag balance Tokens with each tag, and their share of all in the split." in text
    assert "Length of the sentences" in text


def test_hostile_tokens_are_shown_as_text(entities):
    page = page_of(entities)
    assert "<script" not in without_script(page)
    assert html.escape("<script>alert(1)</script>") in page
    tag = "B-<b>bold</b>"
    one_sentence(entities, ["<i>", "&amp;"], [tag, "O"], ["O", "O"])
    parsed = Page(page_of(entities))
    assert "b" not in {name for name, _ in parsed.tags}
    assert "<b>bold</b> missed" in parsed.text
    assert "&amp;" in parsed.text


def test_wrong_spans_are_told_in_words_and_right_ones_too(entities):
    tokens = ["Ana", "of", "Lazio", "met", "Bo", "in", "Rome"]
    labels = ["S-PER", "O", "S-ORG", "O", "S-PER", "O", "S-LOC"]
    predictions = ["S-PER", "O", "S-LOC", "O", "O", "O", "S-LOC"]
    one_sentence(entities, tokens, labels, predictions)
    page = page_of(entities)
    text = Page(page).text
    assert "Right Ana PER of Lazio ORG missed met Bo PER missed in Rome LOC" in text
    assert "Predicted Ana PER of Lazio LOC wrong 75% met Bo in Rome LOC" in text
    assert page.count('<mark class="right"') == 4
    assert "Wrong spans 1 Missed spans 2 Confidence 75.0% Length 7 tokens" in text
    assert "1 sentence of the test split has a wrong or missed span" in text


def test_each_token_has_its_tag_and_wrong_ones_both(parts_of_speech):
    one_sentence(parts_of_speech, ["time", "flies"], ["NOUN", "VERB"], ["NOUN", "X"])
    page = page_of(parts_of_speech)
    assert re.findall(r'<mark class="(\w+)"', page) == ["right", "mistaken"]
    assert "time NOUN flies VERB taken for X 75%" in Page(page).text


def test_a_type_has_one_colour_and_each_type_its_own(entities):
    tokens = ["Ana", "of", "Lazio", "met", "Bo", "in", "Rome"]
    labels = ["S-PER", "O", "S-ORG", "O", "S-PER", "O", "S-LOC"]
    predictions = ["S-PER", "O", "S-LOC", "O", "O", "O", "S-LOC"]
    one_sentence(entities, tokens, labels, predictions)
    marks = re.findall(r'<mark [^>]*--hue: (\d+)">[^<]*<small[^>]*><bdi>(\w+)', page_of(entities))
    assert len(marks) == 7
    hues = {kind: {hue for hue, other in marks if other == kind} for _, kind in marks}
    assert hues.keys() == {"PER", "ORG", "LOC"}
    assert len({*map(tuple, hues.values())}) == sum(map(len, hues.values())) == 3


@given(st.integers(1, 40))
def test_colours_of_a_list_are_apart(num):
    hues = sorted(hue(place) for place in range(num))
    assert all(0 <= one < 360 for one in hues)
    gaps = np.diff([*hues, hues[0] + 360])
    assert gaps.min() >= 360 / num / 3


def test_chinese_is_written_without_spaces(make_run):
    page = page_of(make_run("chinese-entities"))
    assert re.search('<mark class="missed"[^>]*>北京大学<small', page)
    assert "毕业" in page
    assert "199<mark" in page
    assert re.search('<dd dir="auto" lang="zh"><mark class="right"[^>]*>王伟<small', page)


def test_the_most_confident_mistakes_come_first_and_thirty_at_most(make_run):
    folder = make_run("chinese-entities", n=120)
    columns = columns_of(folder)
    rows = columns["prediction"]
    tokens = [[str(row), *sentence[1:]] for row, sentence in enumerate(columns["tokens"])]
    sure = np.linspace(0.1, 0.9, len(rows))
    values = [[share] * len(spans_of(row)) for share, row in zip(sure, rows, strict=True)]
    confidence = [[0.05] * len(row) for row in rows]
    rewrite(
        folder,
        tokens=pa.array(tokens, LISTS),
        span_confidence=pa.array(values, FLOATS),
        confidence=pa.array(confidence, FLOATS),
    )
    text = text_of(folder)
    mistakes = text[: text.index("Right answers 80 sentences")]
    shown = [float(share) for share in re.findall(r"Confidence ([\d.]+)%", mistakes)]
    assert len(shown) == 30
    assert shown == sorted(shown, reverse=True)
    assert (
        "40 sentences of the test split have a wrong or missed span; these are the 30 whose mistakes"
        in text
    )
    assert "Show 22 more" in text
    assert "are shown once" not in text


def test_a_giant_sentence_is_shown_around_its_faults(entities):
    length = 50_000
    tokens = [f"w{i}" for i in range(length)]
    labels, predictions = ["O"] * length, ["O"] * length
    labels[40_000] = "S-PER"
    one_sentence(entities, tokens, labels, predictions)
    page = page_of(entities)
    assert len(page) < 200_000
    text = Page(page).text
    assert f"… {40_000 - MARGIN:,} tokens … w{40_000 - MARGIN} " in text
    assert f"w{40_000 + MARGIN} … {length - 40_001 - MARGIN:,} tokens …" in text


def test_a_giant_sentence_of_faults_alone_does_not_make_a_giant_page(entities, parts_of_speech):
    length = 20_000
    tokens = ["x" * 1_000, *["word"] * (length - 1)]
    one_sentence(entities, tokens, ["O"] * length, ["S-PER"] * length)
    assert len(page_of(entities)) < 300_000
    one_sentence(entities, tokens, ["O"] * length, ["B-PER", *["I-PER"] * (length - 1)])
    page = page_of(entities)
    assert len(page) < 200_000
    assert page.count("PER</bdi> wrong 75%") == 1
    one_sentence(parts_of_speech, tokens, ["X"] * length, ["NOUN"] * length)
    assert len(page_of(parts_of_speech)) < 300_000


def test_a_model_without_mistakes_is_told_so(entities, parts_of_speech):
    rewrite(entities, label=pq.read_table(entities / "predictions.parquet")["prediction"])
    assert "Every span of the test split is right." in text_of(entities)
    rewrite(
        parts_of_speech, label=pq.read_table(parts_of_speech / "predictions.parquet")["prediction"]
    )
    assert "Every tag of the test split is right." in text_of(parts_of_speech)


def test_right_sentences_stand_beside_mistakes(entities, parts_of_speech):
    columns = columns_of(entities)
    pairs = zip(columns["label"], columns["prediction"], strict=True)
    right = [labels for labels, predictions in pairs if spans_of(labels) == spans_of(predictions)]
    text = text_of(entities).split("Right answers")[-1]
    assert f"{len(right)} sentences of the test split are wholly right" in text
    most = max(len({span.type for span in spans_of(labels)}) for labels in right)
    first = page_of(entities).split('id="right"')[1].split("</li>")[0]
    assert len(set(re.findall(r"--hue: (\d+)", first))) == most
    one_sentence(entities, ["a", "b"], ["O", "S-PER"], ["O", "O"])
    assert "No sentence with a span of the test split is wholly right." in text_of(entities)
    one_sentence(parts_of_speech, ["time", "flies"], ["NOUN", "VERB"], ["NOUN", "VERB"])
    assert "1 sentence of the test split is wholly right. " in text_of(parts_of_speech)
    assert "time NOUN flies VERB" in text_of(parts_of_speech)


def test_a_split_without_spans_has_a_page(entities):
    one_sentence(entities, ["a", "b"], ["O", "O"], ["O", "O"])
    assert "There is no span in this split" in text_of(entities)
    one_sentence(entities, ["a", "b"], ["O", "S-PER"], ["O", "O"])
    page = Page(page_of(entities))
    assert "calibration-title" not in page.ids
    assert "PER 0.0% 0.0% 0.0% 0 1 0 1" in page.text


def test_a_tag_that_only_the_test_split_has_is_shown(entities, parts_of_speech):
    one_sentence(entities, ["a", "b"], ["S-NEW", "O"], ["O", "S-PER"])
    assert "NEW 0.0% 0.0% 0.0% 0 1 0 1" in text_of(entities)
    one_sentence(parts_of_speech, ["a", "b"], ["NEW", "X"], ["X", "X"])
    assert "NEW 0.0% 0.0% 0.0% 1" in text_of(parts_of_speech)


def test_types_without_a_name_are_called_unnamed(entities):
    (entities / "labels.json").write_text('{"classes": ["B", "I", "O"], "scheme": "IOB2"}')
    one_sentence(entities, ["a", "b"], ["B", "I"], ["B", "O"])
    assert "Right a b unnamed missed Predicted a unnamed wrong 75% b" in text_of(entities)


def test_an_unfinished_tagger_says_how_far_it_is(make_run):
    text = text_of(make_run("unfinished-entities"))
    assert "This run has not finished." in text
    assert "Validation F1 87.00% after epoch 2" in text
    assert "Train accuracy 89.50%" in text
    assert "Calibration" not in text
    assert "has not completed an epoch" in text_of(make_run("unfinished-entities", num_epochs=0))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"known": None}, "must have the columns tokens, .* got no known"),
        (
            {"prediction": pa.array([["O"]] * 120, LISTS)},
            r"must have as many values of prediction as tokens in each row; got 1 for \d+ tokens",
        ),
        (
            {"span_confidence": pa.array([[0.5] * 9] * 120, FLOATS)},
            r"a span_confidence for each predicted span in each row; got 9 for \d spans in row 1",
        ),
        ({"label": pa.array([None] * 120, LISTS)}, "a value in each place of label; got null"),
        ({"tokens": pa.array([[None]] * 120, LISTS)}, "a value in each place of tokens; got null"),
        ({"confidence": pa.array(["high"] * 120)}, "must have columns of the right types; got"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(entities, columns, message):
    rewrite(entities, **columns)
    with pytest.raises(CheckpointError, match=rf"predictions\.parquet .*{message}"):
        report.collect(entities)


@pytest.mark.parametrize("confidence", [1.5, float("nan")])
def test_a_confidence_that_is_none_is_refused(entities, confidence):
    one_sentence(entities, ["a"], ["O"], ["O"], confidence=confidence)
    with pytest.raises(CheckpointError, match=r"confidence from 0 to 1; got (1\.5|nan)"):
        report.collect(entities)


def test_predictions_of_another_model_are_refused(entities, parts_of_speech):
    one_sentence(entities, ["a"], ["O"], ["S-DRUG"])
    with pytest.raises(CheckpointError, match=r"of labels\.json only; got 'DRUG'"):
        report.collect(entities)
    one_sentence(parts_of_speech, ["a"], ["X"], ["INTJ"])
    with pytest.raises(CheckpointError, match=r"of labels\.json only; got 'INTJ'"):
        report.collect(parts_of_speech)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("predictions.parquet", "PAR1", r"predictions\.parquet must be a Parquet file"),
        (
            "labels.json",
            '{"classes": ["O"], "scheme": 7}',
            r"labels\.json: `scheme` must be the name of a scheme or null; got 7",
        ),
        ("history.jsonl", '{"epoch": 1, "train": 7}\n', r"history\.jsonl, line 1 must be the JSON"),
    ],
)
def test_broken_files_are_named(entities, name, content, message):
    (entities / name).write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=message):
        report.collect(entities)


@pytest.mark.parametrize("rows", [0, 1])
def test_predictions_without_a_token_count_as_none(entities, rows):
    table = pq.read_table(entities / "predictions.parquet").slice(0, rows)
    empty = {
        name: pa.array([[]] * rows, table.schema.field(name).type) for name in table.schema.names
    }
    pq.write_table(pa.table(empty), entities / "predictions.parquet")
    assert report.collect(entities).predictions is None
    report.write(entities)


def test_an_empty_sentence_among_others_is_no_trouble(entities):
    table = pq.read_table(entities / "predictions.parquet")
    empty = pa.table(
        {name: pa.array([[]], table.schema.field(name).type) for name in table.schema.names}
    )
    expected = text_of(entities)
    pq.write_table(pa.concat_tables([empty, table, empty]), entities / "predictions.parquet")
    start = expected.index("Types Which spans")
    assert text_of(entities)[start:].split("Data")[0] == expected[start:].split("Data")[0]


@st.composite
def sentences(draw, token=None):
    """A sentence with any tags; its tokens are t0, t1, ... unless they are drawn."""
    rights = draw(st.lists(TAGS, min_size=1, max_size=200 if token is None else MARGIN))
    length = len(rights)
    predictions = draw(st.lists(TAGS, min_size=length, max_size=length))
    tokens = [f"t{i}" for i in range(length)]
    if token is not None:
        tokens = draw(st.lists(token, min_size=length, max_size=length))
    shares = np.random.default_rng(draw(st.integers(0, 9))).random(2 * length)
    return Sentence(
        tokens=tokens,
        labels=rights,
        predictions=predictions,
        confidence=shares[:length],
        span_confidence=shares[length:][: len(spans_of(predictions))],
    )


@given(sentences(), st.booleans())
def test_a_sentence_has_faults_if_and_only_if_something_is_wrong(sentence, are_spans):
    found = faults(sentence, are_spans=are_spans)
    if are_spans:
        assert bool(found) == (spans_of(sentence.labels) != spans_of(sentence.predictions))
    else:
        assert len(found) == sum(map(str.__ne__, sentence.labels, sentence.predictions))
    shares = [fault.confidence for fault in found]
    assert shares == sorted(shares, reverse=True)


@given(st.lists(sentences(), max_size=8), st.booleans())
def test_examples_are_each_different_sentence_once(drawn, are_spans):
    twice = [*drawn, *drawn[::2]]
    wrong, right = examples(twice, are_spans=are_spans)
    assert wrong.num + right.num == len(twice)
    assert wrong.num == sum(bool(faults(one, are_spans=are_spans)) for one in twice)
    assert sum(example.times for example in wrong.shown) == wrong.num
    assert len(wrong.shown) == wrong.num_different
    shares = [example.confidence for example in wrong.shown]
    assert shares == sorted(shares, reverse=True)
    for example in right.shown:
        assert example.num_spans > 0 == example.num_wrong == example.num_missed
        assert {piece.mark.kind for piece in example.right if piece.mark} == {"right"}


@given(sentences(), st.booleans())
def test_the_tokens_near_faults_are_shown_and_the_others_counted(sentence, are_spans):
    found = faults(sentence, are_spans=are_spans)
    if not found:
        return
    mistake = show(sentence, found, are_spans=are_spans)
    edges = [edge for fault in found[:MAX_FAULTS] for edge in (fault.start, fault.end - 1)]
    near = [
        place
        for place in range(len(sentence.tokens))
        if any(abs(place - edge) <= MARGIN for edge in edges)
    ]
    for line in (mistake.right, mistake.predicted) if are_spans else (mistake.right,):
        text = "".join(piece.text for piece in line)
        assert [int(number) for number in re.findall(r"t(\d+)", text)] == near
        left_out = sum(piece.num_left_out for piece in line)
        assert left_out == len(sentence.tokens) - len(near)
        marks = [piece.mark for piece in line if piece.mark]
        assert sum(piece.is_last for piece in line) == len(set(marks))


@given(sentences(st.sampled_from(["a", "Seoul", "北", "京都", "が", ",", ""])), st.booleans())
def test_marks_do_not_change_the_text(sentence, are_spans):
    found = faults(sentence, are_spans=are_spans)
    if found:
        mistake = show(sentence, found, are_spans=are_spans)
        pairs = zip(separators(sentence.tokens), sentence.tokens, strict=True)
        assert mistake.text == "".join(before + token for before, token in pairs)
        assert mistake.predicted == () or mistake.text == "".join(
            piece.text for piece in mistake.predicted
        )


@given(st.lists(st.text(max_size=3), max_size=20))
def test_tokens_are_separated_by_a_space_or_nothing(tokens):
    before = separators(tokens)
    assert len(before) == len(tokens)
    assert set(before[:1]) <= {""}
    assert set(before) <= {"", " "}
