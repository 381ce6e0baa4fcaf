"""A run folder is one run's alone, whatever was killed in it and whoever else wants it."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from tests.commands import FRESH
from tests.tiny import CASES

import ostinato
from ostinato import CheckpointError, ConfigError, StoppedError
from ostinato._files import write_json
from ostinato.runs import folder as run_folder
from ostinato.runs import lock as run_lock


def hold(run: Path, connection: Connection) -> None:
    with run_lock.held(run):
        connection.send(os.getpid())
        connection.recv()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A finished run of every task."""
    folder = tmp_path_factory.mktemp("runs")
    for task, case in CASES.items():
        case.fit(out=folder / task)
    return {task: folder / task for task in CASES}


def test_hugging_face_reads_the_card_of_every_task(runs: dict[str, Path]) -> None:
    for task, run in runs.items():
        card = ModelCard.load(run / "README.md")
        tag = ostinato.load(run).pipeline_tag
        assert card.data.to_dict() == {"library_name": "ostinato", "pipeline_tag": tag}, task
        assert card.text.lstrip().startswith("# A "), task


def inside(run: Path) -> set[str]:
    return {path.name for path in run.iterdir()}


@contextmanager
def held_by_another(run: Path) -> Iterator[int]:
    """Another process that holds a run folder, and is killed in the end."""
    here, there = FRESH.Pipe()
    process = FRESH.Process(target=hold, args=(run, there))
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def test_all_that_a_task_writes_is_known_and_nothing_else_is_left(runs: dict[str, Path]) -> None:
    for task, run in runs.items():
        assert inside(run) <= run_folder.FILES, task


