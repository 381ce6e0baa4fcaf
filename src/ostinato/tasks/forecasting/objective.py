"""Training objectives of forecasting: batches of windows, losses, monitored figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato._arrays import Int64s
from ostinato.models import Windows
from ostinato.models.likelihoods import LIKELIHOODS, Likelihood
from ostinato.ops import randomness
from ostinato.series import WindowIndex, WindowReader
from ostinato.tasks.forecasting.settings import ForecastSettings, WindowSizes
from ostinato.training import Figures, Objective

LARGEST_LOG = 80.0  # of a forecast before it has learnt, so that its error is finite
ANONYMOUS = 0.1  # share of the training windows whose series is masked, as an unknown one's is


@dataclass(frozen=True)
class WindowTargets:
    """The targets of a batch of windows, on the scale of the network.

    Shape:
        values: ``(batch, horizon)``, NaN where missing.
        naive: ``(batch, horizon)``: the seasonal naive forecast.
        shift: ``(batch,)``: subtracted from the values of each window.
        scale: ``(batch,)``: what they were divided by then.
        level: ``(batch, 2)``: mean and deviation that the series was standardised by before.
    """

    values: Tensor
    naive: Tensor
    shift: Tensor
    scale: Tensor
    level: Tensor

    def to(self, device: torch.device) -> WindowTargets:
        """Return the batch on a device."""
        return WindowTargets(*(part.to(device) for part in vars(self).values()))


@dataclass(frozen=True, eq=False)
class WindowSplit:
    """The windows of one split, in rows of ``stride`` windows each.

    Args:
        reader: Cuts the windows out of the series.
        places: Series, target and origin of each window.
        codes: Category of each attribute of each series, ``(series, attributes)``, the series first.
        stride: Windows in a row; a batch takes one of each.
        repeats: Times that each row is used in an epoch.
        is_train: Whether a batch takes a random window of each row, some with the series masked;
            else it takes the first.
    """

    reader: WindowReader
    places: WindowIndex
    codes: Int64s
    stride: int = 1
    repeats: int = 1
    is_train: bool = False

    @property
    def lengths(self) -> Int64s:
        """Network steps of each row."""
        lengths = self.reader.lengths(self.places.take(slice(None, None, self.stride)))
        return np.tile(lengths, self.repeats)

    def batch(self, rows: Int64s) -> tuple[Windows, WindowTargets]:
        """Return the windows of these rows and their targets."""
        chosen = rows % -(-len(self.places) // self.stride) * self.stride  # (batch,)
        is_anonymous = np.zeros(len(rows), bool)
        if self.is_train:
            seed = randomness.seed()  # from the generator that a checkpoint keeps
            rng = np.random.default_rng(seed)
            chosen = chosen + rng.integers(self.stride, size=len(rows))
            is_anonymous = rng.random(len(rows)) < ANONYMOUS
        places = self.places.take(np.minimum(chosen, len(self.places) - 1))
        windows, ahead, order = self.windows(places)
        windows.codes[torch.from_numpy(is_anonymous[order]), 0] = 0
        return windows, ahead

    def windows(self, places: WindowIndex) -> tuple[Windows, WindowTargets, Int64s]:
        """Return windows by decreasing context length, targets, and indices in ``places``."""
        found = self.reader.take(places)
        places = places.take(found.order)
        shift, scale = found.shift[:, None], found.scale[:, None]  # (batch, 1)
        values = torch.from_numpy((self.reader.targets(places) - shift) / scale)  # (batch, horizon)
        # of shape (batch, attributes + 1)
        codes = np.concatenate([self.codes[places.series], places.target[:, None]], axis=1)
        context = PackedSequence(
            torch.from_numpy(found.context), torch.from_numpy(found.batch_sizes)
        )
        future = torch.from_numpy(found.future)  # (batch, horizon, future_size)
        windows = Windows(context, future, torch.from_numpy(codes), values)
        levels = (torch.from_numpy(found.shift), torch.from_numpy(found.scale))
        level = self.reader.levels[places.series, :, places.target]  # (batch, 2)
        ahead = WindowTargets(values, future[..., 0], *levels, torch.from_numpy(level))
        return windows, ahead, found.order


@dataclass(frozen=True)
class QuantileObjective:
    """Twice the mean pinball loss over the quantiles, which approximates the CRPS.

    Args:
        quantiles: Their probabilities; the middle one is the median.
        is_log: Whether the network sees logarithms, which are taken back for absolute errors.
    """

    quantiles: Sequence[float]
    is_log: bool = False

    @property
    def monitor(self) -> str:
        """The figure that marks the best epoch: the skill over the seasonal naive forecast."""
        return "skill"

    def sums(self, output: Tensor, targets: WindowTargets) -> Tensor:
        """Return loss, observed values, absolute errors, losses of the naive: ``(4,)`` sums.

        The errors are in the units of the series.
        """
        is_observed = targets.values.isfinite()  # (batch, horizon)
        values = targets.values[is_observed][:, None]  # (observed, 1)
        found = output.float()[is_observed]  # (observed, quantiles)
        quantiles = found.new_tensor(self.quantiles)
        errors = values - found  # (observed, quantiles)
        # of shape (observed,)
        losses = 2 * torch.maximum(quantiles * errors, (quantiles - 1) * errors).mean(dim=1)
        median = output[..., len(self.quantiles) // 2].detach().float()  # (batch, horizon)
        wrong = (self._in_units(median, targets) - self._in_units(targets.values, targets)).abs()
        wrong = wrong[is_observed].sum().to(losses.dtype)
        naive = (targets.naive[is_observed] - values[:, 0]).abs().sum()
        return torch.stack([losses.sum(), losses.new_tensor(len(losses)), wrong, naive])

    def _in_units(self, values: Tensor, targets: WindowTargets) -> Tensor:
        """Return values of the network's scale in units of the series, ``(batch, horizon)`` float64."""
        own = values.double() * targets.scale[:, None] + targets.shift[:, None]
        found = own * targets.level[:, 1:] + targets.level[:, :1]
        return found.clamp(max=LARGEST_LOG).exp() if self.is_log else found

    def figures(self, sums: Tensor) -> Figures:
        """Return the loss on the network's scale, the MAE in units of the series, the skill."""
        loss, count, wrong, naive = sums.tolist()
        skill = 1 - loss / naive if naive > 0 else -loss / count
        return {"loss": loss / count, "mae": wrong / count, "skill": skill}


