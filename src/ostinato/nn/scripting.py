"""The base of modules of packed sequences, which `torch.jit.script` cannot compile."""

from __future__ import annotations

from typing import NoReturn

from torch import nn

from ostinato._errors import ConfigError


class PackedModule(nn.Module):
    """A module of packed sequences; scripting it is refused with a sentence."""

    def __prepare_scriptable__(self) -> NoReturn:
        """Refuse.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(
            f"{type(self).__name__}: torch.jit.script cannot compile what works on packed sequences. "
            "Take torch.compile or torch.export, or script the parts around it."
        )
