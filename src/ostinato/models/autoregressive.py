"""An autoregressive forecasting network: one step at a time, sample paths by ancestral sampling."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ostinato._config import Recurrent
from ostinato.models.forecasting import Encoder
from ostinato.models.likelihoods import Likelihood
from ostinato.models.windows import Windows
from ostinato.nn.dropout import Dropout
from ostinato.nn.linear import RowLinear
from ostinato.ops.randomness import everything_drawing_from


class AutoregressiveForecaster(nn.Module):
    """A recurrent network that predicts the distribution of the next value (DeepAR).

    In training the observed values are fed over the horizon (teacher forcing); a forecast feeds back
    its own samples, many paths side by side, step by step on the streaming kernels.

    Args:
        future_size: Inputs of a step of the horizon; a step of the context has two more.
        categories: Number of categories of each static attribute.
        horizon: Steps to forecast.
        likelihood: The predicted distribution, whose parameters the outputs are.
        recurrent: The recurrent stack, of one direction.
        dropout: Probability of dropping a feature of the stack's outputs.

    Shape:
        windows: A batch, with the observed values of the horizon in ``paths``.
        output: ``(batch, horizon, likelihood.num_outputs)``.

    Source: Salinas et al. 2020, https://arxiv.org/abs/1704.04110, section 3.
    """

    def __init__(
        self,
        future_size: int,
        categories: Sequence[int],
        *,
        horizon: int,
        likelihood: Likelihood,
        recurrent: Recurrent,
        dropout: float,
    ) -> None:
        super().__init__()
        self.horizon, self.likelihood = horizon, likelihood
        self.encoder = Encoder(
            future_size + 2, categories, recurrent, projection_size=None, dropout=0.0
        )
        size = self.encoder.output_size
        self.dropout = Dropout(dropout)
        self.mix = RowLinear(size + future_size, size)
        self.head = RowLinear(size, likelihood.num_outputs)

    def forward(self, windows: Windows) -> Tensor:
        """Return the outputs at every step of the horizon, given the observed values before it."""
        attributes, last, states = self.encoder(windows)  # (batch, features), (batch, hidden)
        before = windows.paths[:, :-1]  # (batch, horizon - 1)
        inputs = self._inputs(before, windows.future[:, :-1], attributes)
        hx = states if len(states) > 1 else states[0]
        outputs = last[:, None]  # (batch, 1, hidden)
        if self.horizon > 1:
            # of shape (horizon - 1, batch, hidden)
            more, _ = self.encoder.recurrent(inputs.transpose(0, 1), hx)
            outputs = torch.cat([outputs, more.transpose(0, 1)], dim=1)  # (batch, horizon, hidden)
        return self._outputs(outputs, windows.future)

    @torch.no_grad()
    def sample(
        self,
        windows: Windows,
        scale: Tensor,
        count: int,
        generators: Sequence[torch.Generator] | None = None,
    ) -> Tensor:
        """Draw sample paths of the horizon.

        Args:
            windows: A batch; its ``paths`` are not read.
            scale: Divisor of the values of each window.
            count: Paths of each window.
            generators: One CPU generator a window, so that its paths do not depend on other windows;
                None for torch's generator, in one draw a step.

        Shape:
            scale: ``(batch,)``.
            output: ``(batch, count, horizon)``, on the scale of the network.
        """
        attributes, last, states = self.encoder(windows)
        session = self.encoder.recurrent.stream(len(last) * count)
        session.reset(tuple(state.repeat_interleave(count, dim=1) for state in states))
        attributes = attributes.repeat_interleave(count, dim=0)  # (batch * count, features)
        scale = scale.repeat_interleave(count)  # (batch * count,)
        output = last.repeat_interleave(count, dim=0)  # (batch * count, hidden)
        paths = []
        for step in range(self.horizon):
            future = windows.future[:, step].repeat_interleave(count, dim=0)
            values = self._drawn(self._outputs(output, future), scale, generators)
            paths.append(values)
            if step + 1 < self.horizon:
                # of shape (batch * count, hidden)
                output = session.step(self._inputs(values, future, attributes))
        drawn: Tensor = torch.stack(paths, dim=1).unflatten(0, (-1, count))
        return drawn

    def _drawn(
        self, outputs: Tensor, scale: Tensor, generators: Sequence[torch.Generator] | None
    ) -> Tensor:
        """Sample the next value of each path, ``(paths,)``; each window from its own generator."""
        if generators is None:
            return self.likelihood.sample(outputs, scale)
        found = []
        parts = (part.unflatten(0, (len(generators), -1)) for part in (outputs, scale))
        for output, size, generator in zip(*parts, generators, strict=True):
            with everything_drawing_from(generator):
                found.append(self.likelihood.sample(output, size))  # (count,)
        return torch.cat(found)

    def _inputs(self, values: Tensor, future: Tensor, attributes: Tensor) -> Tensor:
        """Return the decoder's input: previous value, whether it was observed, covariates, attributes."""
        observed = values.isfinite()  # (..., horizon - 1) or (paths,)
        parts = [values.nan_to_num().unsqueeze(-1), observed.unsqueeze(-1), future]
        if values.dim() == 2:
            attributes = attributes[:, None].expand(-1, values.shape[1], -1)
        return torch.cat([*(part.to(future.dtype) for part in parts), attributes], dim=-1)

    def _outputs(self, output: Tensor, future: Tensor) -> Tensor:
        mixed = self.mix(torch.cat([self.dropout(output), future], dim=-1)).relu()  # (..., hidden)
        found: Tensor = self.head(mixed)  # (..., num_outputs)
        return found
