"""The loop on a toy problem: what is selected, what stops it, what it tells."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from ostinato import ConfigError, StoppedError, Training, TrainingError
from ostinato.data.batches import collate
from ostinato.data.ragged import Ragged
from ostinato.runs import history
from ostinato.training import checkpoint, train
from ostinato.training.loop import ROWS


@dataclass
class ToySplit:
    column: Ragged
    targets: torch.Tensor

    @property
    def lengths(self):
        return self.column.lengths

    def batch(self, rows):
        return collate(self.column, rows), self.targets[rows]


class ToyModel(nn.Module):
    """Scores a sequence by its first id."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 2)

    def forward(self, ids):
        first = ids.data[: int(ids.batch_sizes[0])]
        return self.table(first)


class ToyObjective:
    monitor = "accuracy"

    def sums(self, output, targets):
        loss = nn.functional.cross_entropy(output, targets, reduction="sum")
        right = (output.argmax(1) == targets).sum()
        return torch.stack([loss, loss.new_tensor(len(targets)), right.to(loss.dtype)])

    def figures(self, sums):
        loss, count, right = sums.tolist()
        return {"loss": loss / count, "accuracy": right / count}


class Recorder:
    def __init__(self, at=None, act=None):
        self.losses, self.records, self.at, self.act = [], [], at, act

    def step(self, progress, steps_per_epoch, loss):
        self.losses.append(loss)
        if progress.step == self.at:
            self.act()

    def epoch(self, record):
        self.records.append(record)


def toy_split(rows=60, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, rows)
    offsets = np.concatenate([[0], lengths.cumsum()])
    values = rng.integers(0, 10, offsets[-1]).astype(np.int32)
    return ToySplit(Ragged(values, offsets), torch.from_numpy(values[offsets[:-1]] % 2).long())


SPLITS = {"train": toy_split(), "validation": toy_split(20, 1)}
SETTINGS = Training(epochs=4, batch_size=8, batch_tokens=None, learning_rate=0.05)


def run(settings=SETTINGS, splits=None, **options):
    torch.manual_seed(0)
    model = ToyModel()
    return model, train(model, splits or SPLITS, ToyObjective(), settings, **options)


def test_it_learns_and_tells_every_epoch():
    recorder = Recorder()
    _, records = run(callbacks=[recorder])
    assert recorder.records == records
    assert [record["epoch"] for record in records] == [1, 2, 3, 4]
    assert records[-1]["train"]["loss"] < records[0]["train"]["loss"]
    assert len(recorder.losses) == records[-1]["steps"] == 4 * 8


def test_the_best_epoch_is_kept():
    model, records = run()
    best = max(records, key=lambda record: record["validation"]["accuracy"])
    split = SPLITS["validation"]
    output = model(collate(split.column, np.argsort(-split.lengths, kind="stable")))
    targets = split.targets[np.argsort(-split.lengths, kind="stable")]
    accuracy = (output.argmax(1) == targets).double().mean().item()
    assert accuracy == pytest.approx(best["validation"]["accuracy"])


def test_the_test_split_selects_nothing():
    with_test = {**SPLITS, "test": toy_split(20, 2)}
    torch.manual_seed(0)
    model = ToyModel()
    records = train(model, with_test, ToyObjective(), SETTINGS)
    assert all("test" in record for record in records)
    assert torch.equal(model.table.weight, run()[0].table.weight)


def test_patience_stops_early():
    settings = SETTINGS.replace(epochs=50, patience=2, learning_rate=1e-9)
    _, records = run(settings)
    assert len(records) == 3  # nothing gets better after the first epoch


def test_same_seed_same_bits_and_other_seed_other_bits():
    assert torch.equal(run()[0].table.weight, run()[0].table.weight)
    other = run(SETTINGS.replace(seed=1))[0].table.weight
    assert not torch.equal(run()[0].table.weight, other)


def test_folder_and_memory_give_the_same_model(tmp_path):
    in_memory, _ = run()
    on_disk, records = run(run=tmp_path)
    assert torch.equal(in_memory.table.weight, on_disk.table.weight)
    assert history.read(tmp_path) == records


def test_large_gradients_are_clipped_and_told():
    _, records = run(SETTINGS.replace(max_grad_norm=1e-3))
    assert records[0]["grad_norm"]["clipped"] == 1.0
    assert records[0]["grad_norm"]["max"] > 1e-3
    _, records = run(SETTINGS.replace(max_grad_norm=None))
    assert records[0]["grad_norm"]["clipped"] == 0.0


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_best(tmp_path):
    torch.manual_seed(0)
    model = ToyModel()

    def poison():
        with torch.no_grad():
            model.table.weight.fill_(float("nan"))

    with pytest.raises(
        TrainingError,
        match=r"loss must stay finite; it became nan at step 13 "
        r"\(epoch 2, batch 5.*training rows.*model of the best epoch so far is kept in",
    ):
        train(
            model,
            SPLITS,
            ToyObjective(),
            SETTINGS,
            run=tmp_path,
            callbacks=[Recorder(at=12, act=poison)],
        )
    from ostinato.training import load_tensors

    weights, _ = load_tensors(tmp_path / "model.safetensors")
    assert weights["table.weight"].isfinite().all()


