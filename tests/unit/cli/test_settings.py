"""Options are read from the sources of the estimators, and told wrong before torch is loaded."""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
import typing
from collections.abc import Sequence

import pytest

from ostinato import ConfigError, tasks
from ostinato.cli import misplaced
from ostinato.cli.settings import check, settings_of
from ostinato.cli.tasks import TASKS
from ostinato.cli.train import app


@pytest.mark.parametrize("task", TASKS)
def test_the_settings_that_are_read_are_those_of_the_estimator(task: str) -> None:
    estimator, read = getattr(tasks, task)(), settings_of(task)
    assert vars(read) == estimator.get_params(deep=False)
    fields = [field.name for field in dataclasses.fields(estimator) if field.init]
    assert [field.name for field in dataclasses.fields(read)] == fields
    hints, wanted = typing.get_type_hints(type(read)), typing.get_type_hints(type(estimator))
    assert {name: hints[name] for name in fields} == {name: wanted[name] for name in fields}
    assert inspect.getdoc(type(read)) == inspect.getdoc(type(estimator))
    assert (TASKS[task].presets, TASKS[task].data) == (estimator.presets, estimator.data)
    check(task, None, {})


@pytest.mark.parametrize("task", TASKS)
def test_a_range_is_told_by_both_in_the_same_words(task: str) -> None:
    with pytest.raises(ConfigError, match=f"{task}: head_dropout must be at least 0 and") as early:
        check(task, None, {"head_dropout": 2.0})
    model = getattr(tasks, task)(head_dropout=2.0)
    with pytest.raises(ConfigError) as late:
        model._check()
    assert str(early.value) == str(late.value)


WRONG = {
    "an unknown option": ["train", "classify", "x", "--out", "y", "--hiden-size", "3"],
    "no choice": ["train", "tag", "x", "--out", "y", "--cell", "lstn"],
    "no number": ["train", "forecast", "x", "--out", "y", "--epochs", "many"],
    "a range of training": ["train", "transcribe", "x", "--out", "y", "--epochs", "0"],
    "a range of the task": ["train", "classify-series", "x", "--out", "y", "--noise", "-1"],
    "no country": ["train", "forecast", "x", "--out", "y", "--holidays", "GER"],
    "no preset": ["train", "classify", "x", "--out", "y", "--preset", "tutorail"],
    "no share": ["train", "classify", "x", "--out", "y", "--test-size", "2"],
    "of evaluate": ["evaluate", "x", "--on-error", "stop"],
    "of predict": ["predict", "x", "--n-best", "many"],
    "of report": ["report", "x", "--open"],
    "of resume": ["resume", "x", "--epochs", "3"],
    "of demo": ["demo", "sing"],
}


MISSING = {
    "no source": ["train", "classify", "nosuch.csv", "--out", "y"],
    "no folder": ["train", "transcribe", "nosuch/folder", "--out", "y"],
    "data of another kind": ["train", "classify", "morse", "--out", "y"],
    "no run to measure": ["evaluate", "nosuch"],
    "no run to predict with": ["predict", "nosuch", "a text"],
    "no run to draw": ["plot", "nosuch"],
    "no run to go on with": ["resume", "nosuch"],
    "no run to show": ["report", "nosuch"],
    "no run to compare with": ["compare", "nosuch", "neither"],
}

HEAVY = ("torch", "sklearn", "pandas", "matplotlib", "accelerate")


def exit_codes(commands: dict[str, list[str]], *, without: Sequence[str]) -> dict[str, int]:
    """One process for all: with torch it would be a second or two for each."""
    code = (
        "import json, sys\nfrom ostinato.cli.main import run\n"
        f"codes = {{name: run(words) for name, words in {commands!r}.items()}}\n"
        f"assert not (loaded := {set(without)!r} & sys.modules.keys()), loaded\n"
        "print(json.dumps(codes))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ostinato: ") == len(commands)
    return dict(json.loads(done.stdout))


def test_a_wrong_option_is_told_before_anything_is_loaded_that_takes_long() -> None:
    codes = exit_codes(WRONG, without=[*HEAVY, "numpy", "pyarrow"])
    assert codes == dict.fromkeys(WRONG, 2)


def test_what_is_not_there_is_told_before_torch_is_loaded() -> None:
    codes = exit_codes(MISSING, without=HEAVY)
    assert codes == dict.fromkeys(MISSING, 1)


def test_an_option_of_another_kind_of_training_is_known_as_the_parser_knows_it() -> None:
    for kind in misplaced._kinds():
        parsed = {name for one in app[kind].assemble_argument_collection() for name in one.names}
        options = {name for name in parsed if name.startswith("--") and "--empty-" not in name}
        assert options <= misplaced._options(kind)
