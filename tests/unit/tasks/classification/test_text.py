"""The classifier keeps scikit-learn's conventions and its own promises."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn import exceptions
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

import ostinato
from ostinato import ConfigError, DatasetError, NotFittedError, Recurrent, TextClassifier, Training
from ostinato.tasks import Estimator

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


def test_get_set_and_clone():
    model = small(recurrent__cell="gru", training__epochs=3)
    assert model.get_params()["recurrent__cell"] == "gru"
    twin = clone(model)
    assert twin is not model
    assert twin.get_params() == model.get_params()
    twin.set_params(recurrent__hidden_size=5)
    assert model.recurrent.hidden_size == 12  # settings are never shared by change


def test_unknown_parameters_offer_the_nearest():
    with pytest.raises(ConfigError, match="did you mean `min_freq`"):
        TextClassifier().set_params(min_frq=3)
    with pytest.raises(ConfigError, match="did you mean `hidden_size`"):
        TextClassifier().set_params(recurrent__hiden_size=3)
    with pytest.raises(ConfigError, match="cell must be 'rnn' or 'gru' or 'lstm'; got 'lstn'"):
        TextClassifier().set_params(recurrent__cell="lstn")
    with pytest.raises(ConfigError, match="min_freq must be a whole number or None; got '3'"):
        TextClassifier(min_freq="3").fit(TEXTS, LABELS)


def test_no_text_has_no_probabilities(fitted):
    assert fitted.predict_proba([]).shape == (0, 2)


def test_inside_scikit_learn():
    model = small(training__epochs=1)
    pipeline = Pipeline([("strip", FunctionTransformer(list)), ("rnn", model)])
    assert pipeline.fit(TEXTS, LABELS).predict(TEXTS[:2]).shape == (2,)
    scores = cross_val_score(model, TEXTS, LABELS, cv=2)
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    search = GridSearchCV(model, {"recurrent__cell": ["rnn", "gru"]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_params_["recurrent__cell"] in ("rnn", "gru")


def test_same_seed_same_bits_and_the_callers_random_state_is_left_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = small(training__epochs=1).fit(TEXTS, LABELS).predict_proba(TEXTS)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    again = small(training__epochs=1).fit(TEXTS, LABELS).predict_proba(TEXTS)
    assert np.array_equal(first, again)
    other = small(training__epochs=1, training__seed=1).fit(TEXTS, LABELS).predict_proba(TEXTS)
    assert not np.array_equal(first, other)


def test_batch_mates_change_nothing(fitted):
    """Measured: at most 6e-8 between a text alone and among others of other lengths."""
    together = fitted.predict_proba(TEXTS)
    alone = np.concatenate([fitted.predict_proba([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=5e-7)
    order = np.random.default_rng(0).permutation(len(TEXTS))
    np.testing.assert_allclose(
        fitted.predict_proba([TEXTS[row] for row in order]), together[order], atol=5e-7
    )


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("pooling", ["last", "attention"])
def test_saved_equals_loaded(tmp_path, cell, pooling):
    model = small(
        recurrent__cell=cell, recurrent__num_layers=2, pooling=pooling, training__epochs=1
    ).fit(TEXTS, LABELS)
    model.save(tmp_path / "run")
    loaded = ostinato.load(tmp_path / "run")
    assert np.array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))
    assert loaded.get_params() == model.get_params()
    assert loaded.classes_.tolist() == model.classes_.tolist()
    with pytest.raises(ConfigError, match="there is a run already"):
        model.save(tmp_path / "run")


@pytest.mark.parametrize("kind", [int, bool, str, float])
def test_labels_keep_their_type(kind, tmp_path):
    labels = [kind(label == "pos") for label in LABELS]
    model = small(training__epochs=1).fit(TEXTS, np.asarray(labels))
    assert type(model.predict(TEXTS[:1]).tolist()[0]) is kind
    model.save(tmp_path / "run")
    assert ostinato.load(tmp_path / "run").predict(TEXTS).tolist() == model.predict(TEXTS).tolist()


def test_multi_label(tmp_path):
    labels = [[word for word in ("good", "not") if word in text.split()] for text in TEXTS]
    model = small(multi_label=True).fit(TEXTS, labels)
    assert model.classes_.tolist() == ["good", "not"]
    assert model.predict(["a good film", "a bad film"]) == [["good"], []]
    figures = model.evaluate(TEXTS, labels)
    assert figures["accuracy"] == model.score(TEXTS, labels) > 0.95
    model.save(tmp_path / "run")
    assert ostinato.load(tmp_path / "run").predict(TEXTS) == model.predict(TEXTS)


def test_a_run_folder_is_whole_and_needs_no_pickle(tmp_path):
    run = tmp_path / "run"
    small(training__epochs=2).fit(TEXTS, LABELS, out=run)
    names = {path.name for path in run.iterdir()}
    assert names >= {
        "README.md",
        "checkpoint",
        "config.json",
        "history.jsonl",
        "labels.json",
        "metrics.json",
        "model.safetensors",
        "predictions.parquet",
        "tokenizer.json",
    }
    assert not [path for path in run.rglob("*") if path.suffix in (".pt", ".pkl", ".bin")]
    config = json.loads((run / "config.json").read_text())
    assert config["settings"]["recurrent"]["hidden_size"] == 12
    assert config["data"]["parts"]["train"]["n"] + config["data"]["parts"]["validation"]["n"] == 120
    from ostinato import report

    page = report.write(run).read_text()
    metrics = json.loads((run / "metrics.json").read_text())
    assert f"{100 * metrics['validation']['accuracy']:.2f}%" in page


def test_validation_is_never_trained_on_and_repeated_texts_do_not_straddle():
    texts = TEXTS + TEXTS  # every text at least twice
    model = small(training__epochs=1)
    parts = model.hold_out({"train": _examples(texts, LABELS + LABELS)})
    assert not set(parts["train"].texts) & set(parts["validation"].texts)
    assert len(parts["train"].texts) + len(parts["validation"].texts) == len(texts)


def _examples(texts, labels):
    from ostinato.datasets import Examples

    return Examples.make(texts, labels, "test")


def test_seen_texts_are_reported_apart(fitted):
    figures = fitted.evaluate(TEXTS[:10], LABELS[:10], seen=TEXTS[:4])
    unseen = [text not in TEXTS[:4] for text in TEXTS[:10]]
    assert figures["n_unseen"] == sum(unseen)
    assert "n_unseen" not in fitted.evaluate(TEXTS[:10], LABELS[:10], seen=["another"])


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


def test_unfitted_and_unseen(fitted):
    for error in (ConfigError, NotFittedError, exceptions.NotFittedError):
        with pytest.raises(error, match="must be fitted first"):
            TextClassifier().predict(["a"])
    with pytest.raises(DatasetError, match="label 'neutral', which never occurs in train"):
        fitted.evaluate(["a"], ["neutral"])
    with pytest.raises(DatasetError, match="texts must be a list; got one string"):
        fitted.predict("a film")


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


def test_every_task_is_an_estimator():
    from ostinato.tasks import TASKS

    for name, task in TASKS.items():
        assert issubclass(task, Estimator)
        assert task.task == name
        for preset in task.presets.values():
            task().set_params(**preset)


def test_any_collection_is_a_list_of_labels():
    rows = [[word for word in ("good", "not") if word in text.split()] for text in TEXTS]
    model = small(multi_label=True, training__epochs=1)
    for kind in (tuple, set, np.array):
        labels = [kind(row) if row else [] for row in rows]
        assert model.fit(TEXTS, labels).classes_.tolist() == ["good", "not"]


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


def test_what_one_door_takes_all_methods_take(fitted):
    series = pd.Series(TEXTS, index=range(7, 7 + len(TEXTS)))
    table, labels = pd.DataFrame({"text": TEXTS}), pd.Series(LABELS, dtype="category")
    expected = fitted.predict(TEXTS).tolist()
    for texts in (series, table, table.to_numpy(), iter(TEXTS)):
        assert fitted.predict(texts).tolist() == expected
    assert [row["label"] for row in fitted.explain(iter(TEXTS))] == expected
    assert fitted.evaluate(iter(TEXTS), labels) == fitted.evaluate(TEXTS, LABELS)
    assert fitted.score(series, labels) == fitted.score(TEXTS, LABELS)


def test_a_label_that_train_never_had_counts_as_wrong_in_the_score(fitted, caplog):
    labels = [*LABELS[:-1], "neutral"]
    assert fitted.score(TEXTS, labels) == pytest.approx(1 - 1 / len(TEXTS))
    assert "score: 1 labels never occur in train, `neutral`; each counts as wrong" in caplog.text


def test_a_text_that_tells_nothing_is_told(fitted, caplog):
    texts = ["a good film", "", " ", "qwertz yxcv"]
    notes = [None, "the text is empty", "the text is empty", "no word of the text is known"]
    assert [row.get("note") for row in fitted.explain(texts)] == notes
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
    part = datasets.read(tmp_path / "test.jsonl")
    assert model.evaluate(part.texts, part.labels) == model.evaluate(TEXTS, labels)


def test_settings_of_a_grid_search_are_saved(tmp_path):
    model = small(training__epochs=1, min_freq=np.int64(1), training__seed=np.int64(2))
    model.set_params(embedding_size=np.int64(12), pooling="Mean", recurrent__hidden_size=np.int8(4))
    model.fit(TEXTS, LABELS).save(tmp_path / "run")
    loaded = ostinato.load(tmp_path / "run")
    assert (loaded.training.seed, loaded.embedding_size, loaded.pooling) == (2, 12, "mean")
    assert clone(model).get_params() == model.get_params()


def test_a_saved_model_is_a_finished_run(tmp_path):
    from ostinato import report

    small(training__epochs=1).fit(TEXTS, LABELS).save(tmp_path / "run")
    page = report.write(tmp_path / "run").read_text()
    assert "has not finished" not in page
    assert "| validation | n | 12 |" in (tmp_path / "run" / "README.md").read_text()


def test_resume_needs_a_folder():
    with pytest.raises(ConfigError, match="resume needs the run folder"):
        small().fit(TEXTS, LABELS, resume=True)


def test_a_run_that_died_before_its_tokenizer_was_written_can_be_resumed(tmp_path):
    run = tmp_path / "run"
    small(training__epochs=1).fit(TEXTS, LABELS, out=run)
    (run / "tokenizer.json").unlink()
    (run / "labels.json").unlink()
    (run / "checkpoint" / ".last.safetensors.abc").write_text("half")
    small(training__epochs=1).fit(TEXTS, LABELS, out=run, resume=True)
    assert ostinato.load(run).predict(TEXTS[:1]).shape == (1,)
    assert not list(run.rglob(".last*"))
