"""Output distributions of the autoregressive forecaster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.distributions import Distribution, NegativeBinomial, Normal, StudentT
from torch.nn.functional import softplus

LikelihoodName = Literal["gaussian", "student-t", "negative-binomial"]

SMALLEST = 1e-4  # least deviation, on the scale of the network


class Likelihood(ABC):
    """Abstract base of output distributions, over values on the scale of the network.

    Attributes:
        num_outputs: Network outputs that parametrise it.
        counts: Whether it is over counts, which are divided by a scale but never shifted.
    """

    num_outputs: ClassVar[int]
    counts: ClassVar[bool] = False

    @abstractmethod
    def distribution(self, outputs: Tensor, scale: Tensor) -> Distribution:
        """Return the distribution with these outputs as parameters.

        Shape:
            outputs: ``(..., num_outputs)``.
            scale: ``(...)``, the divisor of the values; only counts need it.
            distribution: Batch shape ``(...)``.
        """

    def log_prob(self, outputs: Tensor, values: Tensor, scale: Tensor) -> Tensor:
        """Return the log density of ``(...)`` values on the scale of the network, in nats."""
        found: Tensor = self.distribution(outputs, scale).log_prob(values)
        return found

    def sample(self, outputs: Tensor, scale: Tensor) -> Tensor:
        """Draw a sample of each distribution, ``(...)``, on the scale of the network."""
        found: Tensor = self.distribution(outputs, scale).sample()
        return found


class Gaussian(Likelihood):
    """The normal distribution: mean and deviation."""

    num_outputs = 2

    def distribution(self, outputs: Tensor, scale: Tensor) -> Distribution:
        """Return the distribution; see :class:`Likelihood`."""
        mean, spread = outputs.unbind(-1)  # (...) each
        return Normal(mean, softplus(spread) + SMALLEST)


class StudentsT(Likelihood):
    """Student's t distribution: degrees of freedom above 2, location and scale.

    Source: Bailey 1994, https://doi.org/10.2307/2153537, for the samples: two uniform numbers each, so
    that no sample depends on rejections of another.
    """

    num_outputs = 3

    def distribution(self, outputs: Tensor, scale: Tensor) -> StudentT:
        """Return the distribution; see :class:`Likelihood`."""
        freedom, mean, spread = outputs.unbind(-1)  # (...) each
        return StudentT(2.0 + softplus(freedom), mean, softplus(spread) + SMALLEST)

    def sample(self, outputs: Tensor, scale: Tensor) -> Tensor:
        """Draw a sample of each distribution, ``(...)``."""
        student = self.distribution(outputs, scale)
        radius, angle = torch.rand(2, *student.df.shape, dtype=outputs.dtype, device=outputs.device)
        grown = torch.expm1(-2 / student.df * torch.log1p(-radius))
        drawn: Tensor = (
            student.loc + student.scale * (student.df * grown).sqrt() * (2 * torch.pi * angle).cos()
        )
        return drawn


class NegativeBinomials(Likelihood):
    """The negative binomial distribution of counts, by mean and dispersion.

    Source: Salinas et al. 2020, https://arxiv.org/abs/1704.04110, section 3.1 and equation 3: the mean
    is multiplied by the scale of the window, the dispersion divided by its square root.
    """

    num_outputs = 2
    counts = True

    def distribution(self, outputs: Tensor, scale: Tensor) -> Distribution:
        """Return the distribution; see :class:`Likelihood`."""
        mean, dispersion = outputs.unbind(-1)  # (...) each
        mean = softplus(mean) * scale + SMALLEST
        count = scale.sqrt() / (softplus(dispersion) + SMALLEST)
        return NegativeBinomial(count, logits=mean.log() - count.log())

    def log_prob(self, outputs: Tensor, values: Tensor, scale: Tensor) -> Tensor:
        """Return the log probability of the counts."""
        return super().log_prob(outputs, (values * scale).round(), scale)

    def sample(self, outputs: Tensor, scale: Tensor) -> Tensor:
        """Draw a count from each distribution, divided by the scale, ``(...)``."""
        return super().sample(outputs, scale) / scale


LIKELIHOODS: dict[LikelihoodName, Likelihood] = {
    "gaussian": Gaussian(),
    "student-t": StudentsT(),
    "negative-binomial": NegativeBinomials(),
}


def sampled_quantiles(paths: Tensor, quantiles: Tensor) -> Tensor:
    """Return quantiles of sampled paths.

    Shape:
        paths: ``(batch, samples, horizon)``.
        quantiles: ``(count,)`` in (0, 1).
        output: ``(batch, horizon, count)``.

    Example:
        >>> sampled_quantiles(torch.tensor([[[1.0], [2.0], [3.0]]]), torch.tensor([0.5]))
        tensor([[[2.]]])
    """
    return torch.quantile(paths, quantiles, dim=1).permute(1, 2, 0)  # (batch, horizon, count)
