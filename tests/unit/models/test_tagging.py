import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import unpack_sequence

from ostinato import Characters, Recurrent
from ostinato.models import SequenceTaggerNetwork
from ostinato.tasks.tagging.objective import words_of
from ostinato.text import SHAPES, Lexicon

SENTENCES = [
    ["Anna", "met", "Ben", "in", "Rome"],
    ["Rome", "!"],
    ["anna", "sings", "in", "the", "old", "town", "hall"],
    ["Ben"],
]


def make(reader: str = "recurrent", **options: object) -> tuple[SequenceTaggerNetwork, Lexicon]:
    lexicon = Lexicon.fit(SENTENCES, pairs=bool(options.pop("pairs", False)))
    torch.manual_seed(0)
    model = SequenceTaggerNetwork(
        lexicon.num_trained,
        5,
        num_characters=len(lexicon.characters),
        num_shapes=len(SHAPES),
        num_pairs=len(lexicon.pairs) if len(lexicon.pairs) > 1 else 0,
        embedding_size=6,
        characters=Characters(reader=reader, embedding_size=4, hidden_size=3),  # type: ignore[arg-type]
        recurrent=Recurrent(hidden_size=7),
        **options,  # type: ignore[arg-type]
    )
    return model.eval(), lexicon


def emissions(
    model: SequenceTaggerNetwork, lexicon: Lexicon, sentences: list
) -> list[torch.Tensor]:
    """The scores of each sentence, in one batch."""
    encoded = lexicon.encode(sentences)
    rows = np.argsort([-len(sentence) for sentence in sentences], kind="stable")
    found = unpack_sequence(model(words_of(encoded, rows)).emissions)
    return [found[int(np.flatnonzero(rows == row)[0])] for row in range(len(sentences))]


@pytest.mark.parametrize("reader", ["recurrent", "convolution", "none"])
@pytest.mark.parametrize("pairs", [False, True])
def test_a_batch_is_each_sentence_by_itself(reader: str, pairs: bool) -> None:
    model, lexicon = make(reader, pairs=pairs)
    together = emissions(model, lexicon, SENTENCES)
    for sentence, found in zip(SENTENCES, together, strict=True):
        # Other tiles of the kernels may sum in another order: 1.2e-7 was the largest difference.
        torch.testing.assert_close(
            found, emissions(model, lexicon, [sentence])[0], atol=1e-6, rtol=1e-5
        )


@settings(max_examples=25)
@given(
    sentences=st.lists(
        st.lists(st.sampled_from(["Anna", "", "🙂", "👩\u200d👩\u200d👧", "x" * 5000]) | st.text(max_size=6),
                 min_size=1, max_size=8),
        min_size=1, max_size=5,
    ),
    reader=st.sampled_from(["recurrent", "convolution", "none"]),
)  # fmt: skip
def test_any_tokens_are_scored_and_batch_mates_change_nothing(
    sentences: list[list[str]], reader: str
) -> None:
    model, lexicon = make(reader)
    with torch.no_grad():
        together = emissions(model, lexicon, sentences)
        for sentence, found in zip(sentences, together, strict=True):
            assert found.shape == (len(sentence), 5)
            assert found.isfinite().all()
            alone = emissions(model, lexicon, [sentence])[0]
            torch.testing.assert_close(found, alone, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("reader", ["recurrent", "convolution", "none"])
def test_a_word_is_read_the_same_wherever_it_stands(reader: str) -> None:
    model, lexicon = make(reader)
    encoded = lexicon.encode([["Rome", "met", "Rome", "rome"], ["Ben", "Rome"]])
    first, second = unpack_sequence(model._read(words_of(encoded, np.array([0, 1]))))
    assert torch.equal(first[0], first[2])
    assert torch.equal(first[0], second[1])
    assert not torch.equal(first[0], first[3])  # written otherwise
    assert torch.equal(first[0, :6], first[3, :6])  # and looked up as the same word


def test_gradients_reach_every_parameter() -> None:
    model, lexicon = make(pairs=True)
    model.train()
    chain = model(words_of(lexicon.encode(SENTENCES), np.array([2, 0, 1, 3])))
    total = chain.emissions.data.sum() + sum(part.sum() for part in chain[1:])
    total.backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_a_softmax_head_learns_no_transitions() -> None:
    model, _ = make(crf=False)
    assert [name for name, p in model.named_parameters() if not p.requires_grad] == [
        "crf.start",
        "crf.transition",
        "crf.end",
    ]


def test_words_known_by_vectors_alone_have_their_vectors() -> None:
    model, lexicon = make(num_extra=1)
    wider = lexicon.extended(["paris"])
    with torch.no_grad():
        model.extra[0] = 3.0
    looked_up = model._embedded(torch.tensor([0, len(lexicon.words), 1]))
    assert (looked_up[1] == 3).all()
    assert torch.equal(looked_up[0], model.embedding.weight[0])
    assert wider.encode([["Paris"]]).ids.tolist() == [len(lexicon.words)]


def test_its_state_can_be_saved_and_loaded() -> None:
    model, lexicon = make()
    twin, _ = make()
    for parameter in twin.parameters():
        torch.nn.init.zeros_(parameter)
    twin.load_state_dict(model.state_dict())
    for a, b in zip(
        emissions(model, lexicon, SENTENCES), emissions(twin, lexicon, SENTENCES), strict=True
    ):
        assert torch.equal(a, b)
