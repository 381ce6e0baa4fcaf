"""The native library: loaded where it fits, left alone with a reason where it does not."""

from __future__ import annotations

import ctypes
import importlib.metadata
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ostinato._errors import ConfigError, NativeError
from ostinato._native import bindings, library

ROOT = Path(__file__).parent.parent
COMPILER = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Compile the sources, with macros defined, into a library of its own."""
    if COMPILER is None or sys.platform == "win32":
        pytest.skip("no C++ compiler that takes the options of gcc")

    def compile_with(*macros: str) -> Path:
        path = tmp_path_factory.mktemp("native") / library.FILE_NAME
        sources = sorted(map(str, (ROOT / "native" / "src").glob("*.cpp")))
        options = ["-std=c++17", "-shared", "-fPIC", f"-I{ROOT / 'native' / 'include'}"]
        command = [COMPILER, *options, *(f"-D{macro}" for macro in macros), *sources]
        subprocess.run([*command, "-o", str(path)], check=True)
        return path

    return compile_with


@pytest.fixture(scope="module")
def good(compiled: Callable[..., Path]) -> Path:
    return compiled()


@pytest.fixture
def no_memory() -> Iterator[None]:
    """Forget what was opened and warned of, before and after the test."""
    caches = (library._open_once, library._warn_once)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def package_with(
    monkeypatch: pytest.MonkeyPatch, no_memory: None
) -> Callable[[Path | None, str], None]:
    """Let the package find the library at a path and run under a value of OSTINATO_NATIVE."""

    def arrange(path: Path | None, wanted: str = "") -> None:
        monkeypatch.setattr("ostinato._native.__path__", [str(path.parent)] if path else [])
        monkeypatch.setenv("OSTINATO_NATIVE", wanted)

    return arrange


def test_an_installed_library_is_in_use(monkeypatch: pytest.MonkeyPatch, no_memory: None) -> None:
    monkeypatch.delenv("OSTINATO_NATIVE", raising=False)
    try:
        files = importlib.metadata.files("ostinato") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("ostinato is not installed")
    if not any(file.name == library.FILE_NAME for file in files):
        pytest.skip("ostinato was installed without a compiler")
    assert library.status().reason is None
    assert library.status().instruction_set in library.INSTRUCTION_SETS


def test_a_fitting_library_is_loaded_in_silence(
    good: Path, package_with: Callable[..., None]
) -> None:
    package_with(good)
    assert library.load() is library.load()
    state = library.status()
    assert (state.loaded, state.path, state.reason) == (True, good, None)
    assert state.instruction_set in library.INSTRUCTION_SETS


def test_every_instruction_set_of_this_machine_can_be_chosen(
    good: Path, package_with: Callable[..., None]
) -> None:
    package_with(good)
    best = library.INSTRUCTION_SETS.index(library.status().instruction_set)
    for name in library.INSTRUCTION_SETS[: best + 1]:
        package_with(good, name)
        assert library.status().instruction_set == name
    for name in library.INSTRUCTION_SETS[best + 1 :]:
        package_with(good, name)
        with pytest.raises(ConfigError, match=f"must be one this machine has.*got '{name}'"):
            library.load()


def test_the_detected_instruction_set_agrees_with_the_system(
    good: Path, package_with: Callable[..., None]
) -> None:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.is_file():
        pytest.skip("only Linux tells the flags of the processor")
    line = next((row for row in cpuinfo.read_text().splitlines() if row.startswith("flags")), "")
    flags = set(line.split())
    levels = [
        {"avx", "avx2", "fma", "f16c"},
        {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
        {"avx512_bf16"},
    ]
    expected = 0
    while expected < len(levels) and levels[expected] <= flags:
        expected += 1
    package_with(good)
    assert library.status().instruction_set == library.INSTRUCTION_SETS[expected]


def test_the_variable_switches_it_off_in_silence(
    good: Path, package_with: Callable[..., None]
) -> None:
    package_with(good, "off")
    assert library.load() is None
    assert library.status() == library.NativeStatus(
        loaded=False, path=good, reason="OSTINATO_NATIVE=off"
    )


def test_an_unknown_value_of_the_variable_is_refused(
    good: Path, package_with: Callable[..., None]
) -> None:
    package_with(good, "avx521")
    expected = r"^OSTINATO_NATIVE: the value must be off, .*; got 'avx521'; did you mean `avx512`\?"
    for _ in range(2):
        with pytest.raises(ConfigError, match=expected):
            library.load()
        with pytest.raises(ConfigError, match=expected):
            library.status()


def unfit(kind: str, compiled: Callable[..., Path], folder: Path) -> Path | None:
    """A library file that cannot be used."""
    path = folder / library.FILE_NAME
    if kind == "missing":
        return None
    if kind == "garbage":
        path.write_bytes(b"not a library")
    elif kind == "truncated":
        path.write_bytes(compiled().read_bytes()[:200])
    elif kind == "of another version":
        return compiled("OSTINATO_ABI_VERSION=99")
    elif kind == "foreign":
        return compiled("ostinato_abi_version=something_else")
    elif kind == "incomplete":
        return compiled("ostinato_instruction_set=something_else")
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "was not built; installing needs a C"),
        ("garbage", "libostinato"),
        ("truncated", "libostinato"),
        ("of another version", "must have ABI version 1; got 99. Install ostinato again"),
        ("foreign", "must export `ostinato_abi_version`; it does not"),
        ("incomplete", "must export `ostinato_instruction_set`; it does not"),
    ],
)
def test_an_unfit_library_gives_one_warning_with_the_reason(
    kind: str,
    reason: str,
    compiled: Callable[..., Path],
    package_with: Callable[..., None],
    tmp_path: Path,
) -> None:
    path = unfit(kind, compiled, tmp_path)
    package_with(path)
    assert library.status().path == path
    assert reason in (library.status().reason or "")
    with pytest.warns(RuntimeWarning, match="runs on torch's kernels") as caught:
        assert library.load() is None
    assert reason in str(caught[0].message)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert library.load() is None


def test_a_bad_status_is_an_error_with_the_function_and_the_reason(good: Path) -> None:
    loaded = ctypes.CDLL(str(good))
    bindings.bind(loaded)
    with pytest.raises(NativeError, match=r"^ostinato_instruction_set: an argument .*\(status 1\)"):
        loaded.ostinato_instruction_set(b"mmx", ctypes.byref(ctypes.c_char_p()))


def test_the_table_and_the_header_name_the_same_functions() -> None:
    header = (ROOT / "native" / "include" / "ostinato.h").read_text("utf-8")
    declared = {
        line.split("(")[0].split()[-1].lstrip("*")
        for line in header.splitlines()
        if line.startswith("OSTINATO_API ")
    }
    assert declared == set(bindings.SIGNATURES)
    assert f"#define OSTINATO_ABI_VERSION {bindings.ABI_VERSION}\n" in header
