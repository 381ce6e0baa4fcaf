"""The abstract recurrent layer: what ``RNN``, ``GRU`` and ``LSTM`` share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, overload

import torch
from torch import _VF, Tensor
from torch.fx import Proxy
from torch.nn.utils.rnn import PackedSequence

from ostinato import _shapes
from ostinato.nn.stream import StreamingSession
from ostinato.nn.twins import Twin, scriptable, stand_in
from ostinato.ops import Layout, State, Weights, dispatch, native, padded, plain, randomness
from ostinato.ops.transforms import constant, is_followed, is_recorded

RunLayer = Callable[[str, Tensor, Layout, State, Sequence[Weights]], tuple[Tensor, State]]

RUN_LAYER: dict[dispatch.Implementation, RunLayer | None] = {
    "native": native.run_layer,
    "padded": padded.run_layer,
    "torch": None,
}
"""What runs a layer by the implementation that the table of `ostinato.ops.dispatch` chose."""

PACKED_ONLY = (native.run_layer, plain.run_layer)
"""Those that take dense input as a packed batch of equal lengths, and that autocast does not cast."""


class RecurrentLayer(torch.nn.RNNBase, metaclass=Twin):
    """Abstract recurrent layer, packed or dense, with the parameters of ``torch.nn``.

    It derives from ``torch.nn.RNNBase`` and adds the forward pass alone: parameters, their
    initialisation, ``state_dict`` and ``repr`` are torch's.
    """

    weight_ih_l0: Tensor
    torch_class: ClassVar[type[torch.nn.RNNBase]]
    """Its twin in ``torch.nn``."""

    def stream(self, batch_size: int = 1) -> StreamingSession:
        """Return a session that takes one step of ``batch_size`` sequences at a time.

        Raises:
            ConfigError: The layer is bidirectional, or would drop units.
        """
        return StreamingSession(self, batch_size)

    def __prepare_scriptable__(self) -> torch.nn.RNNBase:
        """Return what ``torch.jit.script`` is to compile: torch's layer, with the same parameters."""
        return scriptable(self)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _run(
        self, input: Tensor | PackedSequence, state: State | None
    ) -> tuple[Tensor | PackedSequence, State]:
        if isinstance(input, PackedSequence):
            return self._run_packed(input, state)
        return self._run_dense(input, state)

    def _run_dense(self, input: Tensor, state: State | None) -> tuple[Tensor, State]:
        _shapes.check_is_dense(self._name, input)
        _shapes.check_features(self._name, input, self.input_size, ranks=(2, 3))
        _shapes.check_dtype(self._name, "input", input, self.weight_ih_l0.dtype)
        _shapes.check_device(self._name, "input", input, self.weight_ih_l0.device)
        is_batched = input.dim() == 3
        batch_first = self.batch_first and is_batched
        _shapes.check_time(self._name, input.shape[1 if batch_first else 0])
        if not is_batched:
            input = input.unsqueeze(1)
        batch_size = input.shape[0 if batch_first else 1]
        state = self._start(state, input, batch_size, is_batched=is_batched)
        run, dtype = self._choose(input)
        if run in PACKED_ONLY and batch_size > 0:
            input = input.transpose(0, 1) if batch_first else input
            batch_sizes = torch.full(input.shape[:1], batch_size)  # (time,)
            data = input.reshape(-1, self.input_size)  # (time * batch, input_size)
            data, state = self._run_layers(run, dtype, data, batch_sizes, state)
            output = data.view(*input.shape[:2], -1)  # (time, batch, output)
            output = output.transpose(0, 1) if batch_first else output
        else:
            output, state = self._call_torch(input, None, state, batch_first=batch_first)
        if not is_batched:
            return output.squeeze(1), tuple(part.squeeze(1) for part in state)
        return output, state

    def _run_packed(
        self, input: PackedSequence, state: State | None
    ) -> tuple[PackedSequence, State]:
        data, batch_sizes, sorted_indices, unsorted_indices = input
        _shapes.check_is_packed(self._name, input)
        _shapes.check_features(self._name, data, self.input_size, ranks=(2,))
        _shapes.check_dtype(self._name, "input", data, self.weight_ih_l0.dtype)
        _shapes.check_device(self._name, "input", data, self.weight_ih_l0.device)
        batch_size = int(batch_sizes[0]) if sorted_indices is None else len(sorted_indices)
        # of shape (layers * directions, batch, ...)
        state = self._start(state, data, batch_size, is_batched=True)
        if sorted_indices is not None:
            state = tuple(part.index_select(1, sorted_indices) for part in state)
        run, dtype = self._choose(data)
        if run is None:
            data, state = self._call_torch(data, batch_sizes, state)
        else:
            data, state = self._run_layers(run, dtype, data, batch_sizes, state)
        if unsorted_indices is not None:
            state = tuple(part.index_select(1, unsorted_indices) for part in state)
        return PackedSequence(data, batch_sizes, sorted_indices, unsorted_indices), state

    def _choose(self, data: Tensor) -> tuple[RunLayer | None, torch.dtype]:
        """Return what runs a layer, None for torch's own path, and the dtype to run it in."""
        dtype, device = data.dtype, data.device.type
        if _shapes.is_autocast_enabled(device) and dtype != torch.float64:
            dtype = torch.get_autocast_dtype(device)
        if is_followed():
            return plain.run_layer, dtype
        return RUN_LAYER[_implementation(self.mode, device, dtype, self.proj_size > 0)], dtype

    def _start(
        self, state: State | None, data: Tensor, batch_size: int, *, is_batched: bool
    ) -> State:
        """Return the checked initial states, ``(layers * directions, batch, hidden)`` each."""
        if state is None:
            return self.initial_state(data, batch_size)
        shapes = self._state_shapes(batch_size)
        for name, (count, batch, size), part in zip(("h_0", "c_0"), shapes, state, strict=False):
            shape = (count, batch, size) if is_batched else (count, size)
            _shapes.check_state(self._name, name, part, shape)
            _shapes.check_dtype(self._name, name, part, self.weight_ih_l0.dtype)
            _shapes.check_device(self._name, name, part, self.weight_ih_l0.device)
        return state if is_batched else tuple(part.unsqueeze(1) for part in state)

    def initial_state(self, like: Tensor, batch_size: int) -> State:
        """Return zeros, ``(layers * directions, batch, hidden)`` each, of the dtype of ``like``."""
        return tuple(like.new_zeros(shape) for shape in self._state_shapes(batch_size))

    def _state_shapes(self, batch_size: int) -> tuple[tuple[int, int, int], ...]:
        count = self.num_layers * (2 if self.bidirectional else 1)
        h_0 = (count, batch_size, self.proj_size or self.hidden_size)
        return (h_0, (count, batch_size, self.hidden_size)) if self.mode == "LSTM" else (h_0,)

    def _run_layers(
        self, run: RunLayer, dtype: torch.dtype, data: Tensor, batch_sizes: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Run the stack over a packed batch, one call per layer."""
        layout = Layout(batch_sizes, data.device)
        directions = (False, True) if self.bidirectional else (False,)
        is_cast = run in PACKED_ONLY and _shapes.is_autocast_enabled(data.device.type)
        if is_cast:  # autocast casts what torch runs, but no kernel
            data, state = data.to(dtype), tuple(part.to(dtype) for part in state)
        finals: list[State] = []
        for layer in range(self.num_layers):
            if layer > 0:
                data = randomness.dropout(data, self.dropout, self.training)
            weights = [self.weights(layer, reverse=reverse) for reverse in directions]
            if is_cast:
                weights = [one.to(dtype) for one in weights]
            start = state
            if self.num_layers > 1:
                places = slice(layer * len(directions), (layer + 1) * len(directions))
                start = tuple(part[places] for part in state)
            # of shape (places, directions * hidden)
            data, final = run(self.mode, data, layout, start, weights)
            finals.append(final)
        if len(finals) == 1:
            return data, finals[0]
        return data, tuple(torch.cat(parts) for parts in zip(*finals, strict=True))

    def weights(self, layer: int, *, reverse: bool) -> Weights:
        """Return the parameters of one direction of one layer."""
        suffix = f"_l{layer}{'_reverse' if reverse else ''}"
        names = Weights._fields if self.bias else Weights._fields[:2]
        found = [getattr(self, name + suffix) for name in names[:4]]
        if self.proj_size == 0:
            return Weights(*found)
        return Weights(*found)._replace(weight_hr=getattr(self, f"weight_hr{suffix}"))

    def _call_torch(
        self, data: Tensor, batch_sizes: Tensor | None, state: State, *, batch_first: bool = False
    ) -> tuple[Tensor, State]:
        """Run the whole stack on torch's own path, dense or packed."""
        self._update_flat_weights()
        run: Callable[..., tuple[Tensor, ...]] = getattr(_VF, self.mode.lower())
        hx = state if self.mode == "LSTM" else state[0]
        options = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        if batch_sizes is None:
            result = run(data, hx, self._flat_weights, *options, batch_first)
        else:
            result = run(data, batch_sizes, hx, self._flat_weights, *options)
        return result[0], tuple(result[1:])


class HiddenStateLayer(RecurrentLayer):
    """Abstract recurrent layer whose only state is ``h``."""

    @overload
    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]: ...
    @overload
    def forward(
        self, input: PackedSequence, hx: Tensor | None = None
    ) -> tuple[PackedSequence, Tensor]: ...
    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        """Return the outputs of the top layer and the final states."""
        if is_recorded() or isinstance(input, Proxy):
            return stand_in(self, input, hx)  # type: ignore[no-any-return]
        output, (h_n,) = self._run(input, None if hx is None else (hx,))
        return output, h_n


@constant
def _implementation(
    cell: str, device: str, dtype: torch.dtype, projected: bool
) -> dispatch.Implementation:
    return dispatch.choose(cell, device, dtype, projected=projected).implementation
