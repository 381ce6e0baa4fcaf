"""Denormals are zero inside, and outside whatever they were."""

import pytest
import torch

from ostinato.training import denormals

if not torch.set_flush_denormal(True):
    pytest.skip("this processor cannot flush denormals", allow_module_level=True)
torch.set_flush_denormal(False)


@pytest.mark.parametrize("before", [False, True])
def test_the_mode_is_restored(before):
    torch.set_flush_denormal(before)
    try:
        with denormals.flushed():
            assert denormals.is_flushing()
        assert denormals.is_flushing() is before
    finally:
        torch.set_flush_denormal(False)


def test_a_vanishing_gradient_has_no_denormals():
    """A product of 200 small numbers: what a plain RNN's backward pass does."""
    small = torch.full((8,), 0.6)

    def product():
        gradient = torch.ones(8)
        for _ in range(180):
            gradient = gradient * small
        return gradient

    assert 0 < product()[0] < 1.2e-38
    with denormals.flushed():
        assert product()[0] == 0
