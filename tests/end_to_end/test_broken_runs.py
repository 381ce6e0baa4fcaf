"""A run folder that somebody broke is told in a sentence, by every command, in every task."""

import sys

import pytest
from tests.fuzz_runs import fuzz


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are Linux's here")
def test_broken_run_folders_end_in_sentences(tmp_path):
    assert fuzz(tmp_path, seed=0, tries=60) == []
