"""Likelihoods are the distributions of their names, in the units of what is forecast."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn.functional import softplus

from ostinato.models.likelihoods import LIKELIHOODS, SMALLEST, sampled_quantiles

CONTINUOUS = ("gaussian", "student-t")


def outputs_of(name: str, count: int = 200) -> torch.Tensor:
    return 2 * torch.randn(count, LIKELIHOODS[name].num_outputs, dtype=torch.float64)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_density_is_that_of_scipy(name):
    outputs, values = outputs_of(name), torch.randn(200, dtype=torch.float64)
    found = LIKELIHOODS[name].log_prob(outputs, values, torch.full((200,), 7.0))
    *freedom, mean, spread = outputs.unbind(-1)
    shape = {"df": 2 + softplus(freedom[0]).numpy()} if freedom else {}
    law = stats.t if freedom else stats.norm
    scale = softplus(spread) + SMALLEST
    expected = law.logpdf(values.numpy(), loc=mean.numpy(), scale=scale.numpy(), **shape)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9)


def test_counts_have_the_mean_and_the_variance_of_the_paper():
    likelihood = LIKELIHOODS["negative-binomial"]
    outputs = outputs_of("negative-binomial")
    scale = torch.rand(200, dtype=torch.float64) * 20 + 0.1
    counts = torch.randint(0, 30, (200,)).double()
    mean = (softplus(outputs[:, 0]) * scale + SMALLEST).numpy()
    shape = ((softplus(outputs[:, 1]) + SMALLEST) / scale.sqrt()).numpy()
    variance = mean + shape * mean**2  # of Salinas et al.
    law = stats.nbinom(mean**2 / (variance - mean), mean / variance)
    found = likelihood.log_prob(outputs, counts / scale, scale)
    np.testing.assert_allclose(found.numpy(), law.logpmf(counts.numpy()), rtol=1e-7)
    told = likelihood.distribution(outputs, scale)
    np.testing.assert_allclose(told.mean.numpy(), mean, rtol=1e-9)
    np.testing.assert_allclose(told.variance.numpy(), variance, rtol=1e-9)


def test_a_count_that_was_divided_in_single_precision_is_the_same_count():
    likelihood = LIKELIHOODS["negative-binomial"]
    counts, scale = torch.arange(2000).float(), torch.full((2000,), 7.3)
    outputs = torch.zeros(2000, 2)
    exact = likelihood.distribution(outputs, scale).log_prob(counts)
    assert torch.equal(likelihood.log_prob(outputs, counts / scale, scale), exact)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_samples_are_of_the_distribution(name):
    likelihood = LIKELIHOODS[name]
    outputs = torch.tensor([1.0, 0.5, -0.3])[: likelihood.num_outputs].double().expand(20_000, -1)
    scale = torch.full((20_000,), 6.0, dtype=torch.float64)
    drawn = likelihood.sample(outputs, scale)
    told = likelihood.distribution(outputs[:1], scale[:1])
    unit = 6.0 if likelihood.counts else 1.0
    error = (drawn.mean() * unit - told.mean).abs() / (told.variance / 20_000).sqrt()
    assert error < 4
    if likelihood.counts:
        counts = drawn * unit
        torch.testing.assert_close(counts, counts.round(), atol=1e-9, rtol=0)
        assert counts.max() > counts.min() >= 0
    else:
        share = (drawn < told.mean + told.stddev).double().mean()
        law = stats.norm if name == "gaussian" else stats.t(2 + float(softplus(outputs[0, 0])))
        deviation = 1.0 if name == "gaussian" else float(law.std())
        assert share == pytest.approx(law.cdf(deviation), abs=0.015)


@pytest.mark.parametrize("freedom", [-20.0, 0.0, 30.0])
def test_samples_of_students_t_pass_for_those_of_scipy(freedom):
    outputs = torch.tensor([freedom, 1.0, 0.5], dtype=torch.float64).expand(20_000, 3)
    drawn = LIKELIHOODS["student-t"].sample(outputs, torch.ones(20_000)).numpy()
    law = stats.t(
        2 + float(softplus(outputs[0, 0])), 1.0, float(softplus(outputs[0, 2])) + SMALLEST
    )
    assert stats.kstest(drawn, law.cdf).pvalue > 1e-3
    assert stats.kstest(drawn, stats.norm(1.0, law.std()).cdf).pvalue < 1e-3 or freedom > 0


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_sample_does_not_depend_on_those_beside_it(name):
    """However strange these are: each takes as many random numbers."""
    outputs = torch.randn(64, LIKELIHOODS[name].num_outputs)
    others = outputs.clone()
    others[1::2] = 1e3
    drawn = []
    for given in (outputs, others):
        torch.manual_seed(0)
        drawn.append(LIKELIHOODS[name].sample(given, torch.ones(64)))
    assert torch.equal(drawn[0][::2], drawn[1][::2])
    assert not torch.equal(drawn[0][1::2], drawn[1][1::2])


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_extreme_outputs_stay_finite(name):
    """A network that starts badly must not stop with NaN."""
    likelihood = LIKELIHOODS[name]
    outputs = torch.tensor([-60.0, 0.0, 60.0]).repeat(3, 1).T[:, : likelihood.num_outputs]
    outputs = outputs.contiguous().requires_grad_()
    values, scale = torch.tensor([0.0, 1.0, 3.0]), torch.ones(3)
    found = likelihood.log_prob(outputs, values, scale)
    assert found.isfinite().all()
    found.sum().backward()
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()
    assert likelihood.sample(outputs.detach(), scale).isfinite().all()


def test_sampled_quantiles_are_those_of_numpy():
    paths = torch.randn(3, 41, 5, dtype=torch.float64)
    probabilities = [0.025, 0.1, 0.5, 0.9, 0.975]
    found = sampled_quantiles(paths, torch.tensor(probabilities, dtype=torch.float64))
    expected = np.quantile(paths.numpy(), probabilities, axis=1).transpose(1, 2, 0)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
