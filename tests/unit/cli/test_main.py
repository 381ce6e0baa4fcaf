"""Whatever happens in a command, what leaves it is a sentence and an exit code."""

import json
import subprocess
import sys

import pytest

from ostinato import CheckpointError, ConfigError, StoppedError
from ostinato.cli import main, misplaced
from ostinato.cli.console import say, shortened, show_json
from ostinato.cli.tasks import TASKS


class PanicException(BaseException):  # as PyO3's, which is no Exception
    pass


@pytest.fixture
def command(monkeypatch):
    """A command line whose one command raises what it is given."""

    def fails_with(error):
        def app(tokens, **options):
            if error is not None:
                raise error

        monkeypatch.setattr(main, "app", app)

    return fails_with


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a"), 2),
        (CheckpointError("a\nb"), 1),
        (StoppedError("a"), 130),
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device"), 1),
        (MemoryError(), 1),
        (RecursionError("deep"), 1),
        (TypeError("x" * 100_000), 1),
        (UnicodeDecodeError("utf-8", b"\xff" * 9999, 0, 1, "bad"), 1),
        (PanicException("rust"), 1),
    ],
)
def test_every_error_ends_in_one_sentence(command, capsys, error, code):
    command(error)
    assert main.run(["predict"]) == code
    err = capsys.readouterr().err
    assert err.startswith("ostinato: ")
    assert err.count("\n") == 1
    assert len(err) < 1000
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IsADirectoryError(21, "Is a directory", "a", None, "b"), "ostinato: b: Is a directory.\n"),
        (PermissionError(13, "Permission denied", b"a"), "ostinato: a: Permission denied.\n"),
    ],
)
def test_a_fault_of_the_disk_names_its_place_first(command, capsys, error, said):
    command(error)
    assert main.run(["predict"]) == 1
    assert capsys.readouterr().err == said


def test_debug_shows_the_traceback_wherever_it_stands(command, capsys):
    command(TypeError("odd"))
    for tokens in (["--debug", "predict"], ["predict", "--debug", "--", "x"]):
        assert main.run(tokens) == 1
        err = capsys.readouterr().err
        assert "Traceback (most recent call last)" in err
        assert err.splitlines()[-1].startswith("ostinato: A fault that has no sentence of its own")
    assert main.run(["predict", "--", "--debug"]) == 1  # a text
    assert "Traceback" not in capsys.readouterr().err


def test_the_json_that_is_printed_is_json(capsys):
    show_json({"loss": float("nan"), "of": {"a": [1.0, float("-inf")]}, "n": 2})
    out, err = capsys.readouterr()
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found == {"loss": None, "of": {"a": [1.0, None]}, "n": 2}
    assert "loss, a" in err
    show_json({"loss": 1.0})
    assert capsys.readouterr().err == ""


def test_a_message_that_is_short_stays():
    say(shortened("a"))
    assert shortened("a" * 800) == "a" * 800
    assert (
        shortened("a" * 801) == "a" * 801
    )  # what would be left out is shorter than the words on it
    assert all(len(shortened("a" * n, 40)) <= n for n in range(200))


def test_a_size_beyond_all_memory_is_told_as_that(command, capsys):
    command(RuntimeError("Storage size calculation overflowed with sizes=[4, 1000000000000000000]"))
    assert main.run([]) == 1
    assert "asks for more than any memory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "option", "having", "instead"),
    [
        ("tag", "--class-weight", "`classify` and `classify-series` have it", "rare tags"),
        ("transcribe", "--class-weight", "`classify` and `classify-series` have it", "rare words"),
        ("forecast", "--class-weight=balanced", "have it, `train forecast` not", "no classes"),
        ("forecast", "--cross-validate", "`transcribe` and", "ostinato evaluate RUN backtest"),
        ("forecast", "--label-column", "`classify` and", "--target-column"),
        ("tag", "--label-column", "have it", "--column"),
        ("classify", "--column", "`tag` has it", "--label-column"),
        ("classify", "--regression", "`classify-series` has it", "Leave it out"),
    ],
)
def test_an_option_of_another_training_tells_which_and_what_to_do(
    capsys, command, option, having, instead
):
    code = main.run(["train", command, "x.csv", "--out", "x", option, "2"])
    said = capsys.readouterr().err
    assert code == 2
    assert f"Unknown option: {option.partition('=')[0]}. " in said
    assert having in said
    assert instead in said


