r"""Linear chains in plain torch: the specification of the native library, and the fallback.

Sums are in float64 and in probabilities, rescaled at each step so that no length overflows. They
underflow where every path allowed in the end was at some step 690 nats below a forbidden one; `mend`
sums such rows again in log space, which is slower and exact.

Source: Rabiner 1989, "A Tutorial on Hidden Markov Models", doi:10.1109/5.18626, sections III and V.A;
the best path: Viterbi 1967, doi:10.1109/TIT.1967.1054010.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato.ops.layout import Layout

SMALLEST = 1e-300  # least divisor, so that impossible rows stay zero
LARGEST = 700.0  # largest exponent, whose exponential is still a float64
FAR = 300.0  # nats a step; in all schemes two steps lead from any tag to any, and stay below 690

Sums = tuple[Tensor, Tensor, Tensor, Tensor]


def sum_paths(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> Sums:
    """Return the results of `ostinato.ops.chain.sum_paths`, before `mend`."""
    layout = Layout(batch_sizes, emissions.device)
    scores = emissions.double()
    best = scores.amax(1, keepdim=True)  # (places, 1)
    best = torch.where(best.isinf(), 0.0, best)
    factors = (scores - best).exp_()  # (places, tags)
    step = transition.double().exp()
    before, sums = torch.empty_like(factors), torch.empty_like(best)
    ends, sizes = torch.cumsum(batch_sizes, 0).tolist(), batch_sizes.tolist()
    torch.mul(factors[: sizes[0]], start.double().exp(), out=before[: sizes[0]])
    for t, (stop, size) in enumerate(zip(ends, sizes, strict=True)):
        here = before[stop - size : stop]
        if t:
            begin = ends[t - 1] - sizes[t - 1]
            torch.mm(before[begin : begin + size], step, out=here)
            here.mul_(factors[stop - size : stop])
        total = torch.sum(here, 1, keepdim=True, out=sums[stop - size : stop])
        here.div_(total.clamp_min(SMALLEST))
    leave = end.double().exp()
    whole = before.index_select(0, layout.last) @ leave  # (batch,)
    log_z = (sums.log() + best).squeeze(1)  # (places,)
    log_z = torch.zeros_like(whole).index_add_(0, layout.row, log_z) + whole.log()  # (batch,)
    after = torch.empty_like(factors)
    after[layout.last] = leave / whole.clamp_min(SMALLEST)[:, None]
    onward = factors.div_(sums.clamp_min(SMALLEST))  # (places, tags)
    for t in range(len(sizes) - 1, -1, -1):
        place, stop = ends[t] - sizes[t], ends[t]
        here = onward[place:stop].mul_(after[place:stop])
        if t:
            begin = ends[t - 1] - sizes[t - 1]
            torch.mm(here, step.T, out=after[begin : begin + sizes[t]])
    return log_z, before * after, before, onward


def mend(
    sums: Sums,
    emissions: Tensor,
    batch_sizes: Tensor,
    start: Tensor,
    transition: Tensor,
    end: Tensor,
) -> Sums:
    """Sum again in log space, in place, the rows that underflowed or may have."""
    is_whole = (sums[1].sum(1) - 1).abs() < 1e-6
    # The best path may be lost, too: the marginals of the others still sum to 1.
    shared = torch.cat([start, transition.flatten(), end]).double()
    reach = shared.masked_fill(shared == -torch.inf, 0.0).abs().amax()
    low, high = emissions.aminmax()
    if bool(is_whole.all() & (high - low + reach < FAR)):
        return sums
    least = emissions.masked_fill(emissions == -torch.inf, torch.inf).amin(1)  # (places,)
    is_whole &= emissions.amax(1) - least + reach < FAR
    if bool(is_whole.all()):
        return sums
    layout = Layout(batch_sizes, emissions.device)
    is_lost = torch.zeros_like(sums[0], dtype=torch.bool)  # (batch,)
    is_lost[layout.row[~is_whole]] = True
    places = is_lost[layout.row]  # (places,)
    sizes = torch.bincount(layout.step[places]).to(batch_sizes.device)
    found = _sum_logarithms(emissions[places], sizes, start, transition, end)
    sums[0][is_lost] = found[0]
    for part, mended in zip(sums[1:], found[1:], strict=True):
        part[places] = mended
    return sums


def _sum_logarithms(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> Sums:
    layout = Layout(batch_sizes, emissions.device)
    scores, step = emissions.double(), transition.double()
    ends, sizes = torch.cumsum(batch_sizes, 0).tolist(), batch_sizes.tolist()
    past, future = torch.empty_like(scores), torch.empty_like(scores)
    past[: sizes[0]] = start.double() + scores[: sizes[0]]
    for t in range(1, len(sizes)):
        place, stop, begin = ends[t - 1], ends[t], ends[t - 1] - sizes[t - 1]
        moves = past[begin : begin + sizes[t], :, None] + step
        past[place:stop] = moves.logsumexp(1) + scores[place:stop]
    future[layout.last] = end.double()
    log_z = (past.index_select(0, layout.last) + end.double()).logsumexp(1)  # (batch,)
    for t in range(len(sizes) - 1, 0, -1):
        place, stop, begin = ends[t - 1], ends[t], ends[t - 1] - sizes[t - 1]
        moves = step + (scores[place:stop] + future[place:stop])[:, None, :]
        future[begin : begin + sizes[t]] = moves.logsumexp(2)
    total = log_z.index_select(0, layout.row)[:, None]
    share = past + future - total  # (places, tags)
    share.masked_fill_(total == -torch.inf, -torch.inf)  # rows without an allowed path
    # Scaled so that the likeliest tag of each place has past 1, far from under- and overflow.
    scale = past.gather(1, share.argmax(1, keepdim=True))
    scale.masked_fill_(scale.isinf(), 0.0)
    before = (past - scale).clamp_max(LARGEST).exp()
    onward = scores + future - total
    onward[sizes[0] :] += scale.index_select(0, layout.previous)
    onward.masked_fill_(total == -torch.inf, -torch.inf)
    return log_z, share.exp(), before, onward.clamp_max(LARGEST).exp()


def best_paths(
    emissions: Tensor, batch_sizes: Tensor, start: Tensor, transition: Tensor, end: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the results of `ostinato.ops.chain.best_paths`."""
    layout = Layout(batch_sizes, emissions.device)
    scores = emissions.to(torch.float64, copy=True)
    steps = transition.double()
    ends, sizes = torch.cumsum(batch_sizes, 0).tolist(), batch_sizes.tolist()
    origin = torch.empty(scores.shape, dtype=torch.int64, device=scores.device)  # (places, tags)
    scores[: sizes[0]] += start.double()
    for t in range(1, len(sizes)):
        place, stop, begin = ends[t - 1], ends[t], ends[t - 1] - sizes[t - 1]
        last = scores[begin : begin + sizes[t]]
        best, origin[place:stop] = (last[:, :, None] + steps).max(1)
        scores[place:stop] += best
    score, tag = (scores.index_select(0, layout.last) + end.double()).max(1)
    path = torch.empty(len(scores), dtype=torch.int64, device=scores.device)
    path[layout.last] = tag
    for t in range(len(sizes) - 1, 0, -1):
        place, stop, begin = ends[t - 1], ends[t], ends[t - 1] - sizes[t - 1]
        here = path[place:stop, None]
        path[begin : begin + sizes[t]] = origin[place:stop].gather(1, here).squeeze(1)
    return path, score


