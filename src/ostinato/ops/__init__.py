"""The arithmetic of recurrent layers: the specification, the working paths, and their choice."""

from ostinato.ops.layout import Layout as Layout
from ostinato.ops.weights import State as State
from ostinato.ops.weights import Weights as Weights

__all__ = ["Layout", "State", "Weights"]
