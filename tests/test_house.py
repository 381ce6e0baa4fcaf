"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src" / "ostinato").rglob("*.py"))
HEAVY = ("accelerate", "matplotlib", "pandas", "pyarrow", "scipy", "sklearn", "tokenizers", "torch")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

every_module = pytest.mark.parametrize(
    "path", SOURCES, ids=[str(path.relative_to(ROOT / "src")) for path in SOURCES]
)


def definitions(tree: ast.AST) -> Iterator[Definition]:
    """Every function, method and class, those inside functions included."""
    return (node for node in ast.walk(tree) if isinstance(node, Definition))


def public(body: list[ast.stmt]) -> Iterator[Definition]:
    """The public functions and classes of a module and the public methods of its public classes."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            if "overload" not in {ast.unparse(mark) for mark in node.decorator_list}:
                yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def listed(tree: ast.Module) -> list[str] | None:
    """The value of ``__all__``, or None if the module has none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return ast.literal_eval(node.value)
    return None


def committed_files() -> list[Path]:
    """Every file that git tracks or would track."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


@every_module
def test_a_module_has_one_job(path: Path) -> None:
    assert path.name not in ("utils.py", "util.py", "helpers.py", "common.py", "misc.py")
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= 400, f"{path.name} has {lines} lines; split it"


@every_module
def test_a_function_fits_on_a_screen(path: Path) -> None:
    for node in definitions(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ClassDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            assert lines <= 60, f"{path.name}:{node.lineno} {node.name} has {lines} lines"


@every_module
def test_public_names_say_in_one_line_what_they_do(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module has no docstring"
    first_lines = {
        f"{path.name}:{node.lineno} {node.name}": (ast.get_docstring(node) or "").split("\n")[0]
        for node in public(tree.body)
    }
    wrong = [
        f"{place}: {len(line)} characters, 1 to 88 allowed"
        for place, line in first_lines.items()
        if not 0 < len(line) <= 88
    ]
    assert not wrong, "\n".join(wrong)


@every_module
def test_exported_names_exist(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = listed(tree)
    if names is None:
        return
    assert len(names) == len(set(names))  # sorted they are by ruff, RUF022
    if any(getattr(node, "name", "") == "__getattr__" for node in tree.body):
        return  # a lazy facade; it is asked for its names below
    bound = {node.name for node in tree.body if isinstance(node, Definition)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
    assert set(names) <= bound


def test_every_exported_name_of_the_package_can_be_had() -> None:
    import ostinato

    assert [name for name in ostinato.__all__ if not hasattr(ostinato, name)] == []


def test_importing_the_package_is_light() -> None:
    code = "import sys, ostinato; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-W", "error", "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert sorted(set(loaded) & set(HEAVY)) == []


def test_the_version_is_the_one_on_top_of_the_changelog() -> None:
    from ostinato._version import __version__

    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    releases = re.findall(r"^## \[?(\d+\.\d+\.\d+[^\]\s]*)", changelog, flags=re.MULTILINE)
    assert releases[0] == __version__


def test_no_committed_file_knows_one_machine() -> None:
    # In two parts each, so that this file does not hold what it looks for.
    patterns = [
        r"/(?:home|Users)" + r"/[a-z]\w+/",
        r"(?<![\w.:/-])/(?:wo" + r"rk|opt|root|mnt)/\w+",
        r"--(?:extra-)?index-" + r"url|find-" + r"links|(?:index|extra_index)_url *=",
        r"download\.pytorch" + r"\.org/whl|file:" + r"///\w",
    ]
    machine = re.compile("|".join(patterns))
    found = []
    for path in committed_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # not a text
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in machine.finditer(text)]
    assert found == []


def test_the_tests_have_no_network() -> None:
    with pytest.raises(ConnectionRefusedError, match="tests run without a network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(ConnectionRefusedError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
