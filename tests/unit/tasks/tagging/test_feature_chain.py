from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from ostinato import CheckpointError
from ostinato.data.batches import collate
from ostinato.data.ragged import Ragged
from ostinato.datasets import Tagged
from ostinato.nn import CRF, Chain, decode, log_likelihood
from ostinato.tasks.tagging.decoding import answers_of, shifted
from ostinato.tasks.tagging.feature_chain import FeatureChain, JoinedChain, joined
from ostinato.tasks.tagging.joining import best_outside
from ostinato.tasks.tagging.objective import TaggingObjective
from ostinato.tasks.tagging.tags import Tags

SENTENCES = [["Anna", "Lee", "met", "Ben"], ["Rain", "fell"], ["Ben", "sings"]] * 8
TAGS = Tags.fit(
    Tagged.make(SENTENCES, [["B-PER", "I-PER", "O", "B-PER"], ["O", "O"], ["B-PER", "O"]] * 8, ""),
    "BIOES",
)
TARGETS = TAGS.encode([["B-PER", "I-PER", "O", "B-PER"], ["O", "O"], ["B-PER", "O"]] * 8)
ROWS = np.array([0, 1, 2])


def fitted(sentences: list[list[str]] = SENTENCES, targets: Ragged = TARGETS) -> FeatureChain:
    crf = CRF(len(TAGS.classes), TAGS.allowed())
    return FeatureChain.fit(sentences, targets, crf, seed=0)


@torch.no_grad()
def network(model: FeatureChain, scale: float) -> Chain:
    """Scores of a made-up network: those of the model, some orders forbidden, scaled."""
    crf = CRF(len(TAGS.classes), TAGS.allowed())
    scores = model.scores(model.encode(SENTENCES), ROWS)
    return crf(scores.emissions._replace(data=scale * scores.emissions.data))


def test_it_learns() -> None:
    model = fitted()
    scores = model.scores(model.encode(SENTENCES), ROWS)
    torch.testing.assert_close(
        decode(network(model, 1.0)).data, collate(TARGETS, ROWS).data, rtol=0, atol=0
    )
    assert all(torch.isfinite(score).all() for score in scores[1:])


def test_what_the_network_forbids_stays_forbidden_and_weights_add_up() -> None:
    model = fitted()
    scores, ours = model.scores(model.encode(SENTENCES), ROWS), network(model, 2.0)
    both = joined(ours, scores, torch.tensor([0.5, 2.0]))
    assert torch.equal(both.transition == -torch.inf, ours.transition == -torch.inf)
    assert_close(both.emissions.data, 3 * scores.emissions.data)
    is_allowed = ours.transition > -torch.inf
    assert_close(both.transition[is_allowed], 2 * model.transition[is_allowed])


def test_the_weights_make_validation_likelier_than_the_expected_ones() -> None:
    model = fitted()
    scores = model.scores(model.encode(SENTENCES), ROWS)
    gold = collate(TARGETS, ROWS).data
    ours = network(model, 1.0)
    noise = 9 * torch.randn(ours.emissions.data.shape, generator=torch.Generator().manual_seed(0))
    wrong = ours._replace(emissions=ours.emissions._replace(data=noise))
    found = JoinedChain.fit(model, [(wrong, scores, gold)] * 10)
    assert found.network_weight < 0.7 < found.feature_weight

    def likelihood(weights: torch.Tensor) -> float:
        return float(log_likelihood(joined(wrong, scores, weights), gold).sum())

    at = torch.tensor([found.network_weight, found.feature_weight])
    assert likelihood(at) > likelihood(torch.tensor([0.7, 0.7]))


def test_without_a_feature_seen_twice_there_is_nothing_to_add(tmp_path: Path) -> None:
    model = fitted([["a"]], Ragged.from_rows([[0]]))
    assert not len(model.features.hashes)
    chain = JoinedChain(model, 1.0, 1.0)
    assert not model.scores(model.encode([["x"]]), np.array([0])).emissions.data.any()
    chain.save(tmp_path)
    assert len(JoinedChain.load(tmp_path, len(TAGS.classes)).model.features.hashes) == len(
        model.features.hashes
    )


def test_a_saved_one_scores_the_same(tmp_path: Path) -> None:
    model = fitted()
    chain = JoinedChain(model, 0.5, 1.5)
    chain.save(tmp_path)
    twin = JoinedChain.load(tmp_path, len(TAGS.classes))
    encoded = model.encode(SENTENCES)
    for a, b in zip(
        chain.join(network(model, 1.0), encoded, ROWS)[1:],
        twin.join(network(model, 1.0), encoded, ROWS)[1:],
        strict=True,
    ):
        assert torch.equal(a, b)
    (tmp_path / "ngrams.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError, match=r"ngrams\.safetensors"):
        JoinedChain.load(tmp_path, len(TAGS.classes))


def test_outside_is_the_lowest_of_the_best_and_probabilities_stay() -> None:
    objective = TaggingObjective(TAGS)
    gold = collate(TARGETS, ROWS).data
    right = network(fitted(), 1.0)
    assert best_outside([(shifted(right, 1.0), gold)], objective) == 0  # all are right
    faulty = gold.clone()
    faulty[0] = 0
    assert best_outside([(shifted(right, 1.0), faulty)], objective) < 0  # any is as good
    barely = 0.1 * torch.nn.functional.one_hot(gold, len(TAGS.classes)).float()
    unsure = right._replace(emissions=right.emissions._replace(data=barely))
    assert best_outside([(unsure, gold)], objective) == 0
    for a, b in zip(answers_of(right, TAGS), answers_of(right, TAGS, -50.0), strict=True):
        assert a.tags.tolist() != b.tags.tolist()
        is_same = a.tags == b.tags
        np.testing.assert_array_equal(a.confidence[is_same], b.confidence[is_same])
