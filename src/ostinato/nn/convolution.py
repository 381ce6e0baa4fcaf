"""Convolution over the time of packed sequences."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato import _shapes
from ostinato._config import check_range
from ostinato._errors import ConfigError
from ostinato.nn.linear import RowLinear
from ostinato.nn.scripting import PackedModule
from ostinato.ops import Layout


class Convolution(PackedModule):
    """Convolve each row over time; past its ends there are zeros, not its batch-mates.

    The same numbers as ``torch.nn.Conv1d(..., padding="same")`` on each row by itself.

    Args:
        input_size: Features of a step.
        output_size: Features of a step of the result.
        kernel_size: Steps that one sees, an odd number.

    Shape:
        input: A ``PackedSequence`` of ``(places, input_size)``.
        output: The same of ``(places, output_size)``.

    Raises:
        ConfigError: A size is below 1, or ``kernel_size`` is even.
        ShapeError: The input does not fit.

    Example:
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.ones(4, 2), torch.ones(1, 2)])
        >>> Convolution(2, 5)(packed).data.shape
        torch.Size([5, 5])
    """

    def __init__(self, input_size: int, output_size: int, kernel_size: int = 3) -> None:
        super().__init__()
        sizes = {"input_size": input_size, "output_size": output_size, "kernel_size": kernel_size}
        for name, size in sizes.items():
            check_range("Convolution", name, size, low=1)
        if kernel_size % 2 == 0:
            raise ConfigError(f"Convolution: kernel_size must be odd; got {kernel_size}.")
        self.input_size, self.kernel_size = input_size, kernel_size
        self.linear = RowLinear(kernel_size * input_size, output_size)

    def forward(self, input: PackedSequence) -> PackedSequence:
        """Return the convolved sequences."""
        _shapes.check_is_packed("Convolution", input)
        data = input.data
        _shapes.check_features("Convolution", data, self.input_size, ranks=(2,))
        layout = Layout(input.batch_sizes, data.device)
        reach = self.kernel_size // 2
        shift = torch.arange(-reach, reach + 1, device=data.device)
        step = layout.step[:, None] + shift  # (places, kernel_size)
        # of shape (places, kernel_size)
        is_outside = (step < 0) | (step >= layout.lengths[layout.row, None])
        # of shape (places, kernel)
        places = layout.offsets[step.masked_fill(is_outside, 0)] + layout.row[:, None]
        places = places.masked_fill_(is_outside, len(data))  # the row of zeros
        padded = torch.cat([data, data.new_zeros(1, self.input_size)])  # (places + 1, input_size)
        # of shape (places, kernel * input)
        windows = padded.index_select(0, places.flatten()).view(len(data), -1)
        output: Tensor = self.linear(windows)  # (places, output_size)
        return input._replace(data=output)

    def extra_repr(self) -> str:
        """Return the kernel size, for ``repr``."""
        return f"kernel_size={self.kernel_size}"
