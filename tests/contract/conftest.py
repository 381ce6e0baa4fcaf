"""Every contract test runs on every path: off, and the kernels at each instruction set.

float64 runs on the same kernels at every instruction set, so the lower ones take only the tests
that have a dtype, in float32, on two of the stacks. ``@pytest.mark.paths(...)`` narrows further.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.cells import STACKS
from tests.paths import BEST, PATHS

HERE = Path(__file__).parent
FEW_STACKS = (STACKS["no-bias"], STACKS["stacked-bidirectional"])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "paths(*names): the paths of a test; best is the fastest")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("paths")
    names = [BEST if name == "best" else name for name in marker.args] if marker else PATHS
    metafunc.parametrize("path", [name for name in PATHS if name in names], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if _is_repeated(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _is_repeated(item: pytest.Item) -> bool:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if HERE not in item.path.parents:  # another test, whose path is another thing
        return False
    if parameters.get("path", BEST) in ("off", BEST) or item.get_closest_marker("paths"):
        return False
    if parameters.get("dtype") is not torch.float32:
        return True
    return parameters.get("options", FEW_STACKS[0]) not in FEW_STACKS


@pytest.fixture(autouse=True)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OSTINATO_NATIVE", request.param)
    return str(request.param)
