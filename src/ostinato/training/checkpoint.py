"""One file that holds everything a killed run needs to go on exactly where it was.

``checkpoint/last.safetensors`` has the weights, the optimizer's state and the random states as
tensors and the place in the training as JSON in its header. No pickle: reading one from a stranger
cannot run code. It is one file because one file can be replaced in one step.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ostinato._errors import CheckpointError
from ostinato._files import replacing

Tensors = dict[str, Tensor]


def path_of(run: Path) -> Path:
    """Return where the run folder ``run`` keeps its checkpoint."""
    return run / "checkpoint" / "last.safetensors"


def save_tensors(path: Path, tensors: Tensors, header: dict[str, Any] | None = None) -> None:
    """Write tensors and a JSON header to a safetensors file, whole or not at all.

    Raises:
        CheckpointError: The file cannot be written; what stood there before still stands.
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
        CheckpointError: The file is missing, cut short, or not a safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get("ostinato", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{path}: must be a whole safetensors file; reading it failed ({error}). "
            "Train again, or copy the run folder anew."
        ) from error


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
        CheckpointError: A weight is missing, unknown, or of another shape.
    """
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(
            f"{where}: the weights must fit the model that config.json describes; {error}. "
            "The folder mixes files of two runs; copy it anew or train again."
        ) from error
