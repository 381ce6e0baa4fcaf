"""Labels that look like several in one are told."""

import logging

import pytest

from ostinato.datasets.readers.multi_labels import tell_joined


@pytest.mark.parametrize("separator", ["|", ";", ",", "/"])
def test_labels_that_are_joined_by_a_sign_are_told(separator, caplog):
    joined = [f"food{separator}view", "food", "view", f"view{separator} price"]
    tell_joined(joined, "a.csv")
    assert f"parted by `{separator}`, name it (--label-separator)" in caplog.text


@pytest.mark.parametrize(
    "labels",
    [
        ["rock/pop", "jazz"],
        ["a", "b"],
        ["yes, please", "no, thanks"],
        ["c++", "c", "-"],
        ["|", "a"],
    ],
)
def test_labels_with_a_sign_in_them_are_not(labels, caplog):
    with caplog.at_level(logging.WARNING, "ostinato"):
        tell_joined(labels, "a.csv")
    assert not caplog.text
