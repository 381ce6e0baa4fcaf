"""Resume NER: Chinese résumés, characters tagged with named entities of eight types."""

from __future__ import annotations

from pathlib import Path

from ostinato._kinds import TAGGED
from ostinato.datasets.dataset import Cut, Dataset
from ostinato.datasets.readers.tagged.conll import Column, read_columns
from ostinato.datasets.records.tagged import Tagged
from ostinato.datasets.sets.official import are_present, read_parts, served

_URL = "https://raw.githubusercontent.com/jiesutd/LatticeLSTM/master/ResumeNER/"
_PARTS = {
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


def read(folder: Path, column: Column | None = None, cut: Cut | None = None) -> dict[str, Tagged]:
    """Read the official parts; their tokens are characters already, so ``cut`` has no use.

    Args:
        folder: Folder with ``train.char.bmes`` and those of dev and test, plain or compressed.
        column: One of :data:`COLUMNS`; None for ner.
        cut: A tokeniser.

    Raises:
        DatasetError: A file is missing, truncated or damaged, or there is no such column.
    """
    return read_parts(
        "resume-ner", _PARTS, folder, lambda path: read_columns(path, column, names=COLUMNS)
    )


DATASET = Dataset(
    name="resume-ner",
    description="Resume NER: Chinese résumés, named entities in characters; 3,821 + 463 + 477",
    source="https://github.com/jiesutd/LatticeLSTM",
    files=tuple(file for file, _ in _PARTS.values()),
    licence="none stated; for research",
    citation=(
        "Zhang and Yang (2018): Chinese NER Using Lattice LSTM. ACL 2018, pages 1554-1564. "
        "https://aclanthology.org/P18-1144"
    ),
    languages=("zh",),
    kind=TAGGED,
    read=read,
    is_present=lambda folder: are_present(_PARTS, folder),
)
