"""The C interface of ``native/include/ostinato.h``: its structures, its functions in one table.

A function without declared argument types would receive pointers cut to 32 bits, so none is called
that does not stand in the table. A status that is not OK becomes an error.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from typing import Any

from ostinato._errors import NativeError

ABI_VERSION = 3
"""The version of the C interface that this package speaks: OSTINATO_ABI_VERSION in the header."""

CELLS = ("RNN_TANH", "RNN_RELU", "GRU", "LSTM")
"""Cells in the order of their numbers, named as torch names its modes."""

INSTRUCTION_SETS = ("portable", "avx2", "avx512", "avx512_bf16")
"""Instruction sets in the order of their numbers; each includes those before it."""


class Layer(ctypes.Structure):
    """``ostinato_layer``."""

    _fields_ = (
        ("cell", c_int32),
        ("dtype", c_int32),
        ("instruction_set", c_int32),
        ("num_directions", c_int32),
        ("num_threads", c_int32),
        ("input_size", c_int64),
        ("hidden_size", c_int64),
        ("num_steps", c_int64),
        ("batch_sizes", c_void_p),
    )


class Weights(ctypes.Structure):
    """``ostinato_weights``, and ``ostinato_weight_gradients``, which has the same form."""

    _fields_ = tuple((name, c_void_p) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))


class Sizes(ctypes.Structure):
    """``ostinato_sizes``."""

    _fields_ = tuple(
        (name, c_size_t)
        for name in ("packed", "saved_row", "forward_workspace", "backward_workspace")
    )


class ForwardBuffers(ctypes.Structure):
    """``ostinato_forward_buffers``."""

    _fields_ = (
        *(
            (name, c_void_p)
            for name in ("packed", "input", "h_0", "c_0", "output", "h_n", "c_n", "saved")
        ),
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    )


class BackwardBuffers(ctypes.Structure):
    """``ostinato_backward_buffers``."""

    _fields_ = (
        ("weights", POINTER(Weights)),
        *((name, c_void_p) for name in ("input", "h_0", "c_0", "output", "saved", "d_output")),
        *((name, c_void_p) for name in ("d_h_n", "d_c_n", "d_input", "d_h_0", "d_c_0")),
        ("d_weights", POINTER(Weights)),
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    )


class Chain(ctypes.Structure):
    """``ostinato_chain``."""

    _fields_ = (
        ("num_tags", c_int64),
        ("num_steps", c_int64),
        *((name, c_void_p) for name in ("batch_sizes", "emissions", "start", "transition", "end")),
    )


@dataclass(frozen=True)
class Signature:
    """The types of a C function; ``status`` says that it returns an ``ostinato_status``."""

    restype: Any
    argtypes: tuple[Any, ...] = ()
    status: bool = False


def _checked(*argtypes: Any) -> Signature:
    return Signature(c_int32, argtypes, status=True)


SIGNATURES = {
    "ostinato_abi_version": Signature(c_uint32),
    "ostinato_status_message": Signature(c_char_p, (c_int32,)),
    "ostinato_instruction_set": _checked(c_char_p, POINTER(c_char_p)),
    "ostinato_layer_sizes": _checked(POINTER(Layer), POINTER(Sizes)),
    "ostinato_pack": _checked(POINTER(Layer), POINTER(Weights), c_void_p),
    "ostinato_fingerprint": _checked(POINTER(Layer), POINTER(Weights), POINTER(c_uint64)),
    "ostinato_forward": _checked(POINTER(Layer), POINTER(ForwardBuffers)),
    "ostinato_backward": _checked(POINTER(Layer), POINTER(BackwardBuffers)),
    "ostinato_step_workspace": _checked(POINTER(Layer), c_int32, c_int64, POINTER(c_size_t)),
    "ostinato_step": _checked(
        POINTER(Layer),
        c_int32,
        POINTER(c_void_p),
        c_int64,
        c_void_p,
        POINTER(c_void_p),
        POINTER(c_void_p),
        c_void_p,
        c_size_t,
    ),
    "ostinato_matrix_product": _checked(
        c_int32, c_int32, c_int64, c_int64, c_int64, *[c_void_p] * 4
    ),
    "ostinato_chain_sum": _checked(POINTER(Chain), *[c_void_p] * 5),
    "ostinato_chain_best": _checked(POINTER(Chain), *[c_void_p] * 4),
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