@pytest.mark.parametrize("task", CASES)
def test_what_replaces_a_run_leaves_nothing_of_it(
    runs: dict[str, Path], task: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for other in runs.values():  # as if every task had been there
        for path in other.iterdir():
            if path.is_file():
                (run / path.name).write_bytes(path.read_bytes())
    (run / "notes.txt").write_text("mine")
    ostinato.load(runs[task]).save(run, overwrite=True)
    written = tmp_path / "new"
    ostinato.load(runs[task]).save(written)
    assert inside(run) == inside(written) | {"notes.txt"}


def test_what_killed_writes_left_goes_and_what_is_others_stays(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoint").mkdir(parents=True)
    left = [run / "checkpoint" / ".tmpnSP7I2", run / "checkpoint" / ".last.safetensors.abc_d"]
    left += [run / f".{name}.x1y2z3" for name in run_folder.FILES] + [run / ".tmpAbC123"]
    kept = [run / name for name in (".git", ".gitattributes", ".DS_Store", ".nfs0001", ".tmp")]
    for path in left + kept:
        path.write_text("x")
    run_folder.clear_leftovers(run)
    assert not [path for path in left if path.exists()]
    assert all(path.exists() for path in kept)


@pytest.mark.parametrize("name", ["config.json", "history.jsonl", "scaling.json", "series.parquet"])
def test_a_run_killed_while_it_was_replaced_can_be_trained_again(
    runs: dict[str, Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    for task in ("forecast", "sequences"):
        ostinato.load(runs[task]).save(run, overwrite=task == "sequences")
    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path.name == name:
            raise KeyboardInterrupt
        unlink(path, missing_ok=missing_ok)

    model = ostinato.load(runs["text"])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        if name == "config.json":
            patch.setattr(run_folder, "write_config", lambda *_, **__: killed(run / name))
        with pytest.raises(KeyboardInterrupt):
            model.save(run, overwrite=True)
    with pytest.raises(CheckpointError, match="ended before it began"):
        ostinato.load(run)
    model.save(run)
    assert ostinato.load(run).task == "text-classification"
    assert not {"series.json", "series.parquet", "scaling.json"} & inside(run)


def test_a_run_is_one_trainings_at_a_time(runs: dict[str, Path]) -> None:
    run = runs["text"]
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    match = r"one training at a time; process \d+ on .* is writing it\. Wait"
    with held_by_another(run) as process:
        for options in ({"overwrite": True}, {"resume": True}, {}):
            with pytest.raises(CheckpointError, match=match) as refused:
                CASES["text"].fit(out=run, **options)
            assert f"process {process} " in str(refused.value)
        with pytest.raises(CheckpointError, match=match):
            ostinato.load(run).save(run, overwrite=True)
        assert ostinato.load(run).metrics_  # reading is free
        after = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
        after.pop(run_lock.FILE)
        assert after == before
    run_lock.check(run)  # its holder was killed
    assert not (run / run_lock.FILE).exists()


def test_two_threads_are_parted_too(tmp_path: Path) -> None:
    with run_lock.held(tmp_path / "a" / "run"), run_lock.held(tmp_path / "b"):
        refused: list[BaseException] = []

        def second() -> None:
            try:
                with run_lock.held(tmp_path / "b" / ".." / "b"):
                    pass
            except CheckpointError as error:
                refused.append(error)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert "is writing it" in str(refused[0])
    with run_lock.held(tmp_path / "b"):
        pass


def test_a_lock_of_another_host_is_told_with_its_file(tmp_path: Path) -> None:
    lock = tmp_path / run_lock.FILE
    write_json(lock, {"process": 12, "host": "elsewhere", "since": "2026-01-01T00:00:00+00:00"})
    with pytest.raises(CheckpointError, match="process 12 on elsewhere has written it since 2026"):
        run_lock.check(tmp_path)
    assert json.loads(lock.read_text())["host"] == "elsewhere"
    lock.write_text("{")  # cut short
    run_lock.check(tmp_path)


def test_a_failed_training_frees_its_folder(tmp_path: Path) -> None:
    class Breaks:
        def step(self, progress: object, steps_per_epoch: int, loss: float) -> None:
            raise StoppedError("enough")

        def epoch(self, record: object) -> None: ...

    with pytest.raises(StoppedError):
        CASES["text"].fit(out=tmp_path / "run", callbacks=[Breaks()])
    assert not (tmp_path / "run" / run_lock.FILE).exists()
    with pytest.raises(ConfigError, match="there is a run already"):
        CASES["text"].fit(out=tmp_path / "run")
    CASES["text"].fit(out=tmp_path / "run", resume=True)


def test_a_model_may_replace_the_run_that_it_was_loaded_from(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    ostinato.load(runs["text"]).save(run)
    metrics, history = (ostinato.load(run).metrics_, ostinato.load(run).history_)
    ostinato.load(run).save(run, overwrite=True)
    again = ostinato.load(run)
    assert (again.metrics_, again.history_) == (metrics, history)
    assert metrics["validation"]


def test_a_folder_of_folds_is_no_run_and_says_where_they_are(tmp_path):
    (tmp_path / "fold-1").mkdir()
    with pytest.raises(CheckpointError, match=r"holds a run for each fold .* such as .*fold-1"):
        run_folder.read_config(tmp_path)


def test_a_config_that_lacks_who_wrote_it_is_told(runs: dict[str, Path], tmp_path: Path) -> None:
    config = json.loads((runs["text"] / "config.json").read_text())
    del config["ostinato"]
    write_json(tmp_path / "config.json", config)
    with pytest.raises(CheckpointError, match=r"config\.json: `ostinato` must be a text; got None"):
        run_folder.read_config(tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "checkpoint/last.safetensors"])
def test_sums_are_begun_of_files_of_their_size_only(
    runs: dict[str, Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(runs["text"], run)
    (run / "SHA256SUMS").unlink()
    os.truncate(run / name, 2**35)  # sparse: to sum it would take minutes
    monkeypatch.setattr("ostinato._sums.BLOCK", 0)
    with (
        pytest.raises(CheckpointError, match=rf"{name}: must be a whole safetensors file"),
        run_folder.opened(run, resume=True),
    ):
        pass
    assert not (run / "SHA256SUMS").exists()
