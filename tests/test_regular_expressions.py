"""Law: no regular expression of the package takes more than its share of time on an unlucky text."""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import ostinato
from ostinato.text import make_splitter
from ostinato.text.splitters import TreebankSplitter

SOURCES = Path(ostinato.__file__).parent
RUNS = (
    *("_", "-", "--", "+", "'", '"', "1", "1.", "1,", ".", " ", "\t", "a", "a_", "a-", "a.", "Aa"),
    *(
        "a@",
        "a@b-",
        "a@b.c_",
        "x@a.",
        "n't",
        "<",
        "<br",
        "<br ",
        "www.",
        "http://",
        "Mr.",
        "0",
        "/",
    ),
    *(
        "a/",
        "train/a",
        "url(#",
        "font: ",
        "{",
        "{a",
        "+1:",
        "Z",
        "0_a_",
        "好",
        "か",
        "é",
        "é_",
        "\u2019",
    ),
)
STARTS = ("", "é", "/train/", "1")
LENGTH, TIMES = 1_000, 8
FLOOR_S = 0.03
"""Less than this is not looked at: what grows with the square of the length takes far longer."""
METHODS = ("fullmatch", "match", "search", "findall", "finditer", "split", "sub")


def seconds(use: Callable[[str], object], text: str) -> float:
    start = time.thread_time()
    use(text)
    return time.thread_time() - start


def is_linear(use: Callable[[str], object], start: str, run: str) -> bool:
    """Whether a text eight times as long takes less than 24 times as long, and not 64 times.

    A figure in doubt is taken again, as another process may have had the machine's memory.
    """
    short, long = (start + (run * size)[:size] for size in (LENGTH, TIMES * LENGTH))
    for _ in range(4):
        took = seconds(use, long)
        if took < FLOOR_S or took < 3 * TIMES * min(seconds(use, short) for _ in range(3)):
            return True
    return False


STAND_INS: dict[str, Any] = {
    **{"letters": "a1", "start": "a", "word": "a_", "end": "-", "delimiter": ","},
    "self": SimpleNamespace(ascii_word=TreebankSplitter.ascii_word, alias="1a"),
}
"""What local names stand for in patterns that are put together where they are used."""


@dataclass
class Module:
    """The patterns of a file, wherever they are: of the module, in its containers, or made in a call."""

    path: Path
    tree: ast.Module
    names: dict[str, Any]

    def uses(
        self, everywhere: Mapping[str, set[str]]
    ) -> Iterator[tuple[str, Callable[..., object]]]:
        """Yield each pattern with each of the methods that are called on it.

        Args:
            everywhere: Methods by the name of what they are called on, of all files.
        """
        here = methods_of(self.tree)
        of_local = {m for name, found in here.items() if name not in self.names for m in found}
        for name, value in self.names.items():
            if isinstance(value, re.Pattern):
                found = here.get(name) or everywhere.get(name)
                assert found, f"{self.path}: {name} is not seen to be used"
                for method in found:
                    yield f"{self.path.name}: {name}.{method}", use_of(value, method)
            elif not isinstance(value, ModuleType):
                for pattern in inside(value):
                    for method in of_local:
                        yield f"{self.path.name}: in {name}.{method}", use_of(pattern, method)
        for call, method in self.calls():
            yield f"{self.path.name}:{call.lineno}", use_of(self.pattern(call), method)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Yield each call of `re` that makes a pattern, and what is done with it."""
        of_module = {id(node) for one in self.tree.body if is_plain(one) for node in ast.walk(one)}
        methods = methods_of(self.tree)
        for node in ast.walk(self.tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=method)):
                    if method in METHODS:
                        yield node, method
                case ast.Assign(
                    targets=[target],
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id="re"), attr="compile")
                    ) as call,
                ) if id(node) not in of_module:
                    yield from ((call, m) for key in called(target) for m in methods.get(key, ()))

    def pattern(self, call: ast.Call) -> re.Pattern[Any]:
        """Return the pattern of a call, or fail with its place: no pattern is left out unseen."""
        code = compile(ast.Expression(call.args[0]), str(self.path), "eval")
        try:
            return re.compile(eval(code, {**self.names, **STAND_INS}))
        except (NameError, AttributeError) as error:
            raise AssertionError(
                f"{self.path}:{call.lineno}: {error}; tell in STAND_INS what the name stands for"
            ) from None


def is_plain(node: ast.stmt) -> bool:
    return not isinstance(node, ast.FunctionDef | ast.ClassDef)


def inside(value: object) -> Iterator[re.Pattern[Any]]:
    """Yield the patterns in a container."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        yield from (found for one in value.items() for found in inside(one))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (found for one in value for found in inside(one))


