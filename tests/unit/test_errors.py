"""Messages are short whatever is in them."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import ostinato
from ostinato._errors import OstinatoError, named, shown

LONG = {
    "text": "a" * 10**6,
    "bytes": bytes(10**6),
    "list": list(range(10**6)),
    "nested": [[[["a" * 10**5] * 100] * 100] * 100],
    "dictionary": dict.fromkeys(range(10**4), "a" * 100),
    "set": set(range(10**5)),
    "array": np.zeros((1000, 1000)),
    "objects": np.array(["a" * 1000] * 10**4, object),
    "tensor": torch.zeros(1000, 1000),
    "table": pd.DataFrame({"a": range(10**5)}),
    "number": 10**4000,
    "a number that Python does not write": 10**5000,
}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
def test_a_value_is_never_shown_whole(value: object) -> None:
    assert len(shown(value)) < 120
    assert "\n" not in shown(value)


@given(st.one_of(st.text(max_size=40), st.integers(), st.booleans(), st.none()))
def test_a_short_value_is_shown_as_it_is(value: object) -> None:
    assert shown(value) == repr(value)


def test_names_are_listed_as_far_as_they_can_be_read() -> None:
    assert len(named("a" * 10**5 for _ in range(10**4))) < 500
    assert named([]) == "none"


def test_no_error_of_ours_is_longer_than_a_page() -> None:
    kinds = [
        kind
        for name in ostinato.__all__
        if name.endswith("Error") and issubclass(kind := getattr(ostinato, name), OstinatoError)
    ]
    assert len(kinds) > 8
    for kind in kinds:
        error = kind("where: " + "x" * 10**6 + ". What to do.")
        assert len(str(error)) <= 1000
        assert str(error).startswith("where: ")
        assert str(error).endswith(" What to do.")
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
        assert str(kind("short")) == "short"
