"""A network that forecasts one step from the last, and whole paths by sampling."""

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
    """A recurrent stack over past and future whose steps tell the distribution of the next.

    In training the steps ahead are fed with the values that came; a forecast feeds the values that it
    samples, many paths side by side, step by step on the streaming kernels.

    Args:
        future_size: Inputs of a step ahead; a step of the context has two more.
        categories: How many values each attribute has.
        horizon: Steps ahead.
        likelihood: What the outputs stand for.
        recurrent: The recurrent stack, of one direction.
        dropout: Probability of dropping a feature of the stack's outputs.

    Shape:
        windows: A batch, with the values ahead in ``paths``.
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
        """Return the outputs of every step ahead, each told the values before it."""
        attributes, last, states = self.encoder(windows)
        before = windows.paths[:, :-1]
        inputs = self._inputs(before, windows.future[:, :-1], attributes)
        hx = states if len(states) > 1 else states[0]
        outputs = last[:, None]
        if self.horizon > 1:
            more, _ = self.encoder.recurrent(inputs.transpose(0, 1), hx)
            outputs = torch.cat([outputs, more.transpose(0, 1)], dim=1)
        return self._outputs(outputs, windows.future)

    @torch.no_grad()
    def sample(
        self,
        windows: Windows,
        scale: Tensor,
        count: int,
        generators: Sequence[torch.Generator] | None = None,
    ) -> Tensor:
        """Draw paths ahead.

        Args:
            windows: A batch; its ``paths`` are not looked at.
            scale: What the values of each window were divided by.
            count: Paths of each window.
            generators: What the paths of each window are drawn from, on a CPU, so that they do not depend
                on other windows; none for torch's generator, in one draw a step.

        Shape:
            scale: ``(batch,)``.
            output: ``(batch, count, horizon)``, on the scale of the network.
        """
        attributes, last, states = self.encoder(windows)
        session = self.encoder.recurrent.stream(len(last) * count)
        session.reset(tuple(state.repeat_interleave(count, dim=1) for state in states))
        attributes = attributes.repeat_interleave(count, dim=0)
        scale = scale.repeat_interleave(count)
        output = last.repeat_interleave(count, dim=0)
        paths = []
        for step in range(self.horizon):
            future = windows.future[:, step].repeat_interleave(count, dim=0)
            values = self._drawn(self._outputs(output, future), scale, generators)
            paths.append(values)
            if step + 1 < self.horizon:
                output = session.step(self._inputs(values, future, attributes))
        drawn: Tensor = torch.stack(paths, dim=1).unflatten(0, (-1, count))
        return drawn

    def _drawn(
        self, outputs: Tensor, scale: Tensor, generators: Sequence[torch.Generator] | None
    ) -> Tensor:
        """Return a value of each path, of each window from its own generator."""
        if generators is None:
            return self.likelihood.sample(outputs, scale)
        found = []
        parts = (part.unflatten(0, (len(generators), -1)) for part in (outputs, scale))
        for output, size, generator in zip(*parts, generators, strict=True):
            with everything_drawing_from(generator):
                found.append(self.likelihood.sample(output, size))
        return torch.cat(found)

    def _inputs(self, values: Tensor, future: Tensor, attributes: Tensor) -> Tensor:
        """Return what the stack reads at steps ahead: value, whether it was observed, inputs."""
        observed = values.isfinite()
        parts = [values.nan_to_num().unsqueeze(-1), observed.unsqueeze(-1), future]
        if values.dim() == 2:
            attributes = attributes[:, None].expand(-1, values.shape[1], -1)
        return torch.cat([*(part.to(future.dtype) for part in parts), attributes], dim=-1)

    def _outputs(self, output: Tensor, future: Tensor) -> Tensor:
        mixed = self.mix(torch.cat([self.dropout(output), future], dim=-1)).relu()
        found: Tensor = self.head(mixed)
        return found
