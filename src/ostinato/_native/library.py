"""Find, load and check the native library; tell why it is not used where it is not.

``OSTINATO_NATIVE`` overrides the choice: ``off`` leaves everything to torch's kernels, the name of
an instruction set runs the kernels with that one.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import ostinato._native
from ostinato._errors import ConfigError, NativeError, did_you_mean, shown
from ostinato._native import bindings, wholeness

VARIABLE = "OSTINATO_NATIVE"
INSTRUCTION_SETS = bindings.INSTRUCTION_SETS
FILE_NAME = {"win32": "libostinato.dll", "darwin": "libostinato.dylib"}.get(
    sys.platform, "libostinato.so"
)


@dataclass(frozen=True, kw_only=True)
class NativeStatus:
    """Whether the native library is in use.

    Args:
        loaded: The library is there, fits this package and is not switched off.
        path: The file that was found, whether it could be used or not.
        instruction_set: The vector instructions its kernels run with; None if it is not loaded.
        reason: Why it is not loaded; None if it is.
    """

    loaded: bool
    path: Path | None = None
    instruction_set: str | None = None
    reason: str | None = None


def load() -> ctypes.CDLL | None:
    """Return the native library, its functions declared, or None where it cannot be used.

    The first call warns if the library is missing or unfit, as everything then runs on torch's
    kernels. It does not warn where ``OSTINATO_NATIVE=off`` asked for that.

    Raises:
        ConfigError: ``OSTINATO_NATIVE`` has an unknown value, or one this machine cannot serve.
    """
    return load_with_status()[0]


def load_with_status() -> tuple[ctypes.CDLL | None, NativeStatus]:
    """Return what `load` and `status` return, at the price of one of them."""
    library, state = _open()
    if library is None and _wanted() != "off":
        _warn_once(state.reason)
    return library, state


def status() -> NativeStatus:
    """Tell whether the native library is in use, and if not, why; never warns.

    Raises:
        ConfigError: ``OSTINATO_NATIVE`` has an unknown value, or one this machine cannot serve.

    Example:
        >>> state = status()
        >>> state.loaded == (state.reason is None)
        True
    """
    return _open()[1]


def find(folders: Iterable[str | Path]) -> Path | None:
    """Return the library file in the first of ``folders`` that has one, or None."""
    candidates = (Path(folder) / FILE_NAME for folder in folders)
    return next((path for path in candidates if path.is_file()), None)


def open_library(path: Path | None, wanted: str) -> tuple[ctypes.CDLL | None, NativeStatus]:
    """Load the library at ``path`` for the instruction set ``wanted``, the best one if empty.

    Raises:
        ConfigError: This machine does not have the instruction set.
    """
    if wanted == "off":
        return None, NativeStatus(loaded=False, path=path, reason=f"{VARIABLE}=off")
    if path is None:
        reason = f"{FILE_NAME} was not built; installing needs a C++ compiler for it"
        return None, NativeStatus(loaded=False, reason=reason)
    try:
        damaged = wholeness.damage(path)
        if damaged:
            raise NativeError(
                f"native library: {path} is damaged: {damaged}. Install ostinato again."
            )
        library = ctypes.CDLL(str(path))
        version = bindings.abi_version(library)
        if version != bindings.ABI_VERSION:
            raise NativeError(
                f"native library: {path} must have ABI version {bindings.ABI_VERSION}; "
                f"got {version}. Install ostinato again."
            )
        bindings.bind(library)
    except (OSError, NativeError) as error:
        return None, NativeStatus(loaded=False, path=path, reason=str(error))
    chosen = _choose(library, wanted)
    return library, NativeStatus(loaded=True, path=path, instruction_set=chosen)


def _wanted() -> str:
    value = os.environ.get(VARIABLE, "")
    choices = ("off", *INSTRUCTION_SETS)
    if value and value not in choices:
        raise ConfigError(
            f"{VARIABLE}: the value must be {', '.join(choices[:-1])} or {choices[-1]}; "
            f"got {shown(value)}{did_you_mean(value, choices) or '.'} "
            "Unset it for the best this machine has."
        )
    return value


def _choose(library: ctypes.CDLL, wanted: str) -> str:
    try:
        return bindings.instruction_set(library, wanted)
    except NativeError:
        raise ConfigError(
            f"{VARIABLE}: the instruction set must be one this machine has, up to "
            f"{bindings.instruction_set(library)!r}; got {shown(wanted)}. "
            "Unset it for the best there is."
        ) from None


def _open() -> tuple[ctypes.CDLL | None, NativeStatus]:
    return _open_once(_wanted())


@functools.cache
def _open_once(wanted: str) -> tuple[ctypes.CDLL | None, NativeStatus]:
    # An editable install has two folders here: the sources and the one the library is built into.
    return open_library(find(ostinato._native.__path__), wanted)


@functools.cache
def _warn_once(reason: str | None) -> None:
    warnings.warn(
        f"ostinato runs on torch's kernels, not on its own: {reason}. "
        f"`ostinato doctor` tells more; {VARIABLE}=off silences this.",
        RuntimeWarning,
        stacklevel=3,
    )
