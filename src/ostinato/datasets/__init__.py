"""Data sets: where they come from and readers of their formats: texts, tags, recordings; no torch."""

from ostinato.datasets.cache import cached, home
from ostinato.datasets.dataset import Cut, Dataset, File
from ostinato.datasets.examples import Examples, Texts, check_parts
from ostinato.datasets.hugging_face import from_hugging_face
from ostinato.datasets.loading import load
from ostinato.datasets.recordings import Audio, Recordings
from ostinato.datasets.registry import REGISTRY, get, locate
from ostinato.datasets.schemes import SCHEMES, Scheme, Span
from ostinato.datasets.segments import Segment
from ostinato.datasets.sequence_loading import load_sequences, read_sequences
from ostinato.datasets.sequences import Sequences
from ostinato.datasets.series import SeriesTable
from ostinato.datasets.series_loading import load_series
from ostinato.datasets.series_tables import read_series
from ostinato.datasets.speech_loading import load_speech, read_speech
from ostinato.datasets.tables import read
from ostinato.datasets.tagged import Tagged
from ostinato.datasets.tagged_loading import holds_tokens, load_tagged, read_tagged

__all__ = [
    "REGISTRY",
    "SCHEMES",
    "Audio",
    "Cut",
    "Dataset",
    "Examples",
    "File",
    "Recordings",
    "Scheme",
    "Segment",
    "Sequences",
    "SeriesTable",
    "Span",
    "Tagged",
    "Texts",
    "cached",
    "check_parts",
    "from_hugging_face",
    "get",
    "holds_tokens",
    "home",
    "load",
    "load_sequences",
    "load_series",
    "load_speech",
    "load_tagged",
    "locate",
    "read",
    "read_sequences",
    "read_series",
    "read_speech",
    "read_tagged",
]
