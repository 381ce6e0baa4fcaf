"""Values of a run folder's JSON files, each of the type that was written."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ostinato import _sums
from ostinato._errors import CheckpointError, shown


def has_optional_file(path: Path) -> bool:
    """Return whether a run has a file that only some runs have, so that it must be read.

    Without one that was lost, or not yet written when the training was ended, the model would say other
    things.

    Args:
        path: The file.

    Raises:
        CheckpointError: It is missing although the run's checksums tell it, or these are no file.
    """
    if not os.path.lexists(path) and _sums.are_told(path):
        raise CheckpointError(
            f"{path}: must hold a part of this run's model; it is missing. Finish the run with "
            f"`ostinato resume {path.parent}`, or copy the folder anew."
        )
    return os.path.lexists(path)


def numbers(values: Any, name: str, path: Path, *, positive: bool = False) -> tuple[float, ...]:
    """Return a list of finite numbers.

    Args:
        values: What the file holds.
        name: Key of the list.
        path: The file, for messages.
        positive: Whether they must be above 0, as what is divided by.

    Raises:
        CheckpointError: It is missing or another.
    """
    rule = f"{'positive ' if positive else ''}numbers"
    found = _list(values, name, path, lambda one: is_number(one, positive=positive), rule)
    return tuple(map(float, found))


def steps(values: Any, name: str, path: Path) -> tuple[int, ...]:
    """Return a list of numbers of steps, whole and above 0; args and errors are of `numbers`."""
    rule = "whole numbers above 0"
    return _list(values, name, path, lambda one: type(one) is int and 0 < one < 2**31, rule)


def flags(values: Any, name: str, path: Path) -> tuple[bool, ...]:
    """Return a list of booleans; args and errors are of `numbers`."""
    return _list(values, name, path, lambda one: isinstance(one, bool), "true and false")


def texts(values: Any, name: str, path: Path) -> tuple[str, ...]:
    """Return a list of texts, none of them twice; args and errors are of `numbers`."""
    found = _list(values, name, path, lambda one: isinstance(one, str), "texts")
    if len(set(found)) < len(found):
        raise misfit(path, name, "a list without repetitions", list(found))
    return found


def one_of(values: Any, name: str, path: Path, choices: tuple[Any, ...]) -> Any:
    """Return a value that must be one of some.

    Args:
        values: What the file holds.
        name: Its key.
        path: The file, for messages.
        choices: What it may be.

    Raises:
        CheckpointError: It is missing or another.
    """
    found = _value(values, name, path)
    if not any(found is one or (isinstance(one, str) and found == one) for one in choices):
        raise misfit(path, name, f"one of {', '.join(map(str, choices))}", found)
    return found


def levels(values: Any, path: Path, bands: int) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
    """Return the rate of a recogniser, and mean and deviation of each band.

    Args:
        values: What the file holds.
        path: The file, for messages.
        bands: How many bands there are.

    Raises:
        CheckpointError: Something is missing or another.
    """
    rate = _rate(values, "sample_rate_hz", path)
    found = numbers(values, "mean", path), numbers(values, "deviation", path, positive=True)
    if any(len(level) != bands for level in found):
        raise misfit(path, "mean", f"of {bands} bands, as the deviation", found[0])
    return rate, *found


def recordings_rate(values: Any, path: Path) -> int | None:
    """Return the rate of the recordings a recogniser learnt from; None if they had several.

    Args:
        values: What the file holds.
        path: The file, for messages.

    Raises:
        CheckpointError: It is no such rate.
    """
    if isinstance(values, Mapping) and "recordings_hz" in values:
        return None if values["recordings_hz"] is None else _rate(values, "recordings_hz", path)
    return _rate(values, "sample_rate_hz", path)  # of a run that does not tell it


def _rate(values: Any, name: str, path: Path) -> int:
    rate = _value(values, name, path)
    if type(rate) is not int or not 1000 <= rate <= 10**6:
        raise misfit(path, name, "from 1,000 to 1,000,000", rate)
    return rate


def check_tensors(
    tensors: Mapping[str, Tensor], rules: Mapping[str, str], path: Path, **sizes: int
) -> None:
    """Raise CheckpointError unless tensors are of the types and sizes that rules name.

    Args:
        tensors: What the file holds.
        rules: ``float`` or ``int`` and the name of each size, as ``float features classes``; sizes of
            one name must be equal.
        path: The file, for messages.
        sizes: Those that are known.
    """
    for name, rule in rules.items():
        kind, *names = rule.split()
        one = _value(tensors, name, path)
        wanted = one.is_floating_point() if kind == "float" else one.dtype == torch.int64
        if not wanted or one.dim() != len(names):
            raise misfit(path, name, f"{kind} of {len(names)} dimensions", one)
        for size, found in zip(names, one.shape, strict=True):
            if sizes.setdefault(size, found) != found:
                raise misfit(path, name, f"of {sizes[size]} {size}", one)


def weights(header: Any, path: Path, *names: str) -> list[float]:
    """Return numbers of a file's header.

    Args:
        header: What it holds.
        path: The file, for messages.
        names: Their keys.

    Raises:
        CheckpointError: One is missing or no finite number.
    """
    found = [_value(header, name, path) for name in names]
    for name, one in zip(names, found, strict=True):
        if not is_number(one):
            raise misfit(path, name, "a finite number", one)
    return found


def is_number(value: Any, *, positive: bool = False) -> bool:
    """Return whether a value is a finite number, and no boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and math.isfinite(value) and (value > 0 or not positive)


def misfit(path: Path, name: str, rule: str, found: Any) -> CheckpointError:
    """Return the error about a value that is another than was written."""
    return CheckpointError(
        f"{path}: `{name}` must be {rule}; got {shown(found)}. Copy the run folder anew, or train again."
    )


def _list(
    values: Any, name: str, path: Path, is_one: Callable[[Any], bool], rule: str
) -> tuple[Any, ...]:
    found = _value(values, name, path)
    if not isinstance(found, list) or not all(map(is_one, found)):
        raise misfit(path, name, f"a list of {rule}", found)
    return tuple(found)


def _value(values: Any, name: str, path: Path) -> Any:
    if not isinstance(values, Mapping) or name not in values:
        raise misfit(path, name, "there", values)
    return values[name]
