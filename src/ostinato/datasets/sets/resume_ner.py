"""Resume NER: Chinese résumés, characters tagged with named entities of eight types."""

from __future__ import annotations

from functools import partial

from ostinato._kinds import TAGGED
from ostinato.datasets.dataset import Dataset
from ostinato.datasets.readers.tagged.conll import read_columns
from ostinato.datasets.sets.official import files_of, served, tagged_reader

_URL = "https://raw.githubusercontent.com/jiesutd/LatticeLSTM/master/ResumeNER/"
_SPLITS = {
    "train": served(
        f"{_URL}train.char.bmes",
        sha256="93b9bb0be5dd4730121587f9dc1378de3fbbe55cba1c575edec271f822c27be7",
        size_bytes=1094528,
        sentences=3821,
    ),
    "validation": served(
        f"{_URL}dev.char.bmes",
        sha256="1b0d67153e6e8543e9444936ed1b107bd843078c282533898085e1a9aa293952",
        size_bytes=120251,
        sentences=463,
    ),
    "test": served(
        f"{_URL}test.char.bmes",
        sha256="c4a9f42622819a4b59f66e184d446ebfa89b2f1dbba06e11d70675e59fe7e79b",
        size_bytes=135064,
        sentences=477,
    ),
}
COLUMNS = ("char", "ner")

DATASET = Dataset(
    name="resume-ner",
    description="Resume NER: Chinese résumés, named entities in characters; 3,821 + 463 + 477",
    source="https://github.com/jiesutd/LatticeLSTM",
    licence="none stated; for research",
    citation=(
        "Zhang and Yang (2018): Chinese NER Using Lattice LSTM. ACL 2018, pages 1554-1564. "
        "https://aclanthology.org/P18-1144"
    ),
    languages=("zh",),
    kind=TAGGED,
    read=tagged_reader("resume-ner", _SPLITS, partial(read_columns, names=COLUMNS)),
    **files_of(_SPLITS),
)
