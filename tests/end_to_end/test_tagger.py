"""Every command on tagged sentences: trained, killed and resumed, measured, asked, wrongly called."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from tests.commands import ok, refused

from ostinato.cli.main import run

SMALL = [
    *("--hidden-size", "8", "--embedding-size", "8", "--characters-hidden-size", "4"),
    *("--batch-size", "16", "--learning-rate", "0.02"),
]
SHORT = [*SMALL, "--epochs", "2"]
UNDROPPED = ["--word-dropout", "0", "--locked-dropout", "0", "--head-dropout", "0"]
LONG = [*SMALL, *UNDROPPED, "--epochs", "8"]


def conll(path: Path, start: int, stop: int) -> Path:
    """Names that end in a vowel are of persons, those that end in burg of places."""
    sentences = []
    for n in range(start, stop):
        name, place = "Alinoru"[n % 7 :] + "ao"[n % 2], f"{'Xoran'[: 1 + n % 5]}burg"
        rows = [(f"{name.capitalize()}", "B-PER"), ("went", "O"), ("to", "O"), (place, "B-LOC")]
        rows += [(str(n), "O")] * (1 + n % 4)
        sentences.append("\n".join(f"{token} X {tag}" for token, tag in rows))
    path.write_text("\n\n".join(sentences) + "\n")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name, start, stop in (("train", 0, 120), ("dev", 120, 150), ("test", 150, 180)):
        conll(folder / f"{name}.conll", start, stop)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    assert run(["train", "tag", str(data), "--out", str(out), *LONG]) == 0
    return out


def test_evaluate_gives_the_figures_of_the_run_and_of_any_file(trained, data, capsys):
    out, _ = ok(capsys, "evaluate", trained, "test", "--json")
    found = json.loads(out.splitlines()[-1])
    kept = json.loads((trained / "metrics.json").read_text())["test"]
    assert {name: found[name] for name in kept} == kept
    assert set(found["per_type"]) == {"LOC", "PER"}
    assert found["f1"] > 0.9
    out, _ = ok(capsys, "evaluate", trained, data / "test.conll", "--column", "3", "--json")
    assert json.loads(out)["f1"] == kept["f1"]
    out, _ = ok(capsys, "evaluate", trained, "test")
    head, ours, _, classes, *rows = out.splitlines()
    assert head.split()[3:] == ["F1", "precision", "recall", "accuracy"]
    assert ours.split()[2] == f"{kept['f1']:.4f}"
    assert classes.split() == ["class", "F1", "precision", "recall", "n"]
    assert {row.split()[0] for row in rows} == {"LOC", "PER"}


def test_predict_marks_spans_in_raw_text_and_in_a_file_of_columns(trained, data, capsys):
    text = "🙂 Alina went to\tXoburg 3"
    out, _ = ok(capsys, "predict", trained, text, "--json")
    (answer,) = map(json.loads, out.splitlines())
    assert answer["text"] == text
    assert {"Alina", "Xoburg"} & {span["text"] for span in answer["spans"]}
    for span in answer["spans"]:
        assert text[span["start"] : span["end"]] == span["text"]
        assert {"type", "confidence"} <= span.keys()
    out, _ = ok(capsys, "predict", trained, data / "test.conll")
    assert len(out.splitlines()) == 30
    assert "[Norua PER] went to [Xburg LOC] 150 150 150" in out
    (data / "notes.txt").write_text(f"{text}\nBen.\n")
    out, _ = ok(capsys, "predict", trained, data / "notes.txt", "--json")
    assert json.loads(out.splitlines()[0]) == answer
    (data / "notes.jsonl").write_text(json.dumps({"text": text}) + "\n")
    out, err = ok(capsys, "predict", trained, data / "notes.jsonl", "--json")
    assert json.loads(out) == answer
    assert "None" not in err


@pytest.mark.parametrize(
    ("form", "name"), [("conll", "a.conll"), ("doccano", "a.jsonl"), ("label-studio", "a.json")]
)
def test_what_is_written_for_other_programs_is_the_models_own_answer(
    trained, data, tmp_path, capsys, form, name
):
    out, _ = ok(capsys, "predict", trained, data / "test.conll", "--format", form)
    (tmp_path / name).write_text(out, encoding="utf-8")
    found, _ = ok(capsys, "evaluate", trained, tmp_path / name, "--json")
    assert json.loads(found)["f1"] == 1
    assert json.loads(found)["n"] == 30
    line = refused(capsys, 2, "predict", trained, "a", "--format", form, "--json")
    assert f"--format {form} stands alone" in line
    line = refused(capsys, 2, "predict", trained, "a", "--format", form, "--out", tmp_path / name)
    assert line.endswith(f"by the shell: --format {form} > {tmp_path / name}")


def test_predict_answers_every_line_of_standard_input(trained, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("Alina went to Xoburg\n\n🙂\n"))
    lines, _ = ok(capsys, "predict", trained)
    assert [line.replace(" ", "") for line in lines.splitlines()][1:] == ["", "🙂"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("Alina went to Xoburg\n\n"))
    out, _ = ok(capsys, "predict", trained, "--json")
    first, second = map(json.loads, out.splitlines())
    assert second == {"text": "", "tokens": [], "spans": [], "note": "the text is empty"}
    assert [token["text"] for token in first["tokens"]] == ["Alina", "went", "to", "Xoburg"]


def test_the_report_names_the_types(trained, capsys):
    out, _ = ok(capsys, "report", trained)
    page = Path(out.strip()).read_text()
    assert "PER" in page
    assert "Known and unknown words" in page


def test_parts_of_speech_are_another_column(data, tmp_path, capsys):
    (tmp_path / "t.conllu").write_text(
        "".join(
            f"1\tw{n}\t_\t{'NOUN' if n % 2 else 'VERB'}\tX\t_\t0\t_\t_\t_\n\n" for n in range(60)
        )
    )
    _, err = ok(capsys, "train", "tag", tmp_path / "t.conllu", "--out", tmp_path / "run", *SHORT)
    assert "NOUN" in err
    out, _ = ok(capsys, "predict", tmp_path / "run", "w1 w2")
    assert "/" in out


def test_wrong_sources_are_refused_in_one_line(data, tmp_path, capsys):
    out = ("--out", tmp_path / "run")
    bad = tmp_path / "bad.conllu"
    bad.write_text("1\ta\ta\tDET\tDT\t_\t2\tx\t_\t_\n2\tcat\tcat\tNOUN\n")
    assert f"{bad}: line 2 must have 10 fields" in refused(capsys, 1, "train", "tag", bad, *out)
    ragged = tmp_path / "ragged.conll"
    ragged.write_text("a O\nb X Y\n")
    assert f"{ragged}: line 2 must have 2" in refused(capsys, 1, "train", "tag", ragged, *out)
    line = refused(capsys, 1, "train", "tag", data, "--column", "9", *out)
    assert "9" in line
    line = refused(capsys, 1, "train", "tag", "samples", *out)
    assert "ostinato train classify samples" in line
    line = refused(capsys, 1, "train", "classify", "samples-tag", *out)
    assert "ostinato train tag samples-tag" in line
    line = refused(capsys, 1, "train", "tag", "samples-tga", *out)
    assert "did you mean `samples-tag`" in line
    line = refused(capsys, 1, "train", "tag", data / "trian.conll", *out)
    assert "did you mean `train.conll`" in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.conll", b"", "the file must have rows; it is empty"),
        ("a.conll", b"a O\ncaf\xe9 B-X\n", "must be UTF-8; got byte 0xe9 in line 2"),
        ("a.conll", b"a O\n\nb O\n", "at least two different tags; got O alone"),
        ("a.conll", b"a\nb\n", "must have a token and a tag"),
        ("a.jsonl", b'{"tokens": ["a", "b"], "tags": ["O"]}\n', "line 1 must have as many tags"),
        ("a.jsonl", b'{"tokens": ["a"], "tags": ["O"', "line 1 must be one JSON object"),
        ("a.jsonl", b'{"text": "Anna", "spans": [[0, 9, "PER"]]}\n', "line 1: a span must lie in"),
    ],
)
def test_wrong_files_are_named_with_the_line(tmp_path, capsys, name, content, match):
    source = tmp_path / name
    source.write_bytes(content)
    line = refused(capsys, 1, "train", "tag", source, "--out", tmp_path / "run", *SHORT)
    assert line.startswith(f"ostinato: {source}: ")
    assert match in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--scheme", "BIOSE"], "BIOES"),
        (["--characters-reader", "cnn"], "convolution"),
        (["--head-dropout", "1"], "head_dropout must be"),
        (["--preset", "chinse"], "did you mean `chinese`"),
        (["--hidden", "3"], "--hidden"),
        (["--tokenizer", "trebank"], "did you mean `treebank`"),
        (["--head", "crff"], "crf"),
    ],
)
def test_wrong_options_are_refused_in_one_line(data, tmp_path, capsys, options, match):
    line = refused(capsys, 2, "train", "tag", data, "--out", tmp_path / "run", *options)
    assert match in line


def test_columns_of_another_task_are_refused(trained, data, capsys):
    line = refused(capsys, 2, "evaluate", trained, data / "test.conll", "--text-column", "x")
    assert "unknown setting `text_column`" in line
    line = refused(capsys, 2, "evaluate", trained, "test", "--column", "3")
    assert "columns are for a file" in line
    line = refused(capsys, 1, "evaluate", trained, data / "test.conll", "--column", "7")
    assert "no tag column `7`" in line
    line = refused(capsys, 1, "evaluate", trained, data / "tset.conll")
    assert "did you mean `test.conll`" in line
    assert "nothing to resume" in refused(capsys, 2, "resume", trained)
