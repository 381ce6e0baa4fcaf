import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ostinato.text.token_features import TokenFeatures, short_shape

SENTENCES = [["Anna", "Lee", "sings"], ["Ben", "Lee", "sings"], ["Rain", "fell"]]


def rows_of(sentences: list[list[str]]) -> list[set[int]]:
    features, _ = TokenFeatures.fit(SENTENCES, least=1)
    return [set(row.tolist()) for row in features.encode(sentences)]


def test_features_of_train_are_those_that_encoding_finds() -> None:
    features, values = TokenFeatures.fit(SENTENCES)
    again = features.encode(SENTENCES)
    np.testing.assert_array_equal(values.values, again.values)
    np.testing.assert_array_equal(values.offsets, again.offsets)
    assert len(values) == sum(map(len, SENTENCES))


def test_rare_features_are_left_out() -> None:
    counts = [len(TokenFeatures.fit(SENTENCES, least=least)[0].hashes) for least in (1, 2, 100)]
    assert counts[0] > counts[1] > counts[2] == 0


def test_a_word_that_train_lacks_still_has_its_ending_and_its_neighbours() -> None:
    known, new = rows_of([["Anna", "Lee", "sings"]])[2], rows_of([["Anna", "Lee", "rings"]])[2]
    assert 0 < len(known & new) < len(known)


def test_far_words_change_nothing() -> None:
    near = rows_of([["Anna", "Lee", "sings", "a", "b", "c"]])
    far = rows_of([["Anna", "Lee", "sings", "a", "b", "d"]])
    assert near[:3] == far[:3]


def test_numbers_are_the_same_in_another_process() -> None:
    code = (
        "from ostinato.text.token_features import TokenFeatures;"
        f"print(int(TokenFeatures.fit({SENTENCES!r})[0].hashes.sum()))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(other.stdout) == int(TokenFeatures.fit(SENTENCES)[0].hashes.sum())


@given(st.lists(st.lists(st.text(max_size=4), min_size=1, max_size=3), min_size=1, max_size=3))
def test_any_tokens_have_features(sentences: list[list[str]]) -> None:
    features, values = TokenFeatures.fit(sentences)
    assert len(values) == len(features.encode(sentences)) == sum(map(len, sentences))


def test_runs_of_like_characters_are_one() -> None:
    assert short_shape("iPhone12-ab") == "xXx0-x"
