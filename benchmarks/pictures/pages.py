"""The blocks of a page of docs, run in an empty folder, and what they leave."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.test_docs import SHELLS, blocks, run_python, run_shell, uses_ostinato

from benchmarks.facts import ROOT


@contextmanager
def played(name: str) -> Iterator[tuple[dict[str, Any], Path]]:
    """Run the blocks of a page as the tests do; yields its variables and its folder."""
    page = ROOT / "docs" / name
    variables: dict[str, Any] = {"__name__": "__main__"}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for block in blocks(page.read_text("utf-8")):
                if block.language == "python":
                    run_python(block, page, variables)
                elif block.language in SHELLS and uses_ostinato(block) and not block.not_run:
                    run_shell(block, page, Path(folder))
            yield variables, Path(folder)
        finally:
            os.chdir(before)
