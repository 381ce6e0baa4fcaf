"""A recogniser's page tells what the metrics tell, and shows the worst recordings first."""

from __future__ import annotations

import html
import json
import re
import struct
import zlib
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.unit.report.pages import Page, page_of, text_of, without_script
from tests.unit.speech_runs import recognised

from ostinato import report
from ostinato._errors import CheckpointError
from ostinato.metrics import (
    Edit,
    alignments,
    calibration,
    character_errors,
    confusions,
    per_class,
    transcription_metrics,
    word_errors,
)
from ostinato.report.formatting import number, percent
from ostinato.report.speech import utterance_plot
from ostinato.report.speech.errors import by_length, by_speaker
from ostinato.report.speech.utterances import (
    MARGIN,
    MAX_EDITS,
    NUM_RIGHT,
    NUM_UTTERANCES,
    right_answers,
    stretches,
)
from ostinato.runs.speech import Picture, TranscriptPredictions

FLOATS = pa.list_(pa.float32())
TEXTS = st.lists(
    st.tuples(st.text("ab ", max_size=8), st.text("ab ", max_size=8)), min_size=1, max_size=40
)
PROBABILITIES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 60), st.integers(1, 5)),
    elements=st.floats(0, 1, width=32),
)


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


@pytest.fixture
def speech(make_run):
    return make_run("speech")


def test_the_headlines_are_the_figures_of_the_run(speech):
    figures = json.loads((speech / "metrics.json").read_text(encoding="utf-8"))["test"]
    text = text_of(speech)
    for words in (
        "Speech recognition speech GRU 2 × 128 · trained on numbers",
        f"Test WER {percent(figures['wer'], 2)} 95% interval {percent(figures['wer_low'])} to "
        f"{percent(figures['wer_high'])}",
        f"CER {percent(figures['cer'], 2)} loss 0.3127 nats per symbol",
        f"Without a mistake {percent(figures['accuracy'], 2)} of 60 recordings",
        "Real-time factor 0.00421 seconds of work for each second of sound",
        "Training time 4 min 12 s peak memory 1.2 GiB",
        "Best epoch 3 of 4",
    ):
        assert words in text


