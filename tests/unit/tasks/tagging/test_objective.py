"""What the training loop is told of a batch, beside what the metrics say of the same sentences."""

import logging

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from ostinato.data.batches import length_buckets
from ostinato.datasets import Span, Tagged
from ostinato.datasets.records import schemes
from ostinato.metrics import tagging_metrics
from ostinato.nn import CRF, Chain, decode, log_likelihood
from ostinato.tasks.tagging.objective import TaggedSplit, TaggingObjective, unpacked, words_of
from ostinato.tasks.tagging.tags import Tags
from ostinato.text import EncodedWords, Lexicon

WORDS = st.text(st.sampled_from("abé好🙂-1"), max_size=4)
SENTENCES = st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=5)
SPANS = Tags.fit(Tagged.make([["a", "b"]], [["B-X", "B-Y"]], "train"), "BIOES")
PARTS_OF_SPEECH = Tags.fit(Tagged.make([["a", "b"]], [["DET", "NOUN"]], "train"), "BIOES")


def by_length(encoded: EncodedWords) -> np.ndarray:
    (rows,) = length_buckets(
        encoded.column.lengths, batch_tokens=None, batch_size=99, seed=0, epoch=None
    )
    return rows


@given(sentences=SENTENCES, are_pairs=st.booleans())
def test_a_batch_spells_every_word_as_it_is_written(
    sentences: list[list[str]], are_pairs: bool
) -> None:
    lexicon = Lexicon.fit([*sentences, *sentences], pairs=are_pairs)
    encoded = lexicon.encode(sentences)
    rows = by_length(encoded)
    words = words_of(encoded, rows)
    spelt = [row.tolist() for row in unpacked(*words.characters[:2])]
    assert [len(word) for word in spelt] == sorted(map(len, spelt), reverse=True)
    assert len(spelt) == len({token for sentence in sentences for token in sentence})
    places = {character: place for place, character in enumerate(lexicon.characters)}
    forms = unpacked(words.forms, words.ids.batch_sizes)
    ids = unpacked(*words.ids[:2])
    for row, form, number in zip(rows, forms, ids, strict=True):
        for token, place, word in zip(sentences[row], form, number, strict=True):
            assert spelt[place] == ([places.get(c, 0) for c in token] or [0])
            alone = lexicon.encode([[token]])
            assert word == alone.ids[0]
            assert int(words.shapes[place]) == alone.shapes[0]
    assert len(words.pairs) == (len(words.ids.data) if encoded.pairs is not None else 0)


@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_unpacked_undoes_packing(lengths: list[int]) -> None:
    rows = [torch.arange(n) + 10 * n for n in sorted(lengths, reverse=True)]
    packed = pack_sequence(rows)
    assert [row.tolist() for row in unpacked(*packed[:2])] == [row.tolist() for row in rows]


def random_chain(tags: Tags, lengths: list[int], seed: int) -> Chain:
    torch.manual_seed(seed)
    crf = CRF(len(tags.classes), tags.allowed())
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf(pack_sequence([3 * torch.randn(n, len(tags.classes)) for n in lengths]))


def random_tags(tags: Tags, lengths: list[int], seed: int) -> list[list[str]]:
    """Legal tags, of types that train has and of one that it has not."""
    rng = np.random.default_rng(seed)
    if not tags.are_spans:
        return [rng.choice(["DET", "NOUN", "NEW"], n).tolist() for n in lengths]
    rows = []
    for n in lengths:
        spans, place = [], 0
        while place < n:
            stop = min(n, place + int(rng.integers(1, 4)))
            if rng.random() < 0.7:
                spans.append(Span(place, stop, str(rng.choice(["X", "Y", "NEW"]))))
            place = stop
        rows.append(schemes.tags_of(spans, n, "IOB2"))
    return rows


def targets_of(tags: Tags, rows: list[list[str]]) -> Tensor:
    encoded = [torch.from_numpy(row).long() for row in tags.encode(rows)]
    return pack_sequence(encoded).data


