from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import CheckpointError, ConfigError, DatasetError
from ostinato.text import SHAPES, Lexicon
from ostinato.text.lexicon import MOST_CHARACTERS, key_of, shape_of

SENTENCES = [["The", "B-52", "flew"], ["the", "B-17", "flew", "to", "京"], ["to", "京"]]


def test_ids_are_by_falling_frequency_and_case_and_digits_do_not_matter() -> None:
    lexicon = Lexicon.fit(SENTENCES)
    assert lexicon.words == ["<unk>", "b-00", "flew", "the", "to", "京"]
    ids = lexicon.encode([["THE", "b-99", "unseen", "京"]]).ids
    assert ids.tolist() == [3, 1, 0, 5]


def test_case_matters_if_it_is_said_to() -> None:
    assert "The" in Lexicon.fit(SENTENCES, lowercase=False).words


def test_rare_words_are_unknown_and_extra_ones_known_but_not_of_train() -> None:
    lexicon = Lexicon.fit([["a", "b", "a"]], min_freq=2).extended(["z", "a"])
    assert (lexicon.words, lexicon.num_trained) == (["<unk>", "a", "z"], 2)
    encoded = lexicon.encode([["a", "b", "z"]])
    assert encoded.ids.tolist() == [1, 0, 2]
    assert encoded.known()[0].tolist() == [True, False, False]
    assert encoded.unknown_rate() == pytest.approx(1 / 3)


def test_words_of_a_file_of_vectors_are_known_as_they_are_looked_up() -> None:
    lexicon = Lexicon.fit([["a"]]).extended(["Paris", "PARIS", "paris"])
    assert lexicon.words == ["<unk>", "a", "paris"]
    assert lexicon.encode([["Paris", "paris"]]).ids.tolist() == [2, 2]
    cased = Lexicon.fit([["a"]], lowercase=False).extended(["Paris", "paris"])
    assert cased.encode([["Paris", "paris", "PARIS"]]).ids.tolist() == [2, 3, 0]


def test_each_distinct_form_is_read_once() -> None:
    encoded = Lexicon.fit(SENTENCES).encode([["to", "To", "to"], ["to"]])
    assert [row.tolist() for row in encoded.column] == [[0, 1, 0], [0]]
    assert len(encoded.ids) == len(encoded.characters) == 2


def test_pairs_are_those_seen_twice() -> None:
    lexicon = Lexicon.fit(SENTENCES, pairs=True)
    assert lexicon.pairs == ["<unk>", "b-00\x00flew", "the\x00b-00", "to\x00京", "京\x00"]
    pairs = lexicon.encode([["to", "京"], ["京", "to"]]).pairs
    assert pairs is not None
    assert [row.tolist() for row in pairs] == [[3, 4], [0, 0]]
    assert Lexicon.fit(SENTENCES).encode(SENTENCES).pairs is None


@given(st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_tokens_can_be_encoded(sentences: list[list[str]]) -> None:
    lexicon = Lexicon.fit(sentences, pairs=True)
    encoded = lexicon.encode([*sentences, ["", "🙂", "x" * 10_000]])
    assert encoded.characters.lengths.min() >= 1
    assert encoded.characters.lengths.max() <= MOST_CHARACTERS
    assert encoded.ids.max() < len(lexicon.words)
    assert encoded.characters.values.max() < len(lexicon.characters)
    assert encoded.shapes.max() < len(SHAPES)


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        ("", "mark"), ("...", "mark"), ("🙂", "mark"), ("3.5", "number"), ("٣", "number"),
        ("A4", "with digit"), ("ab", "lower"), ("A", "Title"), ("Élan", "Title"), ("NATO", "UPPER"),
        ("McX", "miXed"), ("京", "no case"), ("don't", "lower"),
    ],
)  # fmt: skip
def test_a_shape_says_how_a_word_is_written(form: str, shape: str) -> None:
    assert SHAPES[shape_of(form)] == shape


def test_only_digits_become_zeros() -> None:
    assert key_of("A-9b", lowercase=False) == "A-0b"


def test_of_a_giant_token_the_head_and_the_tail_are_read() -> None:
    lexicon = Lexicon.fit([["ab", "ba", "xa", "xb"]])
    encoded = lexicon.encode([["a" * 5_000 + "x" * 5_000 + "b" * 5_000]])
    half = MOST_CHARACTERS // 2
    head, tail = (lexicon.characters.index(character) for character in "ab")
    assert encoded.characters[0].tolist() == [head] * half + [tail] * half


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    lexicon = Lexicon.fit(SENTENCES, pairs=True, min_freq=1).extended(["z"])
    lexicon.save(tmp_path)
    twin = Lexicon.load(tmp_path)
    assert vars(twin) == vars(lexicon)
    a, b = lexicon.encode(SENTENCES), twin.encode(SENTENCES)
    assert np.array_equal(a.ids, b.ids)


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="min_freq must be at least 1"):
        Lexicon.fit(SENTENCES, min_freq=0)
    with pytest.raises(DatasetError, match="must be sentences"):
        Lexicon.fit([])
    (tmp_path / "lexicon.json").write_text('{"word": []}')
    with pytest.raises(CheckpointError, match="must be the lexicon of a tagger"):
        Lexicon.load(tmp_path)
