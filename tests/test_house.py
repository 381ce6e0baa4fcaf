"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import configparser
import fnmatch
import graphlib
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


def test_no_circle_of_imports() -> None:
    """Those of type checkers and those within functions count too."""
    names = {
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts): path
        for path in SOURCES
        if path.stem != "__init__"
    }
    imports: dict[str, set[str]] = {}
    for name, path in names.items():
        found = imports[name] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {str(node.module), *(f"{node.module}.{one.name}" for one in node.names)}
        found &= names.keys() - {name}
    order = [*graphlib.TopologicalSorter(imports).static_order()]  # raises where there is a circle
    assert len(order) == len(names)


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


def asked_of(path: Path) -> dict[str, str]:
    """What .editorconfig says of a file: of its sections that name it, the last that sets a value."""
    config = configparser.ConfigParser()
    config.read_string("[root]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    found: dict[str, str] = {}
    for section in config.sections()[1:]:
        braces = re.fullmatch(r"(.*)\{(.*)\}(.*)", section)
        patterns = (
            [braces[1] + one + braces[3] for one in braces[2].split(",")] if braces else [section]
        )
        if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in patterns):
            found |= config[section]
    return found


def test_committed_files_are_written_as_the_editorconfig_says() -> None:
    wrong = []
    for path in committed_files():
        data, asked = path.read_bytes(), asked_of(path)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue  # not a text
        if text and not text.endswith("\n"):
            wrong.append(f"{path.relative_to(ROOT)}: the last line has no end")
        for number, line in enumerate(text.split("\n"), 1):
            place = f"{path.relative_to(ROOT)}:{number}"
            limit = asked["max_line_length"]
            if limit != "off" and len(line) > int(limit):
                wrong.append(f"{place}: {len(line)} characters, {limit} allowed")
            if asked["trim_trailing_whitespace"] == "true" and line != line.rstrip():
                wrong.append(f"{place}: white space at the end")
            if asked["indent_style"] == "space" and line.startswith("\t"):
                wrong.append(f"{place}: a tab")
    assert not wrong, "\n".join(wrong)


def test_formatters_and_hooks_agree_with_make_check() -> None:
    style = (ROOT / ".clang-format").read_text("utf-8")
    limit = asked_of(ROOT / "native" / "src" / "api.cpp")["max_line_length"]
    assert f"ColumnLimit: {limit}\n" in style
    recipe = re.search(
        r"^check:.*\n((?:\t\$\(BIN\).*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.M
    )
    assert recipe is not None
    found = re.findall(r"\$\(BIN\)/(ruff \w+|python -m pytest.*|\S+)", recipe[1])
    tools = [tool for tool in found if tool != "sphinx-build"]  # too slow before each commit
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    entries = [re.sub(" -i$", "", entry) for entry in re.findall(r"entry: (.*)", hooks)]
    assert sorted(entries) == sorted(tools)
    assert len(tools) >= 6


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the pages' builder make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    names = re.findall(r"^#+ +(.*?) *$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in names}


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in committed_files():
        if page.suffix != ".md":
            continue
        for link in re.findall(r"\]\(<?([^)\s>]+)", page.read_text("utf-8")):
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if re.match(r"[a-z]+:", link):
                continue  # an address of the web
            if not target.exists() or (anchor and anchor not in headings(target)):
                broken.append(f"{page.relative_to(ROOT)}: {link}")
    assert not broken, "\n".join(broken)


def test_the_maps_show_the_folders_that_there_are() -> None:
    package = ROOT / "src" / "ostinato"
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    lines = page.split("## Where things are")[1].split("```")[1]
    assert folders <= set(re.findall(r"\w+", lines))
    picture = (ROOT / "docs" / "images" / "data-flow.svg").read_text("utf-8")
    named = re.findall(r'class="name[ \w]*"[^>]*>([\w /.]+)<', picture)
    shown = {name for text in named for name in text.split()} - {"your", "file", "ostinato.load"}
    assert len(shown) > 12
    assert [name for name in shown if not any((at / name).is_dir() for at in (package, ROOT))] == []


def test_the_tests_have_no_network() -> None:
    with pytest.raises(ConnectionRefusedError, match="tests run without a network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(ConnectionRefusedError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
