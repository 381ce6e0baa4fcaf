"""Time the backward pass of a plain RNN whose gradient vanishes, with denormal numbers and without.

Two layers of 256 over 64 rows of 200 steps, read at the last one, as the tutorial preset does.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import nullcontext

import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato.nn import RNN
from ostinato.training import denormals

torch.manual_seed(0)
torch.set_num_threads(1)
layer = RNN(50, 256, num_layers=2)
packed = pack_sequence([torch.randn(200 - row // 8, 50) for row in range(64)])
seconds: dict[str, list[float]] = {"with": [], "without": []}
for _ in range(3):
    for name, mode in (("with", nullcontext()), ("without", denormals.flushed())):
        with mode:
            start = time.perf_counter()
            _, h_n = layer(packed)
            h_n[-1].sum().backward()
            seconds[name].append(time.perf_counter() - start)
middle = {name: statistics.median(values) for name, values in seconds.items()}
sys.stdout.write(
    f"{middle['with']:.2f} s with denormals, {middle['without']:.2f} s without, "
    f"{middle['with'] / middle['without']:.1f} times\n"
)
