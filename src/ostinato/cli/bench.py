"""``ostinato bench``."""

from __future__ import annotations

import torch

from ostinato._config import check_range
from ostinato._errors import OstinatoError
from ostinato.bench import report
from ostinato.bench.compare import compare
from ostinato.bench.measure import Plan
from ostinato.bench.roofline import best_rate
from ostinato.bench.workloads import Cell, Dtype, Mode, Workload
from ostinato.cli.console import say, show, show_json


def bench(
    *,
    cell: Cell = "lstm",
    input_size: int = 100,
    hidden_size: int = 256,
    num_layers: int = 1,
    bidirectional: bool = False,
    batch_size: int = 64,
    lengths: str = "imdb",
    mode: Mode = "train",
    threads: int | None = None,
    dtype: Dtype = "float32",
    repeats: int = 9,
    json: bool = False,
) -> None:
    """Time our layers on your shape against torch and ONNX Runtime, results checked first.

    Args:
        cell: Recurrent cell.
        input_size: Features of each step.
        hidden_size: Units of each layer in each direction.
        num_layers: Layers stacked on each other.
        bidirectional: Read each row in both directions.
        batch_size: Rows.
        lengths: imdb (drawn like its reviews, 240 on average), a range like 5-60, or one number.
        mode: A training step, inference on whole rows, or one step of a stream.
        threads: Threads of each contestant; torch's setting if not given.
        dtype: Of parameters and input.
        repeats: Rounds; a slow contestant sits out after three.
        json: Print one JSON object as the last line.
    """
    check_range("bench", "repeats", repeats, low=1)
    workload = Workload(
        cell=cell,
        input_size=input_size,
        hidden_size=hidden_size,
        num_layers=num_layers,
        bidirectional=bidirectional,
        batch_size=batch_size,
        lengths=lengths,
        mode=mode,
        threads=torch.get_num_threads() if threads is None else threads,
        dtype=dtype,
    )
    say(workload.describe())
    rate = best_rate(workload.threads)
    row, _ = compare(workload, Plan(repeats=repeats), rate=rate)
    for line in report.table(row):
        show(line)
    if json:
        show_json(row)
    if not row["peers"]["ours"]["gate"]["passed"]:
        raise OstinatoError(
            f"bench: results of ours must equal torch's in float64; {row['gate']}. "
            "Please report it with this command."
        )
