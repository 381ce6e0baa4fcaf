"""The training loop, with checkpoints: keeps the weights of the best epoch and a history.

Everything a step depends on is in the settings, a pure function of (seed, epoch), or in the checkpoint:
so a run that was killed at any step and resumed ends with the same bits.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ostinato._config import Training
from ostinato._doing import doing
from ostinato._errors import CheckpointError, StoppedError, TrainingError
from ostinato._files import misfits_as_errors
from ostinato.data.batches import length_buckets
from ostinato.ops.randomness import drawing_from
from ostinato.runs import history
from ostinato.training import checkpoint
from ostinato.training.contracts import Figures, Objective, Rows, Split
from ostinato.training.gradients import sum_up_gradients, warn_of_gradients
from ostinato.training.schedule import learning_rate, make_optimizer, sized
from ostinato.training.signals import stop_on_signal

logger = logging.getLogger("ostinato")

STEPS_PER_EPOCH = 400  # at least, under a token budget, unless batches would be below ROWS
ROWS = 16  # sequences of mean length that fit a batch under a token budget, at least


class Callback(Protocol):
    """Callbacks of a training run, in the main process only."""

    def step(self, progress: Progress, steps_per_epoch: int, loss: float) -> None:
        """Called after each step."""

    def epoch(self, record: history.Record) -> None:
        """Called after each epoch, when it is saved."""


@dataclass
class Progress:
    """Position in the training and running sums of the epoch; part of the checkpoint."""

    epochs: int = 0
    epoch: int = 0
    batch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=list)
    tokens: int = 0
    seconds: float = 0.0
    norm_sum: float = 0.0
    norm_max: float = 0.0
    clipped: int = 0
    best: float = -math.inf
    best_loss: float = math.inf
    epochs_since_best: int = 0
    records: list[history.Record] = field(default_factory=list)

    def start_epoch(self) -> None:
        """Move to the first batch of the next epoch."""
        self.epoch += 1
        self.batch, self.sums, self.tokens, self.seconds = 0, [], 0, 0.0
        self.norm_sum, self.norm_max, self.clipped = 0.0, 0.0, 0


def train(
    model: nn.Module,
    splits: Mapping[str, Split],
    objective: Objective,
    settings: Training,
    *,
    run: Path | None = None,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
) -> list[history.Record]:
    """Train ``model`` in place to the weights of its best epoch; return the history.

    Args:
        model: Maps the inputs of a split's batch to the output that the objective takes.
        splits: ``train`` and ``validation``; ``test``, if given, is evaluated after every epoch but never
            used to select.
        objective: The loss and figures.
        settings: Training settings.
        run: Run folder for checkpoints, ``history.jsonl`` and ``model.safetensors``; None to keep
            everything in memory.
        resume: Continue from the checkpoint in ``run``, or from the start if there is none.
        callbacks: Callbacks of every step and epoch.

    Raises:
        TrainingError: The loss or the gradient norm is no longer finite.
        StoppedError: SIGINT or SIGTERM came; the checkpoint is complete.
        CheckpointError: The checkpoint cannot be written or read.

    Source: gradient clipping: Pascanu et al. 2013, https://arxiv.org/abs/1211.5063, algorithm 1.
    """
    return _Loop(model, splits, objective, settings, run, callbacks).run(resume=resume)


class _Loop:
    """The state of one call of :func:`train`."""

    def __init__(
        self,
        model: nn.Module,
        splits: Mapping[str, Split],
        objective: Objective,
        settings: Training,
        folder: Path | None,
        callbacks: Sequence[Callback],
    ) -> None:
        doing("preparing the training")  # torch loads its compiler for an optimizer
        self.accelerator = Accelerator(cpu=on_cpu(), mixed_precision="no")  # autocast is ours
        self.model = model.to(self.accelerator.device)
        self.optimizer = make_optimizer(self.model, settings)
        self.parallel = self.accelerator.prepare(self.model)
        self.splits, self.objective, self.settings = splits, objective, settings
        self.folder = folder
        self.is_main = self.accelerator.is_main_process
        self.callbacks = callbacks if self.is_main else ()
        self.progress = Progress(epochs=sized(settings.epochs, "epochs"))
        self.best_weights: checkpoint.Tensors = {}
        seed = settings.seed + self.accelerator.process_index
        self.generator = torch.Generator().manual_seed(seed)
        if self.accelerator.device.type == "cuda":  # random numbers there are torch's
            torch.cuda.manual_seed(seed)

    def run(self, *, resume: bool) -> list[history.Record]:
        if resume and self.folder and checkpoint.path_of(self.folder).exists():
            self._load(self.folder)
        # Without a folder there is no checkpoint to resume, so Ctrl-C is a KeyboardInterrupt.
        with stop_on_signal() if self.folder else nullcontext(lambda: False) as stopped:
            try:
                while not self._finished():
                    self._epoch(stopped)
            finally:
                if self.best_weights:
                    checkpoint.load_weights(self.model, self.best_weights, where="best epoch")
        if self.is_main:
            sum_up_gradients(self.progress.records)
        if self.folder:
            self.accelerator.wait_for_everyone()
            weights, _ = checkpoint.load_tensors(self.folder / "model.safetensors")
            checkpoint.load_weights(self.model, weights, where=self.folder / "model.safetensors")
        return self.progress.records

    def _finished(self) -> bool:
        patience = self.settings.patience
        out_of_patience = patience is not None and self.progress.epochs_since_best >= patience
        return self.progress.epoch >= self.progress.epochs or out_of_patience

    def _epoch(self, stopped: Callable[[], bool]) -> None:
        progress, train = self.progress, self.splits["train"]
        batches = self._batches(train, epoch=progress.epoch)
        self.parallel.train()
        while progress.batch < len(batches):
            start = time.perf_counter()
            loss = self._step(batches[progress.batch], len(batches))
            progress.seconds += time.perf_counter() - start
            for callback in self.callbacks:
                callback.step(progress, len(batches), loss)
            if self._agree(stopped()):
                self._save()
                raise StoppedError(
                    f"Stopped after batch {progress.batch} of {len(batches)} in epoch "
                    f"{progress.epoch + 1}; everything is saved."
                )
            if progress.step % self.settings.checkpoint_steps == 0 and progress.batch < len(
                batches
            ):
                self._save()
        self._finish_epoch(len(batches))

    def _step(self, rows: Rows, batches: int) -> float:
        progress, settings = self.progress, self.settings
        rate = learning_rate(
            settings, (progress.epoch + progress.batch / batches) / progress.epochs
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with drawing_from(self.generator):
            sums, total = self._sums(self.splits["train"], rows)  # (sums,)
        loss = float(total[0] / total[1])
        if not math.isfinite(loss):
            raise self._not_finite("loss", loss, rows)
        self.optimizer.zero_grad()
        # DDP averages the gradients of the processes: scaled so that the whole batch is the mean
        (sums[0] * (self.accelerator.num_processes / total[1])).backward()
        norm = float(self._clip())
        if not math.isfinite(norm):
            raise self._not_finite("gradient norm", norm, rows)
        self.optimizer.step()
        progress.batch += 1
        progress.step += 1
        progress.tokens += int(self.splits["train"].lengths[rows].sum())
        progress.sums = [
            a + b for a, b in zip(progress.sums or [0.0] * len(total), total.tolist(), strict=True)
        ]
        progress.norm_sum += norm
        progress.norm_max = max(progress.norm_max, norm)
        progress.clipped += settings.max_grad_norm is not None and norm > settings.max_grad_norm
        return loss

    def _sums(self, split: Split, rows: Rows) -> tuple[Tensor, Tensor]:
        """Return this process's sums of a batch, and those of all processes without gradient."""
        mine = rows[self.accelerator.process_index :: self.accelerator.num_processes]
        inputs, targets = split.batch(mine if len(mine) else rows[:1])
        device = self.accelerator.device
        with torch.autocast(
            device.type, torch.bfloat16, enabled=self.settings.precision == "bfloat16"
        ):
            output = self.parallel(inputs.to(device))
        sums = self.objective.sums(output, targets.to(device))  # (sums,)
        if not len(mine):
            sums = sums * 0  # more processes than rows: this one has no weight
        return sums, self._add_up(sums.detach().double())

    def _clip(self) -> Tensor:
        parameters = [
            parameter for parameter in self.model.parameters() if parameter.grad is not None
        ]
        norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        limit = self.settings.max_grad_norm
        if limit is not None and not norm <= limit:  # else torch would multiply by 1
            nn.utils.clip_grads_with_norm_(parameters, limit, norm)
        return norm

    def _finish_epoch(self, steps: int) -> None:
        progress = self.progress
        record: history.Record = {
            "epoch": progress.epoch + 1,
            "steps": progress.step,
            "train": self.objective.figures(torch.tensor(progress.sums, dtype=torch.float64)),
            **{name: self._evaluate(self.splits[name]) for name in self.splits if name != "train"},
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "grad_norm": {
                "mean": progress.norm_sum / steps,
                "max": progress.norm_max,
                "clipped": progress.clipped / steps,
            },
            "tokens_per_second": progress.tokens / progress.seconds,
            "seconds": progress.seconds,
        }
        value, loss = (record["validation"][name] for name in (self.objective.monitor, "loss"))
        record["best"] = (value, -loss) > (progress.best, -progress.best_loss)
        progress.records.append(record)
        progress.epochs_since_best = 0 if record["best"] else progress.epochs_since_best + 1
        if record["best"]:
            progress.best, progress.best_loss = value, loss
            self._keep_best()
        progress.start_epoch()
        self._save()
        if self.folder and self.is_main:
            history.write(self.folder, progress.records)
        for callback in self.callbacks:
            callback.epoch(record)
        if self.is_main:
            warn_of_gradients(progress.records)

    @torch.no_grad()
    def _evaluate(self, split: Split) -> Figures:
        self.parallel.eval()
        total = sum(self._sums(split, rows)[1] for rows in self._batches(split, epoch=None))
        assert isinstance(total, Tensor)
        return self.objective.figures(total)

    def _batches(self, split: Split, epoch: int | None) -> list[Rows]:
        batch_tokens = self.settings.batch_tokens
        if batch_tokens is not None and self.settings.batch_size is None and epoch is not None:
            total = int(split.lengths.sum())
            enough = max(total // STEPS_PER_EPOCH, ROWS * total // len(split.lengths))
            batch_tokens = min(batch_tokens, max(1, enough))
        return length_buckets(
            split.lengths,
            batch_tokens=batch_tokens,
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            epoch=epoch,
        )

    def _keep_best(self) -> None:
        weights = self.model.state_dict()
        if self.folder is None:
            self.best_weights = {name: tensor.clone() for name, tensor in weights.items()}
        elif self.is_main:
            checkpoint.save_tensors(self.folder / "model.safetensors", weights)

    def _save(self) -> None:
        if self.folder is None:
            return
        random_states = {"random.cpu": self._gather(self.generator.get_state())}
        if self.accelerator.device.type == "cuda":
            random_states["random.cuda"] = self._gather(torch.cuda.get_rng_state())
        if self.is_main:
            tensors, groups = checkpoint.pack(self.model, self.optimizer)
            header = {
                "progress": asdict(self.progress),
                "groups": groups,
                "device": self.accelerator.device.type,
            }
            checkpoint.save_tensors(
                checkpoint.path_of(self.folder), tensors | random_states, header
            )

    def _load(self, folder: Path) -> None:
        path = checkpoint.path_of(folder)
        tensors, header = checkpoint.load_tensors(path)
        with misfits_as_errors(
            f"{path}: must be the checkpoint of this run; putting it back failed"
        ):
            self._put_back(path, tensors, header)
        if self.is_main:
            history.write(folder, self.progress.records)

    def _put_back(self, path: Path, tensors: checkpoint.Tensors, header: Any) -> None:
        random_states = tensors.pop("random.cpu")
        if len(random_states) != self.accelerator.num_processes:
            raise TrainingError(
                f"{path}: was written by {len(random_states)} processes and must be resumed by as "
                f"many; this is a run of {self.accelerator.num_processes}."
            )
        device = self.accelerator.device.type
        if header["device"] != device:
            raise CheckpointError(
                f"{path}: was written on {header['device']} and must be resumed there; "
                f"this run is on {device}."
            )
        self.generator.set_state(random_states[self.accelerator.process_index])
        if "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors.pop("random.cuda")[self.accelerator.process_index])
        checkpoint.unpack(tensors, header["groups"], self.model, self.optimizer)
        self.progress = Progress(**header["progress"])

    def _add_up(self, sums: Tensor) -> Tensor:
        if self.accelerator.num_processes == 1:
            return sums
        return self.accelerator.reduce(sums, reduction="sum")  # type: ignore[no-any-return]

    def _gather(self, state: Tensor) -> Tensor:
        states = self.accelerator.gather(state.to(self.accelerator.device)[None])
        return states.cpu()  # type: ignore[no-any-return]

    def _agree(self, stop: bool) -> bool:  # noqa: FBT001 one flag, no other meaning
        """Return whether any process was asked to stop, so that all stop at the same step."""
        if self.accelerator.num_processes == 1:
            return stop
        return bool(self._add_up(torch.tensor(float(stop), device=self.accelerator.device)))

    def _not_finite(self, what: str, value: float, rows: Rows) -> TrainingError:
        progress = self.progress
        kept = (
            f"The model of the best epoch so far is kept{f' in {self.folder}' if self.folder else ''}."
            if progress.records
            else "No epoch was finished."
        )
        return TrainingError(
            f"The {what} must stay finite; it became {value} at step {progress.step + 1} (epoch "
            f"{progress.epoch + 1}, batch {progress.batch + 1}, training rows "
            f"{', '.join(map(str, rows[:5]))}, ...). {kept} Lower learning_rate or max_grad_norm."
        )


def on_cpu() -> bool:
    """Return whether to train on the CPU; for accelerate, which needs ``cpu=True``."""
    return not torch.cuda.is_available()
