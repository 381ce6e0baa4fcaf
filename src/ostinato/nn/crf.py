"""Linear-chain conditional random fields over packed sequences, exact."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato import _shapes
from ostinato._config import check_range
from ostinato._errors import ShapeError
from ostinato.nn.scripting import PackedModule
from ostinato.ops import Layout, chain
from ostinato.ops.chain_reference import n_best_paths
from ostinato.ops.layout import unsorted
from ostinato.ops.transforms import check_is_alone, is_followed


class Chain(NamedTuple):
    """Scores of all the tag sequences of a packed batch.

    A sequence's score is the sum of the start score of its first tag, the emissions of its tags, the
    transitions between neighbours and the end score of its last tag. Minus infinity forbids.

    Shape:
        emissions: A ``PackedSequence`` of ``(places, tags)``.
        start, end: ``(tags,)``.
        transition: ``(tags, tags)``, from the row's tag to the column's.
    """

    emissions: PackedSequence
    start: Tensor
    transition: Tensor
    end: Tensor


class CRF(PackedModule):
    r"""Linear-chain conditional random field: tags that depend on their neighbours.

    .. math:: P(y \mid x) = \exp(s(x, y)) / \sum_{y'} \exp(s(x, y'))

    Its transition scores make a :class:`Chain` of emissions, on which the functions of this module
    work: `log_likelihood`, `decode`, `n_best` and `posterior`. They are exact: a forbidden sequence has
    probability 0, and gradients are those of the sum over all sequences.

    Args:
        num_tags: Number of tags.
        allowed: Which tags may come first, ``(tags,)``, after one another, ``(tags, tags)``, and
            last, ``(tags,)``, as from `ostinato.datasets.records.schemes.allowed`; None for all.

    Shape:
        emissions: A ``PackedSequence`` of ``(places, num_tags)``.

    Raises:
        ConfigError: ``num_tags`` is below 1.
        ShapeError: The emissions or ``allowed`` have another number of tags.

    Example:
        >>> crf = CRF(3)
        >>> emissions = nn.utils.rnn.pack_sequence([torch.eye(3), torch.eye(3)[:1]])
        >>> chain = crf(emissions)
        >>> decode(chain).data
        tensor([0, 0, 1, 2])
        >>> log_likelihood(chain, torch.tensor([0, 0, 1, 2])).shape
        torch.Size([2])

    Source: Lafferty, McCallum and Pereira 2001, "Conditional Random Fields"; over a bidirectional
    LSTM: Huang, Xu and Yu 2015, https://arxiv.org/abs/1508.01991.
    """

    start: Tensor
    transition: Tensor
    end: Tensor
    start_mask: Tensor
    transition_mask: Tensor
    end_mask: Tensor

    def __init__(
        self,
        num_tags: int,
        allowed: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
    ) -> None:
        super().__init__()
        check_range("CRF", "num_tags", num_tags, low=1)
        self.num_tags = num_tags
        shapes = {"start": (num_tags,), "transition": (num_tags, num_tags), "end": (num_tags,)}
        for place, (name, shape) in enumerate(shapes.items()):
            setattr(self, name, nn.Parameter(torch.zeros(shape)))
            mask = torch.zeros(shape)
            if allowed is not None:
                may = torch.as_tensor(allowed[place])
                if may.shape != shape:
                    raise ShapeError(
                        f"CRF: what is allowed must have the shape {shape} for {name}; got "
                        f"{tuple(may.shape)}. Make it of the tags that the emissions score."
                    )
                if not may.is_meta and bool(((may != 0) & (may != 1)).any()):
                    raise ShapeError(
                        f"CRF: what is allowed must be true or false, or 1 or 0, for {name}; got "
                        f"{may.dtype} with other values. Give for each tag whether it may stand there."
                    )
                mask = mask.masked_fill(may == 0, -torch.inf)
            self.register_buffer(f"{name}_mask", mask, persistent=False)

    def forward(self, emissions: PackedSequence) -> Chain:
        """Return the emissions with the transition scores, forbidden ones at minus infinity."""
        _shapes.check_is_packed("CRF", emissions)
        _shapes.check_features("CRF", emissions.data, self.num_tags, ranks=(2,))
        if emissions.data.is_complex():
            raise ShapeError(
                f"CRF: emissions must be real numbers; got {emissions.data.dtype}. "
                "Give their .real or their .abs()."
            )
        return Chain(
            emissions,
            self.start + self.start_mask,
            self.transition + self.transition_mask,
            self.end + self.end_mask,
        )

    def extra_repr(self) -> str:
        """Return the number of tags, for ``repr``."""
        return f"num_tags={self.num_tags}"


def log_likelihood(scores: Chain, tags: Tensor) -> Tensor:
    """Return the log-probability of the tags of each sequence.

    Args:
        scores: The chain.
        tags: The gold tags; or for partial labels, which tags are possible. Then it is the total
            probability of all the sequences of possible tags.

    Shape:
        tags: ``(places,)`` int64, or ``(places, tags)`` bool, in packed order.
        output: ``(batch,)``, float64, in the order in which the batch was packed.

    Raises:
        ShapeError: The tags do not fit the emissions.

    Example:
        >>> emissions = nn.utils.rnn.pack_sequence([torch.zeros(2, 3)])
        >>> either = torch.tensor([[True, True, False], [False, False, True]])
        >>> log_likelihood(CRF(3)(emissions), either).exp().detach()  # two of nine
        tensor([0.2222], dtype=torch.float64)

    Source: partial labels: Tsuboi et al. 2008, https://aclanthology.org/C08-1113.
    """
    return log_likelihood_and_marginals(scores, tags)[0]


def log_likelihood_and_marginals(scores: Chain, tags: Tensor) -> tuple[Tensor, Tensor]:
    """Return `log_likelihood` together with the marginals, which its gradient needs anyway.

    Returns:
        The log-probabilities, and the probability of each tag at each place, ``(places, tags)``,
        float64, which has no gradient.
    """
    data, batch_sizes = scores.emissions.data, scores.emissions.batch_sizes
    _check_tags(tags, data)
    # of shape (batch,), (places, tags)
    log_z, marginals = chain.log_sum_and_share(data, batch_sizes, *scores[1:])
    if tags.dtype == torch.bool:
        open_ones = data.masked_fill(~tags, -torch.inf)
        given = chain.log_sum_and_share(open_ones, batch_sizes, *scores[1:])[0]
    else:
        given = _score(scores, tags)  # (batch,)
    # A copy: the backward pass reads the marginals, and autograd misses changes through NumPy.
    return unsorted(given - log_z, scores.emissions), marginals.clone()


@torch.no_grad()
def decode(scores: Chain) -> PackedSequence:
    """Return the likeliest tags of each sequence (Viterbi), packed as the emissions are.

    Example:
        >>> emissions = nn.utils.rnn.pack_sequence([torch.tensor([[0.0, 1.0], [2.0, 0.0]])])
        >>> decode(CRF(2)(emissions)).data
        tensor([1, 0])
    """
    check_is_alone("decode")
    emissions = scores.emissions
    path, _ = chain.best_paths(emissions.data, emissions.batch_sizes, *scores[1:])
    return emissions._replace(data=path)


@torch.no_grad()
def n_best(scores: Chain, n: int) -> list[list[tuple[list[int], float]]]:
    """Return the ``n`` likeliest tag sequences of each sequence, with their log-probabilities.

    Args:
        scores: The chain.
        n: Most sequences; fewer where fewer are allowed.

    Raises:
        ConfigError: ``n`` is below 1.

    Example:
        >>> emissions = nn.utils.rnn.pack_sequence([torch.tensor([[0.0, 1.0], [2.0, 0.0]])])
        >>> [tags for tags, _ in n_best(CRF(2)(emissions), 3)[0]]
        [[1, 0], [0, 0], [1, 1]]
    """
    check_range("n_best", "n", n, low=1)
    check_is_alone("n_best")
    emissions = scores.emissions
    log_z = chain.sum_paths(emissions.data, emissions.batch_sizes, *scores[1:])[0]
    layout = Layout(emissions.batch_sizes, emissions.data.device)
    order = torch.argsort(layout.row, stable=True)
    # of shape (steps, tags) each
    rows = emissions.data.index_select(0, order).split(layout.lengths.tolist())
    found = []
    for row, total in zip(rows, log_z, strict=True):
        paths, values = n_best_paths(row, *scores[1:], n)
        found.append(list(zip(paths.tolist(), (values - total).tolist(), strict=True)))
    if emissions.unsorted_indices is None:
        return found
    return [found[place] for place in emissions.unsorted_indices.tolist()]


@dataclass(frozen=True, eq=False)
class Posterior:
    """Posterior probabilities of tags given the whole sequence; see `posterior`.

    Args:
        marginals: Probability of each tag at each place, ``(places, tags)``, float64.
        batch_sizes: Those of the packed batch.
    """

    marginals: Tensor
    batch_sizes: Tensor
    _before: Tensor
    _onward: Tensor
    _step: Tensor

    @cached_property
    def layout(self) -> Layout:
        """The layout of the packed batch."""
        return Layout(self.batch_sizes, self.marginals.device)

    def of(self, tags: Tensor) -> Tensor:
        """Return the probability of one tag at each place, ``(places,)``."""
        return self.marginals.gather(1, tags[:, None]).squeeze(1)

    def of_pair(self, before: Tensor, tags: Tensor) -> Tensor:
        """Return the probability of ``before`` at the previous step and ``tags`` at each place.

        Args:
            before: A tag for the step before each place; that of a row's first step is not read.
            tags: A tag for each place.

        Returns:
            ``(places,)``; of a row's first step the probability of the tag alone.
        """
        first = self.layout.batch_size
        alone = self.of(tags)  # (places,)
        left, right = before[first:, None], tags[first:, None]  # (places - batch, 1)
        # of shape (places - batch, 1)
        past = self._before.index_select(0, self.layout.previous).gather(1, left)
        step = self._step[left, right]
        pairs = past * step * self._onward[first:].gather(1, right)
        return torch.cat([alone[:first], pairs.squeeze(1)])


@torch.no_grad()
def posterior(scores: Chain) -> Posterior:
    """Return the probability of each tag and each pair of neighbours, given whole sequences.

    Example:
        >>> emissions = nn.utils.rnn.pack_sequence([torch.zeros(3, 4)])
        >>> posterior(CRF(4)(emissions)).marginals[0]
        tensor([0.2500, 0.2500, 0.2500, 0.2500], dtype=torch.float64)
    """
    check_is_alone("posterior")
    data, batch_sizes = scores.emissions.data, scores.emissions.batch_sizes
    _, marginals, before, onward = chain.sum_paths(data, batch_sizes, *scores[1:])
    return Posterior(marginals, batch_sizes, before, onward, scores.transition.double().exp())


def _check_tags(tags: Tensor, data: Tensor) -> None:
    """Raise ShapeError unless the tags are those of the emissions, whole or partial."""
    rule = f"int64 of shape {tuple(data.shape[:1])}, or bool of shape {tuple(data.shape)}"
    advice = "Pack them as the emissions are packed, and give the data of that."
    if not isinstance(tags, Tensor):
        raise ShapeError(
            f"log_likelihood: tags must be a tensor, {rule}; got {type(tags).__name__}. {advice}"
        )
    if (tags.dtype, tags.shape) == (torch.bool, data.shape):
        return
    if (tags.dtype, tags.shape) != (torch.int64, data.shape[:1]):
        raise ShapeError(
            f"log_likelihood: tags must be {rule}; got {tags.dtype} of {tuple(tags.shape)}. {advice}"
        )
    if torch.compiler.is_compiling() or is_followed() or tags.device.type != "cpu":
        return  # values cannot be read there; torch's own indexing checks them
    low, high = (int(one) for one in tags.aminmax())
    if low < 0 or high >= data.shape[1]:
        raise ShapeError(
            f"log_likelihood: tags must be from 0 to {data.shape[1] - 1}; got {low} to {high}. Where a "
            "tag is not known give bool tags, all true there."
        )


def _score(scores: Chain, tags: Tensor) -> Tensor:
    """Return the score of one tag sequence a row, ``(batch,)``."""
    emissions = scores.emissions
    layout = Layout(emissions.batch_sizes, emissions.data.device)
    first = layout.batch_size
    before, after = tags.index_select(0, layout.previous), tags[first:]
    # of shape (places - batch,), (batch,)
    moves = (scores.transition[before, after], scores.start[tags[:first]])
    each = emissions.data.gather(1, tags[:, None]).squeeze(1).double()
    each = each + torch.cat([moves[1], moves[0]]).double()  # (places,)
    total = each.new_zeros(first).index_add(0, layout.row, each)  # (batch,)
    return total + scores.end[tags.index_select(0, layout.last)].double()
