import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from ostinato.datasets import SCHEMES, Tagged
from ostinato.datasets.records import schemes
from ostinato.nn import CRF
from ostinato.tasks.tagging.decoding import answers_of, described, located
from ostinato.tasks.tagging.tags import Tags
from ostinato.text import make_splitter


@pytest.mark.parametrize("scheme", list(SCHEMES))
@pytest.mark.parametrize("seed", range(4))
def test_the_confidence_of_a_span_is_the_probability_of_just_that_span(
    scheme: schemes.Scheme, seed: int
) -> None:
    tags = Tags.fit(Tagged.make([["a", "b"]], [["B-X", "B-Y"]], "train"), scheme)
    torch.manual_seed(seed)
    num_tags = len(tags.classes)
    crf = CRF(num_tags, tags.allowed())
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    rows = [2 * torch.randn(4, num_tags), 2 * torch.randn(2, num_tags)]
    scores = crf(pack_sequence(rows))
    for row, answer in zip(rows, answers_of(scores, tags), strict=True):
        start, transition, end = (part.detach().double().numpy() for part in scores[1:])
        emissions = row.double().numpy()
        weights = {}
        for path in itertools.product(range(num_tags), repeat=len(row)):
            score = start[path[0]] + end[path[-1]]
            score += sum(emissions[t, tag] for t, tag in enumerate(path))
            score += sum(transition[a, b] for a, b in itertools.pairwise(path))
            weights[path] = math.exp(score)
        whole = sum(weights.values())
        assert answer.spans == tags.spans(np.array(max(weights, key=weights.__getitem__)))
        for span, sure in zip(answer.spans, answer.span_confidence, strict=True):
            share = sum(w for path, w in weights.items() if span in tags.spans(np.array(path)))
            assert sure == pytest.approx(share / whole, abs=1e-6)
        for t, (tag, sure) in enumerate(zip(answer.tags, answer.confidence, strict=True)):
            share = sum(w for path, w in weights.items() if path[t] == tag)
            assert sure == pytest.approx(share / whole, abs=1e-6)


PIECES = [
    "Anna",
    " ",
    "\t",
    "\n",
    "🙂",
    "👩‍👩‍👧",
    "e\u0301",
    "默克尔",
    "\u200d",
    "U.S.",
    "it's",
    "\u00a0",
    "İ",
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=10).map("".join)


@pytest.mark.parametrize("kind", ["treebank", "word", "char"])
@settings(deadline=None)
@given(text=texts)
def test_tokens_stand_where_they_are_said_to_stand(kind: str, text: str) -> None:
    same, tokens = located(text, make_splitter(kind, lowercase=False).spans)
    assert same == text
    done = 0
    for token, start, end in tokens:
        assert text[start:end] == token
        assert done <= start < end
        assert not token.isspace()
        done = end


@given(st.lists(st.text(max_size=4), max_size=5))
def test_tokens_of_a_list_stand_in_the_text_that_is_returned(sentence: list[str]) -> None:
    text, tokens = located(sentence, lambda _: [])
    assert [token for token, _, _ in tokens] == sentence
    assert all(text[start:end] == token for token, start, end in tokens)


def test_spans_are_described_by_the_characters_of_the_text() -> None:
    tags = Tags.fit(Tagged.make([["a", "b", "c"]], [["B-X", "I-X", "O"]], "train"), "BIOES")
    crf = CRF(len(tags.classes), tags.allowed())
    wanted = tags.encode([["B-X", "I-X", "O"]])[0]
    scores = crf(
        pack_sequence([10 * torch.nn.functional.one_hot(torch.tensor(wanted).long(), 5).float()])
    )
    text, tokens = located("🙂 默克尔\tsings", lambda _: [("", 0, 1), ("", 2, 5), ("", 6, 11)])
    found = described(text, tokens, answers_of(scores, tags)[0], tags)
    assert [token["tag"] for token in found["tokens"]] == ["B-X", "I-X", "O"]
    (span,) = found["spans"]
    assert (span["text"], span["start"], span["end"], span["type"]) == ("🙂 默克尔", 0, 5, "X")
