"""What holds for every test: a fixed seed, no network, one thread, a home folder of its own."""

from __future__ import annotations

import os
import random
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch

# For this process and those it starts. A proxy that nobody listens on keeps the latter off the
# network too. OMP_NUM_THREADS=2 in the shell gives the tests two threads.
torch.set_num_threads(int(os.environ.setdefault("OMP_NUM_THREADS", "1")))
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if started in the background
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"
for _name in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ[_name] = os.environ[_name.upper()] = "http://127.0.0.1:9"
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"

hypothesis.settings.register_profile("ostinato", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("ostinato")

LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "")
DATA = os.environ.get("OSTINATO_DATA")
if DATA:
    os.environ["OSTINATO_DATA"] = str(Path(DATA).resolve())  # tests change the folder they run in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if DATA and not Path(DATA).is_dir():
        raise pytest.UsageError(f"OSTINATO_DATA must name a folder; got {DATA!r}")
    if not DATA:
        for item in items:
            if item.get_closest_marker("data"):
                item.add_marker(pytest.mark.skip(reason="OSTINATO_DATA is not set"))


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder OSTINATO_HOME of all tests and of the processes they start."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OSTINATO_HOME", str(folder))
        patch.setenv("HF_HOME", str(folder / "huggingface"))
        yield folder


@pytest.fixture(autouse=True)
def no_data_unless_marked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is not marked ``data`` sees no data folder, here as on a machine without one."""
    if request.node.get_closest_marker("data") is None:
        monkeypatch.delenv("OSTINATO_DATA", raising=False)


@pytest.fixture(autouse=True)
def seed() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 the global state is what libraries draw from unasked
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """A connection that would leave this machine is refused, as it is offline."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        look_up = socket.getaddrinfo

        def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
            _refuse_unless_local(host)
            return look_up(host, *arguments, **options)

        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_unless_local(address[0])
        return connect(self, address)

    return guarded


def _refuse_unless_local(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and name not in (*LOOPBACK, socket.gethostname()):
        raise ConnectionRefusedError(f"tests run without a network; {name!r} was asked for")
