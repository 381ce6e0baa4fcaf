"""A new task is rooms of its own and a row in each table: the page that says so is right."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.test_house import committed_files

from ostinato.cli.tasks import TASKS
from ostinato.tasks import TASKS as ESTIMATORS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/how-to/add-a-task.md").read_text("utf-8")
LISTS, _, REST = PAGE.partition("The laws ask this of an estimator")
EXAMPLE = REST.partition("As a task of ostinato")[2].partition("It has nothing new")[0]
IN_WORDS = {
    *("benchmarks/pictures/__main__.py", "benchmarks/pictures/tasks.py", "tests/test_examples.py"),
    *("docs/index.md", "docs/zh/index.md", "docs/explanation/data-flow.md"),
    *("docs/explanation/defaults.md", "docs/explanation/evaluation.md"),
}
"""What tells of every task without its class, its verb or its name in run folders."""
COMMANDS = """
import sys
sys.path.insert(0, {examples!r})
import count_events
count_events.register()
from ostinato.cli.main import run
for command in {commands!r}:
    code = run(command)
    print("exit", code, flush=True)
"""


def names_of(estimator: str) -> re.Pattern[str]:
    """What a file may call a task: its class, its name in run folders, its verb."""
    task = next(name for name, one in ESTIMATORS.items() if one.__name__ == estimator)
    verb = TASKS[estimator].data.verb
    return re.compile(rf'\b{estimator}\b|"{task}"|["`]{verb}["`]|\b(train|demo) {verb}\b')


def naming_every_task() -> Iterator[str]:
    """The files of the repository that name every task."""
    patterns = [names_of(estimator) for estimator in TASKS]
    for path in committed_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in (".py", ".md", ".toml") and "add-a-task" not in name.replace("_", "-"):
            text = path.read_text("utf-8")
            if all(pattern.search(text) for pattern in patterns):
                yield name


def listed() -> Iterator[tuple[str, str]]:
    """Each path that the lists of the page name, and when it is written or changed."""
    for first, _, when in re.findall(r"^\| (.+?) \| (.+) \| (.+?) \|$", LISTS, re.M):
        yield from ((path, when) for path in re.findall(r"`([^`]+)`", first))


def test_what_names_every_task_is_what_the_page_lists() -> None:
    found, paths = set(naming_every_task()), dict(listed())
    assert found <= paths.keys()
    always = {path for path, when in paths.items() if when == "always" and "NAME" not in path}
    assert always - IN_WORDS <= found
    assert not [path for path in IN_WORDS if path.startswith("src/")]
    assert {when.split()[0] for when in paths.values()} == {"always", "if"}


@pytest.mark.parametrize("path", dict(listed()))
def test_what_the_page_lists_is_there(path: str) -> None:
    assert any(ROOT.glob(path.replace("NAME", "*")))


def test_the_files_of_the_example_are_among_those_that_the_page_lists() -> None:
    """And of what is always new, none is forgotten."""
    paths = dict(listed())
    kinds = {
        path: re.compile(re.escape(path).replace("NAME", r"[\w-]+") + (".*" * path.endswith("/")))
        for path in (*paths, "docs/images/task-NAME.svg")
    }
    files = re.findall(r"`([^`\s]+/[^`\s]+\.\w+|\w+\.toml)`", EXAMPLE)
    of = {file: [kind for kind, one in kinds.items() if one.fullmatch(file)] for file in files}
    assert all(of.values()), of
    new = {path for path, when in paths.items() if when == "always" and "NAME" in path}
    assert new <= {kind for found in of.values() for kind in found}


def test_the_example_is_a_task_to_every_command(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    sequences = [draw.integers(0, 2, draw.integers(5, 20)) for _ in range(80)]
    lines = [f"{','.join(map(str, one))}:{one.sum()}" for one in sequences]
    (tmp_path / "knocks.ts").write_text("@targetLabel true\n@data\n" + "\n".join(lines) + "\n")
    train = ["train", "count", "knocks.ts", "--out", "run", "--epochs", "3", "--hidden-size", "4"]
    commands = [
        [*train, "--test-size", "0.2"],
        ["evaluate", "run"],
        ["predict", "run", "knocks.ts"],
        ["report", "run"],
        ["train", "count", "knocks.ts", "--out", "folds", "--epochs", "1", "--cross-validate", "2"],
        ["demo", "count", "--out", "demo"],
        [*train, "--column", "a"],
        ["train", "classify", "peaks", "--out", "other"],
    ]
    code = COMMANDS.format(examples=str(ROOT / "examples"), commands=commands)
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert re.findall(r"^exit (\d)$", said.stdout, re.M) == ["0"] * 6 + ["2", "1"], said.stderr
    assert len(re.findall(r"^[\d.]+\t\S+", said.stdout, re.M)) == 80
    assert "mean absolute error" in said.stderr + said.stdout
    assert "Beats the mean of train" in said.stderr
    assert "got one of counted sequences. Train on it: ostinato train count peaks." in said.stderr
    assert "Event counting" in (tmp_path / "run/report.html").read_text("utf-8")
