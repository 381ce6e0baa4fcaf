"""Swap ``torch.nn.LSTM`` for ``ostinato.nn.LSTM`` in a model: same weights, same results.

    python examples/swap_layer.py

Once by the class, once by ``convert`` in a model as it is. Also times one training step of both on
a packed batch; what the difference is depends on the lengths, the sizes and the machine, and it is
there on a CPU only. ``ostinato bench`` measures that properly.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence

import ostinato.nn


class Classifier(nn.Module):
    """A model of your own, on packed sequences; only ``layer`` differs between the two."""

    def __init__(self, layer: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(1000, 64)
        self.lstm = layer(64, 64, bidirectional=True)
        self.head = nn.Linear(128, 2)

    def forward(self, ids: PackedSequence) -> torch.Tensor:
        """Score two classes from the last hidden states."""
        _, (h_n, _) = self.lstm(ids._replace(data=self.embedding(ids.data)))
        scores: torch.Tensor = self.head(torch.cat([h_n[0], h_n[1]], dim=-1))
        return scores


def seconds_of_a_step(model: nn.Module, ids: PackedSequence) -> float:
    """Return the time of one forward and backward pass, after one to warm up."""
    for _ in range(2):
        start = time.perf_counter()
        model(ids).sum().backward()
    return time.perf_counter() - start


torch.manual_seed(0)
before, after = Classifier(nn.LSTM), Classifier(ostinato.nn.LSTM)
after.load_state_dict(before.state_dict())

converted = copy.deepcopy(before)  # somebody else's model: no line of it need change
print(ostinato.nn.convert(converted))

lengths = (200, 180, 150, 90, 40, 7)
ids = pack_sequence([torch.randint(1000, (length,)) for length in lengths])
difference = float((before(ids) - after(ids)).detach().abs().max())
print(f"largest difference of a result: {difference:.1e}")
print(f"converted is the same as swapped: {torch.equal(converted(ids), after(ids))}")
print(f"torch.nn.LSTM:    {seconds_of_a_step(before, ids):.3f} s a step")
print(f"ostinato.nn.LSTM: {seconds_of_a_step(after, ids):.3f} s a step")