@dataclass(frozen=True)
class LikelihoodObjective:
    """The negative log-likelihood of the horizon, each step given the values before it."""

    likelihood: Likelihood

    @property
    def monitor(self) -> str:
        """The figure that marks the best epoch."""
        return "log_likelihood"

    def sums(self, output: Tensor, targets: WindowTargets) -> Tensor:
        """Return the summed loss and the number of observed values: ``(2,)``."""
        is_observed = targets.values.isfinite()  # (batch, horizon)
        scale = targets.scale[:, None].expand_as(targets.values)[is_observed]  # (observed,)
        # of shape (observed, num_outputs), (observed,)
        outputs, values = output.float()[is_observed], targets.values[is_observed]
        found = self.likelihood.log_prob(outputs, values, scale)  # (observed,)
        return torch.stack([-found.sum(), found.new_tensor(len(found))])

    def figures(self, sums: Tensor) -> Figures:
        """Return loss and log-likelihood in nats a value."""
        loss, count = sums.tolist()
        return {"loss": loss / count, "log_likelihood": -loss / count}


def objective_of(settings: ForecastSettings, plan: WindowSizes, *, is_log: bool) -> Objective:
    """Return what a forecaster is trained for.

    Args:
        settings: The forecaster.
        plan: Its sizes.
        is_log: Whether the network sees logarithms.
    """
    if settings.method == "autoregressive":
        return LikelihoodObjective(LIKELIHOODS[settings.likelihood])
    return QuantileObjective(plan.quantiles, is_log)
