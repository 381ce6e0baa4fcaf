from typing import Any

import numpy as np
import pytest

from ostinato import DatasetError
from ostinato.tasks.tagging.inputs import as_sentences, as_texts


@pytest.mark.parametrize(
    "given",
    [
        [["a", "b"], []],
        (("a", "b"), ()),
        [np.array(["a", "b"]), np.array([], dtype=str)],
        (sentence for sentence in (["a", "b"], [])),
        iter([iter(["a", "b"]), iter([])]),
    ],
)
def test_sentences_of_any_kind_become_lists(given: Any) -> None:
    assert as_sentences(given) == [["a", "b"], []]


def test_raw_texts_stay_as_they_are_beside_lists_of_tokens() -> None:
    assert as_texts(text for text in ("a b", ("c", "d"))) == ["a b", ["c", "d"]]


@pytest.mark.parametrize("value", [None, 3, 1.5, b"a"])
def test_what_is_no_string_is_named_with_its_sentence(value: Any) -> None:
    kind = type(value).__name__
    for call in (as_sentences, as_texts):
        with pytest.raises(DatasetError, match=f"sentence 2 must be of strings; got {kind}"):
            call([["a"], value])


def test_one_string_is_no_list_of_sentences() -> None:
    for call in (as_sentences, as_texts):
        with pytest.raises(DatasetError, match="must be a list; got one string"):
            call("Anna sings")
    with pytest.raises(DatasetError, match="sentence 2 must be a list of tokens; got the string"):
        as_sentences([["a"], "Anna sings"])
