"""What forecasting means to the training loop: batches of windows, losses, what is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.models import Windows
from ostinato.models.likelihoods import Likelihood
from ostinato.ops import randomness
from ostinato.series import WindowIndex, WindowReader
from ostinato.training import Figures

Int64s = npt.NDArray[np.int64]

ANONYMOUS = 0.1  # share of the training windows that are not told which series they are of


@dataclass(frozen=True)
class WindowTargets:
    """The steps ahead of a batch, on the scale of the network.

    Shape:
        values: ``(batch, horizon)``, NaN where missing.
        naive: ``(batch, horizon)``: what the season before would say.
        shift: ``(batch,)``: what was taken off the values of each window.
        scale: ``(batch,)``: what they were divided by.
    """

    values: Tensor
    naive: Tensor
    shift: Tensor
    scale: Tensor

    def to(self, device: torch.device) -> WindowTargets:
        """Return the batch on a device."""
        return WindowTargets(
            *(part.to(device) for part in (self.values, self.naive, self.shift, self.scale))
        )


@dataclass(frozen=True, eq=False)
class WindowPart:
    """The windows of a part, as the loop wants them.

    Args:
        reader: Cuts them out.
        places: Where they stand.
        codes: Category of each attribute of each series, ``(series, attributes)``, the series first.
        stride: Windows that one row stands for.
        repeats: How often the rows stand in an epoch.
        is_train: Whether a batch takes any window of each row, some without the name of the series;
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
        """Steps of each row that the network takes."""
        lengths = self.reader.lengths(self.places.take(slice(None, None, self.stride)))
        return np.tile(lengths, self.repeats)

    def batch(self, rows: Int64s) -> tuple[Windows, WindowTargets]:
        """Return the windows of some rows, and what came."""
        chosen = rows % -(-len(self.places) // self.stride) * self.stride
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
        """Return windows by falling length of their contexts, what came, and which one each is."""
        found = self.reader.take(places)
        places = places.take(found.order)
        shift, scale = found.shift[:, None], found.scale[:, None]
        values = torch.from_numpy((self.reader.targets(places) - shift) / scale)
        codes = np.concatenate([self.codes[places.series], places.target[:, None]], axis=1)
        context = PackedSequence(
            torch.from_numpy(found.context), torch.from_numpy(found.batch_sizes)
        )
        future = torch.from_numpy(found.future)
        windows = Windows(context, future, torch.from_numpy(codes), values)
        levels = (torch.from_numpy(found.shift), torch.from_numpy(found.scale))
        ahead = WindowTargets(values, future[..., 0], *levels)
        return windows, ahead, found.order


@dataclass(frozen=True)
class QuantileObjective:
    """Twice the pinball loss, on average over the quantiles: the CRPS as far as they tell it.

    Args:
        quantiles: Their probabilities; the middle one is the median.
    """

    quantiles: Sequence[float]

    @property
    def monitor(self) -> str:
        """The figure that marks the best epoch: the skill beside the seasonal naive."""
        return "skill"

    def sums(self, output: Tensor, targets: WindowTargets) -> Tensor:
        """Return the summed loss, observed values, absolute errors, and those of the naive."""
        is_observed = targets.values.isfinite()
        values = targets.values[is_observed][:, None]
        found = output.float()[is_observed]
        quantiles = found.new_tensor(self.quantiles)
        errors = values - found
        losses = 2 * torch.maximum(quantiles * errors, (quantiles - 1) * errors).mean(dim=1)
        wrong = errors[:, len(self.quantiles) // 2].detach().abs().sum()
        naive = (targets.naive[is_observed] - values[:, 0]).abs().sum()
        return torch.stack([losses.sum(), losses.new_tensor(len(losses)), wrong, naive])

    def figures(self, sums: Tensor) -> Figures:
        """Return loss and mean absolute error on the scale of the network, and the skill."""
        loss, count, wrong, naive = sums.tolist()
        skill = 1 - loss / naive if naive > 0 else -loss / count
        return {"loss": loss / count, "mae": wrong / count, "skill": skill}


@dataclass(frozen=True)
class LikelihoodObjective:
    """The negative log-likelihood of the steps ahead, each told the values before it."""

    likelihood: Likelihood

    @property
    def monitor(self) -> str:
        """The figure that marks the best epoch."""
        return "log_likelihood"

    def sums(self, output: Tensor, targets: WindowTargets) -> Tensor:
        """Return the summed loss and the number of observed values."""
        is_observed = targets.values.isfinite()
        scale = targets.scale[:, None].expand_as(targets.values)[is_observed]
        outputs, values = output.float()[is_observed], targets.values[is_observed]
        found = self.likelihood.log_prob(outputs, values, scale)
        return torch.stack([-found.sum(), found.new_tensor(len(found))])

    def figures(self, sums: Tensor) -> Figures:
        """Return loss and log-likelihood in nats a value."""
        loss, count = sums.tolist()
        return {"loss": loss / count, "log_likelihood": -loss / count}
