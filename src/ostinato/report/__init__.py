"""One self-contained page about a training run; needs no torch and no network."""

from ostinato.report.collect import Run as Run
from ostinato.report.collect import collect as collect
from ostinato.report.page import render as render
from ostinato.report.page import write as write

__all__ = ["Run", "collect", "render", "write"]
