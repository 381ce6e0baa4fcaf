"""Settings found for the data, splits taken out of train, and what a run says beside its figures."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from tests.unit.tasks.classification.text.test_classifier import LABELS, TEXTS, small

import ostinato
from ostinato import ConfigError, SpeechRecognizer, TextClassifier, Training
from ostinato.datasets import Examples, Recordings
from ostinato.report import collect, write
from ostinato.tasks.baselines import Baseline

OPEN = Training(epochs=2, learning_rate=0.02)


def examples() -> Examples:
    return Examples.make(TEXTS, LABELS, "train")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    model = small(training=OPEN, min_freq=None)
    return model.fit(TEXTS, LABELS, out=folder), folder


def test_what_is_open_is_found_by_the_data_and_what_was_given_stays(run):
    model, folder = run
    assert model.training == OPEN
    assert model.min_freq is None
    found = model.sized_
    assert found.training.batch_size is not None
    assert found.min_freq == 1
    assert (found.training.epochs, found.training.learning_rate) == (2, 0.02)
    assert len(model.history_) == 2
    config = json.loads((folder / "config.json").read_text())
    assert config["settings"]["training"]["batch_size"] is None
    assert config["sized"]["training"]["batch_size"] == found.training.batch_size
    assert config["sized"]["training"]["epochs"] == 2


def test_a_run_of_before_has_its_settings_in_force(run, tmp_path):
    model, _ = run
    model.save(tmp_path / "old")
    path = tmp_path / "old" / "config.json"
    config = json.loads(path.read_text())
    config["settings"] = config.pop("sized")
    path.write_text(json.dumps(config))
    (path.parent / "SHA256SUMS").unlink()
    loaded = ostinato.load(tmp_path / "old")
    assert loaded.sized_.training == model.sized_.training


def test_the_settings_found_are_told(caplog):
    caplog.set_level(logging.INFO, "ostinato")
    small(training=OPEN, min_freq=None, baseline=False).fit(TEXTS, LABELS)
    told = next(line for line in caplog.messages if line.startswith("set by the size of the data"))
    assert "min_freq 1" in told
    assert "batch_size" in told
    assert "epochs" not in told


def test_a_run_says_what_simple_models_do(run):
    _, folder = run
    metrics = json.loads((folder / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"majority", "bag_of_words"}
    for one in metrics["baselines"].values():
        assert one["title"]
        assert 0 <= one["validation"]["accuracy"] <= 1
    assert metrics["baseline_seconds"] > 0
    assert metrics["verdict"]["text"]
    card = (folder / "README.md").read_text()
    assert metrics["verdict"]["text"] in card
    assert "| a bag of words |" in card
    assert "- min_freq: `1` (by the data)" in card
    assert "(by the data: batch_" in card


def test_the_page_says_it_too(run):
    _, folder = run
    read = collect(folder)
    assert read.settings["min_freq"] == 1
    assert read.given["min_freq"] is None
    page = write(folder).read_text()
    assert read.verdict.text.split(":")[0] in page
    assert "A bag of words</span></th>" in page
    assert '<dt>min_freq</dt><dd><bdi>1</bdi> <span class="hint">by the data</span>' in page


def test_a_baseline_that_cannot_be_fitted_leaves_the_run_alone(monkeypatch, caplog):
    def broken(self, train):
        yield Baseline("flat", "a flat guess", lambda split: {"accuracy": 0.0})
        raise ValueError("these data are odd")

    monkeypatch.setattr(TextClassifier, "_baselines", broken)
    model = small(training__epochs=1).fit(TEXTS, LABELS)
    assert list(model.metrics_["baselines"]) == ["flat"]
    assert "left out: these data are odd" in caplog.text


def test_without_baselines_only_chance_is_judged():
    model = small(training__epochs=1, baseline=False).fit(TEXTS, LABELS)
    assert "baselines" not in model.metrics_
    assert "baseline_seconds" not in model.metrics_
    assert "verdict" in model.metrics_


def test_shuffled_labels_are_no_better_than_chance():
    rng = np.random.default_rng(0)
    texts = [f"{text} {n}" for n, text in enumerate(TEXTS * 3)]
    labels = rng.permutation(LABELS * 3).tolist()
    validation = ([f"{text} {n}" for n, text in enumerate(TEXTS)], rng.permutation(LABELS).tolist())
    model = small(training__epochs=2).fit(texts, labels, validation=validation)
    assert model.metrics_["verdict"]["text"].startswith("No better than chance: accuracy 0.")
    assert not model.metrics_["verdict"]["is_good"]


def test_a_test_split_is_drawn_from_train():
    doubled = Examples.make(TEXTS + TEXTS, LABELS + LABELS, "train")
    splits = small().hold_out_test({"train": doubled, "validation": examples()}, 0.25)
    assert list(splits) == ["train", "validation", "test"]
    assert len(splits["test"].texts) == pytest.approx(60, abs=8)
    assert not set(splits["train"].texts) & set(splits["test"].texts)
    assert len(splits["train"].texts) + len(splits["test"].texts) == 240
    again = small().hold_out_test({"train": doubled}, 0.25)
    assert again["test"].texts == splits["test"].texts
    other = small(training__seed=1).hold_out_test({"train": doubled}, 0.25)
    assert other["test"].texts != splits["test"].texts


def spoken(speakers: int) -> Recordings:
    sounds = [np.full(80, n / 100) for n in range(40)]
    names = [f"speaker {n % speakers}" for n in range(40)]
    return Recordings.make(sounds, ["yes", "no"] * 20, "calls", speakers=names, sample_rate_hz=8000)


def test_a_speaker_is_in_one_fold_and_not_in_train_and_test(caplog):
    caplog.set_level("INFO")
    voices = SpeechRecognizer()
    for number in (1, 2, 3):
        fold = voices.fold({"train": spoken(5)}, number, 3)
        assert not set(fold["train"].speakers) & set(fold["test"].speakers)
        assert set(fold["test"].transcripts) == {"yes", "no"}
    splits = voices.hold_out_test({"train": spoken(5)}, 0.2)
    assert not set(splits["train"].speakers) & set(splits["test"].speakers)
    assert len(splits["test"]) == 8
    few = [voices.fold({"train": spoken(2)}, number, 3)["test"] for number in (1, 2, 3)]
    assert sum(map(len, few)) == 40  # fewer speakers than folds: by recording
    assert (
        "2 speakers are fewer than 3 folds, so a fold is tested on voices of train" in caplog.text
    )


def test_a_recording_copied_to_another_speaker_is_in_one_fold():
    voices = SpeechRecognizer()
    sounds = [np.full(80, n / 100) for n in range(24)]
    sounds[13] = sounds[1]  # of the speakers 1 and 3
    split = Recordings.make(
        sounds, [""] * 24, "a", sample_rate_hz=8000, speakers=[str(n % 5) for n in range(24)]
    )
    for number in (1, 2, 3):
        fold = voices.fold({"train": split}, number, 3)
        assert not set(fold["train"].keys) & set(fold["test"].keys)
        assert not set(fold["train"].speakers) & set(fold["test"].speakers)


def test_a_test_split_of_a_wrong_size_or_a_second_one_is_refused():
    with pytest.raises(ConfigError, match=r"test_size must be above 0 and below 1; got 1\.5"):
        small().hold_out_test({"train": examples()}, 1.5)
    with pytest.raises(ConfigError, match="test_size: there is a test split already, of train"):
        small().hold_out_test({"train": examples(), "test": examples()}, 0.5)


def test_folds_divide_train_and_leave_other_splits_out():
    doubled = Examples.make(TEXTS + TEXTS, LABELS + LABELS, "train")
    splits = {"train": doubled, "validation": examples()}
    tested = []
    for number in (1, 2, 3):
        fold = small().fold(splits, number, 3)
        assert list(fold) == ["train", "test"]
        assert not set(fold["train"].texts) & set(fold["test"].texts)
        assert len(fold["train"].texts) + len(fold["test"].texts) == 240
        tested += fold["test"].texts
    assert sorted(tested) == sorted(TEXTS + TEXTS)
    for number in (0, 4):
        with pytest.raises(ConfigError, match="number of a fold must be at least 1 and below 4"):
            small().fold(splits, number, 3)
