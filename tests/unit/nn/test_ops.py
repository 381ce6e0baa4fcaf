"""The index arithmetic and the dispatch table beneath the layers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from tests import strategies
from tests.paths import PATHS
from torch.nn.utils.rnn import PackedSequence, pack_sequence, pad_packed_sequence, unpack_sequence

from ostinato.ops import Layout, dispatch


@given(packed=strategies.packed_batches())
def test_pad_equals_torch_and_unpad_undoes_it(packed: PackedSequence) -> None:
    layout = Layout(packed.batch_sizes)
    sorted_rows = packed._replace(sorted_indices=None, unsorted_indices=None)
    expected, lengths = pad_packed_sequence(sorted_rows, padding_value=7)
    padded = layout.pad(packed.data, fill=7)
    assert torch.equal(padded, expected)
    assert torch.equal(layout.lengths, lengths)
    assert torch.equal(layout.unpad(padded), packed.data)


@given(packed=strategies.packed_batches())
def test_reverse_flips_each_row_and_is_its_own_inverse(packed: PackedSequence) -> None:
    layout = Layout(packed.batch_sizes)
    flipped = packed._replace(data=packed.data[layout.reverse])
    for row, other in zip(unpack_sequence(packed), unpack_sequence(flipped), strict=True):
        assert torch.equal(row.flip(0), other)
    assert torch.equal(layout.reverse[layout.reverse], torch.arange(len(packed.data)))
    assert torch.equal(layout.pad(packed.data, reverse=True), layout.pad(flipped.data))
    there_and_back = layout.unpad(layout.pad(packed.data, reverse=True), reverse=True)
    assert torch.equal(there_and_back, packed.data)


@given(packed=strategies.packed_batches())
def test_the_mark_is_one_in_the_padding_alone(packed: PackedSequence) -> None:
    layout = Layout(packed.batch_sizes)
    for reverse in (False, True):
        marked = layout.pad_and_mark(packed.data, reverse=reverse)
        assert torch.equal(
            marked[: layout.num_steps, :, :-1], layout.pad(packed.data, reverse=reverse)
        )
        assert not marked[layout.num_steps :, :, :-1].any()
        is_padding = torch.arange(len(marked))[:, None] >= layout.lengths
        assert torch.equal(marked[..., -1] == 1, is_padding)
        assert set(marked[..., -1].unique().tolist()) <= {0.0, 1.0}


def test_last_is_the_last_step_of_each_row() -> None:
    rows = [torch.arange(n) for n in (5, 3, 3, 1)]
    packed = pack_sequence(rows)
    layout = Layout(packed.batch_sizes)
    assert packed.data[layout.last].tolist() == [4, 2, 2, 0]
    assert (
        layout.row.tolist()
        == pack_sequence([torch.full((n,), b) for b, n in enumerate((5, 3, 3, 1))]).data.tolist()
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cell", dispatch.CELLS)
@pytest.mark.parametrize("dtype", dispatch.DTYPES, ids=str)
def test_every_cell_has_an_implementation(
    cell: str, dtype: torch.dtype, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSTINATO_NATIVE", path)
    on_cpu = "padded" if path == "off" else "native"
    assert dispatch.choose(cell, "cpu", dtype).implementation == on_cpu
    assert dispatch.choose(cell, "cpu", dtype, projected=True).implementation == "padded"
    assert dispatch.choose(cell, "cuda", dtype).implementation == "torch"
    assert dispatch.choose(cell, "meta", dtype).implementation == "torch"


def test_explain_tells_of_every_cell_and_dtype_once() -> None:
    rows = [row for row in dispatch.explain() if row.device == "cpu"]
    told = sorted((row.cell, dtype) for row in rows for dtype in row.dtypes)
    names = [str(dtype).removeprefix("torch.") for dtype in dispatch.DTYPES]
    assert told == sorted((cell, name) for cell in dispatch.CELLS for name in names)
    assert all(row.why for row in rows)


def test_explain_follows_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in PATHS:
        monkeypatch.setenv("OSTINATO_NATIVE", path)
        rows = [row for row in dispatch.explain() if row.implementation == "native"]
        assert {row.cell for row in rows} == set(() if path == "off" else dispatch.CELLS)
        assert {row.device for row in rows} <= {"cpu"}


def test_explain_follows_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTINATO_NATIVE", "off")
    assert any("oneDNN" in row.why for row in dispatch.explain())
    monkeypatch.setattr(torch._C, "_get_mkldnn_enabled", lambda: False)
    assert not any("oneDNN" in row.why for row in dispatch.explain())
