"""Type the wrong thing: one clear line, the right exit code, nothing lost, no traceback."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ostinato.cli.main import main, run
from ostinato.training import save_tensors

SMALL = [
    *("--hidden-size", "4", "--embedding-size", "4", "--min-freq", "1", "--epochs", "1"),
    *("--batch-size", "16", "--members", "1"),
]
ROWS = [
    (f"{'good' if n % 2 else 'bad'} film number {n}", "pos" if n % 2 else "neg") for n in range(60)
]


def csv(path: Path, rows: list[tuple[str, str]] = ROWS, header: str = "text,label") -> Path:
    path.write_text("\n".join([header, *(f"{text},{label}" for text, label in rows)]) + "\n")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    out = folder / "run"
    assert run(["train", "classify", str(csv(folder / "a.csv")), "--out", str(out), *SMALL]) == 0
    return out


def fails(capsys: pytest.CaptureFixture[str], code: int, match: str, *arguments: object) -> None:
    assert run([str(argument) for argument in arguments]) == code
    err = capsys.readouterr().err
    assert "Traceback" not in err
    last = err.strip().splitlines()[-1]
    assert last.startswith("ostinato: ")
    assert re.search(match, last), last


def train(tmp_path: Path, source: object, *options: object) -> list[object]:
    return ["train", "classify", source, "--out", tmp_path / "run", *SMALL, *options]


def test_missing_file_offers_the_nearest_name(tmp_path, capsys):
    csv(tmp_path / "reviews.csv")
    fails(capsys, 1, r"reviews\.csv", *train(tmp_path, tmp_path / "review.csv"))
    assert not (tmp_path / "run").exists()


def test_missing_column_offers_the_nearest_name(tmp_path, capsys):
    source = csv(tmp_path / "a.csv", header="review_body,label")
    fails(capsys, 1, "review_body", *train(tmp_path, source, "--text-column", "review_bdy"))


@pytest.mark.parametrize("content", ["", "text,label\n"])
def test_empty_file(tmp_path, capsys, content):
    source = tmp_path / "a.csv"
    source.write_text(content)
    fails(capsys, 1, r"a\.csv.*(empty|must have rows|no rows)", *train(tmp_path, source))


def test_one_class_only(tmp_path, capsys):
    source = csv(tmp_path / "a.csv", [(text, "pos") for text, _ in ROWS])
    fails(capsys, 1, "two different labels", *train(tmp_path, source))


def test_label_in_test_never_seen_in_train(tmp_path, capsys):
    source = csv(tmp_path / "a.csv")
    test = csv(tmp_path / "b.csv", [("a film", "pos"), ("a film", "neutral")])
    fails(
        capsys,
        1,
        "every label of test must occur in train.*neutral.*row 2",
        *train(tmp_path, source, "--test", test),
    )


def test_missing_labels(tmp_path, capsys):
    source = csv(tmp_path / "a.csv", [*ROWS, ("no label", "")])
    fails(capsys, 1, "label.*(missing|empty).*row 61|row 61.*label", *train(tmp_path, source))


def test_non_utf8_names_the_line(tmp_path, capsys):
    source = csv(tmp_path / "a.csv")
    source.write_bytes(source.read_bytes() + b"caf\xe9 film,pos\n")
    fails(capsys, 1, "UTF-8.*line 62|line 62.*UTF-8", *train(tmp_path, source))


def test_empty_unknown_and_very_long_texts_are_no_error(tmp_path, capsys, trained):
    text = tmp_path / "texts.txt"
    text.write_text("\nqwertz\n" + "film " * 1_000_000 + "\n")
    assert run(["predict", str(trained), str(text), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 3
    assert rows[0]["probabilities"] == pytest.approx(rows[1]["probabilities"])  # both: <unk>
    notes = ["the text is empty", "no word of the text is known", None]
    assert [row.get("note") for row in rows] == notes
    assert run(["predict", str(trained), str(text)]) == 0
    assert "answer 2: no word of the text is known" in capsys.readouterr().err


def test_output_folder_that_exists(tmp_path, capsys, trained):
    before = (trained / "model.safetensors").read_bytes()
    source = csv(tmp_path / "a.csv")
    fails(
        capsys,
        2,
        "there is a run already.*resume.*--overwrite",
        "train",
        "classify",
        source,
        "--out",
        trained,
        *SMALL,
    )
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.doc").write_text("years of work")
    fails(
        capsys,
        2,
        "must be new or hold a run; it holds thesis.doc",
        "train",
        "classify",
        source,
        "--out",
        foreign,
        "--overwrite",
        *SMALL,
    )
    assert (trained / "model.safetensors").read_bytes() == before
    assert (foreign / "thesis.doc").exists()
    (foreign / "thesis.doc").rename(foreign / "README.md")
    (foreign / "config.json").write_text('{"model_type": "bert"}')
    fails(
        capsys,
        2,
        "must be new or hold a run; it holds README.md, config.json",
        *("train", "classify", source, "--out", foreign, "--overwrite", *SMALL),
    )
    assert (foreign / "README.md").read_text() == "years of work"


def test_overwrite_with_bad_data_keeps_the_old_run(tmp_path, capsys, trained):
    before = (trained / "model.safetensors").read_bytes()
    source = csv(tmp_path / "a.csv", [(text, "pos") for text, _ in ROWS])
    fails(
        capsys,
        1,
        "two different labels",
        "train",
        "classify",
        source,
        "--out",
        trained,
        "--overwrite",
        *SMALL,
    )
    assert (trained / "model.safetensors").read_bytes() == before


def test_unwritable_folder(tmp_path, capsys):
    source = csv(tmp_path / "a.csv")
    (tmp_path / "file").write_text("")
    fails(
        capsys,
        1,
        "must be writable",
        "train",
        "classify",
        source,
        "--out",
        tmp_path / "file" / "run",
        *SMALL,
    )


def test_vectors_of_the_wrong_width_and_broken_vectors(tmp_path, capsys):
    source = csv(tmp_path / "a.csv")
    vectors = tmp_path / "glove.txt"
    vectors.write_text("good 1 2 3\nbad 1 2 3\n")
    fails(
        capsys, 2, "(3.*wide|width.*3|dim.*3|are 3)", *train(tmp_path, source, "--vectors", vectors)
    )
    vectors.write_text("good 1 2 3 4\nbad 1 2\n")
    fails(capsys, 1, "glove.txt.*line 2", *train(tmp_path, source, "--vectors", vectors))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--cell", "lstn"], "lstm"),
        (["--hidden-size", "0"], "hidden_size must be at least 1; got 0"),
        (["--hidden-size", "many"], "(?i)hidden-size"),
        (["--hiden-size", "4"], "hidden-size"),
        (["--preset", "tutorail"], "did you mean `tutorial`"),
        (["--tokenizer", "wrod"], "word"),
        (["--dropout", "1"], "dropout must be at least 0 and below 1"),
        (["--head-dropout", "-0.1"], "head_dropout must be at least 0"),
        (["--batch-tokens", "0"], "batch_tokens must be at least 1"),
        (["--learning-rate", "0"], "learning_rate must be above 0"),
    ],
)
def test_unknown_options_and_values(tmp_path, capsys, options, match):
    source = csv(tmp_path / "a.csv")
    fails(capsys, 2, match, "train", "classify", source, "--out", tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


def test_unknown_command(capsys):
    fails(capsys, 2, "train", "trian")


@pytest.mark.parametrize(
    "file", ["config.json", "model.safetensors", "tokenizer.json", "labels.json"]
)
def test_truncated_run_folder(tmp_path, capsys, trained, file):
    broken = tmp_path / "broken"
    shutil.copytree(trained, broken)
    whole = (broken / file).read_bytes()
    (broken / file).write_bytes(whole[: len(whole) // 2])
    fails(capsys, 1, file.replace(".", r"\."), "predict", broken, "a film")
    (broken / file).unlink()
    fails(capsys, 1, f"{file}|no trained model".replace(".", r"\."), "predict", broken, "a film")


def test_foreign_and_newer_run_folders(tmp_path, capsys, trained):
    fails(capsys, 1, "no such run folder", "predict", tmp_path / "nowhere", "a film")
    foreign = tmp_path / "config.json"
    foreign.write_text('{"model_type": "bert"}')
    fails(capsys, 1, "must be the config of an ostinato run", "predict", tmp_path, "a film")
    config = json.loads((trained / "config.json").read_text())
    foreign.write_text(json.dumps(config | {"format": 99, "ostinato": "9.0"}))
    fails(capsys, 1, "written by ostinato 9.0.*Update ostinato", "predict", tmp_path, "a")
    config["settings"]["recurrent"]["cell"] = "mamba"
    foreign.write_text(json.dumps(config))
    fails(capsys, 1, "must hold settings of this version.*mamba", "predict", tmp_path, "a film")
    config["task"] = "text-to-speech"
    foreign.write_text(json.dumps(config))
    fails(capsys, 1, "is a text-to-speech run; this version knows", "predict", tmp_path, "a film")


def test_data_set_that_is_not_here(capsys, tmp_path):
    fails(capsys, 1, "ostinato data get imdb", "data", "path", "imdb")
    fails(capsys, 2, "did you mean `imdb`", "data", "get", "imbd")
    fails(capsys, 1, "ostinato data get imdb", *train(tmp_path, "imdb"))


def test_download_offline(capsys):
    fails(capsys, 1, "could not be downloaded.*Download it yourself", "data", "get", "imdb")


def test_evaluate_a_split_that_is_not_there(capsys, trained):
    fails(
        capsys,
        2,
        "without a test split; it has train, validation. Measure that: ostinato evaluate .* validation",
        "evaluate",
        trained,
    )


def test_evaluate_tells_a_changed_file(tmp_path, capsys):
    source = csv(tmp_path / "a.csv")
    test = csv(tmp_path / "b.csv", ROWS[:10])
    assert run([str(a) for a in train(tmp_path, source, "--test", test)]) == 0
    assert run(["evaluate", str(tmp_path / "run"), "test", "--json"]) == 0
    first = capsys.readouterr()
    assert "has changed" not in first.err
    csv(test, ROWS[:12])
    assert run(["evaluate", str(tmp_path / "run"), "test", "--json"]) == 0
    second = capsys.readouterr()
    assert "b.csv has changed since the model was trained" in second.err
    assert json.loads(second.out.splitlines()[-1])["n"] == 12


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to mount a small disk")
def test_disk_full_during_a_checkpoint(tmp_path, capsys, monkeypatch):
    """A file system without room: a real one of 64 KiB if it can be mounted, else skipped."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("cannot mount a small disk here")
    try:
        source = csv(tmp_path / "a.csv")
        fails(
            capsys,
            1,
            "could not be written.*what was saved before is untouched",
            "train",
            "classify",
            source,
            "--out",
            disk / "run",
            *SMALL[2:],
            "--hidden-size",
            "64",
        )
        assert json.loads((disk / "run" / "config.json").read_text())["format"] == 1
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def test_a_misspelt_name_of_a_data_set(tmp_path, capsys):
    fails(capsys, 1, "did you mean `imdb`", *train(tmp_path, "imbd"))


