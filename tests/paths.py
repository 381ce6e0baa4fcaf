"""The paths a layer can take on this machine: native at every instruction set, and without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

import ostinato._native
from ostinato._native import library


def _instruction_sets() -> tuple[str, ...]:
    best = library.open_library(library.find(ostinato._native.__path__), "")[1].instruction_set
    if best is None:
        return ()
    return library.INSTRUCTION_SETS[: library.INSTRUCTION_SETS.index(best) + 1]


INSTRUCTION_SETS = _instruction_sets()
"""Those of this machine, from the least to the best; empty if the library was not built."""

PATHS = ("off", *INSTRUCTION_SETS)
"""Values of OSTINATO_NATIVE; ``off`` is the padded path."""

BEST = PATHS[-1]

needs_native = pytest.mark.skipif(not INSTRUCTION_SETS, reason="the native library is not built")


@contextmanager
def path(name: str) -> Iterator[None]:
    """Run under a value of OSTINATO_NATIVE."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(library.VARIABLE, name)
        yield


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Run with a number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
