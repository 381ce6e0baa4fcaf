"""Options are read from the sources of the estimators, and told wrong before torch is loaded."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
import time
import typing

import pytest

from ostinato import ConfigError, tasks
from ostinato.cli.settings import TASKS, check, settings_of


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
    "no preset": ["train", "classify", "x", "--out", "y", "--preset", "tutorail"],
    "no share": ["train", "classify", "x", "--out", "y", "--test-size", "2"],
    "of evaluate": ["evaluate", "x", "--on-error", "stop"],
    "of predict": ["predict", "x", "--n-best", "many"],
    "of report": ["report", "x", "--open"],
    "of resume": ["resume", "x", "--epochs", "3"],
    "of demo": ["demo", "sing"],
}


def test_a_wrong_option_is_told_before_torch_is_loaded() -> None:
    """One process for all: with torch it would be a second or two for each."""
    code = (
        "import sys\nfrom ostinato.cli.main import run\n"
        f"codes = [run(words) for words in {list(WRONG.values())!r}]\n"
        "print(codes, 'torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = time.monotonic() - begin
    assert done.stdout.split("] ") == [f"{[2] * len(WRONG)}".strip("]"), "False\n"]
    assert done.stderr.count("ostinato: ") == len(WRONG)
    assert seconds < 10  # on a busy machine; alone it takes one
