"""Every script of examples/ runs, and prints a figure that only a model that learnt can have."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

PRINTED: dict[str, tuple[str, float, float]] = {
    "sentiment": (r"test: accuracy ([\d.]+)", 0.9, 1.0),
    "tag_names": (r"F1 of whole names ([\d.]+)", 0.95, 1.0),
    "write_down_morse": (r"character error rate ([\d.]+)", 0.0, 0.1),
    "forecast_sales": (r"this forecaster +([\d.]+)", 0.3, 1.0),
    "classify_gestures": (r"test: accuracy ([\d.]+)", 0.85, 1.0),
    "count_events": (r"mean absolute error ([\d.]+) events", 0.0, 1.0),
    "swap_layer": (r"largest difference of a result: ([\d.e+-]+)", 0.0, 1e-5),
}
"""What the script of each name prints, and between which numbers it is."""


def test_no_example_is_forgotten() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == PRINTED.keys()


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_runs(
    name: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = EXAMPLES / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(path)])
    runpy.run_path(str(path), run_name="__main__")
    printed = capsys.readouterr().out
    pattern, low, high = PRINTED[name]
    found = re.search(pattern, printed)
    assert found, printed
    assert low <= float(found[1]) <= high
    assert not any(tmp_path.iterdir())  # what is not asked for is not written
