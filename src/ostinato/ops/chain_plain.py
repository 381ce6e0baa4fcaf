"""Chains in torch's elementary operations, in log space, for function transforms.

As `ostinato.ops.plain` is for layers: for ``torch.func``, ``vmap``, forward-mode derivatives and
derivatives of any order.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato.ops.layout import Layout

LOWEST = -1e30
"""Replaces minus infinity, whose derivatives are NaN; far below any sum of scores."""


def sum_paths(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> tuple[Tensor, Tensor]:
    """Return each row's log sum, ``(batch,)``, and the marginals, ``(places, tags)``.

    As the first two results of `ostinato.ops.chain.sum_paths`; the marginals have no derivative.

    Example:
        >>> moves = torch.zeros(2), torch.zeros(2, 2), torch.zeros(2)
        >>> log_z, share = sum_paths(torch.zeros(3, 2), torch.tensor([1, 1, 1]), *moves)
        >>> log_z.exp().round(), share[0]
        (tensor([8.], dtype=torch.float64), tensor([0.5000, 0.5000], dtype=torch.float64))
    """
    layout = Layout(batch_sizes, emissions.device)
    sizes = batch_sizes.tolist()
    scores, start, transition, end = (
        part.double().clamp_min(LOWEST) for part in (emissions, start, transition, end)
    )
    each = scores.split(sizes)  # (running rows, tags) each
    past = [start + each[0]]  # (batch, tags): log forward sums
    for size, here in zip(sizes[1:], each[1:], strict=True):
        past.append((past[-1][:size, :, None] + transition).logsumexp(1) + here)
    log_z = (torch.cat(past).index_select(0, layout.last) + end).logsumexp(1)
    future = [end.expand(sizes[-1], -1)]  # (running rows, tags): log backward sums
    for t in range(len(sizes) - 1, 0, -1):
        onward = (transition + (each[t] + future[0])[:, None, :]).logsumexp(2)
        future.insert(0, torch.cat([onward, end.expand(sizes[t - 1] - sizes[t], -1)]))
    is_possible = log_z > LOWEST / 2
    log_z = torch.where(is_possible, log_z, -torch.inf)  # (batch,)
    # of shape (places, tags)
    log_share = torch.cat(past) + torch.cat(future) - log_z.index_select(0, layout.row)[:, None]
    share = torch.where(is_possible.index_select(0, layout.row)[:, None], log_share.exp(), 0.0)
    return log_z, share.detach()


def gradients(
    d_log_z: Tensor,
    emissions: Tensor,
    batch_sizes: Tensor,
    start: Tensor,
    transition: Tensor,
    end: Tensor,
) -> tuple[Tensor, ...]:
    """Return the gradients of emissions, start, transition and end.

    Args:
        d_log_z: Gradient of each row's sum; of many at once under ``vmap``.
        emissions: As in `sum_paths`, and so on to ``end``.
        batch_sizes: Rows still running at each step.
        start: ``(tags,)``.
        transition: ``(tags, tags)``.
        end: ``(tags,)``.
    """

    def log_z(emissions: Tensor, *moves: Tensor) -> Tensor:
        return sum_paths(emissions, batch_sizes, *moves)[0]

    found: tuple[Tensor, ...] = torch.func.vjp(log_z, emissions, start, transition, end)[1](d_log_z)
    return found
