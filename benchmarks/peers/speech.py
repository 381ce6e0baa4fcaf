"""Time our speech network beside the same one in plain torch: packed ``torch.nn.GRU``.

    python -m benchmarks.peers.speech             # on the train split of fsdd, from OSTINATO_DATA
    python -m benchmarks.peers.speech --quick     # one round of few; such a row makes no table

Both have the same convolution, two bidirectional layers of 128 and the same weights, and take the same
batches of 16 recordings, as drawn by our buckets; only the class of the recurrent layers differs. A
training step is forward, CTC loss, backward, clipping and AdamW; inference is forward alone, over the
test split. Recordings are joined as in training, so that they are of all lengths from 0.2 to 6 seconds.
It prints a row of JSON, of frames a second, and appends it to the file that ``--results`` names.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from torch import nn

import ostinato
from benchmarks.peers.sides import Comparison, Row, Taken, Tasks, prepared
from ostinato.data.batches import length_buckets
from ostinato.tasks import SpeechRecognizer


def prepare(arguments: argparse.Namespace) -> Tasks:
    """Return training and inference of one side, and how much there is to do."""
    recognizer = SpeechRecognizer().set_params(recurrent__cell=arguments.cell)
    loop_splits, objective = prepared(recognizer, ostinato.datasets.load_recordings("fsdd"))
    train = loop_splits["train"]
    buckets = length_buckets(train.lengths, batch_tokens=None, batch_size=16, seed=0, epoch=0)
    batches = [train.batch(rows) for rows in buckets[: arguments.batches]]
    model: Any = recognizer.module_
    if arguments.side == "torch":
        ours = model.recurrent
        kind: Any = {"gru": nn.GRU, "lstm": nn.LSTM}[arguments.cell]
        theirs = kind(
            ours.input_size,
            ours.hidden_size,
            ours.num_layers,
            dropout=ours.dropout,
            bidirectional=True,
        )
        theirs.load_state_dict(ours.state_dict())
        model.recurrent = theirs
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def step() -> None:
        model.train()
        for inputs, targets in batches:
            sums = objective.sums(model(inputs), targets)
            optimizer.zero_grad()
            (sums[0] / sums[1].detach()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    @torch.inference_mode()
    def infer() -> None:
        model.eval()
        for inputs, _ in batches:
            model(inputs)

    steps = sum(len(inputs.data) for inputs, _ in batches)
    longest = max(len(inputs.batch_sizes) for inputs, _ in batches)
    size = sum(parameter.numel() for parameter in model.parameters())
    said = {"steps": steps, "longest": longest, "parameters": size}
    return {"train": step, "infer": infer}, said


def row(arguments: argparse.Namespace, said: dict[str, Row], taken: Taken) -> Row:
    """Return what a row says of the comparison."""
    case = {"case": f"speech-peer-{arguments.cell}", "measure": "speech-peer"}
    return {**case, "batches": arguments.batches, **said["ours"]}


COMPARISON = Comparison(
    module="benchmarks.peers.speech",
    turns=tuple((task, side) for task in ("train", "infer") for side in ("torch", "ours")),
    unit="steps",
    options={"batches": 24, "cell": "gru"},
    choices={"cell": ("gru", "lstm")},
    quick={"rounds": 1, "batches": 2},
    prepare=prepare,
    row=row,
    rounds=7,
)

if __name__ == "__main__":
    COMPARISON.main(__doc__)
