"""The native library: loaded where it fits, left alone with a reason where it does not."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ostinato._native
from ostinato._errors import ConfigError, NativeError
from ostinato._native import bindings, library
from ostinato._native.wholeness import damage

ROOT = Path(__file__).parent.parent
COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that fits, in a folder of its own: the installed one, or else one built here."""
    path = tmp_path_factory.mktemp("native") / library.FILE_NAME
    installed = library.find(ostinato._native.__path__)
    if installed is None:
        build_with_cmake(path.parent)
    else:
        shutil.copy(installed, path)
    return path


def build_with_cmake(folder: Path) -> None:
    cmake = shutil.which("cmake", path=str(Path(sys.executable).parent)) or shutil.which("cmake")
    if cmake is None or COMPILER is None:
        pytest.skip("the native library is neither installed nor can it be built")
    subprocess.run([cmake, "-S", ROOT, "-B", folder], check=True, capture_output=True)
    subprocess.run([cmake, "--build", folder], check=True, capture_output=True)


@pytest.fixture
def stub(tmp_path: Path) -> Callable[..., Path]:
    """Compile a library that exports the functions of the table, which do nothing."""
    if COMPILER is None or sys.platform == "win32":
        pytest.skip("no C compiler that takes the options of gcc")

    def compile_stub(version: int, *, without: str = "") -> Path:
        names = [name for name in bindings.SIGNATURES if name != without]
        lines = [f"int {name}(void) {{ return {version}; }}" for name in names]
        source, path = tmp_path / "stub.c", tmp_path / library.FILE_NAME
        source.write_text("\n".join(lines))
        subprocess.run([COMPILER, "-shared", "-fPIC", source, "-o", path], check=True)
        return path

    return compile_stub


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


def unfit(kind: str, good: Path, stub: Callable[..., Path], folder: Path) -> Path | None:
    """A library file that cannot be used."""
    path = folder / library.FILE_NAME
    if kind == "missing":
        return None
    if kind == "garbage":
        path.write_bytes(b"not a library")
    elif kind == "truncated":
        path.write_bytes(good.read_bytes()[:200])
    elif kind == "of another version":
        return stub(99)
    elif kind == "foreign":
        return stub(bindings.ABI_VERSION, without="ostinato_abi_version")
    elif kind == "incomplete":
        return stub(bindings.ABI_VERSION, without="ostinato_instruction_set")
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "was not built; installing needs a C"),
        ("garbage", "libostinato"),
        ("truncated", "libostinato"),
        (
            "of another version",
            f"must have ABI version {bindings.ABI_VERSION}; got 99. Install ostinato again",
        ),
        ("foreign", "must export `ostinato_abi_version`; it does not"),
        ("incomplete", "must export `ostinato_instruction_set`; it does not"),
    ],
)
def test_an_unfit_library_gives_one_warning_with_the_reason(
    kind: str,
    reason: str,
    good: Path,
    stub: Callable[..., Path],
    package_with: Callable[..., None],
    tmp_path: Path,
) -> None:
    path = unfit(kind, good, stub, tmp_path)
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


CUT = """
import sys
from pathlib import Path
from ostinato._native import library
path, whole = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
for share in range(1, 40):
    path.write_bytes(whole[: len(whole) * share // 40])
    assert not library.open_library(path, "")[1].loaded
"""


def test_a_library_that_was_cut_short_ends_no_process(good: Path, tmp_path: Path) -> None:
    path = tmp_path / library.FILE_NAME
    subprocess.run([sys.executable, "-c", CUT, path, good], check=True)
    path.write_bytes(good.read_bytes())
    assert library.open_library(path, "")[1].loaded


def test_a_library_with_a_flipped_bit_is_not_loaded(good: Path, tmp_path: Path) -> None:
    whole = good.read_bytes()
    for place in (70, len(whole) // 2, len(whole) - 1):
        content = bytearray(whole)
        content[place] ^= 4
        path = tmp_path / f"{place}.so"
        path.write_bytes(content)
        path.with_name(f"{path.name}.sha256").write_text(hashlib.sha256(whole).hexdigest() + "\n")
        reason = library.open_library(path, "")[1].reason
        assert "is damaged: its bytes are not those" in (reason or "")
        path.write_bytes(whole)  # it was not loaded, and may be written
        assert library.open_library(path, "")[1].loaded


def test_what_is_installed_has_its_sum_beside_it() -> None:
    installed = library.find(ostinato._native.__path__)
    if installed is None:
        pytest.skip("ostinato was installed without a compiler")
    assert installed.with_name(f"{installed.name}.sha256").is_file()
    assert damage(installed) is None


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


def test_the_structures_have_the_layout_of_the_header(tmp_path: Path) -> None:
    """Sizes and offsets, as a C compiler sees them."""
    if COMPILER is None or sys.platform == "win32":
        pytest.skip("no C compiler that takes the options of gcc")
    structures = {
        "ostinato_layer": bindings.Layer,
        "ostinato_weights": bindings.Weights,
        "ostinato_weight_gradients": bindings.Weights,
        "ostinato_sizes": bindings.Sizes,
        "ostinato_forward_buffers": bindings.ForwardBuffers,
        "ostinato_backward_buffers": bindings.BackwardBuffers,
    }
    expected = []
    lines = ["#include <stddef.h>", '#include "ostinato.h"', "int main(void) { return 0; }"]
    for name, structure in structures.items():
        expected.append((f"sizeof({name})", ctypes.sizeof(structure)))
        for field, *_ in structure._fields_:
            expected.append((f"offsetof({name}, {field})", getattr(structure, field).offset))
    for names in (bindings.CELLS, bindings.INSTRUCTION_SETS):
        expected += [(f"OSTINATO_{name.upper()}", number) for number, name in enumerate(names)]
    lines += [
        f"typedef char check{index}[({what}) == {value} ? 1 : -1];"
        for index, (what, value) in enumerate(expected)
    ]
    source = tmp_path / "layout.c"
    source.write_text("\n".join(lines))
    include = f"-I{ROOT / 'native' / 'include'}"
    command = [COMPILER, "-std=c99", "-fsyntax-only", include, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
