"""Networks that encode the past of a series once and forecast the whole horizon together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ostinato._config import Recurrent
from ostinato.models.recurrent import make_recurrent
from ostinato.models.windows import Windows
from ostinato.nn.dropout import Dropout
from ostinato.nn.linear import RowLinear
from ostinato.nn.pooling import last_state

EMBEDDING_SIZE = 16  # features of an attribute, at most


class Encoder(nn.Module):
    """Read the context of a window into the state of a recurrent stack.

    Args:
        context_size: Inputs of a step.
        categories: Number of categories of each static attribute.
        recurrent: The recurrent stack.
        projection_size: Features that a step is projected to first; None to leave it as it is.
        dropout: Probability of dropping a feature of the projected step.

    Shape:
        windows: A batch.
        output: ``(batch, attribute_size)``, ``(batch, output_size)`` and the final states, each
            ``(layers, batch, hidden)``.
    """

    def __init__(
        self,
        context_size: int,
        categories: Sequence[int],
        recurrent: Recurrent,
        *,
        projection_size: int | None,
        dropout: float,
    ) -> None:
        super().__init__()
        self.attributes = Attributes(categories)
        size = context_size
        self.projection: nn.Module | None = None
        if projection_size is not None:
            self.projection = nn.Sequential(RowLinear(context_size, projection_size), nn.ReLU())
            size = projection_size
        self.dropout = Dropout(dropout)
        self.recurrent = make_recurrent(size + self.attributes.size, recurrent)
        self.output_size = recurrent.output_size

    def forward(self, windows: Windows) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Return attributes, the top layer's last output, and the whole final state."""
        context = windows.context
        data = context.data  # (steps, context_size)
        if self.projection is not None:
            data = self.dropout(self.projection(data))  # (steps, projection_size)
        attributes = self.attributes(windows.codes)  # (batch, attribute_size)
        if self.attributes.size:
            # (steps, attribute_size): those of each step's row
            rows = torch.cat([attributes[:size] for size in context.batch_sizes.tolist()])
            data = torch.cat([data, rows], dim=1)
        _, state = self.recurrent(context._replace(data=data))
        states = state if isinstance(state, tuple) else (state,)
        return attributes, last_state(states[0], self.output_size), states


