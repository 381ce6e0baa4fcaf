"""What the commands promise of every task: a law a function, over a small training of each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.commands import bits, killed, ok, refused, weights_of_one_and_of_two
from tests.fuzz_runs import TRAIN, sources

from ostinato.cli.main import run
from ostinato.cli.tasks import by_verb

SHORT = ["--epochs", "2", "--batch-size", "2", "--checkpoint-steps", "3"]
AUGMENTED = "speed", "noise", "masks", "join", "mix", "gain-db", "filter-db"
NO_CHANCE = {
    "tag": f"{TRAIN['tag']} --word-dropout 0 --locked-dropout 0 --head-dropout 0",
    "classify-series": f"{TRAIN['classify-series']} --noise 0 --head-dropout 0",
    "forecast": "--hidden-size 4 --horizon 3 --context 6 --head-dropout 0",
    "transcribe": f"{TRAIN['transcribe']} --dropout 0 --head-dropout 0 "
    + " ".join(f"--augmentation-{name} 0" for name in AUGMENTED),
}
"""Options under which nothing is drawn, as two processes draw each for itself."""
NOT_READ = {
    *("README.md", "SHA256SUMS", "history.jsonl", "metrics.json", "predictions.parquet"),
    "tokenizer_config.json",  # of a classifier it is for other programs
}
every_task = pytest.mark.parametrize("task", TRAIN)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return sources(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(data: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The run of a task, made when it is asked for, with the command before ``--out``."""
    folder, found = tmp_path_factory.mktemp("runs"), dict[str, Path]()

    def made(task: str, *more: str) -> Path:
        name = " ".join((task, *more)).replace(" ", "_")
        if name not in found:
            found[name] = folder / name
            assert run([*command(task, data), *more, "--out", str(found[name])]) == 0
        return found[name]

    return made


def command(task: str, data: Mapping[str, Path]) -> list[str]:
    return ["train", task, str(data[task]), *TRAIN[task].split(), *SHORT]


def test_every_task_is_trained_here() -> None:
    assert TRAIN.keys() == by_verb().keys()
    assert {*NO_CHANCE, "classify"} == TRAIN.keys()  # that one in test_two_processes.py


@pytest.mark.parametrize(
    ("task", "more"),
    [*((task, ()) for task in TRAIN), ("forecast", ("--method", "autoregressive"))],
)
def test_a_killed_run_goes_on_to_the_same_bits(task, more, data, trained, tmp_path, capsys):
    killed(5, *command(task, data), *more, "--out", tmp_path / "run")
    ok(capsys, "resume", tmp_path / "run")
    whole = trained(task, *more)
    assert bits(tmp_path / "run") == bits(whole)
    kept = {file.name for file in whole.iterdir() if file.is_file()}
    for name in kept - {"README.md", "SHA256SUMS", "config.json", "history.jsonl", "metrics.json"}:
        assert (tmp_path / "run" / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.parametrize("task", NO_CHANCE)
def test_two_processes_train_as_one(task, data, tmp_path):
    options = ["--epochs", "2", "--batch-size", "8", *NO_CHANCE[task].split()]
    one, two = weights_of_one_and_of_two(task, data[task], tmp_path, options)
    for name, weight in one.items():  # the halves of a batch are added up in another order
        torch.testing.assert_close(weight, two[name], atol=2e-5, rtol=0, msg=name)


@every_task
def test_evaluate_finds_the_split_of_a_run_again(task, data, trained, capsys):
    split = "test" if task == "forecast" else "validation"
    kept = json.loads((trained(task) / "metrics.json").read_text())[split]
    out, err = ok(capsys, "evaluate", trained(task), split, "--json")
    found = json.loads(out.splitlines()[-1])
    kept.pop("real_time_factor", None)
    assert {name: found[name] for name in kept} == kept
    assert "has changed" not in err
    out, _ = ok(capsys, "evaluate", trained(task), data[task], "--json")  # as a file
    assert json.loads(out)["n"] >= found["n"]


@every_task
def test_a_run_folder_that_is_broken_is_refused_in_one_line(task, data, trained, tmp_path, capsys):
    broken = tmp_path / "broken"
    shutil.copytree(trained(task), broken)
    for path in [path for path in sorted(broken.glob("*.*")) if path.name not in NOT_READ]:
        whole = path.read_bytes()
        for content in (whole[: len(whole) // 2], b"{}", None):
            path.unlink() if content is None else path.write_bytes(content)
            assert str(broken) in refused(capsys, 1, "predict", broken, data[task]), path
        path.write_bytes(whole)
    ok(capsys, "predict", broken, data[task])
