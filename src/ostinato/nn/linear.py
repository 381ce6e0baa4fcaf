"""A linear layer whose rows do not depend on the other rows, to the last bit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ostinato.ops.product import matrix_product
from ostinato.ops.transforms import is_followed, is_recorded


class RowLinear(nn.Linear):
    """``torch.nn.Linear`` whose rows have, in evaluation, the same bits in any batch.

    BLAS takes other code paths for few rows than for many, which differ in the last bit. Without a
    gradient, in float32 on a CPU, the product is that of the native kernels, where every element is one
    chain of multiply-adds; in training, or without the native library, it is torch's.

    Example:
        >>> layer = RowLinear(40, 3).eval()
        >>> rows = torch.rand(5, 40)
        >>> with torch.no_grad():
        ...     torch.equal(layer(rows)[:1], layer(rows[:1]))
        True
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return ``input @ weight.T + bias``."""
        if self.training or torch.is_grad_enabled() or not _is_served(input):
            return super().forward(input)
        rows = matrix_product(input.flatten(0, -2), self.weight)  # (rows, out_features)
        if rows is None:
            return super().forward(input)
        if self.bias is not None:
            rows += self.bias
        return rows.view(*input.shape[:-1], -1)


def _is_served(input: Tensor) -> bool:
    return (
        not torch.compiler.is_compiling()
        and not (is_recorded() or is_followed())
        and input.dim() > 1
        and input.dtype is torch.float32
        and input.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
    )
