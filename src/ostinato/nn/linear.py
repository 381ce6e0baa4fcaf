"""A linear layer of which a row's result does not depend on the rows beside it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ostinato.ops.product import matrix_product
from ostinato.ops.transforms import is_followed, is_recorded


class RowLinear(nn.Linear):
    """``torch.nn.Linear``, whose rows are in evaluation the same bits in any batch.

    torch takes other ways for few rows than for many, and they differ in the last bit. Without a
    gradient to keep, in float32 on a CPU, the product is that of the native kernels, where every element
    is one chain of multiply-adds; in training, and where they are not in use, it is torch's.

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
        rows = matrix_product(input.flatten(0, -2), self.weight)
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