def test_the_figure_on_unseen_recordings_is_shown(speech):
    metrics = json.loads((speech / "metrics.json").read_text(encoding="utf-8"))
    metrics["test"] |= {"wer_unseen": 0.875, "n_unseen": 50}
    (speech / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert "; 87.50% on the 50 recordings not also in train" in text_of(speech)


def test_a_model_of_whole_words_is_called_so(speech):
    labels = json.loads((speech / "labels.json").read_text(encoding="utf-8"))
    words = sorted({word for text in columns_of(speech)["prediction"] for word in text.split()})
    labels |= {"unit": "word", "classes": words}
    rewrite(speech, classes=pa.array([None] * 60, pa.int32()), **nothing_to_see(60))
    (speech / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    assert "Speech recognition, whole words" in text_of(speech)


def nothing_to_see(n):
    """Return the columns of pictures, without pictures."""
    empty = {name: pa.array([None] * n, FLOATS) for name in ("waveform", "frames", "probabilities")}
    return {
        **empty,
        "bands": pa.array([None] * n, pa.int32()),
        "seconds_shown": pa.array([None] * n, pa.float64()),
    }


@pytest.mark.parametrize("kind", ["speech", "chinese-speech"])
def test_errors_are_counted_by_kind(make_run, kind):
    folder = make_run(kind)
    columns = columns_of(folder)
    pair = columns["label"], columns["prediction"]
    words, characters = word_errors(*pair), character_errors(*pair)
    text = text_of(folder)
    for name in ("substitutions", "insertions", "deletions", "total"):
        cells = []
        for errors in (words, characters):
            count = getattr(errors, name).sum()
            rate, share = count / errors.units.sum(), count / errors.total.sum()
            cells += [number(count), percent(rate), percent(share)]
        title = "All" if name == "total" else name.capitalize()
        assert f"{title} {' '.join(cells)}" in text
    assert f"{words.total.sum():,} {percent(words.rate)} 100.0%" in text


def test_the_commonest_confusions_are_told(speech):
    columns = columns_of(speech)
    text = text_of(speech)
    for unit in ("word", "character"):
        edits = alignments(columns["label"], columns["prediction"], unit=unit)
        said = [edit.reference for row in edits for edit in row]
        shown = {None: "nothing", " ": "space"}
        for edit, count in confusions(edits)[:10]:
            share = "–" if edit.reference is None else percent(count / said.count(edit.reference))
            pair = [shown.get(token, token) for token in (edit.reference, edit.prediction)]
            assert f"{' '.join(pair)} {count} {share}" in text


def test_the_calibration_is_that_of_whole_transcripts(speech):
    columns = columns_of(speech)
    is_right = [a == b for a, b in zip(columns["label"], columns["prediction"], strict=True)]
    error = calibration(columns["confidence"], is_right).error
    assert f"error {percent(error, 2)}: how far the confidence that a whole" in text_of(speech)


@given(TEXTS, st.integers(0, 9))
def test_groups_by_length_hold_every_recording_once(texts, seed):
    said, written = ([pair[side] for pair in texts] for side in (0, 1))
    words, characters = word_errors(said, written), character_errors(said, written)
    seconds = np.random.default_rng(seed).integers(1, 9, len(texts)) / 4
    groups = by_length(seconds, words, characters)
    assert 1 <= len(groups) <= 6
    assert sum(group.n for group in groups) == len(texts)
    assert sum(group.num_words for group in groups) == words.units.sum()
    wrong = sum(round(group.wer * group.num_words) for group in groups if group.wer is not None)
    silent = [group for group in groups if group.wer is None]
    assert wrong <= words.total.sum()
    assert silent or wrong == words.total.sum()
    edges = [float(edge) for group in groups for edge in group.name.split("–")]
    assert edges == sorted(edges)


def test_the_figures_of_each_speaker_are_those_of_the_metrics(speech):
    columns = columns_of(speech)
    pair = columns["label"], columns["prediction"]
    figures = transcription_metrics(*pair, speakers=columns["speaker"])["speakers"]
    groups = by_speaker(columns["speaker"], word_errors(*pair), character_errors(*pair))
    assert {group.name for group in groups} == set(figures)
    text = text_of(speech)
    for group in groups:
        own = figures[group.name]
        assert (group.wer, group.cer, group.accuracy, group.n, group.num_words) == (
            *(own[key] for key in ("wer", "cer", "accuracy", "n", "words")),
        )
        low, high = group.interval
        assert (
            f"{group.name} {percent(group.wer)} {low * 100:.1f}–{percent(high)} "
            f"{percent(group.cer)} {percent(group.accuracy)} {group.n} {group.num_words}"
        ) in text
    rates = [group.wer for group in groups]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize(
    ("speakers", "shown"), [(None, False), (["Ana"], False), (["a", "b"], True)]
)
def test_speakers_are_compared_if_there_are_several(make_run, speakers, shown):
    text = text_of(make_run("speech", n=8, speakers=speakers))
    assert ("By speaker" in text) == shown
    assert ("Speaker Ana" in text) == (speakers == ["Ana"])


def test_a_hundred_speakers_have_a_page(make_run):
    folder = make_run("speech", n=200, speakers=[f"speaker {i}" for i in range(100)])
    text = text_of(folder)
    assert "100 speakers, the worst first." in text
    assert "speaker 99" in text


def test_a_speaker_that_is_not_known_is_called_so(speech):
    names = [None, *columns_of(speech)["speaker"][1:]]
    rewrite(speech, speaker=pa.array(names, pa.string()))
    text = text_of(speech)
    assert "4 speakers" in text
    assert "not known" in text


def test_the_worst_recordings_come_first_and_then_the_least_sure(speech):
    columns = columns_of(speech)
    errors = character_errors(columns["label"], columns["prediction"])
    rates = errors.total / errors.units
    order = sorted(range(60), key=lambda row: (-rates[row], columns["confidence"][row]))
    worst = text_of(speech).split("Right answers")[1].split("Worst recordings")[-1]
    shown = re.findall(r"Recording (\S+) Speaker", worst)
    assert shown == [columns["audio"][row] for row in order[:NUM_UTTERANCES]]
    num_wrong = sum(a != b for a, b in zip(columns["label"], columns["prediction"], strict=True))
    assert f"{num_wrong} of 60 recordings of the test split have a mistake; these are the 12" in (
        text_of(speech)
    )


def test_a_model_without_mistakes_shows_the_least_sure(tmp_path):
    folder = recognised(tmp_path, ["a b"] * 20, confidence=np.linspace(0.99, 0.5, 20))
    text = text_of(folder)
    assert (
        "Every recording of the test split is right; these are the ones that the model was least sure"
    ) in text
    shown = [int(row) for row in re.findall(r"Recording test/(\d+)", text)]
    assert shown == [*range(19, 7, -1), 0]
    assert "20 of 20 recordings are without a mistake; of each transcript the surest" in text
    assert "Commonest confusions" not in text
    assert "All 0 0.0% – 0 0.0% –" in text


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (["x"], "1 of 1 recording of the test split has a mistake."),
        (
            ["x", "y"],
            "2 of 2 recordings of the test split have a mistake; those with the most wrong",
        ),
        (["x", "a"], "1 of 2 recordings of the test split has a mistake; after it come those"),
        (["x", "y", "a"], "2 of 3 recordings of the test split have a mistake; after those come"),
        (
            ["a"],
            "Every recording of the test split is right; this is the one that the model was least",
        ),
    ],
)
def test_what_is_shown_is_told_in_a_sentence(tmp_path, written, sentence):
    assert sentence in text_of(recognised(tmp_path, ["a"] * len(written), written))


