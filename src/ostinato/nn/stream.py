"""One step at a time: a session that keeps packed weights and state between calls."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from ostinato import _shapes
from ostinato._errors import ConfigError, ShapeError
from ostinato.ops import State, Weights, dispatch
from ostinato.ops.stepper import Stepper
from ostinato.ops.transforms import check_is_alone


class StreamedLayer(Protocol):
    """What a session needs of a layer."""

    mode: str
    input_size: int
    num_layers: int
    proj_size: int
    dropout: float
    batch_first: bool
    bidirectional: bool
    training: bool
    weight_ih_l0: Tensor

    def weights(self, index: int, *, reverse: bool) -> Weights:
        """Return the parameters of one direction of a layer."""

    def initial_state(self, like: Tensor, batch_size: int) -> State:
        """Return the state before the first step, ``(layers, batch, hidden)`` each."""

    def __call__(self, input: Any, hx: Any) -> Any:
        """Return output and new state."""


class StreamingSession:
    """A recurrent layer fed step by step, as from a microphone or a ticker; no gradients.

    Make one with `RecurrentLayer.stream`, and another after a change of the layer. Where the native
    kernels serve the layer, it holds the weights as they were then, and a step is one native call for
    all layers of the stack; elsewhere it calls the layer.

    Args:
        layer: Layer of one direction, in evaluation mode or without dropout.
        batch_size: Parallel sequences.

    Raises:
        ConfigError: The layer is bidirectional, or would drop units.

    Example:
        >>> import torch
        >>> from ostinato.nn import LSTM
        >>> layer = LSTM(3, 5, num_layers=2)
        >>> session = layer.stream()
        >>> sequence = torch.randn(4, 1, 3)
        >>> outputs = torch.stack([session.step(x) for x in sequence])
        >>> bool(torch.allclose(outputs, layer(sequence)[0], atol=1e-6))
        True
    """

    def __init__(self, layer: StreamedLayer, batch_size: int = 1) -> None:
        name = type(layer).__name__
        if layer.bidirectional:
            raise ConfigError(
                f"{name}.stream: the layer must have one direction; got bidirectional=True. "
                "The reverse direction begins at the end, which a stream does not have."
            )
        if layer.training and layer.dropout and layer.num_layers > 1:
            raise ConfigError(
                f"{name}.stream: the layer must not drop units; got dropout={layer.dropout} in "
                "training mode. Call eval() on it first."
            )
        if batch_size < 1:
            raise ConfigError(f"{name}.stream: batch_size must be at least 1; got {batch_size}.")
        self._name = f"{name}.stream"
        self._layer = layer
        self._shape = torch.Size((batch_size, layer.input_size))
        self._weight = weight = layer.weight_ih_l0.detach()
        rule = dispatch.choose(
            layer.mode, weight.device.type, weight.dtype, projected=layer.proj_size > 0
        )
        states = layer.initial_state(weight, batch_size)
        self._stepper = None
        if rule.implementation == "native" and Stepper.serves(weight.dtype):
            stack = [layer.weights(index, reverse=False) for index in range(layer.num_layers)]
            self._stepper = Stepper(layer.mode, stack, states, layer.input_size)
        self._states = states

    @property
    def state(self) -> State:
        """A copy of the state, ``(h,)`` or ``(h, c)``, each ``(layers, batch, hidden)``."""
        return tuple(part.clone() for part in self._states)

    @torch.no_grad()
    def reset(self, state: State | None = None) -> None:
        """Reset to zeros or to a state in the form of `state`.

        Raises:
            ShapeError: The state does not fit.
        """
        if state is not None:
            self._check_state(state)
        for index, part in enumerate(self._states):
            if state is None:
                part.zero_()
            else:
                part.copy_(state[index])

    def step(self, input: Tensor) -> Tensor:
        """Take one step of each sequence and return the top layer's output.

        Shape:
            input: ``(batch, input_size)``.
            output: ``(batch, hidden_size)``, or ``(batch, proj_size)`` of a projected layer.

        Raises:
            ShapeError: The input does not fit.
        """
        check_is_alone(self._name)
        weight = self._weight
        if not (
            input.shape == self._shape
            and input.dtype == weight.dtype
            and input.device == weight.device
        ):
            self._refuse(input)
            input = input.to(weight.dtype)  # autocast lets another dtype pass
        if self._stepper is not None:
            return self._stepper.step(input)
        with torch.no_grad():
            hx = self._states if len(self._states) > 1 else self._states[0]
            batch_first = self._layer.batch_first
            output, state = self._layer(input.unsqueeze(1 if batch_first else 0), hx)
            new = state if isinstance(state, tuple) else (state,)
            for part, value in zip(self._states, new, strict=True):
                part.copy_(value)
            squeezed: Tensor = output.squeeze(1 if batch_first else 0)
            return squeezed

    def _check_state(self, state: State) -> None:
        if not isinstance(state, (tuple, list)) or len(state) != len(self._states):
            given = f" of {len(state)}" if isinstance(state, (tuple, list)) else ""
            raise ShapeError(
                f"{self._name}: the state must be a tuple of {len(self._states)}; "
                f"got {type(state).__name__}{given}. Give what `state` returned."
            )
        for name, part, given_part in zip(("h_0", "c_0"), self._states, state, strict=False):
            _shapes.check_state(self._name, name, given_part, tuple(part.shape))
            _shapes.check_dtype(self._name, name, given_part, part.dtype)
            _shapes.check_device(self._name, name, given_part, part.device)

    def _refuse(self, input: Tensor) -> None:
        _shapes.check_features(self._name, input, self._shape[1], ranks=(2,))
        _shapes.check_dtype(self._name, "input", input, self._weight.dtype)
        _shapes.check_device(self._name, "input", input, self._weight.device)
        _shapes.check_state(self._name, "input", input, tuple(self._shape))