def test_every_advice_is_of_an_option_that_the_training_lacks():
    for entry in TASKS.values():
        for option in entry.instead:
            assert option not in misplaced._options(entry.data.verb)
            assert any(option in misplaced._options(other) for other in misplaced._kinds())


BIG = "x" * 100_000


@pytest.mark.parametrize(
    ("tokens", "code", "match"),
    [
        ([BIG], 2, "Unknown command 'xx"),
        (["TRAIN"], 2, "did you mean `train`?"),
        (["train", "CLASSIFY", "samples"], 2, "did you mean `classify`?"),
        (["--nope"], 2, "it must be one of `train`, `resume`"),
        (["train", "classify", "samples", "--out", "o", "--cell", BIG], 2, "for --cell"),
        (["train", "classify", "samples", "--out", "o", f"--{BIG}"], 2, "Unknown option"),
        (["train", "classify", "samples", "--out", BIG], 1, "File name too long"),
        (["train", "classify", BIG, "--out", "o"], 1, "(100,000 characters)"),
        (["train", "classify", "samples", "--out", ""], 2, "--out: a run folder must have a name"),
        (["train", "classify", "samples", "--out="], 2, "--out: a run folder must have a name"),
        (["train", "classify", "samples", "--out", "o", "--epochs", "1.5"], 2, "a whole number"),
        (["train", "classify", "samples", "--out", "o", "--patience", "2.5"], 2, "a whole number"),
        (["predict", "", "text"], 2, "predict: a run folder must have a name"),
        (["plot", ""], 2, "plot: a run folder must have a name"),
        (["compare", "run", "", "--json"], 2, "compare: a run folder must have a name"),
        (["predict", "run", "text", "--out", ""], 2, "--out: a file must have a name"),
        (["data", "list", "extra"], 2, "more arguments than are taken: `extra`"),
        (["train", "classify", "samples", "--out", "o", "--EPOCHS", "1"], 2, "mean `--epochs`?"),
        (["evaluate", "run", "--JSON"], 2, "did you mean `--json`?"),
        (["bench", "--repeats", "2.5"], 2, "a whole number"),
        (["predict", "run", "--beam-width", "2.5"], 2, "a whole number"),
        (["evaluate", "run", "--cutoffs", "2.5"], 2, "a whole number"),
        (["predict", "run", "a.csv", "--delimiter", "ab"], 2, "delimiter: must be one character"),
        (["evaluate", "run", "a.csv", "--encoding", "nope"], 2, "an encoding of text"),
        *(
            (["train", "classify", "samples", "--out", "o", "--encoding", name], 2, "of text")
            for name in ("idna", "punycode", "undefined", "unicode_escape", "rot13")
        ),
        *(
            (["train", "classify", "samples", "--out", "o", option, value], 2, "must be")
            for option in ("--learning-rate", "--max-grad-norm", "--weight-decay", "--test-size")
            for value in ("inf", "-inf", "nan")
        ),
    ],
)
def test_what_was_mistyped_is_told_in_a_short_sentence(capsys, tokens, code, match):
    assert main.run(tokens) == code
    said = capsys.readouterr().err
    assert match in said
    assert said.count("\n") == 1
    assert len(said) <= 300


def test_what_was_mistyped_is_told_before_torch_is_loaded():
    program = (
        "import sys; from ostinato.cli import main; "
        "code = main.run(['nope']) + main.run(['doctor', 'x']) + main.run(['train', 'nope']); "
        "begun = ['train', 'classify', 'samples', '--out', 'o']; "
        "code += main.run([*begun, '--tokenizer', 'wrod']) + main.run([*begun, '--delimiter', 'ab']); "
        "code += main.run([*begun, '--encoding', 'idna']); "
        "sys.exit(code != 12 or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
