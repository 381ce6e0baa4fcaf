"""The abstract recurrent layer: what ``RNN``, ``GRU`` and ``LSTM`` share."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import _VF, Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato import _shapes
from ostinato.ops import Layout, Weights, dispatch, padded

States = tuple[Tensor, ...]
"""``(h,)``, or ``(h, c)`` of the LSTM."""


class RecurrentLayer(torch.nn.RNNBase):
    """Abstract recurrent layer, packed or dense, with the parameters of ``torch.nn``.

    It derives from ``torch.nn.RNNBase`` and adds the forward pass alone: parameters, their
    initialisation, ``state_dict`` and ``repr`` are torch's.
    """

    weight_ih_l0: Tensor

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _run(
        self, input: Tensor | PackedSequence, state: States | None
    ) -> tuple[Tensor | PackedSequence, States]:
        if isinstance(input, PackedSequence):
            return self._run_packed(input, state)
        return self._run_dense(input, state)

    def _run_dense(self, input: Tensor, state: States | None) -> tuple[Tensor, States]:
        _shapes.check_features(self._name, input, self.input_size, ranks=(2, 3))
        _shapes.check_dtype(self._name, "input", input, self.weight_ih_l0.dtype)
        is_batched = input.dim() == 3
        batch_first = self.batch_first and is_batched
        _shapes.check_time(self._name, input.shape[1 if batch_first else 0])
        if not is_batched:
            input = input.unsqueeze(1)
        batch_size = input.shape[0 if batch_first else 1]
        state = self._start(state, input, batch_size, is_batched=is_batched)
        output, state = self._call_torch(input, None, state, batch_first=batch_first)
        if not is_batched:
            return output.squeeze(1), tuple(part.squeeze(1) for part in state)
        return output, state

    def _run_packed(
        self, input: PackedSequence, state: States | None
    ) -> tuple[PackedSequence, States]:
        _shapes.check_is_packed(self._name, input)
        data, batch_sizes, sorted_indices, unsorted_indices = input
        _shapes.check_features(self._name, data, self.input_size, ranks=(2,))
        _shapes.check_dtype(self._name, "input", data, self.weight_ih_l0.dtype)
        state = self._start(state, data, int(batch_sizes[0]), is_batched=True)
        if sorted_indices is not None:
            state = tuple(part.index_select(1, sorted_indices) for part in state)
        rule = dispatch.choose(self.mode, data.device.type, data.dtype)
        if rule.implementation == "torch":
            data, state = self._call_torch(data, batch_sizes, state)
        else:
            data, state = self._run_layers(data, Layout(batch_sizes, data.device), state)
        if unsorted_indices is not None:
            state = tuple(part.index_select(1, unsorted_indices) for part in state)
        return PackedSequence(data, batch_sizes, sorted_indices, unsorted_indices), state

    def _start(
        self, state: States | None, data: Tensor, batch_size: int, *, is_batched: bool
    ) -> States:
        """Return the checked initial states, ``(layers * directions, batch, hidden)`` each."""
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)
        names = ("h_0", "c_0") if self.mode == "LSTM" else ("h_0",)
        count = self.num_layers * (2 if self.bidirectional else 1)
        if state is None:
            return tuple(
                data.new_zeros(count, batch_size, size)
                for _, size in zip(names, sizes, strict=False)
            )
        for name, size, part in zip(names, sizes, state, strict=False):
            shape = (count, batch_size, size) if is_batched else (count, size)
            _shapes.check_state(self._name, name, part, shape)
            _shapes.check_dtype(self._name, name, part, self.weight_ih_l0.dtype)
        return state if is_batched else tuple(part.unsqueeze(1) for part in state)

    def _run_layers(self, data: Tensor, layout: Layout, state: States) -> tuple[Tensor, States]:
        """Run the stack over a packed batch, one call per layer and direction."""
        finals: list[States] = []
        for layer in range(self.num_layers):
            if layer > 0:
                data = F.dropout(data, self.dropout, self.training)
            outputs = []
            for reverse in (False, True) if self.bidirectional else (False,):
                start = tuple(part[len(finals)] for part in state)
                weights = self._weights(layer, reverse)
                output, final = padded.run_direction(
                    self.mode, data, layout, start, weights, reverse=reverse
                )
                outputs.append(output)
                finals.append(final)
            data = torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0]
        return data, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))

    def _weights(self, layer: int, reverse: bool) -> Weights:
        suffix = f"_l{layer}{'_reverse' if reverse else ''}"
        return Weights._make(getattr(self, name + suffix, None) for name in Weights._fields)

    def _call_torch(
        self,
        data: Tensor,
        batch_sizes: Tensor | None,
        state: States,
        *,
        batch_first: bool = False,
    ) -> tuple[Tensor, States]:
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