@pytest.mark.parametrize("at", [1, 7, 8, 20])
def test_interrupted_and_resumed_equals_never_interrupted(tmp_path, at):
    import signal

    whole, records = run()
    stop = Recorder(at=at, act=lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(StoppedError, match="everything is saved"):
        run(run=tmp_path, callbacks=[stop])
    resumed, resumed_records = run(run=tmp_path, resume=True)
    assert torch.equal(whole.table.weight, resumed.table.weight)
    for ours, theirs in zip(resumed_records, records, strict=True):
        for split in ("train", "validation"):
            assert ours[split] == theirs[split]
        assert ours["grad_norm"] == theirs["grad_norm"]


def test_a_run_of_two_processes_is_not_resumed_by_one(tmp_path):
    run(run=tmp_path)
    path = tmp_path / "checkpoint" / "last.safetensors"
    tensors, header = checkpoint.load_tensors(path)
    tensors["random.cpu"] = tensors["random.cpu"].repeat(2, 1)
    checkpoint.save_tensors(path, tensors, header)
    with pytest.raises(TrainingError, match="was written by 2 processes and must be resumed by as"):
        run(run=tmp_path, resume=True)


def test_a_loss_that_is_not_finite_leaves_the_best_in_memory_too():
    torch.manual_seed(0)
    model = ToyModel()

    def poison():
        with torch.no_grad():
            model.table.weight.fill_(float("nan"))

    with pytest.raises(TrainingError, match="model of the best epoch so far is kept"):
        train(model, SPLITS, ToyObjective(), SETTINGS, callbacks=[Recorder(at=12, act=poison)])
    assert model.table.weight.isfinite().all()


def test_without_a_folder_ctrl_c_is_a_keyboard_interrupt():
    import signal

    stop = Recorder(at=3, act=lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run(callbacks=[stop])


def test_exploding_and_vanishing_gradients_are_said(caplog):
    objective = ToyObjective()
    objective.sums = lambda output, targets: (
        1e4 * ToyObjective.sums(objective, output, targets) * (torch.tensor([1.0, 1e-4, 1e-4]))
    )
    torch.manual_seed(0)
    train(ToyModel(), SPLITS, objective, SETTINGS.replace(epochs=1))
    assert "epoch 1: gradients explode" in caplog.text
    objective.sums = lambda output, targets: (
        ToyObjective.sums(objective, output, targets) * (torch.tensor([1e-8, 1.0, 1.0]))
    )
    train(ToyModel(), SPLITS, objective, SETTINGS.replace(epochs=1))
    assert "epoch 1: gradients vanish" in caplog.text
    caplog.clear()
    train(ToyModel(), SPLITS, objective, SETTINGS.replace(epochs=9))
    assert caplog.messages[0].startswith("epoch 1: gradients vanish")
    assert caplog.messages[1:] == ["gradients vanished in 9 of 9 epochs"]


def test_small_data_get_enough_steps_unless_rows_are_given():
    by_tokens = SETTINGS.replace(batch_size=None, batch_tokens=8192, epochs=1)
    many = {"train": toy_split(60 * ROWS, 0), "validation": SPLITS["validation"]}
    assert run(by_tokens, splits=many)[1][0]["steps"] >= 60
    by_rows = SETTINGS.replace(batch_size=8, batch_tokens=8192, epochs=1)
    assert run(by_rows)[1][0]["steps"] == 8


def test_a_batch_under_a_token_budget_has_room_for_some_sequences():
    by_tokens = SETTINGS.replace(batch_size=None, batch_tokens=8192, epochs=1)
    steps = run(by_tokens)[1][0]["steps"]  # of 60 rows: by their tokens alone, one batch a row
    assert 60 // ROWS <= steps <= 2 * 60 // ROWS
    tight = by_tokens.replace(batch_tokens=20)  # the budget that was given comes first
    assert run(tight)[1][0]["steps"] > 2 * 60 // ROWS


def test_ties_of_the_monitor_are_broken_by_the_loss():
    class Told(ToyObjective):
        """Says the same accuracy every time, and losses of its own on validation."""

        def __init__(self, losses):
            self.losses = iter(losses)

        def figures(self, sums):
            figures = super().figures(sums)
            if sums[1] == 20:  # validation
                figures |= {"loss": next(self.losses), "accuracy": 0.5}
            return figures

    torch.manual_seed(0)
    records = train(ToyModel(), SPLITS, Told([3.0, 2.0, 2.5, 2.0]), SETTINGS)
    assert [record["best"] for record in records] == [True, True, False, False]
    torch.manual_seed(0)
    patient = SETTINGS.replace(patience=2, epochs=9)
    records = train(ToyModel(), SPLITS, Told([3.0, 2.0, 2.5, 2.0, 1.0]), patient)
    assert len(records) == 4


def test_an_open_number_of_epochs_is_refused_without_a_task():
    with pytest.raises(ConfigError, match="epochs must be set to train without a task; got None"):
        run(SETTINGS.replace(epochs=None))