@given(TEXTS)
def test_a_right_answer_is_the_surest_of_its_transcript(texts):
    said, written = ([pair[side] for pair in texts] for side in (0, 1))
    confidence = np.random.default_rng(len(texts)).random(len(texts))
    predictions = TranscriptPredictions(
        split="test",
        audio=tuple(map(str, range(len(texts)))),
        speakers=(None,) * len(texts),
        labels=tuple(said),
        predictions=tuple(written),
        confidence=confidence,
        seconds=np.ones(len(texts)),
        pictures={},
    )
    is_right = word_errors(said, written).total == 0
    shown = right_answers(predictions, is_right)
    rows = [int(one.audio) for one in shown]
    for row, one in zip(rows, shown, strict=True):
        alike = [i for i, text in enumerate(said) if text == said[row] and is_right[i]]
        assert is_right[row]
        assert one.times == len(alike)
        assert one.confidence == confidence[alike].max()
    different = {text for text, right in zip(said, is_right, strict=True) if right and text}
    assert len({said[row] for row in rows}) == len(rows) == min(len(different), NUM_RIGHT)


@given(st.lists(st.sampled_from(["equal", "equal", "equal", "substitute"]), max_size=700))
def test_an_alignment_shows_errors_and_counts_what_it_leaves_out(kinds):
    edits = [Edit(kind, str(place), str(place)) for place, kind in enumerate(kinds)]
    parts = stretches(edits)
    place, shown = 0, []
    for part in parts:
        left_out = edits[place : place + part.num_before]
        assert all(edit.kind == "equal" for edit in left_out)
        place += part.num_before
        assert part.edits == tuple(edits[place : place + len(part.edits)])
        place += len(part.edits)
        shown += part.edits
    assert len(shown) <= MAX_EDITS
    if len(shown) < MAX_EDITS:
        assert all(edit.kind == "equal" for edit in edits[place:])


def test_errors_that_a_long_alignment_leaves_out_are_counted(tmp_path):
    said = " ".join(["word"] * 400)
    text = text_of(recognised(tmp_path, [said], [said.replace("word", "ward")], seconds=[184.0]))
    assert f"… {400 - MAX_EDITS} more words, {400 - MAX_EDITS} of them wrong" in text


