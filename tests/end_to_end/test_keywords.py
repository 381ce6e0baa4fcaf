"""A folder for each word, from the command line: trained, measured, asked, heard in a stream, refused."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.commands import ok, refused

import ostinato
from ostinato.cli.main import run

RATE = 8000
TONES = {"low": 400.0, "mid": 1000.0, "high": 2400.0}
SMALL = [
    *("--hidden-size", "24", "--num-layers", "1", "--no-channels", "--learning-rate", "0.02"),
    *("--features-bands", "16", "--features-subsampling", "3", "--features-lookahead", "0.1"),
    *("--augmentation-speed", "0", "--augmentation-noise", "0", "--augmentation-masks", "0"),
    *("--augmentation-filter-db", "0", "--augmentation-join", "0.3", "--epochs", "24"),
]


def clip(word: str | None, seed: int, rate: int = RATE) -> np.ndarray:
    """A tone of a fifth of a second in a little noise, or noise alone."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(int(rng.uniform(0.15, 0.25) * rate)) / rate
    tone = 0.5 * np.sin(2 * np.pi * TONES[word] * seconds) if word else 0 * seconds
    sound = np.concatenate([np.zeros(rate // 20), tone, np.zeros(rate // 20)])
    return (sound + 0.005 * rng.standard_normal(len(sound))).astype(np.float32)


def write(folder: Path, each: int, start: int) -> Path:
    for word in (*TONES, None):
        place = folder / (word or "_noise")
        place.mkdir(parents=True)
        for number in range(start, start + each):
            rate = 11025 if number % 5 == 0 else RATE
            soundfile.write(place / f"{number}.wav", clip(word, number, rate), rate)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    write(folder / "train", 16, 0)
    write(folder / "test", 6, 100)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recogniser of one direction, which can stream."""
    out = tmp_path_factory.mktemp("runs") / "run"
    assert (
        run(["train", "transcribe", str(data), "--out", str(out), *SMALL, "--no-bidirectional"])
        == 0
    )
    return out


def test_a_folder_for_each_word_makes_keywords_of_whole_words(trained, data, capsys):
    labels = json.loads((trained / "labels.json").read_text())
    assert labels["unit"] == "word"
    assert labels["keywords"] == ["", "high", "low", "mid"]
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["test"]["accuracy"] > 0.9
    assert metrics["test"]["chance_z"] > 3
    assert set(metrics["baselines"]) == {"empty", "commonest", "averaged_frames"}
    assert metrics["baselines"]["averaged_frames"]["test"]["accuracy"] > 0.5
    out, _ = ok(capsys, "evaluate", trained, data / "test", "--json")
    assert json.loads(out)["accuracy"] == metrics["test"]["accuracy"]


def test_predict_tells_the_likeliest_and_what_else_it_may_be(trained, data, capsys):
    out, _ = ok(capsys, "predict", trained, data / "test" / "mid", "--n-best", 2, "--json")
    for answer in map(json.loads, out.splitlines()):
        assert answer["text"] == "mid"
        assert next(one["text"] for one in answer["alternatives"]) == "mid"
        assert answer["alternatives"][0]["probability"] == answer["confidence"]
    out, _ = ok(capsys, "predict", trained, data / "test" / "mid", "--threshold", 0.2)
    assert [line.partition("\t")[2] for line in out.splitlines()] == ["mid"] * 6


def test_a_stream_writes_words_that_are_sure_enough_and_nothing_in_silence(trained):
    model = ostinato.load(trained)
    said = ["low", "high", "mid", "mid", "low"]
    quiet = [clip(None, 7)[:800] for _ in range(3)]
    pieces = [piece for n, word in enumerate(said) for piece in (clip(word, 50 + n), *quiet)]
    sound = np.concatenate([*quiet * 4, *pieces])
    for threshold in (0.0, 0.2):
        session = model.stream(RATE, threshold=threshold)
        texts = [session.push(chunk) for chunk in np.array_split(sound, 40)]
        answer = session.finish()
        assert answer["text"].split() == said
        assert all(answer["text"].startswith(text) for text in texts)
        assert all(word["confidence"] >= threshold for word in answer["words"])
    session = model.stream(RATE, threshold=0.5)
    session.push(np.concatenate(quiet * 8))
    assert session.finish()["text"] == ""
    session.reset()
    session.push(np.zeros(2 * RATE))
    assert session.finish()["text"] == ""


@pytest.mark.parametrize(("threshold", "text"), [("0.2", "low"), ("0.999999999999999", "")])
def test_the_command_line_streams_with_a_threshold(trained, capsys, monkeypatch, threshold, text):
    samples = io.BytesIO((clip("low", 200) * 32767).astype("<i2").tobytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(samples))
    out, _ = ok(capsys, "predict", trained, "--stream", "--json", "--threshold", threshold)
    assert json.loads(out.splitlines()[-1])["text"] == text


def test_what_cannot_be_learnt_is_refused_or_told(data, tmp_path, capsys):
    out = ("--out", tmp_path / "run", *SMALL)
    line = refused(capsys, 2, "train", "transcribe", data, *out, "--threshold", 2)
    assert "threshold must be" in line
    for name in ("one", "silent"):
        (tmp_path / name / "low").mkdir(parents=True)
    for number in range(12):
        soundfile.write(tmp_path / "one" / "low" / f"{number}.wav", clip("low", number), RATE)
        for word, length in (("low", 1600), ("mid", 1700)):
            (tmp_path / "silent" / word).mkdir(exist_ok=True)
            silence = np.zeros(length + number)
            soundfile.write(tmp_path / "silent" / word / f"{number}.wav", silence, RATE)
    line = refused(capsys, 1, "train", "transcribe", tmp_path / "one", *out)
    assert "two words or more; got one, low" in line
    line = refused(capsys, 1, "train", "transcribe", tmp_path / "silent", *out)
    assert "some recording must have sound" in line
    assert not (tmp_path / "run").exists()


def test_other_rates_and_silent_clips_are_told_and_the_run_goes_on(data, tmp_path, capsys):
    mixed = write(tmp_path / "mixed", 6, 0)
    for number in range(3):
        soundfile.write(mixed / "low" / f"silent{number}.wav", np.zeros(1600 + number), RATE)
    options = [*SMALL[:-1], "1", "--no-baseline"]
    _, err = ok(capsys, "train", "transcribe", mixed, "--out", tmp_path / "run", *options)
    assert "have 2 rates; all are brought to 8000 Hz" in err
    assert "the names of the 4 folders are taken for what is said" in err
    assert "recordings are silent although their transcripts are not empty" in err
    assert "keywords: each recording says one of 4" in err