def n_best_paths(
    emissions: Tensor, start: Tensor, transition: Tensor, end: Tensor, n: int
) -> tuple[Tensor, Tensor]:
    """Return the ``n`` best paths of one row and their scores, best first.

    Paths with a forbidden step are left out, so there may be fewer.

    Args:
        emissions: ``(time, tags)`` of a single row.
        start: ``(tags,)``.
        transition: ``(tags, tags)``.
        end: ``(tags,)``.
        n: Most paths.

    Returns:
        ``(paths, time)`` int64, and ``(paths,)`` float64.
    """
    num_tags = emissions.shape[1]
    scores = (emissions[0].double() + start.double())[None]  # (rank, tags)
    origins: list[Tensor] = []
    for emission in emissions[1:].double():
        candidates = scores[:, :, None] + transition.double()  # (rank, tag before, tag)
        flat = candidates.flatten(0, 1)
        scores, origin = flat.topk(min(n, len(flat)), dim=0)
        scores = scores + emission
        origins.append(origin)
    total, chosen = (scores + end.double()).flatten().sort(descending=True, stable=True)
    chosen = chosen[:n][total[:n] > -torch.inf]
    tags = [chosen % num_tags]
    rank = chosen // num_tags
    for origin in reversed(origins):
        place = origin[rank, tags[-1]]
        rank = place // num_tags
        tags.append(place % num_tags)
    return torch.stack(tags[::-1], 1), total[: len(chosen)]
