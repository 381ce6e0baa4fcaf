r"""Linear chains over a packed batch: the sum over all paths, its gradients, and the best path.

A path :math:`y` of a row has the score
:math:`s(y) = start_{y_1} + \sum_t e_{t, y_t} + \sum_t transition_{y_t, y_{t+1}} + end_{y_T}`; minus
infinity forbids. On a CPU the native library does the sums; torch's operations take several times as
long, nearly all of it call overhead. Without it, and on other devices, `chain_reference` is used.
"""

from __future__ import annotations

from ctypes import byref
from typing import Any

import torch
from torch import Tensor

from ostinato._native import bindings, library
from ostinato.ops import chain_plain, chain_reference
from ostinato.ops.layout import Layout
from ostinato.ops.transforms import are_batched, is_followed


@torch.library.custom_op("ostinato::chain", mutates_args=())
def sum_paths(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    r"""Sum over the paths of each row, and the share of each tag and pair of tags in that sum.

    Args:
        emissions: Score of each tag at each place.
        batch_sizes: Rows still running at each step, as in a ``PackedSequence``.
        start: Score of each tag at a row's first step.
        transition: Score of the row's tag followed by the column's.
        end: Score of each tag at a row's last step.

    Returns:
        log_z: :math:`\log \sum_y \exp s(y)` of each row.
        marginals: Probability of each tag at each place.
        before, onward: Factors of pair probabilities: the tags ``i, j`` at two places that follow each
        other have the probability ``before[first, i] * exp(transition[i, j]) * onward[second, j]``.

    Shape:
        emissions, marginals, before, onward: ``(places, tags)``; the results are float64.
        log_z: ``(batch,)``, float64.
    """
    arguments = (emissions, batch_sizes, start, transition, end)
    native = library.load() if emissions.device.type == "cpu" else None
    if native is None:
        return chain_reference.mend(chain_reference.sum_paths(*arguments), *arguments)
    chain = _Chain(*arguments)
    log_z = chain.emissions.new_empty(int(batch_sizes[0]))  # (batch,)
    # of shape (places, tags) each
    marginals, before, onward = (torch.empty_like(chain.emissions) for _ in range(3))
    num_tags = emissions.shape[1]
    workspace = chain.emissions.new_empty(num_tags, 2 * num_tags + 3)
    results = (log_z, marginals, before, onward, workspace)
    native.ostinato_chain_sum(byref(chain.struct), *(part.data_ptr() for part in results))
    return chain_reference.mend((log_z, marginals, before, onward), *arguments)


@torch.library.custom_op("ostinato::chain_backward", mutates_args=())
def _sum_paths_backward(
    d_log_z: Tensor,
    batch_sizes: Tensor,
    transition: Tensor,
    marginals: Tensor,
    before: Tensor,
    onward: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients of emissions, start, transition and end."""
    layout = Layout(batch_sizes, marginals.device)
    weight = d_log_z.double().index_select(0, layout.row)[:, None]  # (places, 1)
    d_emissions = marginals * weight  # (places, tags)
    num_first = layout.batch_size
    # of shape (places - batch, tags)
    weighted = before.index_select(0, layout.previous) * weight[num_first:]
    d_transition = (weighted.T @ onward[num_first:]) * transition.double().exp()  # (tags, tags)
    return (
        d_emissions,
        d_emissions[:num_first].sum(0),
        d_transition,
        d_emissions.index_select(0, layout.last).sum(0),
    )


def best_paths(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the best path of each row, packed ``(places,)``, and its score ``(batch,)``.

    Args:
        emissions: ``(places, tags)``, as the rest is in :func:`sum_paths`.
        batch_sizes: Rows still running at each step.
        start: ``(tags,)``.
        transition: ``(tags, tags)``.
        end: ``(tags,)``.
    """
    native = library.load() if emissions.device.type == "cpu" else None
    if native is None:
        return chain_reference.best_paths(emissions, batch_sizes, start, transition, end)
    chain = _Chain(emissions, batch_sizes, start, transition, end)
    path = torch.empty(len(emissions), dtype=torch.int64)  # (places,)
    scores = chain.emissions.new_empty(int(batch_sizes[0]))
    workspace = chain.emissions.new_empty(2, emissions.shape[1])
    origins = torch.empty(emissions.shape, dtype=torch.int32)  # (places, tags)
    results = (path, scores, workspace, origins)
    native.ostinato_chain_best(byref(chain.struct), *(part.data_ptr() for part in results))
    return path, scores


class _Chain:
    """The arguments of a native call: contiguous float64, kept alive while it runs."""

    def __init__(
        self, emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
    ) -> None:
        self.emissions = emissions.double().contiguous()
        scores = [part.double().contiguous() for part in (start, transition, end)]
        self.kept = (batch_sizes.contiguous(), self.emissions, *scores)
        pointers = (part.data_ptr() for part in self.kept)
        self.struct = bindings.Chain(emissions.shape[1], len(batch_sizes), *pointers)


@sum_paths.register_fake
def _(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    batch_size = torch.library.get_ctx().new_dynamic_size()
    results = [emissions.new_empty(emissions.shape, dtype=torch.float64) for _ in range(3)]
    log_z = emissions.new_empty((batch_size,), dtype=torch.float64)
    return log_z, results[0], results[1], results[2]


@_sum_paths_backward.register_fake
def _(
    d_log_z: Tensor,
    batch_sizes: Tensor,
    transition: Tensor,
    marginals: Tensor,
    before: Tensor,
    onward: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    tags = marginals.shape[1]
    shapes = (marginals.shape, (tags,), (tags, tags), (tags,))
    a, b, c, d = (marginals.new_empty(shape) for shape in shapes)
    return a, b, c, d


def _save_for_backward(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.save_for_backward(*inputs, *output[1:])
    ctx.dtypes = [part.dtype for part in (inputs[0], *inputs[2:])]
    ctx.mark_non_differentiable(*output[1:])


def _backward(ctx: Any, d_log_z: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
    arguments, sums = ctx.saved_tensors[:5], ctx.saved_tensors[5:]
    if torch.is_grad_enabled() or are_batched(d_log_z):
        gradients = chain_plain.gradients(d_log_z, *arguments)
    else:
        gradients = _sum_paths_backward(d_log_z, arguments[1], arguments[3], *sums)
    cast = [part.to(dtype) for part, dtype in zip(gradients, ctx.dtypes, strict=True)]
    return cast[0], None, *cast[1:]


sum_paths.register_autograd(_backward, setup_context=_save_for_backward)


def log_sum_and_share(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the first two results of `sum_paths`, also under transforms."""
    is_plain = is_followed() or emissions.device.type == "meta"
    run = chain_plain.sum_paths if is_plain else sum_paths
    log_z, marginals, *_ = run(emissions, batch_sizes, start, transition, end)
    return log_z, marginals
