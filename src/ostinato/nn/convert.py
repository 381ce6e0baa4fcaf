"""Make the recurrent layers of any PyTorch model ours, in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils import parametrize

from ostinato._errors import ConfigError
from ostinato.nn.gru import GRU
from ostinato.nn.lstm import LSTM
from ostinato.nn.recurrent import RecurrentLayer
from ostinato.nn.rnn import RNN
from ostinato.nn.twins import twin_class

PAIRS: tuple[tuple[type[nn.Module], type[nn.Module]], ...] = (
    (nn.RNN, RNN),
    (nn.GRU, GRU),
    (nn.LSTM, LSTM),
)
"""torch's layers and ours; a class of ours equals its twin, so compare by ``is``."""
NAMES = ("RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell")


@dataclass(frozen=True)
class Conversion:
    """What `convert` changed and what it left alone; ``str`` gives a line for each.

    Args:
        converted: What each converted layer is, by its name in ``model.named_modules()``; the
            model itself has the name ``""``.
        left: Why each other recurrent module was left alone, by its name.
        source: The package whose layers were looked for.
    """

    converted: Mapping[str, str]
    left: Mapping[str, str]
    source: str = "torch.nn"

    def __str__(self) -> str:
        if not self.converted and not self.left:
            return f"no recurrent layer of {self.source} found"
        plural = "" if len(self.converted) == 1 else "s"
        lines = [f"{len(self.converted)} layer{plural} converted, {len(self.left)} left alone"]
        lines += [f"  {_shown(name)}: now {what}" for name, what in self.converted.items()]
        lines += [f"  {_shown(name)}: left, {why}" for name, why in self.left.items()]
        return "\n".join(lines)


def convert(model: nn.Module, *, back: bool = False) -> Conversion:
    """Turn each ``torch.nn.RNN``, ``GRU`` and ``LSTM`` of a model into ours, or back.

    A layer changes its class and nothing else: it stays the same object with the same parameters,
    so that optimizers, tied weights, hooks, parametrizations, the training mode, ``state_dict``
    and every reference to it, the caller's to the model included, go on as before. What comes out
    is what came out before, up to rounding. A second call finds nothing to do.

    Not touched, and named with the reason in ``left``: subclasses, whose code may rely on torch's;
    layers whose ``forward`` was replaced on the object; cells (``LSTMCell`` and the like), which
    run one step a call; layers scripted or quantized. Not seen: modules that
    ``model.named_modules()`` does not find, for example those in a plain list.

    Args:
        model: Any module, a recurrent layer itself included.
        back: Whether to turn ours into torch's instead, for a tool that wants those.

    Returns:
        What was converted and what was left alone.

    Raises:
        ConfigError: ``model`` is no ``torch.nn.Module``.

    Differs from torch:
        ``isinstance(layer, torch.nn.LSTM)`` becomes false; ``isinstance(layer, torch.nn.RNNBase)``
        and ``type(layer) == torch.nn.LSTM`` stay true. A pickle of the whole model needs ostinato to
        be loaded; a ``state_dict`` does not.

    Example:
        >>> model = nn.ModuleDict({"lstm": nn.LSTM(3, 5), "cell": nn.GRUCell(5, 5)})
        >>> parameters = list(model.parameters())
        >>> print(convert(model))
        1 layer converted, 1 left alone
          lstm: now ostinato.nn.LSTM(3, 5)
          cell: left, GRUCell runs one step a call and has no sequence to run over
        >>> isinstance(model["lstm"], LSTM), parameters[0] is model["lstm"].weight_ih_l0
        (True, True)
        >>> print(convert(model, back=True))
        1 layer converted, 0 left alone
          lstm: now torch.nn.LSTM(3, 5)
    """
    if not isinstance(model, nn.Module):
        raise ConfigError(
            f"convert: model must be a torch.nn.Module; got {type(model).__name__}. "
            "Give the module itself, or call convert for each module of a collection."
        )
    converted: dict[str, str] = {}
    left: dict[str, str] = {}
    source, package = ("ostinato.nn", "torch.nn") if back else ("torch.nn", "ostinato.nn")
    for name, module in model.named_modules():
        cls = _class_of(module)
        target = next((pair[not back] for pair in PAIRS if pair[back] is cls), None)
        reason = _reason_to_stay(module) if back else _reason_to_leave(module)
        if reason is not None:
            left[name] = reason
        elif target is not None:
            module.__class__ = twin_class(module, target)
            converted[name] = f"{package}.{target.__name__}({module.extra_repr()})"
    return Conversion(converted, left, source)


def _reason_to_leave(module: nn.Module) -> str | None:
    """Return why a recurrent module stays as it is; None if it need not, or is not recurrent."""
    cls = _class_of(module)
    if isinstance(module, torch.jit.ScriptModule):
        if getattr(module, "original_name", "") in NAMES:
            return "it is TorchScript; convert the model before scripting or tracing it"
    elif isinstance(module, nn.RNNCellBase):
        return f"{cls.__name__} runs one step a call and has no sequence to run over"
    elif cls.__module__.startswith("torch.ao.") and cls.__name__ in NAMES:
        return f"{cls.__module__.split('.')[3]} {cls.__name__} has kernels of its own"
    elif isinstance(module, nn.RNNBase) and not isinstance(module, RecurrentLayer):
        known = [theirs for theirs, _ in PAIRS]
        if cls not in known:
            base = next(one for one in cls.__mro__ if one in (*known, nn.RNNBase))
            return f"{cls.__name__} is a subclass of torch.nn.{base.__name__} with code of its own"
        if "forward" in vars(module):
            return "its forward was replaced on the object; convert the model before that"
    return None


def _reason_to_stay(module: nn.Module) -> str | None:
    """Return why a layer of ours does not become torch's; None if it does, or is none of ours."""
    cls = _class_of(module)
    if not isinstance(module, RecurrentLayer):
        return None
    if not any(cls is ours for _, ours in PAIRS):
        base = next(one for one in cls.__mro__ if "torch_class" in vars(one))
        return f"{cls.__name__} is a subclass of ostinato.nn.{base.__name__} with code of its own"
    if "forward" in vars(module):
        return "its forward was replaced on the object; convert the model back before that"
    return None


def _class_of(module: nn.Module) -> type[nn.Module]:
    """Return the class of a module, under the one that ``parametrize`` makes for it."""
    return parametrize.type_before_parametrizations(module)


def _shown(name: str) -> str:
    return name or "(the model itself)"
