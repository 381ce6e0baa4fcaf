"""What the pages and the docstrings show is run, so that it stays true.

On a page (README*.md, docs/**/*.md) the blocks run from top to bottom, in one empty folder:

- ``python``: executed, all blocks of a page in one namespace; with ``>>>`` compared as a doctest;
- ``console``, ``bash`` and the like: run by a shell if a command in it is ``ostinato``, unless the
  comment ``<!-- not run: reason -->`` stands directly before it. What they print is not compared.

A translation (`TRANSLATIONS`) has the blocks of its original but for comments, and is not run again.
"""

from __future__ import annotations

import ast
import doctest
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests import zygote

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
SOURCES = sorted((ROOT / "src" / "ostinato").rglob("*.py"))
SHELLS = ("console", "bash", "sh", "shell", "shell-session")
TRANSLATIONS = {
    ROOT / name: ROOT / original
    for name, original in {
        "README.zh-CN.md": "README.md",
        "docs/zh/quickstart.md": "docs/quickstart.md",
        "docs/zh/tutorials/sentiment.md": "docs/tutorials/sentiment.md",
    }.items()
}
MAX_LINES_OF_README = 200
FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[\w+-]*)[^\n`]*$")
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>\S.*?) -->$")
DOCTEST = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; ``line`` is the one its text begins on, from 1."""

    language: str
    text: str
    line: int
    not_run: str | None

    @property
    def commands(self) -> list[str]:
        """The commands of a shell block: after ``$ `` where it has prompts, else every line."""
        joined = self.text.replace("\\\n", " ").replace("\n> ", " ").splitlines()
        prompted = [line[2:] for line in joined if line.startswith("$ ")]
        bare = [line for line in joined if line.strip() and not line.startswith("#")]
        return prompted or ([] if self.language == "console" else bare)


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, those in other blocks left out."""
    lines = page.splitlines()
    number = 0
    while number < len(lines):
        opening = FENCE.match(lines[number])
        number += 1
        if opening is None:
            continue
        start = number
        closing = re.compile(rf"^ *{opening['fence']}`* *$")
        while number < len(lines) and not closing.match(lines[number]):
            number += 1
        before = next((line for line in reversed(lines[: start - 1]) if line.strip()), "")
        mark = NOT_RUN.search(before.strip())
        text = textwrap.dedent("\n".join(lines[start:number])) + "\n"
        yield Block(opening["language"], text, start + 1, mark["reason"] if mark else None)
        number += 1


def uses_ostinato(block: Block) -> bool:
    return any(re.search(r"(^|[|&;] *)(\w+=\S+ +)*ostinato\b", line) for line in block.commands)


def run_python(block: Block, page: Path, namespace: dict[str, object]) -> None:
    if block.text.startswith(">>> "):
        run_doctest(block.text, page.name, str(page), block.line - 1, namespace)
        return
    source = "\n" * (block.line - 1) + block.text  # so that a traceback shows the line of the page
    exec(compile(source, str(page), "exec", dont_inherit=True), namespace)


def run_doctest(text: str, name: str, file: str, line: int, namespace: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(text, namespace, name, file, line)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=DOCTEST).run(test, out=report.append, clear_globs=False)
    assert not report, "".join(report)
    namespace.update(test.globs)


def run_shell(block: Block, page: Path, folder: Path) -> None:
    script = "\n".join(block.commands)
    folders = [str(folder), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    environment = {**os.environ, "PATH": os.pathsep.join(folders)}
    command = [shutil.which("bash") or "bash", "-e", "-o", "pipefail", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{page.name}:{block.line}: {script}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def commands() -> Iterator[Path]:
    """A folder with an ``ostinato`` that need not import torch anew each time."""
    with tempfile.TemporaryDirectory() as folder, zygote.command(Path(folder)):
        yield Path(folder)


RUN = [page for page in PAGES if page not in TRANSLATIONS]


@pytest.mark.parametrize("page", RUN, ids=[str(page.relative_to(ROOT)) for page in RUN])
def test_the_blocks_of_a_page_run(
    page: Path, commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page.read_text("utf-8")):
        if block.language in ("python", "pycon"):
            assert block.not_run is None, f"{page.name}:{block.line}: python blocks are always run"
            run_python(block, page, namespace)
        elif block.language in SHELLS and uses_ostinato(block) and not block.not_run:
            run_shell(block, page, commands)


def without_comments(text: str) -> list[str]:
    """The lines of a block but for comments and the spaces before them."""
    lines = (re.sub(r"(^|\s+)#( .*)?$", "", line) for line in text.splitlines())
    return [re.sub(r" +", " ", line) for line in lines if line.strip()]


@pytest.mark.parametrize("page", TRANSLATIONS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_translation_shows_the_blocks_of_its_original(page: Path) -> None:
    shown, original = (
        [
            (block.language, bool(block.not_run), without_comments(block.text))
            for block in blocks(one.read_text("utf-8"))
        ]
        for one in (page, TRANSLATIONS[page])
    )
    assert original
    assert shown == original


@pytest.mark.parametrize("page", sorted(ROOT.glob("README*.md")), ids=lambda page: page.name)
def test_readme_is_short(page: Path) -> None:
    assert len(page.read_text("utf-8").splitlines()) <= MAX_LINES_OF_README


@dataclass(frozen=True)
class Docstring:
    """A docstring with examples; ``line`` is the one it begins on, from 1."""

    module: str
    name: str
    text: str
    line: int


def docstrings(path: Path) -> Iterator[Docstring]:
    """The docstrings of a module that have examples."""
    module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node) or ""
            if ">>> " in text:
                name = getattr(node, "name", "")
                yield Docstring(module.removesuffix(".__init__"), name, text, node.body[0].lineno)


@pytest.mark.parametrize(
    "docstring",
    [
        pytest.param(docstring, id=f"{docstring.module}:{docstring.name}")
        for path in SOURCES
        for docstring in docstrings(path)
    ],
)
def test_the_examples_of_a_docstring_hold(
    docstring: Docstring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(docstring.module)
    namespace = {**vars(module), "getfixture": request.getfixturevalue}
    file = str(module.__file__)
    run_doctest(docstring.text, docstring.name, file, docstring.line - 1, namespace)


PAGE = """
Text with a ```python fence``` in it.

```python
total = 1
```

<!-- not run: takes
     a page of text, so this is no mark -->
```console
$ pip install something
$ ostinato doctor \\
    --json
prints this
```
<!-- not run: needs the data -->

```bash
OSTINATO_DATA=data ostinato train imdb
```
````markdown
```python
raise AssertionError("inside another block")
```
````
1. In a list:
   ```python
   assert total == 1
   ```
"""


def test_the_blocks_of_a_page_are_found() -> None:
    found = list(blocks(PAGE))
    assert [(block.language, block.not_run) for block in found] == [
        ("python", None),
        ("console", None),
        ("bash", "needs the data"),
        ("markdown", None),
        ("python", None),
    ]
    assert found[0].line == 5
    assert found[1].commands == ["pip install something", "ostinato doctor      --json"]
    assert [uses_ostinato(block) for block in found[1:3]] == [True, True]
    assert found[4].text == "assert total == 1\n"


def test_only_comments_are_not_compared() -> None:
    block = "x = 1  # one\n# a line\n$ ostinato doctor     # look\n"
    same = "x = 1  # 一\n$ ostinato doctor # 看\n"
    assert without_comments(block) == without_comments(same)
    assert without_comments(block) != without_comments(same.replace("doctor", "demo"))


def test_a_wrong_block_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    with pytest.raises(AssertionError, match="Expected"):
        run_python(Block("python", ">>> 1 + 1\n3\n", 7, None), page, {})
    with pytest.raises(AssertionError, match=r"^page\.md:3: false \| true"):
        run_shell(Block("console", "$ false | true\n", 3, None), page, tmp_path)
    with pytest.raises(ZeroDivisionError) as caught:
        run_python(Block("python", "1 / 0\n", 7, None), page, {})
    assert caught.traceback[-1].lineno + 1 == 7
