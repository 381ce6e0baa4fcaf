from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence, unpack_sequence

from ostinato._errors import ConfigError, ShapeError
from ostinato.nn import LockedDropout, WordDropout

LENGTHS = (3, 40, 7)


def ones(size: int = 64) -> PackedSequence:
    return pack_sequence([torch.ones(n, size) for n in LENGTHS], enforce_sorted=False)


def ids() -> PackedSequence:
    return pack_sequence([torch.arange(1, n + 1) for n in LENGTHS], enforce_sorted=False)


def test_locked_dropout_drops_the_same_features_at_all_steps_of_a_row() -> None:
    rows = unpack_sequence(LockedDropout(0.5)(ones()))
    for row in rows:
        assert torch.equal(row, row[:1].expand_as(row))
        assert set(row.unique().tolist()) == {0.0, 2.0}
    assert not torch.equal(rows[0][0], rows[1][0])


def test_locked_dropout_keeps_the_mean() -> None:
    output = LockedDropout(0.25)(pack_sequence([torch.ones(2, 40_000)])).data
    assert float(output.mean()) == pytest.approx(1, abs=0.02)  # six standard deviations: 0.017


def test_locked_dropout_passes_gradients_where_it_passes_values() -> None:
    packed = ones()
    data = packed.data.clone().requires_grad_()
    output = LockedDropout(0.5)(packed._replace(data=data)).data
    output.sum().backward()
    assert data.grad is not None
    assert torch.equal(data.grad, output)


def test_word_dropout_replaces_about_the_share_asked_for() -> None:
    words = pack_sequence([torch.full((40_000,), 5)])
    output = WordDropout(0.25, unk_id=1)(words).data
    assert set(output.unique().tolist()) == {1, 5}
    assert float((output == 1).double().mean()) == pytest.approx(0.25, abs=0.013)  # 6 sd


def test_word_dropout_keeps_the_words_it_does_not_replace() -> None:
    output = WordDropout(0.5)(ids())
    kept = output.data != 0
    assert torch.equal(output.data[kept], ids().data[kept])
    assert output.data.dtype == torch.int64


@pytest.mark.parametrize(("make", "packed"), [(LockedDropout, ones), (WordDropout, ids)])
def test_dropout_follows_the_seed_and_rests_in_evaluation(make: Any, packed: Any) -> None:
    layer = make(0.5)

    def run(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return layer(packed()).data

    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))
    layer.eval()
    assert torch.equal(run(1), packed().data)
    assert torch.equal(make(0.0)(packed()).data, packed().data)


@pytest.mark.parametrize(("make", "packed"), [(LockedDropout, ones), (WordDropout, ids)])
def test_the_packing_is_kept(make: Any, packed: Any) -> None:
    before, after = packed(), make(0.5)(packed())
    for field in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        assert torch.equal(getattr(before, field), getattr(after, field))


@pytest.mark.parametrize("make", [LockedDropout, WordDropout])
def test_a_wrong_probability_is_refused(make: Any) -> None:
    with pytest.raises(ConfigError, match=r"Dropout: p must be at least 0 and below 1; got 1\.0"):
        make(1.0)


@pytest.mark.parametrize("make", [LockedDropout, WordDropout])
def test_a_tensor_is_refused(make: Any) -> None:
    with pytest.raises(ShapeError, match="input must be a PackedSequence; got Tensor"):
        make(0.5)(torch.zeros(3, 2))


def test_ids_are_refused_by_locked_dropout() -> None:
    with pytest.raises(ShapeError, match=r"LockedDropout: input must have 2 dimensions; got"):
        LockedDropout(0.5)(ids())


def test_repr_shows_the_settings() -> None:
    assert repr(LockedDropout(0.5)) == "LockedDropout(p=0.5)"
    assert repr(WordDropout(0.5, 3)) == "WordDropout(p=0.5, unk_id=3)"
