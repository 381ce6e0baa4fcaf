"""The tokenizer of a task is checked as the task takes it."""

from __future__ import annotations

import pytest

from ostinato import ConfigError, SequenceTagger, TextClassifier, Training
from ostinato.text import Tokenizer

TEXTS = [f"a {'good' if n % 2 else 'bad'} film {n}" for n in range(40)]
SMALL = {"embedding_size": 4, "training": Training(epochs=1)}


def test_a_classifier_takes_a_tokenizer_that_is_a_file(tmp_path):
    Tokenizer.fit(TEXTS, min_freq=1).save(tmp_path)
    for kind in (str(tmp_path / "tokenizer.json"), str(tmp_path)):
        model = TextClassifier(tokenizer=kind, members=1, **SMALL)
        labels = [n % 2 for n in range(40)]
        assert set(model.fit(TEXTS, labels).predict(TEXTS)) <= {0, 1}


def test_a_tagger_takes_none():
    tagger = SequenceTagger(tokenizer="a/tokenizer.json", **SMALL)
    with pytest.raises(ConfigError, match="kind must be word"):
        tagger.fit([["a"], ["b"]] * 9, [["O"], ["X"]] * 9)


@pytest.mark.parametrize("kind", ["wrod", "SPACY", ""])
def test_other_names_are_refused(kind):
    with pytest.raises(ConfigError, match="kind must be word"):
        TextClassifier(tokenizer=kind, **SMALL).fit(TEXTS, [n % 2 for n in range(40)])
    with pytest.raises(ConfigError, match="kind must be word"):
        SequenceTagger(tokenizer=kind, **SMALL).fit([["a"], ["b"]] * 9, [["O"], ["X"]] * 9)
