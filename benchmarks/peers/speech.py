"""Time our speech network beside the same one in plain torch: packed ``torch.nn.GRU``.

    python -m benchmarks.peers.speech             # on the train part of fsdd, from OSTINATO_DATA
    python -m benchmarks.peers.speech --quick     # one round of few; such a row makes no table

Both have the same convolution, two bidirectional layers of 128 and the same weights, and take the same
batches of 16 recordings, as drawn by our buckets; only the class of the recurrent layers differs. A
training step is forward, CTC loss, backward, clipping and AdamW; inference is forward alone, over the
test part. Recordings are joined as in training, so that they are of all lengths from 0.2 to 6 seconds.
It prints a row of JSON, of frames a second, and appends it to the file that ``--results`` names.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

import ostinato
from benchmarks import facts
from benchmarks.peers.sides import Row, Worker, serve, spread
from ostinato._native.library import status
from ostinato.data.batches import length_buckets
from ostinato.tasks import SpeechRecognizer
from ostinato.training import denormals

TASKS = ("train", "infer")


def main() -> None:
    """Measure, print the row; or be one of the sides."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=24)
    parser.add_argument("--cell", choices=("gru", "lstm"), default="gru")
    parser.add_argument("--quick", action="store_true", help="one round of two batches")
    parser.add_argument("--results", type=Path, default=None, help="file to append the row to")
    parser.add_argument("--side", choices=("torch", "ours"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.batches = 1, 2
    if arguments.side:
        torch.set_num_threads(arguments.threads)
        with denormals.flushed():  # for both
            serve(lambda: prepare(arguments))
        return
    print(facts.append(measure(arguments), arguments.results))


def prepare(arguments: argparse.Namespace) -> tuple[dict[str, Callable[[], object]], Row]:
    """Return training and inference of one side, and how much there is to do."""
    recognizer = SpeechRecognizer().set_params(recurrent__cell=arguments.cell)
    torch.manual_seed(0)
    parts: Any = ostinato.datasets.load_speech("fsdd")
    recognizer._fit_labels(parts)
    loop_parts, objective, _ = recognizer._prepare(parts)
    train = loop_parts["train"]
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
    return {"train": step, "infer": infer}, {
        "steps": steps,
        "longest": longest,
        "parameters": size,
    }


def measure(arguments: argparse.Namespace) -> Row:
    """Return the row."""
    options = []
    for option in ("threads", "batches", "cell"):
        options += [f"--{option}", str(getattr(arguments, option))]
    workers = {side: Worker(__file__, side, options) for side in ("torch", "ours")}
    seconds: dict[tuple[str, str], list[float]] = {
        (task, side): [] for task in TASKS for side in workers
    }
    for _ in range(arguments.rounds):
        for task, side in seconds:
            seconds[task, side].append(workers[side].seconds(task))
    steps = workers["ours"].facts["steps"]
    return {
        "case": f"speech-peer-{arguments.cell}",
        "repeat": 0,
        "quick": arguments.quick,
        "measure": "speech-peer",
        "batches": arguments.batches,
        "rounds": arguments.rounds,
        **workers["ours"].facts,
        **{
            task: {
                **{
                    side: spread([steps / value for value in seconds[task, side]])
                    for side in workers
                },
                "ratio": spread(
                    [a / b for a, b in zip(*(seconds[task, side] for side in workers), strict=True)]
                ),
            }
            for task in TASKS
        },
        "threads": arguments.threads,
        "instruction_set": status().instruction_set,
        **facts.stamp("src", "native"),
    }


if __name__ == "__main__":
    main()
