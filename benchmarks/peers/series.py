"""Time the training of our forecasting network beside neuralforecast's GRU of the same sizes.

    pip install neuralforecast==3.3.0 .          # in an environment of its own
    python -m benchmarks.peers.series             # on ETTh1's oil temperature, from OSTINATO_DATA
    python -m benchmarks.peers.series --method segment    # ours segment by segment, its default
    python -m benchmarks.peers.series --quick     # one round of few; such a row makes no table

Both read 168 hours of one series and give the quantiles of the next 24, with a GRU of one layer of 128
over the context, in batches of 64 windows, in float32, without dropout, calendar or other inputs; the
loss is the quantile loss of the same levels. With ``--method direct`` every hour is a step on both sides,
and a small network gives the hours ahead: theirs from the last 24 states, ours from the last one.
Training is cutting windows out, forward, loss, backward, clipping and AdamW, without validation:
neuralforecast's own ``training_step`` without what Lightning does around it, and what our loop does. The
network is the same on windows that are ready. Each is in a process of its own, in turns. It prints a row
of JSON, of windows a second, and appends it to the file that ``--results`` names.
"""

from __future__ import annotations

import argparse
import logging
import warnings
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from benchmarks.peers.sides import Comparison, Row, Taken, Tasks, prepared
from ostinato import Forecaster, Recurrent
from ostinato.data.batches import length_buckets
from ostinato.series import Panel

COLUMN = "OT"
CONTEXT, HORIZON, HIDDEN_SIZE, BATCH_SIZE = 168, 24, 128, 64
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
MAX_NORM = 1.0

Step = Callable[[], Tensor]
"""What makes the loss of a batch."""


def ours(arguments: argparse.Namespace) -> Tasks:
    """Return the passes of our network, and its size."""
    forecaster = forecaster_of(arguments.method)
    splits = forecaster.load_splits(source="etth1", target_columns=[COLUMN])
    loop_splits, objective = prepared(forecaster, splits)
    if forecaster.plan_of(splits["train"].panel).quantiles != QUANTILES:
        raise SystemExit("series_peer.py: ours has other quantiles than neuralforecast's")
    train, model = loop_splits["train"], forecaster.module_
    buckets = length_buckets(
        train.lengths, batch_tokens=None, batch_size=BATCH_SIZE, seed=0, epoch=0
    )
    chosen = [rows for rows in buckets if len(rows) == BATCH_SIZE][: arguments.batches]
    ready = [train.batch(rows) for rows in chosen]

    def loss(windows: Any, ahead: Any) -> Tensor:
        sums = objective.sums(model(windows), ahead)
        mean: Tensor = sums[0] / sums[1].detach()
        return mean

    def cut(rows: npt.NDArray[np.int64]) -> Tensor:
        return loss(*train.batch(rows))

    return passes(
        model,
        cut=[partial(cut, rows) for rows in chosen],
        ready=[partial(loss, *batch) for batch in ready],
    )


def theirs(arguments: argparse.Namespace) -> Tasks:
    """Return the passes of neuralforecast's GRU, and its size."""
    from neuralforecast.losses.pytorch import MQLoss
    from neuralforecast.models import GRU
    from neuralforecast.tsdataset import TimeSeriesDataset, TimeSeriesLoader

    warnings.filterwarnings("ignore", message=".*self.trainer")  # the step logs its loss to one
    logging.getLogger("lightning").setLevel(logging.WARNING)
    splits = forecaster_of("direct").load_splits(source="etth1", target_columns=[COLUMN])
    dataset, *_ = TimeSeriesDataset.from_df(frame_of(splits["train"].panel))
    model = GRU(
        h=HORIZON,
        input_size=CONTEXT,
        encoder_n_layers=1,
        encoder_hidden_size=HIDDEN_SIZE,
        decoder_hidden_size=HIDDEN_SIZE,
        decoder_layers=2,
        loss=MQLoss(quantiles=list(QUANTILES)),
        windows_batch_size=BATCH_SIZE,
        scaler_type="identity",  # the series is standardised, so that scaling costs nothing
    )
    batch = next(iter(TimeSeriesLoader(dataset, batch_size=1)))  # the whole series
    ready = windows_of(model, batch, arguments.batches)

    def on_ready(given: dict[str, Any], outcome: Tensor, mask: Tensor) -> Tensor:
        loss: Tensor = model.loss(
            y=outcome, y_hat=model.loss.domain_map(model(given)), mask=mask, y_insample=None
        )
        return loss

    return passes(
        model,
        cut=[lambda: model.training_step(batch, 0)] * arguments.batches,
        ready=[partial(on_ready, *one) for one in ready],
    )


