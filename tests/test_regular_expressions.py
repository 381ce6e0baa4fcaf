"""Law: no regular expression of the package takes more than its share of time on an unlucky text."""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ostinato
from ostinato.text import make_splitter

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


def uses() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Yield each use of a compiled pattern of a module, and of a constant one in a call of `re`."""
    texts = {path: path.read_text("utf-8") for path in SOURCES.rglob("*.py")}
    for path, text in texts.items():
        if "re.compile" in text:
            name = ".".join(path.relative_to(SOURCES.parent).with_suffix("").parts)
            for key, value in vars(importlib.import_module(name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    for method in set(re.findall(rf"\b{key}\.(\w+)", "\n".join(texts.values()))):
                        yield f"{path.name}: {key}.{method}", use_of(value, method)
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=method),
                    args=[ast.Constant(value=str(pattern)), *_],
                ) if method in METHODS:
                    yield f"{path.name}:{node.lineno}", use_of(re.compile(pattern), method)


def use_of(pattern: re.Pattern[str], method: str) -> Callable[[str], object]:
    assert method in METHODS
    if method == "sub":
        return lambda text: pattern.sub("", text)
    if method == "finditer":
        return lambda text: list(pattern.finditer(text))
    plain: Callable[[str], object] = getattr(pattern, method)
    return plain


def test_every_pattern_of_the_package_is_linear() -> None:
    found = dict(uses())
    assert len(found) > 10
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
