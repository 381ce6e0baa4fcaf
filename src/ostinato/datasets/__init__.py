"""Data sets: where they come from and readers of their formats: texts, tags, recordings; no torch."""

from ostinato.datasets.cache import cached, home
from ostinato.datasets.dataset import Cut, Dataset, File
from ostinato.datasets.loading.recordings import load_recordings, read_recordings
from ostinato.datasets.loading.sequences import load_sequences, read_sequences
from ostinato.datasets.loading.series import load_series
from ostinato.datasets.loading.tagged import holds_tokens, load_tagged, read_tagged
from ostinato.datasets.loading.texts import load_texts
from ostinato.datasets.readers.series.tables import read_series
from ostinato.datasets.readers.texts.files import read_texts
from ostinato.datasets.readers.texts.hugging_face import from_hugging_face
from ostinato.datasets.records import schemes
from ostinato.datasets.records.recordings import Audio, Recordings
from ostinato.datasets.records.schemes import SCHEMES, Scheme, Span
from ostinato.datasets.records.segments import Segment
from ostinato.datasets.records.sequences import Sequences
from ostinato.datasets.records.series import SeriesTable
from ostinato.datasets.records.tagged import Tagged
from ostinato.datasets.records.texts import Examples, Texts, check_splits
from ostinato.datasets.registry import REGISTRY, get, locate
from ostinato.datasets.sets import gestures, keywords, morse, sales, samples, samples_tag

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
    "check_splits",
    "from_hugging_face",
    "gestures",
    "get",
    "holds_tokens",
    "home",
    "keywords",
    "load_recordings",
    "load_sequences",
    "load_series",
    "load_tagged",
    "load_texts",
    "locate",
    "morse",
    "read_recordings",
    "read_sequences",
    "read_series",
    "read_tagged",
    "read_texts",
    "sales",
    "samples",
    "samples_tag",
    "schemes",
]