def windows_of(model: Any, batch: Any, count: int) -> list[tuple[dict[str, Any], Tensor, Tensor]]:
    """Return what neuralforecast's network is given in some steps: inputs, outcome, what is known."""
    kept = []
    parse = model._parse_windows

    def seen(*inputs: Any) -> Any:
        found = parse(*inputs)
        insample, insample_mask, outcome, mask, past, future, static = found
        given = {"insample_y": insample, "insample_mask": insample_mask}
        given |= {"hist_exog": past, "futr_exog": future, "stat_exog": static}
        kept.append((given, outcome, mask))
        return found

    model._parse_windows = seen
    for _ in range(count):
        model.training_step(batch, 0)
    model._parse_windows = parse
    return kept


def passes(model: nn.Module, *, cut: list[Step], ready: list[Step]) -> Tasks:
    """Return a pass of training steps on windows that are cut out, one on those that are ready.

    Args:
        model: The network.
        cut: Loss of each batch, with cutting its windows out.
        ready: The same without.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, fused=True)

    def train(losses: list[Step]) -> None:
        model.train()
        for loss in losses:
            found = loss()
            optimizer.zero_grad()
            found.backward()
            gradients = [one.grad for one in parameters if one.grad is not None]
            norm = nn.utils.get_total_norm(gradients)
            if norm > MAX_NORM:
                nn.utils.clip_grads_with_norm_(parameters, MAX_NORM, norm)
            optimizer.step()

    size = sum(parameter.numel() for parameter in parameters)
    return {"training": lambda: train(cut), "network": lambda: train(ready)}, {
        "parameters": size,
        "windows": BATCH_SIZE * len(cut),
    }


def forecaster_of(method: Any) -> Forecaster:
    """Return our forecaster with the sizes of the comparison."""
    return Forecaster(
        recurrent=Recurrent(cell="gru", hidden_size=HIDDEN_SIZE, bidirectional=False),
        horizon=HORIZON,
        context=CONTEXT,
        method=method,
        levels=(80, 95),
        transform="none",
        calendar=False,
        head_dropout=0.0,
    )


def frame_of(panel: Panel) -> Any:
    """Return a series as neuralforecast reads it, standardised."""
    import pandas as pd

    values = panel.values[0][:, 0]
    standardised = (values - np.nanmean(values)) / np.nanstd(values)
    return pd.DataFrame(
        {"unique_id": COLUMN, "ds": panel.times(0), "y": standardised.astype(np.float32)}
    )


def row(arguments: argparse.Namespace, said: dict[str, Row], taken: Taken) -> Row:
    """Return what a row says of the comparison."""
    return {
        "case": f"series-peer-{arguments.method}",
        "measure": "series-peer",
        "method": arguments.method,
        **{"context": CONTEXT, "horizon": HORIZON, "hidden_size": HIDDEN_SIZE},
        **{"batch_size": BATCH_SIZE, "quantiles": QUANTILES},
        "batches": arguments.batches,
        "parameters": {side: facts["parameters"] for side, facts in said.items()},
        "neuralforecast": version("neuralforecast"),
    }


COMPARISON = Comparison(
    module="benchmarks.peers.series",
    turns=tuple((task, side) for task in ("training", "network") for side in ("theirs", "ours")),
    unit="windows",
    options={"batches": 24, "method": "direct"},
    choices={"method": ("direct", "segment")},
    quick={"rounds": 1, "batches": 2},
    prepare=lambda arguments: (theirs if arguments.side == "theirs" else ours)(arguments),
    row=row,
    rounds=9,
)

if __name__ == "__main__":
    COMPARISON.main(__doc__)