def methods_of(tree: ast.AST) -> dict[str, set[str]]:
    """Return the methods of patterns that are called, by each name in what they are called on."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            for key in called(node.value):
                found.setdefault(key, set()).add(node.attr)
    return found


def called(node: ast.AST) -> Iterator[str]:
    """Yield the names that an expression may be the value of."""
    match node:
        case ast.Name(id=key) | ast.Attribute(attr=key):
            yield key
        case ast.IfExp(body=one, orelse=other):
            yield from (*called(one), *called(other))
        case ast.Subscript(value=inner):
            yield from called(inner)


def modules() -> list[Module]:
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(node, ast.Name) and node.id == "re" for node in ast.walk(tree)):
            name = ".".join(path.relative_to(SOURCES.parent).with_suffix("").parts)
            found.append(Module(path, tree, vars(importlib.import_module(name))))
    return found


def uses() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Yield each use of each pattern of the package."""
    every = modules()
    everywhere: dict[str, set[str]] = {}
    for one in every:
        for name, methods in methods_of(one.tree).items():
            everywhere.setdefault(name, set()).update(methods)
    for one in every:
        yield from one.uses(everywhere)


def use_of(pattern: re.Pattern[Any], method: str) -> Callable[[str], object]:
    assert method in METHODS

    def use(text: str) -> object:
        given: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
        if method == "sub":
            return pattern.sub(given[:0], given)
        found = getattr(pattern, method)(given)
        return list(found) if method == "finditer" else found

    return use


def test_every_pattern_of_the_package_is_linear() -> None:
    found = dict(uses())
    assert len(found) > 40
    wrong = [
        f"{name}: {start!r} and {run!r}"
        for name, use in found.items()
        for start in STARTS
        for run in RUNS
        if not is_linear(use, start, run)
    ]
    assert not wrong


def test_a_pattern_that_is_not_linear_would_be_found() -> None:
    assert not is_linear(re.compile(r"[a-z_.+-]+@").findall, "", "_")


WHEREVER = """
import re
PLAIN, OTHER = re.compile("a"), re.compile("b")
MANY = {"x": (re.compile("c"), 1)}
def use(text, end):
    (PLAIN if text else OTHER).fullmatch(text)
    for one, _ in MANY.values():
        one.search(text)
    lazy = re.compile("d" + end)
    lazy.findall(text)
    re.sub(f"e{end}", "", text)
    return re.split(b"f", text)
"""


def test_patterns_are_found_wherever_they_are(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(WHEREVER, names)
    one = Module(tmp_path / "x.py", ast.parse(WHEREVER), names)
    found = {name for name, _ in one.uses({})} - {"x.py: in MANY.findall"}  # as of any local
    assert found == {
        *("x.py: PLAIN.fullmatch", "x.py: OTHER.fullmatch", "x.py: in MANY.search"),
        *("x.py:9", "x.py:11", "x.py:12"),
    }
    text = "import re\ndef use():\n    re.search(unknown, 'a')"
    other = Module(tmp_path / "x.py", ast.parse(text), {})
    with pytest.raises(AssertionError, match=r"x\.py:3: name 'unknown'"):
        list(other.uses({}))


def test_patterns_are_given_to_nothing_else_that_goes_back() -> None:
    """Arrow's are of RE2, which never goes back; those of tokenizers are in the splitters, below."""
    for path in SOURCES.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            match node:
                case ast.Import(names=names):
                    assert not {"regex", "sre_compile"} & {one.name for one in names}, where
                    assert all(one.asname is None for one in names if one.name == "re"), where
                case ast.ImportFrom(module="re" | "regex"):
                    raise AssertionError(f"{where}: write `import re`")
                case ast.Attribute(value=ast.Attribute(attr="str"), attr=method):
                    assert method not in (*METHODS, "contains", "replace", "extract"), where
                case ast.Call(func=ast.Name(id="Regex")):
                    assert path.name == "splitters.py", where


@pytest.mark.parametrize("kind", ["word", "treebank", "char"])
def test_splitters_are_linear(kind: str) -> None:
    splitter = make_splitter(kind, lowercase=True)
    wrong = [
        f"{start!r} and {run!r}, {use.__name__}"
        for start in STARTS[:2]
        for run in RUNS
        for use in (splitter.words, splitter.spans)
        if not is_linear(use, start, run)
    ]
    assert not wrong


def test_an_address_is_one_token_wherever_it_begins() -> None:
    cut = make_splitter("treebank", lowercase=False).words
    assert cut("to:a.b+c@d-e.org, <x@y.z> _a_@b.co é_a@b.c") == [
        *("to", ":", "a.b+c@d-e.org", ",", "<", "x@y.z", ">", "_a_@b.co", "é", "_a@b.c"),
    ]
