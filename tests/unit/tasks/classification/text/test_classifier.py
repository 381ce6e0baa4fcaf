"""The classifier keeps scikit-learn's conventions and its own promises."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import ostinato
from ostinato import ConfigError, DatasetError, Recurrent, TextClassifier, Training

SUBJECTS = ["film", "book", "play", "song", "meal"]
TEXTS = [
    f"the {subject} is {'not ' * negated}{'good' if good else 'bad'}{' indeed' * (n % 3)}"
    for n in range(6)
    for subject in SUBJECTS
    for negated in (0, 1)
    for good in (0, 1)
]
LABELS = ["pos" if ("good" in text) != ("not" in text) else "neg" for text in TEXTS]


def small(**settings) -> TextClassifier:
    model = TextClassifier(
        recurrent=Recurrent(hidden_size=12),
        training=Training(epochs=12, batch_size=8, batch_tokens=None, learning_rate=0.02),
        embedding_size=12,
        min_freq=1,
        word_dropout=0.0,
        locked_dropout=0.0,
        head_dropout=0.0,
        members=1,
    )
    return model.set_params(**settings)


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    torch.manual_seed(0)
    return small().fit(TEXTS, LABELS)


def test_it_learns_that_order_decides(fitted):
    assert fitted.score(TEXTS, LABELS) == 1.0
    assert fitted.predict(["the song is not bad"]).tolist() == ["pos"]


def test_multi_label(tmp_path):
    labels = [[word for word in ("good", "not") if word in text.split()] for text in TEXTS]
    model = small(multi_label=True).fit(TEXTS, labels)
    assert model.classes_.tolist() == ["good", "not"]
    assert model.predict(["a good film", "a bad film"]) == [["good"], []]
    figures = model.evaluate(TEXTS, labels)
    assert figures["accuracy"] == model.score(TEXTS, labels) > 0.95
    model.save(tmp_path / "run")
    assert ostinato.load(tmp_path / "run").predict(TEXTS) == model.predict(TEXTS)


@pytest.mark.parametrize(
    ("texts", "labels", "match"),
    [
        (TEXTS, ["pos"] * len(TEXTS), "at least two different labels"),
        (TEXTS, LABELS[:-1], "as many labels as texts"),
        ([*TEXTS[:-1], None], LABELS, "a text must be a string; got NoneType in row 120"),
        ("one string", ["x"], "texts must be a list; got one string"),
        (TEXTS, [float("nan"), *LABELS[1:]], "Row 1: the label must not be missing; got nan"),
        (TEXTS, [None, *LABELS[1:]], "Row 1: the label must not be missing; got None"),
        (TEXTS, [3, *LABELS[1:]], "labels must be of one kind; got int, str"),
        (TEXTS, [True, 1, 0] * 40, "labels must be of one kind; got bool, int"),
        (TEXTS, [["pos"], *LABELS[1:]], "must be a single value.*Set multi_label"),
    ],
)
def test_bad_data(texts, labels, match):
    with pytest.raises(DatasetError, match=match):
        small().fit(texts, labels)


def test_a_label_that_train_never_had_is_not_measured(fitted):
    with pytest.raises(DatasetError, match="label 'neutral', which never occurs in train"):
        fitted.evaluate(["a"], ["neutral"])


def test_vectors_are_taken_tuned_or_frozen(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text("good 1 0 0\nbad 0 1 0\nnot 0 0 1\n")
    frozen = small(
        vectors=str(path), embedding_size=None, freeze_vectors=True, training__epochs=1
    ).fit(TEXTS, LABELS)
    good = frozen.tokenizer_.vocabulary.index("good")
    assert frozen.module_.embedding.weight[good].tolist() == [1, 0, 0]
    tuned = small(vectors=str(path), embedding_size=None, training__epochs=1).fit(TEXTS, LABELS)
    assert tuned.module_.embedding.weight[good].tolist() != [1, 0, 0]
    with pytest.raises(ConfigError, match=r"12.*3|3.*12"):
        small(vectors=str(path), embedding_size=12).fit(TEXTS, LABELS)


def test_bfloat16_trains(fitted):
    model = small(training__precision="bfloat16").fit(TEXTS, LABELS)
    assert model.score(TEXTS, LABELS) > 0.9
    assert model.module_.head.weight.dtype == torch.float32


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, sparse.csr_matrix])
def test_a_matrix_of_labels_is_fitted_searched_saved_and_predicted(kind, tmp_path):
    matrix = kind(
        [[int(word in text.split()) for word in ("good", "not", "never")] for text in TEXTS]
    )
    model = small(multi_label=True, training__epochs=1).fit(TEXTS, matrix)
    assert model.classes_.tolist() == [0, 1, 2]  # also the one that no text has
    said = model.predict(TEXTS)
    assert said.shape == (len(TEXTS), 3)
    right = np.asarray(matrix.todense() if sparse.issparse(matrix) else matrix)
    assert model.score(TEXTS, matrix) == (said == right).all(axis=1).mean()
    assert model.evaluate(TEXTS, matrix)["accuracy"] == model.score(TEXTS, matrix)
    model.save(tmp_path / "run")
    assert np.array_equal(ostinato.load(tmp_path / "run").predict(TEXTS), said)


@pytest.mark.parametrize("scoring", [None, "f1_macro"])
def test_several_labels_inside_scikit_learn(scoring):
    matrix = np.array([[int(word in text.split()) for word in ("good", "not")] for text in TEXTS])
    model = small(multi_label=True, training__epochs=1, baseline=False, ngrams=False)
    assert np.isfinite(cross_val_score(model, TEXTS, matrix, cv=2, scoring=scoring)).all()
    if scoring is None:
        sets = [{word for word in ("good", "not") if word in text.split()} for text in TEXTS]
        assert np.isfinite(cross_val_score(model, TEXTS, sets, cv=2)).all()


def test_a_label_that_train_never_had_counts_as_wrong_in_the_score(fitted, caplog):
    labels = [*LABELS[:-1], "neutral"]
    assert fitted.score(TEXTS, labels) == pytest.approx(1 - 1 / len(TEXTS))
    assert "score: 1 labels never occur in train, `neutral`; each counts as wrong" in caplog.text


def test_a_text_that_tells_nothing_is_told(fitted, caplog):
    texts = ["a good film", "", " ", "qwertz yxcv"]
    notes = [None, "the text is empty", "the text is empty", "no word of the text is known"]
    assert [row.get("note") for row in fitted.predict_details(texts)] == notes
    fitted.predict(texts[:1])
    assert not caplog.records
    fitted.predict(texts)
    assert "predict: 3 of 4 texts tell nothing" in caplog.text
    assert "the first is row 2: the text is empty" in caplog.text


def test_a_run_that_is_not_finished_says_so(tmp_path, caplog):
    small(training__epochs=1, ngrams=False).fit(TEXTS, LABELS, out=tmp_path / "run")
    ostinato.load(tmp_path / "run")
    assert "is not finished" not in caplog.text
    (tmp_path / "run" / "metrics.json").unlink()
    ostinato.load(tmp_path / "run").predict(["a film"])
    assert "run: is not finished; its model is the best so far" in caplog.text
    assert "ostinato resume" in caplog.text


@pytest.mark.parametrize("kind", [int, bool, float])
def test_labels_that_are_no_strings_are_reported_and_measured_from_files(kind, tmp_path):
    from ostinato import datasets, report

    labels = [kind(label == "pos") for label in LABELS]
    model = small(training__epochs=1).fit(TEXTS, labels, out=tmp_path / "run")
    assert "<svg" in report.write(tmp_path / "run").read_text()
    rows = zip(TEXTS, labels, strict=True)
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    (tmp_path / "test.jsonl").write_text("\n".join(lines))
    split = datasets.read_texts(tmp_path / "test.jsonl")
    assert model.evaluate(split.texts, split.labels) == model.evaluate(TEXTS, labels)


def test_settings_of_a_grid_search_are_saved(tmp_path):
    model = small(training__epochs=1, min_freq=np.int64(1), training__seed=np.int64(2))
    model.set_params(embedding_size=np.int64(12), pooling="Mean", recurrent__hidden_size=np.int8(4))
    model.fit(TEXTS, LABELS).save(tmp_path / "run")
    loaded = ostinato.load(tmp_path / "run")
    assert (loaded.training.seed, loaded.embedding_size, loaded.pooling) == (2, 12, "mean")
    assert clone(model).get_params() == model.get_params()


def test_a_run_that_died_before_its_tokenizer_was_written_can_be_resumed(tmp_path):
    run = tmp_path / "run"
    small(training__epochs=1).fit(TEXTS, LABELS, out=run)
    (run / "tokenizer.json").unlink()
    (run / "labels.json").unlink()
    (run / "checkpoint" / ".last.safetensors.abc").write_text("half")
    small(training__epochs=1).fit(TEXTS, LABELS, out=run, resume=True)
    assert ostinato.load(run).predict(TEXTS[:1]).shape == (1,)
    assert not list(run.rglob(".last*"))