class Attributes(nn.Module):
    """Embed the static attributes of a series and concatenate the embeddings.

    Args:
        categories: Number of categories of each attribute; an attribute with only one is left out.
    """

    def __init__(self, categories: Sequence[int]) -> None:
        super().__init__()
        sizes = [min(EMBEDDING_SIZE, (count + 1) // 2) if count > 1 else 0 for count in categories]
        self.places = [place for place, size in enumerate(sizes) if size]
        self.embeddings = nn.ModuleList(
            nn.Embedding(categories[place], sizes[place]) for place in self.places
        )
        self.size = sum(sizes)

    def forward(self, codes: Tensor) -> Tensor:
        """Return ``(batch, size)``."""
        parts = [
            embedding(codes[:, place])
            for place, embedding in zip(self.places, self.embeddings, strict=True)
        ]
        return torch.cat([codes.new_empty(len(codes), 0, dtype=torch.float32), *parts], dim=1)


class DirectForecaster(nn.Module):
    """A recurrent encoder, and a small decoder that forecasts every step from its last output.

    Args:
        context_size: Inputs of a step of the context.
        future_size: Inputs of a step of the horizon.
        categories: Number of categories of each static attribute.
        horizon: Steps to forecast.
        num_outputs: Outputs for each step, such as quantiles.
        recurrent: The recurrent stack.
        dropout: Probability of dropping a feature between the parts.
        seasons: Number of seasonal naive forecasts, the first inputs of each step of the horizon.
        step_size: Features of a step of the horizon that the decoder gets from the encoder.

    Shape:
        windows: A batch.
        output: ``(batch, horizon, num_outputs)``.

    Source: Wen et al. 2017, https://arxiv.org/abs/1711.11053, section 3.
    """

    def __init__(
        self,
        context_size: int,
        future_size: int,
        categories: Sequence[int],
        *,
        horizon: int,
        num_outputs: int,
        recurrent: Recurrent,
        dropout: float,
        seasons: int = 1,
        step_size: int = 16,
    ) -> None:
        super().__init__()
        self.horizon = horizon
        self.encoder = Encoder(
            context_size, categories, recurrent, projection_size=None, dropout=dropout
        )
        size = self.encoder.output_size
        self.dropout = Dropout(dropout)
        self.steps = RowLinear(size, horizon * step_size)
        self.whole = RowLinear(size, size)
        inputs = size + step_size + future_size + self.encoder.attributes.size
        self.decoder = nn.Sequential(RowLinear(inputs, size), nn.ReLU(), Dropout(dropout))
        self.head = RowLinear(size, num_outputs)
        self.season = nn.Parameter(torch.full((horizon, seasons), 1 / seasons))

    def forward(self, windows: Windows) -> Tensor:
        """Return the outputs at every step of the horizon."""
        attributes, last, _ = self.encoder(windows)
        last = self.dropout(last)  # (batch, hidden)
        # of shape (batch, hidden + attributes)
        whole = torch.cat([self.whole(last).relu(), attributes], dim=1)
        inputs = [
            self.steps(last).relu().unflatten(1, (self.horizon, -1)),  # (batch, horizon, step_size)
            whole[:, None].expand(-1, self.horizon, -1),  # (batch, horizon, hidden + attributes)
            windows.future,  # (batch, horizon, future_size)
        ]
        outputs: Tensor = self.head(self.decoder(torch.cat(inputs, dim=2)))  # (batch, horizon, ...)
        return outputs + naive_of(windows, self.season)


class SegmentForecaster(nn.Module):
    """A recurrent stack over segments of time steps that forecasts all segments in parallel.

    Every segment of the horizon is one step of the same stack from the final state of the context,
    with a learned embedding of its position; so a longer horizon adds no sequential steps.

    Args:
        context_size: Inputs of a segment of the context.
        future_size: Inputs of a time step of the horizon.
        categories: Number of categories of each static attribute.
        horizon: Time steps to forecast.
        segment: Time steps of a segment.
        num_outputs: Outputs for each time step, such as quantiles.
        recurrent: The recurrent stack, of one direction.
        dropout: Probability of dropping a feature of a projected segment and of an output.
        seasons: Number of seasonal naive forecasts, the first inputs of each step of the horizon.

    Shape:
        windows: A batch.
        output: ``(batch, horizon, num_outputs)``.

    Source: Lin et al. 2023, https://arxiv.org/abs/2308.11200, section 3: parallel multi-step
    forecasting.
    """

    def __init__(
        self,
        context_size: int,
        future_size: int,
        categories: Sequence[int],
        *,
        horizon: int,
        segment: int,
        num_outputs: int,
        recurrent: Recurrent,
        dropout: float,
        seasons: int = 1,
    ) -> None:
        super().__init__()
        self.horizon, self.segment = horizon, segment
        size = recurrent.width
        self.encoder = Encoder(
            context_size, categories, recurrent, projection_size=size, dropout=dropout
        )
        self.count = -(-horizon // segment)
        self.position = nn.Parameter(torch.randn(self.count, size))
        self.future = RowLinear(segment * future_size, size)
        self.dropout = Dropout(dropout)
        self.head = RowLinear(size, segment * num_outputs)
        self.season = nn.Parameter(torch.full((horizon, seasons), 1 / seasons))

    def forward(self, windows: Windows) -> Tensor:
        """Return the outputs at every step of the horizon."""
        attributes, _, states = self.encoder(windows)
        batch = len(attributes)
        future = windows.future.flatten(1)  # (batch, horizon * future_size)
        missing = self.count * self.segment * windows.future.shape[2] - future.shape[1]
        future = nn.functional.pad(future, (0, missing)).unflatten(1, (self.count, -1))
        steps = self.position + self.future(future)  # (batch, segments, width)
        # of shape (batch, segments, width + attributes)
        data = torch.cat([steps, attributes[:, None].expand(-1, self.count, -1)], dim=2)
        # (layers, batch * segments, hidden) each
        start = tuple(state.repeat_interleave(self.count, dim=1) for state in states)
        hx = start if len(start) > 1 else start[0]
        # of shape (1, batch * segments, hidden)
        output, _ = self.encoder.recurrent(data.flatten(0, 1)[None], hx)
        found: Tensor = self.head(self.dropout(output[0]))  # (..., segment * outputs)
        found = found.view(batch, self.count * self.segment, -1)[:, : self.horizon]
        return found + naive_of(windows, self.season)


def naive_of(windows: Windows, weights: Tensor) -> Tensor:
    """Return the weighted mean of the seasonal naive forecasts, ``(batch, horizon, 1)``.

    Args:
        windows: A batch.
        weights: Weight of each season at each step, ``(horizon, seasons)``.
    """
    return (weights * windows.future[..., : weights.shape[1]]).sum(dim=2, keepdim=True)