def as_keywords(folder, keywords):
    """Make a run that of a recogniser of keywords."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    (folder / "labels.json").write_text(json.dumps({**labels, "keywords": keywords}))
    return folder


def test_keywords_are_classes(tmp_path):
    said = ["up", "up", "down", "down", "stop"]
    written = ["up", "down", "down", "", "stop"]
    folder = as_keywords(recognised(tmp_path, said, written), ["down", "stop", "up"])
    text = text_of(folder)
    assert "Speech recognition, keywords" in text
    assert "Test accuracy 60.00% 3 of 5 recordings" in text
    assert "Errors by kind" not in text
    scores = per_class([0, 0, 1, 1, 2], [0, 1, 1, 3, 2], num_classes=4)
    for place, name in enumerate(("up", "down", "stop")):
        shares = " ".join(percent(x[place]) for x in (scores.precision, scores.recall, scores.f1))
        assert f"{name} {shares} {scores.support[place]}" in text
    assert "down 1 50.0% 0 0 1 50.0%" in text
    assert "down no keyword 1 50.0%" in text
    folder = as_keywords(recognised(tmp_path / "all", said, said), ["down", "stop", "up"])
    assert "no keyword" not in text_of(folder)


def test_many_keywords_are_drawn(tmp_path):
    words = [f"{a}{b}" for a in "abcde" for b in "vwxyz"]
    folder = as_keywords(recognised(tmp_path, words, [*words[1:], words[0]]), words)
    page = page_of(folder)
    assert 'class="confusion"' not in page
    assert "by number as in the table below" in page


def test_keywords_that_are_no_texts_are_refused(speech):
    with pytest.raises(CheckpointError, match=r"labels\.json: `keywords` must be a list of texts"):
        report.collect(as_keywords(speech, [1]))


@given(PROBABILITIES, st.sampled_from([0.5, 1.5, 1.6, 9.0]))
def test_the_pointer_shows_the_whole_drawing(probabilities, seconds):
    picture = Picture(
        seconds=seconds,
        waveform=np.zeros((1, 2)),
        frames=np.zeros((1, 1)),
        probabilities=probabilities,
    )
    symbols = ["a", "<b>", " ", "long word"][: probabilities.shape[1] - 1]
    svg = ET.fromstring(utterance_plot.draw(picture, symbols, "x", "title"))
    bands = [e for e in svg.iter("g") if e.get("class") == "hover"]
    edges = [re.match(r"M([\d.]+) \S+H([\d.]+)V", band.find("path").get("d")) for band in bands]
    assert [edge.group(1) for edge in edges[1:]] == [edge.group(2) for edge in edges[:-1]]
    assert float(edges[0].group(1)) == utterance_plot.LEFT
    assert float(edges[-1].group(2)) == utterance_plot.RIGHT - (480 if seconds <= 1.5 else 0)
    assert svg.get("viewBox").split()[2] == ("480" if seconds <= 1.5 else "960")
    for band in bands:
        shares = [int(share) for share in re.findall(r"(\d+)%", band.find("title").text)]
        assert shares == sorted(shares, reverse=True)


def test_errors_are_told_in_letters(tmp_path):
    text = text_of(recognised(tmp_path, ["one two four"], ["one too three four"]))
    assert "one one – too I two three S four four" in text
    text = text_of(recognised(tmp_path, ["one two"], ["one"]))
    assert "Errors 1 in 2 words" in text
    assert "one one two – D" in text


def test_chinese_is_compared_by_characters(make_run, tmp_path):
    page = page_of(make_run("chinese-speech"))
    text = Page(page).text
    assert "Commonest confusions of words" not in text
    assert re.search(r"Errors \d in \d characters", text)
    assert 'class="aligned characters" dir="auto" lang="zh"' in page
    text = text_of(recognised(tmp_path, ["今天 天气 好"], ["今天 天气 不好"]))
    assert "今 今 天 天 ␣ ␣ 天 天 气 气 ␣ ␣ – 不 I 好 好" in text


def test_hostile_names_are_shown_as_text(tmp_path, speech):
    bad = "<script>alert(1)</script>"
    page = page_of(recognised(tmp_path, [f"{bad} a"], ["<b>&amp;</b>"], speakers=[bad, "x"]))
    assert "<script" not in without_script(page)
    assert "b" not in {name for name, _ in Page(page).tags}
    assert bad in Page(page).text
    assert "&amp;" in Page(page).text
    rewrite(speech, audio=pa.array([bad] * 60))
    page = page_of(speech)
    assert "<script" not in without_script(page)
    assert page.count(f"<bdi>{html.escape(bad)}</bdi>") >= NUM_UTTERANCES


def test_symbols_in_drawings_are_text_too():
    picture = Picture(
        seconds=1.0,
        waveform=np.zeros((3, 2)),
        frames=np.zeros((4, 2)),
        probabilities=np.array([[0.1, 0.9, 0.0, 0.0], [0.1, 0.0, 0.9, 0.0], [0.0, 0.0, 0.0, 1.0]]),
    )
    svg = utterance_plot.draw(picture, ["</text><script>", " ", "&"], "x", "title")
    texts = [element.text for element in ET.fromstring(svg).iter("text")]
    assert {"</text><scri…", "␣", "&"} <= set(texts)
    assert "<script" not in svg


@pytest.mark.parametrize("empty", ["waveform", "frames", "probabilities"])
def test_a_picture_without_a_part_is_drawn(empty):
    values = {"waveform": np.ones((3, 2)), "frames": np.ones((4, 2)), "probabilities": np.eye(2)}
    values[empty] = values[empty][:0]
    svg = utterance_plot.draw(Picture(seconds=0.0, **values), ["a"], "x", "title")
    assert ET.fromstring(svg).get("role") == "img"
    assert "nan" not in svg


@given(PROBABILITIES)
def test_a_peak_is_the_top_of_a_stretch_above_a_tenth(probabilities):
    found = utterance_plot.peaks(probabilities)
    ever = {
        symbol
        for symbol in range(1, probabilities.shape[1])
        if (probabilities[:, symbol] > 0.1).any()
    }
    assert {peak.symbol for peak in found} == ever
    for peak in found:
        column = probabilities[:, peak.symbol]
        assert column[peak.step] == peak.probability > 0.1
        assert peak.is_likeliest == (probabilities[peak.step].max() == peak.probability)
        assert peak.step == 0 or column[peak.step - 1] < peak.probability
        assert peak.step + 1 == len(column) or column[peak.step + 1] <= peak.probability


@given(PROBABILITIES)
def test_names_do_not_cover_one_another(probabilities):
    symbols = ["a", "北", " ", "long word"][: probabilities.shape[1] - 1]
    found = utterance_plot.peaks(probabilities)
    kept = utterance_plot.named(found, symbols, len(probabilities))
    assert {(peak.symbol, peak.step) for peak in kept} <= {(p.symbol, p.step) for p in found}
    assert bool(kept) == bool(found)
    svg = utterance_plot.draw(
        Picture(
            seconds=2.0,
            waveform=np.zeros((1, 2)),
            frames=np.zeros((1, 1)),
            probabilities=probabilities,
        ),
        symbols,
        "x",
        "title",
    )
    names = [e for e in ET.fromstring(svg).iter("text") if "name" in e.get("class", "")]
    assert len(names) == len(kept)
    places = [(float(e.get("x")), float(e.get("y"))) for e in names]
    ends = [
        x + len(e.text) * utterance_plot.LETTER / 2 for e, (x, _) in zip(names, places, strict=True)
    ]
    assert all(end <= utterance_plot.WIDTH + 0.1 for end in ends)
    assert all(
        abs(x - other_x) >= 7.9 or abs(y - other_y) >= 11.8
        for i, (x, y) in enumerate(places)
        for other_x, other_y in places[:i]
    )


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5))))
def test_an_image_is_a_png_of_its_shades(shades):
    data = utterance_plot.png(shades)
    chunks, place = {}, 8
    while place < len(data):
        (size,) = struct.unpack(">I", data[place : place + 4])
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        assert struct.unpack(">I", data[place + 8 + size :][:4])[0] == zlib.crc32(kind + content)
        chunks[kind] = content
        place += size + 12
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == shades.shape[::-1]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(len(shades), -1)
    np.testing.assert_array_equal(rows[:, 1:], shades)


def test_loud_frames_are_light_and_low_bands_below():
    frames = np.full((1000, 3), -20.0)
    frames[500:, 0] = 0.0
    shades = utterance_plot.shades_of(frames)
    assert shades.shape == (3, 320)
    assert (shades[2, 160:] == 255).all()
    assert (shades[:2] == 0).all()
    assert (shades[:, :160] == 0).all()


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (0.0, ["0 s"]),
        (0.45, ["0 s", "0.1", "0.2", "0.3", "0.4"]),
        (2.0, ["0 s", "0.2", "0.4", "0.6", "0.8", "1", "1.2", "1.4", "1.6", "1.8", "2"]),
        (15.0, ["0 s", "2", "4", "6", "8", "10", "12", "14"]),
    ],
)
def test_the_axis_has_round_seconds(seconds, labels):
    picture = Picture(
        seconds=seconds,
        waveform=np.zeros((0, 2)),
        frames=np.zeros((0, 2)),
        probabilities=np.zeros((0, 2)),
    )
    svg = utterance_plot.draw(picture, ["a"], "x", "title")
    texts = [element.text for element in ET.fromstring(svg).iter("text")]
    assert texts[: len(labels) + 1] == [*labels, "waveform"]


def test_a_long_recording_is_shown_in_part(tmp_path):
    said = " ".join(["word"] * 400)
    folder = recognised(tmp_path, [said], [said + " " + "x" * 500], seconds=[184.0])
    text = text_of(folder)
    assert f"… {400 - MARGIN} words … {'word word ' * MARGIN}– xxx" in text
    assert "more words" not in text
    assert "Errors 1 in 400 words" in text
    assert "The first 15.0 of 184.0 seconds." in text
    folder = recognised(tmp_path, ["a"], ["x" * 5000])
    assert len(page_of(folder).split('id="utterances"')[1].split("<svg")[0]) < 5000


def test_recordings_without_pictures_are_shown_without(speech):
    with_them = page_of(speech)
    assert len(re.findall('class="sound( short)?"', with_them)) == NUM_UTTERANCES
    rewrite(speech, classes=pa.array([None] * 60, pa.int32()), **nothing_to_see(60))
    page = page_of(speech)
    assert not re.search('class="sound( short)?"', page)
    assert page.count('class="aligned"') == NUM_UTTERANCES


@pytest.mark.parametrize(
    ("said", "written"),
    [([""], [""]), (["", ""], ["a", ""]), (["a", ""], ["", ""]), (["a"], ["b"])],
)
def test_empty_transcripts_have_a_page(tmp_path, said, written):
    text = text_of(recognised(tmp_path, said, written))
    assert "nan" not in text
    assert ("Nothing was said, and nothing written." in text) == (
        ("", "") in zip(said, written, strict=True)
    )


def test_error_rates_are_drawn_from_nothing(speech):
    page = page_of(speech)
    assert {"loss-title", "cer-title", "wer-title"} <= set(Page(page).ids)
    for curve in ("loss", "cer", "wer"):
        figure = page.split(f'id="{curve}-title"')[1].split("</figure>")[0]
        assert re.search(r">0(\.0)?%?</text>", figure)
    text = Page(page).text
    assert "How loss, CER, WER and gradients moved" in text
    assert "WER, validation" in text
    assert "WER, train" not in text
    assert "Frames/s" in text
    assert "Tokens" not in text


def test_an_unfinished_recogniser_says_how_far_it_is(make_run):
    text = text_of(make_run("unfinished-speech"))
    assert "This run has not finished." in text
    assert "Validation WER 60.00% after epoch 2; loss 1.2500" in text
    assert "Train loss 1.5000 after epoch 2 Training time" in text
    assert "Worst recordings" not in text
    assert "has not completed an epoch" in text_of(make_run("unfinished-speech", num_epochs=0))


def test_the_data_are_told_in_seconds_and_words(speech):
    columns = columns_of(speech)
    words = " ".join(columns["label"]).split()
    count, share = words.count("sieben"), words.count("sieben") / len(words)
    text = text_of(speech)
    for expected in (
        "Lengths in frames. Unknown: share of symbols that are not in the alphabet.",
        "Recordings Time Too long Mean length",
        "train 480 12 min 27 s 17 132 120 240 312",
        f"sieben {count} {percent(share)} {count} {percent(share)}",
        "How often each word is said, and its share of all in the split.",
        "Length of the recordings On the test split, in seconds.",
        "seconds of the recording",
        "audio from column path ; speaker from column who ; text from column said",
    ):
        assert expected in text


def test_only_the_commonest_words_are_listed(speech):
    config = json.loads((speech / "config.json").read_text(encoding="utf-8"))
    splits = config["data"]["parts"]
    splits["train"]["labels"] = {f"w{i}": i for i in range(1, 2001)}
    splits["test"]["labels"] = {"w3": 7000, "new": 1}
    (speech / "config.json").write_text(json.dumps(config), encoding="utf-8")
    balance = page_of(speech).split('id="balance-title"')[1].split("</table>")[0]
    rows = re.findall(r"<bdi>(\w+)</bdi>", balance)
    assert rows == ["w3", *(f"w{i}" for i in range(2000, 1951, -1))]
    assert "The 50 commonest of 2,001 words: how often each is said" in balance


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"seconds": None}, "must have the columns audio, .* got no seconds"),
        ({"label": pa.array([None] * 60, pa.string())}, "a text in each place of label; got null"),
        ({"prediction": pa.array(["ja?"] * 60)}, r"of labels\.json only; got '\?'"),
        ({"confidence": pa.array([1.5] * 60)}, r"confidence from 0 to 1; got 1\.5"),
        ({"confidence": pa.array([None] * 60, pa.float64())}, "confidence from 0 to 1; got nan"),
        ({"seconds": pa.array([float("inf")] * 60)}, "finite numbers in seconds; got inf"),
        ({"seconds": pa.array([-1.0] * 60)}, "seconds of at least 0; got -1"),
        ({"seconds": pa.array(["long"] * 60)}, "must have columns of the right types; got"),
        ({"waveform": pa.array([None] * 60, FLOATS)}, r"waveform, .* got no waveform in row \d+"),
        ({"waveform": pa.array([[0.5]] * 60, FLOATS)}, r"got no frames in row \d+"),
        ({"bands": pa.array([0] * 60)}, r"got no waveform in row \d+"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(speech, columns, message):
    rewrite(speech, **columns)
    with pytest.raises(CheckpointError, match=rf"predictions\.parquet .*{message}"):
        report.collect(speech)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"waveform": [0.5]}, "waveform in rows of 2; got 1 numbers"),
        ({"waveform": [0.5, None]}, "finite numbers in waveform; got nan"),
        ({"frames": [1.0, 2.0, 3.0]}, "frames in rows of 2; got 3 numbers"),
        ({"bands": 0}, "frames in rows of 0; got 4 numbers"),
        ({"frames": [float("-inf")] * 4}, "finite numbers in frames; got -inf"),
        ({"probabilities": [0.5]}, "probabilities in rows of 2; got 1 numbers"),
        ({"probabilities": [0.5, 1.5]}, r"probabilities from 0 to 1; got 1\.5"),
        ({"classes": 7}, r"probabilities of 2 classes, the blank .* got 7 in row 1"),
        ({"seconds_shown": float("nan")}, "finite numbers in seconds_shown; got nan"),
        ({"frames": None}, "got no frames in row 1"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(tmp_path, change, message):
    folder = recognised(tmp_path, ["a"])
    picture = {
        "waveform": [-0.5, 0.5],
        "frames": [0.0] * 4,
        "bands": 2,
        "probabilities": [0.5, 0.5],
        "classes": 2,
        "seconds_shown": 0.5,
    }
    schema = pq.read_schema(folder / "predictions.parquet")
    fit = {name: pa.array([value], schema.field(name).type) for name, value in picture.items()}
    rewrite(folder, **fit)
    assert report.collect(folder).predictions.pictures[0].frames.shape == (2, 2)
    rewrite(
        folder,
        **{name: pa.array([value], schema.field(name).type) for name, value in change.items()},
    )
    with pytest.raises(CheckpointError, match=rf"predictions\.parquet .*{message}"):
        report.collect(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("predictions.parquet", "PAR1", r"predictions\.parquet must be a Parquet file"),
        (
            "labels.json",
            '{"classes": ["a"], "unit": "phone"}',
            r"labels\.json: `unit` must be one of character, word; got phone",
        ),
    ],
)
def test_broken_files_are_named(speech, name, content, message):
    (speech / name).write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=message):
        report.collect(speech)


def test_an_empty_predictions_file_counts_as_none(speech):
    path = speech / "predictions.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert report.collect(speech).predictions is None
    report.write(speech)


def test_what_was_written_is_read(speech):
    columns = columns_of(speech)
    predictions = report.collect(speech).predictions
    assert predictions.split == "test"
    assert predictions.labels == tuple(columns["label"])
    assert predictions.speakers == tuple(columns["speaker"])
    np.testing.assert_array_equal(
        predictions.num_tokens, np.round(np.array(columns["seconds"]) * 100)
    )
    pictured = [row for row, bands in enumerate(columns["bands"]) if bands is not None]
    assert sorted(predictions.pictures) == pictured
    row = pictured[0]
    np.testing.assert_array_equal(
        predictions.pictures[row].frames.ravel(), np.float32(columns["frames"][row])
    )
