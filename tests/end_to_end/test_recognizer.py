"""Every command on recordings: trained, killed and resumed, measured, asked, streamed, wrongly called."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import subprocess
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
QUIET = ["--augmentation-speed", "0", "--augmentation-join", "0", "--augmentation-noise", "0"]
SMALL = [
    *("--unit", "word", "--hidden-size", "12", "--num-layers", "1", "--batch-size", "4"),
    *("--learning-rate", "0.02", "--no-channels", *QUIET, "--augmentation-masks", "0"),
    *("--augmentation-mix", "0"),
]
SHORT = [*SMALL, "--epochs", "2"]
LONG = [*SMALL, "--epochs", "12"]


def sound(text: str, seed: int) -> np.ndarray:
    """Each word is a tone of a fifth of a second, in a little noise."""
    rng = np.random.default_rng(seed)
    pieces = [np.zeros(800)]
    for word in text.split():
        seconds = np.arange(int(rng.uniform(0.15, 0.25) * RATE)) / RATE
        pieces += [0.5 * np.sin(2 * np.pi * TONES[word] * seconds), np.zeros(800)]
    noisy = np.concatenate(pieces)
    return (noisy + 0.01 * rng.standard_normal(len(noisy))).astype(np.float32)


def write(folder: Path, name: str, start: int, stop: int) -> Path:
    (folder / name).mkdir()
    with (folder / f"{name}.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "text", "speaker"])
        for number in range(start, stop):
            words = np.random.default_rng(number).choice(list(TONES), 1 + number % 3)
            path = folder / name / f"{number}.wav"
            soundfile.write(path, sound(" ".join(words), number), RATE)
            table.writerow([f"{name}/{number}.wav", " ".join(words), f"s{number % 2}"])
    return folder / f"{name}.csv"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name, start, stop in (("train", 0, 60), ("dev", 60, 72), ("test", 72, 90)):
        write(folder, name, start, stop)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    assert run(["train", "transcribe", str(data), "--out", str(out), *LONG]) == 0
    return out


@pytest.fixture(scope="module")
def streaming(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "stream"
    options = [*LONG, "--no-bidirectional"]
    assert run(["train", "transcribe", str(data), "--out", str(out), *options]) == 0
    return out


def figures(found: dict[str, object], *but: str) -> dict[str, object]:
    return {name: value for name, value in found.items() if name not in (*but, "real_time_factor")}


def test_evaluate_gives_the_figures_of_the_run_and_of_any_file(trained, data, capsys):
    kept = json.loads((trained / "metrics.json").read_text())["test"]
    assert kept["wer"] < 0.1
    assert set(kept["speakers"]) == {"s0", "s1"}
    assert 0 < kept["real_time_factor"] < 1
    for named in ("test", data / "test.csv"):
        out, _ = ok(capsys, "evaluate", trained, named, "--json")
        found = figures(json.loads(out.splitlines()[-1]), "run", "split", "source")
        assert found == figures(kept)
    out, _ = ok(capsys, "evaluate", trained, "test")
    assert out.splitlines()[0].split()[3:] == ["WER", "CER", "accuracy", "loss"]
    assert out.splitlines()[3].split() == ["speaker", "WER", "CER", "n"]
    assert {line.split()[0] for line in out.splitlines()[4:]} == {"s0", "s1"}


def test_predict_tells_words_with_times_for_files_folders_and_manifests(trained, data, capsys):
    file = data / "test" / "74.wav"
    out, _ = ok(capsys, "predict", trained, file, "--json")
    answer = json.loads(out)
    said = (data / "test.csv").read_text().splitlines()[3].split(",")[1]
    assert answer["text"] == said
    assert [word["word"] for word in answer["words"]] == said.split()
    ends = [0.0] + [time for word in answer["words"] for time in (word["start"], word["end"])]
    assert ends == sorted(ends)
    assert ends[-1] <= answer["seconds"]
    assert all(0 <= word["confidence"] <= 1 for word in answer["words"])
    out, _ = ok(capsys, "predict", trained, data / "test", file)
    assert len(out.splitlines()) == 19
    assert out.splitlines()[-1] == f"{file}\t{said}"
    packed = data / "some.csv.gz"
    packed.write_bytes(gzip.compress((data / "test.csv").read_bytes()))
    for manifest in (data / "test.csv", packed):
        out, _ = ok(capsys, "predict", trained, manifest)
        assert len(out.splitlines()) == 18
    packed.unlink()


def test_beam_search_gives_alternatives_and_hot_words_come_first(trained, data, capsys):
    file = data / "test" / "72.wav"
    out, _ = ok(capsys, "predict", trained, file, "--beam-width", 8, "--n-best", 3, "--json")
    answer = json.loads(out)
    chances = [one["probability"] for one in answer["alternatives"]]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1 + 1e-9
    assert answer["alternatives"][0]["text"] == answer["text"]
    model = ostinato.load(trained)
    hot = model.predict([file], hot_words={"high": 60.0})[0]
    assert hot.split().count("high") > answer["text"].split().count("high")
    assert model.predict([file], language_model=lambda text: -60.0 * len(text))[0] == ""


def test_arrays_of_any_rate_are_heard_as_files_are(trained, data):
    model = ostinato.load(trained)
    file = data / "test" / "75.wav"
    samples, rate = soundfile.read(file, dtype="float32")
    whole = soundfile.read(file, dtype="int16")[0]
    expected = model.predict([file])
    assert model.predict([samples], sample_rate_hz=rate) == expected
    assert model.predict([whole]) == expected
    assert model.predict([np.stack([samples, samples], axis=1)]) == expected
    import soxr

    assert model.predict([soxr.resample(samples, rate, 44100)], sample_rate_hz=44100) == expected


def test_one_bad_file_never_loses_the_others(trained, data, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound at all")
    good = data / "test" / "72.wav"
    line = refused(capsys, 1, "predict", trained, bad, good)
    assert f"{bad}: must be a sound file" in line
    out, err = ok(capsys, "predict", trained, bad, good, "--on-error", "skip", "--json")
    first, second = map(json.loads, out.splitlines())
    assert "must be a sound file" in first["error"]
    assert second["text"]
    assert str(bad) in err
    table = tmp_path / "some.csv"
    table.write_text(f"path,text\n{bad},low\n{good},low\n{tmp_path}/none.wav,mid\n")
    line = refused(capsys, 1, "evaluate", trained, table)
    assert "row 3" in line
    assert "must exist" in line  # told before any is read
    out, err = ok(capsys, "evaluate", trained, table, "--on-error", "skip", "--json")
    assert json.loads(out)["n"] == 1
    assert "row 3" in err
    rows = [f"train/{number}.wav,low" for number in range(20)] + ["gone.wav,low"]
    (data / "gone.csv").write_text("path,text\n" + "\n".join(rows) + "\n")
    out = ("--out", tmp_path / "run", *SHORT)
    line = refused(capsys, 1, "train", "transcribe", data / "gone.csv", *out)
    assert "row 21 (gone.wav)" in line
    _, err = ok(capsys, "train", "transcribe", data / "gone.csv", "--on-error", "skip", *out)
    assert "skipped: " in err
    (data / "gone.csv").unlink()


@pytest.mark.parametrize("seed", range(4))
def test_a_stream_says_what_the_whole_says_however_it_is_cut(streaming, data, seed):
    model = ostinato.load(streaming)
    rng = np.random.default_rng(seed)
    for rate in (RATE, 11025):
        split = ostinato.datasets.load_recordings(data)["test"]
        joined = np.concatenate([soundfile.read(file)[0] for file in split.audio[seed::6]])
        whole = model.predict_details([joined.astype(np.float32)], sample_rate_hz=rate)[0]
        session = model.stream(rate)
        cuts = np.sort(rng.integers(0, len(joined), int(rng.integers(1, 300))))
        texts = [session.push(chunk) for chunk in np.split(joined.astype(np.float32), cuts)]
        answer = session.finish()
        assert {"audio": "recording 1", **answer} == whole
        assert all(answer["text"].startswith(text) for text in texts)
        assert session.latency["compute_max"] >= session.latency["compute"] > 0


def test_a_stream_that_has_ended_takes_no_more_until_it_is_reset(streaming, data):
    session = ostinato.load(streaming).stream()
    samples = soundfile.read(data / "test" / "74.wav", dtype="int16")[0]
    session.push(samples)
    answer = session.finish()
    assert session.finish() == session.answer() == answer
    with pytest.raises(ostinato.ConfigError, match="has ended"):
        session.push(samples)
    session.reset()
    assert session.text == ""
    session.push(samples)
    assert session.finish() == answer
    session.reset()
    with pytest.raises(ostinato.ConfigError, match="must be finite"):
        session.push([0.0, np.nan])
    with pytest.raises(ostinato.ConfigError, match="floats in"):
        session.push(np.zeros((2, 2)))
    assert session.finish()["text"] == ""


def piped(arguments: list[object], data: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ostinato", *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)


def test_the_command_line_streams_raw_samples(streaming, data):
    file = data / "test" / "74.wav"
    samples = soundfile.read(file, dtype="int16")[0]
    expected = ostinato.load(streaming).predict_details([file])[0]
    done = piped(["predict", streaming, "--stream", "--json"], samples.tobytes() + b"\0")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert lines[-1].pop("final")
    assert lines[-1] == {name: value for name, value in expected.items() if name != "audio"}
    assert b"in the middle of a sample" in done.stderr
    assert b"latency: 0.338 s of sound ahead" in done.stderr
    done = piped(["predict", streaming, "--stream"], samples.tobytes())
    assert done.stdout.decode() == expected["text"] + "\n"
    assert done.stderr.splitlines()[0].startswith(b"Listening on standard input")
    done = piped(["predict", streaming, "--stream"], b"")
    assert (done.returncode, done.stdout) == (0, b"\n")


def test_what_cannot_stream_says_so(trained, streaming, capsys, tmp_path):
    assert "--no-bidirectional" in refused(capsys, 2, "predict", trained, "--stream")
    line = refused(capsys, 2, "predict", streaming, "--stream", tmp_path / "a.wav")
    assert "on standard input" in line
    line = refused(capsys, 2, "predict", streaming, "--stream", "--beam-width", "4")
    assert "got --beam-width" in line
    line = refused(capsys, 2, "predict", streaming, tmp_path / "a.wav", "--sample-rate-hz", "8000")
    assert "is for --stream" in line


@pytest.mark.parametrize(
    ("samples", "seconds"),
    [
        (np.zeros(RATE, np.float32), 1.0),
        (np.zeros(1, np.float32), 1 / RATE),
        (np.ones(RATE, np.float32), 1.0),
        (np.sign(np.sin(np.arange(RATE) / 3)).astype(np.float32), 1.0),
    ],
    ids=["silent", "one sample", "constant", "clipped"],
)
def test_strange_sounds_have_an_answer(trained, samples, seconds):
    answer = ostinato.load(trained).predict_details([samples])[0]
    assert answer["seconds"] == round(seconds, 3)
    assert isinstance(answer["text"], str)
    assert 0 <= answer["confidence"] <= 1


def test_a_speaker_is_held_out(data, tmp_path, capsys):
    options = ["--test-speaker", "s1", *SHORT]
    ok(capsys, "train", "transcribe", data, "--out", tmp_path / "run", *options)
    out, err = ok(capsys, "evaluate", tmp_path / "run", "test", "--json")
    assert json.loads(out)["n"] == 45
    assert "has changed" not in err
    options = ["--test-speaker", "s9", *SHORT]
    line = refused(capsys, 2, "train", "transcribe", data, "--out", tmp_path / "new", *options)
    assert "must be one of s0, s1; got `s9`" in line


def test_the_report_shows_the_worst_recordings(trained, capsys):
    out, _ = ok(capsys, "report", trained)
    page = Path(out.strip()).read_text()
    assert "<svg" in page
    assert "s1" in page


def test_transcripts_longer_than_their_recordings_are_named(data, tmp_path, capsys):
    rows = [f"train/{number}.wav,low" for number in range(20)]
    rows.append("train/20.wav," + "low " * 400)
    (data / "long.csv").write_text("path,text\n" + "\n".join(rows) + "\n")
    _, err = ok(capsys, "train", "transcribe", data / "long.csv", "--out", tmp_path / "run", *SHORT)
    assert "1 transcripts are longer than their recordings allow" in err
    assert "row 21 (train/20.wav)" in err
    rows = [f"train/{number}.wav," + "low " * 400 for number in range(20)]
    (data / "long.csv").write_text("path,text\n" + "\n".join(rows) + "\n")
    line = refused(
        capsys, 1, "train", "transcribe", data / "long.csv", "--out", tmp_path / "no", *SHORT
    )
    assert "at most as many symbols" in line
    (data / "long.csv").unlink()


@pytest.mark.parametrize(
    ("content", "options", "match"),
    [
        ("path,text\n", [], "must have rows"),
        ("sound,said\n1.wav,low\n", [], "audio column must be named"),
        ("path,text\n,low\n", [], "row 1 must name a file"),
        ("path,text\nnone.wav,low\n", [], "row 1 (none.wav)"),
        ("path,text\n1.wav,low,3\n", [], "must have 2 fields"),
        ("path,text\n{good},\n{good},\n", [], "some transcript must have a word"),
        ("path,text\n{good},lwo\n", ["--alphabet", "low mid high"], "symbols of the alphabet only"),
    ],
)
def test_wrong_manifests_are_named_with_the_row(data, tmp_path, capsys, content, options, match):
    source = tmp_path / "a.csv"
    source.write_text(content.format(good=data / "test" / "72.wav"))
    out = ("--out", tmp_path / "run", *SHORT, *options)
    line = refused(capsys, 1, "train", "transcribe", source, *out)
    assert line.startswith(f"ostinato: {source}: ")
    assert match in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--features-context", "4"], "context must be odd"),
        (["--features-bands", "400"], "bands must be fewer"),
        (["--augmentation-pause", "-1"], "pause must be"),
        (["--features-normalization", "utterances"], "utterance"),
        (["--beam-width", "0"], "beam_width must be"),
        (["--on-error", "skp"], "skip"),
        (["--chanels", "3"], "--chan"),
        (["--alphabet", "low low mid high"], "must stand there once; got `low`"),
    ],
)
def test_wrong_options_are_refused_in_one_line(data, tmp_path, capsys, options, match):
    line = refused(
        capsys, 2, "train", "transcribe", data, "--out", tmp_path / "run", *SMALL, *options
    )
    assert match in line


def test_data_and_options_of_another_task_are_refused(trained, data, tmp_path, capsys):
    out = ("--out", tmp_path / "run")
    line = refused(capsys, 1, "train", "transcribe", "samples", *out)
    assert "ostinato train classify samples" in line
    line = refused(capsys, 1, "train", "classify", "morse", *out)
    assert "ostinato train transcribe morse" in line
    line = refused(capsys, 2, "evaluate", trained, data / "test.csv", "--column", "x")
    assert "unknown setting `column`" in line
    line = refused(capsys, 1, "predict", trained, data / "test" / "nine.wav")
    assert "the file must exist" in line


def test_a_folder_of_pairs_and_standard_input_of_paths(
    trained, data, tmp_path, capsys, monkeypatch
):
    for number in range(72, 76):
        shutil.copy(data / "test" / f"{number}.wav", tmp_path)
        (tmp_path / f"{number}.txt").write_text("low\n")
    out, _ = ok(capsys, "evaluate", trained, tmp_path, "--json")
    assert json.loads(out)["n"] == 4
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{tmp_path}/72.wav\n{tmp_path}/73.wav\n"))
    out, _ = ok(capsys, "predict", trained)
    assert len(out.splitlines()) == 2
    (tmp_path / "73.txt").unlink()
    assert "73.txt" in refused(capsys, 1, "evaluate", trained, tmp_path)


def test_arrays_need_their_rate():
    with pytest.raises(ostinato.DatasetError, match="needs its rate"):
        ostinato.SpeechRecognizer().fit([np.zeros(80)], ["low"])