@pytest.mark.parametrize("tags", [SPANS, PARTS_OF_SPEECH], ids=["spans", "parts of speech"])
@pytest.mark.parametrize("seed", range(5))
def test_the_figures_of_the_loop_are_those_of_the_metrics(tags: Tags, seed: int) -> None:
    lengths = [9, 6, 6, 2, 1]
    objective = TaggingObjective(tags)
    added = torch.zeros(7, dtype=torch.float64)
    labels, predictions, likelihood = [], [], 0.0
    for batch in range(2):
        scores = random_chain(tags, lengths, seed + 10 * batch)
        rows = random_tags(tags, lengths, seed + 10 * batch)
        targets = targets_of(tags, rows)
        with torch.no_grad():
            added += objective.sums(scores, targets)
            likelihood += float(log_likelihood(scores, targets.clamp(min=0)).sum())
        labels += rows if not tags.are_spans else [schemes.convert(row, "BIOES") for row in rows]
        predictions += [tags.names(row) for row in unpacked(*decode(scores)[:2])]
    found = objective.figures(added)
    expected = tagging_metrics(labels, predictions, are_spans=tags.are_spans)
    assert found["loss"] == pytest.approx(-likelihood / (2 * sum(lengths)))
    assert found["accuracy"] == pytest.approx(expected["accuracy"])
    for name in ("f1", "precision", "recall"):
        # The labels above keep the type that train never has: it is counted all the same.
        assert found.get(name) == pytest.approx(expected.get(name)), name
    assert objective.monitor in found


def test_while_training_tags_are_counted_by_their_marginals_and_spans_are_not() -> None:
    scores = random_chain(SPANS, [5, 3], 0)
    targets = targets_of(SPANS, random_tags(SPANS, [5, 3], 0))
    sums = TaggingObjective(SPANS).sums(scores, targets)
    assert sums.requires_grad
    figures = TaggingObjective(SPANS).figures(sums.detach())
    assert set(figures) == {"loss", "accuracy"}


@pytest.mark.parametrize("written", ["NEW", "B-NEW"])
def test_a_strange_tag_is_wrong_whatever_is_predicted(
    written: str, caplog: pytest.LogCaptureFixture
) -> None:
    tags = SPANS if written.startswith("B") else PARTS_OF_SPEECH
    num_tags = len(tags.classes)
    with caplog.at_level(logging.WARNING, logger="ostinato"):
        split = TaggedSplit(
            Lexicon.fit([["a"]]).encode([["a"]]), tags.encode([[written]], "validation")
        )
    assert "validation: 1 tags never occur in train" in caplog.text
    _, targets = split.batch(np.array([0]))
    for tag in range(num_tags):
        emissions = torch.full((1, num_tags), -20.0)
        emissions[0, tag] = 20.0
        crf = CRF(num_tags, tags.allowed())
        with torch.no_grad():
            sums = TaggingObjective(tags).sums(
                crf(PackedSequence(emissions, torch.tensor([1]))), targets
            )
        figures = TaggingObjective(tags).figures(sums)
        assert np.isfinite(figures["loss"])
        assert figures["accuracy"] == 0
        assert figures.get("f1", 0) == 0


@pytest.mark.parametrize("tags", [SPANS, PARTS_OF_SPEECH], ids=["spans", "parts of speech"])
def test_without_transitions_the_loss_is_cross_entropy(tags: Tags) -> None:
    torch.manual_seed(0)
    emissions = pack_sequence([torch.randn(n, len(tags.classes)) for n in (4, 2)])
    targets = torch.randint(len(tags.classes), (6,))
    sums = TaggingObjective(tags).sums(CRF(len(tags.classes))(emissions), targets)
    expected = torch.nn.functional.cross_entropy(emissions.data.double(), targets)
    torch.testing.assert_close(sums[0] / sums[1], expected)
