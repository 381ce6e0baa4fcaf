"""A fit shows what it does where somebody watches, and not for each of many fits."""

import io

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ostinato.tasks.watching import is_shown, watched
from ostinato.training import Console


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown_in_a_pipeline():
    said = []
    step = FunctionTransformer(lambda rows: said.append(is_shown([])) or rows)
    make_pipeline(step, step).fit_transform(np.zeros((2, 1)))
    return any(said)


@pytest.mark.parametrize(("stream", "is_watched"), [(Terminal, True), (io.StringIO, False)])
def test_it_is_shown_once_and_where_somebody_watches(monkeypatch, stream, is_watched):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", stream())
    assert is_shown([]) == is_watched
    assert not shown_in_a_pipeline()
    assert not is_shown([Console()])
    with watched([], verbose=None) as callbacks:
        assert [type(one) for one in callbacks] == [Console] * is_watched
    for verbose in (True, False):
        with watched([], verbose=verbose) as callbacks:
            assert len(callbacks) == verbose
    monkeypatch.setenv("RANK", "1")  # another process talks
    assert not is_shown([])
