"""What the commands write: whole where it is read by programs, harmless where people watch."""

import io

import pytest

from ostinato.cli import console

METRICS = {"baseline_seconds": 9.0, "train_seconds": 1.0}


class Terminal(io.StringIO):
    """A stream that people watch."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("write", "name"), [(console.show, "stdout"), (console.say, "stderr")])
def test_what_stands_in_data_commands_no_terminal(monkeypatch, write, name):
    line = "red \x1b[31m\tbell\x07 \x9b31m \x7f 新闻"
    for stream, expected in [
        (Terminal(), "red \ufffd[31m\tbell\ufffd \ufffd31m \ufffd 新闻\n"),
        (io.StringIO(), line + "\n"),
    ]:
        monkeypatch.setattr(f"sys.{name}", stream)
        write(line)
        assert stream.getvalue() == expected


@pytest.mark.parametrize("has_option", [True, False])
def test_an_option_is_named_where_there_is_one(capsys, has_option):
    console.print_metrics(METRICS, has_option=has_option)
    said = capsys.readouterr().err
    assert said.startswith("The simple models took 9 s, 90% of the time")
    assert ("--no-baseline" in said) == has_option
