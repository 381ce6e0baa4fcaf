"""``ostinato bench``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from cyclopts import Group

from ostinato._config import check_range
from ostinato._errors import OstinatoError
from ostinato.bench import Workload, report
from ostinato.bench.compare import compare
from ostinato.bench.measure import Plan
from ostinato.bench.roofline import best_rate
from ostinato.cli.console import say, show, show_json
from ostinato.cli.options import fields_of, with_options


def time_layers(*, repeats: int = 9, json: bool = False, settings: Mapping[str, Any]) -> None:
    """Time our layers on your shape against torch and ONNX Runtime, results checked first.

    Args:
        repeats: Rounds; a slow contestant sits out after three.
        json: Print one JSON object as the last line.
        settings: Fields of the workload given on the command line.
    """
    check_range("bench", "repeats", repeats, low=1)
    workload = DEFAULTS.replace(**settings)
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


DEFAULTS = Workload(threads=torch.get_num_threads())
bench = with_options(
    time_layers,
    help=time_layers.__doc__ or "",
    settings=fields_of(DEFAULTS, Group("Workload", sort_key=1)),
)
