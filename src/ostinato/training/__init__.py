"""The training loop and its checkpoints."""

from ostinato.training import denormals as denormals
from ostinato.training.callbacks import Console as Console
from ostinato.training.callbacks import TensorBoard as TensorBoard
from ostinato.training.checkpoint import load_tensors as load_tensors
from ostinato.training.checkpoint import load_weights as load_weights
from ostinato.training.checkpoint import restored as restored
from ostinato.training.checkpoint import save_tensors as save_tensors
from ostinato.training.contracts import Figures as Figures
from ostinato.training.contracts import Objective as Objective
from ostinato.training.contracts import Split as Split
from ostinato.training.loop import Callback as Callback
from ostinato.training.loop import on_cpu as on_cpu
from ostinato.training.loop import train as train

__all__ = [
    "Callback",
    "Console",
    "Figures",
    "Objective",
    "Split",
    "TensorBoard",
    "denormals",
    "load_tensors",
    "load_weights",
    "on_cpu",
    "restored",
    "save_tensors",
    "train",
]
