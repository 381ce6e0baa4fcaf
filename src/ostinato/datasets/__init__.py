"""Data sets: where they come from, readers of their formats, and labelled texts; no torch."""

from ostinato.datasets.cache import cached, home
from ostinato.datasets.dataset import Dataset, File
from ostinato.datasets.examples import Examples, Texts, check_parts
from ostinato.datasets.hugging_face import from_hugging_face
from ostinato.datasets.loading import load
from ostinato.datasets.registry import REGISTRY, get, locate
from ostinato.datasets.tables import read

__all__ = [
    "REGISTRY",
    "Dataset",
    "Examples",
    "File",
    "Texts",
    "cached",
    "check_parts",
    "from_hugging_face",
    "get",
    "home",
    "load",
    "locate",
    "read",
]