def test_a_folder_that_mixes_two_models(tmp_path, capsys, trained):
    mixed = tmp_path / "mixed"
    shutil.copytree(trained, mixed)
    save_tensors(mixed / "model.safetensors", {"bert.weight": torch.ones(2)})
    fails(capsys, 1, "files must be of one run of this task", "predict", mixed, "a film")
    config = json.loads((trained / "config.json").read_text())
    (mixed / "config.json").write_text(json.dumps(config | {"format": "newest"}))
    fails(capsys, 1, "config.json: must be as it was written", "predict", mixed, "a film")
    (mixed / "SHA256SUMS").unlink()
    fails(capsys, 1, "in run format newest", "predict", mixed, "a film")


def test_standard_input_that_is_not_utf8(trained, capsys, monkeypatch):
    piped = io.TextIOWrapper(io.BytesIO(b"caf\xe9\n"), "latin-1", errors="surrogateescape")
    monkeypatch.setattr(sys, "stdin", piped)  # as it is under a foreign locale
    monkeypatch.setattr(sys, "argv", ["ostinato", "predict", str(trained)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    err = capsys.readouterr().err
    assert "standard input: must be UTF-8; got byte 0xe9" in err
    assert "Traceback" not in err


def test_a_long_chinese_text_is_no_file_name(trained, capsys):
    assert run(["predict", str(trained), "很好" * 300]) == 0
    assert "很好" in capsys.readouterr().out


def test_columns_of_another_task_or_of_no_file_are_refused(trained, tmp_path, capsys):
    table = csv(tmp_path / "b.csv")
    fails(capsys, 2, "id_column", "predict", trained, table, "--id-column", "text")
    fails(capsys, 2, "no table is given", "predict", trained, "good", "--text-column", "text")
    fails(capsys, 2, "labels are not read", "predict", trained, table, "--label-separator", ";")


def test_the_name_of_a_file_among_texts_is_not_read_as_a_text(trained, tmp_path, capsys):
    table = csv(tmp_path / "b.csv")
    fails(capsys, 2, "give texts, or one file; got 2 arguments", "predict", trained, table, table)
    fails(capsys, 2, "'nosuch.csv' among them", "predict", trained, "good", "nosuch.csv")
    fails(capsys, 1, "missing.json", "predict", trained, tmp_path / "missing.json")


def test_columns_are_for_files(trained, capsys):
    fails(capsys, 2, "columns are for a file", "evaluate", trained, "train", "--text-column", "x")
