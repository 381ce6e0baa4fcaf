"""The team of threads: several callers at once, forks, and the number of threads asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.cells import CELLS, Cell, every_cell, gradients, tensors
from tests.paths import INSTRUCTION_SETS, needs_native, path, threads
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_sequence

pytestmark = needs_native
ROOT = Path(__file__).parents[3]

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def problem(cell: Cell, seed: int) -> tuple[Any, PackedSequence]:
    """Return a layer and a batch of this seed, large enough to be shared by threads."""
    generator = torch.Generator().manual_seed(seed)
    layer = cell.make(40, 48, dtype=torch.float32, bidirectional=True)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-0.2, 0.2, generator=generator)
    lengths = [20 + seed % 7, 20, 9, 9, 3]
    rows = [torch.randn(length, 40, generator=generator) for length in lengths]
    packed = pack_sequence(rows, enforce_sorted=False)
    return layer, packed._replace(data=packed.data.requires_grad_())


def run(layer: Any, packed: PackedSequence) -> list[Tensor]:
    """Return the results of inference and all gradients."""
    with torch.no_grad():
        inference = tensors(layer(packed))
    return [*inference, *gradients(layer, lambda: layer(packed), [packed.data])]


def step(cell: Cell, seed: int) -> list[Tensor]:
    """Return what `run` gives for the problem of this seed."""
    return run(*problem(cell, seed))


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
@every_cell
def test_several_python_threads_get_the_right_results(cell: Cell, name: str) -> None:
    with path(name):
        expected = [step(cell, seed) for seed in range(8)]
        with threads(2), ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda seed: step(cell, seed % 8), range(48)))
    for seed, results in enumerate(found):
        for one, other in zip(results, expected[seed % 8], strict=True):
            assert torch.equal(one, other)


def test_threads_may_share_a_layer() -> None:
    """Inference keeps packed weights in common; streams are each their own."""
    layer = CELLS[-1].make(40, 48, dtype=torch.float32)
    data = torch.randn(20, 6, 40)
    with threads(2), torch.no_grad():
        expected, _ = layer(data)

        def infer(_: int) -> Tensor:
            with torch.no_grad():
                return layer(data)[0]

        def stream(_: int) -> Tensor:
            session = layer.stream(6)
            return torch.stack([session.step(part) for part in data])

        with ThreadPoolExecutor(4) as pool:
            assert all(torch.equal(one, expected) for one in pool.map(infer, range(64)))
            streamed = list(pool.map(stream, range(16)))
    assert all(torch.equal(one, streamed[0]) for one in streamed)
    torch.testing.assert_close(streamed[0], expected)


def run_script(script: str) -> str:
    """Run a script in a process of its own; a hang or crash fails the test alone."""
    head = """
        import os, sys, threading
        import torch
        from tests.cells import CELLS
        from tests.unit.ops.test_native_threads import problem, run, step
        torch.set_num_threads(2)
    """
    source = textwrap.dedent(head) + textwrap.dedent(script)
    environment = {**os.environ, "OSTINATO_NATIVE": "", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", source]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_fork
def test_a_forked_child_and_its_parent_both_work() -> None:
    """The parent has used two threads, which the child does not have; also a child's child."""
    run_script("""
        lstm = CELLS[-1]
        expected = step(lstm, 0)
        assert sum(1 for _ in os.listdir("/proc/self/task")) > 1 if os.path.isdir("/proc") else True

        def works():
            return all(torch.equal(a, b) for a, b in zip(step(lstm, 0), expected))

        for generation in range(3):
            child = os.fork()
            if child == 0:
                ok = works()
                grandchild = os.fork()
                if grandchild == 0:
                    os._exit(0 if works() else 3)
                _, status = os.waitpid(grandchild, 0)
                os._exit(0 if ok and status == 0 and works() else 3)
            assert works()
            _, status = os.waitpid(child, 0)
            assert status == 0, status
        assert works()
    """)


@needs_fork
def test_a_fork_while_another_thread_is_in_a_call_works() -> None:
    """Nothing draws random numbers meanwhile: torch's generator has a lock that no child survives."""
    run_script("""
        mine, others = problem(CELLS[2], 0), problem(CELLS[2], 1)
        expected = run(*mine)
        stop = threading.Event()

        def keep_busy():
            while not stop.is_set():
                run(*others)

        thread = threading.Thread(target=keep_busy)
        thread.start()
        for _ in range(10):
            child = os.fork()
            if child == 0:
                same = all(torch.equal(a, b) for a, b in zip(run(*mine), expected))
                os._exit(0 if same else 3)
            _, status = os.waitpid(child, 0)
            assert status == 0, status
        stop.set()
        thread.join()
    """)


@needs_fork
def test_workers_of_a_data_loader_and_a_pool_work() -> None:
    run_script("""
        import multiprocessing

        rnn = CELLS[0]
        expected = step(rnn, 0)[0]

        class Data(torch.utils.data.Dataset):
            def __len__(self):
                return 6

            def __getitem__(self, index):
                torch.set_num_threads(2)
                return step(rnn, 0)[0]

        context = multiprocessing.get_context("fork")
        loader = torch.utils.data.DataLoader(
            Data(), batch_size=None, num_workers=2, multiprocessing_context=context
        )
        for _ in range(2):
            batches = list(loader)
            assert len(batches) == 6
            assert all(torch.equal(batch, expected) for batch in batches)
            assert torch.equal(step(rnn, 0)[0], expected)

        def work(seed):
            torch.set_num_threads(2)
            return step(rnn, 0)[0].numpy()

        with context.Pool(2) as pool:
            assert all((found == expected.numpy()).all() for found in pool.map(work, range(4)))
    """)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists threads")
def test_no_more_threads_are_started_than_torch_has() -> None:
    """As many again, torch's being others; never more than the C interface allows."""
    run_script("""
        import ctypes
        from ostinato._native import library
        from ostinato.ops.product import matrix_product_rate

        def count():
            return len(os.listdir("/proc/self/task"))

        def large_step():
            layer = CELLS[-1].make(64, 64, dtype=torch.float32)
            with torch.no_grad():
                layer(torch.zeros(50, 32, 64))

        torch.set_num_threads(1)
        large_step()
        before = count()
        large_step()
        assert count() == before
        for number in (2, 4, 3):
            torch.set_num_threads(number)
            large_step()
            assert count() <= before + 2 * (4 - 1), (number, count())  # torch's own among them
        assert matrix_product_rate(100_000, size=64, repeats=1) > 0
        assert count() < before + 1100, count()
    """)
