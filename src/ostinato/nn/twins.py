"""Make our layers pass for torch's where torch, or a tool, looks for its own classes."""

from __future__ import annotations

from typing import Any, cast

from torch import nn
from torch.fx import Proxy, Tracer
from torch.nn.utils import parametrize

from ostinato._errors import ConfigError


class Twin(type):
    """Metaclass of layers that are equal to their ``torch_class``, with the same hash.

    Tools find layers in tables by class, as ``quantize_dynamic(model, {nn.LSTM})``, or by
    ``type(module) == nn.LSTM``, and silently skip others. So ``ostinato.nn.LSTM == torch.nn.LSTM``;
    ``is``, ``isinstance`` and subclasses still distinguish them.

    Example:
        >>> class GRU(nn.RNNBase, metaclass=Twin):
        ...     torch_class = nn.GRU
        >>> GRU == nn.GRU, GRU is nn.GRU, {nn.GRU: "known"}[GRU]
        (True, False, 'known')
    """

    torch_class: type[nn.RNNBase]

    def __eq__(cls, other: object) -> bool:
        return cls is other or (other is not None and vars(cls).get("torch_class") is other)

    def __hash__(cls) -> int:
        own = vars(cls).get("torch_class")
        return super().__hash__() if own is None else hash(own)


def twin_class(module: nn.Module, target: type[nn.Module]) -> type[nn.Module]:
    """Return ``target``, or for a parametrized module a subclass with the parametrizations."""
    cls = type(module)
    if not parametrize.is_parametrized(module):
        return target
    # Its properties compute the parametrized tensors; removing the last parametrization puts the
    # first base in its place.
    own = {key: value for key, value in vars(cls).items() if key not in ("__dict__", "__weakref__")}
    return type(cls.__name__, (target,), own)


def _torch_class(layer: nn.RNNBase) -> type[nn.RNNBase]:
    return cast(Twin, type(layer)).torch_class


def as_torch(layer: nn.RNNBase) -> nn.RNNBase:
    """Return torch's layer with the parameters, hooks and settings of one of ours.

    Example:
        >>> from ostinato.nn import LSTM
        >>> layer = LSTM(3, 5)
        >>> twin = as_torch(layer)
        >>> type(twin) is nn.LSTM, twin.weight_ih_l0 is layer.weight_ih_l0
        (True, True)
    """
    cls = twin_class(layer, _torch_class(layer))
    twin = cls.__new__(cls)
    twin.__dict__ = dict(vars(layer))
    return cast(nn.RNNBase, twin)


def stand_in(layer: nn.RNNBase, input: Any, hx: Any) -> Any:
    """Return the result of torch's layer: for ``torch.jit.trace``, ONNX and ``torch.fx``.

    A graph of ``torch.fx`` gets one call of the module, as it does of torch's own layers.
    """
    if isinstance(input, Proxy):
        _check_is_ours(layer, "torch.fx.symbolic_trace", "calls it as one module")
        path = cast(Tracer, input.tracer).path_of_module(layer)
        arguments = (input,) if hx is None else (input, hx)
        return input.tracer.create_proxy("call_module", path, arguments, {})
    return as_torch(layer).forward(input, hx)


def scriptable(layer: nn.RNNBase) -> nn.RNNBase:
    """Return what ``torch.jit.script`` compiles: torch's layer in the place of ours.

    Raises:
        ConfigError: The layer is of a class derived from ours, with code of its own.
    """
    _check_is_ours(layer, "torch.jit.script", "puts torch's in its place")
    return as_torch(layer)


def _check_is_ours(layer: nn.RNNBase, who: str, what: str) -> None:
    """Raise ConfigError for a layer that is more than its twin."""
    cls = type(layer)
    base: type[nn.Module] = next(one for one in cls.__mro__ if "torch_class" in vars(one))
    if cls.forward is not base.forward:
        raise ConfigError(
            f"{cls.__name__}: {who} must be given ostinato.nn.{base.__name__} itself, as it {what}; got a "
            f"class derived from it. Let it hold a layer instead, or derive it from "
            f"torch.nn.{_torch_class(layer).__name__}."
        )
