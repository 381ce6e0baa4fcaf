"""The C functions of ``native/include/ostinato.h``: one table, and statuses turned into errors.

A function without declared argument types would receive pointers cut to 32 bits, so none is called
that does not stand in the table.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from ostinato._errors import NativeError

ABI_VERSION = 1
"""The version of the C interface that this package speaks: OSTINATO_ABI_VERSION in the header."""


@dataclass(frozen=True)
class Signature:
    """The types of a C function; ``status`` says that it returns an ``ostinato_status``."""

    restype: Any
    argtypes: tuple[Any, ...] = ()
    status: bool = False


SIGNATURES = {
    "ostinato_abi_version": Signature(ctypes.c_uint32),
    "ostinato_status_message": Signature(ctypes.c_char_p, (ctypes.c_int32,)),
    "ostinato_instruction_set": Signature(
        ctypes.c_int32, (ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)), status=True
    ),
}
"""C function to its types; a new function is a new row."""


def abi_version(library: ctypes.CDLL) -> int:
    """Return the version of the C interface that a loaded library was built with.

    Raises:
        NativeError: The library has no ``ostinato_abi_version``: it is something else.
    """
    return int(_declare(library, "ostinato_abi_version")())


def bind(library: ctypes.CDLL) -> None:
    """Declare every function of the table on ``library``; a bad status raises NativeError.

    Raises:
        NativeError: The library lacks one of the functions.
    """
    for name in SIGNATURES:
        function = _declare(library, name)
        if SIGNATURES[name].status:
            function.errcheck = _raise_on_status(library)


def instruction_set(library: ctypes.CDLL, wanted: str = "") -> str:
    """Return the instruction set that ``library`` runs with; an empty ``wanted`` is the best.

    Raises:
        NativeError: This machine does not have the instruction set that is wanted.
    """
    chosen = ctypes.c_char_p()
    library.ostinato_instruction_set(wanted.encode(), ctypes.byref(chosen))
    return (chosen.value or b"").decode()


def _declare(library: ctypes.CDLL, name: str) -> Any:
    try:
        function = getattr(library, name)
    except AttributeError:
        raise NativeError(
            f"native library: {library._name} must export `{name}`; it does not. "
            "Install ostinato again."
        ) from None
    function.restype, function.argtypes = SIGNATURES[name].restype, SIGNATURES[name].argtypes
    return function


def _raise_on_status(library: ctypes.CDLL) -> Any:
    def check(status: int, function: Any, arguments: tuple[Any, ...]) -> int:
        if status != 0:
            message = library.ostinato_status_message(status).decode()
            raise NativeError(f"{function.__name__}: {message} (status {status}).")
        return status

    return check
