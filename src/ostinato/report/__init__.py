"""One self-contained page about a training run; needs no torch and no network."""

from ostinato.report.page import render as render
from ostinato.report.page import write as write
from ostinato.runs.reader import collect as collect
from ostinato.runs.run import Run as Run

__all__ = ["Run", "collect", "render", "write"]
