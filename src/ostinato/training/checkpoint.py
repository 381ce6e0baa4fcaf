"""One file that holds everything a killed run needs to go on exactly where it was.

``checkpoint/last.safetensors`` has the weights, the optimizer's state and the random states as
tensors and the place in the training as JSON in its header. No pickle: reading one from a stranger
cannot run code. It is one file because one file can be replaced in one step.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from ostinato._errors import CheckpointError, OstinatoError
from ostinato._files import opened, replacing, tensors_read

Tensors = dict[str, Tensor]
ModuleT = TypeVar("ModuleT", bound=nn.Module)


def path_of(run: Path) -> Path:
    """Return where the run folder ``run`` keeps its checkpoint."""
    return run / "checkpoint" / "last.safetensors"


def save_tensors(path: Path, tensors: Tensors, header: dict[str, Any] | None = None) -> None:
    """Write tensors and a JSON header to a safetensors file, whole or not at all.

    Raises:
        CheckpointError: The file cannot be written; the previous one is unchanged.
    """
    metadata = {"ostinato": json.dumps(header)} if header is not None else None
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            save_file(whole, temporary, metadata=metadata)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: could not be written ({error}); what was saved before is untouched. "
            "Free some space or choose another folder, then go on with `ostinato resume`."
        ) from error


def load_tensors(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """Read the tensors and the JSON header that :func:`save_tensors` wrote.

    Raises:
        CheckpointError: The file is missing, cut short, not a safetensors file, or not as it was written.
    """
    with tensors_read(path), opened(path), safe_open(path, framework="pt") as file:
        header = json.loads((file.metadata() or {}).get("ostinato", "{}"))
        names = file.keys()  # the file is no mapping, and cannot be gone through itself
        tensors = {name: file.get_tensor(name) for name in names}
    _check_finite(tensors, path)
    return tensors, header


def pack(model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[Tensors, list[Any]]:
    """Return the weights and optimizer state as named tensors, and the parameter groups."""
    state = optimizer.state_dict()
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for index, slots in state["state"].items():
        for slot, tensor in slots.items():
            tensors[f"optimizer.{index}.{slot}"] = tensor
    return tensors, state["param_groups"]


def unpack(
    tensors: Tensors, groups: list[Any], model: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Put back what :func:`pack` took out."""
    weights: Tensors = {}
    slots: dict[int, Tensors] = {}
    for name, tensor in tensors.items():
        kind, _, rest = name.partition(".")
        if kind == "model":
            weights[rest] = tensor
        elif kind == "optimizer":
            index, _, slot = rest.partition(".")
            slots.setdefault(int(index), {})[slot] = tensor
    load_weights(model, weights, where="checkpoint")
    optimizer.load_state_dict({"state": slots, "param_groups": groups})


def load_weights(model: nn.Module, weights: Tensors, where: str | Path) -> None:
    """Load weights into ``model``.

    Raises:
        CheckpointError: A weight is missing, unknown, of another shape, or no float where one must be.
    """
    _check_fit(model, weights, where)
    model.load_state_dict(weights)


def restored(make: Callable[[], ModuleT], weights: Tensors, where: str | Path) -> ModuleT:
    """Return the network that ``make`` makes, with the weights of a file.

    It is made without memory first and compared with them, so that a config that asks for more than
    the file holds is refused before anything is allocated for it.

    Args:
        make: Makes the network with new weights.
        weights: What the file holds.
        where: The file.

    Raises:
        CheckpointError: They do not fit.
    """
    try:
        with torch.device("meta"), _at_most(len(weights)):
            sketch = make()
    except (RuntimeError, OverflowError, TypeError) as error:  # sizes beyond all memory
        if isinstance(error, OstinatoError):
            raise
        raise _misfit(where, f"its network cannot be built: {error}") from error
    _check_fit(sketch, weights, where)
    model = make()
    load_weights(model, weights, where)
    return model


@contextmanager
def _at_most(count: int) -> Iterator[None]:
    """Raise an error for the parameter of this thread's networks that is one too many."""
    thread, found = threading.get_ident(), 0

    def counted(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
        nonlocal found
        found += threading.get_ident() == thread and parameter is not None
        if found > count:
            raise OverflowError(f"it has more than {count} weights, those of the file")

    handle = register_module_parameter_registration_hook(counted)
    try:
        yield
    finally:
        handle.remove()


def _check_fit(model: nn.Module, weights: Tensors, where: str | Path) -> None:
    wanted = model.state_dict()
    for name in sorted(wanted.keys() | weights.keys()):
        if name not in weights or name not in wanted:
            has_it = "the file" if name in weights else "the model"
            raise _misfit(where, f"only {has_it} has `{name[:80]}`")
        ours, theirs = wanted[name], weights[name]
        if ours.shape != theirs.shape:
            shapes = f"{tuple(ours.shape)} in the model and {tuple(theirs.shape)} in the file"
            raise _misfit(where, f"`{name}` is {shapes}")
        is_coarse = (
            theirs.is_floating_point() and theirs.itemsize < 2
        )  # which no weights are saved as
        if ours.is_floating_point() != theirs.is_floating_point() or is_coarse:
            raise _misfit(where, f"`{name}` is {theirs.dtype} in the file, not {ours.dtype}")


def _misfit(where: str | Path, what: str) -> CheckpointError:
    return CheckpointError(
        f"{where}: the weights must fit the model that config.json describes; {what[:200]}. "
        "The folder mixes files of two runs; copy it anew or train again."
    )


def _check_finite(tensors: Tensors, where: str | Path) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor.float()).all():
            raise CheckpointError(
                f"{where}: must hold finite numbers; `{name[:80]}` has NaN or infinity in it. "
                "Copy the run folder anew, or train again."
            )
