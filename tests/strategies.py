"""Hypothesis strategies: lengths and packed batches."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from tests.cells import INPUT, make_rows
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence

lengths = st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=6)
"""Lengths of the rows of a batch, in any order."""


@st.composite
def rows(draw: st.DrawFn, size: int = INPUT) -> list[Tensor]:
    """Rows of random values and lengths."""
    chosen = draw(lengths)
    torch.manual_seed(draw(st.integers(min_value=0, max_value=2**16)))
    return make_rows(chosen, size)


@st.composite
def packed_batches(draw: st.DrawFn, size: int = INPUT) -> PackedSequence:
    """Packed batches, sorted or not."""
    return pack_sequence(draw(rows(size)), enforce_sorted=False)
