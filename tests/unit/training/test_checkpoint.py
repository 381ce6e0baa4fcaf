"""A checkpoint is whole or not there, and gives back what went in."""

import json
import resource
import subprocess
import sys
import textwrap

import pytest
import torch

from ostinato import CheckpointError, Training
from ostinato.runs import history
from ostinato.training import checkpoint
from ostinato.training.schedule import make_optimizer


def trained(seed: int) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    model = torch.nn.Linear(3, 2)
    optimizer = make_optimizer(model, Training(learning_rate=2.5e-3))
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
    return model, optimizer


def test_pack_and_unpack_restore_weights_and_optimizer(tmp_path):
    model, optimizer = trained(1)
    tensors, groups = checkpoint.pack(model, optimizer)
    checkpoint.save_tensors(tmp_path / "last.safetensors", tensors, {"groups": groups})
    other, other_optimizer = trained(2)
    loaded, header = checkpoint.load_tensors(tmp_path / "last.safetensors")
    checkpoint.unpack(loaded, header["groups"], other, other_optimizer)
    for step in range(2):  # the next steps are the same only if every moment was restored
        torch.manual_seed(step)
        inputs = torch.randn(4, 3)
        for module, optim in ((model, optimizer), (other, other_optimizer)):
            optim.zero_grad()
            module(inputs).square().sum().backward()
            optim.step()
    assert torch.equal(model.weight, other.weight)
    assert torch.equal(model.bias, other.bias)


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """A real write error: the process may not write files of over 4 KB."""
    path = tmp_path / "last.safetensors"
    checkpoint.save_tensors(path, {"x": torch.ones(3)})
    script = textwrap.dedent(
        f"""
        import pathlib, resource, torch
        from ostinato import CheckpointError
        from ostinato.training import checkpoint
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            checkpoint.save_tensors(pathlib.Path({str(path)!r}), {{"x": torch.ones(100_000)}})
        except CheckpointError as error:
            print(error)
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "could not be written" in result.stdout
    assert "what was saved before is untouched" in result.stdout
    tensors, _ = checkpoint.load_tensors(path)
    assert torch.equal(tensors["x"], torch.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # nothing half-written remains
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 4096


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    checkpoint.save_tensors(path, {"x": torch.ones(1000)})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="must be a whole safetensors file"):
        checkpoint.load_tensors(path)


def test_weights_of_another_model_are_refused():
    with pytest.raises(CheckpointError, match="mixes files of two runs"):
        checkpoint.load_weights(torch.nn.Linear(2, 2), {"weight": torch.ones(3, 3)}, "here")


def test_history_round_trip_and_broken_line(tmp_path):
    records = [{"epoch": 1, "train": {"loss": 0.5}}, {"epoch": 2, "train": {"loss": 0.25}}]
    history.write(tmp_path, records)
    assert history.read(tmp_path) == records
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(records[0]) + '\n{"epoch": 2, "tr')
    with pytest.raises(CheckpointError, match="line 2 must be a JSON object"):
        history.read(tmp_path)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.tensor([float("nan")]), r"must hold finite numbers; `bias` has NaN"),
        (torch.tensor([float("inf")], dtype=torch.float16), r"must hold finite numbers; `bias`"),
        (torch.tensor([1e300], dtype=torch.float64), r"must hold finite numbers; `bias`"),
        (torch.tensor([1]), r"`bias` is torch.int64 in the file, not torch.float32"),
        (torch.tensor([True]), r"`bias` is torch.bool in the file"),
        (torch.tensor([1 + 1j]), r"`bias` is torch.complex64 in the file"),
        (torch.tensor([1.0]).to(torch.float8_e4m3fn), r"`bias` is torch.float8_e4m3fn in the file"),
        (torch.zeros(2), r"`bias` is \(1,\) in the model and \(2,\) in the file"),
    ],
)
def test_weights_that_are_no_finite_floats_of_the_right_shape_are_refused(tmp_path, value, said):
    path = tmp_path / "model.safetensors"
    checkpoint.save_tensors(path, {"weight": torch.ones(1, 3), "bias": value})
    with pytest.raises(CheckpointError, match=said):
        checkpoint.restored(lambda: torch.nn.Linear(3, 1), checkpoint.load_tensors(path)[0], path)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nn.LSTM(2**20, 2**20),
        lambda: torch.nn.LSTM(2**40, 2**40),
        lambda: torch.nn.LSTM(2, 2, num_layers=10**9),
        lambda: torch.nn.Linear(2**62, 2**62),
    ],
)
def test_a_network_larger_than_its_weights_is_refused_before_it_is_built(tmp_path, make):
    with pytest.raises(CheckpointError, match="the weights must fit the model"):
        checkpoint.restored(make, {"weight_ih_l0": torch.ones(8, 2)}, tmp_path)
